"""From posteriors to claims at a false discovery rate, and to the rows of a result."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genesis.findings.relations import RELATION_NAMES, RULE_NAMES, Relations
from genesis.findings.sparse_columns import Sparse
from genesis.graphs import closure_kernels
from genesis.graphs.codes import (
    ANCESTOR,
    NONDESCENDANT,
    NOT_ANCESTOR,
    UNRESOLVED,
    empty_matrix,
)
from genesis.graphs.nonancestors import doubt_of_nonancestors
from genesis.graphs.reachability import closed_bits, no_bits
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims import claim_kernels
from genesis.posterior.model.state import OWN
from genesis.replication.bins import EDGES

__all__ = [
    "LEAST_NEAR",
    "LISTED",
    "NEAREST",
    "Claims",
    "assemble_relations",
    "make_claims",
    "strongest_anchors",
]

#: Anchors are listed from this posterior on; from `NEAREST` on they count as anchors.
LISTED, NEAREST = 0.05, 0.5
#: What a pair rests on is said from this posterior on, from which claims are tested too.
LEAST_NEAR = EDGES[0]

_ANCESTOR, _NONDESCENDANT, _UNRELATED, _UNRESOLVED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated", "unresolved")
)
_BELOW_HALF = np.nextafter(np.float32(0.5), np.float32(0.0))
_PAIRS_AT_A_TIME = 10_000
_CALIBRATED, _CLOSURE = RULE_NAMES.index("calibrated"), RULE_NAMES.index("closure")


@dataclass(frozen=True, eq=False)
class Claims:
    """The claims that the posteriors allow.

    Attributes
    ----------
    codes : (n_genes, n_genes) int8
        Ancestrality matrix, row a before column b.
    by_closure : (n_genes, n_genes) bool
        Ancestor claims that follow from others and would not have been made by themselves.
    least : dict of str to float
        For each relation the least posterior with which it was claimed by itself.
    expected_fdr : dict of str to float
        For each relation the mean of 1 - posterior over its claims; NaN where there are none.
    """

    codes: np.ndarray
    by_closure: np.ndarray
    least: dict[str, float]
    expected_fdr: dict[str, float]


def make_claims(
    ancestor: np.ndarray,
    fdr: float,
    min_posterior: float | None,
    *,
    uncalibrated: np.ndarray | None = None,
    unsupported: np.ndarray | None = None,
) -> Claims:
    """Claim relations, the most certain first.

    Ancestor claims are the longest part of the list, from its most certain end, over which the mean
    of 1 - posterior, with all that follows by transitivity, is at or below `fdr` (a shorter part
    may exceed it), or all that have `min_posterior`; none at one half or below, and none against a
    claim made before. What follows has its own posterior, the share of sampled graphs that show it.
    Then come unrelated pairs (neither is an ancestor of the other), then what is left of
    non-descendants. Most pairs are surely unrelated, so that a mean over them would pay for many
    that are as good as open: here each claim, with all that it rules out, has a posterior of at
    least 1 - `fdr`, or `min_posterior`. And pairs are called unrelated only where those that rather
    are than not have it on average: where the data leave many of them open, weak effects are
    missed among the surest too.

    Parameters
    ----------
    ancestor : (n_genes, n_genes) float32
        Row a, column b: posterior of a ≺ b.
    fdr : float
        Expected share of false claims.
    min_posterior : float or None
        Claims from this posterior on instead.
    uncalibrated : (n_genes, n_genes) float32, optional
        Posteriors before calibration, where there was any. That two genes are *not* ancestors of
        each other is only as sure as these say: doubt about what they claim is no evidence of the
        contrary.
    unsupported : (n_genes, n_genes) bool, optional
        Pairs of which no ancestor is claimed unless it follows from others.

    Returns
    -------
    Claims

    Examples
    --------
    >>> import numpy as np
    >>> posterior = np.array([[0, 0.98, 0.01], [0.01, 0, 0.4], [0, 0.3, 0]], dtype=np.float32)
    >>> make_claims(posterior, 0.05, None).codes.tolist()
    [[0, 2, 1], [0, 0, -1], [0, -1, 0]]
    """
    n_genes = len(ancestor)
    codes = empty_matrix(n_genes)
    by_closure = np.zeros((n_genes, n_genes), dtype=np.bool_)
    least, expected = {}, {}
    least["ancestor"] = _claim_ancestors(
        ancestor, fdr, min_posterior, unsupported, codes, by_closure
    )
    claimed = codes == ANCESTOR
    expected["ancestor"] = _expected(ancestor[claimed])
    if uncalibrated is not None:
        ancestor = uncalibrated
    doubt = doubt_of_nonancestors(ancestor, claimed)
    # In the precision of the posteriors, so that one of just the level is claimed.
    most = min(np.float32(fdr if min_posterior is None else 1.0 - min_posterior), _BELOW_HALF)
    for relation in ("unrelated", "nondescendant"):
        a, b, certain = _sure_pairs(ancestor, doubt, codes, relation, most)
        codes[b, a] = NOT_ANCESTOR
        codes[a, b] = NOT_ANCESTOR if relation == "unrelated" else NONDESCENDANT
        least[relation] = float(certain.min()) if len(certain) else float("nan")
        expected[relation] = _expected(certain)
    return Claims(codes, by_closure, least, expected)


def _expected(posterior: np.ndarray) -> float:
    return float(np.mean(1.0 - posterior.astype(np.float64))) if len(posterior) else float("nan")


def _claim_ancestors(
    ancestor: np.ndarray,
    fdr: float,
    min_posterior: float | None,
    unsupported: np.ndarray | None,
    codes: np.ndarray,
    by_closure: np.ndarray,
) -> float:
    """Write ancestor claims; return the least posterior of one made by itself."""
    least = 0.5 if min_posterior is None else max(min_posterior, 0.5)
    is_sure = ancestor > least if least == 0.5 else ancestor >= least
    if unsupported is not None:
        is_sure &= ~unsupported
    cause, effect = np.nonzero(is_sure)
    certain = ancestor[cause, effect]
    order = np.argsort(-certain, kind="stable")
    cause, effect, certain = cause[order], effect[order], certain[order]
    false, count = np.zeros(len(cause)), np.zeros(len(cause), dtype=np.int64)
    reach = no_bits(len(codes))
    claim_kernels.commit_certain(cause, effect, ancestor, reach, false, count)
    if min_posterior is None:
        allowed = np.flatnonzero(false <= fdr * count)
        size = int(allowed[-1]) + 1 if len(allowed) else 0
        # Pairs of one posterior are claimed together or not at all, whatever their order.
        while 0 < size < len(cause) and certain[size - 1] == certain[size]:
            size = int(np.searchsorted(-certain, -certain[size], side="left"))
        reach[:] = 0
        claim_kernels.commit_certain(cause[:size], effect[:size], ancestor, reach, false, count)
        cause, effect, certain = cause[:size], effect[:size], certain[:size]
    claim_kernels.write_claims(reach, codes, ANCESTOR, NOT_ANCESTOR)
    by_closure[:] = codes == ANCESTOR
    by_closure[cause, effect] = False
    return float(certain[-1]) if len(certain) else float("nan")


def _sure_pairs(
    ancestor: np.ndarray, doubt: np.ndarray, codes: np.ndarray, relation: str, most: np.float32
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unresolved pairs of which the relation is no more doubtful than `most`; its posteriors."""
    # Row b, column a: that b is not an ancestor of a.
    sure = doubt <= most
    is_open = (codes == UNRESOLVED) & sure.T
    if relation == "unrelated":
        either = ancestor + ancestor.T
        # A weak effect that the sampler leaves out is missed among the surest pairs too: none
        # counts as surer than those that rather seem unrelated are on average.
        rather = np.triu((codes == UNRESOLVED) & (either <= _BELOW_HALF), 1)
        missed = either[rather].mean(dtype=np.float64) if rather.any() else 0.0
        a, b = np.nonzero(np.triu(is_open & is_open.T & (np.maximum(either, missed) <= most), 1))
        return a, b, 1.0 - either[a, b]
    # a ⪯ b: b is not an ancestor of a, and a rather is one of b.
    a, b = np.nonzero(is_open & (ancestor > ancestor.T))
    return a, b, 1.0 - ancestor[b, a]


