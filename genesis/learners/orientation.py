"""Orientation of edges where there are no hidden causes: Meek's rules with knowledge.

The graph is a matrix of directed edges and one of undirected edges. The rules are those of
Meek 1995 (UAI, 403–410); with knowledge about directions all four are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from genesis.graphs.reachability import has_path

__all__ = ["close_orientation", "essential_graph", "unshielded_triples"]

Matrix = NDArray[np.bool_]


def unshielded_triples(adjacent: Matrix) -> Iterator[tuple[int, int, int]]:
    """All x, c, y with c adjacent to both, x < y, which are not adjacent."""
    for c in range(len(adjacent)):
        for x, y in combinations(np.flatnonzero(adjacent[c]).tolist(), 2):
            if not adjacent[x, y]:
                yield x, c, y


def close_orientation(
    directed: Matrix, undirected: Matrix, ambiguous: frozenset[tuple[int, int, int]] = frozenset()
) -> int:
    """Orient in place what Meek's rules 1 to 4 orient.

    Parameters
    ----------
    directed, undirected : (p, p) bool
        Row a, column b: edges a → b; the second is symmetric.
    ambiguous : set of (x, c, y), x < y
        Unshielded triples of which nobody knows whether c is a collider.

    Returns
    -------
    int
        Edges left undirected because either direction would close a cycle, which cannot be
        where all tests and constraints are right.

    Examples
    --------
    >>> directed, undirected = np.zeros((2, 3, 3), dtype=bool)
    >>> directed[0, 1] = undirected[1, 2] = undirected[2, 1] = True
    >>> close_orientation(directed, undirected)
    0
    >>> directed.astype(int).tolist()
    [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    """
    refused: set[tuple[int, int]] = set()
    changed = True
    while changed:
        changed = False
        for a, b in np.argwhere(undirected).tolist():
            if not undirected[a, b] or (a, b) in refused:
                continue
            if _is_implied(a, b, directed, undirected, ambiguous):
                if has_path(directed, b, a):
                    refused.add((a, b))
                    continue
                undirected[a, b] = undirected[b, a] = False
                directed[a, b] = changed = True
    return len({(min(pair), max(pair)) for pair in refused if undirected[pair]})


def _is_implied(
    a: int,
    b: int,
    directed: Matrix,
    undirected: Matrix,
    ambiguous: frozenset[tuple[int, int, int]],
) -> bool:
    """Whether a rule orients a — b as a → b."""
    far = ~(directed[b] | directed[:, b] | undirected[b])
    far[b] = False
    for c in np.flatnonzero(directed[:, a] & far).tolist():
        if (min(c, b), a, max(c, b)) not in ambiguous:
            return True
    if (directed[a] & directed[:, b]).any():
        return True
    into = np.flatnonzero(undirected[a] & directed[:, b]).tolist()
    for c, d in combinations(into, 2):
        joined = directed[c, d] or directed[d, c] or undirected[c, d]
        if not joined and (min(c, d), a, max(c, d)) not in ambiguous:
            return True
    near = undirected[a] | directed[a] | directed[:, a]
    middle = near & directed[:, b]
    first = np.flatnonzero(undirected[a] & far).tolist()
    return any(
        (directed[d] & middle).any() and (min(d, b), a, max(d, b)) not in ambiguous for d in first
    )


def essential_graph(dag: Matrix, cannot: Matrix) -> tuple[Matrix, Matrix]:
    """Directed and undirected edges that all DAGs share that are equivalent to one.

    Parameters
    ----------
    dag : (p, p) bool
        Edges row → column, acyclic.
    cannot : (p, p) bool
        Row is not an ancestor of column: only DAGs that agree with it count.

    Returns
    -------
    directed, undirected : (p, p) bool

    Examples
    --------
    >>> dag = np.zeros((3, 3), dtype=bool)
    >>> dag[0, 1] = dag[1, 2] = True
    >>> nothing = np.zeros((3, 3), dtype=bool)
    >>> essential_graph(dag, nothing)[0].any()
    np.False_
    """
    adjacent = dag | dag.T
    directed = dag & cannot.T
    for x, c, y in unshielded_triples(adjacent):
        if dag[x, c] and dag[y, c]:
            directed[x, c] = directed[y, c] = True
    undirected = adjacent & ~directed & ~directed.T
    close_orientation(directed, undirected)
    return directed, undirected
