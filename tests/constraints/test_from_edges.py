"""Constraint graphs made by hand, and how much of a result is trusted."""

from __future__ import annotations

import dataclasses

import networkx as nx
import numpy as np
import pytest

from genesis import ConstraintGraph
from genesis.constraints.knowledge import Knowledge
from genesis.errors import CommandLineError, InconsistentInputsError, MalformedInputError
from tests.constraints.test_graph import rows
from tests.handmade import asymmetric_result, result_of


def chain(**more: object) -> ConstraintGraph:
    """X → Y → Z, of which only the absence of X – Z is known."""
    return ConstraintGraph(["X", "Y", "Z"], absent={("Z", "X"): {"Y"}}, **more)


def test_an_absent_edge_by_hand_forbids_no_order():
    graph = chain(required_order=[("X", "Z")])
    assert rows(graph.required_order[["before", "after", "rule"]]) == [("X", "Z", "given")]
    assert rows(graph.forbidden[["cause", "effect"]]) == [("Z", "X")]
    assert rows(graph.absent[["gene_a", "gene_b"]]) == [("X", "Z")]
    assert graph.separating_set("X", "Z") == graph.separating_set("Z", "X") == ["Y"]
    assert {row[:4] for row in rows(graph.candidates)} == {
        ("X", "Y", True, True),
        ("Y", "Z", True, True),
    }


def test_required_and_forbidden_have_a_direction():
    graph = ConstraintGraph(
        ["A", "B", "C"], required_order={("B", "A"): True}, forbidden=[("C", "A")]
    )
    assert rows(graph.required_order[["before", "after", "direct"]]) == [("B", "A", True)]
    assert set(rows(graph.forbidden[["cause", "effect"]])) == {("A", "B"), ("C", "A")}


def test_candidates_and_tiers_bound_the_edges():
    graph = ConstraintGraph(
        ["rs1", "rs2", "A", "B"],
        candidates={("rs1", "A"): 0.75, ("B", "A"): 0.5, ("A", "B"): 0.25, ("A", "rs2"): 1.0},
        tiers=[["rs1", "rs2"], ["A", "B"]],
    )
    assert rows(graph.candidates.drop(columns="because")) == [
        ("rs1", "A", True, False, 0.75),
        ("A", "B", True, True, 0.25),
    ]


def test_networkx_holds_every_constraint():
    found = chain(required_order={("X", "Y"): False}, forbidden=[("Z", "Y")]).to_networkx()
    assert isinstance(found, nx.DiGraph)
    assert found.edges["X", "Y"] == {"required_order": True, "direct": False, "rule": "given"}
    assert found.edges["Y", "X"] == {"forbidden": True, "rule": "given"}
    assert found.edges["Z", "Y"] == {"forbidden": True, "rule": "given"}
    assert ("Y", "Z") not in found.edges
    assert found.edges["X", "Z"] == found.edges["Z", "X"]
    assert found.edges["X", "Z"]["separating_set"] == ["Y"]


