"""Method `calibrated` on collected inputs: posteriors, claims, tables."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from genesis.anchors.blankets import NearestAncestors
from genesis.anchors.table import anchor_table
from genesis.engine.checkpoint import digest
from genesis.engine.clock import Clock
from genesis.engine.memory import human_size
from genesis.engine.progress import Progress, one_at_a_time
from genesis.engine.resources import Resources
from genesis.engine.runner import Runner
from genesis.engine.threads import Crew
from genesis.findings.findings import Findings
from genesis.findings.sparse_columns import Sparse
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
from genesis.options import CalibratedOptions, checkpointed
from genesis.posterior.calibrated import calibrated
from genesis.posterior.chain_forecast import say_time
from genesis.posterior.chains.chain_input import prepare_chains
from genesis.posterior.chains.chain_memory import ChainWork, plan_chains
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.chains.sampling import begin_posterior, lists_what_is_not_counted
from genesis.posterior.claims.claim_rows import assemble_relations, mark_unlisted
from genesis.posterior.claims.claims import Claims, make_claims
from genesis.posterior.claims.evidence import what_pairs_rest_on
from genesis.posterior.claims.kept_graphs import kept_graphs, path_targets
from genesis.posterior.claims.known_order import (
    known_nondescendants,
    look_denied,
    without_impossible,
)
from genesis.posterior.claims.own_anchors import LISTED, NEAREST
from genesis.posterior.claims.weighed_traits import weigh_traits
from genesis.posterior.model.backgrounds import (
    Backgrounds,
    describe_backgrounds,
    dosages_of_relationship,
    find_backgrounds,
)
from genesis.posterior.model.candidates import room_for
from genesis.posterior.model.state import OWN
from genesis.posterior.self_test import SelfTest, begin_self_test, number_of_splits

__all__ = ["analyse_calibrated"]

#: Number of the stream of random numbers by which edges of traits are drawn, beyond all others.
_OF_TRAITS = 2_000


def analyse_calibrated(
    inputs: Inputs,
    options: CalibratedOptions,
    progress: Progress,
    clock: Clock,
    resources: Resources,
) -> Findings:
    """Sample graphs and claim what they agree on.

    Parameters
    ----------
    inputs : Inputs
    options : CalibratedOptions
    progress : callable
    clock : Clock
    resources : Resources
    """
    # Before anything that takes long.
    targets = path_targets(inputs.genes, options.paths_to)
    at_once = _plan(inputs, options, resources, len(targets) > 0)
    most_own, _, _ = room_for(len(inputs.genes), cis=not options.all_snps)
    screened = screen_variants(
        inputs, options, sort=True, at_least=most_own, threads=resources.threads, progress=progress
    )
    clock.lap("anchors")
    backgrounds = find_backgrounds(inputs, screened)
    describe_backgrounds(backgrounds, inputs, screened)
    with Crew(at_once) as crew:
        runner = resources.runner(at_once, lambda: _depends_on(inputs, screened, options), crew)
        posterior, self_test = _sample(
            inputs, options, screened, backgrounds, runner, progress, clock,
            with_variants=len(targets) > 0,
        )  # fmt: skip
    clock.lap("sampling")
    rests_on = what_pairs_rest_on(
        posterior, screened.rows, len(screened.variant), inputs.n_effective - 1
    )
    is_cis = not options.all_snps or inputs.given_anchors is not None
    tested = None
    if self_test is not None:
        tested = calibrated(posterior, self_test, rests_on, is_cis=is_cis)
    posterior = posterior if tested is None else tested.posterior
    unsupported, known = None if tested is None else tested.unsupported, None
    n_hidden = posterior.summary.get("hidden_causes_of_traits", {}).get("pairs", 0)
    if n_hidden:
        inputs.notes.append(
            f"{counted(n_hidden, 'pair')} of a trait and a molecule, or of traits, go together as "
            "by a hidden cause of both rather than by an effect, and no effect is claimed"
        )
    if screened.order is not None:
        known = known_nondescendants(posterior.pairs, screened.order)
        n_denied = look_denied(posterior.pairs, screened.order)
        if n_denied:
            inputs.notes.append(
                f"{counted(n_denied, 'pair')} of a trait and a molecule look as if the trait acted "
                "on the molecule, which is not claimed: see --trait-feedback (trait_feedback=True)"
            )
    claims = make_claims(
        posterior.pairs, options.fdr, options.min_posterior, unsupported=unsupported, known=known
    )
    clock.lap("claims")
    findings = _assemble(inputs, options, screened, posterior, claims, rests_on)
    if backgrounds is not None:
        names = inputs.genes["gene_id"].to_numpy(dtype=object)[screened.gene]
        findings.run["layers"]["heritability"] = {
            str(names[gene]): round(one.share, 3)
            for gene, one in zip(backgrounds.gene, backgrounds.found, strict=True)
        }
    graphs = kept_graphs(posterior.graphs, inputs, screened, targets)
    findings = replace(findings, graphs=graphs)
    if tested is not None:
        findings.run["self_test"] = tested.record
    return findings


def _sample(
    inputs: Inputs,
    options: CalibratedOptions,
    screened: Screened,
    backgrounds: Backgrounds | None,
    runner: Runner,
    progress: Progress,
    clock: Clock,
    *,
    with_variants: bool,
) -> tuple[Posterior, SelfTest | None]:
    """Graphs of all samples, and what halves of them said.

    Chains of all samples begin once it is known which model they are of, beside what is left of the
    self-test: no thread waits for the last chain of a half.
    """
    progress = one_at_a_time(progress)
    needs_factors, collect = begin_self_test(inputs, options, runner, progress)
    clock.lap("self-test")
    start = prepare_chains(
        screened,
        inputs.basis,
        options,
        rng=np.random.default_rng(options.seed),
        every_pair=lists_what_is_not_counted(options.keep_posterior),
        with_variants=with_variants,
        backgrounds=backgrounds,
    )
    if options.hidden_factors != "auto":
        needs_factors = len(start.factors) > 0
    finish = begin_posterior(
        start, needs_factors=needs_factors, seed=options.seed, runner=runner, progress=progress
    )
    self_test = collect()
    posterior = finish()
    if screened.order is not None:
        pairs = without_impossible(posterior.pairs, screened.order)
        posterior = replace(posterior, pairs=pairs)
    of_traits = np.random.SeedSequence(options.seed, spawn_key=(_OF_TRAITS,))
    return weigh_traits(posterior, start, screened.order, of_traits), self_test


def _depends_on(inputs: Inputs, screened: Screened, options: CalibratedOptions) -> dict[str, Any]:
    """What the chains depend on, for their checkpoint."""
    names = ("all_snps", "seed", *checkpointed("calibrated"))
    found = fingerprint(inputs, screened, options, names)
    if screened.has_traits:
        found["relationship (SHA-256)"] = digest(dosages_of_relationship(inputs))
    return found


def _plan(
    inputs: Inputs, options: CalibratedOptions, resources: Resources, with_variants: bool
) -> int:
    """Threads for the chains; says what memory the run will take."""
    n_samples, n_genes = inputs.expression.shape
    on_cluster = resources.client is not None
    work = ChainWork.of_run(
        n_genes, len(inputs.variants), n_samples, inputs.nbytes, options, resources.threads,
        on_cluster, with_variants=with_variants,
    )  # fmt: skip
    at_once, peak = plan_chains(work, resources.max_memory)
    rank = inputs.basis.shape[1] - 1
    n_splits = number_of_splits(options.self_test, n_genes, n_samples, rank)
    said = f"{_where(work, at_once)}; memory: up to about {human_size(peak)}"
    if not work.on_cluster:
        work = replace(work, threads=at_once)
        said += f"; time: {say_time(work, n_splits)} on {counted(resources.threads, 'thread')}"
    resources.say(f"{said}.")
    return min(max(at_once, 1), resources.threads)


def _where(work: ChainWork, at_once: int) -> str:
    """How many chains are under way at once, and where."""
    if work.on_cluster:
        return f"Chains on the cluster, about {human_size(work.chain())} each"
    return f"{counted(at_once, 'chain')} at once"


def _assemble(
    inputs: Inputs,
    options: CalibratedOptions,
    screened: Screened,
    posterior: Posterior,
    claims: Claims,
    rests_on: Sparse,
) -> Findings:
    """Tables in the caller's order of genes; variables are the variants used, then all genes."""
    used, variable_of = variable_positions(screened)
    variant_ids = inputs.variants["variant_id"].iloc[used].to_numpy(dtype=object)
    pairs = assemble_relations(
        claims, posterior, screened.rows[len(screened.variant) :], options.keep_posterior,
        screened.gene, variable_of, rests_on,
    )  # fmt: skip
    anchors, nearest, acts = _anchors(posterior)
    result = Findings(
        genes=inputs.genes,
        anchors=anchor_table(
            inputs.genes,
            inputs.variants,
            screened.gene,
            screened.variant,
            screened.rows,
            screened.deviations,
            anchors,
            nearest,
            inputs.n_effective,
            acts,
        ),
        excluded=combine([*inputs.excluded, *screened.excluded]),
        pairs=pairs,
        variables=pd.Index([*variant_ids, *inputs.genes["gene_id"]], dtype=object),
        conditioning=pd.DataFrame(
            {"sweep": _empty(np.int16), "gene": _empty(np.int32), "member": _empty(np.int32)}
        ),
        ordered_since=pd.DataFrame(
            {"before": _empty(np.int32), "after": _empty(np.int32), "sweep": _empty(np.int16)}
        ),
        run=inputs.record(options.normalise),
        unlisted=mark_unlisted(
            claims, posterior.pairs, options.keep_posterior, screened.gene, len(inputs.genes)
        ),
    )
    result.run["counts"] = {
        **common_counts(inputs, screened),
        "genes_without_anchor": int(np.count_nonzero(np.diff(nearest.start) == 0)),
        **result.counts,
    }
    result.run["calibrated"] = {
        **posterior.summary,
        "most_differing_pairs": _named(
            posterior.summary["most_differing_pairs"], result.gene_ids, screened.gene
        ),
        "least_posterior": _plain(claims.least),
        "expected_fdr": _plain(claims.expected_fdr),
    }
    return result


