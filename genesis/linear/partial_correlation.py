"""Partial correlations and Fisher's z test: the public face."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from genesis.linear import cholesky_kernels, fisher_kernels, partial_kernels

__all__ = ["IndependenceTest", "critical_squares", "independence_test", "partial_correlation"]


class IndependenceTest(NamedTuple):
    """Outcome of one test.

    Attributes
    ----------
    rho : float
        Partial correlation, NaN where it does not exist.
    log_p : float
        Natural log of the two-sided p-value, NaN where the test was not done.
    reason : str
        Empty where the test was done, else `too_few_samples`, `zero_variance` or `collinear`.
    """

    rho: float
    log_p: float
    reason: str


def partial_correlation(correlation: np.ndarray, x: int, y: int, given: Sequence[int]) -> float:
    """Partial correlation of two variables given others.

    Parameters
    ----------
    correlation : (p, p) float64
        Correlation matrix.
    x, y : int
        Positions of the two variables.
    given : sequence of int
        Positions of the conditioning set, without x and y.

    Returns
    -------
    float
        The partial correlation; NaN where the set or the pair given it is collinear (a
        residual variance below 1e-8).

    References
    ----------
    docs/rules.md#independence-tests: one Cholesky factor of the conditioning set, two forward
    solves.

    Examples
    --------
    >>> import numpy as np
    >>> r = np.array([[1, 0.5, 0.5], [0.5, 1, 0.25], [0.5, 0.25, 1]])
    >>> float(round(partial_correlation(r, 1, 2, [0]), 12))
    0.0
    """
    rest = list(given)
    matrix = np.array(correlation[np.ix_(rest, rest)], dtype=np.float64).reshape(
        len(rest), len(rest)
    )
    if cholesky_kernels.factor(matrix, len(rest)) >= 0:
        return float("nan")
    to_x = np.array(correlation[rest, x], dtype=np.float64)
    to_y = np.array(correlation[rest, y], dtype=np.float64)
    rho, _, _ = partial_kernels.residual_correlation(
        matrix, len(rest), to_x, to_y, float(correlation[x, y])
    )
    return float(rho)


def independence_test(
    correlation: np.ndarray,
    n_samples: int,
    x: int,
    y: int,
    given: Sequence[int] = (),
    *,
    covariate_rank: int = 0,
) -> IndependenceTest:
    """Fisher's z test of x ⊥ y given a set.

    Parameters
    ----------
    correlation : (p, p) float64
        Correlation matrix; a row of NaN marks a variable without variance.
    n_samples : int
        Number of samples that the correlations rest on.
    x, y : int
        Positions of the two variables.
    given : sequence of int
        Positions of the conditioning set; of two perfectly correlated members (SNPs in
        perfect LD) the later one is left out.
    covariate_rank : int
        Rank of the covariates that were projected out before; it lowers n.

    Returns
    -------
    IndependenceTest

    References
    ----------
    z = sqrt(n − |S| − 3) · atanh(rho), two-sided normal p (docs/rules.md#independence-tests).

    Examples
    --------
    >>> import numpy as np
    >>> r = np.array([[1.0, 0.41], [0.41, 1.0]])
    >>> test = independence_test(r, 1000, 0, 1)
    >>> round(test.rho, 2), round(test.log_p, 2)
    (0.41, -97.45)
    """
    if np.isnan(np.diag(correlation)[[x, y, *given]]).any():
        return IndependenceTest(float("nan"), float("nan"), "zero_variance")
    given = _distinct(correlation, given)
    rho = partial_correlation(correlation, x, y, given)
    if n_samples - covariate_rank - len(given) - 3 < 1:
        return IndependenceTest(rho, float("nan"), "too_few_samples")
    if np.isnan(rho):
        return IndependenceTest(rho, float("nan"), "collinear")
    log_p = fisher_kernels.fisher_log_p(rho, n_samples - covariate_rank, len(given))
    return IndependenceTest(rho, float(log_p), "")


def _distinct(correlation: np.ndarray, given: Sequence[int]) -> list[int]:
    kept: list[int] = []
    for member in given:
        squared = correlation[member, kept] ** 2
        if not (1.0 - squared < fisher_kernels.COLLINEAR_TOLERANCE).any():
            kept.append(member)
    return kept


def critical_squares(log_alpha: float, n_effective: int, most: int) -> np.ndarray:
    """Square of the smallest partial correlation that is significant, by size of the set.

    Parameters
    ----------
    log_alpha : float
        Log of the level.
    n_effective : int
        Samples less covariate rank.
    most : int
        Largest size of a conditioning set.

    Returns
    -------
    (most + 1,) float64
        Infinite where too few samples are left for a test.

    Examples
    --------
    >>> r = critical_squares(np.log(0.05), 100, 0) ** 0.5
    >>> bool(abs(independence_test(np.array([[1, r[0]], [r[0], 1]]), 100, 0, 1).log_p
    ...     - np.log(0.05)) < 1e-12)
    True
    """
    degrees = n_effective - 3.0 - np.arange(most + 1)
    z = -special.ndtri_exp(log_alpha - np.log(2.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(degrees >= 1, np.tanh(z / np.sqrt(degrees)) ** 2, np.inf)
