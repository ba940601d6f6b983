"""Known graphs: d-separation in place of tests, and the right answers by brute force."""

from __future__ import annotations

from itertools import combinations, product

import networkx as nx
import numpy as np

from genesis import ConstraintGraph


class OracleTests:
    """Answers a learner by d-separation in a known DAG, latent variables among its nodes."""

    most_given = 10**6

    def __init__(self, graph: nx.DiGraph) -> None:
        self.graph = graph
        self.n_tests = 0

    def independent_pairs(self, first, second):
        apart = [
            self.separate(int(x), int(y), [], [], 0) is not None
            for x, y in zip(first, second, strict=True)
        ]
        return np.array(apart, dtype=bool)

    def separate(self, x, y, fixed, free, size):
        for chosen in combinations(free, size):
            self.n_tests += 1
            if nx.is_d_separator(self.graph, {x}, {y}, {*fixed, *chosen}):
                return frozenset([*fixed, *chosen])
        return None


def random_dag(rng: np.random.Generator, n_latent: int = 0) -> tuple[nx.DiGraph, int]:
    """A DAG of 3 to 6 observed nodes 0, 1, ...; latent ones follow, each with two children."""
    p = int(rng.integers(3, 7))
    order = rng.permutation(p)
    density = rng.uniform(0.2, 0.55)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(p + n_latent))
    for a, b in combinations(range(p), 2):
        if rng.random() < density:
            graph.add_edge(int(order[a]), int(order[b]))
    for latent in range(p, p + n_latent):
        for child in rng.choice(p, 2, replace=False):
            graph.add_edge(latent, int(child))
    return graph, p


def names_of(p: int) -> list[str]:
    return [f"v{k}" for k in range(p)]


def true_constraints(
    rng: np.random.Generator, graph: nx.DiGraph, p: int, share: float
) -> ConstraintGraph:
    """About this share of everything that is true of the observed nodes of a DAG."""
    names = names_of(p)
    ancestry = {(a, b) for a in range(p) for b in nx.descendants(graph, a) if b < p}
    required = {
        (names[a], names[b]): graph.has_edge(a, b) if rng.random() < 0.5 else None
        for a, b in sorted(ancestry)
        if rng.random() < 0.5 * share
    }
    forbidden = [
        (names[a], names[b])
        for a, b in product(range(p), repeat=2)
        if a != b and (a, b) not in ancestry and rng.random() < share
    ]
    absent = {}
    for a, b in combinations(range(p), 2):
        rest = [node for node in range(p) if node not in (a, b)]
        sets = [
            chosen
            for size in range(p - 1)
            for chosen in combinations(rest, size)
            if rng.random() < 0.3 * share and nx.is_d_separator(graph, {a}, {b}, set(chosen))
        ]
        if sets:
            chosen = sets[int(rng.integers(len(sets)))]
            absent[names[a], names[b]] = [names[node] for node in chosen]
    return ConstraintGraph(names, required_order=required, forbidden=forbidden, absent=absent)


def class_by_enumeration(graph: nx.DiGraph, cannot: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directed and undirected edges shared by all equivalent DAGs whose edges are not forbidden."""
    p = len(graph)
    dag = nx.to_numpy_array(graph, nodelist=range(p)) > 0
    adjacent = dag | dag.T
    pairs = np.argwhere(np.triu(adjacent)).tolist()
    shown = np.zeros((p, p), dtype=int)
    total = 0
    for bits in product((False, True), repeat=len(pairs)):
        one = np.zeros((p, p), dtype=bool)
        for (a, b), turned in zip(pairs, bits, strict=True):
            one[(b, a) if turned else (a, b)] = True
        if (
            not (one & cannot).any()
            and colliders(one, adjacent) == colliders(dag, adjacent)
            and nx.is_directed_acyclic_graph(nx.from_numpy_array(one, create_using=nx.DiGraph))
        ):
            shown += one
            total += 1
    return shown == total, (shown > 0) & (shown < total)


def colliders(dag: np.ndarray, adjacent: np.ndarray) -> set[tuple[int, int, int]]:
    return {
        (x, c, y)
        for c in range(len(dag))
        for x, y in combinations(np.flatnonzero(dag[:, c]).tolist(), 2)
        if not adjacent[x, y]
    }


def ancestral_adjacency(graph: nx.DiGraph, p: int) -> np.ndarray:
    """Adjacencies of the maximal ancestral graph: pairs that their ancestors do not separate."""
    adjacent = np.zeros((p, p), dtype=bool)
    for a, b in combinations(range(p), 2):
        above = {*nx.ancestors(graph, a), *nx.ancestors(graph, b)} - {a, b}
        given = {node for node in above if node < p}
        adjacent[a, b] = adjacent[b, a] = not nx.is_d_separator(graph, {a}, {b}, given)
    return adjacent


def linear_data(rng: np.random.Generator, graph: nx.DiGraph, n: int) -> np.ndarray:
    """Normal data of a linear model with effects of about one half, one column a node."""
    values = np.zeros((n, len(graph)))
    for node in nx.topological_sort(graph):
        values[:, node] = rng.normal(size=n)
        for parent in graph.predecessors(node):
            values[:, node] += rng.choice([-1, 1]) * rng.uniform(0.5, 1.0) * values[:, parent]
    return values
