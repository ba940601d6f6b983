"""The constraint graph against slow obvious versions of itself."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.findings.gene_names import gene_position
from genesis.result.result import Result
from tests.handmade import asymmetric_result, random_result, relations, result_of


def rows(frame: pd.DataFrame) -> list[tuple]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [tuple(row) for row in plain.itertuples(index=False)]


def test_every_list_of_a_small_graph():
    graph = asymmetric_result().constraints()
    assert rows(graph.required_order.drop(columns=["log10_p", "posterior"])) == [
        ("A", "B", True, "R1", 1),
        ("A", "C", False, "closure", 2),
    ]
    assert rows(graph.forbidden.drop(columns=["log10_p", "posterior"])) == [
        ("B", "A", "ancestor", "R1", 1),
        ("C", "A", "ancestor", "closure", 2),
        ("C", "B", "nondescendant", "R2", 2),
        ("C", "D", "unrelated", "R3", 2),
        ("D", "C", "unrelated", "R3", 2),
    ]
    assert rows(graph.absent) == [("C", "D", 2, 0.4322)]
    assert rows(graph.candidates.drop(columns="posterior")) == [
        ("A", "B", True, False, "ancestor"),
        ("B", "C", True, False, "nondescendant"),
        ("A", "D", True, True, "unresolved"),
        ("B", "D", True, True, "unresolved"),
    ]
    expected = [-900 / np.log(10), np.nan]
    np.testing.assert_allclose(graph.required_order["log10_p"], expected)
    assert repr(graph) == (
        "ConstraintGraph(4 nodes, 2 required orders, 1 forbidden directions, 1 absent edges)"
    )


def test_separating_set_keeps_variants_and_genes_that_precede_both():
    graph = asymmetric_result().constraints()
    # B precedes C since sweep 1, but D only since sweep 2, which is too late for sweep 2.
    assert graph.separating_set("C", "D") == ["rs1", "rs2", "A"]
    assert graph.separating_set("D", "C") == ["rs1", "rs2", "A"]


def naive_separating_set(result: Result, a: int, b: int, sweep: int) -> list[str]:
    n_variants = len(result.variables) - len(result.genes)
    since = {(r.before, r.after): r.sweep for r in result.ordered_since.itertuples()}
    found = set()
    for row in result.conditioning.itertuples():
        if row.sweep == sweep and row.gene in (a, b):
            gene = row.member - n_variants
            if gene < 0 or all(
                gene != one and since.get((gene, one), sweep) < sweep for one in (a, b)
            ):
                found.add(row.member)
    return [result.variables[member] for member in sorted(found)]


def test_separating_sets_agree_with_the_obvious_way(rng):
    result = random_result(rng, 25, 12)
    graph = result.constraints()
    with_genes = 0
    for row in result.relations[result.relations["relation"] == "unrelated"].itertuples():
        a, b = (result.gene_ids.get_loc(gene) for gene in (row.gene_a, row.gene_b))
        expected = naive_separating_set(result, a, b, row.sweep)
        assert graph.separating_set(row.gene_a, row.gene_b) == expected
        with_genes += any(name.startswith("G") for name in expected)
    assert with_genes > 5


def test_candidates_and_constraints_cover_every_pair_once(rng):
    graph = random_result(rng, 25, 12).constraints()
    listed = rows(graph.candidates.drop(columns="posterior"))
    candidates = {frozenset(row[:2]) for row in listed}
    forbidden = {row[:2] for row in rows(graph.forbidden)}
    indirect = {frozenset(row[:2]) for row in rows(graph.required_order) if row[2] is False}
    absent = {frozenset(row[:2]) for row in rows(graph.absent)}
    for a, b in combinations(graph.nodes, 2):
        pair = frozenset((a, b))
        assert (pair in candidates) + (pair in absent) + (pair in indirect) == 1
        if pair in absent:
            assert {(a, b), (b, a)} <= forbidden
    for gene_a, gene_b, a_to_b, b_to_a, because in listed:
        assert a_to_b
        assert (gene_a, gene_b) not in forbidden
        assert b_to_a == (because == "unresolved") == ((gene_b, gene_a) not in forbidden)


def test_separating_sets_explain_the_tests_of_a_run(rng):
    """The independence that made a pair unrelated is found again given its separating set."""
    from scipy import stats

    n, n_genes = 400, 25
    z = rng.binomial(2, 0.4, size=(n, 30)).astype(float)
    weights = np.triu(rng.random((n_genes, n_genes)) < 0.12, 1) * rng.normal(1, 0.3, (n_genes,) * 2)
    x = np.zeros((n, n_genes))
    for gene in range(n_genes):
        x[:, gene] = 0.8 * z[:, gene] + x @ weights[:, gene] + rng.normal(size=n)
    result = genesis.discover(z, x, method="rules")
    graph = result.constraints()
    column = {f"variant{k + 1}": z[:, k] for k in range(30)}
    column |= {f"gene{k + 1}": x[:, k] for k in range(n_genes)}
    unrelated = np.flatnonzero(result.pairs.relation == 2)
    assert len(unrelated) > 50
    with_genes = 0
    for row in unrelated:
        a = result.gene_ids[result.pairs.gene_a[row]]
        b = result.gene_ids[result.pairs.gene_b[row]]
        members = graph.separating_set(a, b)
        inverse = np.linalg.inv(np.corrcoef([column[name] for name in (a, b, *members)]))
        r = -inverse[0, 1] / np.sqrt(inverse[0, 0] * inverse[1, 1])
        score = np.sqrt(n - len(members) - 3) * np.arctanh(r)
        log_p = np.log(2) + stats.norm.logsf(abs(score))
        assert log_p == pytest.approx(result.pairs.log_p[row], rel=1e-6, abs=1e-9)
        with_genes += any(name.startswith("gene") for name in members)
    assert with_genes


@pytest.mark.parametrize(("a", "b"), [("A", "B"), ("A", "D"), ("B", "C"), ("A", "A")])
def test_no_separating_set_without_absence(a, b):
    with pytest.raises(InconsistentInputsError, match=f"{a} and {b} are not an absent edge"):
        asymmetric_result().constraints().separating_set(a, b)


def test_unknown_genes_are_named_with_similar_ones():
    ids = pd.Index(["ACT1", "ACT11", "CDC28"])
    with pytest.raises(CommandLineError, match=r"'act' is not .* 3 genes: did you mean ACT1"):
        gene_position(ids, "act")
    with pytest.raises(CommandLineError, match="did you mean CDC28"):
        gene_position(ids, "CDC82")
    with pytest.raises(CommandLineError, match=r"among the 3 genes$"):
        gene_position(ids, "zzzzzz")
    with pytest.raises(CommandLineError, match=r"among the 0 genes$"):
        gene_position(pd.Index([]), "")


def claim(a: int, b: int, relation: int) -> dict[str, float]:
    return {"gene_a": a, "gene_b": b, "relation": relation, "rule": 2 if relation == 2 else 0}


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        (
            [(0, 1, 0), (1, 0, 0)],
            "2 orders are both .* forbidden: A before B, B before A",
        ),
        ([(0, 1, 0), (1, 0, 1)], "1 orders are both required and forbidden: A before B"),
        ([(1, 0, 0), (0, 1, 2)], "1 orders are both required and forbidden: B before A"),
        ([(0, 1, 0), (0, 1, 2)], "1 orders are both required and forbidden: A before B"),
        ([(0, 1, 0), (1, 2, 0), (2, 0, 0)], "cycle: A before B before C before A"),
    ],
)
def test_contradictions_are_named(claims, message):
    result = result_of([claim(*one) for one in claims], ["A", "B", "C"])
    with pytest.raises(InconsistentInputsError, match=message):
        result.constraints()


@pytest.mark.parametrize("ids", [[], ["ACT1"], ["ACT1", "CDC28"]])
def test_a_result_without_relations(ids):
    graph = result_of([], ids).constraints()
    assert graph.required_order.empty
    assert graph.forbidden.empty
    assert graph.absent.empty
    assert len(graph.candidates) == len(ids) * (len(ids) - 1) // 2


def test_relations_helper_sorts_like_the_package():
    pairs = relations([claim(1, 2, 2), claim(0, 1, 0), claim(0, 2, 1)])
    assert pairs.relation.tolist() == [0, 1, 2]
