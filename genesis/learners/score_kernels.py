"""BIC scores of linear regressions, and the choice of parents by them: compiled numeric code.

The score of a variable of variance one given parents is -n/2 log(residual variance) less a
penalty for each parent. A parent that is collinear with others adds nothing and is not chosen.
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.linear.cholesky_kernels import add_pivot, factor, residual_variance
from genesis.linear.fisher_kernels import COLLINEAR_TOLERANCE


@kernel
def local_score(correlation, n_effective, penalty, target, parents):
    """Score of a variable given parents; -inf where they are collinear."""
    size = len(parents)
    matrix = np.empty((size, size))
    to_target = np.empty(size)
    for row in range(size):
        for column in range(row + 1):
            matrix[row, column] = correlation[parents[row], parents[column]]
        to_target[row] = correlation[parents[row], target]
    if factor(matrix, size) >= 0:
        return -math.inf
    variance = residual_variance(matrix, size, to_target)
    if not variance > COLLINEAR_TOLERANCE:
        return -math.inf
    return -0.5 * n_effective * math.log(variance) - penalty * size


@kernel
def grow_shrink(correlation, n_effective, penalty, most, target, required, candidates, parents):
    """Parents chosen one by one while the score rises, then dropped while it rises.

    `parents` receives the required ones and then the others.

    Returns
    -------
    (n_parents, score, n_scores)
    """
    n_required = len(required)
    n_candidates = len(candidates)
    every = np.empty(n_required + n_candidates, dtype=np.int64)
    for k in range(n_required):
        every[k] = required[k]
    for k in range(n_candidates):
        every[n_required + k] = candidates[k]
    total = n_required + n_candidates
    loading = np.zeros((min(most, total), total))
    with_best = np.empty(total)
    variance = np.ones(total)
    covariance = np.empty(total)
    chosen = np.zeros(total, dtype=np.bool_)
    for k in range(total):
        covariance[k] = correlation[every[k], target]
    residual = 1.0
    size = 0
    n_scores = 1
    while size < loading.shape[0]:
        best = -1
        best_share = 0.0
        if size < n_required:
            best = size
            if variance[best] > COLLINEAR_TOLERANCE:
                best_share = covariance[best] ** 2 / variance[best]
        else:
            for k in range(n_required, total):
                if not chosen[k] and variance[k] > COLLINEAR_TOLERANCE:
                    n_scores += 1
                    share = covariance[k] ** 2 / variance[k]
                    if share > best_share:
                        best, best_share = k, share
            if best < 0 or not residual - best_share > COLLINEAR_TOLERANCE:
                break
            if -0.5 * n_effective * math.log(1.0 - best_share / residual) <= penalty:
                break
        chosen[best] = True
        parents[size] = every[best]
        if variance[best] > COLLINEAR_TOLERANCE:
            for k in range(total):
                with_best[k] = correlation[every[k], every[best]]
            add_pivot(with_best, best, size, loading, variance, covariance)
            residual -= best_share
        size += 1
    while size > n_required:
        dropped = -1
        rise = 0.0
        whole = local_score(correlation, n_effective, penalty, target, parents[:size])
        for k in range(n_required, size):
            rest = np.concatenate((parents[:k], parents[k + 1 : size]))
            n_scores += 1
            score = local_score(correlation, n_effective, penalty, target, rest)
            if score - whole > rise:
                dropped, rise = k, score - whole
        if dropped < 0:
            break
        for k in range(dropped, size - 1):
            parents[k] = parents[k + 1]
        size -= 1
    return size, local_score(correlation, n_effective, penalty, target, parents[:size]), n_scores
