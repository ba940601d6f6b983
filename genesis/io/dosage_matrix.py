"""Dosages of variants whose number is not known while they are read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.errors import MemoryBudgetError

__all__ = ["DosageMatrix", "drop_rows"]

# Above the largest size that glibc may serve from its heap, which it would not give back.
CHUNK_BYTES = 64 << 20


class DosageMatrix:
    """Rows of float32 that come in blocks, and in the end one matrix of them.

    They are kept in chunks large enough for NumPy to ask for huge pages and for the allocator
    to return their memory at once, so that the peak is one chunk above the matrix.
    """

    def __init__(self, n_columns: int) -> None:
        self._chunk_rows = max(1, CHUNK_BYTES // (4 * max(1, n_columns)))
        self._n_columns = n_columns
        self._full: list[NDArray[np.float32]] = []
        self._chunk = np.empty((0, n_columns), dtype=np.float32)
        self._filled = 0

    def room(self, n_rows: int) -> NDArray[np.float32]:
        """Rows to be written to; `keep_new` says which of them stay."""
        if self._filled + n_rows > len(self._chunk):
            self._full.append(self._chunk[: self._filled])
            self._chunk = self._allocate(max(n_rows, self._chunk_rows))
            self._filled = 0
        return self._chunk[self._filled : self._filled + n_rows]

    def keep_new(self, wanted: NDArray[np.bool_]) -> None:
        """Keep these of the rows handed out last."""
        n_kept = int(wanted.sum())
        if n_kept < len(wanted):
            new = self._chunk[self._filled : self._filled + len(wanted)]
            new[:n_kept] = new[wanted]
        self._filled += n_kept

    def take_rows(self) -> NDArray[np.float32]:
        """Return the rows kept as one matrix, and forget them."""
        chunks = [*self._full, self._chunk[: self._filled]]
        empty = np.empty((0, self._n_columns), dtype=np.float32)
        self._full, self._chunk, self._filled = [], empty, 0
        matrix = self._allocate(sum(len(chunk) for chunk in chunks))
        end = len(matrix)
        while chunks:
            chunk = chunks.pop()
            matrix[end - len(chunk) : end] = chunk
            end -= len(chunk)
        return matrix

    def _allocate(self, n_rows: int) -> NDArray[np.float32]:
        try:
            return np.empty((n_rows, self._n_columns), dtype=np.float32)
        except MemoryError as error:
            gib = 4 * n_rows * self._n_columns / 2**30
            raise MemoryBudgetError(
                f"no memory for the dosages of {n_rows} variants ({gib:.1f} GiB); read a region, "
                "fewer samples, or variants of a higher minor allele frequency"
            ) from error


def drop_rows(matrix: NDArray[np.float32], unwanted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Move the other rows together, without a second matrix."""
    filled = 0
    for start in range(0, len(matrix), 1024):
        rows = np.flatnonzero(~unwanted[start : start + 1024]) + start
        matrix[filled : filled + len(rows)] = matrix[rows]
        filled += len(rows)
    return matrix[:filled]
