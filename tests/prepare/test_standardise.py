"""Unit rows are residuals of length one."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.regression.linear_model import OLS

from genesis.linear.unit_rows import unit_rows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_scaled_regression_residuals(rng, dtype):
    covariates = np.column_stack([np.ones(40), rng.normal(size=(40, 3))])
    basis, _ = np.linalg.qr(covariates)
    matrix = rng.binomial(2, 0.4, size=(40, 5)).astype(dtype)
    rows, deviations = unit_rows(matrix, basis)
    for k in range(5):
        residual = OLS(matrix[:, k].astype(float), covariates).fit().resid
        np.testing.assert_allclose(rows[k], residual / np.linalg.norm(residual), atol=1e-12)
        assert deviations[k] == pytest.approx(np.sqrt((residual**2).sum() / 36))


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e9, 1e-30])
def test_no_variance_gives_a_zero_row(constant):
    basis = np.full((30, 1), 1 / np.sqrt(30))
    rows, deviations = unit_rows(np.full((30, 1), constant), basis)
    assert not rows.any()
    assert deviations[0] == 0


def test_no_variance_beyond_a_covariate(rng):
    covariate = rng.normal(size=(30, 1))
    basis, _ = np.linalg.qr(np.column_stack([np.ones(30), covariate]))
    rows, deviations = unit_rows(3 * covariate + 2, basis)
    assert not rows.any()
    assert deviations[0] == 0


def test_small_variance_is_variance(rng):
    basis = np.full((30, 1), 1 / np.sqrt(30))
    _, deviations = unit_rows(1000 + 1e-3 * rng.normal(size=(30, 1)), basis)
    assert deviations[0] > 0
