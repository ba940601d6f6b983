"""Chains with and without hidden factors: begun, compared, and as many as they need to agree."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Any, cast

import numpy as np

from genesis.engine.overall_progress import Parts
from genesis.engine.runner import Runner
from genesis.posterior.chains.chain import (
    graphs_counted,
    sample_chain,
    sweeps_in_all,
)
from genesis.posterior.chains.chain_diagnostics import elpd_loo, elpd_waic
from genesis.posterior.chains.chain_input import ChainInput
from genesis.posterior.chains.chain_time import chain_seconds
from genesis.posterior.chains.chain_weights import (
    ChainOutcome,
    agree,
    is_ahead,
)
from genesis.posterior.chains.pair_counts import no_pairs
from genesis.posterior.chains.posterior import Posterior, combine_chains
from genesis.posterior.chains.watch import FirstLooks, Watch
from genesis.posterior.model.candidates import Candidates
from genesis.posterior.model.packed_candidates import PackedCandidates, pack, unpack
from genesis.posterior.model.state import Tally

__all__ = [
    "CHAINS_BESIDE",
    "CHAINS_OF_A_HALF",
    "DISAGREEING",
    "FEWEST_CHAINS",
    "begin_chains",
    "begin_posterior",
    "cost_of",
    "lists_what_is_not_counted",
    "more_chains",
    "most_at_once",
]

#: The posterior comes from this many chains at the least. Where these disagree, as many as given
#: here for so many genes at most come beside them.
FEWEST_CHAINS, MORE_CHAINS = 4, ((64, 8), (512, 4))
#: Chains of a model on each half of the samples in the self-test, and those that come beside the
#: first ones of all samples: all of them but for that which decides on hidden factors.
CHAINS_OF_A_HALF = 2
CHAINS_BESIDE = 2 * CHAINS_OF_A_HALF - 1
#: Share of runs whose chains disagree, where more could come, for the time that is expected.
DISAGREEING = 0.5


def begin_posterior(
    start: ChainInput,
    *,
    needs_factors: bool | None,
    seed: int,
    runner: Runner,
    progress: Callable[[str, int, int], None],
) -> Callable[[], Posterior]:
    """Begin to sample graphs of all genes from their joint posterior.

    Parameters
    ----------
    start : ChainInput
    needs_factors : bool, optional
        Whether there are hidden factors; None for what predicts better to be found out.
    seed : int
    runner : Runner
        Does the chains, on whose place and number at a time the outcome does not depend.
    progress : callable
        Called with a stage, sweeps done and sweeps in all.

    Returns
    -------
    callable
        Waits for the chains, asks for more where these disagree, and returns the `Posterior`.
    """
    n_more = more_chains(start.n_genes)
    streams = np.random.SeedSequence(seed).spawn(2 * FEWEST_CHAINS + n_more)

    parts = Parts(progress)
    added = DISAGREEING * n_more

    def run(factors: np.ndarray, n: int, then: float) -> Generator[ChainOutcome]:
        """So many chains, after which about so many of the same kind are to be expected."""
        mine = [streams.pop() for _ in range(n)]
        part = parts.part(cost_of(start, factors, n), cost_of(start, factors, then))
        return begin_chains(start, factors, mine, runner, part)

    none = start.factors[:0]
    is_open = needs_factors is None and len(start.factors) > 0
    # Of each model in question: as many as there will be at the least, or, of many genes, half.
    n_deciding = FEWEST_CHAINS if n_more else FEWEST_CHAINS // 2
    n_first = n_deciding if is_open else FEWEST_CHAINS
    first = run(start.factors if needs_factors else none, n_first, is_open * FEWEST_CHAINS + added)

    def finish() -> Posterior:
        rest: list[ChainOutcome] = []
        factors = start.factors if needs_factors else none
        if is_open:
            without = list(_with_loo(first))
            then = FEWEST_CHAINS - n_deciding + added
            within, are_ahead = _while_ahead(
                _with_loo(run(start.factors, n_deciding, then)), n_deciding, without
            )
            chosen, rest = (within, without) if are_ahead else (without, within)
            del within, without
            rest = [_without_pairs(one) for one in rest]
            factors = start.factors if are_ahead else none
            if len(chosen) < FEWEST_CHAINS:
                chosen += run(factors, FEWEST_CHAINS - len(chosen), added)
        else:
            chosen = list(first)
        if n_more and not agree(chosen, with_traits=start.with_traits):
            chosen += run(factors, n_more, 0)
        parts.end()
        return combine_chains(chosen, rest, start.candidates, len(start.factors))

    return finish


def cost_of(start: ChainInput, factors: np.ndarray, n: float) -> float:
    """Seconds of a core that so many chains are expected to take."""
    return n * chain_seconds(start.n_genes, start.data.shape[1], len(factors))


def lists_what_is_not_counted(keep_posterior: float) -> bool:
    """Whether pairs may be listed that are in no graph, and are no candidates.

    What is in none of the graphs of one chain, of which there may be one, has a posterior of
    1 / (n + 1) at the most.
    """
    return keep_posterior <= 1.0 / (graphs_counted() + 1)


def more_chains(n_genes: int) -> int:
    """Chains that come beside the first where these disagree."""
    return next((number for most, number in MORE_CHAINS if n_genes <= most), 0)


def most_at_once(n_genes: int, *, is_tested: bool) -> int:
    """Chains that do not wait for others, at the most: the first ones, or those added to them.

    Where there is a self-test, what is left of it comes beside the first ones.
    """
    return max(FEWEST_CHAINS + is_tested * CHAINS_BESIDE, more_chains(n_genes))


def begin_chains(
    start: ChainInput,
    factors: np.ndarray,
    streams: list[np.random.SeedSequence],
    runner: Runner,
    progress: Callable[[str, int, int], None],
    *,
    tells: FirstLooks | None = None,
    to_beat: FirstLooks | None = None,
) -> Generator[ChainOutcome]:
    """Begin chains with the hidden factors given; what is returned has them in order.

    With `to_beat`, see `sample_chain`, those that predict clearly worse end early. In threads they
    are under way by then; a cluster has to be told before they begin. One chain may tell what its
    first graphs predict.

    Where no more are taken, those under way in threads stop. A cluster goes on with those that it
    has begun, which are not waited for.
    """
    lock = threading.Lock()
    stage = "self-test" if start.unseen.shape[1] else "sampling"
    called = "chains"
    if len(factors):
        called = f"{called} with hidden factors"
        # In the self-test both models are under way at once.
        if stage == "sampling":
            stage = f"{stage} with hidden factors"
    a_chain = sweeps_in_all(start.data.shape[1], len(factors))
    done = 0

    def after_sweeps(n_sweeps: int, at_least: int = 0) -> None:
        nonlocal done
        with lock:
            done = max(done + n_sweeps, at_least)
            progress(stage, done, len(streams) * a_chain)

    watch = Watch(after_sweeps, threading.Event(), tells, to_beat)
    given: dict[str, Any] = {"with_variants": start.with_variants, "weights": start.weights}
    candidates: Candidates | PackedCandidates = start.candidates
    if runner.client is None:
        work = partial(sample_chain, watch=watch, **given)
    else:
        work = partial(_sample_packed, **given)
        candidates = pack(start.candidates)
        # What has no threads here cannot say how far it is in a chain, but where it is.
        after_sweeps(0)
    shared = (
        start.data,
        start.n_variants,
        candidates,
        factors,
        start.unseen,
        start.every_pair,
        to_beat.wait(watch.stop) if to_beat and runner.client else start.unseen[:0],
    )
    # Every chain has a stream of random numbers of its own, whose number is new. One that looks at
    # all pairs, or keeps edges of variants, says more than one that does not: neither is taken for
    # the other.
    called_so = "chains-of-all-pairs" if start.every_pair else "chains"
    if start.with_variants:
        called_so += "-with-variants"
    name = "-".join([called_so, *map(str, streams[0].spawn_key)])
    chains = runner.map(name, work, shared, streams, Tally, watch.stop, called)

    def outcomes() -> Generator[ChainOutcome]:
        try:
            with closing(chains) as tallies:
                for number, found in enumerate(tallies, start=1):
                    after_sweeps(0, at_least=number * a_chain)
                    tally = cast(Tally, found)
                    yield ChainOutcome(len(factors), tally, elpd_waic(tally.log_density))
        except GeneratorExit:
            # The stage is done, whatever was left of it.
            after_sweeps(0, at_least=len(streams) * a_chain)
            raise

    return outcomes()


def _sample_packed(
    data: np.ndarray, n_variants: int, candidates: PackedCandidates, *rest: Any, **more: Any
) -> Tally:
    """`sample_chain` with candidates as they were sent."""
    return sample_chain(data, n_variants, unpack(candidates), *rest, **more)


def _while_ahead(
    chains: Generator[ChainOutcome], n_chains: int, without: list[ChainOutcome]
) -> tuple[list[ChainOutcome], bool]:
    """Chains with factors, and whether the data ask for these: most are ahead of all without.

    Chains with factors differ more among themselves, so that the best of several is a matter of
    luck. Once half of them are not ahead, the others are of no account, and are not waited for.
    """
    within, n_not_ahead = [], 0
    with closing(chains):
        for one in chains:
            within.append(one)
            n_not_ahead += not is_ahead(one, without)
            if 2 * n_not_ahead >= n_chains:
                return within, False
    return within, True


def _with_loo(chains: Generator[ChainOutcome]) -> Generator[ChainOutcome]:
    """Chains with their estimates by PSIS-LOO, which take long and only models are compared by."""
    with closing(chains):
        for one in chains:
            yield one._replace(elpd_loo=elpd_loo(one.tally.log_density))


def _without_pairs(outcome: ChainOutcome) -> ChainOutcome:
    """What remains of a chain that decided on hidden factors and does not count."""
    tally = outcome.tally._replace(**no_pairs(len(outcome.tally.start) - 1))
    return outcome._replace(tally=tally)
