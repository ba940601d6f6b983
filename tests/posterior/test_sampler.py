"""The sampler against the exact posterior of all graphs, and its parts against plain formulas."""

from __future__ import annotations

from itertools import product

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model.candidates import build_problem, choose_candidates
from genesis.posterior.model.factor_kernels import log_density, renew_gram
from genesis.posterior.model.state import FACTOR, GENE, N_KINDS, OWN, POSITIONAL
from genesis.posterior.moves.active_kernels import partition_active
from genesis.posterior.moves.paired_kernels import set_offsets
from tests.posterior.sampler_kernels import (
    ancestor_bits,
    draw_factors,
    draw_priors,
    refit_all,
    sweep,
)
from tests.posterior.small_problems import log_evidence, log_moment_part, problem_of, standardised

LOG_ODDS = {OWN: -0.5, GENE: -1.0, FACTOR: -0.3, POSITIONAL: -0.7}
#: Log odds that a positional anchor acts beside its gene.
JOINT_LOG_ODDS = 0.8
#: Log of how many times its kind's odds each gene acts on others.
LOG_PROPENSITY = np.array([0.9, -0.6, 0.4])
PRECISION = {OWN: 6.0, GENE: 4.0, FACTOR: 3.0, POSITIONAL: 5.0}


def log_prior(problem, gene, members):
    """Log prior odds of what acts on a gene: gene and anchor go together, some act on many."""
    kind, parent_gene = problem.kind[gene], problem.parent_gene[gene]
    pairs = [(kind[k], parent_gene[k]) for k in members]
    total = 0.0
    for what, who in pairs:
        if what == GENE and problem.has_positional_anchor[who]:
            total += LOG_ODDS[GENE] - np.log1p(np.exp(JOINT_LOG_ODDS))
        elif what == POSITIONAL and (GENE, who) in pairs:
            total += JOINT_LOG_ODDS
        else:
            total += LOG_ODDS[what]
    return total + LOG_PROPENSITY[list({who for _, who in pairs if who >= 0})].sum()


def exact_posterior(problem, factors):
    """Posterior of every edge, own variant and loading, by going through all graphs."""
    n_genes = len(problem.n_candidates)
    data = problem.data
    n_variants = len(data) - n_genes
    options = []
    for gene in range(n_genes):
        kind, width = problem.kind[gene], len(factors) + problem.n_candidates[gene]
        candidates = np.concatenate([factors, data[problem.variable[gene, len(factors) : width]]])
        rows = []
        for chosen in product([False, True], repeat=int(width)):
            members = np.flatnonzero(chosen)
            precision = [PRECISION[k] for k in kind[members]]
            regressors = candidates[members]
            y = data[n_variants + gene]
            score = log_evidence(y, regressors, precision)
            score += log_moment_part(y, regressors, precision, kind[members])
            score += log_prior(problem, gene, members)
            rows.append((members, problem.parent_gene[gene, members], score))
        options.append(rows)
    on = np.zeros(problem.kind.shape)
    total = 0.0
    best = sum(max(row[2] for row in rows) for rows in options)
    for graph in product(*options):
        edges = [(p, gene) for gene, row in enumerate(graph) for p in row[1] if p >= 0]
        if not nx.is_directed_acyclic_graph(nx.DiGraph(edges)):
            continue
        weight = np.exp(sum(row[2] for row in graph) - best)
        total += weight
        for gene, row in enumerate(graph):
            on[gene, row[0]] += weight
    return on / total


