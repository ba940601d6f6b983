"""Bringing expression to a scale that tests of correlation can trust."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from genesis.errors import CommandLineError, DegenerateDataError, MalformedInputError

__all__ = ["normalise"]

METHODS = ("int", "zscore", "none")
BLOM = 3 / 8


def normalise(values: ArrayLike, method: str = "int") -> NDArray[np.float64]:
    """Normalise each column and fill its missing values.

    Parameters
    ----------
    values : array_like of float, shape (n, m)
        Samples x genes, NaN where missing.
    method : {"int", "zscore", "none"}, default "int"
        ``int``: rank-based inverse normal transform with Blom's offset [1]_, ties at their
        average rank. ``zscore``: mean 0 and standard deviation 1 (n - 1 in the denominator).
        ``none``: as it is.

    Returns
    -------
    numpy.ndarray of float64, shape (n, m)
        No NaN: what was missing is the mean of its column after the transform. A constant
        column is 0 with ``int`` and ``zscore``.

    Raises
    ------
    CommandLineError
        For another method.
    MalformedInputError
        For infinite values.
    DegenerateDataError
        For a column without any value.

    References
    ----------
    .. [1] Blom, G. (1958). Statistical Estimates and Transformed Beta-Variables. Wiley.

    Examples
    --------
    >>> normalise([[3.0], [1.0], [2.0]], "zscore").ravel().tolist()
    [1.0, -1.0, 0.0]
    """
    if method not in METHODS:
        raise CommandLineError(f"normalise {method!r}: use one of {', '.join(METHODS)}")
    given: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if np.isinf(given).any():
        column = int(np.flatnonzero(np.isinf(given).any(axis=0))[0])
        raise MalformedInputError(f"column {column} has infinite values; remove or repair it")
    present = ~np.isnan(given)
    n_present = present.sum(axis=0)
    if given.size and not n_present.all():
        column = int(np.argmin(n_present))
        raise DegenerateDataError(f"column {column} has no values at all; leave it out")
    transforms: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
        "int": inverse_normal,
        "zscore": zscore,
        "none": np.array,
    }
    result: NDArray[np.float64] = transforms[method](given)
    gaps = np.flatnonzero(n_present < len(given))
    if gaps.size:
        filled = result[:, gaps]
        filled = np.where(present[:, gaps], filled, 0.0)
        mean = filled.sum(axis=0) / n_present[gaps]
        result[:, gaps] = np.where(present[:, gaps], filled, mean)
    return result


def inverse_normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtri
    from scipy.stats import rankdata

    n_present = (~np.isnan(values)).sum(axis=0)
    # NaN sort last, so the ranks of the others are as if there were none.
    ranks = rankdata(np.where(np.isnan(values), np.inf, values), axis=0)
    scores: NDArray[np.float64] = ndtri((ranks - BLOM) / (n_present - 2 * BLOM + 1))
    return scores


def zscore(values: NDArray[np.float64]) -> NDArray[np.float64]:
    present = ~np.isnan(values)
    n_present = present.sum(axis=0)
    centred = values - np.where(present, values, 0.0).sum(axis=0) / np.maximum(n_present, 1)
    squares = np.where(present, centred**2, 0.0).sum(axis=0)
    sd = np.sqrt(squares / np.maximum(n_present - 1, 1))
    low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    return np.where(low < high, centred / np.where(sd > 0, sd, 1.0), 0.0)
