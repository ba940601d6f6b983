"""Which nodes of a graph paths lead to: all at once, or from one node to another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from genesis.graphs import closure_kernels
from genesis.graphs.bit_matrix import as_matrix, bits_of

__all__ = ["closed_bits", "has_path", "transitive_closure"]


def closed_bits(
    first: NDArray[np.integer], second: NDArray[np.integer], n: int
) -> NDArray[np.uint64]:
    """Paths of edges first[k] → second[k] among n nodes: bit b of row a where one leads a to b.

    Parameters
    ----------
    first, second : (m,) int
        Both ends of every edge; there may be cycles.
    n : int

    Returns
    -------
    (n, n_words) uint64
    """
    reach = bits_of(first, second, n)
    closure_kernels.close_transitively(reach)
    return reach


def transitive_closure(edges: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which genes paths of edges lead to.

    Parameters
    ----------
    edges : numpy.ndarray of bool, shape (n_genes, n_genes)
        Row parent, column child. There may be cycles.

    Returns
    -------
    numpy.ndarray of bool, shape (n_genes, n_genes)
        Row ancestor, column descendant. Genes of a cycle are ancestors of each other; the
        diagonal is False.

    References
    ----------
    Warshall 1962, Journal of the ACM 9:11.

    Examples
    --------
    >>> edges = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    >>> transitive_closure(edges).astype(int)
    array([[0, 1, 1],
           [0, 0, 1],
           [0, 0, 0]])
    """
    n = len(edges)
    first, second = np.nonzero(edges)
    matrix = as_matrix(closed_bits(first, second, n))
    np.fill_diagonal(matrix, False)
    return matrix


def has_path(edges: NDArray[np.bool_], start: int, end: int, around: Iterable[int] = ()) -> bool:
    """Whether a path of edges leads from one node to another, around some nodes.

    Parameters
    ----------
    edges : (p, p) bool
        Row → column.
    start, end : int
        Different nodes.
    around : iterable of int
        Nodes that the path must not pass through; it may end at one.

    Examples
    --------
    >>> edges = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    >>> has_path(edges, 0, 2), has_path(edges, 0, 2, around=[1]), has_path(edges, 2, 0)
    (True, False, False)
    """
    seen, frontier = {start, *around}, [start]
    while frontier:
        for node in np.flatnonzero(edges[frontier.pop()]).tolist():
            if node == end:
                return True
            if node not in seen:
                seen.add(node)
                frontier.append(node)
    return False
