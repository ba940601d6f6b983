"""The edge reversal move (REV), by which both genes of an edge choose parents anew: compiled code.

An edge between two genes seldom can be reversed by itself: what acts on the one then has to act on
the other as well, and what did so has to go. Here all of it happens in one move. The candidates
that act on either gene and could act on both are given to both, and each gene then drops, one
after the other, what it does not need. None may be dropped by both, so that the way back starts
with the same candidates.

References
----------
Grzegorczyk & Husmeier 2008, Machine Learning 71:265 (reversals that resample parents).
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, inlined_kernel
from genesis.posterior.model.factor_kernels import renew_stale
from genesis.posterior.model.graph_kernels import is_ancestor
from genesis.posterior.model.regression_kernels import log_gain_of_removing, place_of
from genesis.posterior.model.state import FACTOR, POSITIONAL
from genesis.posterior.moves.gain_kernels import (
    copy_fit,
    include_in_copy,
    leave_out,
    refit_gene,
)
from genesis.posterior.moves.paired_kernels import set_offsets_of_gene


@borrowing_kernel
def gather(
    kind_a, variable_a, last_a, included_a, size_a, kind_b, variable_b, last_b, other, shared_a,
    shared_b, size,
):  # fmt: skip
    """Active candidates that act on gene a and could act on gene b, beyond those gathered before.

    Positional anchors are left alone: they put their gene before the other. So are hidden factors,
    which may act on any gene whatever the order.

    Parameters
    ----------
    kind_a, variable_a, last_a : (width,) int8, (width,) int32, int
        Kind and row of the data of each candidate of gene a, of which so many are active.
    included_a, size_a : (most,) int32, int
        What acts on gene a.
    kind_b, variable_b, last_b
        The same of gene b.
    other : int
        Variable that gene b is.
    shared_a, shared_b : (room,) int64
        Written: places among the candidates of a and of b.
    size : int
        How many there are already, with a first.

    Returns
    -------
    int
        How many there are now; -1 where there is no room.
    """
    for place in range(size_a):
        candidate = included_a[place]
        variable = variable_a[candidate]
        if candidate >= last_a or variable == other or kind_a[candidate] in (POSITIONAL, FACTOR):
            continue
        known = False
        for k in range(size):
            if shared_a[k] == candidate:
                known = True
                break
        if known:
            continue
        for twin in range(last_b):
            if variable_b[twin] == variable and kind_b[twin] != POSITIONAL:
                if size == len(shared_a):
                    return -1
                shared_a[size] = candidate
                shared_b[size] = twin
                size += 1
                break
    return size


@borrowing_kernel
def decide(
    gram, squared_length, kind, offset, beta, degrees, precision, log_odds, included, size,
    inverse_gram, posterior_mean, penalised_rss, moments, edge, gets_edge, shared, n_shared,
    must_stay, stays, is_prescribed, work, rng,
):  # fmt: skip
    """Give a gene all the shared candidates, then let it drop some, one after the other, (21).

    Parameters
    ----------
    gram, squared_length : (width, width), (width,) float64
    kind, offset : (width,) int8, (width,) float64
        Of the gene and its candidates; o of (11).
    beta, degrees : float
        Inverse temperature β, and β d.
    precision, log_odds : (N_KINDS,) float64
        τ and g of each kind.
    included, size, inverse_gram, posterior_mean, penalised_rss, moments
        The gene as it is (A, V, m, S and `log_moments`), in copies that are changed.
    edge, gets_edge : int, bool
        The other gene among its candidates, and whether it is to act or not.
    shared : (n_shared,) int64
        U in the order of decisions.
    n_shared : int
    must_stay : (n_shared,) bool
    stays : (n_shared,) bool
        What is decided; given where it `is_prescribed`.
    is_prescribed : bool
    work : (2, most) float64
        Space.
    rng : numpy.random.Generator

    Returns
    -------
    log_probability : float
        Log probability of these decisions, log D.
    log_ratio : float
        Log evidence and prior odds η of the set that is left, less those of the gene as it is.
    size : int
        How many are left; -1 where there is no room for all.
    """
    room = len(included) - n_shared - 1
    for place in range(size):
        room -= included[place] != edge
    for k in range(n_shared):
        room += place_of(included, size, shared[k]) >= 0
    if room < 0:
        return 0.0, 0.0, -1
    log_ratio = 0.0
    for k in range(n_shared + 1):
        candidate = shared[k] if k < n_shared else edge
        place = place_of(included, size, candidate)
        is_to_act = k < n_shared or gets_edge
        if is_to_act == (place >= 0):
            continue
        odds = log_odds[kind[candidate]] + offset[candidate]
        if is_to_act:
            gain, penalised_rss, moments = include_in_copy(
                gram, kind, beta, degrees, precision, squared_length[candidate], candidate,
                included, size, inverse_gram, posterior_mean, penalised_rss, moments, work,
            )  # fmt: skip
            log_ratio += gain + odds
            size += 1
        else:
            log_ratio -= odds
            log_ratio += log_gain_of_removing(
                kind, degrees, precision, place, included, size, inverse_gram, posterior_mean,
                penalised_rss, moments,
            )  # fmt: skip
            penalised_rss, moments = leave_out(
                kind, degrees, precision, place, included, size, inverse_gram, posterior_mean,
                penalised_rss,
            )  # fmt: skip
            size -= 1
    log_probability = 0.0
    for k in range(n_shared):
        if must_stay[k]:
            stays[k] = True
            continue
        place = place_of(included, size, shared[k])
        gain = log_gain_of_removing(
            kind, degrees, precision, place, included, size, inverse_gram, posterior_mean,
            penalised_rss, moments,
        )  # fmt: skip
        gain -= log_odds[kind[shared[k]]] + offset[shared[k]]
        # Logs of the probabilities to drop it and to keep it, (21); the gain may be large.
        lost = math.log1p(math.exp(-abs(gain)))
        log_drop, log_keep = min(gain, 0.0) - lost, min(-gain, 0.0) - lost
        if not is_prescribed:
            stays[k] = math.log(rng.random()) >= log_drop
        if stays[k]:
            log_probability += log_keep
        else:
            log_probability += log_drop
            log_ratio += gain
            penalised_rss, moments = leave_out(
                kind, degrees, precision, place, included, size, inverse_gram, posterior_mean,
                penalised_rss,
            )  # fmt: skip
            size -= 1
    return log_probability, log_ratio, size


@inlined_kernel
def _find_shared(problem, chain, child, parent, shared):
    """Write the shared candidates U; return how many there are, -1 where there is no room."""
    n_variants = len(problem.data) - len(chain.size)
    kind, variable, last = problem.kind, problem.variable, chain.n_active
    of_child, of_parent = shared[:, 0], shared[:, 1]
    n_shared = gather(
        kind[child], variable[child], last[child], chain.included[child], chain.size[child],
        kind[parent], variable[parent], last[parent], n_variants + parent, of_child, of_parent,
        np.int64(0),
    )  # fmt: skip
    if n_shared < 0:
        return n_shared
    # The same with the roles exchanged.
    return gather(
        kind[parent], variable[parent], last[parent], chain.included[parent], chain.size[parent],
        kind[child], variable[child], last[child], n_variants + child, of_parent, of_child,
        n_shared,
    )  # fmt: skip


@inlined_kernel
def _shuffle(shared, n_shared, rng):
    """Put the shared candidates in a random order, all orders being equally likely."""
    for k in range(n_shared - 1, 0, -1):
        at = int(rng.random() * (k + 1))
        for side in range(2):
            shared[k, side], shared[at, side] = shared[at, side], shared[k, side]


@inlined_kernel
def _decide(problem, chain, beta, gene, side, way, edge, n_shared, rng):
    """Let one of the two genes decide which of the shared candidates it keeps.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    beta : float
    gene : int
    side : int
        0 for the child of the edge as it is, 1 for its parent.
    way : int
        0 for the move, 1 for the way back, on which the decisions are those that lead to the graph
        as it is.
    edge : int
        Place of the other gene among the candidates of this one.
    n_shared : int
    rng : numpy.random.Generator

    Returns
    -------
    log_probability, log_ratio : float
    size : int
        As of `decide`.
    """
    # There the parent decides first and gets the edge, on the way back the child.
    is_first = side != way
    space = chain.space
    shared, must_stay = space.shared[:, side], space.must_stay
    stays, stays_of_other = space.stays[way, side], space.stays[way, 1 - side]
    included, size = chain.included[gene], chain.size[gene]
    renew_stale(problem, chain, gene, edge)
    for k in range(n_shared):
        # What the first has dropped the second must keep.
        must_stay[k] = not is_first and not stays_of_other[k]
        if way == 1:
            stays[k] = place_of(included, size, shared[k]) >= 0
    proposed = space.included[side + 2 * way]
    copy_fit(
        included, size, chain.inverse_gram[gene], chain.posterior_mean[gene], proposed,
        space.inverse_gram, space.posterior_mean,
    )  # fmt: skip
    return decide(
        problem.gram[gene], problem.squared_length[gene], problem.kind[gene], chain.offset[gene],
        beta, beta * problem.data.shape[1], chain.precision, chain.log_odds, proposed, size,
        space.inverse_gram, space.posterior_mean, chain.penalised_rss[gene],
        chain.log_moments[gene], edge, is_first, shared, n_shared, must_stay, stays, way == 1,
        space.work, rng,
    )  # fmt: skip


@borrowing_kernel
def _replace(problem, chain, beta, gene, proposed, size):
    """Give a gene another set of included candidates."""
    for a in range(chain.size[gene]):
        chain.n_included[problem.kind[gene, chain.included[gene, a]]] -= 1
    chain.size[gene] = size
    for a in range(size):
        chain.included[gene, a] = proposed[a]
        chain.n_included[problem.kind[gene, proposed[a]]] += 1
    refit_gene(problem, chain, beta, gene)
    set_offsets_of_gene(problem, chain, gene)


@borrowing_kernel
def resample_reversal(problem, chain, beta, child, place, rng):
    """Reverse an edge while both its genes choose their parents anew (REV).

    The acceptance ratio is (22) of docs/model.md#edge-reversal, where it is derived.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed where the move is accepted.
    beta : float
        Inverse temperature.
    child, place : int
        The edge: a gene i, and the place of its parent j among what is included on it.
    rng : numpy.random.Generator
    """
    space = chain.space
    edge = np.int64(chain.included[child, place])
    parent = np.int64(problem.parent_gene[child, edge])
    reverse_edge = np.int64(problem.reverse_index[child, edge])
    if reverse_edge < 0 or is_ancestor(problem, chain, parent, child, place):
        return
    n_shared = _find_shared(problem, chain, child, parent, space.shared)
    if n_shared < 0:
        return
    _shuffle(space.shared, n_shared, rng)
    log_ratio = -math.log(rng.random())
    size_after = space.size_after
    for step in range(4):
        way = step // 2
        side = 1 - step if way == 0 else step - 2
        log_probability, change, size = _decide(
            problem, chain, beta, parent if side == 1 else child, side, way,
            reverse_edge if side == 1 else edge, n_shared, rng,
        )  # fmt: skip
        if size < 0:
            return
        if way == 0:
            log_ratio += change - log_probability
            size_after[side] = size
        else:
            log_ratio += log_probability
        if step == 1:
            # The edge was picked as one of the child's candidates; the way back picks one of the
            # parent's. What the way back adds is negative: most moves are refused without it.
            log_ratio += math.log(chain.size[child] / size_after[1])
        if step > 0 and log_ratio < 0.0:
            return
    for side in range(2):
        gene = parent if side == 1 else child
        _replace(problem, chain, beta, gene, space.included[side], size_after[side])
