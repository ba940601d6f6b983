"""Which claims can be tested in a second set of samples, and why others cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genesis.replication.anchor_loci import anchor_loci
from genesis.replication.statistic import AnchoredClaims

__all__ = ["LEAST_T", "NOT_TESTED", "GeneAnchors", "anchored_claims"]

#: t-value that an anchor needs where the claim was made.
LEAST_T = 4.0
#: Squared correlation from which on an anchor is linked with a variant of the other gene.
LINKED_R2 = 0.1
#: Why a claim is not tested; the first that holds is counted.
NOT_TESTED = (
    "no effect given",
    "a gene is missing or constant in the other samples",
    "no anchor",
    "weak anchor",
    "anchor missing or constant in the other samples",
    "on the chromosome of the anchor",
    "linked with a variant of the other gene",
)


@dataclass(frozen=True, eq=False)
class GeneAnchors:
    """The strongest anchor of each gene, chosen where the claims were made.

    Attributes
    ----------
    variant : (n_genes,) int64
        Row of the variant in the second set of samples: -1 where the gene has no anchor, -2 where
        that set does not have it.
    strength : (n_genes,) float64
        Correlation of anchor and gene where the claims were made.
    degrees : int
        Degrees of freedom there: samples less the rank of covariates less two.
    contig : (n_genes,) int64
        Number of the contig of the gene, negative where it is not known.
    anchor_contig : (n_genes,) int64
        The same of its anchor.
    acting : mapping of int to int64 array
        Of every trait, which lies nowhere, rows of all variants that act on it otherwise than
        through what is measured: what such a variant does to the trait, a gene at its place does
        not.
    """

    variant: NDArray[np.int64]
    strength: NDArray[np.float64]
    degrees: int
    contig: NDArray[np.int64]
    anchor_contig: NDArray[np.int64]
    acting: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)

    @property
    def t(self) -> NDArray[np.float64]:
        """Size of the t-value of each anchor where the claims were made."""
        left = np.maximum(1.0 - self.strength**2, 1e-12)
        return np.asarray(np.abs(self.strength) * np.sqrt(max(self.degrees, 1) / left))


def anchored_claims(
    cause: NDArray[np.int64],
    target: NDArray[np.int64],
    effect: NDArray[np.float64],
    posterior: NDArray[np.float64],
    anchors: GeneAnchors,
    variants: NDArray[np.float64],
    genes: NDArray[np.float64],
) -> tuple[AnchoredClaims, NDArray[np.int64], dict[str, int]]:
    """The claims a ≺ b that a second set of samples can test.

    The anchor of a must be a strong one where the claim was made, and b must lie on another contig.
    Where contigs are not known, the strongest variant of b must not be linked with that anchor. If
    b is a trait, none that acts on it must be; the strongest of its variants would often be that
    anchor itself, seen in b because a acts on b. A trait has no anchor: a variant may act on it,
    and on what it is said to act on, through anything.

    Parameters
    ----------
    cause, target : (m,) int64
        Genes a and b, as rows of `genes`; -1 for one that the second set does not have.
    effect : (m,) float64
        Total effect of a on b given that there is one, in standard deviations; NaN if unknown.
    posterior : (m,) float64
    anchors : GeneAnchors
    variants : (n_variants, n_samples) float64
        Unit rows of the second set of samples; zeros for what does not vary.
    genes : (n_genes, n_samples) float64
        The same.

    Returns
    -------
    claims : AnchoredClaims
    kept : (k,) int64
        Which of the claims they are.
    not_tested : dict of str to int
        How many others there are for each reason of `NOT_TESTED`.
    """
    known = (cause >= 0) & (target >= 0)
    a, b = np.where(known, cause, 0), np.where(known, target, 0)
    if not len(genes):
        return _none(len(cause))
    varies = np.asarray(genes.any(axis=1))
    variant_varies = np.append(variants.any(axis=1), False)
    is_trait = np.zeros(len(genes), dtype=np.bool_)
    is_trait[list(anchors.acting)] = True
    anchor, own = np.where(is_trait[a], -1, anchors.variant[a]), anchors.variant[b]
    place, other = anchors.anchor_contig[a], anchors.contig[b]
    both_placed = (place >= 0) & (other >= 0)
    r2 = np.zeros(len(a))
    unplaced = np.flatnonzero(~both_placed & (anchor >= 0) & (own >= 0))
    r2[unplaced] = np.einsum("ij,ij->i", variants[anchor[unplaced]], variants[own[unplaced]]) ** 2
    for trait, acting in anchors.acting.items():
        here = np.flatnonzero((b == trait) & (anchor >= 0))
        linked = (variants[anchor[here]] @ variants[acting].T) ** 2
        r2[here] = linked.max(axis=1, initial=0.0)
    reasons = (
        ~np.isfinite(effect) | (effect == 0.0),
        ~known | ~varies[a] | ~varies[b],
        anchor == -1,
        anchors.t[a] < LEAST_T,
        (anchor < 0) | ~variant_varies[np.maximum(anchor, -1)],
        both_placed & (place == other),
        r2 >= LINKED_R2,
    )
    why = np.select(reasons, range(len(reasons)), -1)
    kept = np.flatnonzero(why < 0)
    used, at = np.unique(anchor[kept], return_inverse=True)
    contig = np.full(len(used), -1, dtype=np.int64)
    contig[at] = place[kept]
    claims = AnchoredClaims(
        cause=a[kept],
        target=b[kept],
        anchor=anchor[kept],
        strength=anchors.strength[a[kept]],
        effect=effect[kept].astype(np.float64),
        posterior=posterior[kept].astype(np.float64),
        locus=anchor_loci(variants[used], contig)[at],
    )
    number = np.bincount(why[why >= 0], minlength=len(reasons))
    return claims, kept, dict(zip(NOT_TESTED, number.tolist(), strict=True))


def _none(n_claims: int) -> tuple[AnchoredClaims, NDArray[np.int64], dict[str, int]]:
    """No claim can be tested where there is no gene."""
    rows, numbers = np.empty(0, dtype=np.int64), np.empty(0)
    nothing = AnchoredClaims(rows, rows, rows, numbers, numbers, numbers, rows)
    return nothing, rows, {**dict.fromkeys(NOT_TESTED, 0), NOT_TESTED[1]: n_claims}
