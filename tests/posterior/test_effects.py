"""Total effects against matrix inverses, and against the design of simulated data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.posterior.chains.chain import start_chain
from genesis.posterior.claims.effects import EDGE, edges_of, total_effects
from genesis.posterior.claims.pair_table import Pairs
from genesis.posterior.model.factor_kernels import renew_gram
from genesis.posterior.model.state import POSITIONAL
from tests.posterior.dense import matrix_of
from tests.posterior.sampler_kernels import refit_all, sweep
from tests.posterior.small_problems import problem_of


def random_edges(rng, n_genes):
    """Edges of an acyclic graph, some by anchors, each behind those that end in its cause."""
    order = rng.permutation(n_genes)
    rows = []
    for place, target in enumerate(order):
        for cause in rng.permutation(order[:place])[: rng.integers(0, 4)]:
            rows.append((0, cause, target, rng.random() < 0.3, rng.normal()))
    return np.array(rows, dtype=EDGE)


def plain_effects(edges, n_genes):
    """Sums over all paths by expression, and over those that start by an anchor."""
    by_expression, by_anchor = np.zeros((2, n_genes, n_genes))
    for edge in edges:
        matrix = by_anchor if edge["by_anchor"] else by_expression
        matrix[edge["cause"], edge["target"]] += edge["slope"]
    onward = np.linalg.inv(np.eye(n_genes) - by_expression)
    return onward - np.eye(n_genes), by_anchor @ onward


def every_pair(n_genes):
    return Pairs.of(*np.nonzero(~np.eye(n_genes, dtype=bool)), n_genes)


@pytest.mark.parametrize("n_genes", [1, 5, 150])
def test_against_inverses(rng, n_genes):
    graphs, weights = [random_edges(rng, n_genes) for _ in range(3)], [1, 3, 2]
    pairs = every_pair(n_genes)
    found = matrix_of(pairs, total_effects(zip(graphs, weights, strict=True), *pairs))
    plain = [plain_effects(edges, n_genes) for edges in graphs]
    expression, anchor = np.average(plain, axis=0, weights=weights)
    expected = np.where(np.abs(anchor) > np.abs(expression), anchor, expression)
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=1e-4 * np.abs(expected).max())


def test_no_graph_no_effect():
    assert not total_effects([], *every_pair(3)).any()


def mean_with_moment_part(chain, gene, place, degrees):
    """By quadrature: the mean of a coefficient whose normal density is times its fourth power."""
    mean = chain.posterior_mean[gene, place]
    variance = chain.penalised_rss[gene] / degrees * chain.inverse_gram[gene, place, place]
    b = mean + np.sqrt(variance) * np.linspace(-12, 12, 200_001)
    density = b**4 * np.exp(-((b - mean) ** 2) / (2 * variance))
    return (b * density).sum() / density.sum()


def test_edges_of_a_chain(rng):
    z = rng.normal(size=(80, 6))
    x = z @ rng.normal(size=(6, 6)) + rng.normal(size=(80, 6)).cumsum(axis=1)
    problem = problem_of(z, x, positional=True)
    chain = start_chain(problem, np.zeros((0, 80)))
    renew_gram(problem, chain)
    for _ in range(20):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, rng)
    expected = {
        (problem.parent_gene[gene, candidate], gene, problem.kind[gene, candidate] == POSITIONAL): (
            mean_with_moment_part(chain, gene, place, 80)
        )
        for gene in range(6)
        for place, candidate in enumerate(chain.included[gene, : chain.size[gene]])
        if problem.parent_gene[gene, candidate] >= 0
    }
    edges = edges_of(problem, chain, 7)
    assert {True, False} == set(edges["by_anchor"].tolist())
    assert (edges["graph"] == 7).all()
    assert len(edges) == len(expected)
    for _, cause, target, by_anchor, slope in edges.tolist():
        assert slope == pytest.approx(expected[cause, target, by_anchor], rel=1e-6)
    for row, edge in enumerate(edges):
        assert edge["cause"] not in edges["target"][row:]


def test_effects_of_a_design():
    """gene1 acts on gene3 by itself and by gene2, whose two effects are negative."""
    rng = np.random.default_rng(5)
    n = 3000
    z = rng.binomial(2, 0.4, size=(n, 3)).astype(float)
    noise = rng.normal(size=(n, 3))
    gene1 = z[:, 0] + noise[:, 0]
    gene2 = -0.8 * gene1 + z[:, 1] + noise[:, 1]
    gene3 = -0.5 * gene2 + 0.4 * gene1 + z[:, 2] + noise[:, 2]
    x = np.column_stack([gene3, gene1, gene2])
    names = ["gene3", "gene1", "gene2"]
    result = genesis.discover(z, pd.DataFrame(x, columns=names), normalise="none")
    rows = result.relations.set_index(["gene_a", "gene_b"])
    sd = dict(zip(names, x.std(axis=0), strict=True))
    for cause, target, effect in (
        ("gene1", "gene2", -0.8),
        ("gene2", "gene3", -0.5),
        ("gene1", "gene3", 0.8),
    ):
        row = rows.loc[(cause, target)]
        assert row["relation"] == "ancestor"
        assert row["effect"] == pytest.approx(effect * sd[cause] / sd[target], abs=0.03)
        assert abs(row["effect_reverse"]) < 0.01
        pair = [names.index(cause), names.index(target)]
        assert row["correlation"] == pytest.approx(np.corrcoef(x[:, pair].T)[0, 1], abs=1e-6)
