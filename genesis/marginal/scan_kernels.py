"""Thresholding of a block of correlations: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import kernel


@kernel
def list_large(block, least):
    """Rows and columns of the entries of at least a size, row by row.

    Parameters
    ----------
    block : (k, m) float32
    least : float32

    Returns
    -------
    row, column : (h,) int32
    """
    # Counting takes no branch, so whole rows without a hit are passed over at full speed.
    count = np.empty(block.shape[0], dtype=np.int64)
    for row in range(block.shape[0]):
        n = np.int32(0)
        for column in range(block.shape[1]):
            n += np.int32(abs(block[row, column]) >= least)
        count[row] = n
    total = count.sum()
    rows = np.empty(total, dtype=np.int32)
    columns = np.empty(total, dtype=np.int32)
    at = 0
    for row in range(block.shape[0]):
        if count[row] > 0:
            for column in range(block.shape[1]):
                if abs(block[row, column]) >= least:
                    rows[at] = row
                    columns[at] = column
                    at += 1
    return rows, columns


@kernel
def dot_rows(left, left_row, right, right_row):
    """Products of pairs of rows, in double precision.

    Parameters
    ----------
    left, right : (., n) float64
    left_row, right_row : (h,) int
        Which rows.

    Returns
    -------
    (h,) float64
    """
    found = np.empty(len(left_row))
    for k in range(len(left_row)):
        a, b = left_row[k], right_row[k]
        total = 0.0
        for s in range(left.shape[1]):
            total += left[a, s] * right[b, s]
        found[k] = total
    return found
