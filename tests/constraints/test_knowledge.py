"""Constraint graphs as matrices: what follows from what is given, against brute force."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from genesis import ConstraintGraph
from genesis.constraints import knowledge
from genesis.constraints.knowledge import Knowledge
from genesis.errors import InconsistentInputsError, MemoryBudgetError
from tests.constraints.oracle import names_of, random_dag, true_constraints
from tests.handmade import ANCESTOR, UNRELATED, random_result, result_of


def closed_by_hand(required: set, forbidden: set, p: int) -> tuple[set, set]:
    """All that follows, one step after the other."""
    required, forbidden = set(required), set(forbidden)
    while True:
        more = {(a, c) for (a, b), (d, c) in product(required, repeat=2) if b == d} - required
        none = {(b, a) for a, b in required} - forbidden
        for (a, b), (c, d) in product(required, forbidden):
            # a before b: what is not before b is not before a, and a not before d: b neither.
            if d == b and c != a:
                none.add((c, a))
            if c == a and d != b:
                none.add((b, d))
        none -= forbidden
        if not more and not none:
            return required, forbidden
        required |= more
        forbidden |= none


def test_what_follows_is_closed(rng):
    for _ in range(150):
        graph, p = random_dag(rng)
        constraints = true_constraints(rng, graph, p, rng.random())
        known = Knowledge.of(constraints, names_of(p))
        at = {name: k for k, name in enumerate(names_of(p))}
        order, ban = constraints.required_order, constraints.forbidden
        given = {(at[a], at[b]) for a, b in zip(order["before"], order["after"], strict=True)}
        banned = {(at[a], at[b]) for a, b in zip(ban["cause"], ban["effect"], strict=True)}
        required, forbidden = closed_by_hand(given, banned, p)
        assert {tuple(pair) for pair in np.argwhere(known.precedes).tolist()} == required
        assert {tuple(pair) for pair in np.argwhere(known.cannot).tolist()} == forbidden
        assert known.n_contradicted == 0


def test_a_run_that_contradicts_itself_is_left_open_there(rng):
    """The rules decide pair by pair: A before B before C, and A and C unrelated."""
    rows = [
        {"gene_a": 0, "gene_b": 1, "relation": ANCESTOR, "rule": 0},
        {"gene_a": 1, "gene_b": 2, "relation": ANCESTOR, "rule": 0},
        {"gene_a": 0, "gene_b": 2, "relation": UNRELATED, "rule": 2},
    ]
    known = Knowledge.of(result_of(rows, ["A", "B", "C"]).constraints(), ["A", "B", "C"])
    assert known.n_contradicted == 1
    assert known.precedes[0, 2]
    assert not known.cannot[0, 2]
    assert known.absent == {(0, 2): frozenset()}
    whole = random_result(rng, 20, 8).constraints()
    names = [*map(str, whole.variants), *map(str, whole.nodes)]
    known = Knowledge.of(whole, names)
    assert known.n_contradicted > 0
    assert not (known.precedes & known.cannot).any()
    assert not (known.edge & ~known.possible).any()


def test_variants_are_before_genes_and_anchors_bound_them():
    result = result_of([], ["A", "B"], ["rs1", "rs2"])
    known = Knowledge.of(result.constraints(), ["rs1", "rs2", "A", "B"])
    assert known.exogenous.tolist() == [True, True, False, False]
    assert known.cannot[:, :2].sum() == 6
    assert known.possible.astype(int).tolist() == [
        [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 0],
    ]  # fmt: skip


def test_edges_need_to_be_certain():
    rows = [
        {"gene_a": 0, "gene_b": b, "relation": ANCESTOR, "rule": 4, "direct": direct,
         "posterior": 1.0, "posterior_reverse": 0.0, "posterior_direct": edge}
        for b, direct, edge in ((1, 1, 0.96), (2, 1, 0.9), (3, 0, 0.01))
    ]  # fmt: skip
    known = Knowledge.of(result_of(rows, list("ABCD")).constraints(), list("ABCD"))
    assert known.edge[0].tolist() == [False, True, False, False]
    assert known.possible[0].tolist() == [False, True, True, False]
    assert known.precedes[0].tolist() == [False, True, True, True]


def test_names_are_checked(monkeypatch):
    graph = ConstraintGraph(["A", "B"])
    with pytest.raises(InconsistentInputsError, match="1 variable not in the constraints: C"):
        Knowledge.of(graph, ["A", "C"])
    monkeypatch.setattr(knowledge, "MOST_VARIABLES", 1)
    with pytest.raises(MemoryBudgetError, match="2 variables are more than the 1 "):
        Knowledge.of(graph, ["A", "B"])