@pytest.mark.parametrize(
    ("partitioned", "n_factors", "positional"),
    [(False, 0, False), (True, 0, False), (False, 1, False), (True, 1, False), (False, 0, True)],
)
def test_sweeps_draw_graphs_from_their_posterior(partitioned, n_factors, positional, rng):
    z = rng.normal(size=(40, 2))
    x = rng.normal(size=(40, 3))
    x[:, 0] += 0.5 * z[:, 0]
    x[:, 1] += 0.5 * x[:, 0]
    x[:, 2] += 0.3 * x[:, 1] + 0.4 * z[:, 1]
    factors = rng.normal(size=(n_factors, 40))
    x += 0.4 * factors.sum(axis=0)[:, None]
    problem = problem_of(z, x, n_factors, positional)
    chain = start_chain(problem, factors)
    chain.factors[:] = factors[:, ::-1] if partitioned else factors
    renew_gram(problem, chain)
    expected = exact_posterior(problem, factors)
    n_candidates = n_factors + 4
    uncertain = (expected > 0.03) & (expected < 0.97)
    assert uncertain[:, :n_candidates].sum() > 6
    for kind, odds in LOG_ODDS.items():
        chain.log_odds[kind], chain.precision[kind] = odds, PRECISION[kind]
    chain.joint_log_odds[0] = JOINT_LOG_ODDS
    chain.log_propensity[:] = LOG_PROPENSITY
    set_offsets(problem, chain)
    random = np.random.default_rng(1)
    if partitioned:
        # Candidates that seldom get their turn are drawn from the same posterior.
        chain.switch_rate[0, :2] = chain.switch_rate[1, 2] = 1.0
        partition_active(problem, chain, 1)
        assert chain.n_active.min() < 4 + n_factors
        # Of new factors, only what active candidates have in common with them is known at once.
        chain.factors[:] = factors
        renew_gram(problem, chain)
        assert chain.is_stale.any() == (n_factors > 0)
    on = np.zeros(problem.kind.shape)
    n_sweeps = 40_000 if partitioned else 12_000
    for _ in range(n_sweeps):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, random)
        for gene in range(3):
            on[gene, problem.origin[gene, chain.included[gene, : chain.size[gene]]]] += 1
    np.testing.assert_allclose(
        on[:, :n_candidates] / n_sweeps, expected[:, :n_candidates], atol=0.03
    )


def test_graphs_that_an_order_leaves_are_drawn_from_their_posterior(rng):
    z = rng.normal(size=(40, 2))
    x = rng.normal(size=(40, 3))
    x[:, 0] += 0.5 * z[:, 0] + 0.4 * x[:, 2]
    x[:, 1] += 0.5 * x[:, 0]
    data = standardised(np.column_stack([z, x]))
    # The third gene acts on neither of the others, though it does in the data.
    order = GeneOrder(np.array([0, 0, 1]), np.array([False, False, True]), is_firm=True)
    pools = [np.arange(2)] * 3
    candidates = choose_candidates(
        data / np.sqrt(40), 2, pools, 6, data[2:] / np.sqrt(40), "effect", False, order
    )
    assert candidates.considered[GENE] == 4
    problem = build_problem(data, 2, candidates, 0)
    expected = exact_posterior(problem, np.zeros((0, 40)))
    assert ((expected > 0.03) & (expected < 0.97)).sum() > 5
    chain = start_chain(problem, np.zeros((0, 40)))
    for kind, odds in LOG_ODDS.items():
        chain.log_odds[kind], chain.precision[kind] = odds, PRECISION[kind]
    chain.log_propensity[:] = LOG_PROPENSITY
    set_offsets(problem, chain)
    random = np.random.default_rng(1)
    on = np.zeros(problem.kind.shape)
    for _ in range(12_000):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, random)
        for gene in range(3):
            on[gene, chain.included[gene, : chain.size[gene]]] += 1
    np.testing.assert_allclose(on / 12_000, expected, atol=0.03)


def test_inactive_candidates_are_drawn_as_often_as_they_should_be(rng, monkeypatch):
    """Of linked variants, most of which are seldom tried: swaps must not lose those."""
    z = rng.normal(size=(60, 1)) + 0.6 * rng.normal(size=(60, 10))
    x = 0.35 * z[:, :1] + rng.normal(size=(60, 1))
    problem = problem_of(z, x)
    factors = np.empty((0, 60))
    chain = start_chain(problem, factors)
    renew_gram(problem, chain)
    monkeypatch.setitem(LOG_ODDS, OWN, -3.5)
    chain.log_odds[OWN], chain.precision[OWN] = LOG_ODDS[OWN], PRECISION[OWN]
    expected = exact_posterior(problem, factors)
    set_offsets(problem, chain)
    chain.switch_rate[0, :4] = 1.0
    partition_active(problem, chain, 1)
    inactive = problem.origin[0, chain.n_active[0] : 10]
    assert len(inactive) == 6
    random = np.random.default_rng(1)
    on = np.zeros(problem.kind.shape)
    for _ in range(100_000):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, random)
        on[0, problem.origin[0, chain.included[0, : chain.size[0]]]] += 1
    share = on[0] / 100_000
    assert 0.02 < expected[0, inactive].sum() < 0.6
    np.testing.assert_allclose(share[inactive].sum(), expected[0, inactive].sum(), rtol=0.1)
    np.testing.assert_allclose(share[:10], expected[0, :10], atol=0.01)


