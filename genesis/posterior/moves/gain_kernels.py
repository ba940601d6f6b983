"""What switching one candidate of a gene would gain, kept until something changes: compiled code.

Most proposals are refused, and a gene whose graph did not change would gain the same the next
time as it did before. So `Chain.gain` keeps what was computed, and forgets a gene's row when what
acts on it changes, and all rows when priors, factors or the inverse temperature do. Numbers in
parentheses are those of equations in docs/model.md.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from genesis.jit import borrowing_kernel, inlined_kernel
from genesis.posterior.model.factor_kernels import renew_stale
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
from genesis.posterior.moves.paired_kernels import set_offset_of_paired


class Regression(NamedTuple):
    """The arrays of one gene, looked up once: X X' with the gene, kinds, A, V, m and its gains."""

    gram: np.ndarray
    squared_length: np.ndarray
    kind: np.ndarray
    included: np.ndarray
    inverse_gram: np.ndarray
    posterior_mean: np.ndarray
    gain: np.ndarray


@inlined_kernel
def regression_of(problem, chain, gene):
    """Look up the arrays of one gene."""
    return Regression(
        problem.gram[gene],
        problem.squared_length[gene],
        problem.kind[gene],
        chain.included[gene],
        chain.inverse_gram[gene],
        chain.posterior_mean[gene],
        chain.gain[gene],
    )


@borrowing_kernel
def compute_gain(
    gram, kind, beta, degrees, precision, squared_length, candidate, included, size, inverse_gram,
    posterior_mean, penalised_rss, moments, work,
):  # fmt: skip
    """Log evidence with a candidate switched (in, or out where it is included) less that as it is.

    Takes arrays alone: much of the time goes by here, and who calls has looked them up already.
    The parameters are those of `regression_kernels`.

    Parameters
    ----------
    squared_length : float
        Inner product of the candidate with itself.
    moments : float
        `log_moments` of what is included.
    work : (2, most) float64
        Space.

    Returns
    -------
    float
        Minus infinity where there is no room for it.
    """
    place = place_of(included, size, candidate)
    if place >= 0:
        return log_gain_of_removing(
            kind, degrees, precision, place, included, size, inverse_gram, posterior_mean,
            penalised_rss, moments,
        )  # fmt: skip
    if size == len(included):
        return -np.inf
    variance, product = regress_candidate(
        gram, beta, squared_length, precision[kind[candidate]], candidate, included, size,
        inverse_gram, posterior_mean, work,
    )  # fmt: skip
    return log_gain_of_adding(
        kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
        penalised_rss, moments, work[0], variance, product,
    )  # fmt: skip


@borrowing_kernel
def gain_of(problem, chain, beta, gene, candidate):
    """`compute_gain` of a candidate, from what is kept if it is there."""
    gain = chain.gain[gene, candidate]
    if math.isnan(gain):
        own = regression_of(problem, chain, gene)
        renew_stale(problem, chain, gene, candidate)
        gain = compute_gain(
            own.gram, own.kind, beta, beta * problem.data.shape[1], chain.precision,
            own.squared_length[candidate], candidate, own.included, chain.size[gene],
            own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
            chain.log_moments[gene], chain.space.work,
        )  # fmt: skip
        own.gain[candidate] = gain
    return gain


@borrowing_kernel
def forget_gains(gain):
    """Forget what is known of a gene's gains."""
    for candidate in range(len(gain)):
        gain[candidate] = np.nan


@borrowing_kernel
def renew_moments(problem, chain, own, beta, gene):
    """Write the log of the moment part (6) of a gene as it is now, and forget its gains."""
    forget_gains(own.gain)
    chain.log_moments[gene] = log_moments(
        own.kind, beta * problem.data.shape[1], chain.precision, own.included, chain.size[gene],
        own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
    )  # fmt: skip


