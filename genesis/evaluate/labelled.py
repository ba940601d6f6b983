"""Square matrices over genes, however they were given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import MalformedInputError
from genesis.io.ids import first_few

__all__ = ["as_bool", "placed", "square"]


def square(matrix: Any, what: str, genes: pd.Index | None = None) -> tuple[pd.Index, NDArray[Any]]:
    """Genes and values of a square matrix.

    Parameters
    ----------
    matrix : numpy.ndarray or pandas.DataFrame, shape (n_genes, n_genes)
        A frame names its genes in rows and columns, in any order of either.
    what : str
        For the messages: "claims", "truth".
    genes : pandas.Index, optional
        Names of the genes of an array; by default their positions.

    Returns
    -------
    pandas.Index, numpy.ndarray
        The genes in the order of the rows; the values with the columns in the same order.

    Raises
    ------
    MalformedInputError
        It is not square, or a gene is named twice or in one direction only.

    Examples
    --------
    >>> frame = pd.DataFrame([[0, 1], [2, 3]], index=["a", "b"], columns=["b", "a"])
    >>> square(frame, "claims")[1]
    array([[1, 0],
           [3, 2]])
    """
    if isinstance(matrix, pd.DataFrame):
        for side, ids in (("rows", matrix.index), ("columns", matrix.columns)):
            if not ids.is_unique:
                twice = first_few(ids[ids.duplicated()].unique())
                raise MalformedInputError(
                    f"genes occur more than once in the {side} of the {what}: {twice}; give each "
                    "gene once"
                )
        alone = matrix.index.symmetric_difference(matrix.columns, sort=False)
        if len(alone):
            raise MalformedInputError(
                f"rows and columns of the {what} name different genes, such as "
                f"{first_few(alone)}; give a matrix of the same genes in rows and columns"
            )
        columns = matrix.columns.get_indexer(matrix.index)
        return matrix.index, matrix.to_numpy()[:, columns]
    values = np.asarray(matrix)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise MalformedInputError(
            f"the {what} have shape {values.shape}; give a matrix of genes × genes"
        )
    if genes is None:
        return pd.RangeIndex(len(values)), values
    if len(genes) != len(values):
        raise MalformedInputError(
            f"the {what} are of {len(values)} genes and the claims of {len(genes)}; give a data "
            "frame with the names of the genes in rows and columns"
        )
    return genes, values


def as_bool(values: NDArray[Any], what: str) -> NDArray[np.bool_]:
    """Values that are 0 or 1 as bool, with a diagonal of False.

    Parameters
    ----------
    values : numpy.ndarray, shape (n_genes, n_genes)
        bool or numbers; the diagonal may hold anything.
    what : str
        For the message.

    Raises
    ------
    MalformedInputError
        There is another number, or a missing one.

    Examples
    --------
    >>> as_bool(np.array([[np.nan, 1.0], [0.0, np.nan]]), "claims")
    array([[False,  True],
           [False, False]])
    """
    between = ~np.eye(len(values), dtype=np.bool_)
    if values.dtype == object:
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise MalformedInputError(
                f"the {what} are not all True or False ({error}); complete or convert them"
            ) from error
    if values.dtype != np.bool_:
        odd = between & ~np.isin(values, (0, 1))
        if odd.any():
            example = values[odd][0]
            raise MalformedInputError(
                f"the {what} hold {example}; give True or False (of an ancestrality matrix, the "
                "entries that equal 1)"
            )
    return np.asarray(values == 1, dtype=np.bool_) & between


def placed(values: NDArray[Any], at: Sequence[int] | NDArray[np.intp], fill: Any) -> NDArray[Any]:
    """A square matrix with its genes at other positions.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, n)
        A matrix over other genes.
    at : sequence of int, shape (n_genes,)
        For each gene wanted its position in `values`, or -1.
    fill : object
        Value of the pairs with a gene that is not in `values`.

    Returns
    -------
    numpy.ndarray, shape (n_genes, n_genes)

    Examples
    --------
    >>> placed(np.array([[0, 1], [2, 3]]), [1, -1, 0], 9)
    array([[3, 9, 2],
           [9, 9, 9],
           [1, 9, 0]])
    """
    position = np.asarray(at, dtype=np.intp)
    there = np.flatnonzero(position >= 0)
    matrix = np.full((len(position), len(position)), fill, dtype=values.dtype)
    matrix[np.ix_(there, there)] = values[np.ix_(position[there], position[there])]
    return matrix
