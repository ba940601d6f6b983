"""GES with constraints: edges added and then taken away, one equivalence class to the next.

The search is that of Chickering 2002 (JMLR 3:507). A state is the class of all DAGs that are
equivalent and agree with the constraints (Meek 1997): edges that the constraints orient are
directed from the start, only possible edges are added, known ones are there at the beginning and
stay. Chickering's conditions for a move are proved for classes without constraints. Here a move
also has to leave a class that holds a DAG, and the score of that DAG has to rise, so that a
constraint is never broken and the search always ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.knowledge import Knowledge
from genesis.graphs.reachability import has_path
from genesis.learners.orientation import essential_graph
from genesis.learners.scores import BICScores

__all__ = ["learn_ges"]

Matrix = NDArray[np.bool_]

LEAST_RISE = 1e-9
#: Where more neighbours than this may be chosen from, at most two of them are.
ALL_SUBSETS_OF = 6


class _Move(NamedTuple):
    """Add or take away x → y; the others are neighbours of y that the move orients."""

    rise: float
    x: int
    y: int
    others: frozenset[int]


def learn_ges(knowledge: Knowledge, scores: BICScores) -> tuple[Matrix, Matrix]:
    """Learn a class of DAGs that agree with the constraints.

    Parameters
    ----------
    knowledge : Knowledge
    scores : BICScores

    Returns
    -------
    directed, undirected : (p, p) bool
        Edges, row → column; the second is symmetric.
    """
    search = _Search(knowledge, scores)
    while search.climb(search.insertions, search.insert):
        # Constraints can leave something to add once an edge is gone.
        if not search.climb(search.deletions, search.delete):
            break
    return search.directed, search.undirected


class _Search:
    def __init__(self, knowledge: Knowledge, scores: BICScores) -> None:
        self.known = knowledge
        self.scores = scores
        self.dag = knowledge.edge.copy()
        self.directed, self.undirected = essential_graph(self.dag, knowledge.cannot)

    def climb(
        self,
        moves_of: Callable[[int], Iterator[_Move]],
        apply: Callable[[_Move], set[int] | None],
    ) -> bool:
        """Make the best move until none raises the score; returns whether any was made."""
        start = self.dag
        moves = {y: list(moves_of(y)) for y in range(self.known.size)}
        while True:
            ordered = sorted(
                (move for of_one in moves.values() for move in of_one),
                key=lambda move: (-move.rise, move.x, move.y, sorted(move.others)),
            )
            changed = next((nodes for nodes in map(apply, ordered) if nodes is not None), None)
            if changed is None:
                return self.dag is not start
            near = self.adjacent[sorted(changed)].any(axis=0)
            for y in changed | set(np.flatnonzero(near).tolist()):
                moves[y] = list(moves_of(y))

    @property
    def adjacent(self) -> Matrix:
        return self.directed | self.directed.T | self.undirected

    def _parents(self, y: int) -> frozenset[int]:
        return frozenset(np.flatnonzero(self.directed[:, y]).tolist())

    def _rise(self, y: int, parents: frozenset[int], x: int) -> float:
        """What x adds to the score of y."""
        parents = parents - {x}
        return self.scores.score(y, parents | {x}) - self.scores.score(y, parents)

    def insertions(self, y: int) -> Iterator[_Move]:
        """Edges x → y whose score rises, with the neighbours of y that become its parents."""
        adjacent = self.adjacent
        parents = self._parents(y)
        neighbours = set(np.flatnonzero(self.undirected[y]).tolist())
        for x in np.flatnonzero(self.known.possible[:, y] & ~adjacent[y]).tolist():
            shared = {t for t in neighbours if adjacent[t, x]}
            for others in _subsets(neighbours - shared):
                if self._is_clique(shared | others, adjacent):
                    rise = self._rise(y, parents | shared | others, x)
                    if rise > LEAST_RISE:
                        yield _Move(rise, x, y, others)

    def deletions(self, y: int) -> Iterator[_Move]:
        """Edges to y without which the score rises, with the neighbours that become children."""
        adjacent = self.adjacent
        parents = self._parents(y)
        neighbours = set(np.flatnonzero(self.undirected[y]).tolist())
        for x in sorted(parents | neighbours):
            if self.known.edge[x, y] or self.known.edge[y, x]:
                continue
            shared = {t for t in neighbours if t != x and adjacent[t, x]}
            for others in _subsets(shared):
                if self._is_clique(shared - others, adjacent):
                    rise = -self._rise(y, parents | (shared - others), x)
                    if rise > LEAST_RISE:
                        yield _Move(rise, x, y, others)

    def insert(self, move: _Move) -> set[int] | None:
        """Make the move and return the nodes whose edges changed; None where it cannot be."""
        _, x, y, others = move
        adjacent = self.adjacent
        blocked = {t for t in np.flatnonzero(self.undirected[y]).tolist() if adjacent[t, x]}
        # No edge of such a path is against it.
        if has_path(self.directed | self.undirected, y, x, around=blocked | others):
            return None
        directed, undirected = self.directed.copy(), self.undirected.copy()
        directed[x, y] = True
        for t in others:
            directed[t, y], undirected[t, y], undirected[y, t] = True, False, False
        return self._accept(directed, undirected)

    def delete(self, move: _Move) -> set[int] | None:
        """Make the move and return the nodes whose edges changed; None where it cannot be."""
        _, x, y, others = move
        directed, undirected = self.directed.copy(), self.undirected.copy()
        directed[x, y] = undirected[x, y] = undirected[y, x] = False
        for h in others:
            for end in (x, y):
                if undirected[end, h]:
                    directed[end, h], undirected[end, h], undirected[h, end] = True, False, False
        return self._accept(directed, undirected)

    def _accept(self, directed: Matrix, undirected: Matrix) -> set[int] | None:
        """Go to the class of a DAG with these edges, if there is one and it is better."""
        dag = _extension(directed, undirected)
        if dag is None or self._score(dag) <= self._score(self.dag) + LEAST_RISE:
            return None
        self.dag = dag
        after = essential_graph(dag, self.known.cannot)
        changed = (after[0] != self.directed) | (after[1] != self.undirected)
        self.directed, self.undirected = after
        return set(np.flatnonzero(changed.any(axis=0) | changed.any(axis=1)).tolist())

    def _score(self, dag: Matrix) -> float:
        return sum(
            self.scores.score(y, frozenset(np.flatnonzero(dag[:, y]).tolist()))
            for y in np.flatnonzero(dag.any(axis=0)).tolist()
        )

    @staticmethod
    def _is_clique(nodes: set[int] | frozenset[int], adjacent: Matrix) -> bool:
        return all(adjacent[a, b] for a, b in combinations(nodes, 2))


def _subsets(nodes: set[int]) -> Iterator[frozenset[int]]:
    largest = len(nodes) if len(nodes) <= ALL_SUBSETS_OF else 2
    for size in range(largest + 1):
        for members in combinations(sorted(nodes), size):
            yield frozenset(members)


def _extension(directed: Matrix, undirected: Matrix) -> Matrix | None:
    """A DAG that orients the undirected edges without a new collider (Dor and Tarsi 1992)."""
    dag, directed, undirected = directed.copy(), directed.copy(), undirected.copy()
    left = set(np.flatnonzero((directed | directed.T | undirected).any(axis=0)).tolist())
    while left:
        adjacent = directed | directed.T | undirected
        sink = next((x for x in sorted(left) if _is_sink(x, directed, undirected, adjacent)), None)
        if sink is None:
            return None
        dag[np.flatnonzero(undirected[sink]), sink] = True
        for matrix in (directed, undirected):
            matrix[sink] = matrix[:, sink] = False
        left.remove(sink)
    return dag


def _is_sink(x: int, directed: Matrix, undirected: Matrix, adjacent: Matrix) -> bool:
    """No edge leaves x, and its neighbours are adjacent to all that is adjacent to x."""
    if directed[x].any():
        return False
    around = np.flatnonzero(adjacent[x])
    return all(
        adjacent[y, around[around != y]].all() for y in np.flatnonzero(undirected[x]).tolist()
    )
