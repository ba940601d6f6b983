"""Graphs sampled from half of the samples, and what of them the other half can test."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.engine.overall_progress import Parts
from genesis.engine.progress import no_progress
from genesis.engine.runner import Runner
from genesis.inputs.collect import Inputs
from genesis.inputs.screen import Screened, screen_variants
from genesis.linear.unit_rows import rotated_rows, unit_rows
from genesis.options import CalibratedOptions
from genesis.posterior.chains.chain import LOOKS, predictive
from genesis.posterior.chains.chain_input import prepare_chains
from genesis.posterior.chains.chain_weights import ChainOutcome
from genesis.posterior.chains.posterior import Posterior, combine_chains
from genesis.posterior.chains.sampling import CHAINS_OF_A_HALF, begin_chains, cost_of
from genesis.posterior.chains.watch import FirstLooks
from genesis.posterior.claims.acting_on_traits import acting_on_traits
from genesis.posterior.claims.evidence import what_claims_rest_on
from genesis.posterior.claims.own_anchors import strongest_anchors
from genesis.posterior.claims.weighed_traits import weigh_traits
from genesis.posterior.model.backgrounds import backgrounds_elsewhere, find_backgrounds
from genesis.posterior.model.candidates import room_for
from genesis.prepare.genotype_table import spread_out
from genesis.prepare.relatedness import MOST_VARIANTS
from genesis.replication.anchored import GeneAnchors, anchored_claims
from genesis.replication.bins import EDGES
from genesis.replication.by_layers import ClaimedLayers
from genesis.replication.halves import Halver
from genesis.replication.statistic import AnchoredClaims

__all__ = ["HalfClaims", "begin_split", "halver_of"]

#: Beyond the numbers of the streams of a run.
_SPLITS, _OF_TRAITS = 1_000, 2_001


@dataclass(frozen=True, eq=False)
class HalfClaims:
    """Claims of the first half that the second can test.

    Attributes
    ----------
    claims : AnchoredClaims
    rests_on : (m,) int8
        Positions in `RESTS_ON`.
    not_tested : dict of str to int
        Other claims, by the reason why they are not tested.
    n_claimed : (n_bins,) int64
        Claims in each bin of posteriors, tested or not.
    gene : (n_genes,) int64
        Genes of the inputs that the rows of `genes` are.
    samples : (n_samples,) int64
        Rows of the inputs that the second half is.
    variants, genes : (k, n_samples) float64
        Unit rows of the second half.
    layers : (2, m) int64 or None
        Of cause and target; None where there is one layer.
    claimed : ClaimedLayers or None
        Claims by these, tested or not.
    """

    claims: AnchoredClaims
    rests_on: np.ndarray
    not_tested: dict[str, int]
    n_claimed: np.ndarray
    gene: np.ndarray
    samples: np.ndarray
    variants: np.ndarray
    genes: np.ndarray
    layers: np.ndarray | None = None
    claimed: ClaimedLayers | None = None


def halver_of(inputs: Inputs, threads: int) -> Halver:
    """Samples without names are told apart by their expression: their order is of no account."""
    names = inputs.samples
    if names is None:
        by_id = np.argsort(inputs.genes["gene_id"].to_numpy(dtype=object))
        rank = np.argsort(np.lexsort(inputs.expression[:, by_id[::-1]].T))
        names = [f"{one:09d}" for one in rank]
    # Those that kinship would use of all: it would turn them into one table first.
    columns = spread_out(np.arange(inputs.dosages.shape[1]), MOST_VARIANTS)
    return Halver.of(pd.DataFrame(inputs.dosages[:, columns]), names, threads=threads)


def begin_split(
    first: Inputs,
    second: Inputs,
    samples: np.ndarray,
    options: CalibratedOptions,
    number: int,
    models: tuple[bool, ...],
    which: Callable[[np.ndarray], bool | None],
    runner: Runner,
    parts: Parts,
    fits_left: int,
) -> tuple[Callable[[], dict[bool, HalfClaims]], np.ndarray | None]:
    """Begin to sample graphs from the first half, to see what they say of the second.

    Parameters
    ----------
    first, second : Inputs
    samples : (n_samples,) int64
        Rows of all samples that the second half is.
    options : CalibratedOptions
    number : int
        What the random numbers depend on, beside the seed.
    models : tuple of bool
        Whether to look without hidden factors, with them, or both.
    which : callable
        Whether hidden factors are needed, None where that is open, given by how much they predict
        each unseen coordinate better.
    runner : Runner
    parts : Parts
        Told how far it is.
    fits_left : int
        How many such fits come after this one.

    Returns
    -------
    collect : callable
        Waits for the chains and returns `HalfClaims` by whether there are hidden factors. Where
        both were asked for and nothing is there to start factors from, or they predict so much
        worse that their chain was given up, there are none with them.
    gain : (n_unseen,) float64 or None
        How much better hidden factors predict each coordinate of the second half, in log posterior
        predictive density (45); None where only one model was sampled.
    """
    most_own, _, _ = room_for(len(first.genes), cis=not options.all_snps)
    screened = screen_variants(
        first, options, sort=True, at_least=most_own, threads=runner.threads, progress=no_progress
    )
    variants, _ = unit_rows(second.dosages[:, screened.variant], second.basis)
    genes, _ = unit_rows(second.expression[:, screened.gene], second.basis)
    unseen = rotated_rows(np.concatenate([variants, genes]), second.basis)
    backgrounds, elsewhere = find_backgrounds(first, screened), None
    if backgrounds is not None:
        elsewhere = backgrounds_elsewhere(backgrounds, second, genes)
        unseen = unseen @ elsewhere.axes
    seeds = np.random.SeedSequence(options.seed, spawn_key=(_SPLITS, number)).spawn(
        2 * CHAINS_OF_A_HALF + 1
    )
    start = prepare_chains(
        screened,
        first.basis,
        options,
        rng=np.random.default_rng(seeds.pop()),
        unseen=unseen,
        with_variants=screened.has_traits,
        backgrounds=backgrounds,
        elsewhere=elsewhere,
    )
    models = tuple(one for one in models if not one or len(start.factors) or len(models) == 1)

    def factors_of(model: bool) -> np.ndarray:
        return start.factors if model else start.factors[:0]

    # As far as it is open, what comes later is taken to have the factors.
    after = fits_left * cost_of(start, factors_of(models[-1]), CHAINS_OF_A_HALF)

    def sample(model: bool, n: int, then: int = 0, **looks: FirstLooks) -> Generator[ChainOutcome]:
        """Begin so many chains, after which so many with factors are expected in this fit."""
        streams = [seeds.pop() for _ in range(n)]
        left = cost_of(start, start.factors, then) + after
        part = parts.part(cost_of(start, factors_of(model), n), left)
        return begin_chains(start, factors_of(model), streams, runner, part, **looks)

    gain = None
    chains: dict[bool, list[ChainOutcome]] = {}
    if len(models) == 1:
        under_way = {models[0]: sample(models[0], CHAINS_OF_A_HALF)}
    else:
        chains, gain = _compared(sample, at_once=runner.client is None)
        # Where one chain of each says which model it is, the other's second is of no account.
        needs_factors = which(gain)
        decided = models if needs_factors is None else (needs_factors,)
        under_way = {model: sample(model, CHAINS_OF_A_HALF - 1) for model in decided}
        if needs_factors is None:
            chains = {model: [*chains[model], *more] for model, more in under_way.items()}
            under_way = {}
            gain = predictive(_unseen(chains[True])) - predictive(_unseen(chains[False]))

    def collect() -> dict[bool, HalfClaims]:
        tested = {}
        for model in chains | under_way:
            found = [*chains.pop(model, []), *under_way.get(model, ())]
            if found[0].tally.n[0]:
                posterior = combine_chains(found, [], start.candidates, found[0].n_factors)
                of_traits = np.random.SeedSequence(options.seed, spawn_key=(_OF_TRAITS, number))
                posterior = weigh_traits(posterior, start, screened.order, of_traits)
                tested[model] = _test(
                    posterior, screened, first.n_effective - 1, second, samples, variants, genes
                )
        return tested

    return collect, gain


def _compared(
    sample: Callable[..., Generator[ChainOutcome]], *, at_once: bool
) -> tuple[dict[bool, list[ChainOutcome]], np.ndarray]:
    """One chain without hidden factors and one with them, and how much better these predict."""
    looks = FirstLooks()
    begun = [sample(False, 1, then=2, tells=looks)]
    if at_once:
        begun.append(sample(True, 1, then=1, to_beat=looks))
    without = list(begun[0])
    to_beat = without[0].tally.unseen_log_density[:LOOKS]
    # Where the chain is elsewhere, or was kept, it has told nobody.
    looks.tell(to_beat)
    within = list(begun[1] if at_once else sample(True, 1, then=1, to_beat=looks))
    # One that was given up is held against as many graphs of the other.
    was_given_up = within[0].tally.n[0] == 0
    beaten = to_beat if was_given_up else _unseen(without)
    return {False: without, True: within}, predictive(_unseen(within)) - predictive(beaten)


def _unseen(chains: list[ChainOutcome]) -> np.ndarray:
    """Log densities of the unseen coordinates in the graphs that chains kept, one row a graph."""
    return np.concatenate([one.tally.unseen_log_density for one in chains])


def _test(
    posterior: Posterior,
    screened: Screened,
    degrees: int,
    second: Inputs,
    samples: np.ndarray,
    variants: np.ndarray,
    genes: np.ndarray,
) -> HalfClaims:
    """Claims of the first half, of so many degrees of freedom, that the second can test."""
    pairs = posterior.pairs
    near = pairs.ancestor >= EDGES[0]
    if screened.order is not None:  # what it denies is claimed of no pair
        near &= screened.order.rank[pairs.cause] <= screened.order.rank[pairs.target]
    cause, target = pairs.cause[near].astype(np.int64), pairs.target[near].astype(np.int64)
    probability = pairs.ancestor[near].astype(np.float64)
    n_variants = len(screened.variant)
    rests_on = what_claims_rest_on(posterior, screened.rows, n_variants, degrees, cause, target)
    claims, kept, not_tested = anchored_claims(
        cause,
        target,
        pairs.effect[near] / probability,
        probability,
        _anchors(posterior, screened, degrees, second),
        variants,
        genes,
    )
    n_claimed, _ = np.histogram(probability, bins=np.array(EDGES))
    layers = claimed = None
    if second.layers is not None:
        layer = second.layers.of_gene[screened.gene]
        claimed = ClaimedLayers(second.layers.names)
        claimed.add(layer[cause], layer[target], probability)
        layers = np.stack([layer[claims.cause], layer[claims.target]])
    return HalfClaims(
        claims, rests_on[kept], not_tested, n_claimed, screened.gene, samples, variants, genes,
        layers, claimed,
    )  # fmt: skip


def _anchors(posterior: Posterior, screened: Screened, degrees: int, second: Inputs) -> GeneAnchors:
    """The own variant that likeliest acts on each gene."""
    lead, _ = strongest_anchors(posterior)
    # Of an anchor that stands for its gene the effect is not by way of the gene's expression.
    lead[posterior.candidates.has_positional_anchor] = -1
    n_variants = len(screened.variant)
    strength = np.einsum("ij,ij->i", screened.rows[np.maximum(lead, 0)], screened.rows[n_variants:])
    contigs, _ = pd.factorize(
        pd.concat(
            [
                second.genes["chrom"].iloc[screened.gene].astype("string"),
                second.variants["chrom"].iloc[screened.variant].astype("string"),
            ]
        )
    )
    return GeneAnchors(
        variant=lead,
        strength=strength,
        degrees=degrees - 1,
        contig=contigs[: len(lead)],
        anchor_contig=np.append(contigs[len(lead) :], -1)[lead],
        acting=acting_on_traits(posterior, screened.order),
    )
