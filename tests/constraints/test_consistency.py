"""The short way to see that an order has no cycle, against a search for one."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.constraints import pair_marks
from genesis.constraints.consistency import _rises

EDGES = st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=9)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch):
    monkeypatch.setattr(pair_marks, "_PIECE_PAIRS", 2)


def ends(edges):
    return np.array(sorted(edges), dtype=np.int32).reshape(-1, 2).T


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        (set(), True),
        ({(0, 1), (1, 2), (0, 2)}, True),
        ({(0, 1), (1, 2)}, False),  # not closed: it cannot tell
        ({(0, 1), (1, 0)}, False),
        ({(0, 0)}, False),
    ],
)
def test_closed_orders_rise(edges, expected):
    assert _rises(*ends(edges), 3) == expected


def test_what_rises_has_no_cycle_and_closed_orders_rise():
    @given(EDGES)
    def check(edges):
        graph = nx.DiGraph(edges)
        acyclic = nx.is_directed_acyclic_graph(graph)
        assert acyclic or not _rises(*ends(edges), 6)
        if acyclic:
            assert _rises(*ends(nx.transitive_closure(graph).edges), 6)

    check()


def test_marks_are_set_and_read_in_pieces():
    first, second = np.array([0, 3, 2, 0, 1], dtype=np.int32), np.array([1, 3, 0, 2, 2])
    marks, expected = np.zeros((2, 4, 4), dtype=np.bool_)
    expected[first, second] = True
    pair_marks.mark(marks, first, second)
    np.testing.assert_array_equal(marks, expected)
    every = np.indices((4, 4)).reshape(2, -1)
    found = pair_marks.are_marked(marks, *every)
    np.testing.assert_array_equal(found, expected[tuple(every)])
    assert len(pair_marks.are_marked(marks, first[:0], second[:0])) == 0
