"""What is said of a claim's anchors."""

from __future__ import annotations

import pytest

from genesis.report.gene_story import _posterior_story

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
    assert _posterior_story(CLAIM | change).endswith(f"deviations. {says}")
