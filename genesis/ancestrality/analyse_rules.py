"""Method `rules` on collected inputs: search, direct test, tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.ancestrality import rules
from genesis.ancestrality.anchored import (
    Anchored,
    Progress,
    anchor,
    common_counts,
    variable_positions,
)
from genesis.ancestrality.assemble import assemble_conditioning, assemble_order, assemble_relations
from genesis.ancestrality.direct import DirectClaims, direct_claims
from genesis.ancestrality.inputs import Inputs
from genesis.ancestrality.pair_evidence import TILE_GENES, CorrelationEvidence, PairData
from genesis.anchors.blankets import NearestAncestors
from genesis.anchors.prescreen import SCREEN_AT_LEAST
from genesis.anchors.table import anchor_table
from genesis.engine.clock import Clock
from genesis.engine.runner import Runner
from genesis.io.exclusions import combine
from genesis.result import Result

__all__ = ["analyse_by_rules"]


def analyse_by_rules(
    inputs: Inputs, options: dict[str, Any], progress: Progress, clock: Clock
) -> Result:
    """Fill the ancestrality matrix by the rules.

    Parameters
    ----------
    inputs : Inputs
    options : dict
        Arguments of `genesis.discover`.
    progress : callable
    clock : Clock
    """
    profile = rules.PROFILES[options["profile"]]
    anchored = anchor(
        inputs, options, sort=profile.by_evidence, at_least=SCREEN_AT_LEAST, progress=progress
    )
    n_variants = len(anchored.variant)
    clock.lap("anchors")
    evidence = CorrelationEvidence(
        PairData(anchored.rows, n_variants, inputs.n_effective, TILE_GENES),
        NearestAncestors.from_lists(anchored.pools),
        given=inputs.given_anchors is not None,
        alpha_blanket=options["alpha_blanket"],
        strongest_first=profile.strongest_first,
        runner=Runner(options["threads"]),
    )
    outcome = rules.search(
        evidence,
        profile,
        alpha=options["alpha"],
        max_sweeps=options["max_sweeps"],
        progress=progress,
    )
    clock.lap("search")
    direct = direct_claims(
        anchored.rows,
        n_variants,
        outcome.codes,
        outcome.nearest[0],
        n_effective=inputs.n_effective,
        alpha=options["alpha"],
        threads=options["threads"],
    )
    clock.lap("direct")
    result = _assemble(inputs, anchored, outcome, direct)
    clock.lap("tables")
    result.run["counts"] = _counts(inputs, anchored, outcome, result)
    return result


def _assemble(
    inputs: Inputs, anchored: Anchored, outcome: rules.SearchOutcome, direct: DirectClaims
) -> Result:
    """Tables in the caller's order of genes; variables are the variants used, then all genes."""
    used, variable_of = variable_positions(anchored)
    variant_ids = inputs.variants["variant_id"].to_numpy(dtype=object)[used]
    return Result(
        genes=inputs.genes,
        anchors=anchor_table(
            inputs.genes,
            inputs.variants,
            anchored.gene,
            anchored.variant,
            anchored.rows,
            anchored.deviations,
            outcome.nearest[0],
            outcome.nearest[-1],
            inputs.n_effective,
        ),
        excluded=combine([*inputs.excluded, *anchored.excluded]),
        pairs=assemble_relations(outcome, direct, anchored.gene, variable_of),
        variables=pd.Index([*variant_ids, *inputs.genes["gene_id"]], dtype=object),
        conditioning=assemble_conditioning(outcome, anchored.gene, variable_of),
        ordered_since=assemble_order(outcome, len(anchored.variant), anchored.gene),
        run={},
    )


def _counts(
    inputs: Inputs, anchored: Anchored, outcome: rules.SearchOutcome, result: Result
) -> dict[str, int]:
    return {
        **common_counts(inputs, anchored),
        "genes_without_anchor": int(np.count_nonzero(np.diff(outcome.nearest[0].start) == 0)),
        "sweeps": len(outcome.nearest) - 1,
        **result.counts,
        "untestable_too_few_samples": int(np.count_nonzero(outcome.reason == 1)),
        "untestable_collinear": int(np.count_nonzero(outcome.reason == 2)),
    }
