"""Dosages held in a sixteenth of their size, and unpacked as they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.io.dosage_matrix import GrowingRows
from genesis.io.packing_kernels import pack_rows, unpack_rows
from genesis.io.rows_on_disk import RowsOnDisk, marked_rows, places_of

__all__ = ["PackedDosages", "PackedMatrix"]


class PackedDosages:
    """A samples × variants matrix of float32 of which two bits a value are held.

    A variant of called genotypes has the values 0, 1, 2 and, for missing calls, their mean; the
    rest is held as it is. All values are exact. What is asked of it by index is a NumPy array, but
    for rows alone, ``packed[rows]``, which are the same held data of some of the samples; where a
    NumPy array is needed, it turns into one, whole.

    Parameters
    ----------
    codes : (n_variants, ceil(n_samples / 4)) uint8
        An array, or `RowsOnDisk` where there are too many to be held.
    other : (n_variants,) float32
        What the code 3 stands for.
    whole : dict of int to (n_samples,) float32
        Variants that have more values.
    rows : (n_rows,) int64
        The samples.

    Examples
    --------
    >>> matrix = PackedMatrix(3)
    >>> matrix.room(2)[:] = [[0, 1, 2], [2, 0.5, 0.5]]
    >>> matrix.keep_new(np.array([True, True]))
    >>> packed = matrix.take(np.array([False, False]))
    >>> packed.shape, packed[:, 1].tolist(), packed[[2, 0]][:, [0]].tolist()
    ((3, 2), [2.0, 0.5, 0.5], [[2.0], [0.0]])
    """

    dtype = np.dtype(np.float32)
    ndim = 2

    def __init__(
        self,
        codes: NDArray[np.uint8] | RowsOnDisk,
        other: NDArray[np.float32],
        whole: dict[int, NDArray[np.float32]],
        rows: NDArray[np.int64],
    ) -> None:
        self._codes, self._other, self._whole, self._rows = codes, other, whole, rows

    @property
    def shape(self) -> tuple[int, int]:
        """Samples and variants."""
        return len(self._rows), len(self._codes)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory."""
        return self._codes.nbytes + self._other.nbytes + sum(x.nbytes for x in self._whole.values())

    @property
    def T(self) -> NDArray[np.float32]:
        """All of it, variants × samples."""
        return self._unpacked(np.arange(len(self._codes)))

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """All of it, row by row; pandas takes nothing for a table that has no such."""
        return iter(np.asarray(self))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it."""
        return self.T.T if dtype is None else self.T.T.astype(dtype)

    def __getitem__(self, key: Any) -> Any:
        """Rows alone, still packed; or rows and columns, unpacked."""
        if not isinstance(key, tuple):
            return PackedDosages(self._codes, self._other, self._whole, self._rows[key])
        rows, columns = key
        chosen = places_of(columns, len(self._codes))
        found = self[rows] if not isinstance(rows, slice) or rows != slice(None) else self
        values = found._unpacked(np.atleast_1d(chosen)).T
        return values if np.ndim(chosen) else values[:, 0]

    def some_columns(self, chosen: NDArray[np.int64]) -> PackedDosages:
        """The variants at these positions, still packed, and held in memory."""
        whole = {at: self._whole[column] for at, column in enumerate(chosen.tolist())
                 if column in self._whole}  # fmt: skip
        return PackedDosages(self._codes[chosen], self._other[chosen], whole, self._rows)

    def take_columns(self, kept: NDArray[np.bool_]) -> PackedDosages:
        """The variants that are marked, still packed."""
        place = np.cumsum(kept) - 1
        whole = {int(place[at]): values for at, values in self._whole.items() if kept[at]}
        return PackedDosages(marked_rows(self._codes, kept), self._other[kept], whole, self._rows)

    def _unpacked(self, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
        """The values of some variants, variants × samples."""
        values = np.empty((len(chosen), len(self._rows)), dtype=np.float32)
        codes, other = self._codes[chosen], self._other[chosen]
        unpack_rows(codes, other, np.arange(len(chosen)), self._rows, values)
        if self._whole:
            for at, variant in enumerate(chosen.tolist()):
                if variant in self._whole:
                    values[at] = self._whole[variant][self._rows]
        return values


class PackedMatrix:
    """Rows of float32 that come in blocks, packed; as `DosageMatrix`."""

    def __init__(self, n_columns: int) -> None:
        self._n_columns = n_columns
        self._new = np.empty((0, n_columns), dtype=np.float32)
        self._codes = GrowingRows((n_columns + 3) // 4, np.uint8, to_disk=True)
        self._other = GrowingRows(1, np.float32)
        self._whole: dict[int, NDArray[np.float32]] = {}

    def room(self, n_rows: int) -> NDArray[np.float32]:
        """Rows to be written to, before the next call; `keep_new` says which of them stay."""
        if n_rows > len(self._new):
            self._new = np.empty((n_rows, self._n_columns), dtype=np.float32)
        return self._new[:n_rows]

    def keep_new(self, wanted: NDArray[np.bool_]) -> None:
        """Keep these of the rows handed out last."""
        new = self._new[: len(wanted)][wanted]
        codes, other = self._codes.room(len(new)), self._other.room(len(new))
        fits = np.empty(len(new), dtype=np.bool_)
        codes[:] = 0
        pack_rows(new, codes, other[:, 0], fits)
        for at in np.flatnonzero(~fits).tolist():
            self._whole[len(self._codes) + at] = new[at].copy()
        self._codes.keep(len(new))
        self._other.keep(len(new))

    def join(self, other: PackedMatrix) -> None:
        """Put the rows of another, which forgets them, after those here."""
        whole = {len(self._codes) + at: values for at, values in other._whole.items()}
        self._whole.update(whole)
        self._codes.append(other._codes.take_rows())
        self._other.append(other._other.take_rows())

    def take(self, unwanted: NDArray[np.bool_]) -> PackedDosages:
        """Return the rows kept, but for these, as the columns of one matrix, and forget them."""
        codes, other = self._codes.take_rows(), self._other.take_rows()[:, 0]
        whole, self._whole = self._whole, {}
        packed = PackedDosages(codes, other, whole, np.arange(self._n_columns))
        return packed.take_columns(~unwanted) if unwanted.any() else packed
