"""How good claims are where the causal network is known.

`evaluate` compares claims and their scores with a truth, `pool` sums up several data sets, and
`enrichment` says how many of the best-scored pairs are true. The functions of arrays behind
them are public too.
"""

from __future__ import annotations

from genesis.evaluate.calibration import calibration_error, reliability_table
from genesis.evaluate.counts import ClaimCounts, count_claims, structural_hamming_distance
from genesis.evaluate.enrichment import enrichment, top_share
from genesis.evaluate.evaluation import Evaluation, evaluate
from genesis.evaluate.pooling import PooledEvaluation, pool
from genesis.evaluate.ranking import average_precision, roc_area
from genesis.evaluate.truth import read_truth
from genesis.graphs.reachability import transitive_closure

__all__ = [
    "ClaimCounts",
    "Evaluation",
    "PooledEvaluation",
    "average_precision",
    "calibration_error",
    "count_claims",
    "enrichment",
    "evaluate",
    "pool",
    "read_truth",
    "reliability_table",
    "roc_area",
    "structural_hamming_distance",
    "top_share",
    "transitive_closure",
]