@pytest.fixture
def with_factors(rng):
    """A chain of five genes, two of them connected, all with loadings on two factors."""
    problem = problem_of(rng.normal(size=(50, 1)), rng.normal(size=(50, 5)), 2)
    factors = rng.normal(size=(2, 50))
    chain = start_chain(problem, factors)
    renew_gram(problem, chain)
    # Gene 1 acts on gene 0, variant 0 on gene 2.
    for gene, variable in ((0, 2), (2, 0)):
        chain.included[gene, 2] = np.flatnonzero(problem.variable[gene] == variable)[0]
        chain.size[gene] = 3
    chain.coefficient[:] = rng.normal(size=chain.coefficient.shape)
    chain.noise[:] = rng.uniform(0.5, 2, 5)
    return problem, chain


def left_and_loading(problem, chain):
    left = problem.data[1:].copy()
    left[0] -= chain.coefficient[0, 2] * problem.data[2]
    left[2] -= chain.coefficient[2, 2] * problem.data[0]
    return left, chain.coefficient[:, :2]


def test_density_integrates_the_factors_out(with_factors):
    problem, chain = with_factors
    left, loading = left_and_loading(problem, chain)
    covariance = loading @ loading.T + np.diag(chain.noise)
    expected = stats.multivariate_normal(np.zeros(5), covariance).logpdf(left.T)
    np.testing.assert_allclose(log_density(problem, chain), expected, atol=1e-10)


def test_factors_are_drawn_from_their_posterior(with_factors):
    problem, chain = with_factors
    left, loading = left_and_loading(problem, chain)
    precision = np.eye(2) + loading.T @ np.diag(1 / chain.noise) @ loading
    mean = np.linalg.solve(precision, loading.T @ (left / chain.noise[:, None]))
    random = np.random.default_rng(2)
    draws = np.empty((3000, 2, 50))
    for k in range(len(draws)):
        draw_factors(problem, chain, random)
        draws[k] = chain.factors
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.08)
    spread = np.cov((draws - mean).transpose(1, 0, 2).reshape(2, -1))
    np.testing.assert_allclose(spread, np.linalg.inv(precision), atol=0.02)


def test_gram_follows_the_factors(with_factors):
    problem, chain = with_factors
    for gene in range(5):
        width = 2 + problem.n_candidates[gene]
        rows = np.concatenate(
            [
                chain.factors,
                problem.data[problem.variable[gene, 2:width]],
                problem.data[[1 + gene]],
            ]
        )
        at = np.append(np.arange(width), problem.gram.shape[1] - 1)
        np.testing.assert_allclose(problem.gram[gene][np.ix_(at, at)], rows @ rows.T, atol=1e-10)
        np.testing.assert_array_equal(problem.squared_length[gene], problem.gram[gene].diagonal())
        assert (problem.kind[gene, :2] == FACTOR).all()


@pytest.mark.parametrize("loadings", [10, 1])
def test_hidden_factors_are_expected_to_act_on_half_of_the_genes(with_factors, rng, loadings):
    problem, chain = with_factors
    chain.n_included[FACTOR] = loadings
    bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
    draws = []
    for _ in range(200):
        draw_priors(problem, chain, bits, np.ones(N_KINDS), True, rng)
        draws.append(chain.log_odds[[FACTOR, GENE]].copy())
    factor, gene = np.transpose(draws)
    assert factor.min() >= 0.0
    assert (np.median(factor) > 1.0) == (loadings == 10)
    assert np.median(gene) < -1.0
