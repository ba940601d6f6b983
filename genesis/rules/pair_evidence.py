"""Evidence on pairs of genes from data: tiles of correlations, tests and witness votes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from genesis.anchors.blankets import NearestAncestors, find_nearest_ancestors
from genesis.engine.runner import Runner
from genesis.linear.partial_correlation import critical_squares
from genesis.rules import due_kernels as sweep_kernels
from genesis.rules import pair_kernels, vote_kernels

__all__ = [
    "CLAIM",
    "DEPENDENT",
    "CorrelationEvidence",
    "Evidence",
    "PairBatch",
    "PairData",
    "Question",
    "evaluate_tile",
]

#: Genes whose pools are held at once.
POOL_GENES = 512

#: A pair whose test given its guarded set is significant.
DEPENDENT = np.dtype([("gene_i", "<i4"), ("gene_j", "<i4"), ("log_p", "<f8")])
#: A claim that witnesses of a dependent pair vote for, by rule of `vote_kernels`.
CLAIM = np.dtype(
    [
        ("gene_i", "<i4"),
        ("gene_j", "<i4"),
        ("log_p", "<f8"),  # of the pair
        ("n_conditioning", "<u2"),  # size of its guarded set
        ("rule", "i1"),
        ("n_witnesses", "<i4"),
        ("evidence", "<f8"),  # sum of -log p of the votes' significant tests
        ("witness", "<i4"),  # with the smallest significant p
        ("log_p_significant", "<f8"),
        ("log_p_other", "<f8"),
    ]
)


@dataclass(frozen=True, eq=False)
class Question:
    """What a sweep asks of the evidence: the unresolved pairs that may have a new answer.

    Attributes
    ----------
    sweep : int
        From 1.
    n_variants : int
        Members of a nearest-ancestor set from this one on are genes.
    codes : (n, n) int8
        Ancestrality matrix, row a before column b, as the sweep before left it.
    nearest : NearestAncestors
    renewed : (n,) bool
        Genes whose nearest ancestors are not those of the sweep before.
    ordered_since : (n_pairs,) int8
        The sweep that first ordered the pair, 0 for never.
    log_alpha : float
        Log of the level.
    settle : bool
        Conflicting votes are weighed.
    """

    sweep: int
    n_variants: int
    codes: np.ndarray
    nearest: NearestAncestors
    renewed: np.ndarray
    ordered_since: np.ndarray
    log_alpha: float
    settle: bool

    def due(self, low_i: int, low_j: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Unresolved pairs of a tile whose guarded set is not that of the sweep before."""
        pairs: tuple[np.ndarray, np.ndarray] = sweep_kernels.list_due(
            low_i, low_j, size, self.codes, self.nearest.start, self.nearest.member,
            self.n_variants, self.renewed, self.ordered_since, self.sweep,
        )  # fmt: skip
        return pairs

    def are_due(self, gene_i: np.ndarray, gene_j: np.ndarray) -> np.ndarray:
        """The same of given unresolved pairs."""
        found = np.empty(len(gene_i), dtype=np.bool_)
        sweep_kernels.are_due(
            gene_i, gene_j, self.codes, self.nearest.start, self.nearest.member,
            self.n_variants, self.renewed, self.ordered_since, self.sweep, found,
        )  # fmt: skip
        return found


