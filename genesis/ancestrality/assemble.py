"""From arrays over pairs to the tables of a result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.ancestrality.direct import DirectClaims
from genesis.ancestrality.matrix import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, pair_index
from genesis.ancestrality.relations import POSTERIORS, RELATION_NAMES, RULE_NAMES, Relations
from genesis.ancestrality.rules import SearchOutcome

__all__ = [
    "LISTED_GENES",
    "assemble_conditioning",
    "assemble_order",
    "assemble_relations",
    "mark_unlisted",
]

#: Unrelated pairs have rows in results of up to so many genes. Of more genes they are nearly all
#: pairs, and the matrix says of each that it is unrelated.
LISTED_GENES = 5_000

_BLOCK_ROWS = 512

_ANCESTOR, _NONDESCENDANT, _UNRELATED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated")
)


def assemble_relations(
    outcome: SearchOutcome, direct: DirectClaims, gene_of: np.ndarray, variable_of: np.ndarray
) -> Relations:
    """Rows of the filled pairs; of more than `LISTED_GENES` genes not of the unrelated ones.

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
    first, second, relation = _filled_pairs(outcome.codes, gene_of)
    at = pair_index(np.maximum(first, second), np.minimum(first, second))
    rule = outcome.rule_of[at]
    columns: dict[str, np.ndarray] = {
        "direct": np.full(len(at), -1, dtype=np.int8),
        "follows": np.full(len(at), -1, dtype=np.int8),
        "n_witnesses": np.zeros(len(at), dtype=np.int32),
        "n_conditioning": np.full(len(at), -1, dtype=np.int32),
        "witness": np.full(len(at), -1, dtype=np.int32),
        "log_p": np.full(len(at), np.nan),
        "log_p_without": np.full(len(at), np.nan),
        "log_p_with": np.full(len(at), np.nan),
        "log_p_direct": np.full(len(at), np.nan),
    }
    # What has a direct test or a witness is a claim, and claims come before unrelated pairs.
    n_claims = int(np.count_nonzero(relation != _UNRELATED))
    row_of = _RowFinder(at[:n_claims])
    _add_direct(columns, direct, row_of)
    _add_witnesses(columns, outcome, rule, row_of, variable_of)
    columns["log_p"][n_claims:] = outcome.log_p[at[n_claims:]]
    columns["n_conditioning"][n_claims:] = outcome.n_conditioning[at[n_claims:]]
    return Relations(
        gene_a=gene_of[first].astype(np.int32),
        gene_b=gene_of[second].astype(np.int32),
        relation=relation,
        direct=columns["direct"],
        follows=columns["follows"],
        rule=rule,
        sweep=outcome.sweep_of[at].astype(np.int16),
        n_witnesses=columns["n_witnesses"],
        n_conditioning=columns["n_conditioning"],
        witness=columns["witness"],
        log_p=columns["log_p"],
        log_p_without=columns["log_p_without"],
        log_p_with=columns["log_p_with"],
        log_p_direct=columns["log_p_direct"],
        **dict.fromkeys(POSTERIORS, np.full(len(at), np.nan, dtype=np.float32)),
    )


def _filled_pairs(
    codes: np.ndarray, gene_of: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes a and b (of the search) and relation of all filled pairs, in row order."""
    parts: list[tuple[int, np.ndarray, np.ndarray]] = []
    for relation, code in ((_ANCESTOR, ANCESTOR), (_NONDESCENDANT, NONDESCENDANT)):
        a, b = np.nonzero(codes == code)
        parts.append((relation, a, b))
    if len(codes) <= LISTED_GENES:
        neither = (codes == NOT_ANCESTOR) & (codes.T == NOT_ANCESTOR)
        a, b = np.nonzero(np.tril(neither, -1))
        swap = gene_of[a] > gene_of[b]
        parts.append((_UNRELATED, np.where(swap, b, a), np.where(swap, a, b)))
    first, second, relations = [], [], []
    for relation, a, b in parts:
        order = np.lexsort((gene_of[b], gene_of[a]))
        first.append(a[order].astype(np.int32))
        second.append(b[order].astype(np.int32))
        relations.append(np.full(len(a), relation, dtype=np.int8))
    return np.concatenate(first), np.concatenate(second), np.concatenate(relations)


class _RowFinder:
    """Finds the row of a pair by its position among all pairs."""

    def __init__(self, pair_of_row: np.ndarray) -> None:
        self._row = np.argsort(pair_of_row)
        self._pair = pair_of_row[self._row]

    def __call__(self, pair: np.ndarray) -> np.ndarray:
        """Rows of pairs that have one."""
        return self._row[np.searchsorted(self._pair, pair)]


def mark_unlisted(outcome: SearchOutcome, gene_of: np.ndarray, n_genes: int) -> np.ndarray | None:
    """Bits of the unrelated pairs where these have no rows, else None.

    Parameters
    ----------
    outcome : SearchOutcome
    gene_of : (n,) int
        Position in the result's gene table of each gene of the search.
    n_genes : int
        Genes of the result.

    Returns
    -------
    (n_genes, ceil(n_genes / 8)) uint8, as `numpy.packbits` makes it
    """
    codes = outcome.codes
    if len(codes) <= LISTED_GENES:
        return None
    bits = np.zeros((n_genes, -(-n_genes // 8)), dtype=np.uint8)
    for start in range(0, len(codes), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        neither = (codes[block] == NOT_ANCESTOR) & (codes[:, block].T == NOT_ANCESTOR)
        genes = np.arange(len(codes))[block]
        neither[np.arange(len(genes)), genes] = False
        placed = np.zeros((len(genes), n_genes), dtype=np.bool_)
        placed[:, gene_of] = neither
        bits[gene_of[block]] = np.packbits(placed, axis=1)
    return bits


def _add_direct(columns: dict[str, np.ndarray], direct: DirectClaims, row_of: _RowFinder) -> None:
    rows = row_of(
        pair_index(np.maximum(direct.cause, direct.target), np.minimum(direct.cause, direct.target))
    )
    columns["direct"][rows] = direct.direct
    columns["follows"][rows] = direct.follows
    columns["log_p_direct"][rows] = direct.log_p


def _add_witnesses(
    columns: dict[str, np.ndarray],
    outcome: SearchOutcome,
    rule: np.ndarray,
    row_of: _RowFinder,
    variable_of: np.ndarray,
) -> None:
    for claims in outcome.claims:
        rows = row_of(pair_index(claims["gene_i"], claims["gene_j"]))
        # Closure may have replaced a claim since.
        current = rule[rows] != RULE_NAMES.index("closure")
        rows = rows[current]
        is_r1 = rule[rows] == RULE_NAMES.index("R1")
        significant, other = claims["log_p_significant"][current], claims["log_p_other"][current]
        columns["log_p"][rows] = claims["log_p"][current]
        columns["n_conditioning"][rows] = claims["n_conditioning"][current]
        columns["n_witnesses"][rows] = claims["n_witnesses"][current]
        columns["witness"][rows] = variable_of[claims["witness"][current]]
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
            "sweep": outcome.ordered_since[at][order].astype(np.int16),
        }
    )
