"""Loops over blocks of VCF records: calls and dosages, and what is counted of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = [
    "allele_dosages",
    "impute_missing",
    "row_fingerprints",
    "scaled_dosages",
]

# Columns of the per-variant counts that the kernels fill.
CALLED_ALLELES, COUNTED_ALLELES, MISSING, HALF_CALLS, HAPLOID, PLOIDY, BAD_SAMPLE = range(7)
N_COUNTS = 7
# A call's code without its lowest bit, which says whether it is phased.
CODE = np.int32(-2)


@kernel
def any_dosages(
    row: NDArray[np.int32],
    wanted: int,
    beyond: int,
    order: NDArray[np.int64],
    dosages: NDArray[np.float32],
    counts: NDArray[np.int64],
) -> bool:
    """Count the allele coded `wanted` in the calls of one record, of whatever ploidy.

    Codes from `beyond` on are of alleles that the record does not have. Returns whether two
    called samples differ.
    """
    called_alleles = counted = missing = half = haploid = widest = 0
    lowest = 1 << 20
    highest = bad = -1
    for j in range(order.size):
        called = absent = dose = 0
        for k in range(row.shape[1]):
            code = row[order[j], k]
            if code > 1:
                called += 1
                dose += (code & CODE) == wanted
                if code >= beyond and bad < 0:
                    bad = j
            elif code >= 0:
                absent += 1
        if absent > 0 or called == 0:
            dosages[j] = np.nan
            missing += 1
            half += called > 0
        else:
            dosages[j] = dose
            called_alleles += called
            counted += dose
            haploid += called == 1
            widest = max(widest, called)
            lowest = min(lowest, dose)
            highest = max(highest, dose)
    counts[CALLED_ALLELES] = called_alleles
    counts[COUNTED_ALLELES] = counted
    counts[MISSING] = missing
    counts[HALF_CALLS] = half
    counts[HAPLOID] = haploid
    counts[PLOIDY] = widest
    counts[BAD_SAMPLE] = bad
    return lowest < highest


@kernel
def allele_dosages(
    calls: NDArray[np.int32],
    slot: NDArray[np.int64],
    allele: NDArray[np.int64],
    n_alleles: NDArray[np.int64],
    order: NDArray[np.int64],
    dosages: NDArray[np.float32],
    counts: NDArray[np.int64],
    varies: NDArray[np.bool_],
) -> None:
    """Count one allele of one record per row of `dosages`.

    `calls` is records x samples x ploidy in BCF's coding: (allele number + 1) * 2 + phased, so
    0 or 1 for a missing allele, and a negative value where a sample has fewer alleles than the
    record's widest. Row t counts allele ``allele[t]`` of record ``slot[t]``; its samples are
    ``order``. A call with any missing allele is NaN. ``BAD_SAMPLE`` is the first sample
    (position in `order`) with an allele that the record does not have, or -1. `varies` says
    whether two called samples differ.
    """
    n, width = order.size, calls.shape[2]
    in_file_order = n == calls.shape[1]
    for j in range(n):
        in_file_order = in_file_order and order[j] == j
    for t in range(slot.size):
        row = calls[slot[t]]
        # As the raw code without its phase bit; 32 bits wide, so that the loops vectorise.
        wanted = np.int32((allele[t] + 1) * 2)
        beyond = np.int32((n_alleles[t] + 1) * 2)
        codes = row.reshape(row.size)
        lowest = np.int32(2)
        highest = np.int32(0)
        for i in range(codes.size):
            lowest = min(lowest, codes[i])
            highest = max(highest, codes[i])
        if width != 2 or lowest < 2 or highest >= beyond:
            varies[t] = any_dosages(row, wanted, beyond, order, dosages[t], counts[t])
            continue
        # Nearly all records: every call has two alleles that the record has.
        counted = squares = np.int32(0)
        if in_file_order:
            for j in range(n):
                dose = np.int32((codes[2 * j] & CODE) == wanted)
                dose += np.int32((codes[2 * j + 1] & CODE) == wanted)
                dosages[t, j] = np.float32(dose)
                counted += dose
                squares += dose * dose
        else:
            for j in range(n):
                dose = np.int32((row[order[j], 0] & CODE) == wanted)
                dose += np.int32((row[order[j], 1] & CODE) == wanted)
                dosages[t, j] = np.float32(dose)
                counted += dose
                squares += dose * dose
        varies[t] = n * np.int64(squares) != np.int64(counted) ** 2
        counts[t, :] = 0
        counts[t, CALLED_ALLELES] = 2 * n
        counts[t, COUNTED_ALLELES] = counted
        counts[t, PLOIDY] = 2
        counts[t, BAD_SAMPLE] = -1


@kernel
def scaled_dosages(
    given: NDArray[np.float32],
    slot: NDArray[np.int64],
    allele: NDArray[np.int64],
    tolerance: float,
    order: NDArray[np.int64],
    dosages: NDArray[np.float32],
    counts: NDArray[np.int64],
    varies: NDArray[np.bool_],
    sums: NDArray[np.float64],
) -> None:
    """Take imputed dosages (records x samples x ALT alleles, NaN missing) within [0, 2].

    Values beyond the range by no more than `tolerance` are rounding and set to the bound;
    further ones are reported in ``BAD_SAMPLE``. `sums` receives the ALT dosage of each row.
    """
    for t in range(slot.size):
        missing = 0
        bad = -1
        total = 0.0
        lowest = np.float32(np.inf)
        highest = np.float32(-np.inf)
        for j in range(order.size):
            value = given[slot[t], order[j], allele[t] - 1]
            if np.isnan(value):
                missing += 1
            elif value < -tolerance or value > 2.0 + tolerance:
                if bad < 0:
                    bad = j
            else:
                value = min(max(value, np.float32(0.0)), np.float32(2.0))
                total += value
                lowest = min(lowest, value)
                highest = max(highest, value)
            dosages[t, j] = value
        varies[t] = lowest < highest
        sums[t] = total
        counts[t, :] = 0
        counts[t, CALLED_ALLELES] = 2 * (order.size - missing)
        counts[t, MISSING] = missing
        counts[t, PLOIDY] = 2
        counts[t, BAD_SAMPLE] = bad


@kernel
def impute_missing(dosages: NDArray[np.float32], varies: NDArray[np.bool_]) -> None:
    """Replace each row's NaN by the mean of its other values; say which rows vary at all.

    `varies` is judged before the replacement: two called samples differ.
    """
    for t in range(dosages.shape[0]):
        total = 0.0
        called = 0
        first = np.float32(0.0)
        differs = False
        for j in range(dosages.shape[1]):
            value = dosages[t, j]
            if not np.isnan(value):
                if called == 0:
                    first = value
                elif value != first:
                    differs = True
                total += value
                called += 1
        varies[t] = differs
        if 0 < called < dosages.shape[1]:
            mean = np.float32(total / called)
            for j in range(dosages.shape[1]):
                if np.isnan(dosages[t, j]):
                    dosages[t, j] = mean


@kernel
def row_fingerprints(
    dosages: NDArray[np.uint32], weights: NDArray[np.uint64], fingerprints: NDArray[np.uint64]
) -> None:
    """Sum up the bits of each row's float32 values, each times its column's random weight.

    Equal rows have equal sums; of two that differ, the sums are the same with a chance of about
    one in 2^55.
    """
    for t in range(dosages.shape[0]):
        total = np.uint64(0)
        for j in range(dosages.shape[1]):
            bits = dosages[t, j]
            # The lowest bits of whole numbers are all zero, which would weaken the sum.
            total += weights[j] * np.uint64(bits ^ (bits >> np.uint32(23)))
        fingerprints[t] = total
