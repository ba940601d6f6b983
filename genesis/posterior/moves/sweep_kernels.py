"""Moves of the sampler: what acts on what, one gene after the other: compiled numeric code.

All moves are Metropolis steps on graphs with coefficients and noise integrated out. A move that
would close a cycle is refused.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.posterior.model.candidate_kernels import place_back
from genesis.posterior.model.graph_kernels import is_ancestor
from genesis.posterior.model.regression_kernels import (
    add_member,
    log_gain_of_adding,
    log_gain_of_removing,
    log_moments,
    place_of,
    refit,
    regress_candidate,
    remove_member,
)
from genesis.posterior.model.state import FACTOR, GENE, OTHER
from genesis.posterior.moves.mate_kernels import set_offset_of_mate
from genesis.posterior.moves.turn_kernels import turn, turning_space

#: Swaps and reversals tried a gene; a number that depended on the state would bias the draws.
_SWAPS, _REVERSALS, _TURNS = 2, 2, 1
#: A candidate is lively that would be switched in this share of sweeps; of the others one in so
#: many gets its turn in a sweep.
_LIVELY, _QUIET_EVERY = 0.03, 32
#: Log odds below which a candidate is not worth the exponential.
_HOPELESS = -20.0


class Regression(NamedTuple):
    """The arrays of one gene, looked up once."""

    gram: np.ndarray
    kind: np.ndarray
    member: np.ndarray
    inverse: np.ndarray
    slope: np.ndarray


@kernel
def _regression_of(problem, chain, gene):
    return Regression(
        problem.gram[gene],
        problem.kind[gene],
        chain.member[gene],
        chain.inverse[gene],
        chain.slope[gene],
    )


@kernel
def _closes_cycle(problem, chain, gene, candidate, seen, stack):
    above = np.int64(problem.owner[gene, candidate])
    if above < 0:
        return False
    return is_ancestor(problem.owner, chain.member, chain.size, gene, above, -1, seen, stack)


@kernel
def _moments_of(problem, chain, own, heat, gene):
    return log_moments(
        own.kind, heat * problem.data.shape[1], chain.precision, own.member, chain.size[gene],
        own.inverse, own.slope, chain.residual[gene],
    )  # fmt: skip


@kernel
def _look_at(problem, chain, own, heat, gene, candidate, work):
    """Residual variance, inner product, and log gain of adding a candidate to a gene."""
    size = chain.size[gene]
    variance, product = regress_candidate(
        own.gram, heat, chain.precision[own.kind[candidate]], candidate, own.member, size,
        own.inverse, own.slope, work,
    )  # fmt: skip
    gain = log_gain_of_adding(
        own.kind, heat * problem.data.shape[1], chain.precision, candidate, own.member, size,
        own.inverse, own.slope, chain.residual[gene],
        _moments_of(problem, chain, own, heat, gene), work[0], variance, product,
    )  # fmt: skip
    return variance, product, gain


@kernel
def _add(problem, chain, own, gene, candidate, work, variance, product):
    add_member(
        candidate, own.member, chain.size[gene], own.inverse, own.slope, work[0], variance, product
    )
    set_offset_of_mate(problem, chain, gene, candidate, True)
    chain.size[gene] += 1
    chain.residual[gene] -= product * product / variance
    chain.n_members[own.kind[candidate]] += 1


@kernel
def _remove(problem, chain, own, gene, place):
    candidate = np.int64(own.member[place])
    set_offset_of_mate(problem, chain, gene, candidate, False)
    chain.residual[gene] += own.slope[place] ** 2 / own.inverse[place, place]
    remove_member(place, own.member, chain.size[gene], own.inverse, own.slope)
    chain.size[gene] -= 1
    chain.n_members[own.kind[candidate]] -= 1


@kernel
def _gain_of_removing(problem, chain, own, heat, gene, place):
    return log_gain_of_removing(
        own.kind, heat * problem.data.shape[1], chain.precision, place, own.member,
        chain.size[gene], own.inverse, own.slope, chain.residual[gene],
        _moments_of(problem, chain, own, heat, gene),
    )  # fmt: skip


@kernel
def propose(
    gram, kind, offset, heat, degrees, precision, log_odds, candidate, log_draw, member, size,
    inverse, slope, residual, moments, work,
):  # fmt: skip
    """Whether to switch a candidate on or off, by one Metropolis step.

    Takes arrays alone: nearly all the time goes by here, and handing over tuples of arrays
    takes longer than what is done with them.

    Returns
    -------
    change : int
        1 to switch it on, -1 to switch it off, 0 to leave it.
    place : int
        Its place among the members, -1 where it is none.
    variance, product : float
        What `add_member` needs.
    rate : float
        How likely it is to be switched, or 1 for a member.
    """
    place = place_of(member, size, candidate)
    own_odds = log_odds[kind[candidate]] + offset[candidate]
    if place >= 0:
        gain = log_gain_of_removing(
            kind, degrees, precision, place, member, size, inverse, slope, residual, moments
        )
        return -1 if log_draw < gain - own_odds else 0, place, 0.0, 0.0, 1.0
    if size == len(member):
        return 0, place, 0.0, 0.0, 0.0
    variance, product = regress_candidate(
        gram, heat, precision[kind[candidate]], candidate, member, size, inverse, slope, work
    )
    gain = own_odds + log_gain_of_adding(
        kind, degrees, precision, candidate, member, size, inverse, slope, residual, moments,
        work[0], variance, product,
    )  # fmt: skip
    rate = math.exp(min(gain, 0.0)) if gain > _HOPELESS else 0.0
    return 1 if log_draw < gain else 0, place, variance, product, rate


@inlined_kernel
def swap(problem, chain, own, heat, gene, place, candidate, draw, work, seen, stack):
    """Put a candidate of the same kind in the place of a member: two variants in LD, say."""
    member = np.int64(own.member[place])
    if place_of(own.member, chain.size[gene], candidate) >= 0:
        return
    gain = _gain_of_removing(problem, chain, own, heat, gene, place)
    gain += chain.offset[gene, candidate] - chain.offset[gene, member]
    _remove(problem, chain, own, gene, place)
    variance, product, second = _look_at(problem, chain, own, heat, gene, candidate, work)
    if math.log(draw) < gain + second and not _closes_cycle(
        problem, chain, gene, candidate, seen, stack
    ):
        _add(problem, chain, own, gene, candidate, work, variance, product)
    else:
        variance, product, _ = _look_at(problem, chain, own, heat, gene, member, work)
        _add(problem, chain, own, gene, member, work, variance, product)


@inlined_kernel
def reverse(problem, chain, own, heat, gene, place, draw, work, seen, stack):
    """Turn the edge from a member, a gene, round."""
    candidate = np.int64(own.member[place])
    parent = np.int64(problem.owner[gene, candidate])
    back = np.int64(problem.back[gene, candidate])
    if back < 0 or chain.size[parent] >= len(own.member):
        return
    its_own = _regression_of(problem, chain, parent)
    gain = _gain_of_removing(problem, chain, own, heat, gene, place)
    variance, product, second = _look_at(problem, chain, its_own, heat, parent, back, work)
    # Picked as one of this gene's members; the way back picks one of the parent's.
    gain += second + math.log(chain.size[gene] / (chain.size[parent] + 1.0))
    gain += chain.offset[parent, back] - chain.offset[gene, candidate]
    if math.log(draw) < gain and not is_ancestor(
        problem.owner, chain.member, chain.size, parent, gene, place, seen, stack
    ):
        _remove(problem, chain, own, gene, place)
        _add(problem, chain, its_own, parent, back, work, variance, product)


@kernel
def sort_out(problem, chain, n_sweeps):
    """Put the lively candidates, which come into question, before the others.

    A gene is one of another's lively candidates where that is one of its own, so that either
    direction gets the same chance. Factors stay where they are. What is looked at often lies
    together afterwards, which memory rewards.
    """
    least = _LIVELY * n_sweeps
    n_genes, width = problem.kind.shape
    lively = np.zeros((n_genes, width), dtype=np.bool_)
    for gene in range(n_genes):
        for candidate in range(problem.n_factors + problem.n_candidates[gene]):
            back = problem.back[gene, candidate]
            lively[gene, candidate] = (
                candidate < problem.n_factors or chain.liveliness[gene, candidate] >= least
            )
            if back >= 0:
                parent = problem.owner[gene, candidate]
                lively[gene, candidate] |= chain.liveliness[parent, back] >= least
    order = np.empty(width, dtype=np.int64)
    place = np.empty(width, dtype=np.int64)
    for gene in range(n_genes):
        last = problem.n_factors + problem.n_candidates[gene]
        n_lively = 0
        n_quiet = 0
        for candidate in range(width):
            if candidate >= last:
                order[candidate] = candidate
            elif lively[gene, candidate]:
                order[n_lively] = candidate
                n_lively += 1
        for candidate in range(last):
            if not lively[gene, candidate]:
                order[n_lively + n_quiet] = candidate
                n_quiet += 1
        for position in range(width):
            place[order[position]] = position
        chain.n_lively[gene] = n_lively
        gram = problem.gram[gene].copy()
        for a in range(width):
            for b in range(width):
                problem.gram[gene, a, b] = gram[order[a], order[b]]
        for row in (problem.owner, problem.variable, problem.origin):
            row[gene] = row[gene].copy()[order]
        problem.kind[gene] = problem.kind[gene].copy()[order]
        chain.offset[gene] = chain.offset[gene].copy()[order]
        problem.mate[gene] = problem.mate[gene].copy()[order]
        for candidate in range(width):
            if problem.mate[gene, candidate] >= 0:
                problem.mate[gene, candidate] = place[problem.mate[gene, candidate]]
        for member in range(chain.size[gene]):
            chain.member[gene, member] = place[chain.member[gene, member]]
    place_back(
        problem.variable,
        problem.n_factors,
        problem.n_candidates,
        len(problem.data) - n_genes,
        problem.back,
    )


@inlined_kernel
def sweep(problem, chain, heat, genes_may_act, share, rng):
    """As many steps as a share of the lively candidates, and some of the others.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed.
    heat : float
        Information in the data that counts, 1 for the posterior.
    genes_may_act : bool
        False: only factors, variants of the gene's own, and anchors that stand for another
        gene are considered.
    share : float
        Steps a lively candidate.
    rng : numpy.random.Generator
    """
    n_genes, most = chain.member.shape
    work = np.empty((2, most))
    seen = np.zeros(n_genes, dtype=np.bool_)
    stack = np.empty(n_genes + 1, dtype=np.int64)
    space = turning_space(n_genes, most)
    degrees = heat * problem.data.shape[1]
    precision, log_odds = chain.precision, chain.log_odds
    for _ in range(n_genes):
        gene = int(rng.random() * n_genes)
        own = _regression_of(problem, chain, gene)
        gram, kind, member, inverse, slope = own
        offset = chain.offset[gene]
        liveliness = chain.liveliness[gene]
        n_lively = chain.n_lively[gene]
        n_quiet = problem.n_candidates[gene] + problem.n_factors - n_lively
        n_others = (n_quiet + _QUIET_EVERY - 1) // _QUIET_EVERY
        n_steps = math.ceil(share * n_lively)
        moments = _moments_of(problem, chain, own, heat, gene)
        for step in range(n_steps + n_others):
            if step < n_steps:
                candidate = int(rng.random() * n_lively)
            else:
                candidate = n_lively + int(rng.random() * n_quiet)
            if not genes_may_act and kind[candidate] in (GENE, OTHER):
                continue
            change, place, variance, product, rate = propose(
                gram, kind, offset, heat, degrees, precision, log_odds, candidate,
                math.log(rng.random()), member, chain.size[gene], inverse, slope,
                chain.residual[gene], moments, work,
            )  # fmt: skip
            liveliness[candidate] += rate
            if change < 0:
                _remove(problem, chain, own, gene, place)
            elif change > 0 and not _closes_cycle(problem, chain, gene, candidate, seen, stack):
                _add(problem, chain, own, gene, candidate, work, variance, product)
            else:
                continue
            moments = _moments_of(problem, chain, own, heat, gene)
        if not genes_may_act:
            continue
        for _ in range(_SWAPS):
            if chain.size[gene] == 0 or n_lively == 0:
                continue
            place = int(rng.random() * chain.size[gene])
            candidate = int(rng.random() * n_lively)
            # Only of two that could be swapped back: what is swapped in is active.
            can_return = member[place] < n_lively
            if can_return and kind[candidate] == kind[member[place]] and kind[candidate] != FACTOR:
                swap(
                    problem,
                    chain,
                    own,
                    heat,
                    gene,
                    place,
                    candidate,
                    rng.random(),
                    work,
                    seen,
                    stack,
                )
        for _ in range(_REVERSALS):
            # Of another gene each time: the way back starts at the parent, so that only with
            # both as likely to be picked the draws are those of the posterior.
            child = int(rng.random() * n_genes)
            if chain.size[child] == 0:
                continue
            place = int(rng.random() * chain.size[child])
            if problem.kind[child, chain.member[child, place]] == GENE:
                its_own = _regression_of(problem, chain, child)
                reverse(
                    problem, chain, its_own, heat, child, place, rng.random(), work, seen, stack
                )
        for _ in range(_TURNS):
            child = int(rng.random() * n_genes)
            if chain.size[child] == 0:
                continue
            place = int(rng.random() * chain.size[child])
            if problem.kind[child, chain.member[child, place]] == GENE:
                turn(problem, chain, heat, child, place, space, rng)


@kernel
def refit_all(problem, chain, heat):
    """Fit all genes anew, so that rounding does not build up and a new `heat` takes hold."""
    for gene in range(len(chain.size)):
        _, chain.residual[gene] = refit(
            problem.gram[gene], problem.kind[gene], heat, chain.precision, chain.member[gene],
            chain.size[gene], chain.inverse[gene], chain.slope[gene],
        )  # fmt: skip
