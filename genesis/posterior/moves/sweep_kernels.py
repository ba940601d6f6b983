"""Moves of the sampler: what acts on what, one gene after the other: compiled numeric code.

All moves are Metropolis–Hastings steps on graphs with coefficients and noise integrated out. A move
that would close a cycle is refused. Numbers in parentheses are those of equations in docs/model.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.posterior.model.candidate_kernels import find_reverse_index
from genesis.posterior.model.graph_kernels import is_ancestor
from genesis.posterior.model.regression_kernels import (
    exclude,
    include,
    log_gain_of_adding,
    log_gain_of_removing,
    log_moments,
    place_of,
    refit,
    regress_candidate,
)
from genesis.posterior.model.state import FACTOR, GENE, PLEIOTROPIC
from genesis.posterior.moves.paired_kernels import set_offset_of_paired
from genesis.posterior.moves.reversal_kernels import resample_reversal, reversal_space

#: Swaps, edge flips and reversals tried in each turn; a number that depended on the state would
#: bias the draws.
_SWAPS, _FLIPS, _REVERSALS = 2, 2, 1
#: A candidate is active that would be included or left out in this share of sweeps; of the
#: inactive ones one in so many is tried in each turn of their gene.
_ACTIVE_RATE, _INACTIVE_EVERY = 0.03, 32
#: Log odds below which a probability is taken as 0, to spare the exponential.
_HOPELESS = -20.0


class Regression(NamedTuple):
    """The arrays of one gene, looked up once: X X' with the gene, kinds, A, V and m."""

    gram: np.ndarray
    kind: np.ndarray
    included: np.ndarray
    inverse_gram: np.ndarray
    posterior_mean: np.ndarray


@kernel
def _regression_of(problem, chain, gene):
    return Regression(
        problem.gram[gene],
        problem.kind[gene],
        chain.included[gene],
        chain.inverse_gram[gene],
        chain.posterior_mean[gene],
    )


@kernel
def _closes_cycle(problem, chain, gene, candidate, seen, stack):
    above = np.int64(problem.parent_gene[gene, candidate])
    if above < 0:
        return False
    return is_ancestor(
        problem.parent_gene, chain.included, chain.size, gene, above, -1, seen, stack
    )


@kernel
def _moments_of(problem, chain, own, beta, gene):
    return log_moments(
        own.kind, beta * problem.data.shape[1], chain.precision, own.included, chain.size[gene],
        own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
    )  # fmt: skip


@kernel
def _look_at(problem, chain, own, beta, gene, candidate, work):
    """ρ and ξ of (8), and the log gain (9) of including a candidate on a gene."""
    size = chain.size[gene]
    variance, product = regress_candidate(
        own.gram, beta, chain.precision[own.kind[candidate]], candidate, own.included, size,
        own.inverse_gram, own.posterior_mean, work,
    )  # fmt: skip
    gain = log_gain_of_adding(
        own.kind, beta * problem.data.shape[1], chain.precision, candidate, own.included, size,
        own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
        _moments_of(problem, chain, own, beta, gene), work[0], variance, product,
    )  # fmt: skip
    return variance, product, gain


@kernel
def _add(problem, chain, own, gene, candidate, work, variance, product):
    include(
        candidate, own.included, chain.size[gene], own.inverse_gram, own.posterior_mean, work[0],
        variance, product,
    )  # fmt: skip
    set_offset_of_paired(problem, chain, gene, candidate, True)
    chain.size[gene] += 1
    chain.penalised_rss[gene] -= product * product / variance
    chain.n_included[own.kind[candidate]] += 1


@kernel
def _remove(problem, chain, own, gene, place):
    candidate = np.int64(own.included[place])
    set_offset_of_paired(problem, chain, gene, candidate, False)
    chain.penalised_rss[gene] += own.posterior_mean[place] ** 2 / own.inverse_gram[place, place]
    exclude(place, own.included, chain.size[gene], own.inverse_gram, own.posterior_mean)
    chain.size[gene] -= 1
    chain.n_included[own.kind[candidate]] -= 1


@kernel
def _gain_of_removing(problem, chain, own, beta, gene, place):
    return log_gain_of_removing(
        own.kind, beta * problem.data.shape[1], chain.precision, place, own.included,
        chain.size[gene], own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
        _moments_of(problem, chain, own, beta, gene),
    )  # fmt: skip


