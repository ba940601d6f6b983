"""Unit rows: variables cleared of covariates and scaled; their products are correlations."""

from __future__ import annotations

import numpy as np

__all__ = ["UnitRows", "rotated_rows", "unit_rows"]

#: A variable whose sum of squares shrinks below this share of itself has no variance left.
_NO_VARIANCE = 1e-10


class UnitRows:
    """Unit rows of the columns of a samples × variables matrix, made as they are asked for.

    Parameters
    ----------
    matrix : (n_samples, n_variables) float32 or float64
        Values without NaN. Never copied as a whole.
    basis : (n_samples, q + 1) float64
        Orthonormal basis of the covariates with the intercept, as from `covariate_basis`.
    """

    def __init__(self, matrix: np.ndarray, basis: np.ndarray) -> None:
        self._matrix = matrix
        self._basis = basis

    def __call__(self, columns: slice | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unit rows of some columns, and the standard deviations that they had.

        Returns
        -------
        rows : (k, n_samples) float64
            Each of length one and orthogonal to the basis; zeros where there is no variance.
        deviations : (k,) float64
            Residual standard deviation (n − 1 − q in the denominator), 0 for no variance.
        """
        return unit_rows(self._matrix[:, columns], self._basis)


def unit_rows(matrix: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the columns of a matrix on a basis, as rows of length one.

    Parameters
    ----------
    matrix : (n_samples, k) float
        Values without NaN.
    basis : (n_samples, q + 1) float64
        Orthonormal columns, the intercept among their span.

    Returns
    -------
    rows : (k, n_samples) float64
    deviations : (k,) float64

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    >>> rows, deviations = unit_rows(x, np.full((3, 1), 1 / np.sqrt(3)))
    >>> deviations.tolist()
    [1.0, 0.0]
    """
    rows = np.array(matrix.T, dtype=np.float64, order="C")
    rows -= rows.mean(axis=1, keepdims=True)
    before = np.einsum("ij,ij->i", rows, rows)
    rows -= (rows @ basis) @ basis.T
    after = np.einsum("ij,ij->i", rows, rows)
    # A constant of large size leaves rounding noise behind: judged against its own size.
    size = np.square(np.abs(matrix).max(axis=0, initial=0.0), dtype=np.float64) * len(matrix)
    flat = (after <= _NO_VARIANCE * before) | (before <= np.finfo(np.float64).eps * size)
    length = np.sqrt(np.where(flat, 1.0, after))
    rows /= length[:, None]
    rows[flat] = 0.0
    degrees = max(len(matrix) - basis.shape[1], 1)
    return rows, np.where(flat, 0.0, length / np.sqrt(degrees))


def rotated_rows(rows: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Rows in coordinates that are independent: as many as there are degrees of freedom.

    Parameters
    ----------
    rows : (k, n_samples) float64
        Orthogonal to `basis`.
    basis : (n_samples, q + 1) float64
        Orthonormal basis of covariates and intercept.

    Returns
    -------
    (k, n_samples - q - 1) float64
    """
    return np.asarray(rows @ np.linalg.qr(basis, mode="complete")[0][:, basis.shape[1] :])
