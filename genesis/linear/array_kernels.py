"""Arrays copied and sorted item by item: compiled numeric code.

What NumPy has for it compiles for longer than most kernels: ``a[:n] = b`` brings the making of an
error's words along.
"""

from __future__ import annotations

import numpy as np

from genesis.jit import borrowing_kernel, inner_kernel


@borrowing_kernel
def copy_items(source, to):
    """Copy the items of a row."""
    for k in range(len(source)):
        to[k] = source[k]


@borrowing_kernel
def sort_items(row):
    """Sort a row that has no NaN, by heaps."""
    # The largest of what is left comes first, and goes last.
    for start in range(len(row) // 2 - 1, -1, -1):
        _sift_down(row, start, len(row))
    for end in range(len(row) - 1, 0, -1):
        row[0], row[end] = row[end], row[0]
        _sift_down(row, np.int64(0), end)


@borrowing_kernel
def _sift_down(row, at, end):
    """Let an item sink below those that are larger, each of which has two below it."""
    item = row[at]
    below = 2 * at + 1
    while below < end:
        if below + 1 < end and row[below + 1] > row[below]:
            below += 1
        if not row[below] > item:
            break
        row[at] = row[below]
        at = below
        below = 2 * at + 1
    row[at] = item


@inner_kernel
def transposed(matrix):
    """A matrix turned round, row by row in memory."""
    turned = np.empty((matrix.shape[1], matrix.shape[0]))
    for a in range(matrix.shape[0]):
        for b in range(matrix.shape[1]):
            turned[b, a] = matrix[a, b]
    return turned
