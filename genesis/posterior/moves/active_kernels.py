"""Which candidates come into question, and which hardly ever: compiled code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, kernel
from genesis.linear.array_kernels import copy_items
from genesis.posterior.model.candidate_kernels import find_reverse_index
from genesis.posterior.model.regression_kernels import place_of
from genesis.posterior.moves.gain_kernels import forget_gains, gain_of

#: A candidate is active that acts, or would be included if it were tried, with this probability.
_ACTIVE_RATE = 0.03


@borrowing_kernel
def add_switch_rates(problem, chain, beta):
    """Add to `chain.switch_rate` the probability with which each candidate would be included.

    It is 1 for what is included.
    """
    for gene in range(len(chain.size)):
        included, kind = chain.included[gene], problem.kind[gene]
        for candidate in range(problem.n_factors + problem.n_candidates[gene]):
            rate = 1.0
            if place_of(included, chain.size[gene], candidate) < 0:
                gain = gain_of(problem, chain, beta, gene, candidate)
                gain += chain.log_odds[kind[candidate]] + chain.offset[gene, candidate]
                rate = math.exp(min(gain, 0.0))
            chain.switch_rate[gene, candidate] += rate


@borrowing_kernel
def _find_active(problem, chain, least, is_active):
    """Write which candidates come into question, (n_genes, width) bool; factors always do.

    A gene is one of another's active candidates where that is one of its own, so that either
    direction of an edge is tried as often.
    """
    for gene in range(len(chain.size)):
        for candidate in range(problem.n_factors + problem.n_candidates[gene]):
            reverse_index = problem.reverse_index[gene, candidate]
            is_active[gene, candidate] = (
                candidate < problem.n_factors or chain.switch_rate[gene, candidate] >= least
            )
            if reverse_index >= 0:
                parent = problem.parent_gene[gene, candidate]
                is_active[gene, candidate] |= chain.switch_rate[parent, reverse_index] >= least


@borrowing_kernel
def _reorder(row, order, before):
    """Put the items of a row in another order; `before` is space for as many."""
    copy_items(row, before)
    for position in range(len(order)):
        row[position] = before[order[position]]


@borrowing_kernel
def _move_candidates(problem, chain, gene, order, place, gram, numbers, values):
    """Put the candidates of a gene in another order.

    `order` (width,) int64 holds the candidate for each place, and is written to `place` the other
    way round. The last three are space: (width, width) float64, (width,) int64 and float64.
    """
    width = len(order)
    for position in range(width):
        place[order[position]] = position
    for a in range(width):
        copy_items(problem.gram[gene, a], gram[a])
    for a in range(width):
        for b in range(width):
            problem.gram[gene, a, b] = gram[order[a], order[b]]
    _reorder(problem.parent_gene[gene], order, numbers)
    _reorder(problem.variable[gene], order, numbers)
    _reorder(problem.origin[gene], order, numbers)
    _reorder(problem.kind[gene], order, numbers)
    _reorder(chain.is_stale[gene], order, numbers)
    _reorder(problem.squared_length[gene], order, values)
    _reorder(chain.offset[gene], order, values)
    forget_gains(chain.gain[gene])
    # What refers to candidates by their number follows them.
    _reorder(problem.paired_candidate[gene], order, numbers)
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
    is_active = np.empty((n_genes, width), dtype=np.bool_)
    _find_active(problem, chain, _ACTIVE_RATE * n_looks, is_active)
    order = np.empty(width, dtype=np.int64)
    place = np.empty(width, dtype=np.int64)
    gram = np.empty((problem.gram.shape[1], problem.gram.shape[2]))
    numbers = np.empty(width, dtype=np.int64)
    values = np.empty(width)
    for gene in range(n_genes):
        last = problem.n_factors + problem.n_candidates[gene]
        n_active = 0
        for candidate in range(last):
            if is_active[gene, candidate]:
                order[n_active] = candidate
                n_active += 1
        n_ordered = n_active
        for candidate in range(width):
            if candidate >= last or not is_active[gene, candidate]:
                order[n_ordered] = candidate
                n_ordered += 1
        chain.n_active[gene] = n_active
        _move_candidates(problem, chain, gene, order, place, gram, numbers, values)
    find_reverse_index(
        problem.variable,
        problem.n_factors,
        problem.n_candidates,
        len(problem.data) - n_genes,
        problem.reverse_index,
    )
