"""Nearest ancestors of every gene: which variants and genes screen it off from the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genesis.anchors import blanket_kernels
from genesis.engine.threads import map_ordered

__all__ = ["NearestAncestors", "find_nearest_ancestors"]


@dataclass(frozen=True, eq=False)
class NearestAncestors:
    """Members of the nearest-ancestor set of every gene.

    Attributes
    ----------
    start : (n_genes + 1,) int64
        Gene g has the members ``member[start[g]:start[g + 1]]``.
    member : (total,) int64
        Variables: variants first, then genes; ascending within a gene.
    """

    start: np.ndarray
    member: np.ndarray

    @classmethod
    def from_lists(cls, members: list[np.ndarray]) -> NearestAncestors:
        """Put lists of members, one a gene, end to end."""
        sizes = [len(one) for one in members]
        start = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
        joined = np.concatenate([np.empty(0, dtype=np.int64), *members]).astype(np.int64)
        return cls(start, joined)

    @classmethod
    def joined(cls, parts: list[NearestAncestors]) -> NearestAncestors:
        """Put tables of some genes each end to end."""
        sizes = [np.diff(part.start) for part in parts]
        start = np.cumsum(np.concatenate([[0], *sizes]))
        member = np.concatenate([np.empty(0, dtype=np.int64), *(part.member for part in parts)])
        return cls(start.astype(np.int64), member)

    def of(self, gene: int) -> np.ndarray:
        """Members of one gene."""
        return self.member[self.start[gene] : self.start[gene + 1]]

    def differ_from(self, other: NearestAncestors | None) -> np.ndarray:
        """Which genes have other members than in another such table, (n_genes,) bool."""
        n_genes = len(self.start) - 1
        if other is None:
            return np.ones(n_genes, dtype=np.bool_)
        differs = np.empty(n_genes, dtype=np.bool_)
        blanket_kernels.differ(self.start, self.member, other.start, other.member, differs)
        return differs

    def replaced(self, genes: np.ndarray, found: NearestAncestors) -> NearestAncestors:
        """The same with the members of some genes (positions, ascending) replaced."""
        is_new = np.zeros(len(self.start) - 1, dtype=np.bool_)
        is_new[genes] = True
        sizes = np.diff(self.start)
        kept = self.member[np.repeat(~is_new, sizes)]
        sizes[genes] = np.diff(found.start)
        member = np.empty(sizes.sum(), dtype=np.int64)
        from_new = np.repeat(is_new, sizes)
        member[from_new], member[~from_new] = found.member, kept
        return NearestAncestors(np.concatenate([[0], np.cumsum(sizes)]), member)

    def with_predecessors(
        self, genes: np.ndarray, codes: np.ndarray, n_variants: int
    ) -> NearestAncestors:
        """Members of some genes, and after them the genes that are known to precede each.

        Parameters
        ----------
        genes : (g,) int64
            Genes (positions).
        codes : (n, n) int8
            Ancestrality matrix, row a before column b.
        n_variants : int
            The variable of gene 0.
        """
        start, member = blanket_kernels.with_predecessors(
            genes, self.start, self.member, codes, n_variants
        )
        return NearestAncestors(start, member)


def find_nearest_ancestors(
    rows: np.ndarray,
    targets: np.ndarray,
    pools: NearestAncestors,
    n_effective: int,
    alpha: float,
    strongest_first: bool,
    threads: int,
) -> NearestAncestors:
    """Markov blanket of each target among a pool of its non-descendants.

    Parameters
    ----------
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    targets : (n_targets,) int64
        Rows of the genes.
    pools : NearestAncestors
        The pool of each target, ascending.
    n_effective : int
        Samples less covariate rank.
    alpha : float
        Level of the tests.
    strongest_first : bool
        True: IAMB. False: grow–shrink in the order of the pool.
    threads : int
        Number of threads; the outcome does not depend on it.

    Returns
    -------
    NearestAncestors
        At most ``max(1, (n_effective - 4) // 3)`` members a gene.

    Notes
    -----
    Candidates are taken in while they depend on the target given those chosen. Then members
    are dropped: the first in the order of choice that is independent of the target given the
    rest, and again from the first on until all depend on it.

    References
    ----------
    docs/rules.md#nearest-ancestors; Tsamardinos et al. 2003 (IAMB), Margaritis & Thrun 1999
    (grow–shrink).
    """
    n_genes = len(targets)
    most = max(1, (n_effective - 4) // 3)
    bounds = np.linspace(0, n_genes, min(n_genes, 8 * threads) + 1 if threads > 1 else 2)
    bounds = bounds.astype(np.int64)

    def work(part: tuple[int, int]) -> list[np.ndarray]:
        low, high = part
        start = pools.start[low : high + 1] - pools.start[low]
        size, members = blanket_kernels.blankets(
            rows,
            targets[low:high],
            start,
            pools.member[pools.start[low] : pools.start[high]],
            n_effective,
            float(np.log(alpha)),
            most,
            strongest_first,
        )
        return [members[s : s + k] for s, k in zip(start, size, strict=False)]

    parts = list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))
    found = [one for part in map_ordered(work, parts, threads) for one in part]
    return NearestAncestors.from_lists(found)
