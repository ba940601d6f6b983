"""Chromosomes of crosses of two inbred strains: recombinant inbred lines and F2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DESIGNS", "cross_chromosome"]

#: Generations of selfing from the F1 on, and whether the last one is made homozygous.
DESIGNS = {"f2": (1, False), "ril": (8, True)}


def cross_chromosome(
    n: int,
    length: int,
    n_variants: int,
    design: str,
    cm_per_kb: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Draw a chromosome of the offspring of two inbred strains that differ at every variant.

    The F1 and its offspring are selfed, one offspring of each parent, with crossing over without
    interference: between two places at `d` morgans a gamete changes strand with the probability
    (1 − exp(−2 d)) / 2 (Haldane 1919). F2 are the first generation of it. Recombinant inbred
    lines are the eighth, of which one gamete is doubled.

    Parameters
    ----------
    n : int
        Lines, or offspring.
    length : int
        Base pairs.
    n_variants : int
        Variants at different random places; no more than there are base pairs.
    design : {"ril", "f2"}
    cm_per_kb : float
        Centimorgans a thousand base pairs, the same all along.
    rng : numpy.random.Generator

    Returns
    -------
    positions : numpy.ndarray of int64, shape (n_variants,)
        1-based, ascending.
    dosages : numpy.ndarray of int8, shape (n_variants, n)
        Copies of the allele of the second strain: 0 or 2 of lines, 0, 1 or 2 of F2.

    References
    ----------
    Haldane 1919, J Genet 8:299, for the map; Haldane & Waddington 1931, Genetics 16:357, for lines.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> positions, dosages = cross_chromosome(50, 100_000, 20, "ril", 0.4, rng)
    >>> dosages.shape, np.unique(dosages).tolist()
    ((20, 50), [0, 2])
    """
    positions = np.sort(rng.choice(length, size=min(n_variants, length), replace=False)) + 1
    morgans = np.diff(positions) * (cm_per_kb / 100_000)
    recombination = -np.expm1(-2 * morgans) / 2
    strands = np.zeros((2, n, len(positions)), dtype=np.int8)
    strands[1] = 1
    generations, doubled = DESIGNS[design]
    for _ in range(generations):
        strands = np.stack([_gametes(strands, recombination, rng) for _ in range(2)])
    dosages = 2 * _gametes(strands, recombination, rng) if doubled else strands.sum(axis=0)
    return positions, np.ascontiguousarray(dosages.T.astype(np.int8))


def _gametes(
    strands: NDArray[np.int8], recombination: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int8]:
    """One gamete of each parent, (n, n_variants), from both its strands."""
    n = strands.shape[1]
    crossed = rng.random((n, len(recombination))) < recombination
    taken = np.zeros(strands.shape[1:], dtype=np.int64)
    taken[:, :1] = rng.integers(2, size=(n, 1))
    taken[:, 1:] = (taken[:, :1] + np.cumsum(crossed, axis=1)) % 2
    return np.where(taken == 1, strands[1], strands[0])
