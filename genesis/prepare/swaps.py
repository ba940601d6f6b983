"""Samples whose expression belongs to the genotypes of another: told by cis effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from genesis.anchors.candidates import CandidateRanges
from genesis.anchors.leads import cis_ranges, p_of_r, strongest
from genesis.engine.threads import available_threads, one_blas_thread
from genesis.io.ids import counted, first_few
from genesis.prepare.covariates import covariate_basis
from genesis.prepare.expression_table import as_expression, gene_places, require_same_samples
from genesis.prepare.genotype_table import as_genotypes, spread_out
from genesis.prepare.standardise import UnitRows, unit_rows

__all__ = ["Swaps", "sample_swaps"]

#: Genes looked at, and variants in the window of a typical one: both spread evenly.
MOST_GENES, MOST_IN_WINDOW = 2000, 100
#: Fewer cis effects, samples, or recognised samples than this tell nothing.
LEAST_SIGNALS, LEAST_SAMPLES, LEAST_RECOGNISED = 10, 20, 0.5
#: Level over all tests together: of cis effects, and of pairs of samples.
LEVEL = 0.05
#: By so many deviations must another's genotypes fit better than one's own.
MARGIN = 1.0


@dataclass(frozen=True, eq=False)
class Swaps:
    """How well expression fits the genotypes of the same sample, and of others.

    Attributes
    ----------
    samples : pandas.DataFrame
        One row an expression sample: ``sample``, ``own_z`` and ``best_z`` (how far its fit to its
        own genotypes, and to the best of the others, stands out from its fits to all),
        ``best_other``, ``margin`` (log likelihood ratio of the best other over the own),
        ``verdict``: ``own``, ``swapped`` (it fits `best_other` and not itself) or ``unclear``.
    n_signals : int
        Cis effects that were used.
    threshold : float
        z from which on a fit is more than chance.
    recognised : float
        Share of samples with a verdict other than ``unclear``: the power to find a swap.
    conclusive : bool
        Whether that is at least one half, by at least ten cis effects.
    notes : list of str
        What was found, in sentences.
    """

    samples: pd.DataFrame
    n_signals: int
    threshold: float
    recognised: float
    conclusive: bool
    notes: list[str]

    @property
    def swapped(self) -> pd.DataFrame:
        """Rows of the samples whose expression fits the genotypes of another."""
        return self.samples[self.samples["verdict"] == "swapped"]


def sample_swaps(
    expression: Any,
    genotypes: Any,
    *,
    genes: pd.DataFrame | None = None,
    variants: pd.DataFrame | None = None,
    covariates: pd.DataFrame | None = None,
    cis_window: int = 1_000_000,
    threads: int | None = None,
) -> Swaps:
    """Find samples whose expression and genotypes are not of the same person.

    The strongest cis variants of the genes (those with a p-value times the number of tests below
    0.05) predict expression from genotypes. The log likelihood of every expression sample under
    the genotypes of every sample is compared: a sample is *recognised* when its expression fits
    one sample's genotypes so well, among its fits to all, that no such fit is expected by chance
    among all pairs (level 0.05), and *swapped* when those genotypes are another's, or when two
    samples fit each other so well, both ways taken together, and better than themselves.

    Parameters
    ----------
    expression : Expression or pandas.DataFrame, shape (n_samples, n_genes)
        Normalised.
    genotypes : Genotypes or pandas.DataFrame of dosages
        Of the same samples in the same order.
    genes : pandas.DataFrame, optional
        gene_id, chrom, start, end; by default those of the expression.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table of dosages.
    covariates : pandas.DataFrame, optional
        Projected out of both sides.
    cis_window : int
        Base pairs around a gene.
    threads : int, optional
        The outcome is the same for any number.

    Returns
    -------
    Swaps

    Raises
    ------
    InconsistentInputsError
        Samples differ, or no contig of the genes is one of the variants.

    Notes
    -----
    At most 2,000 genes are looked at, and variants so thinned that a typical window has 100.

    References
    ----------
    After Fort et al. 2017, Bioinformatics 33:1895 (MBV), and Westra et al. 2011, Bioinformatics
    27:2104 (MixupMapper).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z = pd.DataFrame(rng.binomial(2, 0.4, size=(60, 80)).astype(float))
    >>> places = pd.DataFrame({"variant_id": [str(k) for k in range(80)], "chrom": "1",
    ...     "pos": np.arange(80) * 1000 + 1})
    >>> genes = places.rename(columns={"variant_id": "gene_id", "pos": "start"})
    >>> genes["end"] = genes["start"]
    >>> x = z + rng.normal(size=(60, 80))
    >>> x.iloc[[3, 8]] = x.iloc[[8, 3]].to_numpy()
    >>> found = sample_swaps(x, z, genes=genes, variants=places, cis_window=10)
    >>> found.swapped[["sample", "best_other"]].to_numpy().tolist()
    [['3', '8'], ['8', '3']]
    """
    expression, genotypes = as_expression(expression), as_genotypes(genotypes, variants)
    require_same_samples(expression.samples, genotypes.samples)
    n = len(expression.samples)
    order = np.argsort(expression.genes["gene_id"].to_numpy(dtype=object).astype(str))
    places = gene_places(expression, genes).iloc[order].reset_index(drop=True)
    basis, rank, _ = covariate_basis(np.empty((n, 0)) if covariates is None else covariates)
    if n < LEAST_SAMPLES or n - rank < LEAST_SAMPLES:
        return _cannot_tell(expression.samples, 0, "too few samples")
    thinned = _thin(genotypes.variants, places, cis_window)
    if thinned is None:
        return _cannot_tell(expression.samples, 0, "no positions of genes and variants")
    columns, candidates, chosen = thinned
    with one_blas_thread():
        rows, _ = unit_rows(expression.values[:, order[chosen]], basis)
        unit_variants = UnitRows(genotypes.dosages[:, columns], basis)
        lead, r = strongest(rows, unit_variants, candidates, threads or available_threads())
        n_tests = int((candidates.last - candidates.first).sum())
        used = (lead >= 0) & (p_of_r(r, n - rank - 2) * n_tests < LEVEL)
        if used.sum() < LEAST_SIGNALS:
            return _cannot_tell(expression.samples, int(used.sum()), "too few cis effects")
        predictors, _ = unit_variants(lead[used])
        fit = _log_likelihood(rows[used] * np.sqrt(n), predictors * np.sqrt(n), r[used])
    return _judge(fit, expression.samples, int(used.sum()))


def _thin(
    variants: pd.DataFrame, places: pd.DataFrame, window: int
) -> tuple[NDArray[np.int64], CandidateRanges, NDArray[np.int64]] | None:
    """Columns of the variants looked at, and the candidates of the genes looked at."""
    ranges = cis_ranges(variants, places, window)
    if ranges is None:
        return None
    sizes = ranges.last - ranges.first
    chosen = spread_out(np.flatnonzero(sizes > 0), MOST_GENES)
    if not len(chosen):
        return None
    step = max(1, round(float(np.median(sizes[chosen])) / MOST_IN_WINDOW))
    columns = ranges.order[::step]
    genes = places.iloc[chosen].reset_index(drop=True)
    thinned = cis_ranges(variants.iloc[columns].reset_index(drop=True), genes, window)
    return None if thinned is None else (columns, thinned, chosen)


def _log_likelihood(
    x: NDArray[np.float64], z: NDArray[np.float64], r: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log likelihood ratio of a match over none, expression samples × genotype samples.

    Given the genotype z of its lead, a gene is normal with mean r z and variance 1 − r²; without
    it, standard normal.
    """
    r = np.clip(r, -0.99, 0.99)
    rest = 1 - r**2
    own = -(r**2 / (2 * rest)) @ x**2
    theirs = -(r**2 / (2 * rest)) @ z**2
    cross = (x * (r / rest)[:, None]).T @ z
    fit: NDArray[np.float64] = cross + own[:, None] + theirs - np.log(rest).sum() / 2
    return fit


