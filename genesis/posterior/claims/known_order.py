"""What the order of layers says of pairs of genes, whatever the data say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import stats

from genesis.findings.findings import LISTED_GENES
from genesis.findings.relations import RESTS_ON
from genesis.graphs.bit_matrix import Bits, bits_of
from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.evidence import (
    SEEN_T,
    claimed_anchors,
    what_claims_rest_on,
)
from genesis.posterior.claims.pair_table import PairTable

__all__ = ["known_nondescendants", "only_assumed", "without_impossible"]

_OWN = RESTS_ON.index("own anchor")
#: Where an anchor may begin to be seen; no chance is left beyond.
_T_VALUES = np.arange(SEEN_T, 12.0, 0.25)


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


def only_assumed(
    posterior: Posterior,
    rows: np.ndarray,
    n_variants: int,
    degrees: int,
    order: GeneOrder,
    level: float,
) -> np.ndarray:
    """Pairs of the table of which the order of layers says the direction, and no variant does.

    Where b may not act on a, whatever makes the two go together is laid to a: also what acts on
    both, or an effect of b that the order denies. What speaks for a is an anchor of its own that is
    seen in b. One of an ancestor of a is also seen where that acts on b, and b on a. Of many pairs
    some are seen by chance, so that t-values count from where the expected share of these is at
    most `level` (Benjamini–Hochberg), and from `SEEN_T` at the least.

    Parameters
    ----------
    posterior : Posterior
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    n_variants : int
    degrees : int
        Degrees of freedom of the samples.
    order : GeneOrder
    level : float

    Returns
    -------
    (m,) bool
    """
    pairs = posterior.pairs
    cause = pairs.cause
    across = order.rank[cause] < order.rank[pairs.target]
    asked = np.flatnonzero(across & (pairs.ancestor > 0.5))
    a, b = cause[asked], pairs.target[asked]
    _, has_anchor = claimed_anchors(posterior)
    expected = np.count_nonzero(has_anchor[a]) * stats.t.sf(_T_VALUES, max(degrees - 1, 1))
    found = across
    for t, by_chance in zip(_T_VALUES, expected, strict=True):
        rests_on = what_claims_rest_on(posterior, rows, n_variants, degrees, a, b, seen_t=t)
        supported = rests_on == _OWN
        if not supported.any() or by_chance <= level * np.count_nonzero(supported):
            found[asked[supported]] = False
            break
    return found
