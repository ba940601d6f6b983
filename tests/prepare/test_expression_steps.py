"""Filter, library sizes, log and quantile normalisation against slow and obvious versions."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import CommandLineError, DegenerateDataError, MalformedInputError
from genesis.prepare import filter_expression, tmm
from genesis.prepare.normalise import normalise


def ranks(values):
    """Average ranks, counted one by one."""
    return [1 + sum(b < a for b in values) + (sum(b == a for b in values) - 1) / 2 for a in values]


def slow_tmm(counts):
    """edgeR's calcNormFactors(method = "TMM"), gene by gene."""
    n_samples = len(counts)
    sizes = [sum(row) for row in counts]
    genes = [g for g in range(len(counts[0])) if any(row[g] > 0 for row in counts)]
    upper = [
        float(np.quantile([row[g] for g in genes], 0.75)) / size
        for row, size in zip(counts, sizes, strict=True)
    ]
    mean = sum(upper) / n_samples
    reference = min(range(n_samples), key=lambda s: abs(upper[s] - mean))
    logs = []
    for s in range(n_samples):
        m, a, v = [], [], []
        for g in genes:
            obs, ref = counts[s][g], counts[reference][g]
            if obs == 0 or ref == 0:
                continue
            x, y = math.log2(obs / sizes[s]), math.log2(ref / sizes[reference])
            m.append(x - y)
            a.append((x + y) / 2)
            v.append(
                (sizes[s] - obs) / sizes[s] / obs
                + (sizes[reference] - ref) / sizes[reference] / ref
            )
        if not m or max(map(abs, m)) < 1e-6:
            logs.append(0.0)
            continue
        n = len(m)
        low_m, low_a = math.floor(n * 0.3) + 1, math.floor(n * 0.05) + 1
        kept = [
            k
            for k, (rm, ra) in enumerate(zip(ranks(m), ranks(a), strict=True))
            if low_m <= rm <= n + 1 - low_m and low_a <= ra <= n + 1 - low_a
        ]
        weight = sum(1 / v[k] for k in kept)
        logs.append(sum(m[k] / v[k] for k in kept) / weight)
    return [2 ** (x - sum(logs) / n_samples) for x in logs]


@given(seed=st.integers(0, 10**6), n_samples=st.integers(2, 6), n_genes=st.integers(20, 60))
def test_tmm_is_that_of_edger(seed, n_samples, n_genes):
    rng = np.random.default_rng(seed)
    mean = rng.lognormal(3, 1.5, n_genes) * rng.uniform(0.3, 3, (n_samples, 1))
    counts = rng.poisson(mean).astype(float)
    np.testing.assert_allclose(tmm(counts), slow_tmm(counts.tolist()), rtol=1e-10)


def test_tmm_undoes_a_few_genes_that_take_most_reads(rng):
    true = rng.lognormal(4, 1, 500)
    samples = np.tile(true, (6, 1))
    samples[3:, :20] *= 30
    counts = rng.poisson(samples * rng.uniform(0.5, 2, (6, 1))).astype(float)
    scaled = normalise(counts, "tmm")[:, 20:]
    plain = normalise(counts, "cpm")[:, 20:]
    ratio = np.median(scaled[3:].mean(axis=0) / scaled[:3].mean(axis=0))
    assert ratio == pytest.approx(1, abs=0.03)
    assert np.median(plain[3:].mean(axis=0) / plain[:3].mean(axis=0)) < 0.7


def test_cpm_and_log(rng):
    counts = rng.poisson(20, (5, 30)).astype(float)
    expected = [[1e6 * x / sum(row) for x in row] for row in counts]
    np.testing.assert_allclose(normalise(counts, "cpm"), expected)
    np.testing.assert_allclose(normalise(counts, "cpm,log2"), np.log2(np.add(expected, 1)))


def test_quantiles_become_the_same_in_every_sample(rng):
    values = rng.normal(size=(4, 50)) * rng.uniform(1, 5, (4, 1))
    found = normalise(values, "quantile")
    common = np.mean([sorted(row) for row in values], axis=0)
    for row, given_row in zip(found, values, strict=True):
        np.testing.assert_allclose(sorted(row), common)
        np.testing.assert_array_equal(np.argsort(row), np.argsort(given_row))


def test_ties_share_a_quantile():
    found = normalise([[1.0, 1.0, 5.0], [0.0, 2.0, 4.0]], "quantile")
    np.testing.assert_allclose(found, [[1.0, 1.0, 4.5], [0.5, 1.5, 4.5]])


def test_steps_go_from_left_to_right(rng):
    counts = rng.poisson(20, (30, 10)).astype(float)
    one_by_one = normalise(normalise(normalise(counts, "tmm"), "log2"), "int")
    np.testing.assert_array_equal(normalise(counts, "tmm,log2,int"), one_by_one)


@pytest.mark.parametrize("step", ["cpm", "tmm", "quantile"])
def test_missing_values_are_refused_where_they_have_no_meaning(step):
    with pytest.raises(MalformedInputError, match=r"missing|every value"):
        normalise([[1.0, np.nan], [2.0, 1.0]], step)


@pytest.mark.parametrize("step", ["cpm", "tmm", "log2"])
def test_negative_values_are_no_counts(step):
    with pytest.raises(MalformedInputError, match="negative"):
        normalise([[1.0, -1.0], [2.0, 1.0]], step)


def test_sample_without_counts():
    with pytest.raises(DegenerateDataError, match="sample 2"):
        normalise([[1.0, 3.0], [0.0, 0.0]], "tmm")


@pytest.mark.parametrize("shape", [(1, 5), (5, 1), (0, 3), (3, 0)])
@pytest.mark.parametrize("method", ["tmm,log2,int", "cpm,quantile", "int", "zscore"])
def test_small_tables_have_an_answer(shape, method):
    found = normalise(np.full(shape, 4.0), method)
    assert found.shape == shape
    assert np.isfinite(found).all()


@given(
    values=st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=12),
    threshold=st.integers(0, 3),
    percent=st.integers(0, 100),
)
def test_filter_counts_samples(values, threshold, percent):
    table = np.array(values, dtype=float)
    found = filter_expression(pd.DataFrame(table), threshold, percent / 100)
    for gene in range(4):
        reach = sum(x >= threshold for x in table[:, gene])
        assert found[gene] == (100 * reach >= percent * len(table))


def test_missing_values_reach_no_threshold():
    table = pd.DataFrame({"a": [np.nan, np.nan, 5.0], "b": [5.0, 5.0, np.nan]})
    assert filter_expression(table, 0.1, 0.5).tolist() == [False, True]


def test_filter_refuses_what_is_no_fraction():
    with pytest.raises(CommandLineError, match=r"1\.5"):
        filter_expression(pd.DataFrame({"a": [1.0]}), 1, 1.5)