def _judge(fit: NDArray[np.float64], samples: list[str], n_signals: int) -> Swaps:
    n = len(samples)
    others = fit.copy()
    np.fill_diagonal(others, np.nan)
    # The median and its deviation: the one genotype that fits is among the others of a swap.
    centre = np.nanmedian(others, axis=1, keepdims=True)
    spread = norm.ppf(0.75) ** -1 * np.nanmedian(np.abs(others - centre), axis=1, keepdims=True)
    z = (fit - centre) / np.maximum(spread, np.finfo(np.float64).tiny)
    own = np.diag(z).copy()
    np.fill_diagonal(z, -np.inf)
    threshold = float(norm.isf(LEVEL / n**2))
    better = z - own[:, None] >= MARGIN
    # Two that are exchanged fit each other both ways, which is twice the evidence.
    both_ways = np.where(better & better.T, (z + z.T) / np.sqrt(2), -np.inf)
    exchanged = both_ways.max(axis=1) >= threshold
    best = np.where(exchanged, both_ways.argmax(axis=1), z.argmax(axis=1))
    best_z = z[np.arange(n), best]
    is_other = exchanged | ((best_z >= threshold) & better[np.arange(n), best])
    is_own = ~is_other & (own >= threshold)
    names = np.asarray(samples, dtype=object)
    table = pd.DataFrame(
        {
            "sample": pd.Series(samples, dtype="str"),
            "own_z": own,
            "best_other": pd.Series(names[best], dtype="str"),
            "best_z": best_z,
            "margin": fit[np.arange(n), best] - np.diag(fit),
            "verdict": pd.Series(
                np.select([is_other, is_own], ["swapped", "own"], "unclear"), dtype="str"
            ),
        }
    )
    recognised = float((is_own | is_other).mean())
    conclusive = recognised >= LEAST_RECOGNISED
    notes = _sentences(table, n_signals, recognised, conclusive)
    return Swaps(table, n_signals, threshold, recognised, conclusive, notes)


