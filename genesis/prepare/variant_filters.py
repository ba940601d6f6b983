"""Which variants to keep: in Hardy–Weinberg proportions, and not in linkage with each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.engine.threads import available_threads, map_ordered
from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.prepare import genotype_kernels
from genesis.prepare.genotype_table import (
    as_genotypes,
    calls_of,
    diploid_autosomal,
    genome_order,
)

__all__ = ["hardy_weinberg", "prune"]

_BLOCK = 4096


def hardy_weinberg(genotypes: Any, *, threads: int | None = None) -> pd.DataFrame:
    """Exact test of Hardy–Weinberg proportions, one row a variant.

    Parameters
    ----------
    genotypes : Genotypes or pandas.DataFrame of dosages
        Missing calls are left out; imputed dosages count as the nearest call.
    threads : int, optional

    Returns
    -------
    pandas.DataFrame
        ``variant_id``, ``n_hom_ref``, ``n_het``, ``n_hom_alt`` (int64), ``pval`` (float64; NaN
        for variants of haploid samples and of sex chromosomes, which are not tested; 1 where
        there is one allele only, or no call).

    References
    ----------
    Wigginton, Cutler & Abecasis 2005, Am. J. Hum. Genet. 76:887.

    Examples
    --------
    >>> table = pd.DataFrame({"rs1": [0.0, 1, 1, 2], "rs2": [0.0, 0, 2, 2]})
    >>> hardy_weinberg(table)["pval"].round(3).tolist()
    [1.0, 0.086]
    """
    genotypes = as_genotypes(genotypes)
    n_variants = len(genotypes.variants)

    def work(start: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        calls = calls_of(genotypes, np.arange(start, min(start + _BLOCK, n_variants)))
        counts = np.empty((len(calls), 3), dtype=np.int64)
        genotype_kernels.count_calls(calls, counts)
        p = np.empty(len(calls))
        genotype_kernels.exact_p_of_counts(counts, p)
        return counts, p

    starts = range(0, n_variants, _BLOCK)
    parts = list(map_ordered(work, starts, threads or available_threads()))
    counts = np.concatenate([np.empty((0, 3), dtype=np.int64), *(part[0] for part in parts)])
    p = np.concatenate([np.empty(0), *(part[1] for part in parts)])
    return pd.DataFrame(
        {
            "variant_id": genotypes.variants["variant_id"].array,
            "n_hom_ref": counts[:, 0],
            "n_het": counts[:, 1],
            "n_hom_alt": counts[:, 2],
            "pval": np.where(diploid_autosomal(genotypes), p, np.nan),
        }
    )


def prune(
    genotypes: Any,
    r2: float = 0.2,
    *,
    window: int = 1_000_000,
    variants: pd.DataFrame | None = None,
    threads: int | None = None,
) -> NDArray[np.bool_]:
    """Which variants to keep so that no two nearby ones are strongly correlated.

    Each variant in the order of the genome is held against the kept ones before it within the
    window. Of two whose squared correlation of dosages exceeds `r2`, the one with the lower minor
    allele frequency goes, and the later one where these are equal; this is what plink's
    ``--indep-pairwise`` does with a step of one variant.

    Parameters
    ----------
    genotypes : Genotypes or pandas.DataFrame of dosages
    r2 : float
        Largest squared correlation of two kept variants.
    window : int
        Base pairs up to which two variants are compared.
    variants : pandas.DataFrame, optional
        variant_id, chrom, pos of the columns of a table.
    threads : int, optional
        Contigs are worked on in parallel; the outcome is the same for any number.

    Returns
    -------
    numpy.ndarray of bool, shape (n_variants,)

    Raises
    ------
    CommandLineError
        `r2` is not between 0 and 1, or the window is negative.
    InconsistentInputsError
        Variants have no positions.

    References
    ----------
    Purcell et al. 2007, Am. J. Hum. Genet. 81:559 (PLINK).

    Examples
    --------
    >>> table = pd.DataFrame({"rs1": [0.0, 1, 1, 2], "rs2": [0.0, 1, 1, 2], "rs3": [1.0, 0, 2, 1]})
    >>> places = pd.DataFrame({"variant_id": ["rs1", "rs2", "rs3"], "chrom": "1", "pos": [1, 2, 3]})
    >>> prune(table, 0.5, variants=places).tolist()
    [True, False, True]
    """
    if not 0 <= r2 <= 1:
        raise CommandLineError(f"r2 is {r2}: it must lie between 0 and 1")
    if window < 0:
        raise CommandLineError(f"window is {window}: it must not be negative")
    genotypes = as_genotypes(genotypes, variants)
    table = genotypes.variants
    if table["chrom"].isna().any():
        raise InconsistentInputsError("pruning needs the position of every variant: give variants")
    dosages = np.ascontiguousarray(genotypes.dosages.T, dtype=np.float32)
    mean = dosages.mean(axis=1, dtype=np.float64)
    variance = np.einsum("ij,ij->i", dosages, dosages, dtype=np.float64) / dosages.shape[1]
    variance -= mean**2
    ploidy = np.maximum(table["ploidy"].to_numpy(), 1)
    maf = np.minimum(mean / ploidy, 1 - mean / ploidy)
    position = table["pos"].to_numpy(dtype=np.int64)
    kept = np.zeros(len(table), dtype=np.bool_)
    order = genome_order(genotypes)
    contig = table["chrom"].astype(str).to_numpy(dtype=object)[order]
    contigs = np.split(order, np.flatnonzero(contig[1:] != contig[:-1]) + 1)

    def work(order: NDArray[np.int64]) -> None:
        genotype_kernels.prune_contig(
            dosages, order, position, mean, variance, maf, float(r2), int(window), kept
        )

    for _ in map_ordered(work, contigs if len(table) else [], threads or available_threads()):
        pass
    return kept
