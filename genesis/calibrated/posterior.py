"""Posteriors of ancestral relations: chains with and without hidden factors, weighed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np

from genesis.calibrated.candidates import Candidates, choose_candidates
from genesis.calibrated.chain import (
    Watch,
    predictive_density,
    sample_chain,
    sweeps_in_all,
)
from genesis.calibrated.chance_kernels import STEPS
from genesis.calibrated.effects import total_effects
from genesis.calibrated.hidden_factors import (
    count_components,
    starting_factors,
    strongest,
    without_leads,
    without_rows,
)
from genesis.calibrated.state import FACTOR, GENE, OTHER, OWN, POSITIONAL, Tally
from genesis.engine.runner import Runner

__all__ = ["Posterior", "number_of_chains", "sample_posterior"]

#: Genes up to which the posterior comes from so many chains, and the chains of more genes. Half
#: of them decide between hidden factors and none, and as many again.
CHAINS, FEWEST_CHAINS = ((64, 16), (512, 8)), 4
#: Expected log predictive densities that differ by less than so many standard errors, or nats,
#: are as good as each other.
WITHIN_ERRORS, WITHIN_NATS = 2.0, 4.0
#: Weight of the chain that predicts best. Weights are whole numbers, so that sums are exact.
FULL_WEIGHT = 255
#: Chains of fewer equals than these say nothing about how well they agree.
_FEWEST_TO_COMPARE = 1.5

_KINDS = {
    OWN: "own variant",
    GENE: "gene",
    OTHER: "anchor of another gene",
    POSITIONAL: "anchor for its gene",
    FACTOR: "hidden factor",
}


@dataclass(frozen=True, eq=False)
class Posterior:
    """What the chains say, in the order of genes that the search uses.

    Attributes
    ----------
    ancestor : (n_genes, n_genes) float32
        Row a, column b: posterior of a ≺ b.
    confounded : (n_genes, n_genes) float32
        The part of it in which a and b share a hidden factor.
    direct : (n_genes, n_genes) float32
        Posterior of an edge a → b.
    effect : (n_genes, n_genes) float32
        Mean total effect of a on b; see `total_effects`.
    candidates : Candidates
    acts : list of (c,) float32
        Posterior that each candidate acts on each gene.
    summary : dict
        Chains, learned weights and convergence, as kept in the record of the run.
    """

    ancestor: np.ndarray
    confounded: np.ndarray
    direct: np.ndarray
    effect: np.ndarray
    candidates: Candidates
    acts: list[np.ndarray]
    summary: dict[str, Any]


class ChainOutcome(NamedTuple):
    """A finished chain: its hidden factors, counts, predictive density, and what it weighs."""

    n_factors: int
    tally: Tally
    predictive: np.ndarray
    weight: int = 0


def sample_posterior(
    rows: np.ndarray,
    n_variants: int,
    pools: list[np.ndarray],
    n_considered: int,
    basis: np.ndarray,
    *,
    hidden_factors: str | int,
    anchor_kind: str,
    anchors_of_others: bool,
    seed: int,
    runner: Runner,
    progress: Callable[[str, int, int], None],
) -> Posterior:
    """Sample graphs of all genes from their joint posterior.

    Parameters
    ----------
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first, orthogonal to `basis`.
    n_variants : int
        Number of variants among the rows.
    pools : list of (k,) int64
        Rows of the variants that may act on each gene directly.
    n_considered : int
        Variants that were considered for all these pools together.
    basis : (n_samples, q + 1) float64
        Orthonormal basis of covariates and intercept.
    hidden_factors : int or {"auto", "none"}
        Their number; "auto" lets the predictive density choose between none and as many as
        parallel analysis finds (those that nothing loads on fall silent).
    anchor_kind : {"effect", "positional", "both"}
    anchors_of_others : bool
        Whether a variant of one gene may act on another beside it.
    seed : int
    runner : Runner
        Does the chains, on whose place and number at a time the outcome does not depend.
    progress : callable
        Called with a stage, sweeps done and sweeps in all.

    Returns
    -------
    Posterior
    """
    # Coordinates in which samples are independent: as many as there are degrees of freedom.
    rotation = np.linalg.qr(basis, mode="complete")[0][:, basis.shape[1] :]
    turned = rows @ rotation
    n_chains = number_of_chains(len(pools))
    streams = np.random.SeedSequence(seed).spawn(2 * n_chains + 1)
    leads = _leads(turned, n_variants, pools)
    variants, plain = turned[:n_variants], turned[n_variants:]
    plain = without_leads(plain, variants, leads)
    if anchor_kind != "effect":
        # What an anchor does to many genes, for the gene that it stands for, is no hidden factor.
        anchors = variants[np.unique(leads[leads >= 0])]
        plain = without_leads(plain, anchors, strongest(plain, anchors))
    n_factors = _number_of_factors(hidden_factors, plain, np.random.default_rng(streams.pop()))
    factors = starting_factors(plain, n_factors)
    candidates = choose_candidates(
        turned,
        n_variants,
        pools,
        n_considered,
        without_rows(plain, factors),
        anchor_kind,
        anchors_of_others,
    )
    del plain
    turned *= np.sqrt(turned.shape[1])

    def run(start: np.ndarray, n: int) -> list[ChainOutcome]:
        mine = [streams.pop() for _ in range(n)]
        return _run_chains(turned, n_variants, candidates, start, mine, runner, progress)

    none = factors[:0]
    if hidden_factors != "auto" or n_factors == 0:
        return _combine(run(factors, n_chains), [], candidates, n_factors)
    half = n_chains // 2
    without, within = run(none, half), run(factors, half)
    needs_factors = _is_better(within, without)
    chosen, rest = (within, without) if needs_factors else (without, within)
    del within, without
    rest = [_without_pairs(one) for one in rest]
    chosen += run(factors if needs_factors else none, n_chains - half)
    return _combine(chosen, rest, candidates, n_factors)


def number_of_chains(n_genes: int) -> int:
    """Chains that the posterior comes from."""
    return next((number for most, number in CHAINS if n_genes <= most), FEWEST_CHAINS)


def _leads(rows: np.ndarray, n_variants: int, pools: list[np.ndarray]) -> np.ndarray:
    leads = np.full(len(pools), -1, dtype=np.int64)
    for gene, pool in enumerate(pools):
        if len(pool):
            leads[gene] = pool[strongest(rows[[n_variants + gene]], rows[pool])[0]]
    return leads


def _number_of_factors(asked: str | int, rows: np.ndarray, rng: np.random.Generator) -> int:
    if asked == "none":
        return 0
    if asked == "auto":
        return count_components(rows, rng)
    return min(int(asked), max(min(rows.shape) - 1, 0))


def _run_chains(
    data: np.ndarray,
    n_variants: int,
    candidates: Candidates,
    start: np.ndarray,
    streams: list[np.random.SeedSequence],
    runner: Runner,
    progress: Callable[[str, int, int], None],
) -> list[ChainOutcome]:
    lock = threading.Lock()
    stage = "sampling with hidden factors" if len(start) else "sampling"
    a_chain = sweeps_in_all(len(start))
    done = 0

    def after_sweeps(n_sweeps: int, at_least: int = 0) -> None:
        nonlocal done
        with lock:
            done = max(done + n_sweeps, at_least)
            progress(stage, done, len(streams) * a_chain)

    watch = Watch(after_sweeps, threading.Event())
    # What has no threads here, a cluster, cannot say how far it is in a chain.
    work = partial(sample_chain, watch=watch) if runner.client is None else sample_chain
    shared = (data, n_variants, candidates, start)
    # Every chain has a stream of random numbers of its own, whose number is new.
    name = f"chains-{streams[0].spawn_key[-1]}"
    tallies = []
    for tally in runner.map(name, work, shared, streams, Tally, watch.stop):
        tallies.append(cast(Tally, tally))
        after_sweeps(0, at_least=len(tallies) * a_chain)
    return [ChainOutcome(len(start), tally, predictive_density(tally)) for tally in tallies]


def _without_pairs(outcome: ChainOutcome) -> ChainOutcome:
    """What remains of a chain that decided on hidden factors and does not count."""
    none = np.zeros((0, 0), dtype=np.uint8)
    tally = outcome.tally._replace(ancestor=none, confounded=none, direct=none, chance=none)
    return outcome._replace(tally=tally)


def _best(outcomes: list[ChainOutcome]) -> np.ndarray:
    """Predictive density of each sample under the best of the chains."""
    return max((one.predictive for one in outcomes), key=lambda density: float(density.sum()))


def _shortfall(density: np.ndarray, best: np.ndarray) -> tuple[float, float]:
    """By how much a predictive density falls short of another, and the standard error of that.

    References
    ----------
    Watanabe 2010, JMLR 11:3571 (WAIC); Vehtari, Gelman & Gabry 2017, Statistics and Computing
    27:1413 (standard errors of differences).
    """
    difference = best - density
    return float(difference.sum()), float(np.sqrt(len(difference)) * difference.std())


def _is_behind(density: np.ndarray, best: np.ndarray) -> bool:
    """Whether a predictive density falls short of another by more than its error."""
    behind, error = _shortfall(density, best)
    return behind > max(WITHIN_ERRORS * error, WITHIN_NATS)


def _weight(density: np.ndarray, best: np.ndarray) -> int:
    """What a chain weighs: it loses e-fold with every standard error by which it falls short.

    Chains that are stuck on poorer graphs predict worse, and by how much is known no better.
    """
    behind, error = _shortfall(density, best)
    return round(FULL_WEIGHT * float(np.exp(-behind / max(error, WITHIN_NATS))))


def _is_better(within: list[ChainOutcome], without: list[ChainOutcome]) -> bool:
    """Whether the data ask for hidden factors: the simpler model has the benefit of the doubt.

    Chains with factors differ more among themselves, so that the best of several is a matter of
    luck: the middle one has to be ahead.
    """
    ordered = sorted((one.predictive for one in within), key=lambda density: density.sum())
    return _is_behind(_best(without), ordered[(len(ordered) - 1) // 2])


def _combine(
    chosen: list[ChainOutcome], rest: list[ChainOutcome], candidates: Candidates, n_factors: int
) -> Posterior:
    best = _best(chosen)
    chosen = [one._replace(weight=_weight(one.predictive, best)) for one in chosen]
    kept = [one for one in chosen if one.weight]
    n = sum(one.weight * int(one.tally.n[0]) for one in kept)

    def share(name: str) -> np.ndarray:
        total = np.zeros(getattr(kept[0].tally, name).shape, dtype=np.float32)
        for one in kept:
            # Row by row: a second table of all pairs would be as large as the first.
            for row, counts in zip(total, getattr(one.tally, name), strict=True):
                row += np.float32(one.weight) * counts
        total /= np.float32(n)
        return total

    ancestor, direct = share("ancestor"), share("direct")
    _tell_apart(ancestor, direct, kept, n / FULL_WEIGHT)
    acts = []
    for gene, variable in enumerate(candidates.variable):
        total = np.zeros(len(variable), dtype=np.float32)
        for one in kept:
            first = one.n_factors
            total += np.float32(one.weight) * one.tally.acts[gene, first : first + len(variable)]
        acts.append(total / np.float32(n))
    summary = {
        "hidden_factors_tried": n_factors,
        "hidden_factors_used": kept[0].n_factors,
        "chains": _describe([*chosen, *rest]),
        "chains_of_equal_weight": round(_as_many(kept), 1),
        "largest_deviation_between_chains": _largest_deviation(kept),
    }
    graphs = ((edges, one.weight) for one in kept for edges in _graphs(one))
    effect = total_effects(graphs, len(direct))
    return Posterior(ancestor, share("confounded"), direct, effect, candidates, acts, summary)


def _graphs(outcome: ChainOutcome) -> list[np.ndarray]:
    """Edges of each graph whose edges a chain kept."""
    edges = outcome.tally.edges
    return np.split(edges, np.flatnonzero(np.diff(edges["graph"])) + 1)


def _tell_apart(
    ancestor: np.ndarray, direct: np.ndarray, kept: list[ChainOutcome], n: float
) -> None:
    """Rank pairs that none or all of the counted graphs have by the chances in the last graphs.

    No posterior is changed by more than 1 / (n + 1), which is what n graphs of full weight leave
    open.
    """
    total_weight = sum(one.weight for one in kept)
    for row in range(len(direct)):
        chance = np.zeros(len(direct))
        for one in kept:
            chance += one.weight * np.exp(one.tally.chance[row] / -STEPS)
        open_ = np.minimum(chance / total_weight, 1.0 / (n + 1))
        direct[row] = np.where(
            direct[row] == 0, open_, np.where(direct[row] == 1, 1 - open_, direct[row])
        )
        ancestor[row] = np.where(ancestor[row] == 0, open_, ancestor[row])
    np.fill_diagonal(direct, 0.0)
    np.fill_diagonal(ancestor, 0.0)


def _as_many(kept: list[ChainOutcome]) -> float:
    """Number of chains of equal weight that would average as well (Kish's effective size)."""
    weights = [one.weight for one in kept]
    return float(sum(weights) ** 2 / sum(weight**2 for weight in weights))


def _largest_deviation(kept: list[ChainOutcome]) -> float | None:
    """Largest standard deviation of a pair's posterior between the chains, by their weights."""
    if _as_many(kept) < _FEWEST_TO_COMPARE:
        return None
    weights = [one.weight for one in kept]
    largest = 0.0
    for row in range(len(kept[0].tally.ancestor)):
        shares = np.array([one.tally.ancestor[row] / one.tally.n[0] for one in kept])
        mean = np.average(shares, axis=0, weights=weights)
        variance = np.average((shares - mean) ** 2, axis=0, weights=weights)
        largest = max(largest, float(variance.max(initial=0.0)))
    return round(float(np.sqrt(largest)), 4)


def _describe(outcomes: list[ChainOutcome]) -> list[dict[str, Any]]:
    """What each chain learned."""
    best = float(_best(outcomes).sum())
    total_weight = sum(one.weight for one in outcomes)
    return [
        {
            "hidden_factors": one.n_factors,
            "weight": round(one.weight / total_weight, 4),
            "predictive_density_behind_best": round(best - float(one.predictive.sum()), 2),
            "members": _means(one.tally.n_members, one.tally),
            "slab_precision": _means(one.tally.precision, one.tally),
            "log_shape_of_targets": round(float(one.tally.log_shape[0] / one.tally.n[0]), 3),
        }
        for one in outcomes
    ]


def _means(sums: np.ndarray, tally: Tally) -> dict[str, float]:
    """Means over the graphs that a chain counted, by kind of candidate."""
    return {name: round(float(sums[k] / tally.n[0]), 3) for k, name in _KINDS.items()}
