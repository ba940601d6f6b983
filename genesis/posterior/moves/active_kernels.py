"""Which candidates come into question, and which hardly ever: compiled code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.posterior.model.candidate_kernels import find_reverse_index
from genesis.posterior.model.regression_kernels import place_of
from genesis.posterior.moves.gain_kernels import gain_of, regression_of

#: A candidate is active that acts, or would be included if it were tried, with this probability.
_ACTIVE_RATE = 0.03


@kernel
def add_switch_rates(problem, chain, beta):
    """Add to `chain.switch_rate` the probability with which each candidate would be included.

    It is 1 for what is included.
    """
    work = np.empty((2, chain.included.shape[1]))
    for gene in range(len(chain.size)):
        own = regression_of(problem, chain, gene)
        for candidate in range(problem.n_factors + problem.n_candidates[gene]):
            rate = 1.0
            if place_of(own.included, chain.size[gene], candidate) < 0:
                gain = gain_of(problem, chain, beta, gene, candidate, work)
                gain += chain.log_odds[own.kind[candidate]] + chain.offset[gene, candidate]
                rate = math.exp(min(gain, 0.0))
            chain.switch_rate[gene, candidate] += rate


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
    chain.is_stale[gene] = chain.is_stale[gene].copy()[order]
    chain.gain[gene] = np.nan
    # What refers to candidates by their number follows them.
    problem.paired_candidate[gene] = problem.paired_candidate[gene].copy()[order]
    for candidate in range(width):
        if problem.paired_candidate[gene, candidate] >= 0:
            paired = problem.paired_candidate[gene, candidate]
            problem.paired_candidate[gene, candidate] = place[paired]
    for at in range(chain.size[gene]):
        chain.included[gene, at] = place[chain.included[gene, at]]


@kernel
def partition_active(problem, chain, n_looks):
    """Put the active candidates, which come into question, before the inactive ones.

    What is looked at often lies together afterwards, which memory rewards.

    Parameters
    ----------
    problem : Problem
        Changed: the order of candidates.
    chain : Chain
        Changed alike; `n_active` is written.
    n_looks : int
        How often `add_switch_rates` was called.
    """
    n_genes, width = problem.kind.shape
    is_active = _which_are_active(problem, chain, _ACTIVE_RATE * n_looks)
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
