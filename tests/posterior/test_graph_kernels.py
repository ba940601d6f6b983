"""Cycles, ancestors and counts against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from genesis.jit import kernel
from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model import graph_kernels
from genesis.posterior.model.graph_kernels import causal_order, list_graph
from tests.inner_kernels import called
from tests.posterior.sampler_kernels import ancestor_bits
from tests.posterior.small_problems import problem_of

is_ancestor = called(graph_kernels.is_ancestor)


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
    for first, second in rng.integers(0, 70, size=(500, 2)):
        found = is_ancestor(problem, chain, first, second, -1)
        assert found == nx.has_path(graph, first, second)
        assert not chain.space.seen.any()
    gene = int(np.argmax(chain.size))
    parent = int(problem.parent_gene[gene, chain.included[gene, 0]])
    cut = graph.copy()
    cut.remove_edge(parent, gene)
    found = is_ancestor(problem, chain, parent, gene, 0)
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


def test_edges_of_a_graph_are_listed_in_causal_order(random_state):
    problem, chain, graph = random_state
    before = np.array([[5, 6], [7, 8]], dtype=np.int32)
    loads = np.zeros((70, 1), dtype=np.uint64)
    edges = list_graph_of(problem, chain, before, loads)
    np.testing.assert_array_equal(edges[:, :2], before)
    cause, target = edges[:, 2:].tolist()
    assert len(cause) == graph.number_of_edges()
    assert set(zip(cause, target, strict=True)) == set(graph.edges)
    for k, (above, below) in enumerate(zip(cause, target, strict=True)):
        assert above not in target[k:]
        # All edges to one gene are together.
        assert target.index(below) + target.count(below) == k + 1 or target[k + 1] == below
    expected = [0 if gene % 3 else 1 + gene % 2 for gene in range(70)]
    assert loads[:, 0].tolist() == expected


@kernel
def list_graph_of(problem, chain, before, loads):
    return list_graph(problem, chain, before, loads)
