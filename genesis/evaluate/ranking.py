"""How well scores put what is true before what is not; equal scores are no order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.evaluate.counts import ratio

__all__ = ["average_precision", "check_scores", "roc_area"]


def check_scores(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> None:
    """Refuse scores that do not belong to the labels, or that cannot be put in order.

    Raises
    ------
    CommandLineError
        The lengths differ, or a score is NaN.

    Examples
    --------
    >>> check_scores(np.array([0.2, 0.1]), np.array([True, False]))
    """
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise CommandLineError(
            f"scores have shape {scores.shape} and labels {labels.shape}: give one label a score"
        )
    if np.isnan(scores).any():
        raise CommandLineError(
            f"{np.count_nonzero(np.isnan(scores)):,} of {len(scores):,} scores are NaN: leave such "
            "pairs out, or give them a score"
        )


def average_precision(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Area under the precision-recall curve: the mean precision at which recall is gained.

    Each distinct score is one threshold, so that a group of equal scores enters at once and its
    order does not matter; between thresholds precision is not interpolated. Where all scores
    are equal it is the share of what is true.

    Parameters
    ----------
    scores : numpy.ndarray of float64, shape (n,)
        The higher, the sooner; no NaN.
    labels : numpy.ndarray of bool, shape (n,)
        What is true.

    Returns
    -------
    float
        NaN where nothing is true.

    Raises
    ------
    CommandLineError
        The lengths differ, or a score is NaN.

    References
    ----------
    Davis & Goadrich 2006, ICML (why not to interpolate linearly).

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]))
    0.8333333333333333
    >>> average_precision(np.zeros(4), np.array([True, False, False, False]))
    0.25
    """
    n_true, n_called = _at_thresholds(scores, labels)
    if not len(n_true) or not n_true[-1]:
        return float("nan")
    gained = np.diff(n_true, prepend=0)
    return float(np.sum(gained * (n_true / n_called)) / n_true[-1])


def roc_area(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a true one has a higher score than a false one.

    Equal scores count one half.

    Parameters
    ----------
    scores : numpy.ndarray of float64, shape (n,)
        The higher, the sooner; no NaN.
    labels : numpy.ndarray of bool, shape (n,)
        What is true.

    Returns
    -------
    float
        NaN where all or nothing is true.

    Raises
    ------
    CommandLineError
        The lengths differ, or a score is NaN.

    References
    ----------
    Hanley & McNeil 1982, Radiology 143:29.

    Examples
    --------
    >>> roc_area(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]))
    0.5
    >>> roc_area(np.zeros(4), np.array([True, False, False, False]))
    0.5
    """
    n_true, n_called = _at_thresholds(scores, labels)
    if not len(n_true):
        return float("nan")
    n_false = n_called - n_true
    # Twice the number of pairs in the right order, as whole numbers.
    twice = np.sum(np.diff(n_false, prepend=0) * (2 * n_true - np.diff(n_true, prepend=0)))
    return ratio(int(twice), 2 * int(n_true[-1]) * int(n_false[-1]))


def _at_thresholds(
    scores: NDArray[np.float64], labels: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many are true and how many there are at or above each distinct score, from the top."""
    scores, labels = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.bool_)
    check_scores(scores, labels)
    order = np.argsort(scores)[::-1]
    ranked = scores[order]
    is_last = np.ones(len(ranked), dtype=np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=is_last[:-1])
    last = np.flatnonzero(is_last).astype(np.int64)
    return np.cumsum(labels[order], dtype=np.int64)[last], last + 1
