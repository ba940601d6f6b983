"""How long the stages of a run take, by the chains that they will have."""

from __future__ import annotations

from dataclasses import replace

from genesis.engine.clock import about_time
from genesis.inputs.seconds_beside import seconds_beside
from genesis.posterior.chains.chain import sweeps_before_the_looks, sweeps_in_all
from genesis.posterior.chains.chain_memory import ChainWork
from genesis.posterior.chains.chain_time import chain_seconds, seconds_in_turns
from genesis.posterior.chains.posterior import DISAGREEING, FEWEST_CHAINS, more_chains
from genesis.posterior.half_fits import CHAINS

__all__ = ["say_time", "seconds_by_stage"]


def seconds_by_stage(
    work: ChainWork, n_splits: int, *, needs_factors: bool = True
) -> dict[str, float]:
    """Seconds of the chains on halves of the samples, and of those on all of them.

    Parameters
    ----------
    work : ChainWork
    n_splits : int
        Of the self-test; 0 for none.
    needs_factors : bool
        Whether there are hidden factors, as many as there may be, where that is to be found out.
    """
    n_factors, is_open = work.most_factors(), work.hidden_factors == "auto"
    if is_open and not needs_factors and n_splits:
        n_factors = 0
    of_halves = _self_test(work, n_splits, n_factors) if n_splits else 0.0
    n_more = more_chains(work.n_genes)
    of_all = _turns(work, FEWEST_CHAINS + DISAGREEING * n_more, work.n_samples, n_factors)
    if is_open and not n_splits and n_factors:
        # Then those of the model without factors come beside them, by which the two are compared.
        of_all += _turns(work, FEWEST_CHAINS if n_more else 2, work.n_samples, 0)
    return {"self-test": of_halves, "sampling": of_all}


def say_time(work: ChainWork, n_splits: int) -> str:
    """The time of a run in words: without hidden factors, and with them where that is open."""
    beside = sum(seconds_beside(work.n_genes))
    without, with_ = (
        about_time(beside + sum(seconds_by_stage(work, n_splits, needs_factors=one).values()))
        for one in (False, True)
    )
    return without if without == with_ else f"{without}, with hidden factors {with_}"


def _self_test(work: ChainWork, n_splits: int, n_factors: int) -> float:
    """Seconds of the chains on halves of the samples.

    Where it is open whether there are hidden factors, the first half has a chain without them and
    one with them, one after the other, and then a second one of the model that is better.
    """
    half = work.n_samples // 2
    tried = replace(work, n_samples=half).most_factors()
    n_factors = min(n_factors, tried)
    of_a_half = _turns(work, CHAINS, half, n_factors)
    if work.hidden_factors != "auto" or not tried:
        return 2 * n_splits * of_a_half
    compared = chain_seconds(work.n_genes, half, 0) + chain_seconds(work.n_genes, half, tried)
    if not n_factors:
        # The chain with factors is given up.
        left_out = 1.0 - sweeps_before_the_looks(half, tried) / sweeps_in_all(half, tried)
        compared -= left_out * chain_seconds(work.n_genes, half, tried)
    second = _turns(work, CHAINS - 1, half, n_factors)
    return compared + second + (2 * n_splits - 1) * of_a_half


def _turns(work: ChainWork, n_chains: float, n_samples: int, n_factors: int) -> float:
    return seconds_in_turns(n_chains, work.threads, work.n_genes, n_samples, n_factors)
