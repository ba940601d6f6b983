"""Each metric against loops that are obviously right, and against what follows from its name."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis.errors import CommandLineError
from genesis.evaluate import (
    average_precision,
    calibration_error,
    count_claims,
    evaluate,
    reliability_table,
    roc_area,
    structural_hamming_distance,
    top_share,
    transitive_closure,
)
from genesis.evaluate.calibration import BINS
from tests.evaluate import naive

#: Few distinct values, so that there are ties, and edges of bins among them.
SCORES = (0.0, 0.01, 0.2, 0.3, 0.5, 0.55, 0.9, 0.99, 1.0)


@st.composite
def networks(draw):
    """Claims, edges and pairs that count over up to seven genes; all with or without cycles."""
    n = draw(st.integers(1, 7))
    seed, density = draw(st.integers(0, 2**32)), draw(st.sampled_from([0.0, 0.1, 0.3, 0.7, 1.0]))
    rng = np.random.default_rng(seed)
    claims, edges = (rng.random((n, n)) < density for _ in range(2))
    keep = rng.random((n, n)) < draw(st.sampled_from([1.0, 0.7]))
    return claims, edges, keep


@st.composite
def ranked(draw):
    """Scores with ties, and what is true."""
    scores = draw(st.lists(st.sampled_from(SCORES), min_size=1, max_size=12))
    labels = draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)))
    return scores, labels


@pytest.mark.parametrize("level", ["ancestors", "direct"])
@given(given_network=networks())
def test_counts_and_shares(level, given_network):
    claims, edges, keep = given_network
    truth = naive.closure(edges) if level == "ancestors" else edges
    expected = naive.metrics(claims, truth, keep)
    found = evaluate(claims, edges, level=level, exclude=~keep).metrics
    if level == "ancestors":
        assert math.isnan(found["shd"])
        del expected["shd"]
    for name, value in expected.items():
        assert naive.same(found[name], value), name


@given(given_network=networks())
def test_array_functions_pass_over_the_diagonal(given_network):
    claims, edges, _ = given_network
    expected = naive.metrics(claims, edges, np.ones_like(edges))
    counts = count_claims(claims, edges)
    for name in ("n_true", "n_claimed", "n_correct", "n_reversed", "precision", "coverage"):
        assert naive.same(getattr(counts, name), expected[name]), name
    assert structural_hamming_distance(claims, edges) == expected["shd"]


@given(given_network=networks())
def test_closure_follows_all_walks(given_network):
    edges = given_network[1]
    closed = transitive_closure(edges)
    assert closed.tolist() == naive.closure(edges)
    assert (transitive_closure(closed) == closed).all()


@pytest.mark.parametrize("n", [63, 64, 65, 200])
def test_closure_of_many_genes(n):
    chain = np.eye(n, k=1, dtype=bool)
    assert (transitive_closure(chain) == np.triu(np.ones((n, n), dtype=bool), 1)).all()
    chain[n - 1, 0] = True
    assert (transitive_closure(chain) == ~np.eye(n, dtype=bool)).all()


@given(ranked())
def test_areas(pairs):
    scores, labels = pairs
    arrays = np.array(scores), np.array(labels)
    assert naive.same(average_precision(*arrays), naive.average_precision(scores, labels))
    assert naive.same(roc_area(*arrays), naive.roc_area(scores, labels))


@given(ranked(), st.randoms())
def test_areas_know_no_order_of_equal_scores(pairs, random):
    scores, labels = pairs
    order = random.sample(range(len(scores)), len(scores))
    arrays = np.array(scores), np.array(labels)
    for area in (average_precision, roc_area):
        before, after = area(*arrays), area(arrays[0][order], arrays[1][order])
        assert before == after or math.isnan(before)


@given(st.integers(1, 20), st.integers(0, 20))
def test_areas_where_all_scores_are_equal(n_true, n_false):
    labels = np.arange(n_true + n_false) < n_true
    scores = np.full(len(labels), 0.3)
    assert average_precision(scores, labels) == pytest.approx(n_true / len(labels))
    if n_false:
        assert roc_area(scores, labels) == 0.5


def test_areas_of_perfect_and_opposite_order():
    labels = np.array([True] * 3 + [False] * 5)
    scores = np.arange(8.0)[::-1]
    assert (average_precision(scores, labels), roc_area(scores, labels)) == (1.0, 1.0)
    assert roc_area(-scores, labels) == 0.0
    worst = np.mean([1 / 6, 2 / 7, 3 / 8])
    assert average_precision(-scores, labels) == pytest.approx(worst)
    scores[0] = np.inf
    assert average_precision(scores, labels) == 1.0


def test_random_scores_have_the_area_of_chance(rng):
    labels = rng.random(100_000) < 0.02
    scores = rng.random(len(labels))
    assert average_precision(scores, labels) == pytest.approx(0.02, abs=0.002)
    assert roc_area(scores, labels) == pytest.approx(0.5, abs=0.02)


def test_areas_of_nothing():
    assert math.isnan(average_precision(np.empty(0), np.empty(0, dtype=bool)))
    assert math.isnan(roc_area(np.empty(0), np.empty(0, dtype=bool)))


@given(ranked(), st.integers(1, 14))
def test_share_of_the_best(pairs, top):
    scores, labels = pairs
    found = top_share(np.array(scores), np.array(labels), top)
    assert naive.same(found, naive.top_share(scores, labels, top))


def test_share_of_the_best_of_none():
    assert math.isnan(top_share(np.empty(0), np.empty(0, dtype=bool), 3))
    with pytest.raises(CommandLineError, match="top is 0"):
        top_share(np.empty(0), np.empty(0, dtype=bool), 0)


@given(ranked(), st.sampled_from([BINS, (0.0, 0.5, 1.0), (0.0, 1.0)]))
@settings(max_examples=50)
def test_reliability(pairs, bins):
    scores, labels = pairs
    table = reliability_table(np.array(scores), np.array(labels), bins)
    rows = naive.reliability(scores, labels, bins)
    assert table["lower"].tolist() == list(bins[:-1])
    assert table["upper"].tolist() == list(bins[1:])
    columns = ["n", "n_true", "mean_posterior", "true_rate", "rate_low", "rate_high"]
    for found, expected in zip(table[columns].itertuples(index=False), rows, strict=True):
        assert all(naive.same(x, y) for x, y in zip(found, expected, strict=True))
    for above in (0.0, 0.5):
        error = calibration_error(table, above)
        assert naive.same(error, naive.calibration_error(rows, bins, above))


def test_drawn_from_its_posteriors_the_error_vanishes(rng):
    posteriors = rng.random(200_000)
    table = reliability_table(posteriors, rng.random(len(posteriors)) < posteriors)
    assert calibration_error(table) < 0.01
    inside = table["mean_posterior"].between(table["rate_low"], table["rate_high"])
    assert inside.sum() >= len(table) - 2
    table = reliability_table(posteriors, rng.random(len(posteriors)) < posteriors**2)
    # The mean of p − p² over 0 to 1.
    assert calibration_error(table) == pytest.approx(1 / 6, abs=0.01)


def test_reliability_of_nothing():
    table = reliability_table(np.empty(0), np.empty(0, dtype=bool))
    assert table["n"].sum() == 0
    assert math.isnan(calibration_error(table))


@pytest.mark.parametrize("bins", [(0.0,), (0.1, 1.0), (0.0, 0.9), (0.0, 0.5, 0.5, 1.0)])
def test_bins_ascend_from_0_to_1(bins):
    with pytest.raises(CommandLineError, match="ascend from 0 to 1"):
        reliability_table(np.array([0.5]), np.array([True]), bins)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_posteriors_are_probabilities(value):
    with pytest.raises(CommandLineError, match="between 0 and 1"):
        reliability_table(np.array([value]), np.array([True]))


@pytest.mark.parametrize("measure", [average_precision, roc_area, reliability_table])
def test_scores_and_labels_belong_together(measure):
    measure([0.5, 0.2], [True, False])
    with pytest.raises(CommandLineError, match="one label a score"):
        measure([0.5, 0.2], [True])
    with pytest.raises(CommandLineError, match=r"NaN|between 0 and 1"):
        measure([0.5, np.nan], [True, False])
