"""BIC scores that a score-based learner asks for, kept and counted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from genesis.learners import score_kernels

__all__ = ["BICScores"]


class BICScores:
    """Scores of linear regressions on a correlation matrix; higher is better.

    Parameters
    ----------
    correlation : (p, p) float64
        Correlation matrix without NaN.
    n_effective : int
        Samples less the rank of covariates.
    penalty : float
        Multiple of ½ log n that an edge costs; 1 is BIC.

    Attributes
    ----------
    n_scores : int
        Regressions scored so far; those that were kept are not counted again.
    """

    def __init__(
        self, correlation: NDArray[np.float64], n_effective: int, penalty: float = 1.0
    ) -> None:
        self._correlation = np.ascontiguousarray(correlation)
        self._n = n_effective
        self._penalty = 0.5 * penalty * math.log(max(n_effective, 2))
        self._most = max((n_effective - 4) // 3, 1)
        self._scores: dict[tuple[int, frozenset[int]], float] = {}
        self._chosen: dict[tuple[int, bytes], tuple[float, NDArray[np.int64]]] = {}
        self.n_scores = 0

    def score(self, target: int, parents: frozenset[int]) -> float:
        """Score of a variable given parents; -inf where they are collinear."""
        key = (target, parents)
        if key not in self._scores:
            self.n_scores += 1
            self._scores[key] = score_kernels.local_score(
                self._correlation,
                self._n,
                self._penalty,
                target,
                np.array(sorted(parents), dtype=np.int64),
            )
        return self._scores[key]

    def best_parents(
        self, target: int, required: NDArray[np.bool_], candidates: NDArray[np.bool_]
    ) -> tuple[float, NDArray[np.int64]]:
        """The best score by grow and shrink, and the parents that give it.

        Parameters
        ----------
        target : int
        required, candidates : (p,) bool
            Parents that stay, and those to choose from.
        """
        key = (target, candidates.tobytes())
        if key not in self._chosen:
            fixed = np.flatnonzero(required)
            free = np.flatnonzero(candidates & ~required)
            parents = np.empty(len(fixed) + len(free), dtype=np.int64)
            size, score, n_scores = score_kernels.grow_shrink(
                self._correlation, self._n, self._penalty, max(self._most, len(fixed)), target,
                fixed, free, parents,
            )  # fmt: skip
            self.n_scores += n_scores
            self._chosen[key] = (score, parents[:size])
        return self._chosen[key]
