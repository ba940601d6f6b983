"""Posteriors after the self-test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from genesis.findings.relations import RESTS_ON
from genesis.findings.sparse_columns import Sparse
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.evidence import claimed_anchors
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
    unsupported : (n_genes, n_genes) bool or None
        Pairs that rest on expression alone and whose ancestor has no anchor, where it could not be
        told what that is worth: a hidden cause of the two would look the same.
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
    cause, target = np.nonzero(posterior.ancestor >= EDGES[0])
    rests_on = pairs_rest_on[cause * len(posterior.ancestor) + target]
    unsupported = None
    if not curves or not curves[RESTS_ON[_ALONE]].is_known:
        _, has_anchor = claimed_anchors(posterior)
        without = (rests_on == _ALONE) & ~has_anchor[cause]
        unsupported = np.zeros(posterior.ancestor.shape, dtype=np.bool_)
        unsupported[cause[without], target[without]] = True
        record["unsupported"] = int(np.count_nonzero(unsupported & (posterior.ancestor > 0.5)))
    if not curves:
        return Calibrated(posterior, unsupported, record)
    ancestor = np.empty_like(posterior.ancestor)
    for row, before in zip(ancestor, posterior.ancestor, strict=True):
        # What is below all bins rests on next to nothing.
        row[:] = curves[RESTS_ON[_ALONE]](before)
    before = posterior.ancestor[cause, target]
    for kind, name in enumerate(RESTS_ON):
        mine = rests_on == kind
        ancestor[cause[mine], target[mine]] = curves[name](before[mine])
    return Calibrated(_scaled(posterior, ancestor), unsupported, record)


def _scaled(posterior: Posterior, ancestor: np.ndarray) -> Posterior:
    """The parts of the posterior of a pair keep their shares of it."""
    confounded, direct = posterior.confounded.copy(), posterior.direct.copy()
    for row, before in enumerate(posterior.ancestor):
        ratio = np.divide(ancestor[row], before, out=np.ones_like(before), where=before > 0)
        confounded[row] *= ratio
        direct[row] *= ratio
    return replace(
        posterior,
        ancestor=ancestor,
        uncalibrated=posterior.ancestor,
        confounded=confounded,
        direct=direct,
    )
