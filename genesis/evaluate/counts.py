"""Right and wrong claims, counted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ClaimCounts", "count_claims", "ratio", "structural_hamming_distance"]


class ClaimCounts(NamedTuple):
    """Counts over the pairs of different genes.

    Attributes
    ----------
    n_true, n_claimed : int
        Ordered pairs that are true, and that are claimed.
    n_correct : int
        Claimed ordered pairs that are true.
    n_reversed : int
        Claimed ordered pairs that are not true while the opposite direction is.
    n_related : int
        Unordered pairs that are true in one direction or in both.
    n_covered : int
        Those of them that are claimed in one direction or in both.
    """

    n_true: int
    n_claimed: int
    n_correct: int
    n_reversed: int
    n_related: int
    n_covered: int

    @property
    def precision(self) -> float:
        """Share of the claims that are true; NaN where there is no claim."""
        return ratio(self.n_correct, self.n_claimed)

    @property
    def recall(self) -> float:
        """Share of what is true that is claimed; NaN where nothing is true."""
        return ratio(self.n_correct, self.n_true)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall.

        0 where no claim is correct, also where there is none at all; NaN only where nothing is
        true and nothing is claimed.
        """
        return ratio(2 * self.n_correct, self.n_claimed + self.n_true)

    @property
    def orientation_accuracy(self) -> float:
        """Share of the claims on related pairs that have the right direction; NaN without any.

        Each direction of a pair that is claimed both ways is a claim of its own.
        """
        return ratio(self.n_correct, self.n_correct + self.n_reversed)

    @property
    def coverage(self) -> float:
        """Share of the related pairs that are claimed in some direction; NaN without any."""
        return ratio(self.n_covered, self.n_related)


def ratio(part: float, whole: float) -> float:
    """A share; NaN where there is nothing to have a share of.

    Examples
    --------
    >>> ratio(1, 4), ratio(0, 0)
    (0.25, nan)
    """
    return part / whole if whole else float("nan")


def count_claims(claims: NDArray[np.bool_], truth: NDArray[np.bool_]) -> ClaimCounts:
    """Count what is true, claimed, correct and reversed.

    Parameters
    ----------
    claims, truth : numpy.ndarray of bool, shape (n_genes, n_genes)
        Row before column: [a, b] stands for a ≺ b, or for an edge a → b. The diagonals are
        passed over.

    Returns
    -------
    ClaimCounts

    Examples
    --------
    The truth is 0 → 1 → 2; the first edge is claimed, and the second the wrong way round.

    >>> truth = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    >>> claims = np.array([[0, 1, 0], [0, 0, 0], [0, 1, 0]], dtype=bool)
    >>> counts = count_claims(claims, truth)
    >>> counts.n_correct, counts.n_reversed, counts.precision, counts.coverage
    (1, 1, 0.5, 1.0)
    """
    between = ~np.eye(len(truth), dtype=np.bool_)
    claims, truth = claims & between, truth & between
    related = truth | truth.T
    return ClaimCounts(
        n_true=int(np.count_nonzero(truth)),
        n_claimed=int(np.count_nonzero(claims)),
        n_correct=int(np.count_nonzero(claims & truth)),
        n_reversed=int(np.count_nonzero(claims & truth.T & ~truth)),
        # Both matrices are symmetric: each unordered pair stands in them twice.
        n_related=int(np.count_nonzero(related)) // 2,
        n_covered=int(np.count_nonzero(related & (claims | claims.T))) // 2,
    )


def structural_hamming_distance(claims: NDArray[np.bool_], truth: NDArray[np.bool_]) -> int:
    """Unordered pairs whose edges differ: missing, too many, or the wrong way round.

    Parameters
    ----------
    claims, truth : numpy.ndarray of bool, shape (n_genes, n_genes)
        Edges, row parent, column child. The diagonals are passed over.

    Returns
    -------
    int
        A reversed edge counts once.

    References
    ----------
    Tsamardinos, Brown & Aliferis 2006, Machine Learning 65:31.

    Examples
    --------
    >>> truth = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    >>> structural_hamming_distance(truth.T, truth)
    2
    """
    differs = claims != truth
    differs = (differs | differs.T) & ~np.eye(len(truth), dtype=np.bool_)
    return int(np.count_nonzero(differs)) // 2
