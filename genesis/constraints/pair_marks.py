"""Marks on ordered pairs of genes, set and read for tens of millions of pairs in little memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

__all__ = ["are_marked", "mark", "pieces"]

#: NumPy turns positions into 64 bits before it uses them, so they are used some at a time.
_PIECE_PAIRS = 1_000_000


def pieces(first: np.ndarray, second: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Two columns in consecutive pieces."""
    for start in range(0, len(first), _PIECE_PAIRS):
        yield first[start : start + _PIECE_PAIRS], second[start : start + _PIECE_PAIRS]


def mark(marks: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Set the entries (first[k], second[k]) of a matrix of bool."""
    for a, b in pieces(first, second):
        marks[a, b] = True


def are_marked(marks: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Whether each entry (first[k], second[k]) is set, (k,) bool."""
    found = [marks[a, b] for a, b in pieces(first, second)]
    return np.concatenate([np.empty(0, dtype=np.bool_), *found])
