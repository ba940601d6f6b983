"""Genes on chromosomes, and the variants around them that act on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.simulate.simulation import numbered

__all__ = ["CIS_DISTANCE", "Loci", "draw_loci", "place_genes", "place_genes_evenly"]

#: Draws a chromosome of so many base pairs with so many genes: positions (ascending, 1-based) and
#: dosages (n_variants, n_samples) of its variants.
DrawChromosome = Callable[[int, int], tuple[NDArray[np.int64], NDArray[np.int8]]]

CIS_DISTANCE = 100_000
SPACING = 300_000
GENES_PER_CHROMOSOME = 5
SHARE_OF_NEIGHBOURS = 0.2
SHARE_WITH_TWO = 0.25
#: Correlation that two causal variants of a gene may have.
MOST_CORRELATED = 0.5
_BASES = np.array(["A", "C", "G", "T"])


@dataclass
class Loci:
    """Variants that were typed, and which of them act on which gene.

    Attributes
    ----------
    dosages : numpy.ndarray of float32, shape (n_samples, n_variants), Fortran order
        0, 1 or 2.
    variants : pandas.DataFrame
        ``variant_id``, ``chrom``, ``pos``, ``ref``, ``alt``.
    causal : list of numpy.ndarray of int64
        For each gene the columns of its causal variants: none, one or two.
    """

    dosages: NDArray[np.float32]
    variants: pd.DataFrame
    causal: list[NDArray[np.int64]]


def place_genes(n_genes: int, n_chromosomes: int, rng: np.random.Generator) -> pd.DataFrame:
    """Place genes about 300 kb apart; one in five begins right after the gene before it.

    Parameters
    ----------
    n_genes, n_chromosomes : int
        Chromosomes have the same number of genes, or one more.
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        ``gene_id``, ``chrom`` (str), ``start``, ``end`` (int64, 1-based, both included), in
        order of position.

    Examples
    --------
    >>> place_genes(4, 2, np.random.default_rng(0))["chrom"].tolist()
    ['chr1', 'chr1', 'chr2', 'chr2']
    """
    counts = [len(part) for part in np.array_split(np.arange(n_genes), n_chromosomes)]
    slot = np.concatenate([np.arange(count) for count in counts])
    start = slot * SPACING + rng.integers(60_000, 180_000, size=n_genes)
    length = rng.integers(3_000, 50_000, size=n_genes)
    gap = rng.integers(1_000, 20_000, size=n_genes)
    beside = (rng.random(n_genes) < SHARE_OF_NEIGHBOURS) & (slot > 0)
    for gene in np.flatnonzero(beside):
        start[gene] = start[gene - 1] + length[gene - 1] + gap[gene]
    return _gene_table(counts, start, length)


def place_genes_evenly(
    n_genes: int, n_chromosomes: int, spacing: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Place a gene in every stretch of so many base pairs, of which it takes a quarter to a half.

    Parameters
    ----------
    n_genes, n_chromosomes : int
        Chromosomes have the same number of genes, or one more.
    spacing : int
        Base pairs, 8 at the least.
    rng : numpy.random.Generator

    Returns
    -------
    pandas.DataFrame
        As `place_genes` returns it.

    Examples
    --------
    >>> genes = place_genes_evenly(3, 1, 5000, np.random.default_rng(0))
    >>> (genes["start"] // 5000).tolist()
    [0, 1, 2]
    """
    counts = [len(part) for part in np.array_split(np.arange(n_genes), n_chromosomes)]
    slot = np.concatenate([np.arange(count) for count in counts])
    start = slot * spacing + rng.integers(1, spacing // 2, size=n_genes)
    return _gene_table(counts, start, rng.integers(spacing // 4, spacing // 2, size=n_genes))


def _gene_table(
    counts: list[int], start: NDArray[np.int64], length: NDArray[np.int64]
) -> pd.DataFrame:
    chromosome = np.repeat(np.arange(1, len(counts) + 1), counts)
    return pd.DataFrame(
        {
            "gene_id": pd.Series(numbered("G", len(start)), dtype="str"),
            "chrom": pd.Series([f"chr{number}" for number in chromosome], dtype="str"),
            "start": start,
            "end": start + length - 1,
        }
    )


def draw_loci(
    genes: pd.DataFrame,
    has_cis: NDArray[np.bool_],
    has_two: NDArray[np.bool_],
    *,
    draw_chromosome: DrawChromosome,
    spacing: int,
    near: int,
    maf: float,
    snps_per_gene: int,
    rng: np.random.Generator,
) -> Loci:
    """Draw genotypes, and choose the causal variants among those near the genes.

    No variant acts on two genes. All causal variants are typed, and others at random.

    Parameters
    ----------
    genes : pandas.DataFrame
        Positions, as `place_genes` returns them. Molecules of one gene have the same place.
    has_cis, has_two : numpy.ndarray of bool, shape (n_genes,)
        Genes that a variant acts on, and those of them that a second one acts on, provided
        there is a common variant left within 100 kb (for the second: in little linkage
        disequilibrium with the first).
    n : int
        People.
    maf : float
        Smallest minor allele frequency.
    snps_per_gene : int
        Mean number of typed variants.
    rng : numpy.random.Generator

    Returns
    -------
    Loci

    Raises
    ------
    CommandLineError
        No variant is common enough, or msprime is not installed.
    """
    tables, blocks = [], []
    causal: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * len(genes)
    n_typed = 0
    for chrom, here in genes.groupby("chrom", sort=False):
        n_places = len(here.drop_duplicates(["start", "end"]))
        positions, dosages = draw_chromosome(spacing * n_places, n_places)
        free = np.ones(len(positions), dtype=np.bool_)
        chosen: dict[int, NDArray[np.int64]] = {}
        for gene in here.index[has_cis[here.index]]:
            close = _near(positions, here.loc[gene], near) & free
            chosen[gene] = _choose_causal(dosages, np.flatnonzero(close), bool(has_two[gene]), rng)
            free[chosen[gene]] = False
        n_others = max(0, snps_per_gene * n_places - int((~free).sum()))
        others = rng.permutation(np.flatnonzero(free))[:n_others]
        typed = np.sort(np.concatenate([np.flatnonzero(~free), others]))
        for gene, rows in chosen.items():
            causal[gene] = n_typed + np.searchsorted(typed, rows)
        tables.append(_variant_table(str(chrom), positions[typed], rng))
        blocks.append(dosages[typed])
        n_typed += len(typed)
    if n_typed == 0:
        raise CommandLineError(f"maf is {maf:g}: no variant is that common; choose a smaller one")
    by_variant = np.concatenate(blocks).astype(np.float32)
    return Loci(by_variant.T, pd.concat(tables, ignore_index=True), causal)


def _near(positions: NDArray[np.int64], gene: Any, within: int) -> NDArray[np.bool_]:
    return np.asarray((positions >= gene["start"] - within) & (positions <= gene["end"] + within))


def _choose_causal(
    dosages: NDArray[np.int8],
    near: NDArray[np.int64],
    wants_two: bool,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """One or two of the variants near a gene; none where there are none."""
    if not len(near):
        return near
    first = int(rng.choice(near))
    if not wants_two:
        return np.array([first])
    scaled = dosages[near] - dosages[near].mean(axis=1, keepdims=True)
    scaled /= np.sqrt((scaled**2).sum(axis=1, keepdims=True))
    # Effects of opposite sign at two variants in full disequilibrium would cancel.
    apart = near[np.abs(scaled @ scaled[near == first][0]) < MOST_CORRELATED]
    return np.array([first, int(rng.choice(apart))] if len(apart) else [first])


def _variant_table(
    chrom: str, positions: NDArray[np.int64], rng: np.random.Generator
) -> pd.DataFrame:
    ref = rng.integers(4, size=len(positions))
    alt = (ref + rng.integers(1, 4, size=len(positions))) % 4
    return pd.DataFrame(
        {
            "variant_id": pd.Series([f"{chrom}_{position}" for position in positions], dtype="str"),
            "chrom": pd.Series([chrom] * len(positions), dtype="str"),
            "pos": positions,
            "ref": pd.Series(_BASES[ref], dtype="str"),
            "alt": pd.Series(_BASES[alt], dtype="str"),
        }
    )
