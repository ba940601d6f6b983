"""Bit matrices of pairs: counted, listed, turned round, and what follows: compiled numeric code.

A bit matrix (n, n_words) uint64 holds bit b of row a in word b // 64.
"""

from __future__ import annotations

import numpy as np

from genesis.graphs.closure_kernels import lowest_bit, set_bit
from genesis.jit import kernel

_ONE = np.uint64(1)
_WORD = 64


@kernel
def list_bits(bits, row, column):
    """Write the places of the bits that are set, row by row, as far as there is room; count them.

    Parameters
    ----------
    bits : (n, n_words) uint64
    row, column : (m,) int32
        Written.
    """
    n_listed = 0
    for a in range(bits.shape[0]):
        for word in range(bits.shape[1]):
            left = bits[a, word]
            while left != 0:
                if n_listed < len(row):
                    row[n_listed] = a
                    column[n_listed] = word * _WORD + lowest_bit(left)
                n_listed += 1
                left &= left - _ONE
    return n_listed


@kernel
def turn_round(bits, turned):
    """Set bit a of row b of `turned` for every bit b of row a."""
    for a in range(bits.shape[0]):
        for word in range(bits.shape[1]):
            left = bits[a, word]
            while left != 0:
                set_bit(turned, word * _WORD + lowest_bit(left), a)
                left &= left - _ONE


@kernel
def spread_doubt(reach, doubtful):
    """Mark what is doubtful because ruling it out rules out something that is marked.

    That is (x, y) for every marked (a, b) where x is a, or before it, and y is b, or behind it.

    Parameters
    ----------
    reach : (n, n_words) uint64
        What precedes what, transitively closed.
    doubtful : (n, n_words) uint64
        Written.
    """
    n, words = reach.shape
    has_below = np.zeros(n, dtype=np.bool_)
    before = np.empty(words, dtype=np.uint64)
    for a in range(n):
        for word in range(words):
            left = reach[a, word]
            has_below[a] |= left != 0
            while left != 0:
                below = word * _WORD + lowest_bit(left)
                left &= left - _ONE
                for k in range(words):
                    doubtful[a, k] |= doubtful[below, k]
    for a in range(n):
        for word in range(words):
            before[word] = doubtful[a, word]
        for word in range(words):
            left = before[word]
            while left != 0:
                b = word * _WORD + lowest_bit(left)
                left &= left - _ONE
                if has_below[b]:
                    for k in range(words):
                        doubtful[a, k] |= reach[b, k]
