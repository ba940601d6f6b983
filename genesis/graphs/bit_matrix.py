"""Sets of ordered pairs of genes as bits, which take an eighth of a byte a pair.

A bit matrix for n genes is (n, n_words) uint64, with bit b of row a in word b // 64; the kernels of
`closure_kernels` and `bit_kernels` work on it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.graphs import bit_kernels, closure_kernels

__all__ = ["Bits", "as_matrix", "bits_at", "bits_of", "no_bits", "pairs_of", "turned", "without"]

Bits = NDArray[np.uint64]


def no_bits(n: int) -> Bits:
    """A bit matrix for n genes in which nothing is set."""
    return np.zeros((n, max(1, -(-n // 64))), dtype=np.uint64)


def bits_of(first: NDArray[np.integer], second: NDArray[np.integer], n: int) -> Bits:
    """A bit matrix for n genes that holds some pairs.

    Examples
    --------
    >>> bits = bits_of(np.array([0, 2]), np.array([1, 0]), 3)
    >>> as_matrix(bits).astype(int)
    array([[0, 1, 0],
           [0, 0, 0],
           [1, 0, 0]])
    """
    bits = no_bits(n)
    closure_kernels.mark_edges(*_ends(first, second), bits)
    return bits


def bits_at(
    bits: Bits, first: NDArray[np.integer], second: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Whether a bit matrix holds each of some pairs."""
    found = np.empty(len(first), dtype=np.int8)
    closure_kernels.read_bits(bits, *_ends(first, second), found)
    return found.view(np.bool_)


def pairs_of(bits: Bits) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Rows and columns of the pairs that a bit matrix holds, row by row.

    Examples
    --------
    >>> row, column = pairs_of(bits_of(np.array([2, 0, 2]), np.array([1, 70, 0]), 71))
    >>> row.tolist(), column.tolist()
    ([0, 2, 2], [70, 0, 1])
    """
    row, column = (np.empty(0, dtype=np.int32) for _ in range(2))
    n = bit_kernels.list_bits(bits, row, column)
    row, column = (np.empty(n, dtype=np.int32) for _ in range(2))
    bit_kernels.list_bits(bits, row, column)
    return row, column


def turned(bits: Bits) -> Bits:
    """The pairs of a bit matrix the other way round."""
    found = np.zeros_like(bits)
    bit_kernels.turn_round(bits, found)
    return found


def without(bits: Bits) -> Bits:
    """All pairs of two genes that a bit matrix does not hold.

    Examples
    --------
    >>> as_matrix(without(bits_of(np.array([0]), np.array([1]), 2))).astype(int)
    array([[0, 0],
           [1, 0]])
    """
    n = len(bits)
    found = ~bits
    gene, one = np.arange(n, dtype=np.uint64), np.uint64(1)
    if n % 64:
        found[:, -1] &= (one << np.uint64(n % 64)) - one
    found[np.arange(n), np.arange(n) // 64] &= ~(one << gene % np.uint64(64))
    return found


def as_matrix(bits: Bits, rows: slice = slice(None)) -> NDArray[np.bool_]:
    """Some rows of a bit matrix as one value a pair."""
    octets = np.ascontiguousarray(bits[rows]).astype("<u8", copy=False).view(np.uint8)
    return np.unpackbits(octets, axis=1, count=len(bits), bitorder="little").astype(np.bool_)


def _ends(*ends: NDArray[np.integer]) -> list[NDArray[np.int32]]:
    """Both ends of pairs in the type that kernels are compiled for."""
    return [np.ascontiguousarray(one, dtype=np.int32) for one in ends]
