"""What a claim rests on: the ancestor's own anchor, anchors elsewhere, or expression alone."""

from __future__ import annotations

import numpy as np

from genesis.findings.relations import RESTS_ON
from genesis.findings.sparse_columns import Sparse
from genesis.graphs.bit_matrix import bits_of, pairs_of
from genesis.graphs.reachability import closed_bits
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims import evidence_kernels
from genesis.posterior.claims.claim_rows import LEAST_NEAR
from genesis.posterior.claims.own_anchors import NEAREST, strongest_anchors
from genesis.posterior.claims.pair_table import Pairs, PairTable
from genesis.posterior.model.state import OWN

__all__ = ["claimed_anchors", "what_claims_rest_on", "what_pairs_rest_on"]

#: t-value from which on an anchor is seen in a gene.
SEEN_T = 2.0
#: Squared correlation from which on two variants say the same of two genes.
SHARED_R2 = 0.5
_ALONE, _ELSEWHERE, _OWN = (
    RESTS_ON.index(name) for name in ("expression alone", "anchors elsewhere", "own anchor")
)


def what_claims_rest_on(
    posterior: Posterior,
    rows: np.ndarray,
    n_variants: int,
    degrees: int,
    cause: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """What says that a acts on b, and not only that they go together.

    * *own anchor*: a variant that acts on a is seen in b, with the sign that the effect asks for.
    * *anchors elsewhere*: so is one that acts on an ancestor of a.
    * *expression alone*: neither. The direction follows from what goes with what, as it would
      where the two had a hidden cause in common and nothing else.

    Ancestors are those before calibration, which goes by what this says.
    An anchor that is linked with a variant that acts on b itself does not count. One that stands
    for its gene by its position counts whatever its sign.

    Parameters
    ----------
    posterior : Posterior
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    n_variants : int
    degrees : int
        Degrees of freedom of the samples.
    cause, target : (m,) int
        Genes a and b.

    Returns
    -------
    (m,) int8
        Positions in `genesis.findings.relations.RESTS_ON`.
    """
    found = np.full(len(cause), _ALONE, dtype=np.int8)
    lead, has_anchor = claimed_anchors(posterior)
    if not has_anchor.any() or not len(cause):
        return found
    acting, n_acting = _acting_variants(posterior)
    effect = posterior.pairs.at(posterior.pairs.effect, cause, target)
    evidence_kernels.find_support(
        cause.astype(np.int32), target.astype(np.int32), np.sign(effect).astype(np.int8),
        lead, has_anchor, posterior.candidates.has_positional_anchor,
        *_anchored_ancestors(posterior.pairs, has_anchor), acting, n_acting,
        rows[:n_variants], rows[n_variants:], SEEN_T / np.sqrt(max(degrees, 1) + SEEN_T**2),
        SHARED_R2, _OWN, _ELSEWHERE, found,
    )  # fmt: skip
    return found


def what_pairs_rest_on(
    posterior: Posterior, rows: np.ndarray, n_variants: int, degrees: int
) -> Sparse:
    """The same of all pairs of which it can be asked, from posteriors before calibration.

    Calibration makes no posterior larger. So these are the pairs from `LEAST_NEAR` on, and those
    that may be claimed because they follow from others, whatever their own posterior.

    Returns
    -------
    Sparse
        Of a ≺ b at a * n_genes + b; -1 where it is not said.
    """
    pairs = posterior.pairs
    cause = pairs.cause
    above = pairs.ancestor > 0.5
    asked = closed_bits(cause[above], pairs.target[above], pairs.n_genes)
    near = pairs.ancestor >= LEAST_NEAR
    asked |= bits_of(cause[near], pairs.target[near], pairs.n_genes)
    cause, target = pairs_of(asked)
    # Genes of a circle precede themselves.
    is_pair = cause != target
    cause, target = cause[is_pair], target[is_pair]
    found = what_claims_rest_on(posterior, rows, n_variants, degrees, cause, target)
    n = pairs.n_genes
    return Sparse(cause.astype(np.int64) * n + target, found, -1, n * n)


def claimed_anchors(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """The variant that anchors each gene, and whether it surely does.

    Returns
    -------
    lead : (n_genes,) int64
        Row of the variant, -1 for none: one that stands for the gene, else the own variant that
        likeliest acts on it.
    has_anchor : (n_genes,) bool
    """
    lead, number = strongest_anchors(posterior)
    by_position = posterior.candidates.has_positional_anchor
    return np.where(by_position, posterior.candidates.lead, lead), (number > 0) | by_position


def _anchored_ancestors(pairs: PairTable, has_anchor: np.ndarray) -> Pairs:
    """The ancestors of each gene, before calibration, that have an anchor."""
    cause = pairs.cause
    counts = np.flatnonzero((pairs.uncalibrated >= NEAREST) & has_anchor[cause])
    by_target = counts[np.argsort(pairs.target[counts], kind="stable")]
    return Pairs.of(pairs.target[by_target], cause[by_target], pairs.n_genes)


def _acting_variants(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """Variants that act on each gene of their own, and how many."""
    lists = [
        variable[(kind == OWN) & (acts >= NEAREST)]
        for variable, kind, acts in zip(
            posterior.candidates.variable, posterior.candidates.kind, posterior.acts, strict=True
        )
    ]
    number = np.array([len(one) for one in lists], dtype=np.int64)
    acting = np.zeros((len(lists), int(number.max(initial=0))), dtype=np.int64)
    for gene, one in enumerate(lists):
        acting[gene, : len(one)] = one
    return acting, number