class PairBatch(NamedTuple):
    """Tests of some pairs given their guarded sets, and the claims of the dependent ones.

    Attributes
    ----------
    gene_i, gene_j : (m,) int32
        The pairs, j < i.
    log_p : (m,) float32
        Log p of i ⊥ j given the set; NaN where it could not be tested.
    reason : (m,) int8
        Why not (`partial_kernels`), 0 where it was tested.
    n_conditioning : (m,) uint16
    dependent : (k,) DEPENDENT
        The pairs at or below the level, with the exact log p.
    claims : (c,) CLAIM
        What their witnesses vote for, by pair, then rule.
    """

    gene_i: np.ndarray
    gene_j: np.ndarray
    log_p: np.ndarray
    reason: np.ndarray
    n_conditioning: np.ndarray
    dependent: np.ndarray
    claims: np.ndarray

    @classmethod
    def from_votes(
        cls,
        gene_i: np.ndarray,
        gene_j: np.ndarray,
        tests: pair_kernels.Tests,
        at: np.ndarray,
        log_p: np.ndarray,
        votes: pair_kernels.Votes,
        settle: bool,
    ) -> PairBatch:
        """From the tests and what is known of dependent pairs.

        `at` and `log_p` are the positions of these among the pairs and their exact log p;
        `votes` has one row for each of them.
        """
        count, evidence, strongest, log_p_best = votes
        if settle:
            vote_kernels.settle(count, evidence)
        dependent = np.empty(len(at), dtype=DEPENDENT)
        dependent["gene_i"], dependent["gene_j"] = gene_i[at], gene_j[at]
        dependent["log_p"] = log_p
        row, rule = np.nonzero(count)
        claims = np.empty(len(row), dtype=CLAIM)
        for name in DEPENDENT.names or ():
            claims[name] = dependent[name][row]
        claims["n_conditioning"] = tests.n_conditioning[at][row]
        claims["rule"] = rule
        claims["n_witnesses"] = count[row, rule]
        claims["evidence"] = evidence[row, rule]
        claims["witness"] = strongest[row, rule]
        claims["log_p_significant"] = log_p_best[row, rule, 0]
        claims["log_p_other"] = log_p_best[row, rule, 1]
        return cls(gene_i, gene_j, *tests, dependent, claims)


class Evidence(Protocol):
    """What the search asks of its data; tests answer it from a known graph instead."""

    n_genes: int
    n_variants: int

    def nearest_ancestors(
        self, codes: np.ndarray, previous: NearestAncestors | None, touched: np.ndarray
    ) -> NearestAncestors:
        """Nearest ancestors of each gene, given the order known so far.

        Those of genes that are not `touched` are taken from `previous`: no gene was found to
        precede them since.
        """
        ...

    def pairs(self, question: Question) -> Iterator[PairBatch]:
        """Evidence on every unresolved pair that is due."""
        ...


class Block(NamedTuple):
    """Some genes on one side of a tile: their nearest ancestors and correlations with them.

    Attributes
    ----------
    start : (b + 1,) int64
        Gene k of the block has the members ``start[k]:start[k + 1]``.
    member, member_row : int64 arrays
        The variables, and their rows among those of the block.
    gene_row : (b,) int64
        Row of each gene.
    own_start : (b + 1,) int64
        Where the matrix of each gene begins in `own`.
    own : float64 array
        Correlations among the members and, last, the gene.
    """

    start: np.ndarray
    member: np.ndarray
    member_row: np.ndarray
    gene_row: np.ndarray
    own_start: np.ndarray
    own: np.ndarray


@dataclass(frozen=True, eq=False)
class PairData:
    """What all tests of pairs are computed from.

    Attributes
    ----------
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    n_variants : int
        Number of variants among the rows.
    n_effective : int
        Samples less covariate rank.
    tile_genes : int
        Genes on one side of a tile.
    """

    rows: np.ndarray
    n_variants: int
    n_effective: int
    tile_genes: int

    @property
    def n_genes(self) -> int:
        """Number of genes among the rows."""
        return len(self.rows) - self.n_variants

    def tiles(self) -> list[tuple[int, int]]:
        """First genes of the blocks of each tile, i's and j's."""
        first = range(0, self.n_genes, self.tile_genes)
        return [(i, j) for i in first for j in first if j <= i]


def evaluate_tile(data: PairData, question: Question, tile: tuple[int, int]) -> PairBatch | None:
    """Test the pairs of one tile that are due; None where there is none.

    One product of matrices gives the correlations of the first block's genes and nearest
    ancestors with those of the second; only what is tested leaves the tile.
    """
    low_i, low_j = tile
    gene_i, gene_j = question.due(low_i, low_j, data.tile_genes)
    m = len(gene_i)
    if m == 0:
        return None
    if low_i == low_j:
        block_i, rows_i = _block(data, question.nearest, low_i, np.concatenate([gene_i, gene_j]))
        block_j, rows_j = block_i, rows_i
    else:
        block_i, rows_i = _block(data, question.nearest, low_i, gene_i)
        block_j, rows_j = _block(data, question.nearest, low_j, gene_j)
    tests, dependent = pair_kernels.Tests.empty(m), pair_kernels.Dependent.empty(m)
    votes = pair_kernels.Votes.empty(m)
    largest = int(np.diff(block_i.start).max() + np.diff(block_j.start).max())
    critical = critical_squares(question.log_alpha, data.n_effective, largest)
    n_dependent = pair_kernels.evaluate_pairs(
        gene_i,
        gene_j,
        low_i,
        low_j,
        block_i,
        block_j,
        rows_i @ rows_j.T,
        question.codes,
        pair_kernels.Setting(data.n_variants, data.n_effective, question.log_alpha, critical),
        tests,
        dependent,
        votes,
    )
    return PairBatch.from_votes(
        gene_i,
        gene_j,
        tests,
        dependent.position[:n_dependent],
        dependent.log_p[:n_dependent],
        pair_kernels.Votes(*(part[:n_dependent] for part in votes)),
        question.settle,
    )


