"""Paths and closures of random graphs, with cycles too, against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from genesis.graphs.bit_matrix import no_bits
from genesis.graphs.reachability import closed_bits, has_path, transitive_closure


def drawn(rng, n, degree):
    edges = rng.random((n, n)) < degree / n
    np.fill_diagonal(edges, False)
    return edges, nx.from_numpy_array(edges, create_using=nx.DiGraph)


@pytest.mark.parametrize("n", [1, 5, 64, 65, 100])
def test_the_closure_has_all_descendants_and_no_diagonal(rng, n):
    edges, graph = drawn(rng, n, 1.3)
    closed = transitive_closure(edges)
    for node in range(n):
        assert set(np.flatnonzero(closed[node]).tolist()) == nx.descendants(graph, node)


def test_bits_hold_what_the_matrix_holds_and_cycles_on_the_diagonal():
    bits = closed_bits(np.array([0, 1, 2]), np.array([1, 0, 70]), 71)
    assert bits.shape == no_bits(71).shape == (71, 2)
    assert bits[0].tolist() == bits[1].tolist() == [3, 0]
    assert bits[2].tolist() == [0, 1 << 6]
    assert not bits[3:].any()


def test_paths_around_nodes(rng):
    for _ in range(20):
        edges, graph = drawn(rng, 9, 1.5)
        start, end, *around = rng.permutation(9)[:4].tolist()
        assert has_path(edges, start, end) == nx.has_path(graph, start, end)
        graph.remove_nodes_from(around)
        assert has_path(edges, start, end, around) == nx.has_path(graph, start, end)


def test_a_path_may_end_at_a_node_that_it_must_not_pass():
    edges = np.zeros((3, 3), dtype=bool)
    edges[0, 1] = edges[1, 2] = True
    assert has_path(edges, 0, 1, around=[1])
    assert not has_path(edges, 0, 2, around=[1])