def strongest_anchors(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """For each gene the own variant that most likely acts on it, and how many surely do.

    Returns
    -------
    variant : (n_genes,) int64
        Row of the variant, -1 where none is listed.
    number : (n_genes,) int64
        Own variants that act with a posterior of at least one half.
    """
    n_genes = len(posterior.acts)
    variant = np.full(n_genes, -1, dtype=np.int64)
    number = np.zeros(n_genes, dtype=np.int64)
    for gene in range(n_genes):
        own = np.flatnonzero(posterior.candidates.kind[gene] == OWN)
        if len(own):
            acts = posterior.acts[gene][own]
            number[gene] = np.count_nonzero(acts >= NEAREST)
            if acts.max() >= LISTED:
                variant[gene] = posterior.candidates.variable[gene][own[int(np.argmax(acts))]]
    return variant, number


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
    first, second, relation = _rows(claims.codes, posterior.ancestor, keep_posterior, gene_of)
    is_claim = relation == _ANCESTOR
    direct = np.full(len(first), -1, dtype=np.int8)
    edge, forward = posterior.direct[first, second], posterior.ancestor[first, second]
    backward = posterior.ancestor[second, first]
    # Doubt about a direction is no evidence against it: what is ruled out has the posteriors by
    # which it was.
    for direction, at, (row, column) in (
        (forward, relation == _UNRELATED, (first, second)),
        (backward, (relation == _UNRELATED) | (relation == _NONDESCENDANT), (second, first)),
    ):
        direction[at] = posterior.uncalibrated[row[at], column[at]]
    likely = np.flatnonzero(is_claim | (np.maximum(forward, backward) >= keep_posterior))
    direct[is_claim] = 2.0 * edge[is_claim] > forward[is_claim]
    variant, number = strongest_anchors(posterior)
    witness = np.where(variant >= 0, variable_of[np.maximum(variant, 0)], -1).astype(np.int32)
    n_rows, claimed = len(first), np.flatnonzero(is_claim)
    near = np.flatnonzero(is_claim | (forward >= LEAST_NEAR))
    cause = first[claimed]
    pair = first[near].astype(np.int64) * len(claims.codes) + second[near]
    none, no_test = np.empty(0, dtype=np.int64), np.empty(0)
    nothing = Sparse(none, no_test, np.nan, n_rows)
    return Relations(
        gene_a=gene_of[first].astype(np.int32),
        gene_b=gene_of[second].astype(np.int32),
        relation=relation,
        direct=direct,
        follows=_follows(direct, is_claim, first, second, len(claims.codes)),
        rule=np.where(claims.by_closure[first, second], _CLOSURE, _CALIBRATED).astype(np.int8),
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
        posterior_uncalibrated=posterior.uncalibrated[first, second],
        posterior_chain=forward - posterior.confounded[first, second],
        posterior_instrument=posterior.confounded[first, second],
        posterior_direct=edge,
        posterior_direct_reverse=posterior.direct[second, first],
        effect=_where_not_zero(posterior.effect[first, second]),
        effect_reverse=_where_not_zero(posterior.effect[second, first]),
        correlation=Sparse(
            likely, _correlations(genes, first[likely], second[likely]), np.nan, n_rows
        ),
    )


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
    codes: np.ndarray, ancestor: np.ndarray, keep_posterior: float, gene_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes a and b and relation of all rows, in row order."""
    parts: list[tuple[int, np.ndarray, np.ndarray]] = []
    for relation, code in ((_ANCESTOR, ANCESTOR), (_NONDESCENDANT, NONDESCENDANT)):
        parts.append((relation, *_places(codes == code)))
    neither = (codes == NOT_ANCESTOR) & (codes.T == NOT_ANCESTOR)
    a, b = _places(np.tril(neither, -1))
    swap = gene_of[a] > gene_of[b]
    parts.append((_UNRELATED, np.where(swap, b, a), np.where(swap, a, b)))
    is_likely = (codes == UNRESOLVED) & (ancestor >= max(keep_posterior, 1e-9))
    parts.append((_UNRESOLVED, *_places(is_likely)))
    first, second, relations = [], [], []
    for number, above, below in parts:
        order = np.lexsort((gene_of[below], gene_of[above]))
        first.append(above[order])
        second.append(below[order])
        relations.append(np.full(len(above), number, dtype=np.int8))
    return np.concatenate(first), np.concatenate(second), np.concatenate(relations)


def _places(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of what is true, in half the bytes that NumPy gives them."""
    row, column = np.nonzero(mask)
    return row.astype(np.int32), column.astype(np.int32)


def _follows(
    direct: np.ndarray, is_claim: np.ndarray, first: np.ndarray, second: np.ndarray, n_genes: int
) -> np.ndarray:
    """Whether each ancestor claim follows from the direct edges; -1 for other relations."""
    reach = closed_bits(first[direct == 1], second[direct == 1], n_genes)
    follows = np.full(len(first), -1, dtype=np.int8)
    found = np.empty(int(is_claim.sum()), dtype=np.int8)
    closure_kernels.read_bits(reach, first[is_claim], second[is_claim], found)
    follows[is_claim] = found
    return follows
