"""The orientation rules of FCI on a matrix of marks.

``marks[a, b]`` is the mark at b of the edge between a and b, 0 where there is none. So a → b is
``marks[a, b] == ARROW`` and ``marks[b, a] == TAIL``. The rules and their numbers are those of
Zhang 2008 (Artificial Intelligence 172:1873); 5 to 7 concern selection, which is not assumed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

__all__ = ["ARROW", "CIRCLE", "TAIL", "close_marks"]

CIRCLE, ARROW, TAIL = 1, 2, 3

Marks = NDArray[np.int8]


def close_marks(marks: Marks, separating: Mapping[tuple[int, int], frozenset[int]]) -> None:
    """Replace circles in place until no rule applies; other marks stay as they are.

    Parameters
    ----------
    marks : (p, p) int8
        With unshielded colliders marked.
    separating : mapping of (x, y), x < y, to frozenset
        Separating sets of pairs without an edge.

    Notes
    -----
    Paths for rules 9 and 10 are looked for breadth first, by what is next to what, so that a
    path that exists only with a detour may be missed; such a circle stays, which is not wrong.

    Examples
    --------
    >>> marks = np.zeros((3, 3), dtype=np.int8)
    >>> marks[0, 1], marks[1, 0], marks[2, 1], marks[1, 2] = ARROW, CIRCLE, CIRCLE, CIRCLE
    >>> close_marks(marks, {})
    >>> int(marks[1, 2]) == ARROW, int(marks[2, 1]) == TAIL
    (True, True)
    """
    changed = True
    while changed:
        changed = False
        for a, b in np.argwhere(marks == CIRCLE).tolist():
            # The circle is at b, on the edge from a.
            if marks[a, b] == CIRCLE:
                changed |= (
                    _rule_1(marks, a, b)
                    or _rules_2_and_3(marks, a, b)
                    or _rule_4(marks, a, b, separating)
                    or _rules_8_to_10(marks, a, b)
                )


def _set(marks: Marks, a: int, b: int, mark: int) -> None:
    """Replace a circle."""
    if marks[a, b] == CIRCLE:
        marks[a, b] = mark


def _rule_1(marks: Marks, c: int, b: int) -> bool:
    """a *→ b o—* c and a, c not adjacent: b → c."""
    into = marks[:, b] == ARROW
    into[c] = False
    if marks[b, c] == TAIL or not (into & (marks[c] == 0)).any():
        return False
    marks[c, b] = TAIL
    _set(marks, b, c, ARROW)
    return True


def _rules_2_and_3(marks: Marks, a: int, c: int) -> bool:
    """An arrowhead at c on a *—o c."""
    through = (marks[a] == ARROW) & (marks[:, c] == ARROW)
    directed = (marks[:, a] == TAIL) | (marks[c] == TAIL)
    if (through & directed).any():
        marks[a, c] = ARROW
        return True
    # Rule 3, in its own letters: d *—o b, and x *→ b ←* y with x *—o d o—* y.
    ends = np.flatnonzero((marks[:, c] == ARROW) & (marks[:, a] == CIRCLE)).tolist()
    if any(marks[x, y] == 0 for x in ends for y in ends if x < y):
        marks[a, c] = ARROW
        return True
    return False


def _rule_4(
    marks: Marks, c: int, b: int, separating: Mapping[tuple[int, int], frozenset[int]]
) -> bool:
    """A path ⟨first, ..., a, b, c⟩ that discriminates b, with b o—* c."""
    parent_of_c = (marks[:, c] == ARROW) & (marks[c] == TAIL)
    starts = np.flatnonzero(parent_of_c & (marks[b] == ARROW)).tolist()
    queue = deque((a, a) for a in starts)
    seen = {b, c, *starts}
    while queue:
        node, a = queue.popleft()
        for before in np.flatnonzero(marks[:, node] == ARROW).tolist():
            if before in seen:
                continue
            if marks[before, c] == 0:
                between = separating.get((min(before, c), max(before, c)))
                if between is not None:
                    _discriminate(marks, a, b, c, b in between)
                    return True
            elif parent_of_c[before] and marks[node, before] == ARROW:
                seen.add(before)
                queue.append((before, a))
    return False


def _discriminate(marks: Marks, a: int, b: int, c: int, in_set: bool) -> None:
    if in_set:
        marks[c, b] = TAIL
        _set(marks, b, c, ARROW)
        return
    marks[c, b] = ARROW
    _set(marks, a, b, ARROW)
    _set(marks, b, c, ARROW)


def _rules_8_to_10(marks: Marks, c: int, a: int) -> bool:
    """A tail at a on a o→ c."""
    if marks[a, c] != ARROW:
        return False
    to_c = (marks[:, c] == ARROW) & (marks[c] == TAIL)
    from_a = (marks[:, a] == TAIL) & ((marks[a] == ARROW) | (marks[a] == CIRCLE))
    if (from_a & to_c).any() or _rule_9(marks, a, c) or _rule_10(marks, a, to_c):
        marks[c, a] = TAIL
        return True
    return False


def _rule_9(marks: Marks, a: int, c: int) -> bool:
    """An uncovered potentially directed path ⟨a, b, ..., c⟩ with b and c not adjacent."""
    return any(
        marks[b, c] == 0 and c in _ends_of_paths(marks, a, b)
        for b in np.flatnonzero(_onward(marks, a)).tolist()
        if b != c
    )


def _rule_10(marks: Marks, a: int, parents: NDArray[np.bool_]) -> bool:
    """Two such paths from a, by neighbours that are not adjacent, to two parents of c."""
    wanted = set(np.flatnonzero(parents).tolist()) - {a}
    if len(wanted) < 2:
        return False
    first = np.flatnonzero(_onward(marks, a)).tolist()
    reached = {m: wanted & _ends_of_paths(marks, a, m) for m in first}
    return any(
        marks[m, w] == 0 and reached[w] and reached[m] and len(reached[m] | reached[w]) > 1
        for m, w in permutations(first, 2)
    )


def _onward(marks: Marks, a: int) -> NDArray[np.bool_]:
    """Next nodes of a potentially directed path: no arrowhead at a, no tail at the next."""
    return ((marks[a] == CIRCLE) | (marks[a] == ARROW)) & (marks[:, a] != ARROW)


def _ends_of_paths(marks: Marks, a: int, b: int) -> set[int]:
    """Ends of uncovered potentially directed paths ⟨a, b, ...⟩, b among them."""
    ends = {b}
    seen = {(a, b)}
    queue = deque([(a, b, frozenset((a, b)))])
    while queue:
        before, node, path = queue.popleft()
        for after in np.flatnonzero(_onward(marks, node) & (marks[before] == 0)).tolist():
            if after not in path and (node, after) not in seen:
                seen.add((node, after))
                ends.add(after)
                queue.append((node, after, path | {after}))
    return ends
