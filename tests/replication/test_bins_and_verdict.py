"""The table of λ by posterior and evidence, and what it says in words."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from genesis.replication.bins import COLUMNS, EDGES, replication_table
from genesis.replication.statistic import AnchoredClaims, replicated_share
from genesis.replication.verdict import outcome, verdict

ROWS = np.random.default_rng(1).normal(size=(20, 100))
ROWS /= np.linalg.norm(ROWS, axis=1, keepdims=True)


def claims(posterior) -> AnchoredClaims:
    m = len(posterior)
    each = np.arange(m)
    return AnchoredClaims(
        each % 4, each % 4 + 5, each % 4, np.linspace(0.4, 0.6, m), np.linspace(0.5, 1, m),
        np.asarray(posterior, dtype=float), each % 4,
    )  # fmt: skip


def test_bins_hold_each_claim_once():
    posterior = [0.05, 0.1, 0.3, 0.5, 0.89, np.float32(0.9), 0.95, 1.0, 1.0]
    table = replication_table(claims(posterior), None, ROWS, ROWS)
    assert tuple(table.columns) == COLUMNS
    assert table["rests_on"].tolist() == ["all"] * 3
    assert table[["lower", "upper"]].to_numpy().tolist() == [[0.1, 0.5], [0.5, 0.9], [0.9, 1.0]]
    assert table["n_claims"].tolist() == [2, 2, 4]


def test_a_row_is_the_share_of_its_claims():
    some = claims(np.full(8, 0.95))
    kind = np.array(["own anchor", "expression alone"] * 4)
    table = replication_table(some, kind, ROWS, ROWS).set_index(["rests_on", "lower"])
    own = replicated_share(some.among(kind == "own anchor"), ROWS, ROWS)
    row = table.loc["own anchor", 0.9]
    assert row["share"] == own.share
    assert row["se_between"] == own.se_between == math.inf  # two loci
    assert row["n_loci"] == 2
    assert table.loc["anchors elsewhere", 0.9]["n_claims"] == 0
    assert math.isnan(table.loc["anchors elsewhere", 0.9]["share"])


def test_posteriors_have_the_weights_of_their_claims():
    some = claims([0.9, 1.0])
    weight = (some.strength * some.effect) ** 2
    table = replication_table(some, None, ROWS, ROWS)
    assert table["mean_posterior"].iloc[2] == pytest.approx(weight @ [0.9, 1.0] / weight.sum())


def test_rows_of_one_variant_are_one_anchor():
    names = np.array(["rs1", "rs1", "rs2", "rs2", *map(str, range(16))])
    table = replication_table(claims(np.ones(4)), None, ROWS, ROWS, names)
    assert table["n_anchors"].iloc[2] == 2


def row(**changed) -> pd.DataFrame:
    given = {
        "rests_on": "all", "lower": 0.9, "upper": 1.0, "n_claims": 57, "n_loci": 23,
        "share": 0.91, "se": 0.05, "se_between": 0.1, "mean_posterior": 0.96,
    }  # fmt: skip
    return pd.DataFrame([given | changed])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "0.91 ± 0.10 of the effects they predict was seen in the other samples (0.96"),
        ({}, "Within its error this is what they promise."),
        ({"share": 0.5}, "They promise too much: about 0.50 of these effects is real."),
        ({"share": 0.1}, "Next to nothing of them is seen again"),
        ({"share": 1.4}, "More is seen than they predict"),
        ({"se_between": 0.3}, "too little to tell (0.91 ± 0.30"),
        ({"n_loci": 2, "se_between": math.inf}, "at 2 loci, which is too little to tell (0.91 of"),
        ({"n_loci": 1, "se_between": math.inf}, "at 1 locus, which is too little to tell"),
        ({"n_claims": 0, "n_loci": 0}, "none could be tested: this says nothing"),
        # Of many claims a difference is seen that is of no account.
        ({"share": 0.94, "se_between": 0.001}, "0.94 ± 0.0010 of the effects"),
        ({"share": 0.94, "se_between": 0.001}, "To within 0.03 this is what they promise."),
        ({"share": 0.92, "se_between": 0.001}, "They promise too much: about 0.92"),
        ({"share": 0.98, "se_between": 0.001}, "To within 0.03 this is what they promise."),
        ({"share": 1.0, "se_between": 0.001}, "More is seen than they predict"),
    ],
)
def test_verdicts(changed, words):
    said = verdict(row(**changed), {0.9: 230})
    assert said.startswith("Of 230 claims at a posterior of 0.9 or more")
    assert words in said


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, "hold"),
        ({"share": 0.96 - 0.2073}, "hold"),  # 22 degrees of freedom: ± 0.2074
        ({"share": 0.96 - 0.2075}, "less"),
        ({"share": 0.2075}, "less"),
        ({"share": 0.2073}, "nothing"),
        ({"share": -0.1}, "nothing"),
        ({"share": 0.96 + 0.2073}, "hold"),
        ({"share": 0.96 + 0.2075}, "more"),
        ({"se_between": 0.25}, "hold"),
        ({"se_between": 0.26}, "cannot tell"),
        ({"n_loci": 3, "share": 0.55}, "hold"),  # of two degrees of freedom: ± 0.43
        ({"n_loci": 2}, "cannot tell"),
        ({"n_claims": 0}, "cannot tell"),
    ],
)
def test_outcomes_are_those_of_the_words(changed, says):
    table = row(**changed)
    found = outcome(table, {0.9: 230})
    assert found["says"] == says
    known = says != "cannot tell"
    assert found["seen"] == (round(table["share"].item(), 4) if known else None)
    assert found["expected"] == (0.96 if known else None)
    word = {"hold": "what they promise", "less": "too much", "nothing": "Next to nothing",
            "more": "More is seen", "cannot tell": "this says nothing for or against"}  # fmt: skip
    assert word[says] in verdict(table, {0.9: 230})


def test_a_share_below_zero_has_a_minus():
    assert ": −0.10 ± 0.10 of the effects" in verdict(row(share=-0.1), {0.9: 230})


def test_the_first_bin_that_has_claims_speaks():
    table = pd.concat([row(lower=0.5, upper=0.9, share=0.7, mean_posterior=0.7), row(n_claims=0)])
    said = verdict(table, {0.5: 80, 0.9: 0})
    assert said.startswith("There is no claim at a posterior of 0.9 or more. Of 80 claims at a ")
    assert "from 0.5 to 0.9" in said


def test_nothing_was_claimed():
    empty = replication_table(claims([]), None, ROWS, ROWS)
    assert outcome(empty, dict.fromkeys(EDGES, 0))["says"] == "cannot tell"
    assert verdict(empty, dict.fromkeys(EDGES, 0)).endswith("There is nothing to test.")


def test_splits_are_said():
    assert "(all 4 splits together)" in verdict(row(), {0.9: 1000}, 4)