def test_json_gives_a_graph_by_hand_back():
    graph = ConstraintGraph(
        ["rs1", "A", "B", "C"],
        required_order={("A", "B"): True, ("A", "C"): None},
        forbidden=[("C", "B")],
        absent={("rs1", "C"): ["A", "B"], ("A", "C"): []},
        candidates={("A", "B"): 0.05, ("rs1", "A"): 1.0},
        tiers=[["rs1"], ["A", "C"]],
    )
    again = ConstraintGraph.from_json(graph.to_json())
    assert again.to_json() == graph.to_json()
    assert nx.utils.graphs_equal(again.to_networkx(), graph.to_networkx())
    assert again.separating_set("C", "rs1") == ["A", "B"]
    assert again.tiers == graph.tiers == [[0], [1, 3]]
    assert rows(again.candidates) == rows(graph.candidates)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"required_order": [("A", "B"), ("B", "C"), ("C", "A")]},
         "cycle: A before B before C before A"),
        ({"required_order": [("A", "B")], "forbidden": [("A", "B")]},
         "both required and forbidden: A before B"),
        ({"required_order": [("A", "B"), ("B", "C")], "forbidden": [("A", "C")]},
         "A before C is forbidden and follows from what is required: A before B before C"),
        ({"required_order": [("A", "B")], "tiers": [["B"], ["A"]]},
         "both required and forbidden: A before B"),
        ({"required_order": {("A", "B"): True}, "absent": {("B", "A"): ["C"]}},
         "the edge A → B is both required and absent"),
        ({"absent": {("A", "B"): [], ("B", "A"): ["C"]}}, "two different sets"),
        ({"absent": {("A", "B"): ["A"]}}, "holds one of the two"),
        ({"tiers": [["A"], ["A", "B"]]}, "in two tiers: A"),
        ({"forbidden": [("A", "D")]}, "forbidden names 'D', which is not among the 3 nodes"),
        ({"forbidden": [("A", "A")]}, "pairs 'A' with itself"),
    ],
)  # fmt: skip
def test_contradictions_by_hand_are_named(given, message):
    with pytest.raises(InconsistentInputsError, match=message):
        ConstraintGraph(["A", "B", "C"], **given)


@pytest.mark.parametrize(
    ("nodes", "given", "message"),
    [
        (["A", "A"], {}, "named twice: A"),
        ("AB", {}, "sequence of names"),
        (["A", "\t"], {}, "holds a tab"),
        (["A", "B"], {"forbidden": ["AB"]}, "'AB', which is no pair"),
        (["A", "B"], {"absent": {("A", "B"): "A"}}, "collection of names"),
        (["A", "B"], {"required_order": {("A", "B"): "yes"}}, "True, False or None"),
        (["A", "B"], {"candidates": {("A", "B"): 2}}, "between 0 and 1"),
    ],
)
def test_entries_of_the_wrong_form_are_refused(nodes, given, message):
    with pytest.raises(MalformedInputError, match=message):
        ConstraintGraph(nodes, **given)


def with_posteriors():
    found = [
        {"gene_a": 0, "gene_b": 1, "relation": 0, "rule": 4, "posterior": 0.99,
         "posterior_reverse": 0.0, "posterior_direct": 0.97, "direct": 1},
        {"gene_a": 1, "gene_b": 2, "relation": 0, "rule": 4, "posterior": 0.9,
         "posterior_reverse": 0.05, "posterior_direct": 0.1, "direct": 0},
        {"gene_a": 0, "gene_b": 2, "relation": 0, "rule": 3, "posterior": 0.875,
         "posterior_reverse": 0.0, "posterior_direct": 0.0, "direct": 0},
        {"gene_a": 0, "gene_b": 3, "relation": 2, "rule": 4, "posterior": 0.01,
         "posterior_reverse": 0.2},
    ]  # fmt: skip
    return result_of(found, ["A", "B", "C", "D"])


@pytest.mark.parametrize(
    ("level", "required", "forbidden"),
    [
        ({}, {("A", "B"), ("B", "C"), ("A", "C")}, {("A", "D"), ("D", "A")}),
        ({"min_posterior": 0.95}, {("A", "B")}, {("A", "D")}),
        ({"fdr": 0.02}, {("A", "B")}, {("A", "D")}),
        # B ≺ C alone would do; the mean of 0.01, 0.1 and 0.125 is not within 0.07.
        ({"fdr": 0.07}, {("A", "B")}, {("A", "D")}),
        ({"fdr": 0.08}, {("A", "B"), ("B", "C"), ("A", "C")}, {("A", "D")}),
        ({"fdr": 0.2}, {("A", "B"), ("B", "C"), ("A", "C")}, {("A", "D"), ("D", "A")}),
        ({"fdr": 0.0}, set(), set()),
    ],
)
def test_levels_choose_among_the_claims(level, required, forbidden):
    graph = with_posteriors().constraints(**level)
    order = graph.required_order
    assert set(zip(order["before"], order["after"], strict=True)) == required
    reverse = {(b, a) for a, b in required}
    found = set(zip(graph.forbidden["cause"], graph.forbidden["effect"], strict=True))
    assert found == forbidden | reverse


