"""Places of nodes in columns, such that few arrows cross and none is hidden behind a node."""

from __future__ import annotations

import itertools

import numpy as np
from scipy import optimize

__all__ = ["places_in_columns", "ports_of_arrows"]

#: Room of a node and of an arrow that passes a column, from top to bottom.
_NODE, _PASSING = 1.0, 0.4
_SWEEPS = 12
#: How far the ends of arrows at one side of a node are apart, and all of them at the most.
_PORT, _PORTS = 0.2, 0.52


def places_in_columns(
    column: np.ndarray, arrows: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """How far down nodes are, and arrows where they pass a column.

    An arrow over several columns has a place in each that it passes, so that it does not hide
    behind the nodes there. Columns are sorted by the mean place of neighbours, from left to right
    and back, and the order is kept in which the fewest cross and those within a column are short;
    in it, each node is as near to its neighbours as the room of the others lets it be.

    Parameters
    ----------
    column : (n,) int64
        Of each node, from 0 on.
    arrows : (k, 2) int64
        Nodes: from, to.

    Returns
    -------
    y : (n,) float64
        From 0 on; those of one column are 1 apart or more.
    ways : list of (m,) float64
        Of each arrow, its places in the columns between, from that of its beginning on.

    References
    ----------
    Sugiyama, Tagawa & Toda 1981, IEEE Trans. Systems, Man and Cybernetics 11:109.

    Examples
    --------
    >>> y, ways = places_in_columns(np.array([0, 0, 1, 2, 2]), np.array([[0, 4], [1, 2], [2, 3]]))
    >>> bool((y[0] < y[1]) == (y[4] < y[3])), len(ways[0]), len(ways[1])
    (True, 1, 0)
    """
    if not len(column):
        return np.zeros(0), [np.zeros(0) for _ in arrows]
    items, chains = _items(column, arrows)
    links = np.array([pair for chain in chains for pair in itertools.pairwise(chain)], dtype=int)
    links = links.reshape(-1, 2)
    room = np.where(np.arange(len(items)) < len(column), _NODE, _PASSING)
    y = _settled(_ordered(items, links, room), items, links, room)
    y -= y.min()
    return y[: len(column)], [y[chain[1:-1]] for chain in chains]


def _items(column: np.ndarray, arrows: np.ndarray) -> tuple[np.ndarray, list[list[int]]]:
    """Columns of nodes and of passing arrows behind them, and by which of them each arrow leads."""
    items = column.tolist()
    chains = []
    for start, end in arrows.tolist():
        first, last = items[start], items[end]
        step = 1 if last > first else -1
        between = range(first + step, last, step) if first != last else range(0)
        chains.append([start, *range(len(items), len(items) + len(between)), end])
        items.extend(between)
    return np.array(items), chains


def _ordered(items: np.ndarray, links: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Places in the least tangled order of those that sweeps go through."""
    columns = [np.flatnonzero(items == k) for k in range(items.max() + 1)]
    y = np.zeros(len(items))
    for members in columns:
        y[members] = _stacked(room[members])
    near = _neighbours(links, len(items))
    best, least = y.copy(), _tangle(y, items, links)
    for sweep in range(_SWEEPS):
        side = -1 if sweep % 2 == 0 else 1
        for members in columns if side < 0 else columns[::-1]:
            wish = np.empty(len(members))
            for at, item in enumerate(members.tolist()):
                others = near[item]
                # Those of the column that was sorted before, and of its own.
                others = others[(items[others] - items[item]) * side >= 0]
                wish[at] = y[others].mean() if len(others) else y[item]
            order = members[np.lexsort((members, y[members], wish.round(9)))]
            order = _switched(order, y, items, near)
            y[order] = _stacked(room[order])
        tangle = _tangle(y, items, links)
        if tangle < least:
            best, least = y.copy(), tangle
    return best


def _switched(
    order: np.ndarray, y: np.ndarray, items: np.ndarray, near: list[np.ndarray]
) -> np.ndarray:
    """The order of a column with neighbours exchanged wherever fewer links cross then."""
    order = order.copy()
    for at in range(len(order) - 1):
        upper, lower = near[order[at]], near[order[at + 1]]
        same_side = items[upper][:, None] == items[lower]
        apart = np.where(same_side, y[upper][:, None] - y[lower], 0.0)
        if np.count_nonzero(apart > 1e-9) > np.count_nonzero(apart < -1e-9):
            order[at : at + 2] = order[at + 1], order[at]
    return order


def _stacked(room: np.ndarray) -> np.ndarray:
    """Middles of things that stand on each other, about zero."""
    return np.cumsum(room) - room / 2 - room.sum() / 2


def _neighbours(links: np.ndarray, n: int) -> list[np.ndarray]:
    found: list[list[int]] = [[] for _ in range(n)]
    for one, other in links.tolist():
        found[one].append(other)
        found[other].append(one)
    return [np.array(some, dtype=np.int64) for some in found]


def _tangle(y: np.ndarray, items: np.ndarray, links: np.ndarray) -> float:
    """Pairs of links between the same two columns that cross, and how long those within one are."""
    flipped = items[links[:, 0]] > items[links[:, 1]]
    ends = np.where(flipped[:, None], links[:, ::-1], links)
    is_within = items[ends[:, 0]] == items[ends[:, 1]]
    total = float(np.abs(np.diff(y[ends[is_within]], axis=1)).sum())
    ends = ends[~is_within]
    for left in np.unique(items[ends[:, 0]]):
        a, b = y[ends[items[ends[:, 0]] == left]].T
        total += np.count_nonzero((a[:, None] - a) * (b[:, None] - b) < -1e-9) / 2
    return total


def _settled(y: np.ndarray, items: np.ndarray, links: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Places as near to those of neighbours as the order and the room in columns let them be."""
    y = y.copy()
    near = _neighbours(links, len(items))
    columns = [np.flatnonzero(items == k) for k in range(items.max() + 1)]
    for _ in range(_SWEEPS // 2):
        for members in [*columns, *columns[::-1]]:
            order = members[np.argsort(y[members], kind="stable")]
            outside = [near[item][items[near[item]] != items[item]] for item in order.tolist()]
            wish = np.array(
                [y[o].mean() if len(o) else y[i] for i, o in zip(order, outside, strict=True)]
            )
            weight = np.array([max(len(others), 0.2) for others in outside])
            least = _stacked(room[order])
            if len(order):
                moved = optimize.isotonic_regression(wish - least, weights=weight).x
                y[order] = moved + least
    return y


def ports_of_arrows(
    column: np.ndarray, y: np.ndarray, arrows: np.ndarray, ways: list[np.ndarray]
) -> np.ndarray:
    """How far below the middle of its nodes each arrow begins and ends, (k, 2) float64.

    Those of one side of a node are apart, in the order of what they come from and lead to. Both
    ends of an arrow within a column are at its right.

    Parameters
    ----------
    column, y, arrows, ways
        As of `places_in_columns`.
    """
    start, end = column[arrows].T
    right = np.stack([end >= start, end <= start], axis=1)
    side = (2 * arrows + right).ravel()
    toward = y[arrows[:, ::-1]]
    for number, way in enumerate(ways):
        if len(way):
            toward[number] = way[0], way[-1]
    order = np.lexsort((toward.ravel(), side))
    first = np.searchsorted(side[order], side[order])
    number_of = np.bincount(side, minlength=2)[side[order]]
    apart = np.minimum(_PORT, _PORTS / np.maximum(number_of - 1, 1))
    found = np.empty(len(side))
    found[order] = (np.arange(len(side)) - first - (number_of - 1) / 2) * apart
    return found.reshape(-1, 2)
