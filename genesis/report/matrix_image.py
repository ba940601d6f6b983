"""The ancestrality matrix in the order of ancestry, small enough to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genesis.findings.relations import RELATION_NAMES

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["MOST_CELLS", "MatrixImage", "matrix_image", "order_of_ancestry"]

#: Genes on a side that are shown one by one; more are shown in blocks.
MOST_CELLS = 1_000


@dataclass(frozen=True, eq=False)
class MatrixImage:
    """The matrix as shown.

    Attributes
    ----------
    order : (n_genes,) int64
        Genes from the top and from the left.
    values : (k, k) float64
        The matrix itself where `block` is 1; else the share of the pairs of a block that are
        ancestor claims, row before column.
    block : int
        Genes on a side of a cell.
    """

    order: np.ndarray
    values: np.ndarray
    block: int


def order_of_ancestry(result: Findings) -> np.ndarray:
    """Genes such that each comes before those it is an ancestor of, as far as claims go.

    By the number of descendants less that of ancestors, which every ancestor claim of a
    transitive matrix lowers; ties in the order of the gene table.
    """
    pairs, n = result.pairs, len(result.genes)
    ancestor = pairs.relation == RELATION_NAMES.index("ancestor")
    below = np.bincount(pairs.gene_a[ancestor], minlength=n)
    above = np.bincount(pairs.gene_b[ancestor], minlength=n)
    return np.argsort(above - below, kind="stable")


def matrix_image(result: Findings) -> MatrixImage:
    """Order the matrix, and average blocks of it where it is too large to be seen.

    Parameters
    ----------
    result : Findings
    """
    order = order_of_ancestry(result)
    n = len(order)
    if n <= MOST_CELLS:
        return MatrixImage(order, result.ancestrality.to_numpy()[np.ix_(order, order)], 1)
    block = -(-n // MOST_CELLS)
    size = -(-n // block)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n) // block
    pairs = result.pairs
    ancestor = pairs.relation == RELATION_NAMES.index("ancestor")
    cell = place[pairs.gene_a[ancestor]] * size + place[pairs.gene_b[ancestor]]
    counts = np.bincount(cell, minlength=size * size).reshape(size, size)
    members = np.bincount(place, minlength=size)
    return MatrixImage(order, counts / (members[:, None] * members[None, :]), block)
