"""Dosages of variants whose number is not known while they are read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import MemoryBudgetError
from genesis.io.rows_on_disk import RowsOnDisk

__all__ = ["DosageMatrix", "GrowingRows"]

# Above the largest size that glibc may serve from its heap, so that growing moves no bytes and
# what is freed goes back to the system.
STEP_BYTES = 64 << 20


class GrowingRows:
    """Rows of a table whose number is not known while they are written.

    The table grows by steps in place, which the system does by moving pages, not their content: the
    peak is one step above the table, and no row is copied. One that may go to disk does so where
    it is larger than one step.

    Parameters
    ----------
    n_columns : int
    dtype : type
    to_disk : bool
    """

    def __init__(self, n_columns: int, dtype: type[np.generic], *, to_disk: bool = False) -> None:
        self._step = max(1, STEP_BYTES // (np.dtype(dtype).itemsize * max(1, n_columns)))
        # Not written to, so it takes no memory yet; NumPy asks for huge pages here.
        self._rows: NDArray[Any] = np.empty((self._step, n_columns), dtype=dtype)
        self._filled = 0
        self._to_disk = to_disk
        self._on_disk: RowsOnDisk | None = None

    def __len__(self) -> int:
        return self._filled + (0 if self._on_disk is None else len(self._on_disk))

    def room(self, n_rows: int) -> NDArray[Any]:
        """Rows to be written to, before the next call; `keep` says how many of them stay."""
        if self._filled + n_rows > len(self._rows):
            if self._to_disk:
                self._put_away()
            if self._filled + n_rows > len(self._rows):
                self._resize(self._filled + max(n_rows, self._step))
        return self._rows[self._filled : self._filled + n_rows]

    def keep(self, n_rows: int) -> None:
        """Keep the first of the rows handed out last."""
        self._filled += n_rows

    def append(self, rows: Any) -> None:
        """Add these rows, of an array or of `RowsOnDisk`."""
        step = self._step
        for first in range(0, len(rows), step):
            some = rows[first : first + step]
            self.room(len(some))[:] = some
            self.keep(len(some))

    def take_rows(self) -> Any:
        """Return the rows kept as one table, an array or `RowsOnDisk`, and forget them."""
        if self._on_disk is not None:
            self._put_away()
            rows, self._on_disk = self._on_disk, None
            self._rows = np.empty((0, rows.shape[1]), dtype=rows.dtype)
            return rows
        self._resize(self._filled)
        held = self._rows
        self._rows, self._filled = np.empty((0, held.shape[1]), dtype=held.dtype), 0
        return held

    def _put_away(self) -> None:
        """Move what is held to disk."""
        held = self._rows[: self._filled]
        if self._on_disk is None:
            self._on_disk = RowsOnDisk(held.shape[1], held.dtype)
            # What is still to come is moved in smaller pieces.
            self._step = max(1, self._step // 8)
            self._rows = np.empty((self._step, held.shape[1]), dtype=held.dtype)
        self._on_disk.append(held)
        self._filled = 0

    def _resize(self, n_rows: int) -> None:
        n_columns = self._rows.shape[1]
        try:
            # No row handed out earlier is looked at any more.
            self._rows.resize((n_rows, n_columns), refcheck=False)
        except MemoryError as error:
            gib = self._rows.itemsize * n_rows * n_columns / 2**30
            raise MemoryBudgetError(
                f"no memory for the dosages of {n_rows} variants ({gib:.1f} GiB); read a region, "
                "fewer samples, or variants of a higher minor allele frequency"
            ) from error


class DosageMatrix:
    """Rows of float32 that come in blocks, and in the end one matrix of them."""

    def __init__(self, n_columns: int) -> None:
        self._rows = GrowingRows(n_columns, np.float32)
        self._new = self._rows.room(0)

    def room(self, n_rows: int) -> NDArray[np.float32]:
        """Rows to be written to, before the next call; `keep_new` says which of them stay."""
        self._new = self._rows.room(n_rows)
        return self._new

    def keep_new(self, wanted: NDArray[np.bool_]) -> None:
        """Keep these of the rows handed out last."""
        n_kept = int(wanted.sum())
        if n_kept < len(wanted):
            self._new[:n_kept] = self._new[wanted]
        self._rows.keep(n_kept)

    def join(self, other: DosageMatrix) -> None:
        """Put the rows of another, which forgets them, after those here."""
        self._rows.append(other._rows.take_rows())

    def take(self, unwanted: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the rows kept, but for these, as the columns of one matrix, and forget them."""
        del self._new
        rows = self._rows.take_rows()
        return (drop_rows(rows, unwanted) if unwanted.any() else rows).T


def drop_rows(matrix: NDArray[np.float32], unwanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Move the other rows together, without a second matrix."""
    filled = 0
    for start in range(0, len(matrix), 1024):
        rows = np.flatnonzero(~unwanted[start : start + 1024]) + start
        matrix[filled : filled + len(rows)] = matrix[rows]
        filled += len(rows)
    return matrix[:filled]
