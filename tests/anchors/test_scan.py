"""The marginal scan against statsmodels and SciPy, one regression at a time."""

from __future__ import annotations

import mpmath
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

import genesis
from genesis.errors import CommandLineError
from genesis.marginal.scan import log_p_of_t


def data(rng, n=90, n_variants=40, n_genes=7):
    z = rng.binomial(2, rng.uniform(0.1, 0.5, n_variants), size=(n, n_variants)).astype(float)
    x = rng.normal(size=(n, n_genes))
    x[:, 0] += z[:, 3]
    x[:, 1] -= 0.8 * z[:, 20]
    return z, x


def one_by_one(z, x, covariates, pval):
    """A regression with statsmodels for every pair."""
    rows = []
    for v in range(z.shape[1]):
        for g in range(x.shape[1]):
            design = np.column_stack([z[:, v], np.ones(len(z)), *covariates.T])
            fit = sm.OLS(x[:, g], design).fit()
            if fit.pvalues[0] <= pval:
                rows.append((f"variant{v + 1}", f"gene{g + 1}", fit.pvalues[0], fit.params[0],
                             fit.bse[0]))  # fmt: skip
    return pd.DataFrame(rows, columns=["variant_id", "phenotype_id", "pval", "b", "b_se"])


@pytest.mark.parametrize("pval", [1e-4, 0.05, 1.0])
def test_scan_agrees_with_one_regression_at_a_time(rng, pval):
    z, x = data(rng)
    covariates = rng.normal(size=(len(z), 2))
    found = genesis.scan(z, x, covariates=covariates, pval=pval)
    expected = one_by_one(z, x, covariates, pval)
    assert len(expected) > 0
    pd.testing.assert_frame_equal(found[expected.columns], expected, rtol=1e-9, check_dtype=False)
    np.testing.assert_allclose(found["log10_pval"], np.log10(found["pval"]), rtol=1e-12)


def test_blocks_and_threads_change_nothing(rng, monkeypatch):
    z, x = data(rng, n_variants=100)
    whole = genesis.scan(z, x, pval=0.2, threads=1)
    monkeypatch.setattr("genesis.marginal.scan._VARIANTS", 7)
    monkeypatch.setattr("genesis.marginal.scan._GENES", 3)
    pieces = [genesis.scan(z, x, pval=0.2, threads=threads) for threads in (1, 3)]
    pd.testing.assert_frame_equal(pieces[0], pieces[1], check_exact=True)
    pd.testing.assert_frame_equal(pieces[0], whole, rtol=1e-12)


def test_constants_and_collinear_variants_are_passed_over(rng):
    z, x = data(rng)
    covariates = z[:, [5]].copy()
    z[:, 6], x[:, 2] = 1.0, 4.0
    found = genesis.scan(z, x, covariates=covariates, pval=1.0)
    assert "variant6" not in set(found["variant_id"])
    assert "variant7" not in set(found["variant_id"])
    assert "gene3" not in set(found["phenotype_id"])
    assert len(found) == 38 * 6


def test_a_perfect_fit_and_nothing_significant(rng):
    z, x = data(rng)
    x[:, 4] = 2 * z[:, 9] + 1
    best = genesis.scan(z, x, pval=1e-100)
    assert best[["variant_id", "phenotype_id"]].to_numpy().tolist() == [["variant10", "gene5"]]
    assert best["b"].item() == pytest.approx(2)
    none = genesis.scan(*data(rng), pval=1e-60)
    assert len(none) == 0
    assert none.dtypes.equals(best.dtypes)


@pytest.mark.parametrize("pval", [0.0, 1.5, float("nan")])
def test_an_impossible_level_is_refused(rng, pval):
    with pytest.raises(CommandLineError, match="pval"):
        genesis.scan(*data(rng), pval=pval)


@pytest.mark.parametrize("degrees", [3, 40, 498, 5000])
def test_log_p_is_exact_far_into_the_tail(degrees):
    t = np.array([0.5, 5.0, 30.0, 60.0, 300.0, 1e5])
    with mpmath.workdps(60):
        x = [mpmath.mpf(degrees) / (degrees + mpmath.mpf(v) ** 2) for v in t.tolist()]
        half = mpmath.mpf(degrees) / 2
        exact = [float(mpmath.log(mpmath.betainc(half, 0.5, 0, v, regularized=True))) for v in x]
    np.testing.assert_allclose(log_p_of_t(t, degrees), exact, rtol=1e-11)
    middle = log_p_of_t(t[:2], degrees)
    np.testing.assert_allclose(middle, np.log(2 * stats.t.sf(t[:2], degrees)), rtol=1e-12)


def test_command_writes_what_python_returns(tmp_path, rng):
    from genesis.cli.main import run_command
    from tests.cli.small_inputs import write_all

    options = write_all(tmp_path)
    words = ["scan"]
    for name in ("--vcf", "--expression", "--covariates", "--out"):
        words += [name, options[name]]
    assert run_command([*words, "--pval", "0.01", "-q"]) == 0
    written = pd.read_parquet(f"{options['--out']}.scan.parquet")
    genotypes = genesis.read_vcf(options["--vcf"])
    covariates = genesis.read_covariates(options["--covariates"], genotypes.samples)
    expected = genesis.scan(
        genotypes,
        genesis.read_expression(options["--expression"]),
        covariates=covariates,
        normalise="int",
        pval=0.01,
    )
    assert len(expected) >= 4
    pd.testing.assert_frame_equal(written, expected, check_dtype=False, check_exact=True)
    text = pd.read_csv(f"{options['--out']}.scan.tsv.gz", sep="\t")
    assert text["variant_id"].tolist() == expected["variant_id"].tolist()
    assert "p-value up to 0.01" in (tmp_path / "out" / "run.scan.log").read_text()
