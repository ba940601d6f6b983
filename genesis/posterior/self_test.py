"""The self-test: what half of the samples say, held against the other half."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
from genesis.replication.halves import related_samples, split_samples
from genesis.replication.statistic import AnchoredClaims

__all__ = ["SelfTest", "suffices", "test_itself"]

#: With fewer degrees of freedom, or fewer genes, halves say too little.
FEWEST_SAMPLES, FEWEST_GENES = 60, 10
#: Chains of each model on the first half.
CHAINS = 2
#: One model predicts better than the other where it does so by so many standard errors.
CLEARLY = 2.0
#: Claims are tested from this posterior on.
LEAST_TESTED = 0.1
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


def suffices(inputs: Inputs) -> bool:
    """Whether there are samples and genes enough for a self-test."""
    return inputs.n_effective >= FEWEST_SAMPLES and len(inputs.genes) >= FEWEST_GENES


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
    first, second = split_samples(len(inputs.dosages), seed, related, names)
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
    return HalfFit(combine_chains(chains, [], start), predictive)


def compare_models(without: HalfFit, within: HalfFit) -> tuple[bool | None, float, float]:
    """Whether hidden factors predict the other half better, by how much, and its error.

    Returns
    -------
    needs_factors : bool or None
        None where neither model is clearly ahead.
    gain, error : float
        In nats over all of the second half, and its standard error.
    """
    difference = within.unseen_density - without.unseen_density
    gain = float(difference.sum())
    error = float(np.sqrt(len(difference)) * difference.std())
    return (None if abs(gain) < CLEARLY * error else gain > 0), gain, error


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


def split_and_fit(
    inputs: Inputs, options: CalibratedOptions, number: int, runner: Runner, progress: Progress
) -> tuple[Split, list[str]]:
    """Split the samples and sample graphs from the first half.

    Parameters
    ----------
    inputs : Inputs
    options : CalibratedOptions
    number : int
        Number of the split, which its random numbers depend on.
    runner : Runner
    progress : callable
    """
    first, second, notes = halves_of(inputs, options.seed + number, runner.threads)
    cis = not options.all_snps
    most_own, _, _ = room_for(len(inputs.genes), cis=cis)
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
    models = [start.factors]
    if options.hidden_factors == "auto" and len(start.factors):
        models.insert(0, start.factors[:0])
    fits = {
        len(factors) > 0: fit_half(
            start, factors, [seeds.pop() for _ in range(CHAINS)], runner, progress
        )
        for factors in models
    }
    return Split(screened, first.n_effective - 1, second, fits), notes


def anchored_claims(split: Split, fit: HalfFit) -> tuple[AnchoredClaims, np.ndarray]:
    """Claims of the first half whose ancestor has an anchor, and what they rest on."""
    posterior, screened = fit.posterior, split.screened
    n_variants = len(screened.variant)
    lead, _ = strongest_anchors(posterior)
    cause, target = np.nonzero(posterior.ancestor >= LEAST_TESTED)
    has = lead[cause] >= 0
    cause, target = cause[has], target[has]
    anchor = lead[cause]
    rests_on = what_claims_rest_on(
        posterior, screened.rows, n_variants, split.degrees, cause, target
    )
    probability = posterior.ancestor[cause, target].astype(np.float64)
    strength = np.einsum(
        "ij,ij->i", screened.rows[np.maximum(lead, 0)], screened.rows[n_variants:]
    )
    claims = AnchoredClaims(
        cause=cause,
        target=target,
        anchor=anchor,
        strength=strength[cause],
        effect=posterior.effect[cause, target] / probability,
        posterior=probability,
        locus=np.zeros(len(cause), dtype=np.int64),
    )
    return claims, rests_on
