"""Nearest ancestors by grow and shrink on a pivoted Cholesky factor: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.graphs.codes import NONDESCENDANT
from genesis.jit import inlined_kernel, kernel
from genesis.linear.cholesky_kernels import add_pivot, invert_product
from genesis.linear.fisher_kernels import COLLINEAR_TOLERANCE, fisher_log_p

#: Partial correlations closer than this count as equal, and the earlier candidate wins, so
#: that rounding cannot choose between two variants in perfect LD.
_TIE = 1e-10


@kernel
def _next_strongest(covariance, variance, target_variance, chosen_at):
    """The candidate that goes most with the target given those chosen; -1 where none is left."""
    best = -1
    best_rho = -1.0
    for c in range(len(covariance)):
        if chosen_at[c] < 0 and variance[c] > COLLINEAR_TOLERANCE:
            rho = abs(covariance[c]) / math.sqrt(variance[c] * target_variance)
            if rho > best_rho + _TIE:
                best = c
                best_rho = rho
    return best


@kernel
def _next_dependent(
    covariance, variance, target_variance, chosen_at, start, n_effective, size, log_alpha
):
    """First candidate from `start` on, once around, that depends on the target."""
    m = len(covariance)
    for step in range(m):
        c = (start + step) % m
        if chosen_at[c] < 0 and variance[c] > COLLINEAR_TOLERANCE:
            rho = covariance[c] / math.sqrt(variance[c] * target_variance)
            log_p = fisher_log_p(min(max(rho, -1.0 + 1e-16), 1.0 - 1e-16), n_effective, size)
            if log_p <= log_alpha:
                return c
    return -1


@inlined_kernel
def grow(rows, target, pool, n_effective, log_alpha, most, strongest_first, chosen):
    """Grow a blanket; return its size and the factor rows of the chosen candidates.

    After each choice the residual variances and covariances of all candidates are updated
    by one column of the factor; nothing is refitted.

    Parameters
    ----------
    rows : (n_variables, n_samples) float64
        Unit rows.
    target : int
        Row of the gene.
    pool : (m,) int64
        Rows of the candidates; the earlier one wins a tie.
    n_effective : int
        Samples less covariate rank.
    log_alpha : float
        Log of the level.
    most : int
        Largest size.
    strongest_first : bool
        True: IAMB, always the most strongly associated candidate. False: grow–shrink, the
        next dependent candidate in the order of the pool, round and round.
    chosen : (>= most,) int64
        Written: positions in the pool, in the order of choice.

    Returns
    -------
    size : int
    factor : (size or more, m) float64
        Row k: the factor column of the k-th choice over all candidates.
    solved : (size or more,) float64
        The target in the same coordinates.
    """
    m = len(pool)
    candidates = rows[pool]
    covariance = np.dot(candidates, rows[target])
    variance = np.ones(m)
    chosen_at = np.full(m, -1, dtype=np.int64)
    capacity = min(16, most)
    factor = np.empty((capacity, m))
    solved = np.empty(capacity)
    target_variance = 1.0
    size = 0
    following = 0
    while size < most and target_variance > COLLINEAR_TOLERANCE:
        if strongest_first:
            best = _next_strongest(covariance, variance, target_variance, chosen_at)
            if best >= 0:
                rho = abs(covariance[best]) / math.sqrt(variance[best] * target_variance)
                log_p = fisher_log_p(min(rho, 1.0 - 1e-16), n_effective, size)
                if not log_p <= log_alpha:
                    best = -1
        else:
            best = _next_dependent(
                covariance,
                variance,
                target_variance,
                chosen_at,
                following,
                n_effective,
                size,
                log_alpha,
            )
            following = best + 1
        if best < 0:
            break
        if size == capacity:
            capacity = min(2 * capacity, most)
            larger = np.empty((capacity, m))
            for k in range(size):
                for c in range(m):
                    larger[k, c] = factor[k, c]
            factor = larger
            longer = np.empty(capacity)
            for k in range(size):
                longer[k] = solved[k]
            solved = longer
        with_best = np.dot(candidates, candidates[best])
        solved[size] = add_pivot(with_best, best, size, factor, variance, covariance)
        target_variance -= solved[size] * solved[size]
        chosen[size] = best
        chosen_at[best] = size
        size += 1
    return size, factor, solved


@kernel
def _precision(factor, solved, chosen, size):
    """Inverse correlation matrix of the chosen candidates and, last, the target."""
    order = size + 1
    lower = np.zeros((order, order))
    target_variance = 1.0
    for row in range(size):
        for column in range(row + 1):
            lower[row, column] = factor[column, chosen[row]]
        lower[size, row] = solved[row]
        target_variance -= solved[row] * solved[row]
    lower[size, size] = math.sqrt(max(target_variance, COLLINEAR_TOLERANCE))
    invert_product(lower, order)
    return lower


@kernel
def shrink(precision, n_effective, log_alpha, stays):
    """Drop members that are independent of the target given the rest, one at a time.

    Members are tried in the order of choice, and after each that goes the search begins anew
    with the first: a member that was kept before may be independent now, and with correlated
    candidates it matters which of two goes first.

    `precision` (target last) is reduced in place as members go; `stays` (size,) is written.
    """
    target = precision.shape[0] - 1
    size = target
    stays[:target] = True
    member = 0
    while member < target:
        if not stays[member] or _depends(precision, member, n_effective, log_alpha, size):
            member += 1
            continue
        stays[member] = False
        size -= 1
        # Marginalising a variable out of a precision matrix is one rank-one update.
        own = precision[member, member]
        for a in range(target + 1):
            if a == member or (a < target and not stays[a]):
                continue
            weight = precision[a, member] / own
            for b in range(target + 1):
                if b != member and (b == target or stays[b]):
                    precision[a, b] -= weight * precision[member, b]
        member = 0


@kernel
def _depends(precision, member, n_effective, log_alpha, size):
    """Whether a member depends on the target (last) given the others of so many."""
    target = precision.shape[0] - 1
    rho = -precision[member, target] / math.sqrt(
        precision[member, member] * precision[target, target]
    )
    return fisher_log_p(rho, n_effective, size - 1) <= log_alpha


@inlined_kernel
def blanket(rows, target, pool, n_effective, log_alpha, most, strongest_first, members):
    """Write the nearest ancestors of one gene into `members` (rows); return how many."""
    most = min(most, len(pool))
    if most == 0:
        return 0
    chosen = np.empty(most, dtype=np.int64)
    size, factor, solved = grow(
        rows, target, pool, n_effective, log_alpha, most, strongest_first, chosen
    )
    stays = np.ones(size, dtype=np.bool_)
    shrink(_precision(factor, solved, chosen, size), n_effective, log_alpha, stays)
    count = 0
    for k in range(size):
        if stays[k]:
            members[count] = pool[chosen[k]]
            count += 1
    return count


@kernel
def blankets(rows, targets, pool_start, pools, n_effective, log_alpha, most, strongest_first):
    """Blankets of several genes.

    Parameters
    ----------
    targets : (g,) int64
        Rows of the genes.
    pool_start : (g + 1,) int64
        Gene t has the pool ``pools[pool_start[t]:pool_start[t + 1]]``.

    Returns
    -------
    size : (g,) int64
    members : (len(pools),) int64
        Members of gene t from ``pool_start[t]`` on, ascending.
    """
    size = np.zeros(len(targets), dtype=np.int64)
    members = np.empty(len(pools), dtype=np.int64)
    for t in range(len(targets)):
        first, last = pool_start[t], pool_start[t + 1]
        size[t] = blanket(
            rows,
            targets[t],
            pools[first:last],
            n_effective,
            log_alpha,
            most,
            strongest_first,
            members[first:last],
        )
        members[first : first + size[t]].sort()
    return size, members


@kernel
def differ(start, member, other_start, other_member, differs):
    """Write which genes have other members in one table than in another."""
    for gene in range(len(differs)):
        first, other = start[gene], other_start[gene]
        size = start[gene + 1] - first
        differs[gene] = size != other_start[gene + 1] - other
        if not differs[gene]:
            for k in range(size):
                if member[first + k] != other_member[other + k]:
                    differs[gene] = True


@kernel
def with_predecessors(genes, start, member, codes, n_variants):
    """The members of some genes, and after them the genes known to precede each.

    Parameters
    ----------
    genes : (g,) int64
        Positions of the genes.
    start, member : int64 arrays
        Gene k has the members ``member[start[k]:start[k + 1]]``.
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    n_variants : int
        The variable of gene 0.

    Returns
    -------
    start, member : int64 arrays
        The same for the genes asked for, in their order.
    """
    size = np.zeros(len(genes) + 1, dtype=np.int64)
    for before in range(codes.shape[0]):
        for k in range(len(genes)):
            if codes[before, genes[k]] >= NONDESCENDANT:
                size[k + 1] += 1
    for k in range(len(genes)):
        size[k + 1] += size[k] + start[genes[k] + 1] - start[genes[k]]
    joined = np.empty(size[len(genes)], dtype=np.int64)
    filled = size[:-1].copy()
    for k in range(len(genes)):
        for at in range(start[genes[k]], start[genes[k] + 1]):
            joined[filled[k]] = member[at]
            filled[k] += 1
    for before in range(codes.shape[0]):
        for k in range(len(genes)):
            if codes[before, genes[k]] >= NONDESCENDANT:
                joined[filled[k]] = n_variants + before
                filled[k] += 1
    return size, joined
