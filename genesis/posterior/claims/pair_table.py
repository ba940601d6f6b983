"""Ordered pairs of genes of which graphs say something, with what they say; sparse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import numpy as np

from genesis.posterior.claims import pair_table_kernels

__all__ = ["PairTable", "Pairs", "join", "spread", "taken"]


class Pairs(NamedTuple):
    """Which pairs a table holds, by cause and then by target.

    Attributes
    ----------
    start : (n_genes + 1,) int64
        Those of cause a are at ``start[a]:start[a + 1]``.
    target : (m,) int32
    """

    start: np.ndarray
    target: np.ndarray

    @classmethod
    def of(cls, cause: np.ndarray, target: np.ndarray, n_genes: int) -> Pairs:
        """Pairs that are in order already, each once."""
        start = np.zeros(n_genes + 1, dtype=np.int64)
        np.cumsum(np.bincount(cause, minlength=n_genes), out=start[1:])
        return cls(start, target.astype(np.int32))


def join(tables: Sequence[Pairs]) -> Pairs:
    """The pairs that are in one of some tables, at least one."""
    return reduce(_joined, tables)


def _joined(one: Pairs, other: Pairs) -> Pairs:
    start = np.empty_like(one.start)
    target = np.empty(len(one.target) + len(other.target), dtype=np.int32)
    n = pair_table_kernels.join_rows(*one, *other, start, target)
    return Pairs(start, target[:n].copy())


def spread(values: np.ndarray, pairs: Pairs, among: Pairs, absent: int = 0) -> np.ndarray:
    """Values of the pairs of one table at the pairs of another, which has all of them and more.

    Parameters
    ----------
    values : (m,) uint8
    pairs, among : Pairs
    absent : int
        What the other pairs have.

    Returns
    -------
    (m_among,) uint8
    """
    found = np.full(len(among.target), absent, dtype=np.uint8)
    pair_table_kernels.spread_values(*pairs, values, *among, found)
    return found


@dataclass(frozen=True, eq=False)
class PairTable:
    """Posteriors of the pairs of which graphs say something; of all others they are 0.

    Attributes
    ----------
    start : (n_genes + 1,) int64
        Pairs (a, b) of cause a are at ``start[a]:start[a + 1]``.
    target : (m,) int32
        Gene b of each, ascending within a cause.
    ancestor : (m,) float32
        Posterior of a ≺ b.
    uncalibrated : (m,) float32
        The same before calibration; the same array where there was none.
    confounded : (m,) float32
        The part of it in which a and b share a hidden factor.
    direct : (m,) float32
        Posterior of an edge a → b.
    effect : (m,) float32
        Mean total effect of a on b; see `total_effects`.

    Examples
    --------
    >>> posterior = np.array([[0, 0.9, 0], [0, 0, 0], [0.25, 0, 0]])
    >>> table = PairTable.from_dense(posterior)
    >>> table.cause.tolist(), table.target.tolist(), table.ancestor.tolist()
    ([0, 2], [1, 0], [0.8999999761581421, 0.25])
    >>> table.at(table.ancestor, np.array([2, 1]), np.array([0, 2])).tolist()
    [0.25, 0.0]
    """

    start: np.ndarray
    target: np.ndarray
    ancestor: np.ndarray
    uncalibrated: np.ndarray
    confounded: np.ndarray
    direct: np.ndarray
    effect: np.ndarray

    @classmethod
    def from_dense(cls, ancestor: np.ndarray, **others: np.ndarray) -> PairTable:
        """The table of matrices of few genes, row a before column b.

        Parameters
        ----------
        ancestor : (n_genes, n_genes) float
        **others : (n_genes, n_genes) float
            Any of the other columns; `uncalibrated` is `ancestor` where it is not given, the others
            are 0 throughout.
        """
        is_there = np.any([matrix != 0 for matrix in (ancestor, *others.values())], axis=0)
        np.fill_diagonal(is_there, False)
        cause, target = np.nonzero(is_there)
        columns = {
            name: matrix[cause, target].astype(np.float32)
            for name, matrix in {"ancestor": ancestor, **others}.items()
        }
        return cls.of_pairs(Pairs.of(cause, target, len(ancestor)), **columns)

    @classmethod
    def of_pairs(cls, pairs: Pairs, ancestor: np.ndarray, **others: np.ndarray) -> PairTable:
        """The table of some pairs; columns as of `from_dense`."""
        nothing = np.zeros(len(ancestor), dtype=np.float32)
        columns = dict.fromkeys(("confounded", "direct", "effect"), nothing)
        columns |= {"ancestor": ancestor, "uncalibrated": ancestor, **others}
        return cls(*pairs, **columns)

    @property
    def n_genes(self) -> int:
        """Genes that pairs are of."""
        return len(self.start) - 1

    @property
    def cause(self) -> np.ndarray:
        """Gene a of each pair: (m,) int32."""
        return np.repeat(np.arange(self.n_genes, dtype=np.int32), np.diff(self.start))

    def places(self, cause: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Where some pairs are in the columns: (k,) int64, -1 for those that are not there."""
        found = np.empty(len(cause), dtype=np.int64)
        ends = (np.ascontiguousarray(one, dtype=np.int32) for one in (cause, target))
        pair_table_kernels.find_pairs(self.start, self.target, *ends, found)
        return found

    def at(self, column: np.ndarray, cause: np.ndarray, target: np.ndarray) -> np.ndarray:
        """What a column of the table holds of some pairs, 0 for those that are not there."""
        return taken(column, self.places(cause, target))

    def reverse(self, column: np.ndarray) -> np.ndarray:
        """What a column holds of (b, a), for each pair (a, b) of the table."""
        return self.at(column, self.target, self.cause)


def taken(column: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values of a column at places of `PairTable.places`: 0 where that is -1."""
    found = np.zeros(len(places), dtype=column.dtype)
    is_there = places >= 0
    found[is_there] = column[places[is_there]]
    return found
