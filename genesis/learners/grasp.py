"""GRaSP with constraints: a depth-first search over orders, from tuck to tuck.

The search is that of Lam, Andrews & Ramsey 2022 (UAI, PMLR 180:1052). A tuck takes an edge j → k
of the DAG that fits the order best and puts k, with its ancestors between the two, in front of j.
Tucks that neither raise nor lower the score are followed up, so that orders behind a plateau are
found. Tucks that would break the required order are left out, and only possible edges are scored.
Where the order forbids the one edge that a pair may have, that pair is tucked as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.knowledge import Knowledge
from genesis.learners.orders import LEAST_RISE, OrderSearch
from genesis.learners.scores import BICScores

__all__ = ["learn_grasp"]

Matrix = NDArray[np.bool_]

#: Tucks in a row that need not raise the score.
DEPTH = 3


def learn_grasp(knowledge: Knowledge, scores: BICScores) -> Matrix:
    """Learn a DAG that agrees with the constraints.

    Parameters
    ----------
    knowledge : Knowledge
    scores : BICScores

    Returns
    -------
    (p, p) bool
        Edges, row → column.
    """
    search = _Search(knowledge, scores)
    dag = search.dag()
    while search.climb(dag, 0.0, DEPTH, {dag.tobytes()}):
        dag = search.dag()
    return dag


class _Search(OrderSearch):
    def climb(self, dag: Matrix, rise: float, depth: int, seen: set[bytes]) -> bool:
        """Go on from an order that is as good as the first; True once the score has risen.

        `dag` fits the order, `rise` is what the score has changed by, and DAGs in `seen` have
        been gone on from. The order is left as it was where nothing better is found.
        """
        order = self.order
        for j, k in self._tucks(dag, depth):
            tucked = self._tuck(order, dag, j, k)
            if tucked is None:
                continue
            self.order = tucked
            after, change = self._refit(order, dag)
            if rise + change > LEAST_RISE:
                return True
            level = rise + change >= -LEAST_RISE
            if level and depth > 1 and after.tobytes() not in seen:
                seen.add(after.tobytes())
                if self.climb(after, rise + change, depth - 1, seen):
                    return True
            self.order = order
        return False

    def _tucks(self, dag: Matrix, depth: int) -> list[list[int]]:
        """What to tuck, as [j, k]: covered edges, and in the first step more than those."""
        edges: list[list[int]] = np.argwhere(dag).tolist()
        if depth < DEPTH:
            return [edge for edge in edges if _is_covered(dag, *edge)]
        # Pairs that stand in an order in which no edge may join them, while one may in the other.
        possible, place = self.known.possible, np.argsort(self.order)
        blocked = possible.T & ~possible & (place[:, None] < place)
        return edges + np.argwhere(blocked).tolist()

    def _tuck(self, order: list[int], dag: Matrix, j: int, k: int) -> list[int] | None:
        """The order with k, and what has to precede it, in front of j; None where j has to."""
        start, end = order.index(j), order.index(k)
        moved = {k}
        for node in reversed(order[start:end]):
            follows = list(moved)
            if (dag[node, follows].any() and node != j) or self.before[node, follows].any():
                moved.add(node)
        if j in moved:
            return None
        between = order[start : end + 1]
        front = [node for node in between if node in moved]
        rest = [node for node in between if node not in moved]
        return [*order[:start], *front, *rest, *order[end + 1 :]]

    def _refit(self, old: list[int], dag: Matrix) -> tuple[Matrix, float]:
        """The DAG of the order, and what its score is more than that of an older order's."""
        after, change = dag.copy(), 0.0
        now, then = (np.zeros(self.known.size, dtype=np.bool_) for _ in range(2))
        earlier: dict[int, Matrix] = {}
        for node in old:
            earlier[node] = then.copy()
            then[node] = True
        for node, previous in zip(self.order, old, strict=True):
            if node != previous or (now != earlier[node]).any():
                score, parents = self.parents(node, now)
                change += score - self.parents(node, earlier[node])[0]
                after[:, node] = False
                after[parents, node] = True
            now[node] = True
        return after, change


def _is_covered(dag: Matrix, j: int, k: int) -> bool:
    """Whether k has the parents of j, and j, and no others."""
    more = dag[:, k] & ~dag[:, j]
    return bool(more.sum() == 1 and (dag[:, j] <= dag[:, k]).all())
