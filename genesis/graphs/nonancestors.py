"""What is not an ancestor of what: which of it follows from which, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.graphs import closure_kernels

__all__ = ["doubt_of_nonancestors", "implied_nonancestors"]


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
    found = _raised(found, precedes)
    np.fill_diagonal(found, 0)
    return found.astype(np.bool_)


def doubt_of_nonancestors(
    posterior: NDArray[np.float32], precedes: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """How doubtful it is that a is not an ancestor of b, with all that follows from it.

    Parameters
    ----------
    posterior : numpy.ndarray of float32, shape (n, n)
        [a, b]: posterior of a ≺ b.
    precedes : numpy.ndarray of bool, shape (n, n)
        What is claimed of that, transitively closed and acyclic.

    Returns
    -------
    numpy.ndarray of float32, shape (n, n)
        [a, b]: the largest posterior among the relations that are ruled out by ruling out a ≺ b:
        those of a, or of a descendant of a, before b, or before an ancestor of b.

    Examples
    --------
    That 0 is not an ancestor of 2 is sure; with 0 ≺ 1 it says the same of 1, which is not.

    >>> posterior = np.array([[0, 0.9, 0.01], [0, 0, 0.3], [0, 0, 0]], dtype=np.float32)
    >>> doubt_of_nonancestors(posterior, posterior > 0.5)[:, 2].round(2)
    array([0.3, 0.3, 0. ], dtype=float32)
    """
    return _raised(posterior.copy(), precedes.T)


def _raised(values: NDArray[Any], precedes: NDArray[np.bool_]) -> NDArray[Any]:
    """The largest of the values [a, b] with a ≺ x or a = x, and y ≺ b or y = b, at [x, y]."""
    for gives in (precedes, precedes.T):
        closure_kernels.raise_rows(np.ascontiguousarray(gives), values)
        values = np.ascontiguousarray(values.T)
    return values
