"""Two candidates of a gene switched at once, whose effects mask each other: compiled code.

Two correlated parents that act in opposite directions hardly show one without the other: neither
would be added alone, whatever both would gain. So all pairs are looked at of which both explain
far more of the gene than each alone, and one is drawn by how much it would gain. The way
back leaves out two of what is included, picked at random. Numbers in parentheses are those of
equations in docs/model.md.
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, inlined_kernel
from genesis.posterior.model.graph_kernels import closes_cycle
from genesis.posterior.model.regression_kernels import (
    has_moment,
    log_gain_of_removing,
    moment,
    place_of,
    regress_candidate,
)
from genesis.posterior.moves.gain_kernels import (
    copy_fit,
    include_in_copy,
    leave_out,
    regression_of,
    switch_in,
    switch_out,
)

#: Only pairs are considered that explain so much (twice the log likelihood that both would gain),
#: and so many times as much as each alone.
_LEAST_GAIN, _LEAST_MASKED = 12.0, 2.0
#: Two candidates of which hardly anything is left beside each other are as good as one.
_LEAST_LEFT = 1e-3


@borrowing_kernel
def log_weight_of_two(
    gram, kind, beta, degrees, precision, log_odds, offset, c, d, included, size, coefficient,
    variance, product, penalised_rss,
):  # fmt: skip
    """Log weight with which two candidates are drawn to be added at once, (48).

    It is what adding both would gain, but for what it does to the moments of the others; minus
    infinity where they do not mask each other, or both explain next to nothing.

    Parameters
    ----------
    log_odds, offset : (N_KINDS,) float64, (width,) float64
        g and o of (11).
    c, d : int
        Candidates.
    coefficient, variance, product
        Of `Space`.
    """
    together = beta * gram[c, d]
    for a in range(size):
        together -= coefficient[c, a] * beta * gram[d, included[a]]
    left = variance[c] * variance[d] - together * together
    if left < _LEAST_LEFT * variance[c] * variance[d]:
        return -np.inf
    mean_c = (product[c] * variance[d] - product[d] * together) / left
    mean_d = (product[d] * variance[c] - product[c] * together) / left
    explained = product[c] * mean_c + product[d] * mean_d
    alone = product[c] * product[c] / variance[c] + product[d] * product[d] / variance[d]
    share = explained / penalised_rss
    if explained < _LEAST_MASKED * alone or degrees * share < _LEAST_GAIN or share >= 1.0:
        return -np.inf
    noise = (penalised_rss - explained) / degrees
    factor = precision[kind[c]] * precision[kind[d]] / left
    total = 0.0
    if has_moment(kind[c]):
        total += math.log(moment(mean_c, variance[d] / left, noise, precision[kind[c]]))
    if has_moment(kind[d]):
        total += math.log(moment(mean_d, variance[c] / left, noise, precision[kind[d]]))
    total += 0.5 * math.log(factor) - 0.5 * degrees * math.log1p(-share)
    return total + log_odds[kind[c]] + offset[c] + log_odds[kind[d]] + offset[d]


@borrowing_kernel
def draw_two(
    gram, squared_length, kind, paired, beta, degrees, precision, log_odds, offset, first, last,
    included, size, inverse_gram, posterior_mean, penalised_rss, coefficient, variance, product,
    work, rng,
):  # fmt: skip
    """Draw two candidates to be added at once, with a probability in proportion to their weight.

    Parameters
    ----------
    paired : (width,) int32
        A gene and its positional anchor are no such two: they change each other's offset.
    first, last : int
        Candidates that may be drawn: from `first` up to `last`, what is included left out.
    rng : numpy.random.Generator

    Returns
    -------
    log_total : float
        Log of the sum of all weights.
    log_weight : float
        Of the two that were drawn.
    c, d : int
        The two; -1 where there are none.
    """
    for c in range(first, last):
        if place_of(included, size, c) < 0:
            variance[c], product[c] = regress_candidate(
                gram, beta, squared_length[c], precision[kind[c]], c, included, size,
                inverse_gram, posterior_mean, work,
            )  # fmt: skip
            for a in range(size):
                coefficient[c, a] = work[0, a]
        else:
            variance[c] = 0.0
    log_total, log_weight, one, other = -np.inf, -np.inf, -1, -1
    for c in range(first, last):
        if variance[c] == 0.0:
            continue
        for d in range(first, c):
            if variance[d] == 0.0 or paired[c] == d:
                continue
            now = log_weight_of_two(
                gram, kind, beta, degrees, precision, log_odds, offset, c, d, included, size,
                coefficient, variance, product, penalised_rss,
            )  # fmt: skip
            if now == -np.inf:
                continue
            larger, smaller = max(log_total, now), min(log_total, now)
            log_total = larger + math.log1p(math.exp(smaller - larger))
            # The newest takes the place of the one before with its share of all so far.
            if math.log(rng.random()) < now - log_total:
                log_weight, one, other = now, c, d
    return log_total, log_weight, one, other


@borrowing_kernel
def _number_that_may_go(n_factors, n_active, included, size):
    """How many of what is included may be left out two at a time: active ones, but no factors."""
    number = 0
    for a in range(size):
        number += n_factors <= included[a] < n_active
    return number


@borrowing_kernel
def try_two_parents(problem, chain, beta, gene, rng):
    """Add two candidates of a gene at once, or leave out two, by (49).

    See docs/model.md#two-parents-at-once.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed where the move is accepted.
    beta : float
    gene : int
    rng : numpy.random.Generator
    """
    if rng.random() < 0.5:
        _try_adding(problem, chain, beta, gene, rng)
    else:
        _try_leaving_out(problem, chain, beta, gene, rng)


@inlined_kernel
def _try_adding(problem, chain, beta, gene, rng):
    space = chain.space
    included, inverse_gram = space.included[0], space.inverse_gram
    posterior_mean = space.posterior_mean
    own = regression_of(problem, chain, gene)
    size, n_active = chain.size[gene], chain.n_active[gene]
    if size + 2 > len(own.included):
        return
    degrees = beta * problem.data.shape[1]
    log_total, log_weight, c, d = draw_two(
        own.gram, own.squared_length, own.kind, problem.paired_candidate[gene], beta, degrees,
        chain.precision, chain.log_odds, chain.offset[gene], problem.n_factors, n_active,
        own.included, size, own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
        space.coefficient, space.variance, space.product, space.work, rng,
    )  # fmt: skip
    if c < 0:
        return
    # The way back: these two of all that may go.
    n = _number_that_may_go(problem.n_factors, n_active, own.included, size) + 2
    log_ratio = log_total - log_weight - math.log(0.5 * n * (n - 1.0)) - math.log(rng.random())
    copy_fit(
        own.included, size, own.inverse_gram, own.posterior_mean, included, inverse_gram,
        posterior_mean,
    )  # fmt: skip
    rss, moments = chain.penalised_rss[gene], chain.log_moments[gene]
    for step in range(2):
        candidate = c if step == 0 else d
        gain, rss, moments = include_in_copy(
            own.gram, own.kind, beta, degrees, chain.precision, own.squared_length[candidate],
            candidate, included, size + step, inverse_gram, posterior_mean, rss, moments,
            space.work,
        )  # fmt: skip
        log_ratio += gain + chain.log_odds[own.kind[candidate]] + chain.offset[gene, candidate]
    if log_ratio <= 0.0 or closes_cycle(problem, chain, gene, c):
        return
    if not closes_cycle(problem, chain, gene, d):
        switch_in(problem, chain, own, beta, gene, c)
        switch_in(problem, chain, own, beta, gene, d)


@inlined_kernel
def _try_leaving_out(problem, chain, beta, gene, rng):
    space = chain.space
    included, inverse_gram = space.included[0], space.inverse_gram
    posterior_mean = space.posterior_mean
    own = regression_of(problem, chain, gene)
    size, n_active = chain.size[gene], chain.n_active[gene]
    n = _number_that_may_go(problem.n_factors, n_active, own.included, size)
    if n < 2:
        return
    c = _picked(
        problem.n_factors, n_active, own.included, size, int(rng.random() * n), np.int64(-1)
    )
    d = _picked(problem.n_factors, n_active, own.included, size, int(rng.random() * (n - 1)), c)
    if problem.paired_candidate[gene, c] == d:
        return
    degrees = beta * problem.data.shape[1]
    log_ratio = math.log(0.5 * n * (n - 1.0)) - math.log(rng.random())
    copy_fit(
        own.included, size, own.inverse_gram, own.posterior_mean, included, inverse_gram,
        posterior_mean,
    )  # fmt: skip
    rss, moments = chain.penalised_rss[gene], chain.log_moments[gene]
    for step in range(2):
        candidate = c if step == 0 else d
        place = place_of(included, size - step, candidate)
        gain = log_gain_of_removing(
            own.kind, degrees, chain.precision, place, included, size - step, inverse_gram,
            posterior_mean, rss, moments,
        )  # fmt: skip
        rss, moments = leave_out(
            own.kind, degrees, chain.precision, place, included, size - step, inverse_gram,
            posterior_mean, rss,
        )  # fmt: skip
        log_ratio += gain - chain.log_odds[own.kind[candidate]] - chain.offset[gene, candidate]
    # The way back draws these two with a probability below 1: most are refused without it.
    if log_ratio <= 0.0:
        return
    log_total, _, _, _ = draw_two(
        own.gram, own.squared_length, own.kind, problem.paired_candidate[gene], beta, degrees,
        chain.precision, chain.log_odds, chain.offset[gene], problem.n_factors, n_active, included,
        size - 2, inverse_gram, posterior_mean, rss, space.coefficient, space.variance,
        space.product, space.work, rng,
    )  # fmt: skip
    log_ratio -= log_total
    log_ratio += log_weight_of_two(
        own.gram, own.kind, beta, degrees, chain.precision, chain.log_odds, chain.offset[gene],
        max(c, d), min(c, d), included, size - 2, space.coefficient, space.variance, space.product,
        rss,
    )  # fmt: skip
    if log_ratio > 0.0:
        switch_out(problem, chain, own, beta, gene, place_of(own.included, size, c))
        switch_out(problem, chain, own, beta, gene, place_of(own.included, size - 1, d))


@borrowing_kernel
def _picked(n_factors, n_active, included, size, number, but):
    """The candidate of that number among those that may go, one left out of the count."""
    for a in range(size):
        if n_factors <= included[a] < n_active and included[a] != but:
            if number == 0:
                return np.int64(included[a])
            number -= 1
    return np.int64(-1)
