"""Loops that pack dosages of called genotypes, four to a byte, and unpack them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = ["pack_rows", "unpack_rows"]

#: Code of the one other value that a row may have.
OTHER = 3


@kernel
def pack_rows(
    dosages: NDArray[np.float32],
    codes: NDArray[np.uint8],
    other: NDArray[np.float32],
    fits: NDArray[np.bool_],
) -> None:
    """Write 0, 1 and 2 of each row as themselves, and one other value, which goes to `other`, as 3.

    `fits` says which rows have no more values than these; the codes of others mean nothing. `codes`
    is of zeros before.
    """
    for t in range(dosages.shape[0]):
        other[t] = 0.0
        seen = False
        fits[t] = True
        for j in range(dosages.shape[1]):
            value = dosages[t, j]
            code = OTHER
            if value in (0.0, 1.0, 2.0):
                code = int(value)
            elif not seen:
                other[t] = value
                seen = True
            elif value != other[t]:
                fits[t] = False
                break
            codes[t, j >> 2] |= np.uint8(code << (2 * (j & 3)))


@kernel
def unpack_rows(
    codes: NDArray[np.uint8],
    other: NDArray[np.float32],
    chosen: NDArray[np.int64],
    columns: NDArray[np.int64],
    dosages: NDArray[np.float32],
) -> None:
    """Write the dosages of the chosen rows in some columns."""
    for t in range(chosen.size):
        row = chosen[t]
        for j in range(columns.size):
            column = columns[j]
            code = (codes[row, column >> 2] >> np.uint8(2 * (column & 3))) & np.uint8(3)
            dosages[t, j] = other[row] if code == OTHER else np.float32(code)
