"""The loop over calls on X, of which males have one allele."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.io.vcf_kernels import CALLED_ALLELES, COUNTED_ALLELES, HAPLOID, MISSING
from genesis.jit import kernel

__all__ = ["hemizygous_dosages"]

CODE = np.int32(-2)


@kernel
def hemizygous_dosages(
    calls: NDArray[np.int32],
    slot: NDArray[np.int64],
    allele: NDArray[np.int64],
    outside: NDArray[np.bool_],
    is_male: NDArray[np.bool_],
    order: NDArray[np.int64],
    dosages: NDArray[np.float32],
    counts: NDArray[np.int64],
    seen: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Correct what `allele_dosages` made of the calls of males, row by row.

    A male's call of one allele, or of twice the same allele where the record is `outside` the
    pseudo-autosomal regions, has dosage 0 or 2 and counts as one allele. One of two different
    alleles outside is set missing. `seen` receives the number of either. Returns which rows
    have two called samples that differ.
    """
    varies = np.zeros(slot.size, dtype=np.bool_)
    for t in range(slot.size):
        wanted = np.int32((allele[t] + 1) * 2)
        lowest, highest = np.float32(np.inf), np.float32(-np.inf)
        for j in range(order.size):
            if is_male[j] and not np.isnan(dosages[t, j]):
                called = 0
                first = np.int32(0)
                same = True
                for k in range(calls.shape[2]):
                    code = calls[slot[t], order[j], k] & CODE
                    if calls[slot[t], order[j], k] > 1:
                        if called == 0:
                            first = code
                        same = same and code == first
                        called += 1
                if called == 1 or (outside[t] and same):
                    copies = np.int64(first == wanted)
                    counts[t, COUNTED_ALLELES] -= np.int64(dosages[t, j]) - copies
                    counts[t, CALLED_ALLELES] -= called - 1
                    counts[t, HAPLOID] -= called == 1
                    dosages[t, j] = 2 * copies
                    seen[t, 0] += 1
                elif outside[t]:
                    counts[t, COUNTED_ALLELES] -= np.int64(dosages[t, j])
                    counts[t, CALLED_ALLELES] -= called
                    counts[t, MISSING] += 1
                    dosages[t, j] = np.nan
                    seen[t, 1] += 1
            if not np.isnan(dosages[t, j]):
                lowest = min(lowest, dosages[t, j])
                highest = max(highest, dosages[t, j])
        varies[t] = lowest < highest
    return varies
