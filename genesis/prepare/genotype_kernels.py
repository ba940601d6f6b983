"""Calls of variants: counting, Hardy–Weinberg test, pruning. Compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import kernel

#: Probabilities that differ by rounding alone count as equal.
_TIE = 1.0 + 1e-9
#: Allele frequencies that differ by less are the same.
_SAME = 1e-9


@kernel
def nearest_calls(dosages, missing, has_missing, calls):
    """Dosages as calls 0, 1, 2; -1 where a call was imputed.

    Parameters
    ----------
    dosages : (m, n) float32
    missing : (m, ceil(n / 8)) uint8
        Bits of imputed calls, as `numpy.packbits` makes them; not looked at unless `has_missing`.
    has_missing : bool
    calls : (m, n) int8
        Written.
    """
    for v in range(dosages.shape[0]):
        for s in range(dosages.shape[1]):
            if has_missing and (missing[v, s >> 3] >> (7 - (s & 7))) & 1:
                calls[v, s] = -1
            else:
                calls[v, s] = np.int8(min(max(int(dosages[v, s] + 0.5), 0), 2))


@kernel
def count_calls(calls, counts):
    """How many samples have each call of a variant.

    Parameters
    ----------
    calls : (m, n) int8
        0, 1, 2, or -1 for missing.
    counts : (m, 3) int64
        Written.
    """
    for v in range(calls.shape[0]):
        for c in range(3):
            counts[v, c] = 0
        for s in range(calls.shape[1]):
            if calls[v, s] >= 0:
                counts[v, calls[v, s]] += 1


@kernel
def exact_p(n_het, n_one, n_other):
    """Exact p-value of Hardy–Weinberg proportions.

    The probabilities of all numbers of heterozygotes follow from the most likely one by
    ratios, so no factorial is needed.

    Parameters
    ----------
    n_het, n_one, n_other : int
        Heterozygotes, and homozygotes of either allele.
    """
    n = n_het + n_one + n_other
    rare = 2 * min(n_one, n_other) + n_het
    if n == 0 or rare == 0:
        return 1.0
    middle = rare * (2 * n - rare) // (2 * n)
    if (middle + rare) % 2:
        middle += 1
    observed = 1.0
    if middle != n_het:
        observed = _relative(middle, n_het, rare, n)
    total = 0.0
    tail = 0.0
    for step in (-2, 2):
        p = 1.0
        het = middle
        while 0 <= het <= rare:
            if step < 0 or het > middle:
                total += p
                if p <= observed * _TIE:
                    tail += p
            p *= _ratio(het, step, rare, n)
            het += step
    return min(tail / total, 1.0)


@kernel
def _ratio(het, step, rare, n):
    """Probability of `het + step` heterozygotes relative to that of `het`."""
    one = (rare - het) // 2
    other = n - het - one
    if step < 0:
        return het * (het - 1.0) / (4.0 * (one + 1.0) * (other + 1.0))
    return 4.0 * one * other / ((het + 2.0) * (het + 1.0))


@kernel
def _relative(start, end, rare, n):
    """Probability of `end` heterozygotes relative to that of `start`."""
    p = 1.0
    step = 2 if end > start else -2
    het = start
    while het != end:
        p *= _ratio(het, step, rare, n)
        het += step
    return p


@kernel
def exact_p_of_counts(counts, p):
    """Exact p-values of variants.

    Parameters
    ----------
    counts : (m, 3) int64
        Samples with 0, 1 and 2 ALT alleles.
    p : (m,) float64
        Written.
    """
    for v in range(len(counts)):
        p[v] = exact_p(counts[v, 1], counts[v, 0], counts[v, 2])


@kernel
def _dot(left, right):
    """Sum of products in double precision, in four strands."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    n = len(left)
    whole = n - n % 4
    for s in range(0, whole, 4):
        a += np.float64(left[s]) * right[s]
        b += np.float64(left[s + 1]) * right[s + 1]
        c += np.float64(left[s + 2]) * right[s + 2]
        d += np.float64(left[s + 3]) * right[s + 3]
    for s in range(whole, n):
        a += np.float64(left[s]) * right[s]
    return (a + b) + (c + d)


@kernel
def prune_contig(dosages, order, position, mean, variance, maf, most_r2, window, kept):
    """Mark the variants of one contig that pruning keeps.

    Variants are taken in order. Each is held against the kept ones before it within the window,
    from the first on; of two that are correlated too strongly, the one with the lower minor
    allele frequency goes, and the later one where they have the same.

    Parameters
    ----------
    dosages : (n_variants, n) float32
    order : (m,) int64
        Rows of the contig's variants, by position.
    position : (n_variants,) int64
    mean, variance, maf : (n_variants,) float64
        Variance with n in the denominator.
    most_r2 : float
        Largest squared correlation of two variants that stay.
    window : int
        Base pairs between two variants up to which they are compared.
    kept : (n_variants,) bool
        Written for the contig's variants.
    """
    n = dosages.shape[1]
    first = 0
    for at in range(len(order)):
        j = order[at]
        kept[j] = True
        while position[j] - position[order[first]] > window:
            first += 1
        for before in range(first, at):
            i = order[before]
            if not kept[i]:
                continue
            spread = variance[i] * variance[j]
            if spread <= 0:
                continue
            covariance = _dot(dosages[i], dosages[j]) / n - mean[i] * mean[j]
            if covariance * covariance > most_r2 * spread:
                # The same frequency from either allele may differ in its last bits.
                if maf[i] < maf[j] - _SAME:
                    kept[i] = False
                else:
                    kept[j] = False
                    break
