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
from typing import NamedTuple

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.posterior.model.graph_kernels import is_ancestor
from genesis.posterior.model.regression_kernels import (
    exclude,
    log_evidence_of_gene,
    log_gain_of_removing,
    log_moments,
    place_of,
    refit,
)
from genesis.posterior.model.state import POSITIONAL
from genesis.posterior.moves.paired_kernels import set_offsets_of_gene


@kernel
def gather(
    kind_a, variable_a, included_a, size_a, kind_b, variable_b, last_b, other, shared, size,
):  # fmt: skip
    """Candidates that act on gene a and could act on gene b, beyond those gathered before.

    Positional anchors are left alone: they put their gene before the other.

    Parameters
    ----------
    kind_a, variable_a : (width,) int8, (width,) int32
        Kind and row of the data of each candidate of gene a.
    included_a, size_a : (most,) int32, int
        What acts on gene a.
    kind_b, variable_b, last_b
        The same of gene b, whose candidates end before `last_b`.
    other : int
        Variable that gene b is.
    shared : (room, 2) int64
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
        if variable == other or kind_a[candidate] == POSITIONAL:
            continue
        known = False
        for k in range(size):
            if shared[k, 0] == candidate:
                known = True
                break
        if known:
            continue
        for twin in range(last_b):
            if kind_b[twin] == POSITIONAL:
                continue
            # Factors, which are no variables of the data, have the same place everywhere.
            if (twin == candidate) if variable < 0 else (variable_b[twin] == variable):
                if size == len(shared):
                    return -1
                shared[size, 0] = candidate
                shared[size, 1] = twin
                size += 1
                break
    return size


@kernel
def give_all(included, size, shared, n_shared, but, also, given):
    """The set that decisions start from: what is included, all that is shared, and an edge or not.

    Parameters
    ----------
    included, size : (most,) int32, int
        What acts on the gene.
    shared : (n_shared,) int64
        Shared candidates U, counted among those of this gene.
    n_shared : int
    but : int
        Candidate that is left out.
    also : int
        Candidate that is put in, -1 for none.
    given : (most,) int32
        Written: first what is not shared (B), then U, then `also`.

    Returns
    -------
    int
        Size of the set, -1 where there is no room.
    """
    count = 0
    for place in range(size):
        candidate = included[place]
        is_shared = candidate == also
        is_shared |= candidate == but
        for k in range(n_shared):
            is_shared |= shared[k] == candidate
        if not is_shared:
            if count == len(given):
                return -1
            given[count] = candidate
            count += 1
    if count + n_shared + 1 > len(given):
        return -1
    for k in range(n_shared):
        given[count] = shared[k]
        count += 1
    if also >= 0:
        given[count] = also
        count += 1
    return count


@kernel
def drop_some(
    gram, kind, offset, beta, degrees, precision, log_odds, included, size, inverse_gram,
    posterior_mean, shared, n_shared, must_stay, stays, is_prescribed, rng,
):  # fmt: skip
    """Let a gene that has all the shared candidates drop some, one after the other.

    Parameters
    ----------
    gram, kind, offset : (width, width) float64, (width,) int8, (width,) float64
        Of the gene and its candidates; o of (11).
    beta, degrees : float
        Inverse temperature β, and β d.
    precision, log_odds : (N_KINDS,) float64
        τ and g of each kind.
    included : (most,) int32
        The set, all shared candidates among it; what is left of it afterwards.
    size : int
    inverse_gram, posterior_mean : (most, most), (most,) float64
        Space for V and m.
    shared : (n_shared,) int64
        U in the order of decisions.
    n_shared : int
    must_stay : (n_shared,) bool
    stays : (n_shared,) bool
        What is decided; given where it `is_prescribed`.
    is_prescribed : bool
    rng : numpy.random.Generator

    Returns
    -------
    log_probability : float
        Log probability of these decisions, log D.
    log_weight : float
        Log evidence of the set that is left, with the log prior odds η of its candidates.
    size : int
        How many are left.
    """
    log_weight, penalised_rss = log_evidence_of_gene(
        gram, kind, beta, degrees, precision, included, size, inverse_gram, posterior_mean
    )
    for place in range(size):
        log_weight += log_odds[kind[included[place]]] + offset[included[place]]
    moments = log_moments(
        kind, degrees, precision, included, size, inverse_gram, posterior_mean, penalised_rss
    )
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
            log_weight += gain
            penalised_rss += posterior_mean[place] ** 2 / inverse_gram[place, place]
            exclude(place, included, size, inverse_gram, posterior_mean)
            size -= 1
            moments = log_moments(
                kind, degrees, precision, included, size, inverse_gram, posterior_mean,
                penalised_rss,
            )  # fmt: skip
    return log_probability, log_weight, size


class ReversalSpace(NamedTuple):
    """Arrays that `resample_reversal` works in, made once a sweep.

    Attributes
    ----------
    proposed : (4, most) int32
        Sets of candidates: of the child and the parent after the move (A_i', A_j'), and the two
        that the decisions of the way back end with.
    inverse_gram, posterior_mean : (most, most), (most,) float64
        V and m of the set under decision.
    shared : (most, 2) int64
        The shared candidates U: their places among those of the child, and of the parent.
    must_stay : (most,) bool
    stays : (2, 2, most) bool
        Decisions: way (there, back), side (child, parent), shared candidate.
    seen, stack : (n_genes,) bool, (n_genes + 1,) int64
        For `is_ancestor`.
    """

    proposed: np.ndarray
    inverse_gram: np.ndarray
    posterior_mean: np.ndarray
    shared: np.ndarray
    must_stay: np.ndarray
    stays: np.ndarray
    seen: np.ndarray
    stack: np.ndarray


@kernel
def reversal_space(n_genes, most):
    """Space for `resample_reversal` where at most `most` candidates act on each gene."""
    return ReversalSpace(
        np.empty((4, most), dtype=np.int32),
        np.empty((most, most)),
        np.empty(most),
        np.empty((most, 2), dtype=np.int64),
        np.empty(most, dtype=np.bool_),
        np.empty((2, 2, most), dtype=np.bool_),
        np.zeros(n_genes, dtype=np.bool_),
        np.empty(n_genes + 1, dtype=np.int64),
    )


@inlined_kernel
def _find_shared(problem, chain, child, parent, shared):
    """Write the shared candidates U; return how many there are, -1 where there is no room."""
    n_variants = len(problem.data) - len(chain.size)
    ends = problem.n_factors + problem.n_candidates
    n_shared = gather(
        problem.kind[child], problem.variable[child], chain.included[child], chain.size[child],
        problem.kind[parent], problem.variable[parent], ends[parent], n_variants + parent, shared,
        0,
    )  # fmt: skip
    if n_shared < 0:
        return n_shared
    # The same with the roles exchanged, and so the columns.
    return gather(
        problem.kind[parent], problem.variable[parent], chain.included[parent], chain.size[parent],
        problem.kind[child], problem.variable[child], ends[child], n_variants + child,
        shared[:, ::-1], n_shared,
    )  # fmt: skip


@inlined_kernel
def _shuffle(shared, n_shared, rng):
    """Put the shared candidates in a random order, all orders being equally likely."""
    for k in range(n_shared - 1, 0, -1):
        at = int(rng.random() * (k + 1))
        for side in range(2):
            shared[k, side], shared[at, side] = shared[at, side], shared[k, side]


@inlined_kernel
def _decide(problem, chain, beta, gene, side, way, edge, n_shared, space, rng):
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
    space : ReversalSpace
    rng : numpy.random.Generator

    Returns
    -------
    log_ratio : float
        Log evidence and prior odds of the set that is left, less the log probability of the
        decisions.
    size : int
        Size of that set; -1 where there is no room for all that the gene may keep.
    """
    # There the parent decides first and gets the edge, on the way back the child.
    is_first = side != way
    shared, must_stay = space.shared[:, side], space.must_stay
    stays, stays_of_other = space.stays[way, side], space.stays[way, 1 - side]
    proposed = space.proposed[side + 2 * way]
    size = give_all(
        chain.included[gene], chain.size[gene], shared, n_shared, edge, edge if is_first else -1,
        proposed,
    )  # fmt: skip
    if size < 0:
        return 0.0, size
    for k in range(n_shared):
        # What the first has dropped the second must keep.
        must_stay[k] = not is_first and not stays_of_other[k]
        if way == 1:
            stays[k] = place_of(chain.included[gene], chain.size[gene], shared[k]) >= 0
    log_probability, log_weight, size = drop_some(
        problem.gram[gene], problem.kind[gene], chain.offset[gene], beta,
        beta * problem.data.shape[1], chain.precision, chain.log_odds, proposed, size,
        space.inverse_gram, space.posterior_mean, shared, n_shared, must_stay, stays,
        way == 1, rng,
    )  # fmt: skip
    return log_weight - log_probability, size


