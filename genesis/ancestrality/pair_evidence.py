"""Evidence on pairs of genes from data: tiles of correlations, tests and witness votes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from genesis.ancestrality import pair_kernels
from genesis.ancestrality.matrix import NONDESCENDANT, UNRESOLVED
from genesis.anchors.blankets import NearestAncestors, find_nearest_ancestors
from genesis.engine.threads import map_ordered

__all__ = ["CorrelationEvidence", "Evidence", "PairBatch", "Votes"]

#: Genes on one side of a tile.
TILE_GENES = 128
#: Genes whose pools are held at once.
POOL_GENES = 512


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes of the witnesses of some pairs; columns are the rules of `vote_kernels`.

    Attributes
    ----------
    count : (m, 4) int64
    evidence : (m, 4) float64
        Sum of -log p of the votes' significant tests.
    strongest : (m, 4) int64
        Variable with the smallest significant p.
    log_p_best : (m, 4, 2) float64
        Its significant log p, and the other one.
    """

    count: np.ndarray
    evidence: np.ndarray
    strongest: np.ndarray
    log_p_best: np.ndarray

    @classmethod
    def none(cls, n_pairs: int) -> Votes:
        """No votes on so many pairs."""
        return cls(
            np.zeros((n_pairs, 4), dtype=np.int64),
            np.zeros((n_pairs, 4)),
            np.full((n_pairs, 4), -1, dtype=np.int64),
            np.full((n_pairs, 4, 2), np.nan),
        )

    def rows(self, which: np.ndarray) -> Votes:
        """The votes on some of the pairs."""
        return Votes(
            self.count[which],
            self.evidence[which],
            self.strongest[which],
            self.log_p_best[which],
        )


@dataclass(frozen=True, eq=False)
class PairBatch:
    """Tests of some pairs given their guarded sets, and the votes on the dependent ones.

    Attributes
    ----------
    gene_i, gene_j : (m,) int64
        The pairs, j < i.
    log_p : (m,) float64
        Log p of i ⊥ j given the set; NaN where it could not be tested.
    reason : (m,) int8
        Why not (`partial_kernels`), 0 where it was tested.
    n_conditioning : (m,) int32
    dependent : (k,) int64
        Positions of the pairs at or below the level.
    votes : Votes
        One row a dependent pair.
    """

    gene_i: np.ndarray
    gene_j: np.ndarray
    log_p: np.ndarray
    reason: np.ndarray
    n_conditioning: np.ndarray
    dependent: np.ndarray
    votes: Votes


class Evidence(Protocol):
    """What the search asks of its data; tests answer it from a known graph instead."""

    n_genes: int

    def nearest_ancestors(self, codes: np.ndarray) -> NearestAncestors:
        """Nearest ancestors of each gene, given the order known so far."""
        ...

    def pairs(
        self, codes: np.ndarray, nearest: NearestAncestors, log_alpha: float
    ) -> Iterator[PairBatch]:
        """Evidence on every unresolved pair."""
        ...


