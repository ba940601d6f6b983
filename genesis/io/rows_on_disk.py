"""Rows of a table that is too large to be held, in a temporary file."""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from tempfile import gettempdir, mkstemp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import OutputWriteError

__all__ = ["RowsOnDisk", "marked_rows", "places_of"]

#: Rows that lie no more bytes apart are read with what is between them, up to so many at a time.
_APART, _AT_ONCE = 8 << 10, 1 << 20
#: Rows that are moved to another file at a time.
_AT_A_TIME = 1 << 16


class RowsOnDisk:
    """A table of rows in a file without a name, which is gone with the program.

    What is asked of it by index is an array in memory; whatever was read before is forgotten. It
    may be read by several threads at once.

    Parameters
    ----------
    n_columns : int
    dtype : type

    Examples
    --------
    >>> table = RowsOnDisk(2, np.uint8)
    >>> table.append(np.array([[1, 2], [3, 4], [5, 6]], dtype=np.uint8))
    >>> len(table), table.nbytes, table[[2, 0]].tolist(), table[1:].tolist()
    (3, 0, [[5, 6], [1, 2]], [[3, 4], [5, 6]])
    """

    def __init__(self, n_columns: int, dtype: Any) -> None:
        self._n_columns, self.dtype = n_columns, np.dtype(dtype)
        self._n_rows = 0
        try:
            self._file, path = mkstemp(prefix="genesis-")
            weakref.finalize(self, os.close, self._file)
            Path(path).unlink()
        except OSError as error:
            raise _no_room(0, error) from error

    def __len__(self) -> int:
        return self._n_rows

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self._n_rows, self._n_columns

    @property
    def nbytes(self) -> int:
        """Bytes held in memory: none."""
        return 0

    @property
    def _row_bytes(self) -> int:
        return self._n_columns * self.dtype.itemsize

    def append(self, rows: NDArray[Any]) -> None:
        """Write these rows after those that are there.

        Raises
        ------
        OutputWriteError
            The disk has no room for them.
        """
        flat: Any = np.ascontiguousarray(rows, dtype=self.dtype).reshape(-1)
        left = memoryview(flat).cast("B")
        try:
            while len(left):
                left = left[os.write(self._file, left) :]
        except OSError as error:
            raise _no_room((self._n_rows + len(rows)) * self._row_bytes, error) from error
        self._n_rows += len(rows)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Rows by a slice, positions or marks, as an array."""
        if isinstance(key, slice) and key.step in (None, 1):
            first, last, _ = key.indices(self._n_rows)
            return self._read(first, max(first, last))
        every, place = np.unique(places_of(key, self._n_rows), return_inverse=True)
        rows = np.empty((len(every), self._n_columns), dtype=self.dtype)
        apart, most = (max(1, size // max(1, self._row_bytes)) for size in (_APART, _AT_ONCE))
        cut = (np.diff(every) > apart) | (np.diff(every // most) > 0)
        for some in np.split(np.arange(len(every)), np.flatnonzero(cut) + 1) if len(every) else []:
            first = every[some[0]]
            rows[some] = self._read(int(first), int(every[some[-1]]) + 1)[every[some] - first]
        return rows[place]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it."""
        return self[:] if dtype is None else self[:].astype(dtype)

    def _read(self, first: int, last: int) -> NDArray[Any]:
        """Rows that lie one after the other."""
        rows = np.empty((last - first, self._n_columns), dtype=self.dtype)
        flat: Any = rows.reshape(-1)
        left, offset = memoryview(flat).cast("B"), first * self._row_bytes
        while len(left):
            n_read = os.preadv(self._file, [left], offset)
            if not n_read:
                raise _no_room(self._n_rows * self._row_bytes, OSError("it was cut short"))
            left, offset = left[n_read:], offset + n_read
        return rows


def places_of(key: Any, n: int) -> NDArray[np.int64]:
    """The positions among n that an index stands for, without a list of all.

    Raises
    ------
    IndexError
        One is not among them.

    Examples
    --------
    >>> places_of([-1, 0], 3).tolist(), places_of(slice(1, None), 3).tolist()
    ([2, 0], [1, 2])
    """
    if isinstance(key, slice):
        return np.arange(*key.indices(n))
    places = np.asarray(key)
    if places.dtype == np.bool_:
        if places.shape != (n,):
            raise IndexError(f"{places.size} marks for {n} positions")
        return np.flatnonzero(places)
    places = places.astype(np.int64)
    if places.size and not -n <= places.min() <= places.max() < n:
        raise IndexError(f"positions from {places.min()} to {places.max()} among {n}")
    return np.where(places < 0, places + n, places)


def marked_rows(rows: Any, kept: NDArray[np.bool_]) -> Any:
    """The rows that are marked, of an array or of `RowsOnDisk`, which stays of its kind.

    Examples
    --------
    >>> marked_rows(np.array([[1], [2], [3]]), np.array([True, False, True])).tolist()
    [[1], [3]]
    """
    if not isinstance(rows, RowsOnDisk):
        return rows[kept]
    some = RowsOnDisk(rows.shape[1], rows.dtype)
    for first in range(0, len(rows), _AT_A_TIME):
        part = slice(first, first + _AT_A_TIME)
        some.append(rows[part][kept[part]])
    return some


def _no_room(n_bytes: int, error: OSError) -> OutputWriteError:
    return OutputWriteError(
        f"{gettempdir()}: genotypes that are too many to be held in memory, "
        f"{n_bytes / 2**30:.1f} GiB so far, cannot be put into a temporary file there ({error}); "
        "make room, or set TMPDIR to a directory on a larger disk"
    )
