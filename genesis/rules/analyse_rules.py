"""Method `rules` on collected inputs: search, direct test, tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.anchors.blankets import NearestAncestors
from genesis.anchors.prescreen import SCREEN_AT_LEAST
from genesis.anchors.table import anchor_table
from genesis.engine.clock import Clock
from genesis.engine.memory import PairWork, human_size, plan_tiles
from genesis.engine.progress import Progress
from genesis.engine.resources import Resources
from genesis.findings.findings import LISTED_GENES, Findings
from genesis.inputs.collect import Inputs
from genesis.inputs.screen import (
    Screened,
    common_counts,
    fingerprint,
    screen_variants,
    variable_positions,
)
from genesis.io.exclusions import combine
from genesis.io.ids import counted
from genesis.options import RulesOptions, checkpointed
from genesis.rules import search as rules
from genesis.rules.assemble import (
    assemble_conditioning,
    assemble_order,
    assemble_relations,
    mark_unlisted,
)
from genesis.rules.direct import DirectClaims, direct_claims
from genesis.rules.pair_evidence import CorrelationEvidence, PairData
from genesis.rules.search_time import say_search_time

__all__ = ["analyse_by_rules"]


def analyse_by_rules(
    inputs: Inputs,
    options: RulesOptions,
    progress: Progress,
    clock: Clock,
    resources: Resources,
) -> Findings:
    """Fill the ancestrality matrix by the rules.

    Parameters
    ----------
    inputs : Inputs
    options : RulesOptions
    progress : callable
    clock : Clock
    resources : Resources
    """
    profile = rules.PROFILES[options.profile]
    screened = screen_variants(
        inputs,
        options,
        sort=profile.by_evidence,
        at_least=SCREEN_AT_LEAST,
        threads=resources.threads,
        progress=progress,
    )
    n_variants = len(screened.variant)
    clock.lap("anchors")
    pools = NearestAncestors.from_lists(screened.pools)
    data = PairData(
        screened.rows,
        n_variants,
        inputs.n_effective,
        _plan(inputs, screened, resources),
    )
    evidence = CorrelationEvidence(
        data,
        pools,
        given=inputs.given_anchors is not None,
        alpha_blanket=options.alpha_blanket,
        strongest_first=profile.strongest_first,
        runner=resources.runner(
            resources.threads,
            lambda: {
                **fingerprint(inputs, screened, options, checkpointed("rules")),
                "genes in a tile (max_memory)": data.tile_genes,
            },
        ),
    )
    outcome = rules.search(
        evidence,
        profile,
        alpha=options.alpha,
        max_sweeps=options.max_sweeps,
        progress=progress,
        keep_tests=len(screened.gene) <= LISTED_GENES,
        order=screened.order,
    )
    clock.lap("search")
    direct = direct_claims(
        screened.rows,
        n_variants,
        outcome.codes,
        outcome.nearest[0],
        n_effective=inputs.n_effective,
        alpha=options.alpha,
        threads=resources.threads,
    )
    clock.lap("direct")
    result = _assemble(inputs, options, screened, outcome, direct)
    clock.lap("tables")
    result.run["counts"] = _counts(inputs, screened, outcome, result)
    return result


def _plan(inputs: Inputs, screened: Screened, resources: Resources) -> int:
    """Genes on one side of a tile; says what memory the run will take."""
    work = PairWork(
        n_genes=len(screened.gene),
        n_variants=len(screened.variant),
        n_samples=screened.rows.shape[1],
        input_bytes=inputs.nbytes,
        threads=resources.threads,
        listed_genes=LISTED_GENES,
    )
    tile_genes, peak = plan_tiles(work, resources.max_memory)
    n_pairs = work.n_genes * (work.n_genes - 1) // 2
    time = ""
    if resources.client is None:
        time = say_search_time(work.n_genes, work.n_samples, work.threads)
        time = f"; time: {time} on {counted(work.threads, 'thread')}"
    resources.say(
        f"{counted(n_pairs, 'pair', ',')} of genes in tiles of {tile_genes} × {tile_genes}; "
        f"memory: about {human_size(peak)}, more where most pairs are dependent{time}."
    )
    return tile_genes


def _assemble(
    inputs: Inputs,
    options: RulesOptions,
    screened: Screened,
    outcome: rules.SearchOutcome,
    direct: DirectClaims,
) -> Findings:
    """Tables in the caller's order of genes; variables are the variants used, then all genes."""
    used, variable_of = variable_positions(screened)
    variant_ids = inputs.variants["variant_id"].iloc[used].to_numpy(dtype=object)
    return Findings(
        genes=inputs.genes,
        anchors=anchor_table(
            inputs.genes,
            inputs.variants,
            screened.gene,
            screened.variant,
            screened.rows,
            screened.deviations,
            outcome.nearest[0],
            outcome.nearest[-1],
            inputs.n_effective,
        ),
        excluded=combine([*inputs.excluded, *screened.excluded]),
        pairs=assemble_relations(outcome, direct, screened.gene, variable_of),
        variables=pd.Index([*variant_ids, *inputs.genes["gene_id"]], dtype=object),
        conditioning=assemble_conditioning(outcome, screened.gene, variable_of),
        ordered_since=assemble_order(outcome, len(screened.variant), screened.gene),
        run=inputs.record(options.normalise),
        unlisted=mark_unlisted(outcome, screened.gene, len(inputs.genes)),
    )


def _counts(
    inputs: Inputs, screened: Screened, outcome: rules.SearchOutcome, result: Findings
) -> dict[str, int]:
    return {
        **common_counts(inputs, screened),
        "genes_without_anchor": int(np.count_nonzero(np.diff(outcome.nearest[0].start) == 0)),
        "sweeps": len(outcome.nearest) - 1,
        **result.counts,
        "untestable_too_few_samples": int(np.count_nonzero(outcome.reason == 1)),
        "untestable_collinear": int(np.count_nonzero(outcome.reason == 2)),
    }
