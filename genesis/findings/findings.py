"""What an analysis finds: relations with their reasons, anchors, exclusions and provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.findings.loci_table import empty_loci, weighed_by_locus
from genesis.findings.relations import RELATION_NAMES, Relations
from genesis.io.ids import counted
from genesis.showing import Shown, described

if TYPE_CHECKING:
    from genesis.findings.diagnostics import Diagnostics
    from genesis.findings.sampled_graphs import SampledGraphs

__all__ = ["LISTED_GENES", "Findings", "packed_unlisted"]

#: Unrelated pairs have rows in results of up to so many genes. Of more genes they are nearly all
#: pairs, and the matrix says of each that it is unrelated.
LISTED_GENES = 5_000
_ROWS_AT_A_TIME = 512
#: What else a pair may be, beside an ancestor and what it acts on.
_OTHER_PAIRS = ("nondescendant", "unrelated", "unresolved")
#: Bits that are set in each value of a byte.
_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1)


@dataclass(frozen=True, eq=False, repr=False)
class Findings(Shown):
    """The outcome of a method, as data; `genesis.Result` adds what can be done with it.

    Attributes
    ----------
    genes : pandas.DataFrame
        gene_id, chrom, start, end (1-based, inclusive; missing where unknown), one row a gene.
        Where molecules and traits of several layers are the genes, layer, too.
    anchors : pandas.DataFrame
        One row a gene and anchor, in tensorQTL's column names: gene_id, variant_id, chrom, pos,
        start_distance (position less gene start, missing across contigs), effect_allele (ALT,
        which dosages count), other_allele (both missing where unknown), af (of the effect allele),
        slope (change of expression an effect allele), slope_se, pval_nominal, nearest (False where
        a gene found later screens the anchor off), posterior (missing for the rules).
    excluded : pandas.DataFrame
        kind, id, reason, detail: every variant, gene and sample that was left out.
    pairs : Relations
        The filled pairs as columns of numbers; `relations` is the table for people.
    variables : pandas.Index
        Names that `pairs.witness` and `conditioning` refer to: the variants that were ever
        in a nearest-ancestor set, then all genes.
    conditioning : pandas.DataFrame
        sweep, gene (position in `genes`), member (position in `variables`): the nearest
        ancestors of each gene as they stood during each sweep.
    ordered_since : pandas.DataFrame
        before, after (positions in `genes`), sweep: for every gene that was ever conditioned
        on, the genes it precedes and the sweep that found so; later sweeps could use it.
    run : dict
        Method, options, versions, counts and timings, as in ``PREFIX.run.json``.
    unlisted : (n_genes, ceil(n_genes / 8)) uint8, optional
        Bits (`numpy.packbits`) of unrelated pairs that have no row in `pairs`, in both
        directions: of more than 5,000 genes they would be hundreds of millions of rows. With method
        ``"calibrated"`` those have a row whose posteriors are not below `keep_posterior`.
    loci : pandas.DataFrame
        Which gene of a locus acts: one row a locus, a gene elsewhere that it acts on (``target``)
        and a member of the credible set, the fewest genes of the locus that hold the one that acts
        with a probability of 0.95. locus (its lead variant), chrom, start, end (of the variants
        that are linked with it), n_genes (that may be the one), target, posterior (that the locus
        acts on the target, by whatever gene), n_members (rows of this locus and target), gene_id
        (missing for a gene that was not measured, or whose expression says nothing of it), share
        (of `posterior`); then of the gene cis_correlation (with its likeliest variant at the
        locus), partial_correlation (with the target given that variant), mediated (share of the
        variant's effect on the target that goes along with the gene), posterior_ancestor (of
        gene_id ≺ target in the graphs; missing for the rules and where it is not listed).
    diagnostics : Diagnostics, optional
        What plots and the report show of the data; None of a result made by other means than
        `genesis.discover`.
    graphs : SampledGraphs, optional
        Graphs of the calibrated method as they were sampled, from which `genesis.Result.paths`
        tells through which molecules a locus acts; None where none were kept.
    """

    genes: pd.DataFrame
    anchors: pd.DataFrame
    excluded: pd.DataFrame
    pairs: Relations
    variables: pd.Index
    conditioning: pd.DataFrame
    ordered_since: pd.DataFrame
    run: dict[str, Any]
    unlisted: np.ndarray | None = None
    loci: pd.DataFrame = field(default_factory=empty_loci)
    diagnostics: Diagnostics | None = None
    graphs: SampledGraphs | None = None

    def _rows(self) -> Iterator[tuple[str, str]]:
        """What is shown at a prompt: what was found, in numbers."""
        options, counts = self.run.get("options", {}), self.counts
        yield "method", f"{options.get('method', '?')} (GENESIS {self.run.get('genesis', '?')})"
        known = self.run.get("counts", {})
        sizes = [f"{known[name]:,} {name}" for name in ("samples", "variants") if name in known]
        yield "data", ", ".join([*sizes, f"{len(self.genes):,} genes"])
        yield "ancestors", f"{counts['ancestor']:,} pairs, {counts['direct']:,} of them direct"
        yield "other pairs", ", ".join(f"{counts[name]:,} {name}" for name in _OTHER_PAIRS)
        anchored = self.anchors["gene_id"].nunique()
        yield "anchors", f"{counted(len(self.anchors), 'variant', ',')} of {anchored:,} genes"
        yield "loci", f"{self.loci['locus'].nunique():,} that act on genes elsewhere"
        yield "left out", described(self.excluded["kind"].value_counts().to_dict())
        more = "" if self.graphs is None else ", paths(to)"
        yield "tables", f"relations, anchors, loci, excluded, genes; claims(), upstream(gene){more}"

    @cached_property
    def gene_ids(self) -> pd.Index:
        """Gene names in the order of the matrix."""
        return pd.Index(self.genes["gene_id"], name="gene_id")

    @cached_property
    def relations(self) -> pd.DataFrame:
        """One row a filled pair: gene_a, gene_b, relation, direct, rule, p-values, posteriors.

        With method ``"calibrated"`` also unresolved pairs that have a posterior above the floor
        of `keep_posterior`; ``posterior`` is that of gene_a ≺ gene_b.
        """
        return self.pairs.frame(self.gene_ids, self.variables)

    @property
    def ancestrality(self) -> pd.DataFrame:
        """The ancestrality matrix, genes × genes, float64.

        Row a, column b: 1 where a ≺ b, 0.5 where a ⪯ b, 0 where a is not an ancestor of b,
        NaN on the diagonal and where the pair is unresolved.
        """
        return self.ancestrality_rows(0, len(self.genes))

    def ancestrality_rows(self, start: int, stop: int) -> pd.DataFrame:
        """Rows `start` to `stop` of the ancestrality matrix, for writing piece by piece."""
        value = np.array([1.0, 0.5, 0.0, np.nan])
        reverse = np.array([0.0, 0.0, 0.0, np.nan])
        matrix = np.full((stop - start, len(self.genes)), np.nan)
        if self.ranks is not None:
            here = self.ranks[start:stop, None]
            matrix[here < self.ranks], matrix[here > self.ranks] = 0.5, 0.0
        if self.unlisted is not None:
            bits = np.unpackbits(self.unlisted[start:stop], axis=1, count=len(self.genes))
            matrix[bits == 1] = 0.0
        forward = (self.pairs.gene_a >= start) & (self.pairs.gene_a < stop)
        a, b = self.pairs.gene_a[forward] - start, self.pairs.gene_b[forward]
        matrix[a, b] = value[self.pairs.relation[forward]]
        backward = (self.pairs.gene_b >= start) & (self.pairs.gene_b < stop)
        b, a = self.pairs.gene_b[backward] - start, self.pairs.gene_a[backward]
        matrix[b, a] = reverse[self.pairs.relation[backward]]
        ids = self.gene_ids
        return pd.DataFrame(matrix, index=ids[start:stop], columns=ids.rename(None))

    @property
    def posterior(self) -> pd.DataFrame:
        """Posteriors of ancestral relations as a matrix, genes × genes, float32.

        Row a, column b: the posterior of a ≺ b. NaN on the diagonal, for pairs that are not
        listed (see `keep_posterior` of `genesis.discover`), and throughout with the rules.
        """
        return self._posteriors("posterior")

    @property
    def posterior_direct(self) -> pd.DataFrame:
        """The same for edges: the posterior that a acts on b and no measured gene is between."""
        return self._posteriors("posterior_direct")

    @property
    def posterior_by_locus(self) -> pd.DataFrame:
        """Posteriors that a gene is the one by which its locus acts, genes × genes, float32.

        Row a, column b: the posterior that the locus of a acts on b, times the share of a (see
        `loci`). NaN where there is no such row.
        """
        return weighed_by_locus(self.loci, self.gene_ids)

    def _posteriors(self, name: str) -> pd.DataFrame:
        matrix = np.full((len(self.genes),) * 2, np.nan, dtype=np.float32)
        # First what rows say of the reverse: a row of the reverse itself says the same.
        matrix[self.pairs.gene_b, self.pairs.gene_a] = getattr(self.pairs, f"{name}_reverse")
        matrix[self.pairs.gene_a, self.pairs.gene_b] = getattr(self.pairs, name)
        ids = self.gene_ids
        return pd.DataFrame(matrix, index=ids, columns=ids.rename(None))

    @property
    def counts(self) -> dict[str, int]:
        """Filled pairs by relation, how many are direct, and the pairs left unresolved."""
        filled = np.bincount(self.pairs.relation, minlength=len(RELATION_NAMES))
        n = len(self.genes)
        counts = {name: int(k) for name, k in zip(RELATION_NAMES, filled, strict=True)}
        counts["unrelated"] += self.n_unlisted
        counts["nondescendant"] += self.n_by_order
        counts["direct"] = int(np.count_nonzero(self.pairs.direct == 1))
        counts["unresolved"] = n * (n - 1) // 2 - sum(counts[name] for name in RELATION_NAMES[:3])
        return counts

    @cached_property
    def n_unlisted(self) -> int:
        """Unrelated pairs that have no row in `pairs`."""
        return 0 if self.unlisted is None else int(_BITS[self.unlisted].sum(dtype=np.int64)) // 2

    @cached_property
    def ranks(self) -> np.ndarray | None:
        """Rank of each gene in the order of layers: it acts on none of a lower one; (n,) int64.

        None where no order is known.
        """
        order = self.run.get("layers", {}).get("order", [])
        if len(order) < 2:
            return None
        rank = {name: number for number, names in enumerate(order) for name in names}
        return self.genes["layer"].map(rank).to_numpy(np.int64)

    @cached_property
    def n_by_order(self) -> int:
        """Pairs without a row of which the order of layers says that one acts not on the other."""
        if self.ranks is None:
            return 0
        in_rank = np.bincount(self.ranks)
        n = (int(in_rank.sum()) ** 2 - int((in_rank**2).sum())) // 2
        across = self.ranks[self.pairs.gene_a] != self.ranks[self.pairs.gene_b]
        known = across & (self.pairs.relation < RELATION_NAMES.index("unresolved"))
        n -= int(np.count_nonzero(known))
        if self.unlisted is not None:
            for rank in np.unique(self.ranks):
                above = np.packbits(self.ranks > rank)
                n -= int(_BITS[self.unlisted[self.ranks == rank] & above].sum(dtype=np.int64))
        return n


def packed_unlisted(
    rows_of: Callable[[slice], np.ndarray], gene_of: np.ndarray, n_genes: int
) -> np.ndarray:
    """What `Findings.unlisted` holds, of a method that has the genes in another order.

    Parameters
    ----------
    rows_of : callable
        Gives, for a slice of the method's n genes, (k, n) bool: which of the pairs of these with
        all of them are unrelated and have no row.
    gene_of : (n,) int
        Position in the result's gene table of each of the method's genes.
    n_genes : int
        Genes of the result.

    Returns
    -------
    (n_genes, ceil(n_genes / 8)) uint8, as `numpy.packbits` makes it

    Examples
    --------
    >>> unlisted = np.array([[False, True], [True, False]])
    >>> packed = packed_unlisted(lambda rows: unlisted[rows], np.array([2, 0]), 3)
    >>> np.unpackbits(packed, axis=1, count=3)
    array([[0, 0, 1],
           [0, 0, 0],
           [1, 0, 0]], dtype=uint8)
    """
    bits = np.zeros((n_genes, -(-n_genes // 8)), dtype=np.uint8)
    for start in range(0, len(gene_of), _ROWS_AT_A_TIME):
        rows = slice(start, min(start + _ROWS_AT_A_TIME, len(gene_of)))
        placed = np.zeros((rows.stop - start, n_genes), dtype=np.bool_)
        placed[:, gene_of] = rows_of(rows)
        bits[gene_of[rows]] = np.packbits(placed, axis=1)
    return bits
