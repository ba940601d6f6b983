"""Normalisation and the basis of the covariates against SciPy and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from genesis.errors import CommandLineError, DegenerateDataError
from genesis.linear.covariate_basis import covariate_basis
from genesis.prepare.normalise import normalise


def test_inverse_normal_of_ranks(rng):
    values = rng.integers(0, 8, size=(50, 3)).astype(float)
    found = normalise(values, "int")
    for k in range(3):
        ranks = stats.rankdata(values[:, k])
        np.testing.assert_allclose(found[:, k], stats.norm.ppf((ranks - 0.375) / 50.25))


def test_missing_values_take_the_mean(rng):
    values = rng.normal(size=(40, 2))
    values[[3, 7], 1] = np.nan
    rest = np.delete(values[:, 1], [3, 7])
    for method, mean in (("int", 0.0), ("zscore", 0.0), ("none", rest.mean())):
        found = normalise(values, method)
        np.testing.assert_allclose(found[[3, 7], 1], mean, atol=1e-12)
        alone = normalise(rest[:, None], method)[:, 0]
        np.testing.assert_allclose(np.delete(found[:, 1], [3, 7]), alone, atol=1e-12)


def test_zscore(rng):
    values = rng.normal(3, 5, size=(40, 2))
    np.testing.assert_allclose(normalise(values, "zscore"), stats.zscore(values, ddof=1))


def test_unknown_method():
    with pytest.raises(CommandLineError, match="log"):
        normalise(np.ones((3, 1)), "log")


def test_basis_spans_the_intercept_and_the_covariates(rng):
    covariates = rng.normal(5, 3, size=(30, 4))
    covariates[:, 3] = covariates[:, 0] - 2 * covariates[:, 1]
    basis, rank, dropped = covariate_basis(covariates)
    assert (rank, dropped) == (3, ["3"])
    np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-12)
    full = np.column_stack([np.ones(30), covariates])
    np.testing.assert_allclose(basis @ (basis.T @ full), full, atol=1e-9)


def test_covariates_that_leave_nothing(rng):
    with pytest.raises(DegenerateDataError, match="degree of freedom"):
        covariate_basis(rng.normal(size=(10, 9)))
