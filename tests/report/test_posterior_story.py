"""What is said of a claim's anchors."""

from __future__ import annotations

import pytest

from genesis.findings.relations import RESTS_ON
from genesis.report.gene_story import _EVIDENCE, _posterior_story, gene_story

CLAIM = {
    "gene_a": "A",
    "gene_b": "B",
    "relation": "ancestor",
    "rule": "calibrated",
    "posterior": 0.9,
    "posterior_reverse": 0.05,
    "posterior_instrument": 0.1,
    "posterior_direct": 0.8,
    "effect": 0.4,
    "rests_on": "own anchor",
    "witness": "rs1",
    "n_witnesses": 1,
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "A is anchored by rs1."),
        ({"n_witnesses": 3}, "A is anchored by rs1 and 2 more."),
        ({"n_witnesses": 0}, "No variant surely acts on A; rs1 does so likeliest."),
        ({"n_witnesses": 0, "witness": None}, "A has no anchor of its own."),
    ],
)
def test_an_anchor_is_one_that_most_graphs_have(change, says):
    assert _posterior_story(CLAIM | change).endswith(f"that is seen in B. {says}")


@pytest.mark.parametrize(
    ("rests_on", "says"),
    [
        ("own anchor", " It rests on an anchor of A that is seen in B."),
        ("anchors elsewhere", " It rests on anchors of ancestors of A that are seen in B."),
        ("expression alone", " It rests on expression alone."),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_what_a_claim_rests_on_is_said(rests_on, says):
    story = _posterior_story(CLAIM | {"rests_on": rests_on})
    assert story.endswith(f"+0.40 standard deviations.{says} A is anchored by rs1.")


def test_there_are_words_for_everything_a_claim_may_rest_on():
    assert tuple(_EVIDENCE) == RESTS_ON


def test_the_story_of_a_run_says_what_its_table_does(calibrated):
    table = calibrated.relations
    claims = table[table["relation"] == "ancestor"]
    assert len(claims) > 5
    for row in claims.to_dict("records"):
        a, b = row["gene_a"], row["gene_b"]
        lines = [line.strip() for line in gene_story(calibrated, b, 50)]
        (line,) = (one for one in lines if one.startswith(f"{a} is a") and f"of {b}." in one)
        assert f" It rests on {_EVIDENCE[row['rests_on']].format(a=a, b=b)}." in line
