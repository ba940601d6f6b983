"""Evaluations as a whole: direction, forms of input, genes of one side only."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import (
    CommandLineError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.evaluate import enrichment, evaluate
from tests.evaluate import naive
from tests.evaluate.networks import CHAIN, matrix, random_input
from tests.handmade import ANCESTOR, NONDESCENDANT, UNRELATED, asymmetric_result, result_of


def assert_same(first, second):
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert value == second[name] or (math.isnan(value) and math.isnan(second[name])), name


def test_row_is_before_column():
    truth = matrix("AB", "AB")
    right, wrong = evaluate(matrix("AB", "AB"), truth), evaluate(matrix("AB", "BA"), truth)
    assert (right.n_correct, right.n_reversed, right.orientation_accuracy) == (1, 0, 1.0)
    assert (wrong.n_correct, wrong.n_reversed, wrong.orientation_accuracy) == (0, 1, 0.0)
    assert (right.f1, wrong.f1, wrong.coverage) == (1.0, 0.0, 1.0)
    back = evaluate(matrix("AB", "BA"), pd.DataFrame({"parent": ["B"], "child": ["A"]}))
    assert (back.n_correct, back.n_reversed) == (1, 0)
    scores = pd.DataFrame([[0, 0.9], [0.1, 0]], index=["A", "B"], columns=["A", "B"])
    assert evaluate(truth, truth, scores=scores).auroc == 1.0
    assert evaluate(truth, truth, scores=scores.T).auroc == 0.0
    assert enrichment(scores, truth, top=1) == 2.0
    assert enrichment(scores.T, truth, top=1) == 0.0
    assert enrichment(scores, truth, top=1, rows=["A"]) == 1.0
    assert math.isnan(enrichment(scores, truth, top=1, rows=["B"]))


def test_an_asymmetric_result_both_ways():
    result = asymmetric_result()  # A ≺ B direct, A ≺ C, B ⪯ C, C ~ D
    found = evaluate(result, CHAIN, unnamed="unrelated")
    assert (found.n_true, found.n_claimed, found.n_correct, found.n_reversed) == (3, 2, 2, 0)
    direct = evaluate(result, CHAIN, level="direct", unnamed="unrelated")
    assert (direct.n_true, direct.n_claimed, direct.n_correct, direct.shd) == (2, 1, 1, 1)
    reverse = CHAIN.rename(columns={"parent": "child", "child": "parent"})
    found = evaluate(result, reverse, unnamed="unrelated")
    assert (found.n_correct, found.n_reversed, found.f1) == (0, 2, 0.0)
    assert evaluate(result, reverse, level="direct", unnamed="unrelated").shd == 2


@given(st.integers(0, 2**32), st.randoms())
def test_no_order_of_genes_changes_anything(seed, random):
    claims, edges, scores = random_input(seed)
    before = evaluate(claims, edges, scores=scores)
    orders = [random.sample(list(claims), len(claims)) for _ in range(6)]
    shuffled = (
        frame.loc[rows, columns]
        for frame, rows, columns in zip(
            (claims, edges, scores), orders[:3], orders[3:], strict=True
        )
    )
    claims, edges, scores = shuffled
    after = evaluate(claims, edges, scores=scores)
    assert_same(before.metrics, after.metrics)
    pd.testing.assert_frame_equal(before.reliability, after.reliability, check_exact=True)


@given(st.integers(0, 2**32), st.sampled_from(["ancestors", "direct"]))
def test_transposing_swaps(seed, level):
    claims, edges, scores = random_input(seed)
    before = evaluate(claims, edges, scores=scores, level=level)
    both = evaluate(claims.T, edges.T, scores=scores.T, level=level)
    assert_same(before.metrics, both.metrics)
    claims &= ~claims.T
    edges = pd.DataFrame(np.triu(edges, 1), index=edges.index, columns=edges.columns)
    before = evaluate(claims, edges, level=level)
    turned = evaluate(claims.T, edges, level=level)
    assert (turned.n_correct, turned.n_reversed) == (before.n_reversed, before.n_correct)
    assert turned.coverage == before.coverage or math.isnan(before.coverage)


@given(st.integers(0, 2**32))
def test_scores_and_posteriors_of_the_whole(seed):
    claims, edges, scores = random_input(seed)
    found = evaluate(claims, edges, scores=scores)
    truth = naive.closure(edges.to_numpy())
    pairs = [(a, b) for a in range(8) for b in range(8) if a != b]
    values = [scores.iat[a, b] for a, b in pairs]
    labels = [truth[a][b] for a, b in pairs]
    assert naive.same(found.aupr, naive.average_precision(values, labels))
    assert naive.same(found.auroc, naive.roc_area(values, labels))
    bins = [*found.reliability["lower"], 1.0]
    rows = naive.reliability(values, labels, bins)
    assert naive.same(found.ece, naive.calibration_error(rows, bins))
    assert naive.same(found.ece_above_half, naive.calibration_error(rows, bins, 0.5))
    promised = [1 - scores.iat[a, b] for a, b in pairs if claims.iat[a, b]]
    assert naive.same(found.claimed_fdr, naive.share(sum(promised), len(promised)))


def test_no_claims_and_nothing_true():
    none, chain = matrix("ABC"), matrix("ABC", "AB", "BC")
    found = evaluate(none, chain)
    assert math.isnan(found.precision)
    assert math.isnan(found.true_fdr)
    assert (found.recall, found.f1, found.coverage) == (0.0, 0.0, 0.0)
    found = evaluate(chain, none)
    assert math.isnan(found.recall)
    assert (found.precision, found.f1) == (0.0, 0.0)
    found = evaluate(none, none, scores=none.astype(float))
    assert math.isnan(found.f1)
    assert math.isnan(found.aupr)
    assert math.isnan(found.claimed_fdr)
    assert "F1 nan" in repr(found)


def test_one_gene():
    found = evaluate(matrix("A"), matrix("A"), scores=matrix("A") * 1.0, level="direct")
    assert (found.n_genes, found.n_pairs, found.n_true, found.shd) == (1, 0, 0, 0)
    assert all(math.isnan(found.metrics[name]) for name in ("f1", "aupr", "ece", "base_rate"))


def test_genes_of_a_feedback_loop_are_ancestors_of_each_other():
    truth = pd.DataFrame({"parent": ["A", "B", "C"], "child": ["B", "C", "B"]})
    found = evaluate(matrix("ABC", "BC"), truth)
    assert (found.n_true, found.n_correct, found.n_reversed) == (4, 1, 0)
    assert evaluate(matrix("ABC", "CB"), truth).orientation_accuracy == 1.0
    # A and B, A and C, B and C.
    assert evaluate(matrix("ABC", "BC"), truth).coverage == 1 / 3
    assert evaluate(matrix("ABC", "CB", "BC"), truth, level="direct").shd == 1


def test_every_form_of_truth_says_the_same():
    claims = matrix("CDAB", "AC", "DB")
    closed = pd.DataFrame(
        {"ancestor": list("AAB"), "descendant": list("BCC"), "direct": [1, 0, 1], "effect": 0.5}
    )
    graph = nx.DiGraph([("A", "B"), ("B", "C")])
    graph.add_node("D")
    whole = matrix("ABCD", "AB", "BC")
    forms = [CHAIN.assign(weight=1.0), CHAIN.astype("category"), closed, graph, whole]
    forms += [whole.astype(float), whole.loc[list("CDAB"), list("CDAB")].to_numpy()]
    forms += [nx.MultiDiGraph(graph), closed.assign(direct=["1", "0", "True"])]
    for level in ("ancestors", "direct"):
        expected = evaluate(claims, whole, level=level).metrics
        for form in forms:
            found = evaluate(claims, form, level=level, unnamed="unrelated")
            assert found.genes.tolist() == list("CDAB")
            assert_same({**found.metrics, "n_not_in_truth": 0}, expected)


def test_arrays_count_their_genes_from_0():
    claims = np.array([[False, True], [False, False]])
    found = evaluate(claims, pd.DataFrame({"parent": [0], "child": [1]}))
    assert found.n_correct == 1
    assert evaluate(claims, nx.DiGraph([(1, 0)])).n_reversed == 1


def test_ancestors_through_genes_that_were_not_measured():
    found = evaluate(matrix("ACX", "AC", "XA"), CHAIN)
    assert (found.n_true, found.n_correct, found.n_claimed) == (1, 1, 1)
    assert (found.genes.tolist(), found.not_in_truth, found.not_in_claims) == (
        ["A", "C"],
        ("X",),
        ("B",),
    )
    assert "1 gene of the claims is not in the truth: X." in repr(found)
    assert "1 gene of the truth is not in the claims: B." in repr(found)
    assert repr(evaluate(matrix("ABZYXWVU"), CHAIN)).endswith("the claims: C.")
    assert "the truth: Z, Y, X, W, V, ...\n" in repr(evaluate(matrix("ABZYXWVU"), CHAIN))
    found = evaluate(matrix("ACX", "AC", "XA"), CHAIN, unnamed="unrelated")
    assert (found.n_true, found.n_correct, found.n_claimed, found.n_genes) == (1, 1, 2, 3)


def test_a_table_of_ancestors_is_taken_as_it_is():
    responses = pd.DataFrame({"ancestor": ["A", "B"], "descendant": ["B", "C"]})
    assert evaluate(matrix("ABC", "AC"), responses).n_correct == 0
    with pytest.raises(InconsistentInputsError, match="does not tell which are direct"):
        evaluate(matrix("ABC"), responses, level="direct")
    with pytest.raises(MalformedInputError, match="column direct of the truth holds maybe"):
        evaluate(matrix("ABC"), responses.assign(direct=["maybe", 1]), level="direct")


def test_excluded_pairs():
    claims, truth = matrix("ABC", "AB", "BC", "CA"), matrix("ABC", "AB", "BC")
    table = pd.DataFrame({"gene_a": ["C", "C"], "gene_b": ["A", "unknown"]})
    found = evaluate(claims, truth, exclude=table, scores=claims * 0.9)
    assert (found.n_pairs, found.n_true, found.n_claimed, found.n_reversed) == (4, 2, 2, 0)
    assert found.reliability["n"].sum() == 4
    found = evaluate(claims, truth, exclude=matrix("CAB", "CA"))
    assert (found.n_pairs, found.n_true, found.n_claimed) == (5, 3, 2)


def test_posteriors_of_a_result():
    def row(a, b, relation, posterior, reverse, edge, edge_reverse, **more):
        return {
            "gene_a": a, "gene_b": b, "relation": relation, "posterior": posterior,
            "posterior_reverse": reverse, "posterior_direct": edge,
            "posterior_direct_reverse": edge_reverse, **more,
        }  # fmt: skip

    rows = [
        row(0, 1, ANCESTOR, 0.9, 0.05, 0.8, 0.04, direct=1),
        row(0, 2, ANCESTOR, np.nan, np.nan, np.nan, np.nan),
        row(1, 2, NONDESCENDANT, 0.4, 0.2, 0.3, 0.15),
        row(2, 3, UNRELATED, 0.15, 0.0, 0.1, 0.0),
    ]
    result = result_of(rows, list("ABCD"))
    found = evaluate(result, CHAIN, unnamed="unrelated")
    scores = matrix("ABCD") * 0.0
    scores.loc["A", "B"], scores.loc["B", "A"] = np.float32(0.9), np.float32(0.05)
    scores.loc["B", "C"], scores.loc["C", "B"] = np.float32(0.4), np.float32(0.2)
    scores.loc["C", "D"] = np.float32(0.15)
    by_hand = evaluate(
        matrix("ABCD", "AB", "AC"), CHAIN, scores=scores, unnamed="unrelated"
    ).metrics
    # A claim that follows from others, the other way round of it, and pairs with A–D, B–D.
    assert (found.n_unscored, found.n_pairs_unscored) == (1, 6)
    assert "6 of 12 pairs have no score and count as 0" in repr(found)
    assert_same({**found.metrics, "n_unscored": 0, "n_pairs_unscored": 0}, by_hand)
    assert found.claimed_fdr == pytest.approx((0.1 + 1) / 2)
    assert "FDR claimed 0.550, true 0.000" in repr(found)
    direct = evaluate(result, CHAIN, level="direct", unnamed="unrelated")
    edges = matrix("ABCD") * 0.0
    edges.loc["A", "B"], edges.loc["B", "A"] = np.float32(0.8), np.float32(0.04)
    edges.loc["B", "C"], edges.loc["C", "B"] = np.float32(0.3), np.float32(0.15)
    edges.loc["C", "D"] = np.float32(0.1)
    by_hand = evaluate(
        matrix("ABCD", "AB"), CHAIN, scores=edges, level="direct", unnamed="unrelated"
    ).metrics
    assert_same({**direct.metrics, "n_unscored": 0, "n_pairs_unscored": 0}, by_hand)
    assert direct.reliability["n"].sum() == 12
    assert direct.claimed_fdr == pytest.approx(0.2)
    assert direct.auroc == 1.0
    assert math.isnan(evaluate(asymmetric_result(), CHAIN).aupr)


def test_scores_of_other_genes_and_scales():
    claims, truth = matrix("ABC", "AB"), matrix("ABC", "AB", "BC")
    scores = matrix("CA") * 1.0
    found = evaluate(claims, truth, scores=scores)
    assert found.n_unscored == 1
    assert found.auroc == 0.5
    other = pd.DataFrame(np.arange(9.0).reshape(3, 3) - 20, index=list("ABC"), columns=list("ABC"))
    assert evaluate(claims, truth, scores=other).reliability is None
    with pytest.raises(CommandLineError, match="between 0 and 1"):
        evaluate(claims, truth, scores=other, posteriors=True)
    with pytest.raises(MalformedInputError, match="some scores are missing and others negative"):
        evaluate(claims, truth, scores=other.where(other != other.loc["A", "B"]))
    with pytest.raises(InconsistentInputsError, match="is in the scores"):
        evaluate(claims, truth, scores=matrix("XY") * 1.0)
    with pytest.raises(MalformedInputError, match="not numbers"):
        evaluate(claims, truth, scores=other.astype(object).where(other != -20, "x"))


def test_nothing_in_common_shows_both_sides():
    with pytest.raises(InconsistentInputsError) as caught:
        evaluate(matrix("XY"), CHAIN)
    assert "2 genes: X, Y" in str(caught.value)
    assert "3 genes: A, B, C" in str(caught.value)
    for empty in (CHAIN[:0], matrix("")):
        with pytest.raises(InconsistentInputsError, match=r"names no gene.*--unnamed unrelated"):
            evaluate(matrix("XY"), empty)
        assert evaluate(matrix("XY", "XY"), empty, unnamed="unrelated").precision == 0


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        (np.zeros((2, 3)), "shape"),
        (np.zeros(3), "shape"),
        (np.array([[0, 0.5], [0, 0]]), "the claims hold 0.5"),
        (np.array([[0, np.nan], [0, 0]]), "the claims hold nan"),
        (np.array([[0, None], [0, "x"]], dtype=object), "the claims are not all True or False"),
        (pd.DataFrame(np.zeros((2, 2)), index=list("AA"), columns=list("AB")), "more than once"),
        (pd.DataFrame(np.zeros((2, 2)), index=list("AB"), columns=list("AC")), "such as B, C"),
    ],
)
def test_claims_that_are_none(claims, message):
    with pytest.raises(MalformedInputError, match=message):
        evaluate(claims, CHAIN)


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        (CHAIN.rename(columns={"child": "target"}), "parent, target"),
        (nx.Graph([("A", "B")]), "without directions"),
        (pd.DataFrame({"parent": ["A", "B"], "child": ["B", None]}), "row 2 of the truth"),
        (np.zeros((2, 2)), "the truth are of 2 genes and the claims of 3"),
    ],
)
def test_truth_that_is_none(truth, message):
    with pytest.raises(MalformedInputError, match=message):
        evaluate(matrix("ABC"), truth)


@pytest.mark.parametrize("option", [{"level": "edges"}, {"unnamed": "keep"}, {"bins": (0, 2)}])
def test_options_out_of_range(option):
    with pytest.raises(CommandLineError):
        evaluate(matrix("ABC"), CHAIN, scores=matrix("ABC") * 1.0, **option)


def test_summary_is_one_row():
    table = evaluate(matrix("ABC", "AB"), CHAIN).summary()
    assert table.shape[0] == 1
    assert table.loc[0, ["level", "n_genes", "n_true", "precision"]].tolist() == [
        "ancestors", 3, 3, 1.0,
    ]  # fmt: skip


def test_genes_that_act_on_themselves_are_passed_over_and_named():
    own = pd.DataFrame({"parent": ["B"], "child": ["B"]})
    table = pd.concat([CHAIN, own])
    for truth in (table, nx.DiGraph(table.to_numpy().tolist())):
        found = evaluate(matrix("ABC", "AB"), truth)
        assert_same(found.metrics, evaluate(matrix("ABC", "AB"), CHAIN).metrics)
        assert found.of_itself == ("B",)
        assert "1 edge from a gene to itself was passed over: B." in repr(found)


def test_a_file_is_no_truth_before_it_is_read(tmp_path):
    with pytest.raises(MalformedInputError, match=r"truth\.tsv'; read it with .*read_truth"):
        evaluate(matrix("ABC"), tmp_path / "truth.tsv")
