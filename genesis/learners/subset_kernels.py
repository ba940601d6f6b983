"""Tests of one pair given many sets: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.linear import cholesky_kernels, fisher_kernels, partial_kernels


@kernel
def marginal_tests(correlation, n_effective, first, second, log_p):
    """Write the log p-value of each pair given nothing; NaN where there is no test."""
    for pair in range(len(first)):
        rho = correlation[first[pair], second[pair]]
        log_p[pair] = fisher_kernels.fisher_log_p(rho, n_effective, 0)


@kernel
def separating_subset(correlation, n_effective, x, y, fixed, free, size, log_alpha, chosen):
    """The first subset of `free` that, with `fixed`, makes x and y independent.

    Subsets of the given size are tried in lexicographic order; positions in `free` of the one
    found are left in `chosen`.

    Returns
    -------
    (found, n_tests, n_untestable)
    """
    n_fixed = len(fixed)
    total = n_fixed + size
    members = np.empty(total, dtype=np.int64)
    for k in range(n_fixed):
        members[k] = fixed[k]
    matrix = np.empty((total, total))
    to_x = np.empty(total)
    to_y = np.empty(total)
    n_tests = 0
    n_untestable = 0
    for k in range(size):
        chosen[k] = k
    while True:
        for k in range(size):
            members[n_fixed + k] = free[chosen[k]]
        for row in range(total):
            for column in range(row + 1):
                matrix[row, column] = correlation[members[row], members[column]]
            to_x[row] = correlation[members[row], x]
            to_y[row] = correlation[members[row], y]
        log_p = math.nan
        if cholesky_kernels.factor(matrix, total) < 0:
            rho, _, _ = partial_kernels.residual_correlation(
                matrix, total, to_x, to_y, correlation[x, y]
            )
            log_p = fisher_kernels.fisher_log_p(rho, n_effective, total)
        if math.isnan(log_p):
            n_untestable += 1
        else:
            n_tests += 1
            if log_p > log_alpha:
                return True, n_tests, n_untestable
        last = size - 1
        while last >= 0 and chosen[last] == len(free) - size + last:
            last -= 1
        if last < 0:
            return False, n_tests, n_untestable
        chosen[last] += 1
        for k in range(last + 1, size):
            chosen[k] = chosen[k - 1] + 1
