"""The independence tests that a constraint-based learner asks for, counted."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from genesis.learners import subset_kernels

__all__ = ["FisherTests", "IndependenceTests"]


class IndependenceTests(Protocol):
    """What `genesis.learners.pc` and `fci` ask.

    Attributes
    ----------
    n_tests : int
        Tests made so far.
    most_given : int
        Largest conditioning set that can be tested.
    """

    n_tests: int
    most_given: int

    def independent_pairs(
        self, first: NDArray[np.int64], second: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether the two of each pair are independent given nothing."""

    def separate(
        self, x: int, y: int, fixed: list[int], free: list[int], size: int
    ) -> frozenset[int] | None:
        """`fixed` and a subset of `free` of this size given which x and y are independent."""


class FisherTests:
    """Fisher's z tests on a correlation matrix.

    Parameters
    ----------
    correlation : (p, p) float64
        Correlation matrix without NaN.
    n_effective : int
        Samples less the rank of covariates.
    alpha : float
        p-values above this are read as independence.

    Attributes
    ----------
    n_tests, most_given : int
        As in `IndependenceTests`.
    n_untestable : int
        Sets given which no test could be made: collinear, or too large. They separate nothing.
    """

    def __init__(self, correlation: NDArray[np.float64], n_effective: int, alpha: float) -> None:
        self._correlation = np.ascontiguousarray(correlation)
        self._n_effective = n_effective
        self._log_alpha = math.log(alpha)
        self.n_tests = 0
        self.n_untestable = 0
        self.most_given = max((n_effective - 4) // 3, 0)

    def independent_pairs(
        self, first: NDArray[np.int64], second: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether the two of each pair are independent given nothing."""
        log_p = np.empty(len(first))
        subset_kernels.marginal_tests(self._correlation, self._n_effective, first, second, log_p)
        untestable = int(np.count_nonzero(np.isnan(log_p)))
        self.n_untestable += untestable
        self.n_tests += len(first) - untestable
        return log_p > self._log_alpha

    def separate(
        self, x: int, y: int, fixed: list[int], free: list[int], size: int
    ) -> frozenset[int] | None:
        """The first set found; None where no set of this size separates the two."""
        chosen = np.empty(size, dtype=np.int64)
        found, n_tests, n_untestable = subset_kernels.separating_subset(
            self._correlation,
            self._n_effective,
            x,
            y,
            np.array(fixed, dtype=np.int64),
            np.array(free, dtype=np.int64),
            size,
            self._log_alpha,
            chosen,
        )
        self.n_tests += n_tests
        self.n_untestable += n_untestable
        return frozenset([*fixed, *(free[k] for k in chosen)]) if found else None