@kernel
def propose(
    gram, kind, offset, beta, degrees, precision, log_odds, candidate, log_draw, included, size,
    inverse_gram, posterior_mean, penalised_rss, moments, work,
):  # fmt: skip
    """Whether to include a candidate or to leave it out, by one Metropolis step, (18).

    Takes arrays alone: nearly all the time goes by here, and handing over tuples of arrays
    takes longer than what is done with them.

    Parameters
    ----------
    gram, kind, offset : (width, width) float64, (width,) int8, (width,) float64
        Of the gene and its candidates; o of (11).
    beta, degrees : float
        Inverse temperature β, and β d.
    precision, log_odds : (N_KINDS,) float64
        τ and g of each kind.
    candidate : int
    log_draw : float
        Log of a uniform random number.
    included, size : (most,) int32, int
        What acts on the gene.
    inverse_gram, posterior_mean, penalised_rss : (most, most), (most,) float64, float
        V, m and S of (4).
    moments : float
        `log_moments` of what is included.
    work : (2, most) float64
        Its first row is written where the candidate is not included: V X r of (8).

    Returns
    -------
    change : int
        1 to include it, -1 to leave it out, 0 where it stays as it is.
    place : int
        Its place among what is included, -1 where it is not.
    variance, product : float
        ρ and ξ of (8), which `include` needs.
    rate : float
        The probability that it is included; 1 where it is.
    """
    place = place_of(included, size, candidate)
    own_odds = log_odds[kind[candidate]] + offset[candidate]
    if place >= 0:
        gain = log_gain_of_removing(
            kind, degrees, precision, place, included, size, inverse_gram, posterior_mean,
            penalised_rss, moments,
        )  # fmt: skip
        return -1 if log_draw < gain - own_odds else 0, place, 0.0, 0.0, 1.0
    if size == len(included):
        return 0, place, 0.0, 0.0, 0.0
    variance, product = regress_candidate(
        gram, beta, precision[kind[candidate]], candidate, included, size, inverse_gram,
        posterior_mean, work,
    )  # fmt: skip
    gain = own_odds + log_gain_of_adding(
        kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
        penalised_rss, moments, work[0], variance, product,
    )  # fmt: skip
    rate = math.exp(min(gain, 0.0)) if gain > _HOPELESS else 0.0
    return 1 if log_draw < gain else 0, place, variance, product, rate


@inlined_kernel
def swap(problem, chain, own, beta, gene, place, candidate, draw, work, seen, stack):
    """Put a candidate in the place of another of its kind: of two variants in LD, say, (19)."""
    replaced = np.int64(own.included[place])
    if place_of(own.included, chain.size[gene], candidate) >= 0:
        return
    gain = _gain_of_removing(problem, chain, own, beta, gene, place)
    gain += chain.offset[gene, candidate] - chain.offset[gene, replaced]
    _remove(problem, chain, own, gene, place)
    variance, product, second = _look_at(problem, chain, own, beta, gene, candidate, work)
    if math.log(draw) < gain + second and not _closes_cycle(
        problem, chain, gene, candidate, seen, stack
    ):
        _add(problem, chain, own, gene, candidate, work, variance, product)
    else:
        variance, product, _ = _look_at(problem, chain, own, beta, gene, replaced, work)
        _add(problem, chain, own, gene, replaced, work, variance, product)


@inlined_kernel
def flip_edge(problem, chain, own, beta, gene, place, draw, work, seen, stack):
    """Replace the edge from an included gene by that in the other direction, (20)."""
    candidate = np.int64(own.included[place])
    parent = np.int64(problem.parent_gene[gene, candidate])
    reverse_index = np.int64(problem.reverse_index[gene, candidate])
    if reverse_index < 0 or chain.size[parent] >= len(own.included):
        return
    its_own = _regression_of(problem, chain, parent)
    gain = _gain_of_removing(problem, chain, own, beta, gene, place)
    variance, product, second = _look_at(problem, chain, its_own, beta, parent, reverse_index, work)
    # Picked as one of this gene's candidates; the way back picks one of the parent's.
    gain += second + math.log(chain.size[gene] / (chain.size[parent] + 1.0))
    gain += chain.offset[parent, reverse_index] - chain.offset[gene, candidate]
    if math.log(draw) < gain and not is_ancestor(
        problem.parent_gene, chain.included, chain.size, parent, gene, place, seen, stack
    ):
        _remove(problem, chain, own, gene, place)
        _add(problem, chain, its_own, parent, reverse_index, work, variance, product)