def test_a_direction_is_forbidden_only_where_what_follows_is_as_certain():
    found = [
        {"gene_a": 0, "gene_b": 1, "relation": 0, "rule": 4, "posterior": 0.96,
         "posterior_reverse": 0.0},
        {"gene_a": 0, "gene_b": 2, "relation": 2, "rule": 4, "posterior": 0.01,
         "posterior_reverse": 0.0},
        {"gene_a": 1, "gene_b": 2, "relation": 3, "rule": 4, "posterior": 0.04,
         "posterior_reverse": 0.2},
    ]  # fmt: skip
    result = result_of(found, ["A", "B", "C"])
    # A not before C, with A before B, says that B is not before C: sure to 0.96.
    for level, kept in ((0.95, {("A", "C"), ("C", "A")}), (0.97, {("A", "C"), ("C", "A")})):
        for asked in ({"min_posterior": level}, {"fdr": 1 - level}):
            graph = result.constraints(**asked)
            found = set(zip(graph.forbidden["cause"], graph.forbidden["effect"], strict=True))
            assert found - {("B", "A")} == kept
            known = Knowledge.of(graph, ["A", "B", "C"])
            assert known.cannot[1, 2] == (level < 0.96)
    result.pairs.posterior[:] = [0.99, 0.01, 0.04]
    kept = result.constraints(min_posterior=0.97).forbidden
    assert set(zip(kept["cause"], kept["effect"], strict=True)) == {("B", "A"), ("C", "A")}
    # Of a pair that is not listed no more is known than that it is below what is.
    short = dataclasses.replace(result, pairs=result.pairs.rows(np.array([True, True, False])))
    for least, n_kept in ((0.01, 3), (0.05, 2)):
        short.run["options"]["keep_posterior"] = least
        assert len(short.constraints(min_posterior=0.97).forbidden) == n_kept


def test_posteriors_of_edges_survive_json():
    graph = with_posteriors().constraints()
    again = ConstraintGraph.from_json(graph.to_json())
    for found in (graph, again):
        np.testing.assert_allclose(found.claims["posterior_direct"][:3], [0.97, 0, 0.1], rtol=1e-6)


def test_candidates_of_a_calibrated_run_have_a_posterior():
    rows_of_run = [
        {"gene_a": 0, "gene_b": 1, "relation": 0, "rule": 4, "direct": 1, "posterior": 0.99,
         "posterior_reverse": 0.0, "posterior_direct": 0.75},
        {"gene_a": 1, "gene_b": 2, "relation": 3, "rule": 4, "posterior": 0.5,
         "posterior_reverse": 0.25, "posterior_direct": 0.25},
        {"gene_a": 2, "gene_b": 1, "relation": 3, "rule": 4, "posterior": 0.25,
         "posterior_reverse": 0.5, "posterior_direct": 0.04},
    ]  # fmt: skip
    result = result_of(rows_of_run, ["A", "B", "C"])
    result.run["options"]["method"] = "calibrated"
    graph = result.constraints()
    expected = [
        ("A", "B", True, False, 0.75, "ancestor"),
        ("B", "C", True, False, 0.25, "unresolved"),
    ]
    assert rows(graph.candidates) == expected
    assert rows(ConstraintGraph.from_json(graph.to_json()).candidates) == expected
    result.run["options"]["method"] = "rules"
    assert len(result.constraints().candidates) == 3


def test_levels_that_cannot_be_used():
    with pytest.raises(CommandLineError, match="not both"):
        with_posteriors().constraints(min_posterior=0.9, fdr=0.1)
    with pytest.raises(CommandLineError, match=r"from 0\.5 to 1"):
        with_posteriors().constraints(min_posterior=0.4)
    with pytest.raises(CommandLineError, match="at least 0 and less than 1"):
        with_posteriors().constraints(fdr=1.0)
    with pytest.raises(CommandLineError, match="no posterior to choose by"):
        asymmetric_result().constraints(fdr=0.1)
