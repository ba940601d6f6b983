"""The loops from genotype likelihoods to probabilities, and from these to expected dosages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = ["expected_dosages", "flat_posteriors"]

# What each probability may be off by: they are written with two digits at the least.
ROUNDING = 0.01
# How far below zero a probability may be that is what others leave of one, in float32.
REMAINDER = -1e-6
# How far above zero a log10 likelihood may be that was written rounded.
LOG_ROUNDING = 1e-3


@kernel
def expected_dosages(
    given: NDArray[np.float32], n_alleles: int, dosages: NDArray[np.float32]
) -> int:
    """Fill `dosages` (samples x ALT alleles) from probabilities (samples x genotypes).

    Genotypes come in the order of the VCF specification: that of alleles j <= k is at
    ``k * (k + 1) / 2 + j``. A sample with one probability an allele and NaN after them is haploid;
    its dosage is of the same scale, 0 to 2. NaN in all places is missing. Returns the first
    sample whose values are no probabilities of either kind, or -1.
    """
    n_diploid = n_alleles * (n_alleles + 1) // 2
    for i in range(given.shape[0]):
        n_given = 0
        gap = False
        total = 0.0
        for g in range(given.shape[1]):
            value = given[i, g]
            if np.isnan(value):
                gap = True
                continue
            if gap or value < REMAINDER:
                return i
            n_given += 1
            total += max(value, 0.0)
        if n_given == 0:
            dosages[i, :] = np.nan
            continue
        if n_given != n_diploid and n_given != n_alleles:
            return i
        if abs(total - 1.0) > ROUNDING * n_given:
            return i
        for a in range(1, n_alleles):
            expected = 0.0
            if n_given == n_diploid:
                for j in range(n_alleles):
                    low, high = min(a, j), max(a, j)
                    value = max(given[i, high * (high + 1) // 2 + low], 0.0)
                    expected += value * (1.0 + (j == a))
            else:
                expected = 2.0 * max(given[i, a], 0.0)
            dosages[i, a - 1] = expected / total
    return -1


@kernel
def flat_posteriors(
    log10: NDArray[np.float64],
    probabilities: NDArray[np.float32],
    says_nothing: NDArray[np.bool_],
) -> int:
    """Fill `probabilities` from log10 likelihoods (both samples x genotypes), of a flat prior.

    NaN stays NaN. A sample whose likelihoods are all equal is marked in `says_nothing`. Returns
    the first sample with a likelihood above one, or -1.
    """
    for i in range(log10.shape[0]):
        highest = -np.inf
        lowest = np.inf
        for g in range(log10.shape[1]):
            value = log10[i, g]
            if value > LOG_ROUNDING:
                return i
            if not np.isnan(value):
                highest = max(highest, value)
                lowest = min(lowest, value)
        says_nothing[i] = lowest >= highest
        total = 0.0
        for g in range(log10.shape[1]):
            value = log10[i, g]
            if not np.isnan(value):
                total += 1.0 if value == highest else 10.0 ** (value - highest)
        for g in range(log10.shape[1]):
            value = log10[i, g]
            ratio = 1.0 if value == highest else 10.0 ** (value - highest)
            probabilities[i, g] = np.nan if np.isnan(value) else ratio / total
    return -1
