"""Posteriors after the self-test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from genesis.findings.relations import RESTS_ON
from genesis.findings.sparse_columns import Sparse
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.evidence import claimed_anchors
from genesis.posterior.claims.pair_table import PairTable
from genesis.posterior.self_test import SelfTest, finish_self_test
from genesis.replication.bins import EDGES

__all__ = ["Calibrated", "calibrated"]

_ALONE = RESTS_ON.index("expression alone")


@dataclass(frozen=True, eq=False)
class Calibrated:
    """What comes of a self-test.

    Attributes
    ----------
    posterior : Posterior
        Calibrated.
    unsupported : (m,) bool or None
        Pairs of its table that rest on expression alone and whose ancestor has no anchor, where it
        could not be told what that is worth: a hidden cause of the two would look the same.
    record : dict
    """

    posterior: Posterior
    unsupported: np.ndarray | None
    record: dict[str, Any]


def calibrated(
    posterior: Posterior, found: SelfTest, pairs_rest_on: Sparse, *, is_cis: bool
) -> Calibrated:
    """Posteriors as sure as the self-test found claims of their kind to be.

    Parameters
    ----------
    posterior : Posterior
    found : SelfTest
    pairs_rest_on : Sparse
        As of `what_pairs_rest_on`.
    is_cis : bool
        Whether anchors are known to act on their own gene.
    """
    uses_factors = posterior.summary["hidden_factors_used"] > 0
    curves, record = finish_self_test(found, uses_factors, is_cis)
    pairs = posterior.pairs
    near = np.flatnonzero(pairs.ancestor >= EDGES[0])
    cause, target = pairs.cause[near].astype(np.int64), pairs.target[near]
    rests_on = pairs_rest_on[cause * pairs.n_genes + target]
    unsupported = None
    if not curves or not curves[RESTS_ON[_ALONE]].is_known:
        _, has_anchor = claimed_anchors(posterior)
        unsupported = np.zeros(len(pairs.target), dtype=np.bool_)
        unsupported[near[(rests_on == _ALONE) & ~has_anchor[cause]]] = True
        record["unsupported"] = int(np.count_nonzero(unsupported & (pairs.ancestor > 0.5)))
    if not curves:
        return Calibrated(posterior, unsupported, record)
    # What is below all bins rests on next to nothing.
    ancestor = curves[RESTS_ON[_ALONE]](pairs.ancestor).astype(np.float32)
    before = pairs.ancestor[near]
    for kind, name in enumerate(RESTS_ON):
        mine = rests_on == kind
        ancestor[near[mine]] = curves[name](before[mine])
    return Calibrated(replace(posterior, pairs=_scaled(pairs, ancestor)), unsupported, record)


def _scaled(pairs: PairTable, ancestor: np.ndarray) -> PairTable:
    """The parts of the posterior of a pair keep their shares of it."""
    before = pairs.ancestor
    ratio = np.divide(ancestor, before, out=np.ones_like(before), where=before > 0)
    return replace(
        pairs,
        ancestor=ancestor,
        uncalibrated=before,
        confounded=pairs.confounded * ratio,
        direct=pairs.direct * ratio,
    )
