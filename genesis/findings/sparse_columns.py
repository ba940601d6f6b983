"""Columns that hold the same in most rows, kept as the other rows alone."""

from __future__ import annotations

from typing import overload

import numpy as np

__all__ = ["Column", "Sparse"]


class Sparse:
    """A column with one value in all but some rows.

    Parameters
    ----------
    rows : (k,) int
        Which rows hold something else, ascending.
    values : (k,) array
        What they hold.
    fill : int or float
        What the others hold.
    length : int
        Number of rows.

    Examples
    --------
    >>> column = Sparse(np.array([1, 3]), np.array([0.5, 0.25]), np.nan, 5)
    >>> column.array()
    array([ nan, 0.5 ,  nan, 0.25,  nan])
    >>> column[1:3].array()
    array([0.5, nan])
    """

    def __init__(self, rows: np.ndarray, values: np.ndarray, fill: float, length: int) -> None:
        self._rows = rows
        self._values = values
        self._fill = fill
        self._length = length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, which: slice) -> Sparse: ...

    @overload
    def __getitem__(self, which: np.ndarray) -> np.ndarray: ...

    def __getitem__(self, which: slice | np.ndarray) -> Sparse | np.ndarray:
        """Consecutive rows as a column of this kind, any others (by position or mask) in full."""
        if isinstance(which, slice):
            start, stop, _ = which.indices(self._length)
            low, high = np.searchsorted(self._rows, [start, stop])
            rows, values = self._rows[low:high] - start, self._values[low:high]
            return Sparse(rows, values, self._fill, max(stop - start, 0))
        wanted = np.flatnonzero(which) if which.dtype == np.bool_ else which
        found = np.full(len(wanted), self._fill, dtype=self._values.dtype)
        if len(self._rows):
            at = np.minimum(np.searchsorted(self._rows, wanted), len(self._rows) - 1)
            held = self._rows[at] == wanted
            found[held] = self._values[at[held]]
        return found

    def array(self) -> np.ndarray:
        """All rows."""
        found = np.full(self._length, self._fill, dtype=self._values.dtype)
        found[self._rows] = self._values
        return found


class Column:
    """A field of a dataclass that may be given as `Sparse`, and is an array when it is read.

    ``vars(instance)`` holds what was given.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> np.ndarray:
        if instance is None:
            raise AttributeError(self._name)  # so that the field has no default
        column: np.ndarray | Sparse = vars(instance)[self._name]
        return column.array() if isinstance(column, Sparse) else column

    def __set__(self, instance: object, values: np.ndarray | Sparse) -> None:
        vars(instance)[self._name] = values
