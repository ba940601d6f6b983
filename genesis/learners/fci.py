"""FCI with constraints: adjacencies that hidden common causes cannot explain away.

The search is that of Spirtes et al. with the orientation rules of Zhang 2008 (Artificial
Intelligence 172:1873); rules 5 to 7 are left out, since no selection is assumed. What constraints
add, all of it sound where they are right:

* An edge is left out untested only where a separating set was given. That neither of two is an
  ancestor of the other is no reason: they may have a hidden cause in common.
* An edge that is known (a direct claim) is an adjacency whatever is hidden, and is not tested.
* Two variables that can be separated at all are separated by any set of their ancestors that
  holds their D-SEP (Spirtes, Glymour and Scheines 2000, section 6.7). So what is an ancestor of
  neither is never conditioned on, and what is known to be one always is. Known ancestors are
  tried alone, then with all that may be ancestors; where at most `FEW_OPEN` may be, trying every
  set of them decides the pair.
* That a is not an ancestor of b is an arrowhead at a, and nothing else: the mark at b stays open.
* Edges among variants are not looked at. Their linkage says nothing about genes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import comb

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.knowledge import Knowledge
from genesis.learners.fci_rules import ARROW, CIRCLE, TAIL, close_marks
from genesis.learners.independence_tests import IndependenceTests
from genesis.learners.orientation import unshielded_triples

__all__ = ["FEW_OPEN", "FCIGraph", "learn_fci"]

Matrix = NDArray[np.bool_]

#: Most possible ancestors of a pair of which all subsets are tried at once.
FEW_OPEN = 4
#: A pair that its known ancestors do not separate, alone or with all that may be ancestors, is
#: nearly always adjacent. Where the size of sets is limited anyway, sizes that have more sets than
#: this among the possible separators of such a pair are not tried.
MOST_SETS = 200


@dataclass(eq=False)
class FCIGraph:
    """What FCI found.

    Attributes
    ----------
    marks : (p, p) int8
        Row a, column b: the mark at b of the edge between a and b (0: no edge); see
        `genesis.learners.fci_rules`.
    separating : dict of (x, y) to frozenset
        x < y: the set that separates a pair.
    n_conflicts : int
        Marks that tests and constraints contradict each other about; the constraint stands.
    """

    marks: NDArray[np.int8]
    separating: dict[tuple[int, int], frozenset[int]] = field(default_factory=dict)
    n_conflicts: int = 0


def learn_fci(
    knowledge: Knowledge, tests: IndependenceTests, max_conditioning: int | None = None
) -> FCIGraph:
    """Learn a partial ancestral graph that agrees with the constraints.

    Parameters
    ----------
    knowledge : Knowledge
    tests : IndependenceTests
    max_conditioning : int, optional
        Largest number of variables conditioned on beyond known ancestors; with it, the answer
        is no longer certain to be right even if all tests are.
    """
    search = _Search(knowledge, tests, max_conditioning)
    search.test_ancestors()
    search.test_neighbours()
    search.test_possible_separators()
    return search.orient()


class _Search:
    def __init__(
        self, knowledge: Knowledge, tests: IndependenceTests, max_conditioning: int | None
    ) -> None:
        self.known = knowledge
        self.tests = tests
        self.most = knowledge.size if max_conditioning is None else max_conditioning
        self.is_limited = max_conditioning is not None
        self.ancestors = knowledge.known_ancestors()
        self.possible = knowledge.possible_ancestors()
        self.adjacent = ~np.eye(knowledge.size, dtype=np.bool_)
        self.adjacent[np.ix_(knowledge.exogenous, knowledge.exogenous)] = False
        self.separating = {**knowledge.absent}
        for x, y in self.separating:
            self.adjacent[x, y] = self.adjacent[y, x] = False
        #: Pairs that need no further test.
        self.settled = ~self.adjacent | knowledge.edge | knowledge.edge.T

    def _open_pairs(self) -> list[tuple[int, int]]:
        pairs = np.argwhere(np.triu(self.adjacent & ~self.settled))
        return [(int(x), int(y)) for x, y in pairs]

    def _found(self, x: int, y: int, between: frozenset[int] | None) -> bool:
        """Take away the edge of a pair that a set separates."""
        if between is None:
            return False
        self.separating[x, y] = between
        self.adjacent[x, y] = self.adjacent[y, x] = False
        return True

    def test_ancestors(self) -> None:
        """Each pair given its known ancestors, and where that decides, given the others too."""
        has_known: Matrix = np.asarray(self.ancestors.any(axis=0))
        margin_tested: Matrix = ~(has_known[:, None] | has_known)
        pairs = np.argwhere(np.triu(self.adjacent & ~self.settled & margin_tested))
        first, second = np.ascontiguousarray(pairs.T)
        for x, y in pairs[self.tests.independent_pairs(first, second)].tolist():
            self._found(x, y, frozenset())
        everything = np.ones(self.known.size, dtype=np.bool_)
        for x, y in self._open_pairs():
            fixed, free = self._pool(x, y, everything)
            sizes = [*range(int(margin_tested[x, y]), len(free) + 1)]
            decides = len(free) <= min(FEW_OPEN, self.most)
            if not decides:
                # All that may be ancestors, and no more, separate a pair more often than not.
                sizes = [size for size in (0, len(free)) if size in sizes]
            if len(fixed) + len(free) > self.tests.most_given:
                decides = False
                sizes = [size for size in sizes if size == 0]
            for size in sizes:
                if self._found(x, y, self.tests.separate(x, y, fixed, free, size)):
                    break
            self.settled[x, y] |= decides

    def _pool(self, x: int, y: int, among: Matrix) -> tuple[list[int], list[int]]:
        """Known ancestors of x or y, and those of some variables that may be ancestors."""
        sure = self.ancestors[:, x] | self.ancestors[:, y]
        may_be = (self.possible[:, x] | self.possible[:, y]) & among
        sure[[x, y]] = may_be[[x, y]] = False
        if np.count_nonzero(sure) > self.tests.most_given:
            return [], np.flatnonzero(may_be).tolist()
        return np.flatnonzero(sure).tolist(), np.flatnonzero(may_be & ~sure).tolist()

    def test_neighbours(self) -> None:
        """The search of PC; all pairs of a level see the same neighbours."""
        for size in range(1, self.most + 1):
            snapshot = self.adjacent.copy()
            larger = False
            for x, y in self._open_pairs():
                pools = [self._pool(x, y, snapshot[end]) for end in (x, y)]
                pools = pools[:1] if pools[0] == pools[1] else pools
                for fixed, free in pools:
                    if len(free) >= size and self._found(
                        x, y, self.tests.separate(x, y, fixed, free, size)
                    ):
                        break
                else:
                    larger |= max(len(free) for _, free in pools) > size
            if not larger:
                return

    def test_possible_separators(self) -> None:
        """The pairs left, given subsets of what could be needed to separate them."""
        if not self._open_pairs():
            return
        marks = self._marked_colliders()
        reach = {}
        for x, y in self._open_pairs():
            for end in (x, y):
                if end not in reach:
                    reach[end] = _possible_separators(marks, end)
        for x, y in self._open_pairs():
            pools = [self._pool(x, y, reach[end]) for end in (x, y)]
            near = [set(self._pool(x, y, self.adjacent[end])[1]) for end in (x, y)]
            # Subsets of neighbours were tried before.
            pools = [pool for pool in pools if not any(set(pool[1]) <= one for one in near)]
            largest = min(self.most, max((len(free) for _, free in pools), default=0))
            most_sets = MOST_SETS if self.is_limited and pools and pools[0][0] else float("inf")
            for size in range(1, largest + 1):
                if any(
                    0 < comb(len(free), size) <= most_sets
                    and self._found(x, y, self.tests.separate(x, y, fixed, free, size))
                    for fixed, free in pools
                ):
                    break

    def _marked_colliders(self) -> NDArray[np.int8]:
        """All edges with circles, arrowheads that are known, and unshielded colliders."""
        known = self.known
        self.n_conflicts = 0
        marks = np.where(self.adjacent, CIRCLE, 0).astype(np.int8)
        # A mark stands in the row of the other end: row b, column a is the mark at a.
        marks[self.adjacent & known.cannot.T] = ARROW
        ancestor = self.adjacent & (known.precedes | known.edge)
        marks[ancestor.T] = TAIL
        marks[ancestor] = ARROW
        for x, c, y in unshielded_triples(self.adjacent):
            between = self.separating.get((x, y))
            if between is None or c in between:
                continue
            for end in (x, y):
                if marks[end, c] == TAIL:
                    self.n_conflicts += 1
                else:
                    marks[end, c] = ARROW
        return marks

    def orient(self) -> FCIGraph:
        marks = self._marked_colliders()
        close_marks(marks, self.separating)
        return FCIGraph(marks, self.separating, self.n_conflicts)


def _possible_separators(marks: NDArray[np.int8], start: int) -> Matrix:
    """Possible-D-SEP: reached by paths whose inner nodes are colliders or in a triangle."""
    found = np.zeros(len(marks), dtype=np.bool_)
    seen = {(start, int(node)) for node in np.flatnonzero(marks[start])}
    queue = deque(seen)
    while queue:
        before, node = queue.popleft()
        found[node] = True
        collider = (marks[before, node] == ARROW) & (marks[:, node] == ARROW)
        after = (marks[node] > 0) & (collider | (marks[before] > 0))
        after[before] = after[start] = False
        for one in np.flatnonzero(after).tolist():
            if (node, one) not in seen:
                seen.add((node, one))
                queue.append((node, one))
    return found
