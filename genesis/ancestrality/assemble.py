"""From arrays over pairs to the tables of a result."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.ancestrality import closure_kernels
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
_PIECE_PAIRS = 1_000_000

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
    # Genes of the search in the order of the result.
    order = np.argsort(gene_of).astype(np.int32)
    first, second, relation = _filled_pairs(outcome.codes, order)
    at = _pair_positions(first, second)
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
    rows = row_of(_pair_positions(direct.cause, direct.target))
    columns["direct"][rows] = direct.direct
    columns["log_p_direct"][rows] = direct.log_p
    n_ancestors = int(np.searchsorted(relation, _ANCESTOR, side="right"))
    closure_kernels.read_bits(
        direct.reach,
        first[:n_ancestors],
        second[:n_ancestors],
        columns["follows"][:n_ancestors],
    )
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
        **dict.fromkeys(POSTERIORS, np.broadcast_to(np.float32(np.nan), len(at))),
    )


def _filled_pairs(
    codes: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Genes a and b (of the search) and relation of all filled pairs, in row order."""
    relations = [_ANCESTOR, _NONDESCENDANT]
    if len(codes) <= LISTED_GENES:
        relations.append(_UNRELATED)
    # Row by row: np.nonzero on the whole needs several times the memory.
    partners = [
        _partners(codes, order, at, relation) for relation in relations for at in range(len(order))
    ]
    sizes = np.array([len(genes) for genes in partners], dtype=np.int64)
    first = np.repeat(np.tile(order, len(relations)), sizes)
    second = np.concatenate([np.empty(0, dtype=np.int32), *partners])
    sizes = sizes.reshape(len(relations), -1).sum(axis=1)
    return first, second, np.repeat(np.array(relations, dtype=np.int8), sizes)


def _partners(codes: np.ndarray, order: np.ndarray, at: int, relation: int) -> np.ndarray:
    """Genes b of the rows of one relation whose gene a is at a place of the order."""
    gene = order[at]
    if relation == _UNRELATED:
        later = order[at + 1 :]
        neither = (codes[gene, later] == NOT_ANCESTOR) & (codes[later, gene] == NOT_ANCESTOR)
        return later[neither]
    return order[codes[gene, order] == (ANCESTOR if relation == _ANCESTOR else NONDESCENDANT)]


def _pair_positions(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Positions of pairs in any order of their genes, in little memory."""
    at = np.empty(len(first), dtype=np.int64)
    for start in range(0, len(first), _PIECE_PAIRS):
        a, b = (end[start : start + _PIECE_PAIRS] for end in (first, second))
        at[start : start + _PIECE_PAIRS] = pair_index(np.maximum(a, b), np.minimum(a, b))
    return at


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
    order = np.argsort(gene_of)
    parts = []
    for before in used[np.argsort(gene_of[used])]:
        after = order[outcome.codes[before, order] >= NONDESCENDANT]
        at = pair_index(np.maximum(before, after), np.minimum(before, after))
        parts.append((gene_of[before], gene_of[after].astype(np.int32), outcome.ordered_since[at]))
    sizes = [len(after) for _, after, _ in parts]
    sweep = np.concatenate([np.empty(0, dtype=np.int8), *(part[2] for part in parts)])
    return pd.DataFrame(
        {
            "before": np.repeat(np.array([part[0] for part in parts], dtype=np.int32), sizes),
            "after": np.concatenate([np.empty(0, np.int32), *(part[1] for part in parts)]),
            "sweep": sweep.astype(np.int16),
        },
        copy=False,
    )
