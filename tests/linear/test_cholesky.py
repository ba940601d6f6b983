"""Factors of small matrices against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.linear import cholesky_kernels


def correlations(rng, n):
    return np.corrcoef(rng.normal(size=(4 * n, n)) @ rng.normal(size=(n, n)), rowvar=False)


@pytest.mark.parametrize("n", [1, 2, 6])
def test_the_inverse_of_the_product_is_whole(rng, n):
    matrix = correlations(rng, n).reshape(n, n)
    lower = np.full((n + 1, n + 1), 7.0)  # what is beyond the size and above must not matter
    lower[:n, :n][np.tril_indices(n)] = np.linalg.cholesky(matrix)[np.tril_indices(n)]
    cholesky_kernels.invert_product(lower, n)
    inverse = lower[:n, :n]
    np.testing.assert_allclose(inverse, np.linalg.inv(matrix), rtol=1e-8)
    assert (inverse == inverse.T).all()
    assert (lower[n] == 7.0).all()


def test_residual_variance_is_that_of_the_regression(rng):
    matrix = correlations(rng, 6)
    inner, to_target = matrix[:5, :5].copy(), matrix[:5, 5].copy()
    expected = 1 - to_target @ np.linalg.solve(inner, to_target)
    assert cholesky_kernels.factor(inner, 5) == -1
    assert cholesky_kernels.residual_variance(inner, 5, to_target) == pytest.approx(expected)


def test_factor_names_the_first_collinear_row(rng):
    data = rng.normal(size=(50, 4))
    data[:, 2] = data[:, 0] - data[:, 1]
    assert cholesky_kernels.factor(np.corrcoef(data.T), 4) == 2


def test_pivots_leave_variances_and_covariances_given_them(rng):
    matrix = correlations(rng, 7)
    variance, covariance = np.ones(6), matrix[:6, 6].copy()
    factor, taken, left = np.zeros((6, 6)), [], 1.0
    for size, best in enumerate([4, 1, 5]):
        with_best = np.ascontiguousarray(matrix[:6, best])
        left -= cholesky_kernels.add_pivot(with_best, best, size, factor, variance, covariance) ** 2
        taken.append(best)
        given = np.linalg.solve(matrix[np.ix_(taken, taken)], matrix[taken])
        rest = matrix - matrix[:, taken] @ given
        np.testing.assert_allclose(variance, np.diag(rest)[:6], atol=1e-12)
        np.testing.assert_allclose(covariance, rest[:6, 6], atol=1e-12)
        assert left == pytest.approx(rest[6, 6])
    np.testing.assert_allclose(
        factor[:3, taken].T @ factor[:3, taken], matrix[np.ix_(taken, taken)]
    )


def test_rows_that_others_explain_are_left_out(rng):
    data = rng.normal(size=(60, 5))
    data[:, 3] = data[:, 0] + 2 * data[:, 2]
    matrix = np.corrcoef(data.T)
    keep, lower = cholesky_kernels.independent_rows(matrix)
    assert keep.tolist() == [True, True, True, False, True]
    some = np.flatnonzero(keep)
    expected = np.linalg.cholesky(matrix[np.ix_(some, some)])
    np.testing.assert_allclose(lower[np.ix_(some, some)], expected, atol=1e-12)
    assert not lower[:, 3].any()


@pytest.mark.parametrize("n", [1, 2, 6])
def test_the_factor_is_numpys(rng, n):
    matrix = correlations(rng, n).reshape(n, n)
    np.testing.assert_allclose(cholesky_kernels.cholesky(matrix), np.linalg.cholesky(matrix))
