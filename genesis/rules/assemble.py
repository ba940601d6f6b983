"""From arrays over pairs to the tables of a result."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.findings.findings import LISTED_GENES, packed_unlisted
from genesis.findings.relations import CALIBRATED_COLUMNS, RELATION_NAMES, RULE_NAMES, Relations
from genesis.findings.sparse_columns import Sparse
from genesis.graphs import closure_kernels
from genesis.graphs.codes import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, pair_index
from genesis.rules.direct import DirectClaims
from genesis.rules.pair_evidence import CLAIM
from genesis.rules.search import SearchOutcome

__all__ = [
    "assemble_conditioning",
    "assemble_order",
    "assemble_relations",
    "mark_unlisted",
]

_PIECE_PAIRS = 1_000_000

_ANCESTOR, _NONDESCENDANT, _UNRELATED = (
    RELATION_NAMES.index(name) for name in ("ancestor", "nondescendant", "unrelated")
)
#: Rules by which a claim has neither test nor witness.
_UNTESTED = (RULE_NAMES.index("closure"), RULE_NAMES.index("order of layers"))


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
    gene_of = gene_of.astype(np.int32)
    first, second, relation = _filled_pairs(outcome.codes, order)
    n_ancestors, n_claims = np.searchsorted(relation, [_ANCESTOR, _NONDESCENDANT], side="right")
    follows = np.full(len(relation), -1, dtype=np.int8)
    closure_kernels.read_bits(
        direct.reach, first[:n_ancestors], second[:n_ancestors], follows[:n_ancestors]
    )
    at = _pair_positions(first, second)
    first, second = gene_of[first], gene_of[second]
    rule = outcome.rule_of[at]
    direct_code = np.full(len(at), -1, dtype=np.int8)
    return Relations(
        gene_a=first,
        gene_b=second,
        relation=relation,
        direct=direct_code,
        follows=follows,
        rule=rule,
        sweep=outcome.sweep_of[at].astype(np.int16),
        log_p_direct=_direct_tests(direct_code, direct, at[:n_ancestors]),
        **_tests_and_witnesses(outcome, rule, at, int(n_claims), variable_of),
        rests_on=np.broadcast_to(np.int8(-1), len(at)),
        **dict.fromkeys(CALIBRATED_COLUMNS, np.broadcast_to(np.float32(np.nan), len(at))),
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


def _direct_tests(code: np.ndarray, direct: DirectClaims, pair_of_ancestor: np.ndarray) -> Sparse:
    """The column `log_p_direct`; what the tests found is written into the column `direct`."""
    pair = _pair_positions(direct.cause, direct.target)
    is_tested = np.zeros(pair_of_ancestor.max(initial=-1) + 1, dtype=np.bool_)
    is_tested[pair] = True
    rows = np.flatnonzero(is_tested[pair_of_ancestor])
    place = _places(pair_of_ancestor[rows], pair)
    code[rows] = direct.direct[place]
    return Sparse(rows, direct.log_p[place], np.nan, len(code))


def _tests_and_witnesses(
    outcome: SearchOutcome, rule: np.ndarray, at: np.ndarray, n_claims: int, variable_of: np.ndarray
) -> dict[str, Any]:
    """`Sparse` columns: claims by closure have nothing in them, and unrelated pairs no witness.

    `rule` and `at` (position among all pairs) are columns too; the first `n_claims` rows are
    claims.
    """
    tested = np.flatnonzero(~np.isin(rule, _UNTESTED))
    split = int(np.searchsorted(tested, n_claims))
    voted, unrelated = tested[:split], at[tested[split:]]
    claims = np.concatenate([np.empty(0, dtype=CLAIM), *outcome.claims])
    pair = pair_index(claims["gene_i"], claims["gene_j"])
    # Closure, or the order of layers, may have replaced a claim since.
    current = np.flatnonzero(~np.isin(outcome.rule_of[pair], _UNTESTED))
    claims = claims[current[_places(at[voted], pair[current])]]
    is_r1 = rule[voted] == RULE_NAMES.index("R1")
    significant, other = claims["log_p_significant"], claims["log_p_other"]
    log_p = np.concatenate([claims["log_p"], outcome.log_p[unrelated]])
    sizes = np.concatenate([claims["n_conditioning"], outcome.n_conditioning[unrelated]])
    n = len(at)
    return {
        "log_p": Sparse(tested, log_p, np.nan, n),
        "n_conditioning": Sparse(tested, sizes.astype(np.int32), -1, n),
        "n_witnesses": Sparse(voted, claims["n_witnesses"].copy(), 0, n),
        "witness": Sparse(voted, variable_of[claims["witness"]].astype(np.int32), -1, n),
        # R1: dependent without the other gene; R2: dependent only with it.
        "log_p_without": Sparse(voted, np.where(is_r1, significant, other), np.nan, n),
        "log_p_with": Sparse(voted, np.where(is_r1, other, significant), np.nan, n),
    }


def _places(wanted: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Where each of some values is among values that differ."""
    order = np.argsort(among)
    found: np.ndarray = order[np.searchsorted(among[order], wanted)]
    return found


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

    def unrelated(block: slice) -> np.ndarray:
        neither: np.ndarray = codes[block] == NOT_ANCESTOR
        neither &= codes[:, block].T == NOT_ANCESTOR
        genes = np.arange(block.start, block.stop)
        neither[genes - block.start, genes] = False
        return neither

    return packed_unlisted(unrelated, gene_of, n_genes)


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
    gene_of = gene_of.astype(np.int32)
    parts = []
    for before in used[np.argsort(gene_of[used])]:
        after = order[outcome.codes[before, order] >= NONDESCENDANT]
        at = pair_index(np.maximum(before, after), np.minimum(before, after))
        parts.append((gene_of[before], gene_of[after], outcome.ordered_since[at]))
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
