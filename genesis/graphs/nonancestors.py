"""What is not an ancestor of what, and which of it follows from which."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.graphs import closure_kernels

__all__ = ["implied_nonancestors"]


def implied_nonancestors(
    cannot: NDArray[np.bool_], precedes: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """What is not an ancestor, with all that follows.

    An ancestor is no descendant. Where a ≺ b, what is not an ancestor of b is none of a, and
    what a is not an ancestor of b is not an ancestor of either. That is all: any other relation
    can be added without a contradiction.

    Parameters
    ----------
    cannot : numpy.ndarray of bool, shape (n, n)
        [a, b]: a is not an ancestor of b. The diagonal is passed over.
    precedes : numpy.ndarray of bool, shape (n, n)
        [a, b]: a ≺ b, transitively closed and acyclic.

    Returns
    -------
    numpy.ndarray of bool, shape (n, n)
        `cannot` and what follows; the diagonal is False.

    Examples
    --------
    With 0 ≺ 1, and 0 not an ancestor of 2, gene 1 is none of 2 either; nor is 1 one of 0.

    >>> cannot, precedes = np.zeros((2, 3, 3), dtype=bool)
    >>> cannot[0, 2] = precedes[0, 1] = True
    >>> implied_nonancestors(cannot, precedes).astype(int)
    array([[0, 0, 1],
           [1, 0, 1],
           [0, 0, 0]])
    """
    found = (cannot | precedes.T).astype(np.uint8)
    np.fill_diagonal(found, 0)
    # A descendant takes over the row of its ancestor, and an ancestor the column of its descendant.
    for gives in (precedes, precedes.T):
        closure_kernels.raise_rows(np.ascontiguousarray(gives), found)
        found = np.ascontiguousarray(found.T)
    np.fill_diagonal(found, 0)
    return found.astype(np.bool_)
