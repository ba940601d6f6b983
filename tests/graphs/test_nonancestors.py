"""What follows from "is not an ancestor of": true where its reasons are, and nothing missed."""

from __future__ import annotations

from itertools import combinations, permutations, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis.graphs.nonancestors import implied_nonancestors
from genesis.graphs.reachability import transitive_closure


def by_hand(cannot, precedes):
    """The same pair by pair, until nothing is added."""
    n = len(cannot)
    found = cannot.copy()
    while True:
        before = found.copy()
        for a, b in permutations(range(n), 2):
            if precedes[a, b]:
                found[b, a] = True
                for c in range(n):
                    if found[a, c] and c != b:
                        found[b, c] = True
                    if found[c, b] and c != a:
                        found[c, a] = True
        np.fill_diagonal(found, False)
        if (found == before).all():
            return found


def true_claims(seed, n):
    """Ancestors in a random DAG, and some of what is true of them, closed as claims are."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    edges = np.triu(rng.random((n, n)) < rng.uniform(0.1, 0.6), 1)[np.ix_(order, order)]
    truth = transitive_closure(edges)
    precedes = transitive_closure(truth & (rng.random((n, n)) < rng.random()))
    cannot = ~truth & (rng.random((n, n)) < rng.random())
    np.fill_diagonal(cannot, False)
    return edges, truth, precedes, cannot


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 17))
def test_whatever_follows_from_what_is_true_is_true(seed, n):
    edges, truth, precedes, cannot = true_claims(seed, n)
    found = implied_nonancestors(cannot, precedes)
    assert not (found & truth).any()
    assert (found >= cannot).all()
    assert (implied_nonancestors(found, precedes) == found).all()
    np.testing.assert_array_equal(found, by_hand(cannot, precedes))
    graph = nx.from_numpy_array(edges, create_using=nx.DiGraph)
    for a, b in np.argwhere(found).tolist():
        # Of a forced change of a, b knows nothing.
        forced = graph.copy()
        forced.remove_edges_from(list(graph.in_edges(a)))
        assert nx.is_d_separator(forced, {a}, {b}, set())


def orders_of(n):
    """Every strict partial order of n genes, as matrices."""
    found = {}
    pairs = list(combinations(range(n), 2))
    for ways in product((0, 1, 2), repeat=len(pairs)):
        edges = np.zeros((n, n), dtype=bool)
        for (a, b), way in zip(pairs, ways, strict=True):
            edges[a, b], edges[b, a] = way == 1, way == 2
        closed = transitive_closure(edges)
        if not (closed & closed.T).any():
            found[closed.tobytes()] = closed
    return np.array(list(found.values()))


@pytest.fixture(scope="module")
def orders():
    found = orders_of(4)
    assert len(found) == 219
    return found


def test_nothing_that_follows_is_missed(orders, rng):
    """A pair is ruled out exactly where none of the orders that agree with the claims has it."""
    for _ in range(200):
        truth = orders[rng.integers(len(orders))]
        precedes = transitive_closure(truth & (rng.random((4, 4)) < 0.5))
        cannot = ~truth & ~np.eye(4, dtype=bool) & (rng.random((4, 4)) < 0.3)
        agree = orders[(orders >= precedes).all(axis=(1, 2)) & ~(orders & cannot).any(axis=(1, 2))]
        never = ~agree.any(axis=0) & ~np.eye(4, dtype=bool)
        np.testing.assert_array_equal(implied_nonancestors(cannot, precedes), never)
