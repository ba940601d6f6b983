"""Candidates of every gene: which variants, genes and anchors may act on it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.model import candidate_kernels
from genesis.posterior.model.backgrounds import Weights, no_weights
from genesis.posterior.model.state import (
    FACTOR,
    GENE,
    N_KINDS,
    OWN,
    PLEIOTROPIC,
    POSITIONAL,
    Problem,
)

__all__ = ["Candidates", "build_problem", "choose_candidates"]

#: Bytes that the inner products of all genes' candidates may take; the number of candidates of
#: a gene follows from it.
GRAM_BYTES = 256 << 20
#: Own variants of a gene at most: those of a cis window, or any; other genes; and their anchors.
MOST_CIS, MOST_OWN, MOST_GENES, MOST_ANCHORS = 24, 64, 64, 24
#: Two variants in LD above this r² stand for each other, and the stronger one is kept.
LARGEST_R2 = 0.9
#: t-value from which on a variant's effect on the expression of its own gene is established.
ESTABLISHED_T = 4.0
#: t-value from which on a gene goes along with the positional anchor of another gene.
ANCHORED_T = 2.0

_BLOCK = 512


class Candidates(NamedTuple):
    """Candidates of all genes, in local order: own variants, genes, anchors of other genes.

    Attributes
    ----------
    variable : list of (c,) int64
        Rows: variants, then genes.
    kind : list of (c,) int8
    parent_gene : list of (c,) int64
        Parent gene where the candidate is included, -1 for none.
    has_positional_anchor : (n_genes,) bool
        Genes whose lead variant stands for them: a positional anchor.
    lead : (n_genes,) int64
        Strongest own variant of each gene (row), -1 for none.
    considered : (N_KINDS,) float64
        How many there were of each kind before the strongest were taken.
    """

    variable: list[np.ndarray]
    kind: list[np.ndarray]
    parent_gene: list[np.ndarray]
    has_positional_anchor: np.ndarray
    lead: np.ndarray
    considered: np.ndarray


def room_for(n_genes: int, cis: bool) -> tuple[int, int, int]:
    """How many own variants, other genes, and anchors of those the memory has room for."""
    width = int(np.sqrt(GRAM_BYTES / (8 * max(n_genes, 1))))
    most_own = MOST_CIS if cis else MOST_OWN
    most_genes = min(MOST_GENES, max(3 * width // 8, 5))
    most_anchors = min(MOST_ANCHORS, most_genes) if cis else 0
    return min(most_own, max(width // 4, 3)), most_genes, most_anchors


def choose_candidates(
    rows: np.ndarray,
    n_variants: int,
    pools: list[np.ndarray],
    n_considered: int,
    adjusted: np.ndarray,
    anchor_kind: str,
    anchors_of_others: bool,
    order: GeneOrder | None = None,
) -> Candidates:
    """Choose the candidates of every gene.

    Parameters
    ----------
    rows : (n_variants + n_genes, n) float64
        Unit rows, variants first.
    n_variants : int
        Number of variants among the rows.
    pools : list of (k,) int64
        Rows of the variants that may act on each gene directly.
    n_considered : int
        Variants that were considered for all these pools together.
    adjusted : (n_genes, n) float64
        Unit rows of the genes without what hidden factors seem to explain.
    anchor_kind : {"effect", "positional", "both"}
        Whether a variant stands for the gene at its locus: never, always, or where its effect
        on the gene's own expression is not established.
    anchors_of_others : bool
        Whether anchors of other genes are candidates; false where any variant is already.
    order : GeneOrder, optional
        What is known of the order of the genes: one that may not act on another is no candidate of
        it, and neither is a variant that stands for it.

    Returns
    -------
    Candidates
    """
    n_genes = len(pools)
    most_own, most_genes, most_anchors = room_for(n_genes, anchors_of_others)
    own = [
        _own_variants(rows, n_variants + gene, pool, most_own) for gene, pool in enumerate(pools)
    ]
    lead = np.array([variants[0] if len(variants) else -1 for variants in own], dtype=np.int64)
    has_positional_anchor = _has_positional_anchor(rows, n_variants, lead, anchor_kind)
    if order is not None:
        has_positional_anchor &= ~order.is_trait
    anchors = np.where(has_positional_anchor[:, None], rows[lead], 0.0)
    may_act = _MayAct(rows[n_variants:], anchors, has_positional_anchor, order)
    partners, n_edges = _partners(rows[n_variants:], adjusted, may_act, most_genes)
    if anchors_of_others:
        beside, by_position = _anchors_of_others(
            rows, n_variants, own, lead, has_positional_anchor, most_anchors, order
        )
    variable, kind, parent_gene = [], [], []
    for gene in range(n_genes):
        mine = partners[gene]
        partners[gene] = mine[may_act(mine, gene)]
        parts = [(own[gene], OWN, np.full(len(own[gene]), -1))]
        parts.append((n_variants + partners[gene], GENE, partners[gene]))
        if anchors_of_others:
            parts.append((beside[gene], PLEIOTROPIC, np.full(len(beside[gene]), -1)))
            parts.append((lead[by_position[gene]], POSITIONAL, by_position[gene]))
        variable.append(np.concatenate([part[0] for part in parts]).astype(np.int64))
        kind.append(np.concatenate([np.full(len(p[0]), p[1], dtype=np.int8) for p in parts]))
        parent_gene.append(np.concatenate([part[2] for part in parts]).astype(np.int64))
    considered = np.zeros(N_KINDS)
    considered[OWN] = max(n_considered, sum(map(len, own)))
    considered[GENE] = n_edges
    if anchors_of_others:
        has_lead = lead >= 0
        considered[POSITIONAL] = np.count_nonzero(has_positional_anchor) * (n_genes - 1)
        considered[PLEIOTROPIC] = np.count_nonzero(has_lead & ~has_positional_anchor) * (
            n_genes - 1
        )
    return Candidates(variable, kind, parent_gene, has_positional_anchor, lead, considered)


def _own_variants(rows: np.ndarray, target: int, pool: np.ndarray, most: int) -> np.ndarray:
    strength = np.abs(rows[pool] @ rows[target])
    # Rounded, so that variants in perfect LD are taken in the order of their ids.
    order = np.argsort(-np.round(strength, 9), kind="stable")
    kept = np.empty(most, dtype=np.int64)
    size = candidate_kernels.prune_linked(rows, pool, order, LARGEST_R2, most, kept)
    return kept[:size].copy()


def least_anchored(degrees: int) -> float:
    """Correlation with an anchor from which on a gene goes along with it."""
    return float(ANCHORED_T / np.sqrt(degrees + ANCHORED_T**2))


class _MayAct:
    """Which genes may act on which.

    One with a positional anchor acts on no other that does not go along with the anchor.

    Parameters
    ----------
    genes : (n_genes, n) float64
    anchors : (n_genes, n) float64
        Their positional anchors, zeros where they have none.
    has_positional_anchor : (n_genes,) bool
    order : GeneOrder, optional
    """

    def __init__(
        self,
        genes: np.ndarray,
        anchors: np.ndarray,
        has_positional_anchor: np.ndarray,
        order: GeneOrder | None,
    ) -> None:
        self._genes, self._anchors, self._order = genes, anchors, order
        self._has_positional_anchor = has_positional_anchor

    def __call__(self, causes: Any, targets: Any) -> np.ndarray:
        """Whether some genes (rows) may act on others (columns, or the only one)."""
        allowed = self._by_anchors(self._anchors[causes], self._has_positional_anchor[causes],
                                   self._genes[targets])  # fmt: skip
        return allowed if self._order is None else allowed & self._order.may_act(causes, targets)

    @staticmethod
    def _by_anchors(
        anchors: np.ndarray, has_positional_anchor: np.ndarray, genes: np.ndarray
    ) -> np.ndarray:
        if not has_positional_anchor.any():
            return np.ones((len(anchors), *genes.shape[:-1]), dtype=np.bool_)
        goes_along = np.abs(anchors @ genes.T) >= least_anchored(anchors.shape[1])
        return np.asarray(goes_along.T | ~has_positional_anchor).T


def _partners(
    genes: np.ndarray,
    adjusted: np.ndarray,
    may_act: _MayAct,
    most: int,
) -> tuple[list[np.ndarray], int]:
    """Genes of which one may act on the other: the same for both, the most correlated ones.

    Also returns how many edges there could be, of either direction.
    """
    n_genes = len(genes)
    every = np.arange(n_genes)
    if n_genes - 1 <= most:
        allowed = may_act(slice(None), slice(None))
        n_edges = int(allowed.sum() - allowed.diagonal().sum())
        return [np.delete(every, gene) for gene in range(n_genes)], n_edges
    partner = np.zeros((n_genes, most), dtype=np.int64)
    n_partners = np.zeros(n_genes, dtype=np.int64)
    # Adjusted first: what hidden factors make similar needs no edge.
    for part, values in ((most // 2, adjusted), (most, genes)):
        first, second, n_edges = _strong_pairs(values, may_act, most)
        candidate_kernels.pair_up(first, second, part, partner, n_partners)
    return [np.sort(partner[gene, : n_partners[gene]]) for gene in range(n_genes)], n_edges


def _strong_pairs(
    values: np.ndarray, may_act: _MayAct, most: int
) -> tuple[np.ndarray, np.ndarray, int]:
    """Pairs among the `most` strongest of either gene, the strongest first; possible edges."""
    n_genes = len(values)
    every = slice(None)
    chosen = np.empty((n_genes, most), dtype=np.int64)
    strength = np.empty((n_genes, most), dtype=np.float32)
    n_edges = 0
    for start in range(0, n_genes, _BLOCK):
        now = slice(start, start + _BLOCK)
        block = values[now] @ values.T
        # Not where neither may act on the other.
        allowed = may_act(now, every)
        block[~(allowed | may_act(every, now).T)] = 0.0
        allowed[np.arange(len(block)), start + np.arange(len(block))] = False
        n_edges += int(allowed.sum())
        for k, row in enumerate(block):
            candidate_kernels.strongest_of_row(row, most, start + k, chosen[start + k])
            strength[start + k] = np.round(np.abs(row[chosen[start + k]]), 6)
    first = np.repeat(np.arange(n_genes), most)
    second = chosen.ravel()
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((high, low, -strength.ravel()))
    order = order[strength.ravel()[order] > 0]
    return low[order], high[order], n_edges


def _has_positional_anchor(
    rows: np.ndarray, n_variants: int, lead: np.ndarray, anchor_kind: str
) -> np.ndarray:
    """Genes whose lead variant stands for them where it acts on another gene."""
    has_lead = lead >= 0
    if anchor_kind == "effect":
        return np.zeros(len(lead), dtype=np.bool_)
    if anchor_kind == "positional":
        return has_lead
    r = np.einsum("ij,ij->i", rows[lead], rows[n_variants:])
    t = np.abs(r) * np.sqrt(max(rows.shape[1] - 2, 1) / np.maximum(1.0 - r * r, 1e-12))
    return has_lead & (t < ESTABLISHED_T)


def _anchors_of_others(
    rows: np.ndarray,
    n_variants: int,
    own: list[np.ndarray],
    lead: np.ndarray,
    has_positional_anchor: np.ndarray,
    most: int,
    order: GeneOrder | None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The strongest anchors of other genes, of each gene, in ascending order.

    Returns
    -------
    beside : list of (k,) int64
        Rows of variants that act beside their genes, and are none of the gene's own.
    by_position : list of (k,) int64
        Genes whose positional anchors go most with the gene.
    """
    leads = np.unique(lead[(lead >= 0) & ~has_positional_anchor])
    column = np.full(n_variants, -1)
    column[leads] = np.arange(len(leads))
    positional = np.flatnonzero(has_positional_anchor)
    beside, by_position = [], []
    for start in range(0, len(own), _BLOCK):
        genes = rows[n_variants + start : n_variants + min(start + _BLOCK, len(own))]
        with_leads = np.round(np.abs(genes @ rows[leads].T), 9)
        with_positional = np.round(np.abs(genes @ rows[lead[positional]].T), 9)
        for k in range(len(genes)):
            mine = column[own[start + k]]
            with_leads[k, mine[mine >= 0]] = -1.0
            with_positional[k, positional == start + k] = -1.0
            if order is not None:
                with_positional[k, ~order.may_act(positional, start + k)] = -1.0
            beside.append(leads[_strongest_of(with_leads[k], most)])
            by_position.append(positional[_strongest_of(with_positional[k], most)])
    return beside, by_position