def _named(
    pairs: list[tuple[int, int, float]] | None, gene_ids: pd.Index, gene_of: np.ndarray
) -> list[dict[str, str | float]] | None:
    """Pairs on which chains differ, by the names of their genes."""
    if pairs is None:
        return None
    return [
        {
            "gene_a": str(gene_ids[gene_of[a]]),
            "gene_b": str(gene_ids[gene_of[b]]),
            "deviation": deviation,
        }
        for a, b, deviation in pairs
    ]


def _empty(dtype: type[np.signedinteger]) -> np.ndarray:
    return np.empty(0, dtype=dtype)


def _plain(numbers: dict[str, float]) -> dict[str, float | None]:
    return {name: None if np.isnan(x) else round(x, 6) for name, x in numbers.items()}


def _anchors(posterior: Posterior) -> tuple[NearestAncestors, NearestAncestors, np.ndarray]:
    """Own variants that are listed, those that count, and the posteriors of the former."""
    listed, nearest, acts = [], [], []
    for gene, variable in enumerate(posterior.candidates.variable):
        own = posterior.candidates.kind[gene] == OWN
        order = np.argsort(variable[own], kind="stable")
        variants, shares = variable[own][order], posterior.acts[gene][own][order]
        listed.append(variants[shares >= LISTED])
        nearest.append(variants[shares >= NEAREST])
        acts.append(shares[shares >= LISTED])
    every = np.concatenate([np.empty(0, dtype=np.float32), *acts]).astype(np.float64)
    return NearestAncestors.from_lists(listed), NearestAncestors.from_lists(nearest), every
