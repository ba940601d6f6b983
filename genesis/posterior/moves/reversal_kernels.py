"""Turning an edge round while both its genes choose their parents anew: compiled numeric code.

An edge between two genes seldom can be turned by itself: what acts on the one then has to act on
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

    Anchors that stand for a gene are left alone: they put it before the other.

    Parameters
    ----------
    kind_a, variable_a, included_a, size_a
        Of gene a.
    kind_b, variable_b
        Of gene b; its candidates end before `last_b`.
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
            # Factors, which are no variables of the data, have the same place everywhere.
            if kind_b[twin] == POSITIONAL:
                continue
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
    """Members with all shared candidates, without `but`, with `also` (-1 for none)."""
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
    gram, kind, offset, beta, degrees, precision, log_odds
        Of the gene and its candidates.
    included : (most,) int
        Members, all shared candidates among them; those that are left afterwards.
    size : int
    inverse_gram, posterior_mean
        Space to work in.
    shared : (n_shared,) int
        In the order of their turns.
    must_stay : (n_shared,) bool
    stays : (n_shared,) bool
        What is decided; given where it `is_prescribed`.
    is_prescribed : bool
    rng : numpy.random.Generator

    Returns
    -------
    log_probability : float
        Log probability of these decisions.
    log_weight : float
        Log evidence of the members that are left, prior odds included.
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
        # Logs of the chances to drop it and to keep it.
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


@inlined_kernel
def resample_reversal(problem, chain, beta, child, place, space, rng):
    """Turn the edge from a member, a gene, round; both genes choose their parents anew.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed where the move is accepted.
    beta : float
    child, place : int
        The edge.
    space : tuple of arrays
        Of `reversal_space`.
    rng : numpy.random.Generator
    """
    members, inverse_gram, posterior_mean, shared, must_stay, stays, seen, stack = space
    degrees = beta * problem.data.shape[1]
    n_variants = len(problem.data) - len(chain.size)
    edge = chain.included[child, place]
    parent = np.int64(problem.parent_gene[child, edge])
    reverse_index = problem.reverse_index[child, edge]
    if reverse_index < 0 or is_ancestor(
        problem.parent_gene, chain.included, chain.size, parent, child, place, seen, stack
    ):
        return
    ends = problem.n_factors + problem.n_candidates
    # Column 0: the child, column 1: the parent.
    n_shared = gather(
        problem.kind[child], problem.variable[child], chain.included[child], chain.size[child],
        problem.kind[parent], problem.variable[parent], ends[parent], n_variants + parent, shared,
        0,
    )  # fmt: skip
    if n_shared < 0:
        return
    swapped = shared[:, ::-1]
    n_shared = gather(
        problem.kind[parent], problem.variable[parent], chain.included[parent], chain.size[parent],
        problem.kind[child], problem.variable[child], ends[child], n_variants + child, swapped,
        n_shared,
    )  # fmt: skip
    if n_shared < 0:
        return
    for k in range(n_shared - 1, 0, -1):
        at = int(rng.random() * (k + 1))
        for side in range(2):
            shared[k, side], shared[at, side] = shared[at, side], shared[k, side]
    log_ratio = 0.0
    size_after = np.zeros(2, dtype=np.int64)
    # The gene that gets the edge decides first: now the parent, on the way back the child.
    for way in range(2):
        for order_of in range(2):
            side = 1 - order_of if way == 0 else order_of
            gene = parent if side == 1 else child
            but = edge if side == 0 else reverse_index
            also = -1
            if (way == 0) == (side == 1):
                also = reverse_index if side == 1 else edge
            size = give_all(
                chain.included[gene], chain.size[gene], shared[:, side], n_shared, but, also,
                members[side + 2 * way],
            )  # fmt: skip
            if size < 0:
                return
            for k in range(n_shared):
                must_stay[k] = order_of == 1 and not stays[way, 1 - side, k]
                if way == 1:
                    stays[1, side, k] = (
                        place_of(chain.included[gene], chain.size[gene], shared[k, side]) >= 0
                    )
            log_probability, log_weight, size = drop_some(
                problem.gram[gene], problem.kind[gene], chain.offset[gene], beta, degrees,
                chain.precision, chain.log_odds, members[side + 2 * way], size, inverse_gram,
                posterior_mean, shared[:, side], n_shared, must_stay, stays[way, side], way == 1,
                rng,
            )  # fmt: skip
            sign = 1.0 if way == 0 else -1.0
            log_ratio += sign * (log_weight - log_probability)
            if way == 0:
                size_after[side] = size
    # Picked as one of the child's members; the way back picks one of the parent's.
    log_ratio += math.log(chain.size[child] / size_after[1])
    if math.log(rng.random()) >= log_ratio:
        return
    for side in range(2):
        gene = parent if side == 1 else child
        for a in range(chain.size[gene]):
            chain.n_included[problem.kind[gene, chain.included[gene, a]]] -= 1
        chain.size[gene] = size_after[side]
        for a in range(size_after[side]):
            chain.included[gene, a] = members[side, a]
            chain.n_included[problem.kind[gene, members[side, a]]] += 1
        _, chain.penalised_rss[gene] = refit(
            problem.gram[gene], problem.kind[gene], beta, chain.precision, chain.included[gene],
            chain.size[gene], chain.inverse_gram[gene], chain.posterior_mean[gene],
        )  # fmt: skip
        set_offsets_of_gene(problem, chain, gene)


@kernel
def reversal_space(n_genes, most):
    """Space that `resample_reversal` works in."""
    return (
        np.empty((4, most), dtype=np.int32), np.empty((most, most)), np.empty(most),
        np.empty((most, 2), dtype=np.int64), np.empty(most, dtype=np.bool_),
        np.empty((2, 2, most), dtype=np.bool_), np.zeros(n_genes, dtype=np.bool_),
        np.empty(n_genes + 1, dtype=np.int64),
    )  # fmt: skip