def _strongest_of(strength: np.ndarray, most: int) -> np.ndarray:
    """Positions of the largest values that are not negative, ascending; of equals the first."""
    least = 0.0
    if most < len(strength):
        least = max(np.partition(strength, len(strength) - most)[len(strength) - most], 0.0)
    above, equal = np.flatnonzero(strength > least), np.flatnonzero(strength == least)
    return np.sort(np.append(above, equal[: max(most - len(above), 0)]))


def build_problem(
    data: np.ndarray,
    n_variants: int,
    candidates: Candidates,
    n_factors: int,
    weights: Weights | None = None,
) -> Problem:
    """Arrays for the sampler: inner products, kinds, parent genes, and how candidates are paired.

    Parameters
    ----------
    data : (n_variants + n_genes, n_degrees) float64
        Variants, then genes, of squared length `n_degrees`.
    n_variants : int
        Number of variants among them.
    candidates : Candidates
    n_factors : int
        Hidden factors that will be candidates of every gene.
    weights : Weights, optional
        Of genes whose values relatives have in common.

    Returns
    -------
    Problem
        Without the factors' inner products.
    """
    n_genes = len(candidates.variable)
    weights = weights or no_weights(data.shape[1])
    weighting = np.full(n_genes, -1, dtype=np.int32)
    weighting[weights.gene] = np.arange(len(weights.gene))
    n_candidates = np.array([len(one) for one in candidates.variable], dtype=np.int64)
    width = int(n_candidates.max(initial=0)) + n_factors + 1
    gram = np.zeros((n_genes, width, width))
    squared_length = np.zeros((n_genes, width))
    kind = np.full((n_genes, width), OWN, dtype=np.int8)
    parent_gene = np.full((n_genes, width), -1, dtype=np.int32)
    variable = np.full((n_genes, width), -1, dtype=np.int32)
    reverse_index = np.full((n_genes, width), -1, dtype=np.int32)
    for gene in range(n_genes):
        size = n_candidates[gene]
        mine = slice(n_factors, n_factors + size)
        kind[gene, :n_factors] = FACTOR
        kind[gene, mine] = candidates.kind[gene]
        parent_gene[gene, mine] = candidates.parent_gene[gene]
        variable[gene, mine] = candidates.variable[gene]
        block = data[np.append(candidates.variable[gene], n_variants + gene)]
        if weighting[gene] >= 0:
            block = block * weights.root[weighting[gene]]
        products = block @ block.T
        gram[gene, mine, mine] = products[:-1, :-1]
        gram[gene, mine, -1] = gram[gene, -1, mine] = products[:-1, -1]
        gram[gene, -1, -1] = products[-1, -1]
        squared_length[gene] = gram[gene].diagonal()
    candidate_kernels.find_reverse_index(
        variable, n_factors, n_candidates, n_variants, reverse_index
    )
    paired_candidate = np.full((n_genes, width), -1, dtype=np.int32)
    candidate_kernels.find_paired_candidates(
        kind, parent_gene, n_factors, n_candidates, paired_candidate
    )
    considered = candidates.considered.copy()
    considered[FACTOR] = n_genes * n_factors
    origin = np.tile(np.arange(width, dtype=np.int32), (n_genes, 1))
    return Problem(
        gram,
        squared_length,
        n_candidates,
        n_factors,
        kind,
        parent_gene,
        reverse_index,
        paired_candidate,
        candidates.has_positional_anchor,
        candidates.lead,
        variable,
        origin,
        data,
        considered,
        weighting,
        weights.root,
    )
