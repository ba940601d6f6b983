"""Several data sets as one, and the pairs of the highest scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import DegenerateDataError, InconsistentInputsError
from genesis.evaluate import enrichment, evaluate, pool, top_share
from tests.evaluate import naive
from tests.evaluate.networks import CHAIN, matrix, random_input


def test_pooling_adds_pairs_and_averages_metrics():
    inputs = [random_input(seed, n) for seed, n in ((1, 6), (2, 9), (3, 4))]
    single = [evaluate(claims, edges, scores=scores) for claims, edges, scores in inputs]
    both = pool([*single, evaluate(inputs[0][0], inputs[0][1])])
    assert both.data_sets.shape[0] == 4
    values = [one.precision for one in single] + [single[0].precision]
    assert both.metrics.loc["precision", "mean"] == pytest.approx(np.mean(values))
    assert both.metrics.loc["aupr", "n"] == 3
    rows, pairs = [], []
    for one, (_, edges, scores) in zip(single, inputs, strict=True):
        rows.append(one.reliability)
        truth = naive.closure(edges.to_numpy())
        n = len(edges)
        pairs += [(scores.iat[a, b], truth[a][b]) for a in range(n) for b in range(n) if a != b]
    bins = [*rows[0]["lower"], 1.0]
    expected = naive.reliability(*zip(*pairs, strict=True), bins)
    columns = ["n", "n_true", "mean_posterior", "true_rate", "rate_low", "rate_high"]
    for found, right in zip(
        both.reliability[columns].itertuples(index=False), expected, strict=True
    ):
        assert all(naive.same(x, y) for x, y in zip(found, right, strict=True))
    assert naive.same(both.ece, naive.calibration_error(expected, bins))
    assert naive.same(both.ece_above_half, naive.calibration_error(expected, bins, 0.5))
    assert "Mean over 4 data sets" in repr(both)
    assert "calibration error of all pairs" in repr(both)
    assert both.summary().loc[0, "n_data_sets"] == 4


def test_pooling_of_what_does_not_belong_together():
    one = evaluate(matrix("ABC", "AB"), CHAIN, scores=matrix("ABC") * 0.5)
    assert math.isnan(pool([evaluate(matrix("ABC"), CHAIN)]).ece)
    assert pool([one]).reliability.equals(one.reliability)
    with pytest.raises(DegenerateDataError, match="no evaluations"):
        pool([])
    with pytest.raises(InconsistentInputsError, match="levels ancestors and direct"):
        pool([one, evaluate(matrix("ABC"), CHAIN, level="direct")])
    other = evaluate(matrix("ABC"), CHAIN, scores=matrix("ABC") * 0.5, bins=(0, 1))
    with pytest.raises(InconsistentInputsError, match="different bins"):
        pool([one, other])


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_enrichment_is_the_share_at_the_top_by_the_share_of_all(seed, top):
    _, edges, scores = random_input(seed)
    truth = naive.closure(edges.to_numpy())
    for rows, places in ((None, range(8)), (["G1", "G4", "elsewhere"], (1, 4))):
        pairs = [(scores.iat[a, b], truth[a][b]) for a in places for b in range(8) if a != b]
        values, labels = map(np.array, zip(*pairs, strict=True))
        expected = naive.share(top_share(values, labels, top), labels.mean())
        assert naive.same(enrichment(scores, edges, top, rows), expected)
    if any(map(any, truth)):
        assert enrichment(scores * 0.0, edges, top) == pytest.approx(1.0)
        assert enrichment((scores * 0.0).to_numpy(), edges.to_numpy(), 500) == 1.0


def test_enrichment_without_genes_or_pairs():
    scores = matrix("ABC") * 1.0
    with pytest.raises(InconsistentInputsError, match="none of the 1 regulator"):
        enrichment(scores, CHAIN, rows=["X"])
    with pytest.raises(DegenerateDataError, match="no pairs are left"):
        enrichment(scores, CHAIN, exclude=~matrix("ABC"))
