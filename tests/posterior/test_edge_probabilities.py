"""Probabilities of edges given the rest of one graph, against the plain formulas."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model.backgrounds import Weights
from genesis.posterior.model.factor_kernels import renew_gram
from genesis.posterior.model.state import FACTOR, GENE, POSITIONAL
from genesis.posterior.moves.edge_probability_kernels import STEPS, encode, find_edge_probabilities
from genesis.posterior.moves.paired_kernels import set_offsets
from tests.posterior.sampler_kernels import refit_all, sweep
from tests.posterior.small_problems import log_evidence, log_moment_part, problem_of


@pytest.fixture(params=["as they are", "weighed"])
def state(rng, request):
    """A chain of four genes with a factor, and positional anchors of three of them."""
    z = rng.normal(size=(60, 3))
    x = rng.normal(size=(60, 4))
    x[:, 1] += 0.6 * x[:, 0] + 0.3 * z[:, 0]
    x[:, 2] += 0.4 * x[:, 1]
    factors = rng.normal(size=(1, 60))
    weights = None
    if request.param == "weighed":
        root = np.sqrt(rng.uniform(0.3, 3.0, size=(1, 60)))
        weights = Weights(np.array([2]), root, np.empty((0, 0)))
    problem = problem_of(z, x + 0.5 * factors.T, 1, positional=True, weights=weights)
    chain = start_chain(problem, factors)
    renew_gram(problem, chain)
    chain.log_odds[:], chain.precision[:], chain.joint_log_odds[0] = -1.0, 4.0, 0.5
    chain.log_propensity[:] = [0.7, -0.5, 0.2, 1.1]
    set_offsets(problem, chain)
    random = np.random.default_rng(3)
    for _ in range(20):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, random)
    return problem, chain


def weight(problem, chain, gene, members):
    """Log posterior weight of what acts on a gene: pairs of kind and row of the data or factor."""
    rows = [chain.factors[row] if kind == FACTOR else problem.data[row] for kind, row, _ in members]
    kinds = np.array([kind for kind, _, _ in members], dtype=int)
    y = problem.data[len(problem.data) - len(chain.size) + gene]
    regressors = np.array(rows).reshape(len(rows), len(y))
    if problem.weighting[gene] >= 0:
        root = problem.root_weight[problem.weighting[gene]]
        y, regressors = y * root, regressors * root
    precision = chain.precision[kinds]
    total = log_evidence(y, regressors, precision)
    total += log_moment_part(y, regressors, precision, kinds)
    parents = {parent for kind, _, parent in members if kind == GENE}
    for kind, _, parent in members:
        if kind == GENE and problem.has_positional_anchor[parent]:
            total += chain.log_odds[GENE] - np.log1p(np.exp(chain.joint_log_odds[0]))
        elif kind == POSITIONAL and parent in parents:
            total += chain.joint_log_odds[0]
        else:
            total += chain.log_odds[kind]
    return (
        total
        + chain.log_propensity[list({parent for _, _, parent in members if parent >= 0})].sum()
    )


@pytest.mark.parametrize("goes_along", [0.0, 8.0])
def test_chances_are_those_of_the_weights(state, goes_along):
    problem, chain = state
    n_genes, n_variants = len(chain.size), len(problem.data) - len(chain.size)
    members = [
        [
            (problem.kind[g, c], c if c < 1 else problem.variable[g, c], problem.parent_gene[g, c])
            for c in chain.included[g, : chain.size[g]]
        ]
        for g in range(n_genes)
    ]
    edges = {(parent, g) for g in range(n_genes) for _, _, parent in members[g] if parent >= 0}
    assert 2 <= len(edges) < 6
    cause, target, code = find_edge_probabilities(problem, chain, goes_along, True)
    assert len(code) == n_genes * (n_genes - 1)
    found = np.full((n_genes, n_genes), 255, dtype=np.uint8)
    found[cause, target] = code
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(range(n_genes))
    for a in range(n_genes):
        for b in range(n_genes):
            if a == b or nx.has_path(graph, b, a):
                assert found[a, b] == 255
                continue
            now = weight(problem, chain, b, members[b])
            if (a, b) in edges:
                rest = [one for one in members[b] if one[2] != a]
                log_odds = weight(problem, chain, b, rest) - now
            else:
                ways = []
                anchor = problem.data[a] if a < n_variants else None
                gene = problem.data[n_variants + b]
                if anchor is None or abs(anchor @ gene) >= goes_along:
                    ways.append((GENE, n_variants + a, a))
                if anchor is not None:
                    ways.append((POSITIONAL, a, a))
                weights = [weight(problem, chain, b, [*members[b], way]) - now for way in ways]
                log_odds = np.logaddexp.reduce(weights)
            expected = -STEPS * -np.logaddexp(0.0, -log_odds)
            assert found[a, b] == pytest.approx(min(expected, 255), abs=0.51)


def test_of_candidates_alone_they_are_the_same(state):
    """Whether a gene is a candidate by its expression, by its anchor, or by both."""
    problem, chain = state
    every = find_edge_probabilities(problem, chain, 0.0, True)
    code_of = {(a, b): code for a, b, code in zip(*(one.tolist() for one in every), strict=True)}
    parent_gene = problem.parent_gene.copy()
    acting = {
        (problem.parent_gene[gene, candidate], gene)
        for gene in range(len(chain.size))
        for candidate in chain.included[gene, : chain.size[gene]]
    }
    left_out = next(pair for pair in code_of if pair not in acting)
    parent_gene[left_out[1]][parent_gene[left_out[1]] == left_out[0]] = -1
    fewer = problem._replace(parent_gene=parent_gene)
    cause, target, code = find_edge_probabilities(fewer, chain, 0.0, False)
    found = dict(zip(zip(cause.tolist(), target.tolist(), strict=True), code.tolist(), strict=True))
    assert len(found) == len(code) == len(code_of) - 1
    assert found == {pair: code for pair, code in code_of.items() if pair != left_out}
    assert (np.diff(target) >= 0).all()


@pytest.mark.parametrize("log_odds", [-800.0, -5.0, 0.0, 0.7, 30.0, 800.0])
def test_a_byte_holds_a_chance(log_odds):
    assert np.exp(encode(log_odds) / -STEPS) == pytest.approx(
        max(1 / (1 + np.exp(min(-log_odds, 700))), np.exp(-255 / STEPS)), rel=0.07
    )
