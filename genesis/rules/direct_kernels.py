"""Tests of direct edges into one gene from one factorisation: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.linear.cholesky_kernels import independent_rows
from genesis.linear.fisher_kernels import fisher_log_p


@kernel
def direct_log_p(correlation, n_candidates, n_effective, log_p):
    """Log p of each candidate cause against the target given all other variables.

    Parameters
    ----------
    correlation : (m, m) float64
        Correlations of other conditioning variables, then the candidates, then the target.
    n_candidates : int
    n_effective : int
    log_p : (n_candidates,) float64
        Written; NaN where a candidate is collinear with the variables before it or too few
        samples are left.

    Returns
    -------
    int
        Size of the conditioning set of each test.
    """
    m = correlation.shape[0]
    keep, lower = independent_rows(correlation)
    log_p[:] = math.nan
    target = m - 1
    kept = 0
    for k in range(target):
        if keep[k]:
            kept += 1
    if not keep[target]:
        return kept - 1
    # Last row of the precision matrix: L' x = e_target, from the end.
    row = np.zeros(m)
    row[target] = 1.0 / lower[target, target]
    for a in range(target - 1, -1, -1):
        if keep[a]:
            total = 0.0
            for k in range(a + 1, m):
                total -= lower[k, a] * row[k] if keep[k] else 0.0
            row[a] = total / lower[a, a]
    inverse = np.zeros(m)
    for c in range(n_candidates):
        at = target - n_candidates + c
        if not keep[at]:
            continue
        # Diagonal of the precision matrix: squared length of L^-1 e_at.
        own = 0.0
        for k in range(at, m):
            if not keep[k]:
                continue
            total = 1.0 if k == at else 0.0
            for q in range(at, k):
                if keep[q]:
                    total -= lower[k, q] * inverse[q]
            inverse[k] = total / lower[k, k]
            own += inverse[k] * inverse[k]
        # P[at, target] = row[at] / L_tt and P[target, target] = 1 / L_tt^2.
        rho = -row[at] / math.sqrt(own)
        log_p[c] = fisher_log_p(rho, n_effective, kept - 1)
    return kept - 1