@kernel
def _replace(problem, chain, beta, gene, proposed, size):
    """Give a gene another set of included candidates."""
    for a in range(chain.size[gene]):
        chain.n_included[problem.kind[gene, chain.included[gene, a]]] -= 1
    chain.size[gene] = size
    for a in range(size):
        chain.included[gene, a] = proposed[a]
        chain.n_included[problem.kind[gene, proposed[a]]] += 1
    _, chain.penalised_rss[gene] = refit(
        problem.gram[gene], problem.kind[gene], beta, chain.precision, chain.included[gene],
        chain.size[gene], chain.inverse_gram[gene], chain.posterior_mean[gene],
    )  # fmt: skip
    set_offsets_of_gene(problem, chain, gene)


@inlined_kernel
def resample_reversal(problem, chain, beta, child, place, space, rng):
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
    space : ReversalSpace
    rng : numpy.random.Generator
    """
    edge = np.int64(chain.included[child, place])
    parent = np.int64(problem.parent_gene[child, edge])
    reverse_edge = np.int64(problem.reverse_index[child, edge])
    if reverse_edge < 0 or is_ancestor(
        problem.parent_gene, chain.included, chain.size, parent, child, place, space.seen,
        space.stack,
    ):  # fmt: skip
        return
    n_shared = _find_shared(problem, chain, child, parent, space.shared)
    if n_shared < 0:
        return
    _shuffle(space.shared, n_shared, rng)
    log_ratio = 0.0
    size_after = np.zeros(2, dtype=np.int64)
    for way in range(2):
        for turn in range(2):
            side = 1 - turn if way == 0 else turn
            change, size = _decide(
                problem, chain, beta, parent if side == 1 else child, side, way,
                reverse_edge if side == 1 else edge, n_shared, space, rng,
            )  # fmt: skip
            if size < 0:
                return
            if way == 0:
                log_ratio += change
                size_after[side] = size
            else:
                log_ratio -= change
    # The edge was picked as one of the child's candidates; the way back picks one of the parent's.
    log_ratio += math.log(chain.size[child] / size_after[1])
    if math.log(rng.random()) < log_ratio:
        for side in range(2):
            gene = parent if side == 1 else child
            _replace(problem, chain, beta, gene, space.proposed[side], size_after[side])
