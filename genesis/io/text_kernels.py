"""Loops over texts that lie end to end, as Arrow holds them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = ["hash_texts"]


@kernel
def hash_texts(
    text: NDArray[np.uint8], offsets: NDArray[np.int64], hashes: NDArray[np.uint64]
) -> None:
    """Write a number for each text that is the same for equal texts (FNV-1a)."""
    for k in range(hashes.size):
        found = np.uint64(0xCBF29CE484222325)
        for at in range(offsets[k], offsets[k + 1]):
            found = (found ^ np.uint64(text[at])) * np.uint64(0x100000001B3)
        hashes[k] = found
