"""Draws of coefficients, noise and priors, given the graph: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import inner_kernel, kernel
from genesis.posterior.model.regression_kernels import has_moment
from genesis.posterior.model.state import FACTOR, GENE, N_KINDS, POSITIONAL
from genesis.posterior.moves.paired_kernels import count_paired_genes, set_offsets
from genesis.posterior.moves.propensity_kernels import (
    draw_propensities,
    mean_propensity,
    open_shares,
)

#: The odds that variants and genes act are drawn as if besides the data one candidate had been
#: seen that acts and so many that do not. It matters where there are only few candidates.
_ABSENT = 9.0
#: A hidden factor is expected to act on half of the genes at least. What acts on a few of many is
#: rather a gene whose expression shows little of its activity, and no edge may be lost to it.
_LEAST_FACTOR_LOG_ODDS = 0.0
#: Slab precisions of a moment prior are at most the degrees of freedom over this.
_DEGREES_A_SLAB = 8.0


@inner_kernel
def draw_coefficients(problem, chain, beta, rng):
    """Draw noise variances and coefficients, (24).

    Parameters
    ----------
    problem : Problem
    chain : Chain
        `noise` and `coefficient` are written.
    beta : float
    rng : numpy.random.Generator

    Returns
    -------
    (N_KINDS,) float64
        Sums of b² / σ² by kind.
    """
    n_genes, most = chain.included.shape
    squares = np.zeros(N_KINDS)
    lower = np.empty((most, most))
    normal = np.empty(most)
    degrees = beta * problem.data.shape[1]
    for gene in range(n_genes):
        size = chain.size[gene]
        noise = 0.5 * chain.penalised_rss[gene] / rng.standard_gamma(0.5 * degrees)
        chain.noise[gene] = noise
        inverse_gram = chain.inverse_gram[gene]
        for a in range(size):
            normal[a] = rng.standard_normal() * math.sqrt(noise)
        # m + L u with V = L L' and u normal, L row by row as it is made.
        for a in range(size):
            value = chain.posterior_mean[gene, a]
            for b in range(a + 1):
                total = inverse_gram[a, b]
                for c in range(b):
                    total -= lower[a, c] * lower[b, c]
                if a == b:
                    lower[a, a] = math.sqrt(max(total, 1e-300))
                else:
                    lower[a, b] = total / lower[b, b]
                value += lower[a, b] * normal[b]
            chain.coefficient[gene, a] = value
            squares[problem.kind[gene, chain.included[gene, a]]] += value * value / noise
    return squares


@kernel
def _draw_log_odds(acting, silent, rng):
    """Log odds of a probability with a beta distribution: the ratio of two gamma variables."""
    return math.log(max(rng.standard_gamma(acting), 1e-300) / rng.standard_gamma(silent))


@inner_kernel
def draw_priors(problem, chain, bits, squares, may_adapt, rng):
    """Draw the odds that candidates of a kind act, and how large their effects are, (25) to (31).

    The slab of a moment prior has its modes where an effect stands out by a few standard errors
    at the least: nothing smaller can be distinguished from no effect.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Written: joint log odds, propensities and their shape, log odds, slab precisions, offsets.
    bits : (n_genes, n_words) uint64
        Ancestors of every gene.
    squares : (N_KINDS,) float64
        Sums of b² / σ² by kind.
    may_adapt : bool
        Whether slab precisions are drawn.
    rng : numpy.random.Generator
    """
    degrees = problem.data.shape[1]
    n_alone, n_joint = count_paired_genes(problem, chain)
    chain.joint_log_odds[0] = _draw_log_odds(1.0 + n_joint, 1.0 + n_alone, rng)
    share = open_shares(bits)
    draw_propensities(problem, chain, share, rng)
    for kind in range(N_KINDS):
        count = chain.n_included[kind]
        # What was considered and is no candidate counts among those that do not act.
        trials = problem.considered[kind]
        if kind in (GENE, POSITIONAL):
            trials *= mean_propensity(problem, chain, share, kind)
        rest = max(trials - count, 0.0)
        acting = count - n_joint if kind == POSITIONAL else count
        few = 1.0 if kind == FACTOR else _ABSENT
        chain.log_odds[kind] = _draw_log_odds(1.0 + acting, few + rest, rng)
        if kind == FACTOR:
            chain.log_odds[kind] = max(chain.log_odds[kind], _LEAST_FACTOR_LOG_ODDS)
        if not may_adapt:
            continue
        shape = 2.5 if has_moment(kind) else 0.5
        precision = rng.standard_gamma(1.0 + shape * count) / (0.1 + 0.5 * squares[kind])
        largest = max(degrees / _DEGREES_A_SLAB, 1.0) if has_moment(kind) else degrees
        chain.precision[kind] = min(max(precision, 0.1), largest)
    set_offsets(problem, chain)