def _sentences(
    table: pd.DataFrame, n_signals: int, recognised: float, conclusive: bool
) -> list[str]:
    swapped = table[table["verdict"] == "swapped"]
    partner = dict(zip(swapped["sample"], swapped["best_other"], strict=True))
    mutual = [f"{a} and {b}" for a, b in partner.items() if partner.get(b) == a and a < b]
    alone = [f"{a} fits {b}" for a, b in partner.items() if partner.get(b) != a]
    notes = []
    if mutual:
        notes.append(
            f"Sample swaps: expression and genotypes look exchanged in "
            f"{counted(len(mutual), 'pair')}: {first_few(mutual)}; nothing was changed, check the "
            "labels before you trust a result."
        )
    if alone:
        notes.append(
            f"Sample swaps: {counted(len(alone), 'expression sample')} by the genotypes of "
            f"another: {first_few(alone)}; nothing was changed, check the labels."
        )
    power = (
        f"{100 * recognised:.0f} % of the samples are recognised by {counted(n_signals, 'gene')} "
        "with cis effects"
    )
    if not conclusive:
        notes.append(f"Sample swaps: cannot tell whether there are (more); only {power}.")
    elif not len(swapped):
        notes.append(f"Sample swaps: none found; {power}.")
    else:
        notes.append(f"Sample swaps: {power}.")
    return notes


def _cannot_tell(samples: list[str], n_signals: int, why: str) -> Swaps:
    nan = np.full(len(samples), np.nan)
    table = pd.DataFrame(
        {
            "sample": pd.Series(samples, dtype="str"),
            "own_z": nan,
            "best_other": pd.Series([None] * len(samples), dtype="str"),
            "best_z": nan,
            "margin": nan,
            "verdict": pd.Series(["unclear"] * len(samples), dtype="str"),
        }
    )
    found = f" ({counted(n_signals, 'gene')} with cis effects)" if n_signals else ""
    note = f"Sample swaps: cannot tell whether there are any: {why}{found}."
    return Swaps(table, n_signals, float("nan"), 0.0, False, [note])
