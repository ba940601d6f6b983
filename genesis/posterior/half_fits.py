"""Graphs sampled from half of the samples, and what of them the other half can test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.engine.progress import Progress
from genesis.engine.runner import Runner
from genesis.inputs.collect import Inputs
from genesis.inputs.screen import Screened, screen_variants
from genesis.linear.unit_rows import unit_rows
from genesis.options import CalibratedOptions
from genesis.posterior.chains.chain_input import ChainInput, prepare_chains, rotated_rows
from genesis.posterior.chains.posterior import Posterior, combine_chains, run_chains
from genesis.posterior.claims.claims import strongest_anchors
from genesis.posterior.claims.evidence import what_claims_rest_on
from genesis.posterior.model.candidates import room_for
from genesis.replication.anchored import GeneAnchors, anchored_claims
from genesis.replication.bins import EDGES
from genesis.replication.halves import related_samples, split_samples
from genesis.replication.statistic import AnchoredClaims

__all__ = ["HalfFit", "Split", "fit_split", "halves_of", "tested"]

#: Chains of each model on the first half.
CHAINS = 2
#: Beyond the numbers of the streams of a run.
_SPLITS = 1_000


@dataclass(frozen=True, eq=False)
class HalfFit:
    """Graphs sampled from the first half of the samples by one model.

    Attributes
    ----------
    posterior : Posterior
    unseen_density : (n_unseen,) float64
        Log posterior predictive density of each coordinate of the second half.
    """

    posterior: Posterior
    unseen_density: np.ndarray


def halves_of(inputs: Inputs, seed: int, threads: int) -> tuple[Inputs, Inputs, list[str]]:
    """Two halves of the samples, relatives in one of them, and what is to be said of it.

    Samples without names are told apart by their expression, so that their order is of no account.
    """
    related, notes = related_samples(pd.DataFrame(inputs.dosages), threads=threads)
    names = inputs.samples
    if names is None:
        by_id = np.argsort(inputs.genes["gene_id"].to_numpy(dtype=object))
        rank = np.argsort(np.lexsort(inputs.expression[:, by_id[::-1]].T))
        names = [f"{one:09d}" for one in rank]
    n = len(inputs.dosages)
    first, second = split_samples(n, seed, related, names)
    if min(len(first), len(second)) < n / 3:
        notes = ["Most samples are related with each other, as in a cross: split one by one."]
        first, second = split_samples(n, seed, None, names)
    return inputs.of_samples(first), inputs.of_samples(second), notes


def unseen_rows(screened: Screened, other: Inputs) -> np.ndarray:
    """Unit rows, in independent coordinates, of the variables of a screen in other samples."""
    variants, _ = unit_rows(other.dosages[:, screened.variant], other.basis)
    genes, _ = unit_rows(other.expression[:, screened.gene], other.basis)
    return rotated_rows(np.concatenate([variants, genes]), other.basis)


def fit_half(
    start: ChainInput,
    factors: np.ndarray,
    streams: list[np.random.SeedSequence],
    runner: Runner,
    progress: Callable[[str, int, int], None],
) -> HalfFit:
    """Sample graphs by one model, and how well they predict the other half."""
    chains = list(run_chains(start, factors, streams, runner, progress))
    density = np.concatenate([one.tally.unseen_log_density for one in chains])
    predictive = np.logaddexp.reduce(density, axis=0) - np.log(len(density))
    return HalfFit(combine_chains(chains, [], start.candidates, len(start.factors)), predictive)


@dataclass(frozen=True, eq=False)
class Split:
    """One split of the samples: what the first half said.

    Attributes
    ----------
    screened : Screened
        Variables of the first half.
    degrees : int
        Degrees of freedom of the first half.
    other : Inputs
        The second half.
    fits : dict of bool to HalfFit
        Without and with hidden factors, as far as these were in question.
    """

    screened: Screened
    degrees: int
    other: Inputs
    fits: dict[bool, HalfFit]


def fit_split(
    first: Inputs,
    second: Inputs,
    options: CalibratedOptions,
    number: int,
    models: tuple[bool, ...],
    runner: Runner,
    progress: Progress,
) -> Split:
    """Sample graphs from the first half, and see how well they predict the second.

    Parameters
    ----------
    first, second : Inputs
    options : CalibratedOptions
    number : int
        What the random numbers depend on, beside the seed.
    models : tuple of bool
        Whether to look without hidden factors, with them, or both.
    runner : Runner
    progress : callable
    """
    cis = not options.all_snps
    most_own, _, _ = room_for(len(first.genes), cis=cis)
    screened = screen_variants(
        first, options, sort=True, at_least=most_own, threads=runner.threads, progress=progress
    )
    seeds = np.random.SeedSequence(options.seed, spawn_key=(_SPLITS, number)).spawn(2 * CHAINS + 1)
    start = prepare_chains(
        screened.rows,
        len(screened.variant),
        screened.pools,
        screened.n_considered,
        first.basis,
        hidden_factors=options.hidden_factors,
        anchor_kind=options.anchor_kind,
        anchors_of_others=cis,
        rng=np.random.default_rng(seeds.pop()),
        unseen=unseen_rows(screened, second),
    )
    starts = {len(factors) > 0: factors for factors in (start.factors[:0], start.factors)}
    fits = {
        # Where there is nothing to start factors from, there are none.
        bool(model): fit_half(
            start, starts.get(model, start.factors), [seeds.pop() for _ in range(CHAINS)],
            runner, progress,
        )
        for model in models
        if model in starts or len(models) == 1
    }  # fmt: skip
    return Split(screened, first.n_effective - 1, second, fits)


def tested(
    split: Split, fit: HalfFit
) -> tuple[AnchoredClaims, np.ndarray, dict[str, int], np.ndarray, np.ndarray]:
    """Claims of the first half that the second can test, and unit rows of the second.

    Returns
    -------
    claims : AnchoredClaims
    rests_on : (m,) int8
        Positions in `RESTS_ON`.
    not_tested : dict of str to int
    variants, genes : (k, n_samples) float64
    """
    posterior, screened, other = fit.posterior, split.screened, split.other
    n_variants = len(screened.variant)
    cause, target = np.nonzero(posterior.ancestor >= EDGES[0])
    probability = posterior.ancestor[cause, target].astype(np.float64)
    rests_on = what_claims_rest_on(
        posterior, screened.rows, n_variants, split.degrees, cause, target
    )
    lead, _ = strongest_anchors(posterior)
    # Of an anchor that stands for its gene the effect is not by way of the gene's expression.
    lead[posterior.candidates.has_positional_anchor] = -1
    strength = np.einsum("ij,ij->i", screened.rows[np.maximum(lead, 0)], screened.rows[n_variants:])
    contigs, _ = pd.factorize(
        pd.concat(
            [
                other.genes["chrom"].iloc[screened.gene].astype("string"),
                other.variants["chrom"].iloc[screened.variant].astype("string"),
            ]
        )
    )
    anchors = GeneAnchors(
        variant=lead,
        strength=strength,
        degrees=split.degrees - 1,
        contig=contigs[: len(lead)],
        anchor_contig=np.append(contigs[len(lead) :], -1)[lead],
    )
    variants, _ = unit_rows(other.dosages[:, screened.variant], other.basis)
    genes, _ = unit_rows(other.expression[:, screened.gene], other.basis)
    claims, kept, not_tested = anchored_claims(
        cause, target, posterior.effect[cause, target] / probability, probability, anchors,
        variants, genes,
    )  # fmt: skip
    return claims, rests_on[kept], not_tested, variants, genes
