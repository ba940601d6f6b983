"""From arrays over pairs to the tables of a result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.ancestrality import closure_kernels
from genesis.ancestrality.direct import DirectClaims
from genesis.ancestrality.matrix import (
    ANCESTOR,
    NONDESCENDANT,
    NOT_ANCESTOR,
    entries,
    pair_index,
)
from genesis.ancestrality.relations import POSTERIORS, RELATION_NAMES, RULE_NAMES, Relations
from genesis.ancestrality.rules import SearchOutcome

__all__ = ["assemble_conditioning", "assemble_order", "assemble_relations"]

_PIECE_PAIRS = 1_000_000
_ANCESTOR, _NONDESCENDANT, _UNRELATED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated")
)


def assemble_relations(
    outcome: SearchOutcome, direct: DirectClaims, gene_of: np.ndarray, variable_of: np.ndarray
) -> Relations:
    """Rows of all filled pairs.

    Parameters
    ----------
    outcome : SearchOutcome
        In the order of genes that the search used.
    direct : DirectClaims
    gene_of : (n,) int
        Position in the result's gene table of each gene of the search.
    variable_of : (n_variables,) int
        Position in the result's variable table of each variable of the search.
    """
    # Genes of the search in the order of the result.
    order = np.argsort(gene_of).astype(np.int32)
    first, second, relation = _filled_pairs(outcome.codes[np.ix_(order, order)])
    gene_a, gene_b = (gene_of.astype(np.int32)[order][end] for end in (first, second))
    first, second = order[first], order[second]
    at = _pair_positions(first, second)
    rule = outcome.rule_of[at]
    by_closure = rule == RULE_NAMES.index("closure")
    log_p, n_conditioning = outcome.log_p[at], outcome.n_conditioning[at]
    log_p[by_closure], n_conditioning[by_closure] = np.nan, -1
    sweep = outcome.sweep_of[at]
    columns: dict[str, np.ndarray] = {
        "direct": np.full(len(at), -1, dtype=np.int8),
        "follows": np.full(len(at), -1, dtype=np.int8),
        "n_witnesses": np.zeros(len(at), dtype=np.int32),
        "witness": np.full(len(at), -1, dtype=np.int32),
        "log_p_without": np.full(len(at), np.nan),
        "log_p_with": np.full(len(at), np.nan),
        "log_p_direct": np.full(len(at), np.nan),
    }
    # Ancestral claims come first among the rows, so claims and tests find their row there.
    n_ancestors = int(np.searchsorted(relation, _ANCESTOR, side="right"))
    closure_kernels.read_bits(
        direct.reach,
        first[:n_ancestors],
        second[:n_ancestors],
        columns["follows"][:n_ancestors],
    )
    del first, second
    row_of = np.full(len(outcome.rule_of), -1, dtype=np.int32)
    row_of[at] = np.arange(len(at), dtype=np.int32)
    del at
    rows = row_of[_pair_positions(direct.cause, direct.target)]
    columns["direct"][rows] = direct.direct
    columns["log_p_direct"][rows] = direct.log_p
    _add_witnesses(columns, outcome, rule, row_of, variable_of)
    return Relations(
        gene_a=gene_a,
        gene_b=gene_b,
        relation=relation,
        direct=columns["direct"],
        follows=columns["follows"],
        rule=rule,
        sweep=sweep,
        n_witnesses=columns["n_witnesses"],
        n_conditioning=n_conditioning,
        witness=columns["witness"],
        log_p=log_p,
        log_p_without=columns["log_p_without"],
        log_p_with=columns["log_p_with"],
        log_p_direct=columns["log_p_direct"],
        **dict.fromkeys(POSTERIORS, np.broadcast_to(np.float32(np.nan), len(rule))),
    )


def _filled_pairs(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes a and b and relation of all filled pairs, in row order."""
    ends = [
        entries(codes == ANCESTOR),
        entries(codes == NONDESCENDANT),
        entries(np.triu((codes == NOT_ANCESTOR) & (codes.T == NOT_ANCESTOR), 1)),
    ]
    relations = (_ANCESTOR, _NONDESCENDANT, _UNRELATED)
    sizes = [len(a) for a, _ in ends]
    first, second = (np.concatenate(parts) for parts in zip(*ends, strict=True))
    return first, second, np.repeat(np.array(relations, dtype=np.int8), sizes)


def _pair_positions(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Positions of pairs in any order of their genes, in little memory."""
    at = np.empty(len(first), dtype=np.int64)
    for start in range(0, len(first), _PIECE_PAIRS):
        a, b = (end[start : start + _PIECE_PAIRS] for end in (first, second))
        at[start : start + _PIECE_PAIRS] = pair_index(np.maximum(a, b), np.minimum(a, b))
    return at


def _add_witnesses(
    columns: dict[str, np.ndarray],
    outcome: SearchOutcome,
    rule: np.ndarray,
    row_of: np.ndarray,
    variable_of: np.ndarray,
) -> None:
    for claims in outcome.claims:
        rows = row_of[claims.pair]
        # Closure may have replaced a claim since.
        current = rule[rows] != RULE_NAMES.index("closure")
        rows = rows[current]
        is_r1 = rule[rows] == RULE_NAMES.index("R1")
        significant, other = claims.log_p_significant[current], claims.log_p_other[current]
        columns["n_witnesses"][rows] = claims.n_witnesses[current]
        columns["witness"][rows] = variable_of[claims.witness[current]]
        # R1: dependent without the other gene; R2: dependent only with it.
        columns["log_p_without"][rows] = np.where(is_r1, significant, other)
        columns["log_p_with"][rows] = np.where(is_r1, other, significant)


def assemble_conditioning(
    outcome: SearchOutcome, gene_of: np.ndarray, variable_of: np.ndarray
) -> pd.DataFrame:
    """sweep, gene, member: the nearest ancestors as they stood during each sweep."""
    sizes = [len(nearest.member) for nearest in outcome.nearest]
    sweep = np.repeat(np.arange(1, len(sizes) + 1, dtype=np.int16), sizes)
    gene = np.concatenate([np.repeat(gene_of, np.diff(one.start)) for one in outcome.nearest])
    member = variable_of[np.concatenate([one.member for one in outcome.nearest])]
    order = np.lexsort((member, gene, sweep))
    return pd.DataFrame(
        {
            "sweep": sweep[order],
            "gene": gene[order].astype(np.int32),
            "member": member[order].astype(np.int32),
        }
    )


def assemble_order(outcome: SearchOutcome, n_variants: int, gene_of: np.ndarray) -> pd.DataFrame:
    """before, after, sweep: since when the genes that were conditioned on had their order."""
    members = np.unique(np.concatenate([nearest.member for nearest in outcome.nearest]))
    used = members[members >= n_variants] - n_variants
    order = np.argsort(gene_of)
    parts = []
    for before in used[np.argsort(gene_of[used])]:
        after = order[outcome.codes[before, order] >= NONDESCENDANT]
        at = pair_index(np.maximum(before, after), np.minimum(before, after))
        parts.append((gene_of[before], gene_of[after].astype(np.int32), outcome.ordered_since[at]))
    sizes = [len(after) for _, after, _ in parts]
    return pd.DataFrame(
        {
            "before": np.repeat(np.array([part[0] for part in parts], dtype=np.int32), sizes),
            "after": np.concatenate([np.empty(0, np.int32), *(part[1] for part in parts)]),
            "sweep": np.concatenate([np.empty(0, np.int16), *(part[2] for part in parts)]),
        },
        copy=False,
    )
