"""Moves of the sampler: what acts on what, one gene after the other: compiled numeric code.

All moves are Metropolis–Hastings steps on graphs with coefficients and noise integrated out. A move
that would close a cycle is refused. Numbers in parentheses are those of equations in docs/model.md.
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, inlined_kernel
from genesis.posterior.model.factor_kernels import renew_stale
from genesis.posterior.model.graph_kernels import closes_cycle, is_ancestor
from genesis.posterior.model.regression_kernels import place_of
from genesis.posterior.model.state import FACTOR, GENE, PLEIOTROPIC
from genesis.posterior.moves.gain_kernels import (
    compute_gain,
    copy_fit,
    gain_of,
    leave_out,
    regression_of,
    switch_in,
    switch_out,
)
from genesis.posterior.moves.reversal_kernels import resample_reversal
from genesis.posterior.moves.two_parents_kernels import try_two_parents

#: Swaps, edge flips and reversals tried in each turn; a number that depended on the state would
#: bias the draws.
_SWAPS, _FLIPS, _REVERSALS = 1, 2, 1
#: Of the factors one in so many is tried in each turn: what loads weakly comes and goes, and
#: whenever it does all that is known of the other candidates has to be worked out anew.
_FACTORS_EVERY = 4
#: Two candidates at once are tried in one turn in so many, which one random number decides.
_TWO_EVERY = 16
#: Of the inactive candidates one in so many is tried in each turn of their gene.
_INACTIVE_EVERY = 32
#: Only candidates of this r² with each other are swapped: of others, one that is left out says
#: nothing of one that is put in, and the swap is as good as two moves that are tried anyway.
_SWAPPED_R2 = 0.04
#: Log acceptance ratio below which a move is refused without a random number.
_HOPELESS = -40.0


@inlined_kernel
def swap(problem, chain, own, beta, gene, place, candidate, draw):
    """Put a candidate in the place of another of its kind: of two variants in LD, say, (19)."""
    replaced = np.int64(own.included[place])
    size = chain.size[gene]
    product = own.gram[replaced, candidate]
    alike = product * product / (own.squared_length[replaced] * own.squared_length[candidate])
    if alike < _SWAPPED_R2 or place_of(own.included, size, candidate) >= 0:
        return
    degrees = beta * problem.data.shape[1]
    gain = gain_of(problem, chain, beta, gene, replaced)
    gain += chain.offset[gene, candidate] - chain.offset[gene, replaced]
    # In a copy, so that what is known of the gene stays known if the swap is refused.
    space = chain.space
    included, inverse_gram = space.included[0], space.inverse_gram
    posterior_mean = space.posterior_mean
    copy_fit(
        own.included, size, own.inverse_gram, own.posterior_mean, included, inverse_gram,
        posterior_mean,
    )  # fmt: skip
    rss, moments = leave_out(
        own.kind, degrees, chain.precision, place, included, size, inverse_gram, posterior_mean,
        chain.penalised_rss[gene],
    )  # fmt: skip
    gain += compute_gain(
        own.gram, own.kind, beta, degrees, chain.precision, own.squared_length[candidate],
        candidate, included, size - 1, inverse_gram, posterior_mean, rss, moments, space.work,
    )  # fmt: skip
    if math.log(draw) >= gain:
        return
    # A cycle through what goes does not count.
    switch_out(problem, chain, own, beta, gene, place)
    closes = closes_cycle(problem, chain, gene, candidate)
    switch_in(problem, chain, own, beta, gene, replaced if closes else candidate)


@inlined_kernel
def flip_edge(problem, chain, beta, gene, place, draw):
    """Replace the edge from an included gene by that in the other direction, (20)."""
    candidate = np.int64(chain.included[gene, place])
    parent = np.int64(problem.parent_gene[gene, candidate])
    reverse_index = np.int64(problem.reverse_index[gene, candidate])
    if reverse_index < 0 or chain.size[parent] >= chain.included.shape[1]:
        return
    # What is known already is looked up without a call, which takes longer.
    out, in_ = chain.gain[gene, candidate], chain.gain[parent, reverse_index]
    if math.isnan(out):
        out = gain_of(problem, chain, beta, gene, candidate)
    if math.isnan(in_):
        in_ = gain_of(problem, chain, beta, parent, reverse_index)
    # Picked as one of this gene's candidates; the way back picks one of the parent's.
    gain = out + in_ + math.log(chain.size[gene] / (chain.size[parent] + 1.0))
    gain += chain.offset[parent, reverse_index] - chain.offset[gene, candidate]
    # Not where it is unknown, either.
    if not (gain > _HOPELESS and math.log(draw) < gain):
        return
    if not is_ancestor(problem, chain, parent, gene, place):
        switch_out(problem, chain, regression_of(problem, chain, gene), beta, gene, place)
        its_own = regression_of(problem, chain, parent)
        switch_in(problem, chain, its_own, beta, parent, reverse_index)


@inlined_kernel
def _try_candidates(problem, chain, own, beta, gene, genes_may_act, share, rng):
    """Additions and deletions at one gene, (18): of some factors, active candidates, and others.

    All that the tries have in common is looked up once.
    """
    gram, squared_length, kind, included, inverse_gram, posterior_mean, known = own
    offset, is_stale = chain.offset[gene], chain.is_stale[gene]
    precision, log_odds = chain.precision, chain.log_odds
    degrees = beta * problem.data.shape[1]
    n_factors, n_active = problem.n_factors, chain.n_active[gene]
    n_inactive = problem.n_candidates[gene] + n_factors - n_active
    n_others = (n_inactive + _INACTIVE_EVERY - 1) // _INACTIVE_EVERY
    n_loads = (n_factors + _FACTORS_EVERY - 1) // _FACTORS_EVERY
    n_steps = math.ceil(share * (n_active - n_factors))
    for step in range(n_loads + n_steps + n_others):
        if step < n_loads:
            candidate = int(rng.random() * n_factors)
        elif step < n_loads + n_steps:
            candidate = n_factors + int(rng.random() * (n_active - n_factors))
        else:
            candidate = n_active + int(rng.random() * n_inactive)
        if not genes_may_act and kind[candidate] in (GENE, PLEIOTROPIC):
            continue
        size = chain.size[gene]
        gain = known[candidate]
        if math.isnan(gain):
            if is_stale[candidate]:
                renew_stale(problem, chain, gene, candidate)
            gain = compute_gain(
                gram, kind, beta, degrees, precision, squared_length[candidate], candidate,
                included, size, inverse_gram, posterior_mean, chain.penalised_rss[gene],
                chain.log_moments[gene], chain.space.work,
            )  # fmt: skip
            known[candidate] = gain
        odds = log_odds[kind[candidate]] + offset[candidate]
        place = place_of(included, size, candidate)
        gain = gain - odds if place >= 0 else gain + odds
        if gain < _HOPELESS or math.log(rng.random()) >= gain:
            continue
        if place >= 0:
            switch_out(problem, chain, own, beta, gene, place)
        # Looking for a cycle takes longer than all else, and few additions come so far.
        elif not closes_cycle(problem, chain, gene, candidate):
            switch_in(problem, chain, own, beta, gene, candidate)


@inlined_kernel
def _try_swaps(problem, chain, own, beta, gene, rng):
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
            swap(problem, chain, own, beta, gene, place, candidate, rng.random())


@inlined_kernel
def _pick_edge(kind, included, size, rng):
    """A gene at random, and a place at random of what is included on it; -1 if that is no gene.

    The gene is picked anew for each edge: the way back starts at the parent, so that only with both
    as likely to be picked the draws are those of the posterior.
    """
    child = int(rng.random() * len(size))
    if size[child] == 0:
        return child, -1
    place = int(rng.random() * size[child])
    if kind[child, included[child, place]] != GENE:
        return child, -1
    return child, place


@borrowing_kernel
def sweep(problem, chain, beta, genes_may_act, share, rng):
    """As many turns as there are genes, each at a gene picked at random (docs/model.md#one-sweep).

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed: graph, V, m and S of every gene, offsets, `n_included`, gains.
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
    n_genes = len(chain.size)
    for _ in range(n_genes):
        gene = int(rng.random() * n_genes)
        own = regression_of(problem, chain, gene)
        _try_candidates(problem, chain, own, beta, gene, genes_may_act, share, rng)
        if not genes_may_act:
            continue
        _try_swaps(problem, chain, own, beta, gene, rng)
        if rng.random() * _TWO_EVERY < 1.0:
            try_two_parents(problem, chain, beta, gene, rng)
        for _ in range(_FLIPS):
            child, place = _pick_edge(problem.kind, chain.included, chain.size, rng)
            if place >= 0:
                flip_edge(problem, chain, beta, child, place, rng.random())
        for _ in range(_REVERSALS):
            child, place = _pick_edge(problem.kind, chain.included, chain.size, rng)
            if place >= 0:
                resample_reversal(problem, chain, beta, child, place, rng)
