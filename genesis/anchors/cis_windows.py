"""Which variants may anchor a gene: a cis window, or any variant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["CandidateRanges", "all_variants", "cis_windows"]

_WHOLE_CONTIG = 1 << 40


class CandidateRanges(NamedTuple):
    """Candidate variants of every gene as one range of a common order.

    Attributes
    ----------
    order : (n_variants,) int64
        Variant positions in the order that the ranges count in (by contig and position).
    first, last : (n_genes,) int64
        Gene g has the candidates ``order[first[g]:last[g]]``; empty where it has none.
    """

    order: np.ndarray
    first: np.ndarray
    last: np.ndarray


def all_variants(n_variants: int, n_genes: int) -> CandidateRanges:
    """Every variant is a candidate of every gene."""
    return CandidateRanges(
        np.arange(n_variants, dtype=np.int64),
        np.zeros(n_genes, dtype=np.int64),
        np.full(n_genes, n_variants, dtype=np.int64),
    )


def cis_windows(variants: pd.DataFrame, genes: pd.DataFrame, window: int) -> CandidateRanges:
    """Variants within `window` base pairs of each gene's body.

    Parameters
    ----------
    variants : pandas.DataFrame
        chrom, pos (1-based).
    genes : pandas.DataFrame
        chrom, start, end (1-based, inclusive), missing where unknown; the contigs are named
        as in `variants`.
    window : int
        Base pairs on either side of the gene; a variant at exactly that distance is in.

    Returns
    -------
    CandidateRanges
        Genes without a position, or on a contig without variants, have an empty range.

    Examples
    --------
    >>> variants = pd.DataFrame({"chrom": ["1", "1", "2"], "pos": [100, 900, 100]})
    >>> genes = pd.DataFrame({"chrom": ["1"], "start": [500], "end": [600]})
    >>> ranges = cis_windows(variants, genes, 300)
    >>> ranges.order[ranges.first[0] : ranges.last[0]].tolist()
    [1]
    """
    window = min(window, _WHOLE_CONTIG)
    # Few names of contigs, and millions of variants.
    code, names = pd.factorize(variants["chrom"], use_na_sentinel=False)
    contigs, number = np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)
    contig_of_variant = number[code]
    position = variants["pos"].to_numpy(dtype=np.int64)
    order = np.lexsort((position, contig_of_variant))
    sorted_contig, sorted_position = contig_of_variant[order], position[order]
    known = genes["chrom"].notna() & genes["start"].notna() & genes["end"].notna()
    first = np.zeros(len(genes), dtype=np.int64)
    last = np.zeros(len(genes), dtype=np.int64)
    for code, contig in enumerate(contigs):
        here = np.flatnonzero(known.to_numpy() & (genes["chrom"].astype(str) == contig).to_numpy())
        low, high = np.searchsorted(sorted_contig, [code, code + 1])
        start = genes["start"].to_numpy()[here].astype(np.int64) - window
        end = genes["end"].to_numpy()[here].astype(np.int64) + window
        first[here] = low + np.searchsorted(sorted_position[low:high], start, side="left")
        last[here] = low + np.searchsorted(sorted_position[low:high], end, side="right")
    return CandidateRanges(order, first, last)
