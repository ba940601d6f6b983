"""Claims by the layers of cause and effect, by hand."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from genesis.evaluate import evaluate
from tests.evaluate.networks import matrix
from tests.handmade import ANCESTOR, UNRELATED, result_of

#: A → P → T and B → T: ancestors A ≺ P, A ≺ T, P ≺ T, B ≺ T.
TRUTH = pd.DataFrame({"parent": ["A", "P", "B"], "child": ["P", "T", "T"]})
LAYERS = ["expression", "expression", "protein", "trait"]


def row(a, b, relation, posterior, reverse):
    return {
        "gene_a": a, "gene_b": b, "relation": relation, "rule": 4,
        "posterior": posterior, "posterior_reverse": reverse,
    }  # fmt: skip


@pytest.fixture
def result():
    found = result_of(
        [
            row(0, 1, ANCESTOR, 0.75, 0.125),  # A ≺ B: wrong
            row(0, 2, ANCESTOR, 0.5, 0.25),  # A ≺ P: right
            row(2, 1, ANCESTOR, 0.625, 0.0),  # P ≺ B: wrong
            row(0, 3, UNRELATED, 0.25, 0.0),  # A and T: missed
            row(1, 3, UNRELATED, 0.375, 0.0),  # B and T: missed
            row(2, 3, ANCESTOR, 0.875, 0.0),  # P ≺ T: right
        ],
        list("ABPT"),
    )
    return dataclasses.replace(found, genes=found.genes.assign(layer=LAYERS))


def test_figures_by_hand(result):
    found = evaluate(result, TRUTH).layers.set_index(["from_layer", "to_layer"])
    nan = np.nan
    expected = {
        # pairs, true, claimed, correct, AUPR, F1, FDR
        ("expression", "expression"): (2, 0, 1, 0, nan, 0, 1),
        # By score: A ≺ P (0.5, true) before B ≺ P (0, listed as the reverse of P ≺ B).
        ("expression", "protein"): (2, 1, 1, 1, 1, 1, 0),
        # Both are true.
        ("expression", "trait"): (2, 2, 0, 0, 1, 0, nan),
        ("protein", "expression"): (2, 0, 1, 0, nan, 0, 1),
        ("protein", "trait"): (1, 1, 1, 1, 1, 1, 0),
        ("trait", "expression"): (2, 0, 0, 0, nan, nan, nan),
        ("trait", "protein"): (1, 0, 0, 0, nan, nan, nan),
    }
    assert found.index.tolist() == list(expected)
    for pair, values in expected.items():
        np.testing.assert_array_equal(found.loc[pair].to_numpy(float), values, err_msg=str(pair))
    whole = evaluate(result, TRUTH)
    for name in ("n_pairs", "n_true", "n_claimed", "n_correct"):
        assert found[name].sum() == getattr(whole, name)


def test_area_of_a_pair_of_layers_is_that_of_its_own_scores(result):
    scores = pd.DataFrame(0.0, index=list("ABPT"), columns=list("ABPT"))
    scores.loc["A", "P"], scores.loc["B", "P"] = 0.25, 0.5
    found = evaluate(result, TRUTH, scores=scores).layers.set_index(["from_layer", "to_layer"])
    # The false pair comes first: precision is one half where the true one is found.
    assert found.loc[("expression", "protein"), "aupr"] == 0.5
    exclude = pd.DataFrame({"gene_a": ["B"], "gene_b": ["P"]})
    found = evaluate(result, TRUTH, scores=scores, exclude=exclude).layers
    found = found.set_index(["from_layer", "to_layer"])
    assert found.loc[("expression", "protein"), ["n_pairs", "aupr"]].tolist() == [1, 1]


def test_nodes_that_the_truth_does_not_name_have_no_part(result):
    found = evaluate(result, TRUTH[TRUTH["child"] == "P"]).layers
    assert found[["from_layer", "to_layer"]].to_numpy().tolist() == [
        ["expression", "protein"],
        ["protein", "expression"],
    ]
    assert found["n_pairs"].tolist() == [1, 1]


def test_direct_claims_have_layers_too_and_other_claims_have_none(result):
    assert evaluate(result, TRUTH, level="direct").layers["n_true"].sum() == 3
    plain = dataclasses.replace(result, genes=result.genes.drop(columns="layer"))
    assert evaluate(plain, TRUTH).layers is None
    assert evaluate(matrix("ABPT", "AP"), TRUTH).layers is None


def test_the_command_shows_them(result, tmp_path, genesis_command):
    result.save(tmp_path / "run")
    TRUTH.to_csv(tmp_path / "truth.tsv", sep="\t", index=False)
    words = ["evaluate", "--run", tmp_path / "run", "--truth", tmp_path / "truth.tsv"]
    code, stdout, _ = genesis_command(*words)
    assert code == 0
    said = [" ".join(line.split()) for line in stdout.splitlines()]
    assert "From layer to layer" in said
    assert "from to pairs true claims AUPR F1 FDR" in said
    assert "expression protein 2 1 1 1.000 1.000 0.000" in said
    assert "trait expression 2 0 0 - - -" in said
    record = json.loads(genesis_command(*words, "--json")[1], parse_constant=pytest.fail)
    assert record["layers"][1]["true_fdr"] == 0
    assert record["layers"][5]["aupr"] is None
    assert record["layers"][5]["n_pairs"] == 2