def _block(
    data: PairData, nearest: NearestAncestors, low: int, genes: np.ndarray
) -> tuple[Block, np.ndarray]:
    """The wanted genes of a block, with the unit rows of all that they need."""
    high = min(low + data.tile_genes, data.n_genes)
    wanted = np.zeros(high - low, dtype=np.bool_)
    wanted[genes - low] = True
    start = nearest.start[low : high + 1] - nearest.start[low]
    member = nearest.member[nearest.start[low] : nearest.start[high]]
    sizes = np.diff(start)
    needed = member[np.repeat(wanted, sizes)]
    gene_variables = data.n_variants + np.arange(low, high)
    variables = np.unique(np.concatenate([needed, gene_variables[wanted]]))
    rows = data.rows[variables]
    squares = np.where(wanted, (sizes + 1) ** 2, 0)
    own_start = np.concatenate([[0], np.cumsum(squares)])
    block = Block(
        start,
        member,
        np.searchsorted(variables, member),
        np.searchsorted(variables, gene_variables),
        own_start,
        np.empty(own_start[-1]),
    )
    pair_kernels.own_correlations(
        rows, np.flatnonzero(wanted), block.gene_row, start, block.member_row, own_start, block.own
    )
    return block, rows


class CorrelationEvidence:
    """Evidence from partial correlations.

    Parameters
    ----------
    data : PairData
    pools : NearestAncestors
        Variants (rows) in the pool of each gene, ascending.
    given : bool
        True where the pools are anchors that the user gave: then they are the first
        nearest ancestors, without a search.
    alpha_blanket : float
        Level of the tests in the search for nearest ancestors.
    strongest_first : bool
        IAMB (True) or grow–shrink (False).
    runner : Runner
        Where the work is done; no outcome depends on it.
    """

    def __init__(
        self,
        data: PairData,
        pools: NearestAncestors,
        *,
        given: bool,
        alpha_blanket: float,
        strongest_first: bool,
        runner: Runner,
    ) -> None:
        self.n_genes = data.n_genes
        self.n_variants = data.n_variants
        self._data = data
        self._pools = pools
        self._given = given
        self._alpha_blanket = alpha_blanket
        self._strongest_first = strongest_first
        self._runner = runner

    def nearest_ancestors(
        self, codes: np.ndarray, previous: NearestAncestors | None, touched: np.ndarray
    ) -> NearestAncestors:
        """Search among the screened variants and the genes known to precede each gene."""
        if previous is None and self._given:
            return self._pools
        if previous is None or (previous is self._pools and touched.any()):
            previous, touched = None, np.ones(self.n_genes, dtype=np.bool_)
        genes = np.flatnonzero(touched)
        parts = [
            self._search(genes[start : start + POOL_GENES], codes)
            for start in range(0, len(genes), POOL_GENES)
        ]
        found = NearestAncestors.joined(parts)
        return found if previous is None else previous.replaced(genes, found)

    def _search(self, genes: np.ndarray, codes: np.ndarray) -> NearestAncestors:
        return find_nearest_ancestors(
            self._data.rows,
            self._data.n_variants + genes,
            self._pools.with_predecessors(genes, codes, self._data.n_variants),
            self._data.n_effective,
            self._alpha_blanket,
            self._strongest_first,
            self._runner.threads,
        )

    def pairs(self, question: Question) -> Iterator[PairBatch]:
        """Test every pair that is due, tile by tile."""
        for batch in self._runner.map(
            f"sweep-{question.sweep:03d}",
            evaluate_tile,
            (self._data, question),
            self._data.tiles(),
            PairBatch,
            called=f"tiles of sweep {question.sweep}",
        ):
            if batch is not None:
                yield batch
