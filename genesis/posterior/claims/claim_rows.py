"""From claims and posteriors to the rows of a result."""

from __future__ import annotations

import numpy as np

from genesis.findings.findings import LISTED_GENES, packed_unlisted
from genesis.findings.relations import RELATION_NAMES, RULE_NAMES, Relations
from genesis.findings.sparse_columns import Sparse
from genesis.graphs.bit_matrix import Bits, as_matrix, bits_at, bits_of, pairs_of
from genesis.graphs.reachability import closed_bits
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.claims import Claims
from genesis.posterior.claims.own_anchors import strongest_anchors
from genesis.posterior.claims.pair_table import PairTable, taken
from genesis.replication.bins import EDGES

__all__ = ["LEAST_NEAR", "assemble_relations", "mark_unlisted"]

#: What a pair rests on is said from this posterior on, from which claims are tested too.
LEAST_NEAR = EDGES[0]

_ANCESTOR, _NONDESCENDANT, _UNRELATED, _UNRESOLVED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated", "unresolved")
)
#: Pairs of no posterior are not listed, whatever the floor.
_LEAST_LISTED = 1e-9
_PAIRS_AT_A_TIME = 10_000
_CALIBRATED, _CLOSURE, _ORDER = (
    RULE_NAMES.index(name) for name in ("calibrated", "closure", "order of layers")
)


def assemble_relations(
    claims: Claims,
    posterior: Posterior,
    genes: np.ndarray,
    keep_posterior: float,
    gene_of: np.ndarray,
    variable_of: np.ndarray,
    rests_on: Sparse,
) -> Relations:
    """Rows of all claims, and of the unresolved pairs above a floor.

    Of more than `LISTED_GENES` genes unrelated pairs have a row only where unresolved ones would.

    Parameters
    ----------
    claims : Claims
    posterior : Posterior
        In the same order of genes.
    genes : (n_genes, n_samples) float64
        Their unit rows.
    keep_posterior : float
        Unresolved pairs are listed from this posterior of a ≺ b or b ≺ a on.
    gene_of : (n_genes,) int
        Position in the result's gene table of each gene.
    variable_of : (n_variables,) int
        Position in the result's variable table of each variant and gene.
    rests_on : Sparse
        What it rests on that a ≺ b, at a * n_genes + b.
    """
    pairs = posterior.pairs
    first, second, relation = _rows(claims, pairs, keep_posterior, gene_of)
    is_claim = relation == _ANCESTOR
    direct = np.full(len(first), -1, dtype=np.int8)
    at, at_reverse = pairs.places(first, second), pairs.places(second, first)
    edge, forward = taken(pairs.direct, at), taken(pairs.ancestor, at)
    backward = taken(pairs.ancestor, at_reverse)
    before, confounded = taken(pairs.uncalibrated, at), taken(pairs.confounded, at)
    # Doubt about a direction is no evidence against it: what is ruled out has the posteriors by
    # which it was.
    neither = relation == _UNRELATED
    forward[neither] = before[neither]
    against = neither | (relation == _NONDESCENDANT)
    backward[against] = taken(pairs.uncalibrated, at_reverse[against])
    likely = np.flatnonzero(is_claim | (np.maximum(forward, backward) >= keep_posterior))
    direct[is_claim] = 2.0 * edge[is_claim] > forward[is_claim]
    variant, number = strongest_anchors(posterior)
    witness = np.where(variant >= 0, variable_of[np.maximum(variant, 0)], -1).astype(np.int32)
    n_rows, claimed = len(first), np.flatnonzero(is_claim)
    near = np.flatnonzero(is_claim | (forward >= LEAST_NEAR))
    cause = first[claimed]
    pair = first[near].astype(np.int64) * pairs.n_genes + second[near]
    none, no_test = np.empty(0, dtype=np.int64), np.empty(0)
    nothing = Sparse(none, no_test, np.nan, n_rows)
    return Relations(
        gene_a=gene_of[first].astype(np.int32),
        gene_b=gene_of[second].astype(np.int32),
        relation=relation,
        direct=direct,
        follows=_follows(direct, is_claim, first, second, pairs.n_genes),
        rule=_rules(claims, first, second, relation),
        sweep=np.zeros(len(first), dtype=np.int16),
        rests_on=Sparse(near, rests_on[pair], -1, n_rows),
        n_witnesses=Sparse(claimed, number[cause].astype(np.int32), 0, n_rows),
        n_conditioning=Sparse(none, none.astype(np.int32), -1, n_rows),
        witness=Sparse(claimed, witness[cause], -1, n_rows),
        log_p=nothing,
        log_p_without=nothing,
        log_p_with=nothing,
        log_p_direct=nothing,
        posterior=forward,
        posterior_reverse=backward,
        posterior_uncalibrated=before,
        posterior_chain=forward - confounded,
        posterior_instrument=confounded,
        posterior_direct=edge,
        posterior_direct_reverse=taken(pairs.direct, at_reverse),
        effect=_where_not_zero(taken(pairs.effect, at)),
        effect_reverse=_where_not_zero(taken(pairs.effect, at_reverse)),
        correlation=Sparse(
            likely, _correlations(genes, first[likely], second[likely]), np.nan, n_rows
        ),
    )


