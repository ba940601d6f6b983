"""What a run keeps of its data, against the obvious way to compute it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy import stats

import genesis
from genesis.diagnostics import scan_quantiles as quantiles
from genesis.diagnostics.measure import expression_components, missing_calls
from genesis.diagnostics.scan_quantiles import evenly_spaced, quantile_ranks
from genesis.io.genotypes import Genotypes
from genesis.report.quantities import inflation

N = 200


@pytest.fixture
def data(rng):
    """Six variants and genes, the genes a chain; covariates; positions."""
    z = rng.binomial(2, 0.4, size=(N, 6)).astype(float)
    c = rng.normal(size=(N, 2))
    x = z + rng.normal(size=(N, 6)) + c[:, :1]
    for k in range(1, 6):
        x[:, k] += x[:, k - 1]
    samples = [f"S{k:03d}" for k in range(N)]
    return (
        pd.DataFrame(z, index=samples, columns=[f"rs{k}" for k in range(6)]),
        pd.DataFrame(x, index=samples, columns=[f"G{k}" for k in range(6)]),
        pd.DataFrame(c, index=samples, columns=["age", "batch"]),
    )


def discover(data, **options):
    z, x, c = data
    return genesis.discover(z, x, covariates=c, method="rules", normalise="none", **options)


def places(n, window=1000):
    chrom = ["1"] * n
    at = [10 * window * (k + 1) for k in range(n)]
    variants = pd.DataFrame({"variant_id": [f"rs{k}" for k in range(n)], "chrom": chrom, "pos": at})
    genes = pd.DataFrame(
        {"gene_id": [f"G{k}" for k in range(n)], "chrom": chrom, "start": at, "end": at}
    )
    return {"variants": variants, "genes": genes, "cis_window": window}


def residuals(values, covariates):
    design = np.column_stack([np.ones(len(values)), covariates])
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


def test_components_are_those_of_the_scaled_residuals(data):
    _, x, c = data
    found = discover(data).diagnostics
    scaled = residuals(x.to_numpy(), c.to_numpy())
    scaled /= np.linalg.norm(scaled, axis=0)
    u, s, _ = np.linalg.svd(scaled, full_matrices=False)
    np.testing.assert_allclose(found.components["variance"], s**2 / 6)
    scores = found.samples[[f"pc{k}" for k in range(1, 6)]].to_numpy()
    np.testing.assert_allclose(np.abs(scores), np.abs(u * s)[:, :5], atol=1e-9)
    assert (scores[np.abs(scores).argmax(axis=0), np.arange(5)] > 0).all()
    assert found.samples["sample_id"].tolist() == x.index.tolist()


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)])
def test_both_products_give_the_same_components(rng, shape):
    rows = rng.normal(size=shape)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores, shares = expression_components(rows)
    s = np.linalg.svd(rows, compute_uv=False)
    np.testing.assert_allclose(shares, (s**2 / len(rows))[:12])
    np.testing.assert_allclose(np.linalg.norm(scores, axis=0), s[:5])


def test_expression_without_variance_has_no_components():
    scores, shares = expression_components(np.zeros((0, 7)))
    assert (scores.shape, shares.shape) == ((7, 0), (0,))


def p_values(z, x, covariates):
    """Every variant against every gene, each by its own regression."""
    degrees = len(z) - 2 - covariates.shape[1]
    z, x = residuals(z, covariates), residuals(x, covariates)
    p = np.empty((z.shape[1], x.shape[1]))
    for v in range(z.shape[1]):
        for g in range(x.shape[1]):
            r = stats.pearsonr(z[:, v], x[:, g]).statistic
            p[v, g] = 2 * stats.t.sf(abs(r) * np.sqrt(degrees / (1 - r * r)), degrees)
    return p


def test_quantiles_of_all_pairs_are_the_sorted_p_values(data):
    z, x, c = (table.to_numpy() for table in data)
    scan = discover(data).diagnostics.scan
    expected = np.sort(p_values(z, x, c).ravel())
    assert set(scan["pairs"]) == {"all"}
    assert scan["rank"].tolist() == list(range(1, 37))
    assert set(scan["n_tests"]) == {36}
    np.testing.assert_allclose(10.0 ** -scan["observed"], expected, rtol=1e-8)
    np.testing.assert_allclose(10.0 ** -scan["expected"], (np.arange(1, 37) - 0.5) / 36)


def test_cis_pairs_are_kept_apart_from_distant_ones(data):
    z, x, c = (table.to_numpy() for table in data)
    scan = discover(data, **places(6)).diagnostics.scan
    p = p_values(z, x, c)
    for pairs, expected in [("cis", np.diag(p)), ("distant", p[~np.eye(6, dtype=bool)])]:
        found = scan.loc[scan["pairs"] == pairs, "observed"]
        np.testing.assert_allclose(10.0**-found, np.sort(expected), rtol=1e-8)


def test_distant_pairs_without_effects_are_not_inflated(rng):
    n = 40
    z = rng.binomial(2, 0.4, size=(300, n)).astype(float)
    x = 0.7 * z + rng.normal(size=(300, n))
    structure = rng.normal(size=300)
    ordinary = {
        "x": pd.DataFrame(x, columns=[f"G{k}" for k in range(n)]),
        "z": pd.DataFrame(z, columns=[f"rs{k}" for k in range(n)]),
    }
    found = genesis.discover(
        ordinary["z"], ordinary["x"], method="rules", normalise="none", **places(n)
    )
    tables = dict(tuple(found.diagnostics.scan.groupby("pairs")))
    assert 0.9 < inflation(tables["distant"]) < 1.1
    assert inflation(tables["cis"]) > 20
    # Two populations that differ in genotypes and in expression.
    mixed = [table + 1.5 * structure[:, None] * np.ones(n) for table in (z, x)]
    found = genesis.discover(
        pd.DataFrame(mixed[0], columns=ordinary["z"].columns),
        pd.DataFrame(mixed[1], columns=ordinary["x"].columns),
        method="rules", normalise="none", **places(n),
    )  # fmt: skip
    tables = dict(tuple(found.diagnostics.scan.groupby("pairs")))
    assert inflation(tables["distant"]) > 3


def test_many_pairs_are_thinned_evenly(data, monkeypatch):
    monkeypatch.setattr(quantiles, "ALL_VARIANTS", 3)
    monkeypatch.setattr(quantiles, "ALL_GENES", 2)
    monkeypatch.setattr(quantiles, "CIS_GENES", 4)
    z, x, c = (table.to_numpy() for table in data)
    assert set(discover(data).diagnostics.scan["n_tests"]) == {6}
    scan = discover(data, **places(6)).diagnostics.scan
    found = scan.loc[scan["pairs"] == "cis", "observed"]
    expected = np.sort(np.diag(p_values(z, x, c))[evenly_spaced(6, 4)])
    np.testing.assert_allclose(10.0**-found, expected, rtol=1e-8)


@pytest.mark.parametrize("n", [1, 2, 119, 120, 121, 5_000, 2_000_000])
def test_ranks_rise_from_the_first_to_the_last_with_the_median(n):
    ranks = quantile_ranks(n)
    assert (ranks[0], ranks[-1]) == (1, n)
    assert (np.diff(ranks) > 0).all()
    assert (n + 1) // 2 in ranks
    assert len(ranks) <= 121


def test_missing_calls_are_counted_for_the_samples_taken(rng):
    mask = rng.random((10, 30)) < 0.2
    samples = [f"S{k}" for k in range(30)]
    variants = pd.DataFrame({"variant_id": [f"rs{k}" for k in range(10)]})
    genotypes = Genotypes(
        np.zeros((30, 10), dtype=np.float32), samples, variants,
        missing=np.packbits(mask, axis=1),
    )  # fmt: skip
    taken = samples[20:5:-1]
    rows = [samples.index(name) for name in taken]
    values = np.where(mask.T, np.nan, 1.0)
    for given in (genotypes, pd.DataFrame(values, index=samples)):
        by_variant, by_sample = missing_calls(given, taken)
        np.testing.assert_array_equal(by_variant, mask[:, rows].sum(axis=1))
        np.testing.assert_array_equal(by_sample, mask[:, rows].sum(axis=0))
    by_variant, by_sample = missing_calls(values, None)
    np.testing.assert_array_equal(by_variant, mask.sum(axis=1))
    np.testing.assert_array_equal(by_sample, mask.sum(axis=0))


def test_histograms_count_every_variant(data):
    z, x, c = data
    z.iloc[:10, 0] = np.nan
    histograms = discover((z, x, c)).diagnostics.histograms
    assert set(histograms["measure"]) == {"missingness"}  # a table has no allele frequencies
    filled = histograms[histograms["count"] > 0]
    assert filled[["lower", "count"]].to_numpy().tolist() == [[0.0, 5], [0.05, 1]]


def test_allele_frequencies_are_those_of_the_variants(example):
    genotypes = genesis.read_vcf(example / "genotypes.vcf.gz", region="chr1:1-2000000")
    expression = genesis.read_expression(example / "expression.tsv.gz")
    aligned = genesis.align(genotypes, expression)
    result = genesis.discover(
        aligned.genotypes, aligned.expression, method="rules", normalise="none"
    )
    table = result.diagnostics.histograms
    counts = table.loc[table["measure"] == "allele_frequency", "count"]
    expected = np.histogram(aligned.genotypes.variants["af"], bins=100, range=(0, 1))[0]
    assert counts.tolist() == expected.tolist()
    missing = table[table["measure"] == "missingness"]
    assert missing["count"].sum() == len(aligned.genotypes.variants)
    share = result.diagnostics.samples["missing"].to_numpy()
    total = aligned.genotypes.variants["n_missing"].sum()
    assert share.sum() * len(aligned.genotypes.variants) == pytest.approx(total)


def test_evidence_is_the_correlations_of_witness_and_genes(data):
    z, x, c = data
    result = discover(data)
    evidence = result.diagnostics.evidence
    both = np.column_stack([residuals(t.to_numpy(), c.to_numpy()) for t in (z, x)])
    column = {name: k for k, name in enumerate([*z.columns, *x.columns])}
    with_witness = evidence[evidence["witness"] >= 0]
    assert len(with_witness) > 3
    assert len(evidence) == result.counts["ancestor"]
    for row in with_witness.itertuples():
        a, b = (both[:, 6 + k] for k in (row.gene_a, row.gene_b))
        w = both[:, column[result.variables[row.witness]]]
        correlation = np.corrcoef([w, a, b])
        partial = -np.linalg.inv(correlation)
        size = np.sqrt(np.diag(-partial))
        partial /= np.outer(size, size)
        found = [row.witness_a, row.witness_b, row.a_b]
        np.testing.assert_allclose(found, correlation[[0, 0, 1], [1, 2, 2]])
        given = [row.witness_b_given_a, row.a_b_given_witness]
        np.testing.assert_allclose(given, partial[[0, 1], [2, 2]])


def test_order_of_genes_and_samples_changes_nothing(data, rng):
    z, x, c = data
    one = discover(data).diagnostics
    shuffled = x.iloc[rng.permutation(N), rng.permutation(6)]
    other = discover((z.iloc[rng.permutation(N)], shuffled, c)).diagnostics
    assert_frame_equal(one.samples, other.samples, check_exact=True)
    assert_frame_equal(one.components, other.components, check_exact=True)


@pytest.mark.parametrize("n_genes", [1, 2])
def test_small_and_constant_data_have_an_answer(rng, n_genes):
    z = rng.binomial(2, 0.4, size=(20, 1)).astype(float)
    x = np.ones((20, n_genes))
    found = genesis.discover(z, x, method="rules").diagnostics
    assert found.components.empty
    assert found.scan.empty
    assert found.evidence.empty
    assert found.samples.columns.tolist() == ["sample_id", "missing"]
    assert found.samples["sample_id"].tolist() == [str(k + 1) for k in range(20)]
