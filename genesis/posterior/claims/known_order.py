"""What the order of layers says of pairs of genes, whatever the data say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from genesis.findings.findings import LISTED_GENES
from genesis.graphs.bit_matrix import Bits, bits_of
from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.claims.pair_table import PairTable

__all__ = ["known_nondescendants", "look_denied", "without_impossible"]


def without_impossible(pairs: PairTable, order: GeneOrder) -> PairTable:
    """The table in which no gene acts on one that it may not act on, where the order is firm.

    No graph has such a pair; but what is in none is ranked by how likely it would be added.
    """
    if not order.is_firm:
        return pairs
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

    Of more than `LISTED_GENES` genes only those that the table holds, either way: they have rows,
    and what the order says of all others the result knows without.
    """
    if pairs.n_genes > LISTED_GENES:
        rises = order.rank[pairs.cause] < order.rank[pairs.target]
        falls = order.rank[pairs.cause] > order.rank[pairs.target]
        first = np.concatenate([pairs.cause[rises], pairs.target[falls]])
        second = np.concatenate([pairs.target[rises], pairs.cause[falls]])
        return bits_of(first, second, pairs.n_genes)
    first, second = np.nonzero(np.less.outer(order.rank, order.rank))
    return bits_of(first, second, pairs.n_genes)


def look_denied(pairs: PairTable, order: GeneOrder) -> int:
    """Pairs that look as if a gene acted on one in an earlier layer, rather than not."""
    denied = order.rank[pairs.cause] > order.rank[pairs.target]
    return int(np.count_nonzero(denied & (pairs.ancestor > 0.5)))
