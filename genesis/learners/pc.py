"""PC with constraints: skeleton, colliders and Meek's rules, asking only what is not known.

The search is that of Spirtes and Glymour, in the order-independent form of Colombo and Maathuis
2014 (JMLR 15:3741). What constraints add, all of it sound where they are right and there is no
hidden common cause:

* Pairs that no edge can join are not tested. A set that separates them is looked for only where
  a collider depends on it.
* If y is not an ancestor of x, then x and y are independent given the parents of y (local Markov
  property). So only possible parents of y are conditioned on, and known ones always are; where
  the rest are known not to be descendants of y, one test given all of them decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.knowledge import Knowledge
from genesis.learners.independence_tests import IndependenceTests
from genesis.learners.orientation import close_orientation, unshielded_triples

__all__ = ["PCGraph", "learn_pc"]

Matrix = NDArray[np.bool_]


@dataclass(eq=False)
class PCGraph:
    """What PC found.

    Attributes
    ----------
    directed, undirected : (p, p) bool
        Edges, row → column; the second is symmetric.
    separating : dict of (x, y) to frozenset or None
        x < y: the set that separates a pair, None where none was found for an edge that the
        constraints exclude.
    n_conflicts : int
        Edges left undirected because the evidence for their directions contradicts itself.
    n_ambiguous : int
        Unshielded triples of which no test says whether they are colliders.
    """

    directed: Matrix
    undirected: Matrix
    separating: dict[tuple[int, int], frozenset[int] | None] = field(default_factory=dict)
    n_conflicts: int = 0
    n_ambiguous: int = 0


def learn_pc(
    knowledge: Knowledge, tests: IndependenceTests, max_conditioning: int | None = None
) -> PCGraph:
    """Learn a CPDAG that agrees with the constraints.

    Parameters
    ----------
    knowledge : Knowledge
    tests : IndependenceTests
    max_conditioning : int, optional
        Largest number of variables conditioned on beyond known parents.
    """
    search = _Search(knowledge, tests, max_conditioning)
    search.find_skeleton()
    return search.orient()


class _Search:
    def __init__(
        self, knowledge: Knowledge, tests: IndependenceTests, max_conditioning: int | None
    ) -> None:
        self.known = knowledge
        self.tests = tests
        self.most = knowledge.size if max_conditioning is None else max_conditioning
        self.adjacent = knowledge.possible | knowledge.possible.T
        self.required = knowledge.edge | knowledge.edge.T
        self.separating: dict[tuple[int, int], frozenset[int] | None] = {**knowledge.absent}

    def find_skeleton(self) -> None:
        settled = self.required.copy()
        size = 0
        while size <= self.most:
            # Within a level all pairs see the same neighbours, so that their order is no matter.
            snapshot = self.adjacent.copy()
            pairs = np.argwhere(np.triu(self.adjacent & ~settled))
            if size == 0 and not self.known.edge.any():
                self._test_margins(pairs)
            else:
                open_pairs = [self._test_pair(x, y, size, snapshot, settled) for x, y in pairs]
                if not any(open_pairs):
                    return
            size += 1

    def _test_margins(self, pairs: NDArray[np.int64]) -> None:
        first, second = np.ascontiguousarray(pairs.T)
        apart = pairs[self.tests.independent_pairs(first, second)]
        self.adjacent[apart[:, 0], apart[:, 1]] = self.adjacent[apart[:, 1], apart[:, 0]] = False
        for x, y in apart.tolist():
            self.separating[x, y] = frozenset()

    def _test_pair(self, x: int, y: int, size: int, neighbours: Matrix, settled: Matrix) -> bool:
        """Try all sets of a size; returns whether larger ones are left to try."""
        more = False
        for fixed, free, decides in self._pools(int(x), int(y), neighbours):
            if decides and size > 0:
                size = len(free)
                settled[x, y] = settled[y, x] = True
            if size > len(free):
                continue
            found = self.tests.separate(int(x), int(y), fixed, free, size)
            if found is not None:
                self.adjacent[x, y] = self.adjacent[y, x] = False
                self.separating[int(x), int(y)] = found
                return False
            more |= not settled[x, y] and len(free) > size
        return more

    def _pools(self, x: int, y: int, neighbours: Matrix) -> list[tuple[list[int], list[int], bool]]:
        """Known parents, other possible parents, and whether all of them together decide."""
        cannot = self.known.cannot
        if cannot[y, x]:
            sides = [(x, y)]
        elif cannot[x, y]:
            sides = [(y, x)]
        else:
            sides = [(x, y), (y, x)]
        pools = []
        for other, child in sides:
            is_parent = self.known.edge[:, child].copy()
            may_be = self.known.possible[:, child] & neighbours[child] & ~is_parent
            is_parent[other] = may_be[other] = False
            fixed, free = np.flatnonzero(is_parent), np.flatnonzero(may_be)
            decides = (
                bool(cannot[child, other])
                and bool(cannot[child, free].all())
                and len(fixed) + len(free) <= self.tests.most_given
                and len(free) <= self.most
            )
            pools.append((fixed.tolist(), free.tolist(), decides))
        return pools

    def orient(self) -> PCGraph:
        adjacent, known = self.adjacent, self.known
        directed = adjacent & known.cannot.T & ~known.cannot
        directed |= known.edge & adjacent
        into: Matrix = np.zeros_like(directed)
        ambiguous = set()
        for x, c, y in unshielded_triples(adjacent):
            if directed[c, x] or directed[c, y] or (directed[x, c] and directed[y, c]):
                continue
            between = self._separating_set(x, y)
            if between is None:
                ambiguous.add((x, c, y))
            elif c not in between:
                into[x, c] = into[y, c] = True
        conflict = into & (into.T | directed.T)
        directed |= into & ~conflict
        undirected = adjacent & ~directed & ~directed.T
        n_conflicts = int(np.count_nonzero(np.triu(conflict | conflict.T)))
        n_conflicts += close_orientation(directed, undirected, frozenset(ambiguous))
        return PCGraph(directed, undirected, self.separating, n_conflicts, len(ambiguous))

    def _separating_set(self, x: int, y: int) -> frozenset[int] | None:
        """The set of a pair without an edge, looked for where it is not known yet."""
        if (x, y) not in self.separating:
            self.separating[x, y] = self._look_for_set(x, y)
        return self.separating[x, y]

    def _look_for_set(self, x: int, y: int) -> frozenset[int] | None:
        pools = self._pools(x, y, self.adjacent)
        largest = min(self.most, max(len(free) for _, free, _ in pools))
        for size in range(largest + 1):
            for fixed, free, _ in pools:
                if size <= len(free):
                    found = self.tests.separate(x, y, fixed, free, size)
                    if found is not None:
                        return found
        return None