@borrowing_kernel
def switch_in(problem, chain, own, beta, gene, candidate):
    """Include a candidate of a gene, and forget its gains."""
    variance, product = regress_candidate(
        own.gram, beta, own.squared_length[candidate], chain.precision[own.kind[candidate]],
        candidate, own.included, chain.size[gene], own.inverse_gram, own.posterior_mean,
        chain.space.work,
    )  # fmt: skip
    include(
        candidate, own.included, chain.size[gene], own.inverse_gram, own.posterior_mean,
        chain.space.work[0], variance, product,
    )  # fmt: skip
    set_offset_of_paired(problem, chain, gene, candidate, np.bool_(True))
    chain.size[gene] += 1
    chain.penalised_rss[gene] -= product * product / variance
    chain.n_included[own.kind[candidate]] += 1
    renew_moments(problem, chain, own, beta, gene)


@borrowing_kernel
def leave_out(
    kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss
):
    """Leave out what is included at a place: S and the log moments afterwards."""
    penalised_rss += posterior_mean[place] ** 2 / inverse_gram[place, place]
    exclude(place, included, size, inverse_gram, posterior_mean)
    moments = log_moments(
        kind, degrees, precision, included, size - 1, inverse_gram, posterior_mean, penalised_rss
    )
    return penalised_rss, moments


@borrowing_kernel
def switch_out(problem, chain, own, beta, gene, place):
    """Leave out what is included at a place of a gene, and forget its gains."""
    candidate = np.int64(own.included[place])
    set_offset_of_paired(problem, chain, gene, candidate, np.bool_(False))
    chain.penalised_rss[gene], chain.log_moments[gene] = leave_out(
        own.kind, beta * problem.data.shape[1], chain.precision, place, own.included,
        chain.size[gene], own.inverse_gram, own.posterior_mean, chain.penalised_rss[gene],
    )  # fmt: skip
    chain.size[gene] -= 1
    chain.n_included[own.kind[candidate]] -= 1
    forget_gains(own.gain)


@borrowing_kernel
def copy_fit(included, size, inverse_gram, posterior_mean, to_included, to_inverse_gram, to_mean):
    """Copy A, V and m of a gene, to see what changes of them would gain."""
    for a in range(size):
        to_included[a] = included[a]
        to_mean[a] = posterior_mean[a]
        for b in range(size):
            to_inverse_gram[a, b] = inverse_gram[a, b]


@borrowing_kernel
def include_in_copy(
    gram, kind, beta, degrees, precision, squared_length, candidate, included, size, inverse_gram,
    posterior_mean, penalised_rss, moments, work,
):  # fmt: skip
    """Include a candidate in such a copy: the gain, and S and the log moments afterwards."""
    variance, product = regress_candidate(
        gram, beta, squared_length, precision[kind[candidate]], candidate, included, size,
        inverse_gram, posterior_mean, work,
    )  # fmt: skip
    gain = log_gain_of_adding(
        kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
        penalised_rss, moments, work[0], variance, product,
    )  # fmt: skip
    include(candidate, included, size, inverse_gram, posterior_mean, work[0], variance, product)
    penalised_rss -= product * product / variance
    moments = log_moments(
        kind, degrees, precision, included, size + 1, inverse_gram, posterior_mean, penalised_rss
    )
    return gain, penalised_rss, moments


@borrowing_kernel
def refit_gene(problem, chain, beta, gene):
    """Fit one gene anew, so that rounding does not build up."""
    own = regression_of(problem, chain, gene)
    _, chain.penalised_rss[gene] = refit(
        own.gram, own.kind, beta, chain.precision, own.included, chain.size[gene],
        own.inverse_gram, own.posterior_mean,
    )  # fmt: skip
    renew_moments(problem, chain, own, beta, gene)


@borrowing_kernel
def refit_all(problem, chain, beta):
    """Fit all genes anew: new priors, new factors and a new `beta` take hold."""
    for gene in range(len(chain.size)):
        refit_gene(problem, chain, beta, gene)