@kernel
def _which_are_active(problem, chain, least):
    """Candidates that come into question, (n_genes, width) bool; factors always do.

    A gene is one of another's active candidates where that is one of its own, so that either
    direction of an edge is tried as often.
    """
    n_genes, width = problem.kind.shape
    is_active = np.zeros((n_genes, width), dtype=np.bool_)
    for gene in range(n_genes):
        for candidate in range(problem.n_factors + problem.n_candidates[gene]):
            reverse_index = problem.reverse_index[gene, candidate]
            is_active[gene, candidate] = (
                candidate < problem.n_factors or chain.switch_rate[gene, candidate] >= least
            )
            if reverse_index >= 0:
                parent = problem.parent_gene[gene, candidate]
                is_active[gene, candidate] |= chain.switch_rate[parent, reverse_index] >= least
    return is_active


@kernel
def _move_candidates(problem, chain, gene, order, place):
    """Put the candidates of a gene in another order.

    `order` (width,) int64 holds the candidate for each place, and is written to `place` the other
    way round.
    """
    width = len(order)
    for position in range(width):
        place[order[position]] = position
    gram = problem.gram[gene].copy()
    for a in range(width):
        for b in range(width):
            problem.gram[gene, a, b] = gram[order[a], order[b]]
    for row in (problem.parent_gene, problem.variable, problem.origin):
        row[gene] = row[gene].copy()[order]
    problem.kind[gene] = problem.kind[gene].copy()[order]
    chain.offset[gene] = chain.offset[gene].copy()[order]
    # What refers to candidates by their number follows them.
    problem.paired_candidate[gene] = problem.paired_candidate[gene].copy()[order]
    for candidate in range(width):
        if problem.paired_candidate[gene, candidate] >= 0:
            paired = problem.paired_candidate[gene, candidate]
            problem.paired_candidate[gene, candidate] = place[paired]
    for at in range(chain.size[gene]):
        chain.included[gene, at] = place[chain.included[gene, at]]


@kernel
def partition_active(problem, chain, n_sweeps):
    """Put the active candidates, which come into question, before the inactive ones.

    What is looked at often lies together afterwards, which memory rewards.

    Parameters
    ----------
    problem : Problem
        Changed: the order of candidates.
    chain : Chain
        Changed alike; `n_active` is written.
    n_sweeps : int
        Over how many sweeps `chain.switch_rate` was summed.
    """
    n_genes, width = problem.kind.shape
    is_active = _which_are_active(problem, chain, _ACTIVE_RATE * n_sweeps)
    order = np.empty(width, dtype=np.int64)
    place = np.empty(width, dtype=np.int64)
    for gene in range(n_genes):
        last = problem.n_factors + problem.n_candidates[gene]
        n_active = 0
        for candidate in range(last):
            if is_active[gene, candidate]:
                order[n_active] = candidate
                n_active += 1
        n_ordered = n_active
        for candidate in range(width):
            if not is_active[gene, candidate]:
                order[n_ordered] = candidate
                n_ordered += 1
        chain.n_active[gene] = n_active
        _move_candidates(problem, chain, gene, order, place)
    find_reverse_index(
        problem.variable,
        problem.n_factors,
        problem.n_candidates,
        len(problem.data) - n_genes,
        problem.reverse_index,
    )


@inlined_kernel
def _try_candidates(
    problem, chain, own, beta, gene, genes_may_act, share, work, seen, stack, rng
):  # fmt: skip
    """Additions and deletions at one gene: of a share of its active candidates, and of some others.

    All that the tries have in common is looked up once.
    """
    gram, kind, included, inverse_gram, posterior_mean = own
    offset, switch_rate = chain.offset[gene], chain.switch_rate[gene]
    precision, log_odds = chain.precision, chain.log_odds
    degrees = beta * problem.data.shape[1]
    n_active = chain.n_active[gene]
    n_inactive = problem.n_candidates[gene] + problem.n_factors - n_active
    n_others = (n_inactive + _INACTIVE_EVERY - 1) // _INACTIVE_EVERY
    n_steps = math.ceil(share * n_active)
    moments = _moments_of(problem, chain, own, beta, gene)
    for step in range(n_steps + n_others):
        if step < n_steps:
            candidate = int(rng.random() * n_active)
        else:
            candidate = n_active + int(rng.random() * n_inactive)
        if not genes_may_act and kind[candidate] in (GENE, PLEIOTROPIC):
            continue
        change, place, variance, product, rate = propose(
            gram, kind, offset, beta, degrees, precision, log_odds, candidate,
            math.log(rng.random()), included, chain.size[gene], inverse_gram, posterior_mean,
            chain.penalised_rss[gene], moments, work,
        )  # fmt: skip
        switch_rate[candidate] += rate
        if change < 0:
            _remove(problem, chain, own, gene, place)
        # Looking for a cycle takes longer than all else, and few additions come so far.
        elif change > 0 and not _closes_cycle(problem, chain, gene, candidate, seen, stack):
            _add(problem, chain, own, gene, candidate, work, variance, product)
        else:
            continue
        moments = _moments_of(problem, chain, own, beta, gene)


