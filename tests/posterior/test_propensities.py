"""Genes that act on many others: their factors, and the shape that these are drawn with."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, stats

from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model.state import GENE, POSITIONAL
from genesis.posterior.moves import propensity_kernels
from tests.inner_kernels import called
from tests.posterior.sampler_kernels import ancestor_bits
from tests.posterior.small_problems import problem_of

count_targets = called(propensity_kernels.count_targets)
draw_propensities = called(propensity_kernels.draw_propensities)
expected_targets = called(propensity_kernels.expected_targets)
log_density_of_shape = called(propensity_kernels.log_density_of_shape)
mean_propensity = called(propensity_kernels.mean_propensity)
open_shares = called(propensity_kernels.open_shares)

N_GENES = 6
SHARE = np.linspace(0.8, 1.0, N_GENES)


@pytest.fixture
def state(rng):
    """A chain of six genes: gene 0 acts on all others, on one by its anchor as well."""
    problem = problem_of(
        rng.normal(size=(50, N_GENES)), rng.normal(size=(50, N_GENES)), 0, positional=True
    )
    chain = start_chain(problem, np.zeros((0, 50)))
    problem.considered[POSITIONAL] = N_GENES * (N_GENES - 1)
    chain.log_odds[:] = -1.5
    for gene in range(1, N_GENES):
        its = problem.parent_gene[gene] == 0
        acts = np.flatnonzero(its & (problem.kind[gene] == GENE))
        if gene == 1:
            acts = np.flatnonzero(its)
        if gene == 2:
            acts = np.flatnonzero(its & (problem.kind[gene] == POSITIONAL))
        chain.included[gene, : len(acts)] = acts
        chain.size[gene] = len(acts)
    return problem, chain


def test_targets_are_counted_once(state):
    problem, chain = state
    assert list(chain.size) == [0, 2, 1, 1, 1, 1]
    assert list(count_targets(problem, chain)) == [5, 0, 0, 0, 0, 0]


def test_expected_targets_follow_the_odds(state):
    problem, chain = state
    odds = np.exp(-1.5) / (1 + np.exp(-1.5))
    n_positional = problem.has_positional_anchor.sum()
    by_gene = problem.considered[GENE] / N_GENES * odds
    by_anchor = problem.considered[POSITIONAL] / n_positional * odds
    share = np.linspace(0.5, 1, N_GENES)
    np.testing.assert_allclose(
        expected_targets(problem, chain, share),
        share * (by_gene + by_anchor * problem.has_positional_anchor),
    )


def test_no_gene_can_act_on_those_before_it(state):
    problem, chain = state
    bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
    np.testing.assert_allclose(open_shares(bits), [1.0, *[0.8] * 5])


def all_graphs(n_genes):
    """Edges and ancestral pairs of every acyclic graph."""
    pairs = list(itertools.combinations(range(n_genes), 2))
    for state in itertools.product((0, 1, 2), repeat=len(pairs)):
        adjacency = np.zeros((n_genes, n_genes), dtype=bool)
        for way, (a, b) in zip(state, pairs, strict=True):
            adjacency[(a, b) if way == 1 else (b, a)] |= way > 0
        reach = adjacency.copy()
        for k in range(n_genes):
            reach |= reach[:, [k]] & reach[[k], :]
        if not reach.diagonal().any():
            yield int(adjacency.sum()), int(reach.sum())


def test_odds_from_open_edges_are_those_of_acyclic_graphs():
    """Odds at which graphs have a number of edges on average: exact, and as the draws take them.

    A graph has e^(g edges) as prior weight. Drawing g would need the sum of these over all acyclic
    graphs; that each edge that closes no cycle is there or not by itself stands in for it.
    """
    n_edges, n_ancestral = np.array(list(all_graphs(4))).T
    for number in range(1, 6):
        exact = optimize.brentq(
            lambda g, number=number: np.average(n_edges, weights=np.exp(g * n_edges)) - number,
            -9, 9,
        )  # fmt: skip
        open_edges = 4 * 3 - n_ancestral[n_edges == number].mean()
        assert np.log(number / (open_edges - number)) == pytest.approx(exact, abs=0.1)


def test_shape_has_a_negative_binomial_likelihood(rng):
    n_targets, expected = rng.poisson(2, 9).astype(float), rng.uniform(0.5, 3, 9)
    grid = np.linspace(-1, 3, 7)
    plain = [
        stats.norm.logpdf(x, 1.0, 1.5)
        + stats.nbinom.logpmf(n_targets, np.exp(x), np.exp(x) / (np.exp(x) + expected)).sum()
        for x in grid
    ]
    ours = [log_density_of_shape(x, n_targets, expected) for x in grid]
    np.testing.assert_allclose(np.diff(ours), np.diff(plain), atol=1e-9)


def test_factors_are_drawn_from_their_posterior(state):
    problem, chain = state
    n_targets, expected = count_targets(problem, chain), expected_targets(problem, chain, SHARE)
    grid = np.linspace(-7, 9, 2001)
    density = np.array([log_density_of_shape(x, n_targets, expected) for x in grid])
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    shape = np.exp(grid)[:, None]
    mean = weight @ ((shape + n_targets) / (shape + expected))
    random = np.random.default_rng(4)
    factors, log_shape = np.zeros(N_GENES), []
    n_draws = 20_000
    for _ in range(n_draws):
        draw_propensities(problem, chain, SHARE, random)
        factors += np.exp(chain.log_propensity) / n_draws
        log_shape.append(chain.log_shape[0])
    assert mean[0] > 1.5 * mean[1]
    np.testing.assert_allclose(factors, mean, rtol=0.04)
    assert np.mean(log_shape) == pytest.approx(weight @ grid, abs=0.08)


def test_even_targets_leave_all_alike(state):
    problem, chain = state
    chain.size[:] = 0
    # In a ring each gene acts on the next.
    for gene in range(N_GENES):
        before = (gene - 1) % N_GENES
        its = (problem.parent_gene[gene] == before) & (problem.kind[gene] == GENE)
        chain.included[gene, 0] = np.flatnonzero(its)[0]
        chain.size[gene] = 1
    assert list(count_targets(problem, chain)) == [1] * N_GENES
    random = np.random.default_rng(5)
    even = []
    for _ in range(2_000):
        draw_propensities(problem, chain, SHARE, random)
        even.append(chain.log_shape[0])
    # The prior's mean, from which one regulator of all others takes it down.
    assert np.mean(even) > 1.0
    factor = np.exp(chain.log_propensity)
    assert mean_propensity(problem, chain, SHARE, GENE) == pytest.approx((factor * SHARE).mean())
    standing = (factor * SHARE)[problem.has_positional_anchor]
    assert mean_propensity(problem, chain, SHARE, POSITIONAL) == pytest.approx(standing.mean())
