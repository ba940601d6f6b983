"""How much memory the chains of a run take, and how many a budget allows at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from genesis.engine.memory import PROGRAM, first_that_fits
from genesis.findings.findings import LISTED_GENES
from genesis.options import CalibratedOptions
from genesis.posterior.chains.chain import STRETCH, graphs_counted, most_included
from genesis.posterior.chains.sampling import (
    CHAINS_BESIDE,
    FEWEST_CHAINS,
    lists_what_is_not_counted,
    more_chains,
    most_at_once,
)
from genesis.posterior.model.candidates import room_for
from genesis.posterior.model.hidden_factors import most_factors

__all__ = ["ChainWork", "plan_chains"]

_DOUBLE = 8
#: Of how many pairs graphs say something is not known before they are sampled. A gene is taken to
#: have so many genes below it, in one of the graphs or another, beside its candidates: more than in
#: any data seen so far.
PAIRS_A_GENE = 500
#: Edges to a gene in a graph, and what one takes: both of its ends.
_EDGES_A_GENE, _BYTES_AN_EDGE = 4, 8
#: Edges of a gene and of variants to it that are kept with their coefficients in a graph, and what
#: one takes: in a chain, and once more in the tables that are made of all chains.
_KEPT_EDGES_A_GENE, _BYTES_A_KEPT_EDGE = 8, 48
#: Counts of a pair in the table of a chain; posteriors of it, before calibration and after; what is
#: worked out of it while claims are made.
_BYTES_OF_COUNTS, _BYTES_OF_POSTERIORS, _BYTES_OF_CALIBRATED, _BYTES_OF_CLAIMS = 8, 20, 12, 40
#: Bit matrices of all pairs while claims are made.
_BIT_MATRICES = 8
#: A candidate of a gene (kind, parent gene and the like), and one that is included.
_BYTES_A_CANDIDATE, _BYTES_AN_INCLUDED = 52, 20
#: A row of the result, and what assembling it takes.
_BYTES_A_ROW = 104
#: What a row takes while all are written, as text and as Parquet: measured of 1,250 to 5,000 genes.
_BYTES_A_WRITTEN_ROW = 330


@dataclass(frozen=True)
class ChainWork:
    """The size of a run of the calibrated method.

    Attributes
    ----------
    n_genes, n_variants, n_samples : int
        Of the inputs.
    input_bytes : int
        Genotypes and expression as they are held.
    threads : int
    on_cluster : bool
        Whether chains are elsewhere while they are under way.
    cis : bool
        Whether anchors come from cis windows, so that those of other genes act beside them.
    anchor_kind, hidden_factors : str, int
        Arguments of `genesis.discover`.
    every_pair : bool
        Whether tables hold all pairs, in graphs or not.
    with_variants : bool
        Whether edges of variants are kept.
    is_tested : bool
        Whether there are chains of halves of the samples, too.
    """

    n_genes: int
    n_variants: int
    n_samples: int
    input_bytes: int
    threads: int
    on_cluster: bool
    cis: bool
    anchor_kind: str
    hidden_factors: str | int
    every_pair: bool
    with_variants: bool = False
    is_tested: bool = True

    @classmethod
    def of_run(
        cls,
        n_genes: int,
        n_variants: int,
        n_samples: int,
        input_bytes: int,
        options: CalibratedOptions,
        threads: int,
        on_cluster: bool,
        with_variants: bool = False,
    ) -> ChainWork:
        """The size of a run on inputs of this size, with these options, none of them open."""
        return cls(
            n_genes=n_genes,
            n_variants=n_variants,
            n_samples=n_samples,
            input_bytes=input_bytes,
            threads=threads,
            on_cluster=on_cluster,
            cis=not options.all_snps,
            anchor_kind=options.anchor_kind,
            hidden_factors=options.hidden_factors,
            every_pair=lists_what_is_not_counted(options.keep_posterior),
            with_variants=with_variants,
            is_tested=options.self_test not in ("off", 0),
        )

    @property
    def at_once(self) -> list[int]:
        """How many chains may be under way at once, the most first."""
        if self.on_cluster:
            return [0]
        most = most_at_once(self.n_genes, is_tested=self.is_tested)
        return list(range(min(self.threads, most), 0, -1))

    def chain(self) -> int:
        """Bytes of a chain under way, but for its table of pairs."""
        factors = self.most_factors()
        room = self._room() + factors
        most = most_included(room, factors, self.n_samples)
        a_gene = (room + 1) ** 2 * _DOUBLE + room * _BYTES_A_CANDIDATE
        a_gene += most**2 * _DOUBLE + most * _BYTES_AN_INCLUDED
        # Graphs that are counted: edges, and factors as bits.
        a_graph = _EDGES_A_GENE * _BYTES_AN_EDGE + -(-factors // 64) * _DOUBLE
        a_gene += 2 * graphs_counted() * a_graph
        # Ancestors as bits.
        a_gene += self.n_genes // 4
        if self.every_pair:
            # Rows of genes and anchors for the probabilities of edges.
            a_gene += 2 * self.n_samples * _DOUBLE
        return self.n_genes * a_gene

    def peak(self, at_once: int) -> int:
        """Bytes at the peak of a run with so many chains under way at once.

        As many candidates and hidden factors as there may be, and `PAIRS_A_GENE`.
        """
        n_all = self.n_genes * (self.n_genes - 1)
        n_pairs = n_all
        if not self.every_pair:
            n_pairs = min(n_all, self.n_genes * (PAIRS_A_GENE + self._room()))
        most_own = room_for(self.n_genes, self.cis)[0]
        n_rows = self.n_genes + min(self.n_variants, most_own * self.n_genes)
        rows = 2 * n_rows * self.n_samples * _DOUBLE
        n_chains = FEWEST_CHAINS + more_chains(self.n_genes)
        counts = (n_chains + self.is_tested * CHAINS_BESIDE) * n_pairs * _BYTES_OF_COUNTS
        # Of the chains of the other model, too, the log densities are kept.
        counts += (n_chains + FEWEST_CHAINS) * graphs_counted() * self.n_samples * _DOUBLE
        if self.with_variants:
            n_kept = n_chains * (graphs_counted() // STRETCH) * self.n_genes * _KEPT_EDGES_A_GENE
            counts += n_kept * _BYTES_A_KEPT_EDGE
        # The last chain to end holds its table twice while it is put together.
        sampling = counts + at_once * (self.chain() + n_pairs * _BYTES_OF_COUNTS)
        combining = counts + n_pairs * (_BYTES_OF_POSTERIORS + n_chains)
        bits = _BIT_MATRICES * self.n_genes**2 // 8
        claiming = bits + n_pairs * (_BYTES_OF_POSTERIORS + _BYTES_OF_CALIBRATED)
        n_listed = n_all // 2 if self.n_genes <= LISTED_GENES else min(n_pairs, n_all // 2)
        claiming += max(n_pairs * _BYTES_OF_CLAIMS, n_listed * _BYTES_A_ROW)
        writing = n_listed * _BYTES_A_WRITTEN_ROW
        # Halves of the samples are copies.
        inputs = 2 * self.input_bytes
        return PROGRAM + inputs + rows + max(sampling, combining, claiming, writing)

    def most_factors(self) -> int:
        """Hidden factors, at the most."""
        if self.hidden_factors == "none":
            return 0
        if self.hidden_factors == "auto":
            return most_factors(self.n_genes, self.n_samples)
        return min(int(self.hidden_factors), self.n_genes, self.n_samples)

    def _room(self) -> int:
        """The most candidates of a gene."""
        most_own, most_genes, most_anchors = room_for(self.n_genes, self.cis)
        kinds_of_anchors = 2 if self.anchor_kind == "both" else 1
        room = min(most_own, self.n_variants) + min(most_genes, self.n_genes - 1)
        return room + kinds_of_anchors * min(most_anchors, self.n_genes - 1)


def plan_chains(work: ChainWork, budget: int | None) -> tuple[int, int]:
    """Chains under way at once, and the estimated peak in bytes.

    Parameters
    ----------
    work : ChainWork
    budget : int or None
        Bytes that the process may take; None for as many chains as threads.

    Raises
    ------
    MemoryBudgetError
        Not even the fewest chains fit; the message says what would.

    Examples
    --------
    >>> work = ChainWork(2000, 20_000, 300, 0, 4, False, True, "effect", "none", False)
    >>> at_once, peak = plan_chains(work, None)
    >>> plan_chains(work, peak - 1)[0] < at_once
    True
    """

    def least(n_genes: int, n_variants: int) -> int:
        fewer = replace(work, n_genes=n_genes, n_variants=n_variants)
        return fewer.peak(fewer.at_once[-1])

    return first_that_fits(work, work.at_once, budget, "up to about", least)