def _rules(
    claims: Claims, first: np.ndarray, second: np.ndarray, relation: np.ndarray
) -> np.ndarray:
    rule = np.where(bits_at(claims.by_closure, first, second), _CLOSURE, _CALIBRATED)
    by_order = (relation == _NONDESCENDANT) | (relation == _UNRELATED)
    by_order &= bits_at(claims.by_order, first, second)
    return np.where(by_order, _ORDER, rule).astype(np.int8)


def _correlations(genes: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    found = np.empty(len(first), dtype=np.float32)
    for start in range(0, len(first), _PAIRS_AT_A_TIME):
        now = slice(start, start + _PAIRS_AT_A_TIME)
        found[now] = np.einsum("ij,ij->i", genes[first[now]], genes[second[now]])
    return found


def _where_not_zero(values: np.ndarray) -> Sparse:
    at = np.flatnonzero(values)
    return Sparse(at, values[at], 0.0, len(values))


def _rows(
    claims: Claims, pairs: PairTable, keep_posterior: float, gene_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes a and b and relation of all rows, in row order."""
    likely = pairs.ancestor >= max(keep_posterior, _LEAST_LISTED)
    cause, target = pairs.cause[likely], pairs.target[likely]
    is_open = np.ones(len(cause), dtype=np.bool_)
    for claimed in (claims.ancestor, claims.nondescendant, claims.unrelated):
        is_open &= ~(bits_at(claimed, cause, target) | bits_at(claimed, target, cause))
    listed = (
        (_ANCESTOR, *pairs_of(claims.ancestor)),
        (_NONDESCENDANT, *pairs_of(claims.nondescendant)),
        (_UNRELATED, *pairs_of(_listed_unrelated(claims, pairs, keep_posterior))),
        (_UNRESOLVED, cause[is_open], target[is_open]),
    )
    order = np.argsort(gene_of).astype(np.int32)
    rank = np.argsort(order).astype(np.int32)
    first, second, relations = [], [], []
    for number, above, below in listed:
        if number == _UNRELATED:
            # The one that comes first in the result.
            once = rank[above] < rank[below]
            above, below = above[once], below[once]
        # Bits are listed in order: no sort of millions of pairs takes less time, or memory.
        above, below = pairs_of(bits_of(rank[above], rank[below], pairs.n_genes))
        first.append(order[above])
        second.append(order[below])
        relations.append(np.full(len(above), number, dtype=np.int8))
    return np.concatenate(first), np.concatenate(second), np.concatenate(relations)


def _listed_unrelated(claims: Claims, pairs: PairTable, keep_posterior: float) -> Bits:
    """Unrelated pairs that have rows, in both directions."""
    if pairs.n_genes <= LISTED_GENES:
        return claims.unrelated
    likely = pairs.uncalibrated >= max(keep_posterior, _LEAST_LISTED)
    cause, target = pairs.cause[likely], pairs.target[likely]
    return claims.unrelated & (
        bits_of(cause, target, pairs.n_genes) | bits_of(target, cause, pairs.n_genes)
    )


def mark_unlisted(
    claims: Claims, pairs: PairTable, keep_posterior: float, gene_of: np.ndarray, n_genes: int
) -> np.ndarray | None:
    """Bits of the unrelated pairs that have no rows, where there may be any, else None.

    Parameters
    ----------
    claims : Claims
    pairs : PairTable
    keep_posterior : float
        As of `assemble_relations`.
    gene_of : (n,) int
        Position in the result's gene table of each gene of the claims.
    n_genes : int
        Genes of the result.

    Returns
    -------
    (n_genes, ceil(n_genes / 8)) uint8, as `numpy.packbits` makes it
    """
    if pairs.n_genes <= LISTED_GENES:
        return None
    unlisted = claims.unrelated & ~_listed_unrelated(claims, pairs, keep_posterior)
    return packed_unlisted(lambda rows: as_matrix(unlisted, rows), gene_of, n_genes)


def _follows(
    direct: np.ndarray, is_claim: np.ndarray, first: np.ndarray, second: np.ndarray, n_genes: int
) -> np.ndarray:
    """Whether each ancestor claim follows from the direct edges; -1 for other relations."""
    reach = closed_bits(first[direct == 1], second[direct == 1], n_genes)
    follows = np.full(len(first), -1, dtype=np.int8)
    follows[is_claim] = bits_at(reach, first[is_claim], second[is_claim])
    return follows
