"""`genesis.discover`: orders that must not matter, forms of input, degenerate data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
)
from tests.rules.simulated import named, two_tier


def keyed(result):
    """Relations as a table in an order of its own, unrelated pairs with sorted names."""
    table = result.relations.astype({"gene_a": str, "gene_b": str})
    swap = (table["relation"] == "unrelated") & (table["gene_a"] > table["gene_b"])
    first, second = table["gene_a"].copy(), table["gene_b"].copy()
    table.loc[swap, "gene_a"], table.loc[swap, "gene_b"] = second[swap], first[swap]
    return table.sort_values(["gene_a", "gene_b"], ignore_index=True)


@pytest.mark.parametrize("binomial", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_stable_depends_on_no_order(seed, binomial):
    rng = np.random.default_rng(seed)
    data_z, data_x, _ = two_tier(rng, n=200, n_genes=10, n_variants=20, binomial=binomial)
    data_z[:, 3] = data_z[:, 4]  # perfect LD
    data_z[:, 5] = 2 - data_z[:, 6]
    z, x = named(rng, data_z, data_x)
    expected = genesis.discover(z, x, threads=1, method="rules", normalise="none")
    assert len(expected.pairs) > 10
    for _ in range(3):
        samples = rng.permutation(len(z))
        found = genesis.discover(
            z.iloc[samples, rng.permutation(20)],
            x.iloc[samples, rng.permutation(10)],
            threads=int(rng.integers(1, 4)),
            method="rules",
            normalise="none",
        )
        pd.testing.assert_frame_equal(keyed(found), keyed(expected), check_exact=True)
        ids = list(x.columns)
        pd.testing.assert_frame_equal(
            found.ancestrality.loc[ids, ids], expected.ancestrality, check_exact=True
        )
        by = ["gene_id", "variant_id"]
        pd.testing.assert_frame_equal(
            found.anchors.sort_values(by, ignore_index=True),
            expected.anchors.sort_values(by, ignore_index=True),
            check_exact=True,
        )


def test_tables_are_matched_by_sample_name(rng):
    z, x = named(rng, *two_tier(rng)[:2])
    expected = genesis.discover(z, x, method="rules", normalise="none")
    found = genesis.discover(z.iloc[::-1], x, method="rules", normalise="none")
    pd.testing.assert_frame_equal(found.relations, expected.relations)
    lost = genesis.discover(z.iloc[10:], x.iloc[:-5], method="rules", normalise="none")
    assert lost.run["counts"]["samples"] == len(z) - 15
    assert (lost.excluded["kind"] == "sample").sum() == 15


def test_noise_variants_change_no_more_than_multiple_testing_allows():
    """1,000 variants of pure noise: entries change about as often as anchors turn false.

    Noise enters a gene's pool where it passes the screen at rate 0.30, and then a blanket at
    level 0.05; a claim changes only through such an anchor. Over these data sets the share of
    changed entries must stay below 0.30, the false discovery rate that the screen allows.
    """
    changed = total = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        z, x, _ = two_tier(rng, n=500, n_variants=15, n_genes=10, density=0.25)
        noisy = np.hstack([z, rng.normal(size=(len(z), 1000))])
        before, after = (
            genesis.discover(v, x, method="rules").ancestrality.to_numpy() for v in (z, noisy)
        )
        off = ~np.eye(10, dtype=bool)
        changed += (~((before == after) | (np.isnan(before) & np.isnan(after))))[off].sum()
        total += off.sum()
    assert changed / total < 0.30


def test_integer_and_single_precision_input(rng):
    z, x, _ = two_tier(rng, binomial=True)
    expected = genesis.discover(z, x, method="rules").relations
    for dtype in (np.int8, np.float32, np.int64, object):
        found = genesis.discover(z.astype(dtype), x, method="rules").relations
        pd.testing.assert_frame_equal(found, expected)


def test_covariates_are_projected_out(rng):
    z, x, _ = two_tier(rng, n=400)
    covariates = rng.normal(size=(400, 3))
    shifted = x + covariates @ rng.normal(size=(3, x.shape[1])) * 5
    with_them = genesis.discover(z, shifted, covariates=covariates, method="rules")
    clean = genesis.discover(z, x, covariates=covariates, method="rules")
    assert with_them.run["counts"]["covariate_rank"] == 3
    pd.testing.assert_frame_equal(
        with_them.relations, clean.relations, check_exact=False, rtol=1e-6
    )
    collinear = np.column_stack([covariates, covariates[:, 0] + covariates[:, 1]])
    again = genesis.discover(z, shifted, covariates=collinear, method="rules")
    assert again.run["counts"]["covariate_rank"] == 3
    assert any("collinear" in note for note in again.run["notes"])


@pytest.mark.parametrize("placed", [False, True])
def test_missing_texts_are_missing_also_after_load(placed, rng, tmp_path):
    z, x = named(rng, *two_tier(rng, n_genes=12, density=0.6)[:2])
    variants = pd.DataFrame({"variant_id": z.columns, "chrom": "1", "pos": range(1, 13)})
    genes = pd.DataFrame({"gene_id": x.columns[1:], "chrom": "1", "start": 5, "end": 9})
    result = genesis.discover(
        z,
        x,
        variants=variants if placed else None,
        genes=genes if placed else None,
        method="rules",
        normalise="none",
    )
    result.save(tmp_path / "run")
    without = result.pairs.witness < 0
    assert without.any()
    for one in (result, genesis.load(tmp_path / "run")):
        for table, name, missing in [
            (one.relations, "witness", without),
            (one.genes, "chrom", [not placed or gene == x.columns[0] for gene in x.columns]),
            (one.anchors, "chrom", [not placed] * len(one.anchors)),
        ]:
            # Of one type under every version of pandas.
            assert table[name].dtype == "string"
            np.testing.assert_array_equal(table[name].isna(), missing)
            assert all(isinstance(text, str) for text in table[name].dropna())
    loaded = genesis.load(tmp_path / "run")
    for name in ("genes", "anchors", "excluded", "relations"):
        pd.testing.assert_frame_equal(getattr(loaded, name), getattr(result, name))
    pd.testing.assert_index_equal(loaded.variables, result.variables)


def test_positions_limit_anchors_to_the_window(rng):
    z, x, _ = two_tier(rng, n=600, n_variants=10, n_genes=5)
    variants = pd.DataFrame(
        {
            "variant_id": [f"variant{k + 1}" for k in range(10)],
            "chrom": "chr1",
            "pos": range(0, 10_000_000, 1_000_000),
        }
    )
    genes = pd.DataFrame(
        {
            "gene_id": [f"gene{k + 1}" for k in range(5)],
            "chrom": "1",
            "start": [2_000_000 * k for k in range(5)],
        }
    )
    genes["end"] = genes["start"] + 1
    result = genesis.discover(
        z, x, variants=variants, genes=genes, cis_window=1_000_000, method="rules"
    )
    assert (result.anchors["start_distance"].abs() <= 1_000_000).all()
    assert any("chr" in note for note in result.run["notes"])
    anywhere = genesis.discover(z, x, variants=variants, genes=genes, all_snps=True, method="rules")
    assert set(anywhere.anchors["variant_id"]) > set(result.anchors["variant_id"])


def test_given_anchors_are_used_instead_of_a_search(rng):
    z, x, _ = two_tier(rng, n=300)
    given = pd.DataFrame(
        {"gene_id": ["gene1", "gene1", "gene2"], "variant_id": ["variant2", "variant5", "variant2"]}
    )
    result = genesis.discover(z, x, anchors=given, method="rules")
    found = result.anchors[["gene_id", "variant_id"]]
    assert sorted(map(tuple, found.to_numpy())) == sorted(map(tuple, given.to_numpy()))


def test_anchors_carry_the_regression_slope(rng):
    z, x, _ = two_tier(rng, n=300, binomial=True)
    from statsmodels.regression.linear_model import OLS

    anchors = genesis.discover(z, x, method="rules").anchors
    assert len(anchors) > 5
    for row in anchors.itertuples():
        dosage = z[:, int(row.variant_id.removeprefix("variant")) - 1]
        gene = x[:, int(row.gene_id.removeprefix("gene")) - 1]
        fit = OLS(gene, np.column_stack([np.ones(300), dosage])).fit()
        assert row.slope == pytest.approx(fit.params[1])
        assert row.slope_se == pytest.approx(fit.bse[1])
        assert row.pval_nominal == pytest.approx(fit.pvalues[1])


def test_normalisation_is_asked_for(rng):
    z, x, _ = two_tier(rng)
    skewed = np.exp(x)
    ranks = genesis.discover(z, skewed, normalise="int", method="rules").relations
    pd.testing.assert_frame_equal(
        ranks, genesis.discover(z, x, normalise="int", method="rules").relations
    )


def test_missing_dosages_are_mean_imputed(rng):
    z, x, _ = two_tier(rng)
    holes = z.copy()
    holes[::7, 2] = np.nan
    filled = z.copy()
    filled[::7, 2] = np.nanmean(holes[:, 2])
    result = genesis.discover(holes, x, method="rules")
    pd.testing.assert_frame_equal(
        result.relations, genesis.discover(filled, x, method="rules").relations
    )
    assert any("missing dosages" in note for note in result.run["notes"])
    assert np.isnan(holes[0, 2])  # the caller's array is left alone


def test_constants_are_counted_and_stay_unresolved(rng):
    z, x, _ = two_tier(rng)
    z[:, 1], x[:, 3] = 1.0, 7.0
    result = genesis.discover(z, x, method="rules")
    assert set(result.excluded["id"]) == {"variant2", "gene4"}
    matrix = result.ancestrality
    assert matrix.loc["gene4"].isna().all()
    assert matrix["gene4"].isna().all()
    assert not (result.anchors["variant_id"] == "variant2").any()


@pytest.mark.parametrize(("n_variants", "n_genes"), [(0, 3), (5, 1), (1, 2), (5, 0)])
def test_small_problems_have_an_answer(rng, n_variants, n_genes):
    z, x = rng.normal(size=(50, n_variants)), rng.normal(size=(50, n_genes))
    result = genesis.discover(z, x, method="rules")
    assert result.ancestrality.shape == (n_genes, n_genes)
    assert np.isnan(np.diag(result.ancestrality.to_numpy())).all()


def test_equal_genes_are_unresolved_not_wrong(rng):
    z, x, _ = two_tier(rng, n_genes=4)
    result = genesis.discover(z, np.column_stack([x, x[:, 0]]), method="rules")
    assert np.isnan(result.ancestrality.loc["gene1", "gene5"])
    assert result.run["counts"]["untestable_collinear"] >= 1


def test_more_variables_than_samples(rng):
    z, x = rng.normal(size=(30, 200)), rng.normal(size=(30, 50))
    result = genesis.discover(z, x, method="rules")
    counts = result.run["counts"]
    filled = counts["ancestor"] + counts["nondescendant"] + counts["unrelated"]
    assert filled + counts["unresolved"] == 50 * 49 // 2
    assert result.pairs.n_conditioning.max() < 30


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"profile": "best"}, CommandLineError, "stable"),
        ({"method": "magic"}, CommandLineError, "rules"),
        ({"fdr": 0}, CommandLineError, "fdr"),
        ({"min_posterior": 0.3}, CommandLineError, "one half"),
        ({"keep_posterior": 2}, CommandLineError, "keep_posterior"),
        ({"hidden_factors": "some"}, CommandLineError, "auto"),
        ({"hidden_factors": -1}, CommandLineError, "auto"),
        ({"anchor_kind": "none"}, CommandLineError, "positional"),
        ({"seed": -1}, CommandLineError, "seed"),
        ({"seed": 1.5}, CommandLineError, "seed is 1.5: it must be a whole number"),
        ({"seed": None}, CommandLineError, "seed is None"),
        ({"cis_window": np.inf}, CommandLineError, "cis_window is inf: it must be a whole number"),
        ({"fdr": 10**400}, CommandLineError, "it must be a number"),
        ({"hidden_factors": np.ones(2)}, CommandLineError, "auto"),
        ({"fdr": "a"}, CommandLineError, "fdr is 'a': it must be a number"),
        ({"min_posterior": np.nan}, CommandLineError, "min_posterior is nan"),
        ({"keep_posterior": True}, CommandLineError, "keep_posterior is True"),
        # Nothing says at which gene a variant lies.
        ({"anchor_kind": "both"}, CommandLineError, "stand for the gene at their locus"),
        ({"alpha": 0.0}, CommandLineError, "alpha"),
        ({"alpha_blanket": 1.5}, CommandLineError, "alpha_blanket"),
        ({"max_sweeps": 0}, CommandLineError, "max_sweeps"),
        ({"max_sweeps": 127}, CommandLineError, "at most 126"),
        ({"threads": 0}, CommandLineError, "threads"),
        ({"cis_window": -1}, CommandLineError, "cis_window"),
        ({"all_snps": False}, InconsistentInputsError, "positions"),
        ({"covariates": np.ones((3, 1))}, InconsistentInputsError, "rows"),
        ({"covariates": np.full((300, 1), np.nan)}, MalformedInputError, "missing"),
        (
            {"anchors": pd.DataFrame({"gene_id": ["x"], "variant_id": ["variant1"]})},
            InconsistentInputsError,
            "gene",
        ),
        ({"variants": pd.DataFrame({"variant_id": ["a"]})}, MalformedInputError, "chrom"),
        ({"normalise": "log"}, CommandLineError, "log"),
    ],
)
def test_bad_arguments_have_named_errors(rng, change, error, words):
    z, x, _ = two_tier(rng)
    with pytest.raises(error, match=words):
        genesis.discover(z, x, **change)


def test_bad_matrices_have_named_errors(rng):
    z, x, _ = two_tier(rng, n_genes=3)
    with pytest.raises(MalformedInputError, match="more than once"):
        genesis.discover(z, pd.DataFrame(x, columns=["a", "b", "a"]), method="rules")
    with pytest.raises(MalformedInputError, match="not a number"):
        genesis.discover(
            z, pd.DataFrame(x).astype(object).where(x != x[0, 0], "high"), method="rules"
        )
    infinite = x.copy()
    infinite[5, 1] = np.inf
    with pytest.raises(MalformedInputError, match="gene2"):
        genesis.discover(z, infinite, method="rules")
    with pytest.raises(MalformedInputError, match="1 dimension"):
        genesis.discover(z[:, 0], x, method="rules")
    with pytest.raises(DegenerateDataError, match="at least 5"):
        genesis.discover(z[:4], np.nan_to_num(x[:4]), method="rules")


@pytest.mark.parametrize("method", ["calibrated", "rules"])
def test_numbers_of_numpy_are_numbers(method, rng, tmp_path):
    z = rng.binomial(2, 0.4, size=(60, 3)).astype(float)
    given = {
        "seed": np.int64(3), "fdr": np.float32(0.25), "keep_posterior": np.float64(0.5),
        "hidden_factors": np.int32(0), "alpha": np.float32(0.125), "max_sweeps": np.int8(2),
        "min_posterior": np.float32(0.75), "threads": np.int64(1), "cis_window": 1e6,
        "all_snps": np.True_,
    }  # fmt: skip
    result = genesis.discover(z, z + rng.normal(size=(60, 3)), method=method, **given)
    result.save(tmp_path / "run")
    kept = genesis.load(tmp_path / "run").run["options"]
    assert {name: kept[name] for name in given} == given
    assert all(type(kept[name]) in (int, float, bool) for name in given)


def test_given_anchors_say_at_which_gene_a_variant_lies(rng):
    z = pd.DataFrame(rng.binomial(2, 0.4, size=(60, 2)).astype(float), columns=["v0", "v1"])
    x = pd.DataFrame(rng.normal(size=(60, 2)), columns=["A", "B"])
    anchors = pd.DataFrame({"gene_id": ["A", "B"], "variant_id": ["v0", "v1"]})
    result = genesis.discover(
        z, x, anchors=anchors, anchor_kind="positional", fdr=0.05, normalise="none"
    )
    assert result.run["options"]["anchor_kind"] == "positional"
