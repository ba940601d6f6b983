"""A stretch of a chain: sweeps, draws and counting: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.linear.array_kernels import copy_items
from genesis.posterior.model.factor_kernels import draw_factors, log_density
from genesis.posterior.model.graph_kernels import ancestor_bits, list_graph
from genesis.posterior.moves.active_kernels import add_switch_rates
from genesis.posterior.moves.draw_kernels import draw_coefficients, draw_priors
from genesis.posterior.moves.gain_kernels import refit_all
from genesis.posterior.moves.sweep_kernels import sweep

_WORD = 64


@kernel
def run_rounds(
    problem, chain, tally, n_rounds, n_sweeps, beta, share, genes_may_act, may_adapt, is_watched,
    is_counted, draws_factors, rng,
):  # fmt: skip
    """Run some rounds: sweeps of moves on the graph, then a draw of everything else.

    Parameters
    ----------
    problem : Problem
    chain : Chain
        Changed.
    tally : Tally
        Changed.
    n_rounds, n_sweeps : int
        Rounds, and sweeps of each.
    beta : float
        Inverse temperature β, 1 for the posterior.
    share : float
        Steps of a sweep for each active candidate.
    genes_may_act, may_adapt : bool
        Whether edges between genes are considered, and whether the slabs are drawn.
    is_watched : bool
        Whether it is noted which candidates come into question.
    is_counted, draws_factors : bool
        Whether graphs are counted, and whether the hidden factors are drawn.
    rng : numpy.random.Generator

    Returns
    -------
    edges : (2, n_edges) int32
        Of the graphs that were counted, as of `list_graph`.
    end : (n_counted,) int64
        Where those of each end.
    loads : (n_counted, n_genes, n_words) uint64
        The hidden factors that act on each gene in each of them, as bits.
    """
    n_counted = n_rounds if is_counted else 0
    edges = np.empty((2, 0), dtype=np.int32)
    end = np.zeros(n_counted, dtype=np.int64)
    n_words = (problem.n_factors + _WORD - 1) // _WORD
    loads = np.zeros((n_counted, len(chain.size), n_words), dtype=np.uint64)
    for number in range(n_rounds):
        refit_all(problem, chain, beta)
        for _ in range(n_sweeps):
            sweep(problem, chain, beta, genes_may_act, share, rng)
        if is_watched:
            add_switch_rates(problem, chain, beta)
        squares = draw_coefficients(problem, chain, beta, rng)
        bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
        draw_priors(problem, chain, bits, squares, may_adapt, rng)
        if is_counted:
            edges = list_graph(problem, chain, edges, loads[number])
            end[number] = edges.shape[1]
            _count(problem, chain, tally)
        if draws_factors:
            draw_factors(problem, chain, rng)
    return edges, end, loads


@inlined_kernel
def _count(problem, chain, tally):
    for gene in range(len(chain.size)):
        for place in range(chain.size[gene]):
            tally.acts[gene, chain.included[gene, place]] += 1
    copy_items(log_density(problem, chain), tally.log_density[tally.n[0]])
    for kind in range(len(chain.n_included)):
        tally.n_included[kind] += np.float64(chain.n_included[kind])
        tally.precision[kind] += chain.precision[kind]
    tally.log_shape[0] += chain.log_shape[0]
    tally.n[0] += 1
