"""BOSS with constraints: the best order of the variables, parents chosen by BIC.

The search is that of Andrews et al. 2023 (NeurIPS 36:63945), without its last step, which makes up
for orders that no data would prefer. An order that agrees with the required one is kept at all
times, and only possible edges are scored.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.knowledge import Knowledge
from genesis.learners.orders import LEAST_RISE, OrderSearch
from genesis.learners.scores import BICScores

__all__ = ["learn_boss"]

Matrix = NDArray[np.bool_]


def learn_boss(knowledge: Knowledge, scores: BICScores) -> Matrix:
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
    while search.sweep():
        pass
    return search.dag()


class _Search(OrderSearch):
    def sweep(self) -> bool:
        """Move every variable to its best place; returns whether any has moved."""
        moved = False
        for node in range(self.known.size):
            if self.known.possible[node].any() or self.known.possible[:, node].any():
                moved |= self._move(node)
        return moved

    def _move(self, node: int) -> bool:
        """Move a variable between the last that must precede it and the first that must not."""
        here = self.order.index(node)
        rest = self.order[:here] + self.order[here + 1 :]
        ancestor, descendant = self.before[:, node], self.before[node]
        low = max((k + 1 for k, one in enumerate(rest) if ancestor[one]), default=0)
        high = min((k for k, one in enumerate(rest) if descendant[one]), default=len(rest))
        prefix = np.zeros(self.known.size, dtype=np.bool_)
        prefix[rest[:high]] = True
        total = self._score(node, prefix)
        scores = {high: total}
        for place in range(high - 1, low - 1, -1):
            # Whoever stood before the variable now stands behind it.
            other = rest[place]
            total -= self._score(node, prefix)
            prefix[other] = False
            total += self._score(node, prefix)
            if self.known.possible[node, other]:
                total -= self._score(other, prefix)
                prefix[node] = True
                total += self._score(other, prefix)
                prefix[node] = False
            scores[place] = total
        best = max(scores, key=lambda place: (scores[place], place == here))
        if scores[best] <= scores[here] + LEAST_RISE:
            return False
        self.order = [*rest[:best], node, *rest[best:]]
        return True

    def _score(self, node: int, prefix: Matrix) -> float:
        return self.parents(node, prefix)[0]
