"""Fisher's z and partial correlations against SciPy, statsmodels and extended precision."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS

from genesis.linear import cholesky_kernels, fisher_kernels, partial_kernels
from genesis.linear.partial_correlation import independence_test, partial_correlation
from tests import naive


def random_data(rng, n, p):
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p))


def exact_partial_correlation(correlation, x, y, given_):
    """From the inverse in 60 digits."""
    block = [x, y, *given_]
    with mpmath.workdps(60):
        precision = mpmath.matrix(correlation[np.ix_(block, block)].tolist()) ** -1
        return -precision[0, 1] / mpmath.sqrt(precision[0, 0] * precision[1, 1])


@given(st.floats(min_value=-36, max_value=36))
def test_log_p_agrees_with_scipy(z):
    expected = math.log(2) + stats.norm.logsf(abs(z))
    assert fisher_kernels.log_two_sided_p(z) == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize("z", [5.0, 19.999, 20.0, 20.001, 38.0, 60.0, 1e3, 1e6])
def test_log_p_is_exact_far_into_the_tail(z):
    with mpmath.workdps(50):
        exact = float(mpmath.log(mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2))))
    assert fisher_kernels.log_two_sided_p(z) == pytest.approx(exact, rel=1e-14)


@pytest.mark.parametrize("n_given", [0, 1, 3, 12])
def test_partial_correlation_agrees_with_regression_residuals(rng, n_given):
    data = random_data(rng, 200, n_given + 2)
    given_ = list(range(2, n_given + 2))
    design = np.column_stack([np.ones(200), data[:, given_]])
    residual_x, residual_y = (OLS(data[:, k], design).fit().resid for k in (0, 1))
    expected = stats.pearsonr(residual_x, residual_y).statistic
    found = partial_correlation(np.corrcoef(data.T), 0, 1, given_)
    assert found == pytest.approx(expected, abs=1e-10)
    z = np.sqrt(200 - n_given - 3) * np.arctanh(expected)
    log_p = independence_test(np.corrcoef(data.T), 200, 0, 1, given_).log_p
    assert log_p == pytest.approx(np.log(2) + stats.norm.logsf(abs(z)), rel=1e-10)


@pytest.mark.parametrize("noise", [1e-1, 1e-2, 1e-3])
def test_ill_conditioned_sets_agree_with_extended_precision(rng, noise):
    base = rng.normal(size=(500, 4))
    near = base + noise * rng.normal(size=(500, 4))
    target = base.sum(axis=1, keepdims=True) + near[:, :1] + rng.normal(size=(500, 2))
    correlation = np.corrcoef(np.hstack([target, base, near]).T)
    given_ = list(range(2, 10))
    exact = float(exact_partial_correlation(correlation, 0, 1, given_))
    # The condition number of the set is about noise ** -2.
    tolerance = 1e-13 / noise**2
    assert partial_correlation(correlation, 0, 1, given_) == pytest.approx(exact, abs=tolerance)


def test_all_witness_tests_come_from_one_factor(rng):
    correlation = np.corrcoef(random_data(rng, 300, 9).T)
    members = list(range(2, 9))
    matrix = correlation[np.ix_(members, members)].copy()
    assert cholesky_kernels.factor(matrix, 7) == -1
    to_i, to_j = correlation[members, 0].copy(), correlation[members, 1].copy()
    rho, scale_i, scale_j = partial_kernels.residual_correlation(
        matrix, 7, to_i, to_j, correlation[0, 1]
    )
    assert rho == pytest.approx(naive.partial_correlation(correlation, 0, 1, members), abs=1e-12)
    inverse = np.zeros((7, 7))
    cholesky_kernels.invert_factor(matrix, 7, inverse)
    for w, witness in enumerate(members):
        rest = [v for v in members if v != witness]
        expected = [
            naive.partial_correlation(correlation, witness, 0, rest),
            naive.partial_correlation(correlation, witness, 1, rest),
            naive.partial_correlation(correlation, witness, 0, [*rest, 1]),
            naive.partial_correlation(correlation, witness, 1, [*rest, 0]),
        ]
        a, aa, b, bb, c, d, cd = partial_kernels.witness_moments(
            matrix, inverse, 7, w, to_i, to_j, scale_i, scale_j, rho
        )
        found = [a / aa**0.5, b / bb**0.5, c / cd**0.5, d / cd**0.5]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_p_values_are_uniform_under_independence(rng):
    data = rng.normal(size=(2000, 60, 4))
    p = []
    for sample in data:
        correlation = np.corrcoef(sample.T)
        p.append(math.exp(independence_test(correlation, 60, 0, 1, [2, 3]).log_p))
    assert stats.kstest(p, "uniform").pvalue > 0.01


@pytest.mark.parametrize(("n", "reason"), [(5, "too_few_samples"), (6, "")])
def test_too_few_samples_has_a_reason(n, reason):
    correlation = np.full((4, 4), 0.1) + 0.9 * np.eye(4)
    test = independence_test(correlation, n, 0, 1, [2, 3])
    assert test.reason == reason
    assert math.isnan(test.log_p) == bool(reason)


def test_covariates_lower_n():
    correlation = np.array([[1, 0.3], [0.3, 1]])
    with_covariates = independence_test(correlation, 110, 0, 1, covariate_rank=10)
    assert with_covariates == independence_test(correlation, 100, 0, 1)


def test_variants_in_perfect_ld_count_once(rng):
    data = random_data(rng, 100, 4)
    data = np.column_stack([data, -data[:, 2]])
    correlation = np.corrcoef(data.T)
    twice = independence_test(correlation, 100, 0, 1, [2, 3, 4])
    once = independence_test(correlation, 100, 0, 1, [2, 3])
    assert twice == once


def test_collinear_sets_and_constants_have_reasons(rng):
    data = random_data(rng, 100, 4)
    data = np.column_stack([data, data[:, 2] + data[:, 3], data[:, 0]])
    correlation = np.corrcoef(data.T)
    assert independence_test(correlation, 100, 0, 1, [2, 3, 4]).reason == "collinear"
    assert independence_test(correlation, 100, 0, 5, []).reason == "collinear"
    correlation[1] = correlation[:, 1] = np.nan
    assert independence_test(correlation, 100, 0, 1).reason == "zero_variance"
