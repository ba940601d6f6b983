"""Taking covariates out of genotypes and expression by least squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.errors import DegenerateDataError, MalformedInputError

__all__ = ["covariate_basis", "intercept_basis"]

# A column is collinear when this little of its variation is left, and a residual is nothing.
COLLINEAR = 1e-7


def intercept_basis(n: int) -> NDArray[np.float64]:
    """The basis where there are no covariates, (n, 1): the intercept alone."""
    return np.full((n, 1), 1 / np.sqrt(max(n, 1)))


def covariate_basis(
    covariates: pd.DataFrame | ArrayLike,
) -> tuple[NDArray[np.float64], int, list[str]]:
    """Orthonormal basis of the intercept and the covariates.

    Covariates are taken in the order of their columns; one that the intercept and those before
    it explain adds nothing and is dropped.

    Parameters
    ----------
    covariates : pandas.DataFrame or array_like of float, shape (n, q)
        Finite numbers.

    Returns
    -------
    basis : numpy.ndarray of float64, shape (n, rank + 1)
        Orthonormal columns, the first of them constant.
    rank : int
        How many covariates count; degrees of freedom lost besides the intercept.
    dropped : list of str
        Covariates that do not (names, or column numbers as text).

    Raises
    ------
    MalformedInputError
        For values that are not finite.
    DegenerateDataError
        If covariates leave no degree of freedom.

    Examples
    --------
    >>> table = pd.DataFrame({"age": [1.0, 2.0, 4.0, 8.0], "months": [12.0, 24.0, 48.0, 96.0]})
    >>> basis, rank, dropped = covariate_basis(table)
    >>> basis.shape, rank, dropped
    ((4, 2), 1, ['months'])
    """
    values = np.asarray(covariates, dtype=np.float64)
    if isinstance(covariates, pd.DataFrame):
        names = [str(name) for name in covariates.columns]
    else:
        names = [str(column) for column in range(values.shape[1])]
    finite = np.isfinite(values).all(axis=0)
    if not finite.all():
        name = names[int(np.argmin(finite))]
        raise MalformedInputError(f"covariate {name} has values that are not finite numbers")
    n = len(values)
    if not n:
        raise DegenerateDataError("covariates of no samples; give some samples")
    basis = np.empty((n, min(n, len(names) + 1)), dtype=np.float64)
    basis[:, 0] = 1 / np.sqrt(n)
    rank = 0
    dropped = []
    for column, name in enumerate(names):
        found = basis[:, : rank + 1]
        scale = np.abs(values[:, column]).max()
        centred = values[:, column] / (scale or 1.0)
        centred = centred - centred.mean()
        rest = centred
        # Twice is enough: the second pass removes what rounding left of the first.
        for _ in range(2):
            rest = rest - found @ (found.T @ rest)
        size = np.linalg.norm(centred)
        if size <= COLLINEAR * np.sqrt(n) * 1e-3 or np.linalg.norm(rest) <= COLLINEAR * size:
            dropped.append(name)
            continue
        if rank + 2 >= n:
            raise DegenerateDataError(
                f"{rank + 1} covariates leave no degree of freedom for {n} samples; use fewer "
                "covariates or more samples"
            )
        rank += 1
        basis[:, rank] = rest / np.linalg.norm(rest)
    return basis[:, : rank + 1].copy(), rank, dropped
