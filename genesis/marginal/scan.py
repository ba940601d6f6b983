"""Marginal scan: every variant against every gene, what is significant as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from genesis.engine.progress import Progress
from genesis.engine.threads import available_threads, map_ordered, one_blas_thread
from genesis.errors import CommandLineError
from genesis.inputs.collect import Inputs, collect_inputs
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.marginal import scan_kernels
from genesis.prepare.normalise import normalise_inputs, steps_for

__all__ = ["log_p_of_t", "scan"]

#: Variants and genes of a block: its correlations stay in the cache while they are looked at.
_VARIANTS, _GENES = 512, 1024

#: By so much may a correlation in single precision be off.
_SINGLE_ERROR = 1e-5

#: Below this p-value the tail is computed as a logarithm.
_SMALLEST_P = 1e-290


class _Hits(NamedTuple):
    """Significant correlations: positions of variant and gene, correlation, deviation."""

    variant: np.ndarray
    gene: np.ndarray
    r: np.ndarray
    deviation: np.ndarray


def scan(
    genotypes: Any,
    expression: Any,
    *,
    covariates: Any = None,
    normalise: str | None = None,
    pval: float = 1e-5,
    threads: int | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Regress every gene on every variant and list what is significant.

    Correlations are computed in single precision, block by block; those that may be significant
    are computed again in double precision, so that the table does not depend on the former.
    Memory stays at a few blocks above the inputs, and the table.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or (n_samples, n_variants) array
    expression : Expression, AnnData, pandas.DataFrame or (n_samples, n_genes) array
        As for `genesis.discover`.
    covariates : pandas.DataFrame or (n_samples, q) array, optional
        Projected out of both; their rank lowers the degrees of freedom.
    normalise : str, optional
        Steps such as "int" or "tmm,int"; see `genesis.prepare.normalise`. By default "int" where
        the expression carries names, while a bare array is taken as it is.
    pval : float
        Pairs with a p-value up to this are listed.
    threads : int, optional
        Number of threads, by default all cores; the table is the same to the bit for any.
    progress : callable, optional
        Called as ``progress("scan", done, total)`` in variants.

    Returns
    -------
    pandas.DataFrame
        One row a pair, by variant, then gene, in the column names of tensorQTL's trans mode, which
        looks at all pairs, too (its cis mode calls b slope, as `Result.anchors` does): variant_id,
        phenotype_id, pval (two-sided t test with n − 2 − covariate rank degrees of freedom),
        b (change of expression an effect allele), b_se, effect_allele (ALT, which dosages
        count), other_allele (both missing where unknown), af; and log10_pval, which is
        exact where pval is too small for a number. Float64.

    Raises
    ------
    CommandLineError
        `pval` is not between 0 and 1.
    InconsistentInputsError, MalformedInputError, DegenerateDataError
        As `genesis.discover`.

    References
    ----------
    Shabalin 2012, Bioinformatics 28:1353 (Matrix eQTL); Taylor-Weiner et al. 2019, Genome
    Biology 20:228 (tensorQTL).

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(200, 50)).astype(float)
    >>> x = rng.normal(size=(200, 10))
    >>> x[:, 3] += z[:, 7]
    >>> scan(z, x)[["variant_id", "phenotype_id"]].to_numpy().tolist()
    [['variant8', 'gene4']]
    """
    if not 0 < pval <= 1:
        raise CommandLineError(f"pval is {pval}: it must lie above 0 and be at most 1")
    threads = available_threads() if threads is None else threads
    inputs = collect_inputs(genotypes, expression, None, None, covariates, None)
    inputs = normalise_inputs(inputs, steps_for(expression, normalise))
    gene_rows, gene_deviations = unit_rows(inputs.expression, inputs.basis)
    degrees = inputs.n_effective - 2
    least = float(np.sqrt(1.0 - special.betaincinv(degrees / 2.0, 0.5, pval)))
    parts: list[_Hits] = [_Hits(*(np.empty(0, dtype=d) for d in "iidd"))]
    with one_blas_thread():
        for hits in _scan_blocks(inputs, gene_rows, least, threads, progress):
            parts.append(hits)
    joined = _Hits(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    return _table(inputs, joined, gene_deviations, degrees, pval)


def _scan_blocks(
    inputs: Inputs, gene_rows: np.ndarray, least: float, threads: int, progress: Progress | None
) -> Iterator[_Hits]:
    variants = UnitRows(inputs.dosages, inputs.basis)
    n_variants = len(inputs.variants)
    # Samples in rows: the second factor of a product is read along its rows.
    single_genes = np.ascontiguousarray(gene_rows.T, dtype=np.float32)
    candidate = np.float32(max(least - _SINGLE_ERROR, 0.0))

    def work(start: int) -> _Hits:
        rows, deviations = variants(slice(start, start + _VARIANTS))
        single = rows.astype(np.float32)
        row, gene = [], []
        for low in range(0, len(gene_rows), _GENES):
            block = single @ single_genes[:, low : low + _GENES]
            found = scan_kernels.list_large(block, candidate)
            row.append(found[0])
            gene.append(found[1] + np.int32(low))
        at, genes = np.concatenate(row), np.concatenate(gene)
        r = scan_kernels.dot_rows(rows, at, gene_rows, genes)
        kept = np.flatnonzero((np.abs(r) >= least) & (deviations[at] > 0))
        kept = kept[np.lexsort((genes[kept], at[kept]))]
        return _Hits(at[kept] + start, genes[kept], r[kept], deviations[at[kept]])

    done = 0
    for hits in map_ordered(work, range(0, n_variants, _VARIANTS), threads):
        yield hits
        done = min(done + _VARIANTS, n_variants)
        if progress is not None:
            progress("scan", done, n_variants)


def _table(
    inputs: Inputs, hits: _Hits, gene_deviations: np.ndarray, degrees: int, pval: float
) -> pd.DataFrame:
    varies = gene_deviations[hits.gene] > 0
    hits = _Hits(*(part[varies] for part in hits))
    scale = gene_deviations[hits.gene] / hits.deviation
    error = np.sqrt(np.maximum(1.0 - hits.r * hits.r, 0.0) / degrees)
    with np.errstate(divide="ignore"):
        t = np.abs(hits.r) / error
    p = 2 * special.stdtr(degrees, -t)
    table = pd.DataFrame(
        {
            "variant_id": inputs.variants["variant_id"].iloc[hits.variant].array,
            "phenotype_id": inputs.genes["gene_id"].iloc[hits.gene].array,
            "pval": p,
            "b": hits.r * scale,
            "b_se": error * scale,
            "effect_allele": inputs.variants["effect_allele"].iloc[hits.variant].array,
            "other_allele": inputs.variants["other_allele"].iloc[hits.variant].array,
            "af": inputs.variants["af"].iloc[hits.variant].array,
            "log10_pval": log_p_of_t(t, degrees) / np.log(10.0),
        }
    )
    return table[p <= pval].reset_index(drop=True)


def log_p_of_t(t: np.ndarray, degrees: int) -> np.ndarray:
    """Natural log of the two-sided p-value of t, also where the p-value is no float64.

    Parameters
    ----------
    t : (k,) float64
    degrees : int
        Degrees of freedom.

    References
    ----------
    DLMF 8.17.8: the incomplete beta function as a hypergeometric series.

    Examples
    --------
    >>> import numpy as np
    >>> log_p_of_t(np.array([0.0, 100.0]), 498).round(2).tolist()
    [0.0, -762.34]
    """
    t = np.abs(np.asarray(t, dtype=np.float64))
    p = 2 * special.stdtr(degrees, -t)
    with np.errstate(divide="ignore"):
        log_p = np.log(p)
    small = np.flatnonzero(p < _SMALLEST_P)
    a, b = degrees / 2.0, 0.5
    x = degrees / (degrees + t[small] ** 2)
    with np.errstate(divide="ignore"):
        log_p[small] = (
            a * np.log(x)
            + b * np.log1p(-x)
            - np.log(a)
            - special.betaln(a, b)
            + np.log(special.hyp2f1(a + b, 1.0, a + 1.0, x))
        )
    return log_p
