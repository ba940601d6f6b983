"""Genes whose anchors are linked, as loci."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genesis.linear.unit_rows import UnitRows
from genesis.loci.own_variants import OwnVariants

__all__ = ["Locus", "linked_loci"]

#: Squared correlation with the lead variant of a locus from which on a gene's own lead belongs to
#: the locus, from which on the gene is a candidate there, and up to which a gene of the same
#: contig counts as elsewhere.
CORE_R2, LINKED_R2, ELSEWHERE_R2 = 0.8, 0.3, 0.1
#: Variants of a locus have no higher one with each other, and are no more than this.
DISTINCT_R2, MOST_VARIANTS = 0.98, 64


@dataclass(frozen=True, eq=False)
class Locus:
    """Genes (rows of the genes) and variants (columns of the dosages) that go together.

    Attributes
    ----------
    lead : int
        The variant that it is named after.
    genes : (k,) int64
        Genes that may be the ones that act.
    elsewhere : (n_genes,) bool
        Genes that it may act on.
    linked : (l,) int64
        Variants of these genes that are linked with the lead.
    variants : (m,) int64
        Those of them that stand for all.
    stands_in : (l,) int64
        Which of `variants` stands for each of `linked`.
    in_core : (m,) bool
        Those nearer to the genes whose lead is that of the locus than to others of `genes`.
    """

    lead: int
    genes: np.ndarray
    elsewhere: np.ndarray
    linked: np.ndarray
    variants: np.ndarray
    stands_in: np.ndarray
    in_core: np.ndarray


def linked_loci(
    own: OwnVariants, contig: np.ndarray, variants: UnitRows
) -> Iterator[tuple[Locus, np.ndarray]]:
    """Group genes around the strongest of their lead variants.

    The gene with the strongest lead begins a locus; genes whose lead goes along with it
    closely belong to its core and begin none of their own, and those that are linked with it at
    all are candidates, here as at the loci beside it.

    Parameters
    ----------
    own : OwnVariants
    contig : (n_genes,) int64
        Contig of each gene, −1 where it is not known.
    variants : UnitRows

    Yields
    ------
    locus : Locus
    rows : (m, n_samples) float64
        Unit rows of its `variants`.
    """
    leads, row_of = np.unique(own.lead[own.lead >= 0], return_inverse=True)
    lead_rows = variants(leads)[0]
    at = np.full(len(own.lead), -1, dtype=np.int64)
    at[own.lead >= 0] = row_of
    free = own.lead >= 0
    on_contig = {one: _rows_of(at, (contig == one) & free, lead_rows) for one in np.unique(contig)}
    for first in np.argsort(-np.round(own.strength, 9), kind="stable"):
        if not free[first]:
            continue
        r2 = np.zeros(len(free))
        for one, (near, row, rows_of_near) in on_contig.items():
            # Nothing is linked with what is on another contig.
            if one == contig[first] or one < 0 or contig[first] < 0:
                r2[near] = ((rows_of_near @ lead_rows[at[first]]) ** 2)[row]
        core = np.flatnonzero((r2 >= CORE_R2) & free)
        free[core] = False
        genes = np.flatnonzero(r2 >= LINKED_R2)
        linked, kept, stands_in, rows = _distinct(own, genes, int(own.lead[first]), variants)
        rows = rows[kept]
        nearest = np.round((rows @ lead_rows[at[genes]].T) ** 2, 9).argmax(axis=1)
        in_core = np.isin(own.lead[genes[nearest]], own.lead[core])
        yield (
            Locus(
                int(own.lead[first]), genes, r2 < ELSEWHERE_R2, linked, linked[kept], stands_in,
                in_core,
            ),
            rows,
        )  # fmt: skip


def _rows_of(
    at: np.ndarray, which: np.ndarray, lead_rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes, the row of each one's lead, and these rows."""
    genes = np.flatnonzero(which)
    leads, row = np.unique(at[genes], return_inverse=True)
    return genes, row, lead_rows[leads]


def _distinct(
    own: OwnVariants, genes: np.ndarray, lead: int, variants: UnitRows
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Variants of the genes that are linked with the lead, and those that stand for all.

    Returns
    -------
    linked : (l,) int64
    kept : (m,) int64
        Positions in `linked`, the lead first: each is the most linked with it that no variant
        kept before says the same as.
    stands_in : (l,) int64
        Position in `kept` of what each goes along with most.
    rows : (l, n_samples) float64
        Unit rows of `linked`.
    """
    pool = np.concatenate([own.pools[gene] for gene in genes])
    pool = pool[np.sort(np.unique(pool, return_index=True)[1])]
    rows = variants(pool)[0]
    r2 = (rows @ rows[pool == lead][0]) ** 2
    linked = np.flatnonzero(r2 >= LINKED_R2)
    linked = linked[np.argsort(-np.round(r2[linked], 9), kind="stable")]
    rows = rows[linked]
    kept: list[int] = []
    most = np.zeros(len(linked))
    stands_in = np.zeros(len(linked), dtype=np.int64)
    for k in range(len(linked)):
        if most[k] < DISTINCT_R2 and len(kept) < MOST_VARIANTS:
            r2 = np.round((rows @ rows[k]) ** 2, 9)
            nearer = r2 > most
            most[nearer], stands_in[nearer] = r2[nearer], len(kept)
            kept.append(k)
    return pool[linked], np.asarray(kept, dtype=np.int64), stands_in, rows
