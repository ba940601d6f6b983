"""Orders of the variables that agree with constraints, and the DAGs that fit them best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.knowledge import Knowledge
from genesis.learners.scores import BICScores

__all__ = ["LEAST_RISE", "OrderSearch"]

Matrix = NDArray[np.bool_]

#: Least rise of the score that counts, so that rounding moves nothing.
LEAST_RISE = 1e-9


class OrderSearch:
    """What searches over orders share: an order, and the best parents among predecessors.

    Parameters
    ----------
    knowledge : Knowledge
    scores : BICScores

    Attributes
    ----------
    before : (p, p) bool
        The row's variable has to stand before the column's.
    order : list of int
        Agrees with `before`.
    """

    def __init__(self, knowledge: Knowledge, scores: BICScores) -> None:
        self.known = knowledge
        self.scores = scores
        self.before = knowledge.known_ancestors()
        # By number of ancestors, which agrees with any relation that is closed.
        n_before = self.before.sum(axis=0)
        self.order: list[int] = np.lexsort((np.arange(knowledge.size), n_before)).tolist()

    def parents(self, node: int, prefix: Matrix) -> tuple[float, NDArray[np.int64]]:
        """Best score of a variable whose parents are among a prefix (p,) bool, and these."""
        known = self.known
        return self.scores.best_parents(node, known.edge[:, node], prefix & known.possible[:, node])

    def dag(self) -> Matrix:
        """Edges, row → column, of the DAG that fits the order best."""
        dag = np.zeros_like(self.known.edge)
        prefix = np.zeros(self.known.size, dtype=np.bool_)
        for node in self.order:
            dag[self.parents(node, prefix)[1], node] = True
            prefix[node] = True
        return dag
