"""From arrays over pairs to the tables of a result."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    at = pair_index(np.maximum(first, second), np.minimum(first, second))
    del first, second
    rule = outcome.rule_of[at]
    by_closure = rule == RULE_NAMES.index("closure")
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
    row_of = np.full(len(outcome.rule_of), -1, dtype=np.int32)
    row_of[at] = np.arange(len(at), dtype=np.int32)
    _add_direct(columns, direct, row_of)
    _add_witnesses(columns, outcome, rule, row_of, variable_of)
    return Relations(
        gene_a=gene_a,
        gene_b=gene_b,
        relation=relation,
        direct=columns["direct"],
        follows=columns["follows"],
        rule=rule,
        sweep=outcome.sweep_of[at],
        n_witnesses=columns["n_witnesses"],
        n_conditioning=np.where(by_closure, np.int32(-1), outcome.n_conditioning[at]),
        witness=columns["witness"],
        log_p=np.where(by_closure, np.nan, outcome.log_p[at]),
        log_p_without=columns["log_p_without"],
        log_p_with=columns["log_p_with"],
        log_p_direct=columns["log_p_direct"],
        **dict.fromkeys(POSTERIORS, np.broadcast_to(np.float32(np.nan), len(at))),
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


def _add_direct(columns: dict[str, np.ndarray], direct: DirectClaims, row_of: np.ndarray) -> None:
    pair = pair_index(
        np.maximum(direct.cause, direct.target), np.minimum(direct.cause, direct.target)
    )
    rows = row_of[pair]
    columns["direct"][rows] = direct.direct
    columns["follows"][rows] = direct.follows
    columns["log_p_direct"][rows] = direct.log_p


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
    before, after = np.nonzero(outcome.codes[used] >= NONDESCENDANT)
    before = used[before]
    at = pair_index(np.maximum(before, after), np.minimum(before, after))
    order = np.lexsort((gene_of[after], gene_of[before]))
    return pd.DataFrame(
        {
            "before": gene_of[before][order].astype(np.int32),
            "after": gene_of[after][order].astype(np.int32),
            "sweep": outcome.ordered_since[at][order],
        }
    )
