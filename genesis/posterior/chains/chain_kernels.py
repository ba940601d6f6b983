"""A stretch of a chain: sweeps, draws and counting: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.posterior.model.factor_kernels import draw_factors, log_density
from genesis.posterior.model.graph_kernels import ancestor_bits, count_graph
from genesis.posterior.moves.draw_kernels import draw_coefficients, draw_priors
from genesis.posterior.moves.sweep_kernels import refit_all, sweep


@kernel
def run_sweeps(
    problem, chain, tally, betas, share, genes_may_act, may_adapt, is_counted, draws_factors, rng
):
    """Run some sweeps.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed.
    tally : Tally
        Changed.
    betas : (n_sweeps,) float64
        Inverse temperature β of each sweep, 1 for the posterior.
    share : float
        Steps of a sweep for each active candidate.
    genes_may_act, may_adapt : bool
        Whether edges between genes are considered, and whether the slabs are drawn.
    is_counted, draws_factors : (n_sweeps,) bool
        Whether the graph is counted, and whether the hidden factors are drawn, in each sweep.
    rng : numpy.random.Generator
    """
    for number in range(len(betas)):
        beta = betas[number]
        refit_all(problem, chain, beta)
        sweep(problem, chain, beta, genes_may_act, share, rng)
        refit_all(problem, chain, beta)
        squares = draw_coefficients(problem, chain, beta, rng)
        bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
        draw_priors(problem, chain, bits, squares, may_adapt, rng)
        if is_counted[number]:
            count_graph(problem, chain, bits, tally)
            _count_density(problem, chain, tally)
        if draws_factors[number]:
            draw_factors(problem, chain, rng)


@inlined_kernel
def _count_density(problem, chain, tally):
    tally.log_density[tally.n[0]] = log_density(problem, chain)
    for kind in range(len(chain.n_included)):
        tally.n_included[kind] += np.float64(chain.n_included[kind])
        tally.precision[kind] += chain.precision[kind]
    tally.log_shape[0] += chain.log_shape[0]
    tally.n[0] += 1