@inlined_kernel
def _try_swaps(problem, chain, own, beta, gene, work, seen, stack, rng):
    """Swaps at one gene, of two active candidates of one kind, which is not that of the factors."""
    kind, included = own.kind, own.included
    n_active = chain.n_active[gene]
    for _ in range(_SWAPS):
        if chain.size[gene] == 0 or n_active == 0:
            continue
        place = int(rng.random() * chain.size[gene])
        candidate = int(rng.random() * n_active)
        # Only of two that could be swapped back: what is swapped in is active.
        can_return = included[place] < n_active
        if can_return and kind[candidate] == kind[included[place]] and kind[candidate] != FACTOR:
            swap(problem, chain, own, beta, gene, place, candidate, rng.random(), work, seen, stack)


@inlined_kernel
def _pick_edge(kind, included, size, rng):
    """A gene at random, and a place at random of what is included on it; -1 if that is no gene.

    The gene is picked anew for each edge: the way back starts at the parent, so that only with both
    as likely to be picked the draws are those of the posterior. Takes arrays alone, see `propose`.
    """
    child = int(rng.random() * len(size))
    if size[child] == 0:
        return child, -1
    place = int(rng.random() * size[child])
    if kind[child, included[child, place]] != GENE:
        return child, -1
    return child, place


@inlined_kernel
def sweep(problem, chain, beta, genes_may_act, share, rng):
    """As many turns as there are genes, each at a gene picked at random (docs/model.md#one-sweep).

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed: graph, V, m and S of every gene, offsets, `n_included`, `switch_rate`.
    beta : float
        Inverse temperature β: share of the information in the data that counts, 1 for the
        posterior.
    genes_may_act : bool
        False: only factors, variants of the gene's own, and positional anchors are considered, and
        only by additions and deletions.
    share : float
        Steps for each active candidate.
    rng : numpy.random.Generator
    """
    n_genes, most = chain.included.shape
    work = np.empty((2, most))
    seen = np.zeros(n_genes, dtype=np.bool_)
    stack = np.empty(n_genes + 1, dtype=np.int64)
    space = reversal_space(n_genes, most)
    for _ in range(n_genes):
        gene = int(rng.random() * n_genes)
        own = _regression_of(problem, chain, gene)
        _try_candidates(
            problem, chain, own, beta, gene, genes_may_act, share, work, seen, stack, rng
        )
        if not genes_may_act:
            continue
        _try_swaps(problem, chain, own, beta, gene, work, seen, stack, rng)
        for _ in range(_FLIPS):
            child, place = _pick_edge(problem.kind, chain.included, chain.size, rng)
            if place >= 0:
                its_own = _regression_of(problem, chain, child)
                flip_edge(
                    problem, chain, its_own, beta, child, place, rng.random(), work, seen, stack
                )
        for _ in range(_REVERSALS):
            child, place = _pick_edge(problem.kind, chain.included, chain.size, rng)
            if place >= 0:
                resample_reversal(problem, chain, beta, child, place, space, rng)


@kernel
def refit_all(problem, chain, beta):
    """Fit all genes anew, so that rounding does not build up and a new `beta` takes hold."""
    for gene in range(len(chain.size)):
        _, chain.penalised_rss[gene] = refit(
            problem.gram[gene], problem.kind[gene], beta, chain.precision, chain.included[gene],
            chain.size[gene], chain.inverse_gram[gene], chain.posterior_mean[gene],
        )  # fmt: skip
