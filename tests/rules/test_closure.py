"""Reachability, commits and closure on bit matrices against networkx."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.graphs import closure_kernels
from genesis.graphs.codes import (
    ANCESTOR,
    NONDESCENDANT,
    NOT_ANCESTOR,
    UNRESOLVED,
    empty_matrix,
    pair_index,
)
from genesis.rules import vote_kernels
from genesis.rules.search import log_threshold
from tests import naive


def no_bits(n):
    return np.zeros((n, -(-n // 64)), dtype=np.uint64)


def bits_to_edges(reach):
    n = len(reach)
    return {(a, b) for a in range(n) for b in range(n) if closure_kernels.has_bit(reach, a, b)}


@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 130])
def test_closure_agrees_with_networkx(rng, n):
    edges = np.argwhere(np.triu(rng.random((n, n)) < 2 / n, 1))
    shuffled = rng.permutation(n)[edges].reshape(-1, 2).astype(np.int32)
    reach, grown, grown_back = no_bits(n), no_bits(n), no_bits(n)
    closure_kernels.mark_edges(shuffled[:, 0], shuffled[:, 1], reach)
    closure_kernels.close_transitively(reach)
    for a, b in shuffled:
        closure_kernels.add_edge(grown, grown_back, a, b)
    expected = set(nx.transitive_closure(nx.DiGraph(shuffled.tolist())).edges)
    assert bits_to_edges(reach) == expected
    assert bits_to_edges(grown) == expected
    assert {(a, b) for b, a in bits_to_edges(grown_back)} == expected


@pytest.mark.parametrize("seed", range(5))
def test_commits_stay_acyclic_and_take_the_next_rule(seed):
    rng = np.random.default_rng(seed)
    n = 12
    first, second = np.tril_indices(n, -1)
    count = rng.integers(0, 2, size=(len(first), 4))
    order = rng.permutation(len(first))
    codes = empty_matrix(n)
    pair, claimed = np.nonzero(count)
    start = np.searchsorted(pair, np.arange(len(first) + 1))
    committed = np.empty(len(first), dtype=np.int64)
    orders, strict = np.array([[no_bits(n)] * 2] * 2)
    closure_kernels.commit(
        first[pair], second[pair], claimed, start, order, codes, orders, strict, committed
    )
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    for turn in order:
        i, j = int(first[turn]), int(second[turn])
        claims = [(i, j, 2), (j, i, 2), (i, j, 1), (j, i, 1)]
        expected = -1
        for rule, (a, b, code) in enumerate(claims):
            if count[turn, rule] and not nx.has_path(graph, b, a):
                graph.add_edge(a, b)
                assert (codes[a, b], codes[b, a]) == (code, NOT_ANCESTOR)
                expected = rule
                break
        assert (claimed[committed[turn]] if committed[turn] >= 0 else -1) == expected
        if expected < 0:
            assert codes[i, j] == codes[j, i] == UNRESOLVED
    assert nx.is_directed_acyclic_graph(graph)
    assert bits_to_edges(orders[0]) == set(nx.transitive_closure(graph).edges)
    certain = nx.DiGraph([edge for edge in graph.edges if codes[edge] == ANCESTOR])
    assert bits_to_edges(strict[0]) == set(nx.transitive_closure(certain).edges)


def test_closure_overwrites_weaker_claims_only():
    codes = empty_matrix(4)
    for a, b, code in ((0, 1, ANCESTOR), (1, 2, ANCESTOR), (0, 2, NONDESCENDANT), (2, 3, 1)):
        codes[a, b], codes[b, a] = code, NOT_ANCESTOR
    reach = no_bits(4)
    closure_kernels.mark_edges(np.array([0, 1]), np.array([1, 2]), reach)
    closure_kernels.close_transitively(reach)
    rule_of, sweep_of, ordered_since = np.zeros((3, 6), dtype=np.int8)
    ordered_since[pair_index(2, 0)] = 4
    touched = np.zeros(4, dtype=np.bool_)
    counts = closure_kernels.apply_closure(
        reach, codes, 5, 3, rule_of, sweep_of, ordered_since, touched
    )
    assert counts == (1, 0)
    assert rule_of.tolist() == [0, 3, 0, 0, 0, 0]
    assert sweep_of.tolist() == [0, 5, 0, 0, 0, 0]
    assert ordered_since.tolist() == [0, 4, 0, 0, 0, 0]
    assert touched.tolist() == [False, False, True, False]
    assert codes[0, 2] == ANCESTOR
    assert codes[2, 3] == NONDESCENDANT
    assert codes[0, 3] == codes[3, 0] == UNRESOLVED


def test_pairs_are_numbered_in_order():
    i, j = np.tril_indices(7, -1)
    assert pair_index(i, j).tolist() == list(range(21))


@given(
    st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=5),
    st.lists(st.sampled_from([1.0, 2.0, 3.5]), min_size=20, max_size=20),
)
def test_votes_are_settled_as_one_by_one(counts, evidence):
    count = np.array(counts)
    weight = np.array(evidence).reshape(5, 4)[: len(count)] * (count > 0)
    expected = [naive.settle(c, e) for c, e in zip(count, weight, strict=True)]
    vote_kernels.settle(count, weight)
    assert count.tolist() == np.array(expected).tolist()


@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=40), st.sampled_from([0.01, 0.05, 0.3]))
def test_threshold_rejects_what_adjusted_p_values_reject(p, alpha):
    p = np.array(p)
    small = np.log(p[p <= alpha])
    threshold = log_threshold(small, len(p), alpha)
    adjusted = naive.adjust(p)
    clear = abs(adjusted - alpha) > 1e-9
    assert ((np.log(p) <= threshold) == (adjusted <= alpha))[clear].all()
