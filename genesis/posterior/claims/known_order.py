"""What the order of layers says of pairs of genes, whatever the data say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genesis.findings.findings import LISTED_GENES
from genesis.findings.relations import RESTS_ON
from genesis.findings.sparse_columns import Sparse
from genesis.graphs.bit_matrix import Bits, bits_of
from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.claims.pair_table import PairTable

__all__ = ["known_nondescendants", "only_assumed", "without_impossible"]

_ALONE = RESTS_ON.index("expression alone")


def without_impossible(pairs: PairTable, order: GeneOrder) -> PairTable:
    """The table in which no gene acts on one that it may not act on.

    No graph has such a pair; but what is in none is ranked by how likely it would be added.
    """
    may_be = order.rank[pairs.cause] <= order.rank[pairs.target]
    kept = may_be.astype(np.float32)
    ancestor = pairs.ancestor * kept
    same = pairs.uncalibrated is pairs.ancestor
    return replace(
        pairs,
        ancestor=ancestor,
        uncalibrated=ancestor if same else pairs.uncalibrated * kept,
        direct=pairs.direct * kept,
    )


def known_nondescendants(pairs: PairTable, order: GeneOrder) -> Bits:
    """Pairs (a, b) of which b may not act on a.

    Of more than `LISTED_GENES` genes only those that the table holds: they have rows, and what the
    order says of all others the result knows without.
    """
    if pairs.n_genes > LISTED_GENES:
        first, second = pairs.cause, pairs.target
        known = order.rank[first] < order.rank[second]
        return bits_of(first[known], second[known], pairs.n_genes)
    first, second = np.nonzero(np.less.outer(order.rank, order.rank))
    return bits_of(first, second, pairs.n_genes)


def only_assumed(pairs: PairTable, rests_on: Sparse, order: GeneOrder) -> np.ndarray:
    """Pairs of the table of which the order of layers says the direction, and no variant does.

    Where b may not act on a, whatever makes the two go together is laid to a: also what acts on
    both, or an effect of b that the order denies. An anchor of a that is not seen in b speaks
    against it, and then no ancestor is claimed.

    Parameters
    ----------
    pairs : PairTable
    rests_on : Sparse
        Of `what_pairs_rest_on`.
    order : GeneOrder

    Returns
    -------
    (m,) bool
    """
    cause = pairs.cause
    across = np.flatnonzero(order.rank[cause] < order.rank[pairs.target])
    at = cause[across].astype(np.int64) * pairs.n_genes + pairs.target[across]
    found = np.zeros(len(cause), dtype=np.bool_)
    found[across[rests_on[at] == _ALONE]] = True
    return found
