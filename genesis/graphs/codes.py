"""Coding of the ancestrality matrix and the arithmetic of pairs."""

from __future__ import annotations

import numpy as np

__all__ = [
    "ANCESTOR",
    "NONDESCENDANT",
    "NOT_ANCESTOR",
    "UNRESOLVED",
    "empty_matrix",
    "pair_index",
]

#: Codes of an entry [a, b] (int8). A pair is unresolved in both entries or in neither.
UNRESOLVED = -1
NOT_ANCESTOR = 0  # a is not an ancestor of b
NONDESCENDANT = 1  # a ⪯ b: b is not an ancestor of a; the float matrix shows 0.5
ANCESTOR = 2  # a ≺ b; the float matrix shows 1


def empty_matrix(n_genes: int) -> np.ndarray:
    """An ancestrality matrix of codes without any claim, (n_genes, n_genes) int8."""
    codes = np.full((n_genes, n_genes), UNRESOLVED, dtype=np.int8)
    np.fill_diagonal(codes, NOT_ANCESTOR)
    return codes


def pair_index(i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Position of the pair (i, j), j < i, among all pairs ordered by i, then j."""
    i = np.asarray(i, dtype=np.int64)
    return i * (i - 1) // 2 + j
