"""Screening of candidate variants by their marginal correlation: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.linear.array_kernels import sort_items
from genesis.linear.fisher_kernels import fisher_log_p


@kernel
def screen(correlations, present, n_effective, rate, at_least, kept):
    """Mark the candidates of one gene that Benjamini–Hochberg keeps at `rate`.

    Parameters
    ----------
    correlations : (m,) float64
        Marginal correlation of each candidate with the gene.
    present : (m,) bool
        False for variants without variance, which are never kept nor counted.
    n_effective : int
        Samples less covariate rank.
    rate : float
        Level of the procedure.
    at_least : int
        So many of the strongest are kept whatever their p-value; ties go to the earlier one.
    kept : (m,) bool
        Written.
    """
    m = len(correlations)
    log_p = np.empty(m)
    tested = 0
    small = 0
    for c in range(m):
        kept[c] = False
        log_p[c] = np.inf
        if present[c]:
            tested += 1
            r = min(abs(correlations[c]), 1.0 - 1e-16)
            log_p[c] = fisher_log_p(r, n_effective, 0)
            if log_p[c] <= math.log(rate):
                small += 1
    ranked = np.empty(small)
    k = 0
    for c in range(m):
        if log_p[c] <= math.log(rate):
            ranked[k] = log_p[c]
            k += 1
    sort_items(ranked)
    threshold = -math.inf
    for k in range(small - 1, -1, -1):
        if ranked[k] <= math.log(rate * (k + 1) / tested):
            threshold = ranked[k]
            break
    n_kept = 0
    for c in range(m):
        if log_p[c] <= threshold:
            kept[c] = True
            n_kept += 1
    while n_kept < min(at_least, tested):
        best = -1
        for c in range(m):
            if present[c] and not kept[c] and (best < 0 or log_p[c] < log_p[best]):
                best = c
        kept[best] = True
        n_kept += 1
