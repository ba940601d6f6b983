"""Arrays copied item by item: compiled numeric code.

What NumPy has for it compiles for longer than most kernels: ``a[:n] = b`` brings the making of an
error's words along.
"""

from __future__ import annotations

import numpy as np

from genesis.jit import borrowing_kernel, kernel


@borrowing_kernel
def copy_items(source, to):
    """Copy the items of a row."""
    for k in range(len(source)):
        to[k] = source[k]


@kernel
def transposed(matrix):
    """A matrix turned round, row by row in memory."""
    turned = np.empty((matrix.shape[1], matrix.shape[0]))
    for a in range(matrix.shape[0]):
        for b in range(matrix.shape[1]):
            turned[b, a] = matrix[a, b]
    return turned
