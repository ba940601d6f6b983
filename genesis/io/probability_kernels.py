"""The loop from genotype probabilities to expected dosages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = ["expected_dosages"]

# What each probability may be off by: they are written with two digits at the least.
ROUNDING = 0.01


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
            if gap or value < 0.0:
                return i
            n_given += 1
            total += value
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
                    expected += given[i, high * (high + 1) // 2 + low] * (1.0 + (j == a))
            else:
                expected = 2.0 * given[i, a]
            dosages[i, a - 1] = expected / total
    return -1