class CorrelationEvidence:
    """Evidence from partial correlations.

    Parameters
    ----------
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    n_variants : int
        Number of variants among the rows.
    pools : list of int64 arrays
        Variants (rows) in the pool of each gene, ascending.
    given : bool
        True where the pools are anchors that the user gave: then they are the first
        nearest ancestors, without a search.
    n_effective : int
        Samples less covariate rank.
    alpha_blanket : float
        Level of the tests in the search for nearest ancestors.
    strongest_first : bool
        IAMB (True) or grow–shrink (False).
    threads : int
        Number of threads; no outcome depends on it.
    """

    def __init__(
        self,
        rows: np.ndarray,
        n_variants: int,
        pools: list[np.ndarray],
        *,
        given: bool,
        n_effective: int,
        alpha_blanket: float,
        strongest_first: bool,
        threads: int,
    ) -> None:
        self.n_genes = len(pools)
        self._rows = rows
        self._n_variants = n_variants
        self._pools = pools
        self._given = given
        self._n_effective = n_effective
        self._alpha_blanket = alpha_blanket
        self._strongest_first = strongest_first
        self._threads = threads
        # What was found last, and the order known then.
        self._found: list[np.ndarray] = []
        self._before = np.empty((0, 0), dtype=np.bool_)

    def nearest_ancestors(self, codes: np.ndarray) -> NearestAncestors:
        """Search among the screened variants and the genes known to precede each gene.

        A gene before which nothing new is known keeps what was found for it last.
        """
        before = codes >= NONDESCENDANT
        if self._given and not before.any():
            return NearestAncestors.from_lists(self._pools)
        if self._found:
            genes = np.flatnonzero((before != self._before).any(axis=0))
        else:
            genes = np.arange(self.n_genes)
            self._found = list(self._pools)
        self._before = before
        for start in range(0, len(genes), POOL_GENES):
            self._search(genes[start : start + POOL_GENES])
        return NearestAncestors.from_lists(self._found)

    def _search(self, genes: np.ndarray) -> None:
        pools = [
            np.concatenate(
                [self._pools[gene], self._n_variants + np.flatnonzero(self._before[:, gene])]
            )
            for gene in genes
        ]
        nearest = find_nearest_ancestors(
            self._rows,
            self._n_variants,
            NearestAncestors.from_lists(pools),
            self._n_effective,
            self._alpha_blanket,
            self._strongest_first,
            self._threads,
            genes,
        )
        for at, gene in enumerate(genes):
            self._found[gene] = nearest.of(at)

    def pairs(
        self, codes: np.ndarray, nearest: NearestAncestors, log_alpha: float
    ) -> Iterator[PairBatch]:
        """Test every unresolved pair, tile by tile."""

        def work(tile: tuple[int, int]) -> PairBatch | None:
            return self._evaluate_tile(tile, codes, nearest, log_alpha)

        first = range(0, self.n_genes, TILE_GENES)
        tiles = ((i, j) for i in first for j in first if j <= i)
        for batch in map_ordered(work, tiles, self._threads):
            if batch is not None:
                yield batch

    def _evaluate_tile(
        self, tile: tuple[int, int], codes: np.ndarray, nearest: NearestAncestors, log_alpha: float
    ) -> PairBatch | None:
        low_i, low_j = tile
        block = codes[low_i : low_i + TILE_GENES, low_j : low_j + TILE_GENES] == UNRESOLVED
        gene_i, gene_j = np.nonzero(np.tril(block, -1) if low_i == low_j else block)
        if not len(gene_i):
            return None
        gene_i += low_i
        gene_j += low_j
        if low_i == low_j:
            variables_i = variables_j = self._variables_of(np.union1d(gene_i, gene_j), nearest)
        else:
            variables_i = self._variables_of(np.unique(gene_i), nearest)
            variables_j = self._variables_of(np.unique(gene_j), nearest)
        rows_i, rows_j = self._rows[variables_i], self._rows[variables_j]
        across = rows_i @ rows_j.T
        same = low_i == low_j
        m = len(gene_i)
        log_p, reason = np.empty(m), np.empty(m, dtype=np.int8)
        n_conditioning = np.empty(m, dtype=np.int32)
        votes = Votes.none(m)
        pair_kernels.evaluate_pairs(
            gene_i,
            gene_j,
            self._row_of(variables_i),
            self._row_of(variables_j),
            nearest.start,
            nearest.member,
            codes,
            self._n_variants,
            across if same else rows_i @ rows_i.T,
            across if same else rows_j @ rows_j.T,
            across,
            self._n_effective,
            log_alpha,
            log_p,
            reason,
            n_conditioning,
            votes.count,
            votes.evidence,
            votes.strongest,
            votes.log_p_best,
        )
        dependent = np.flatnonzero(log_p <= log_alpha)
        return PairBatch(
            gene_i, gene_j, log_p, reason, n_conditioning, dependent, votes.rows(dependent)
        )

    def _variables_of(self, genes: np.ndarray, nearest: NearestAncestors) -> np.ndarray:
        members = [nearest.of(gene) for gene in genes]
        return np.unique(np.concatenate([self._n_variants + genes, *members]))

    def _row_of(self, variables: np.ndarray) -> np.ndarray:
        row_of = np.empty(len(self._rows), dtype=np.int64)
        row_of[variables] = np.arange(len(variables))
        return row_of
