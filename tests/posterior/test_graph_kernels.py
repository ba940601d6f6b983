"""Cycles, ancestors and counts against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from genesis.posterior.chains.chain import start_chain, start_tally
from genesis.posterior.model.graph_kernels import (
    ancestor_bits,
    causal_order,
    count_graph,
    is_ancestor,
)
from tests.posterior.small_problems import problem_of


@pytest.fixture
def random_state(rng):
    """A chain of 70 genes with a random acyclic graph, and the graph."""
    n_genes, n_factors = 70, 2
    problem = problem_of(rng.normal(size=(80, 2)), rng.normal(size=(80, n_genes)), n_factors)
    chain = start_chain(problem, np.zeros((n_factors, 80)))
    chain.size[:] = 0
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n_genes))
    rank = rng.permutation(n_genes)
    for gene in range(n_genes):
        earlier = np.flatnonzero(rank < rank[gene])
        for parent in rng.permutation(earlier)[: rng.integers(0, 3)]:
            place = np.flatnonzero(problem.parent_gene[gene] == parent)[0]
            chain.included[gene, chain.size[gene]] = place
            chain.size[gene] += 1
            graph.add_edge(int(parent), gene)
        if gene % 3 == 0:
            chain.included[gene, chain.size[gene]] = gene % 2
            chain.size[gene] += 1
    return problem, chain, graph


def test_paths(random_state, rng):
    problem, chain, graph = random_state
    seen, stack = np.zeros(70, dtype=bool), np.zeros(71, dtype=np.int64)
    for first, second in rng.integers(0, 70, size=(500, 2)):
        found = is_ancestor(
            problem.parent_gene, chain.included, chain.size, first, second, -1, seen, stack
        )
        assert found == nx.has_path(graph, first, second)
        assert not seen.any()
    gene = int(np.argmax(chain.size))
    parent = int(problem.parent_gene[gene, chain.included[gene, 0]])
    cut = graph.copy()
    cut.remove_edge(parent, gene)
    found = is_ancestor(
        problem.parent_gene, chain.included, chain.size, parent, gene, 0, seen, stack
    )
    assert found == nx.has_path(cut, parent, gene)


def test_order_and_ancestors(random_state):
    problem, chain, graph = random_state
    order = causal_order(problem.parent_gene, chain.included, chain.size).tolist()
    assert sorted(order) == list(range(70))
    assert all(order.index(a) < order.index(b) for a, b in graph.edges)
    bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
    for gene in range(70):
        found = {a for a in range(70) if int(bits[gene, a // 64]) >> (a % 64) & 1}
        assert found == nx.ancestors(graph, gene)


def test_counts(random_state):
    problem, chain, graph = random_state
    tally = start_tally(problem)
    bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
    for _ in range(3):
        count_graph(problem, chain, bits, tally)
    for a in range(70):
        below = nx.descendants(graph, a)
        for b in range(70):
            assert tally.ancestor[a, b] == 3 * (b in below)
            assert tally.direct[a, b] == 3 * graph.has_edge(a, b)
            share = a % 3 == b % 3 == 0 and a % 2 == b % 2
            assert tally.confounded[a, b] == 3 * (b in below and share)
    assert tally.acts.sum() == 3 * chain.size.sum()
