"""How long the stages of a run take, by the chains that they will have."""

from __future__ import annotations

from dataclasses import replace

from genesis.engine.clock import about_time
from genesis.inputs.seconds_beside import seconds_beside
from genesis.posterior.chains.chain import sweeps_before_the_looks, sweeps_in_all
from genesis.posterior.chains.chain_memory import ChainWork
from genesis.posterior.chains.chain_time import chain_seconds, side_by_side
from genesis.posterior.chains.sampling import (
    CHAINS_OF_A_HALF,
    DISAGREEING,
    FEWEST_CHAINS,
    more_chains,
)

__all__ = ["say_time", "seconds_by_stage"]


def seconds_by_stage(
    work: ChainWork, n_splits: int, *, needs_factors: bool = True
) -> dict[str, float]:
    """Seconds until it is known which model it is, and of all chains from then on.

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
    half = work.n_samples // 2
    tried = replace(work, n_samples=half).most_factors()
    is_compared = bool(n_splits) and is_open and tried > 0
    of_halves = 2 * CHAINS_OF_A_HALF * n_splits - is_compared
    # The last split is under way beside the chains of all samples.
    beside = of_halves - 2 * CHAINS_OF_A_HALF * max(n_splits - 1, 0) if n_splits else 0
    a_half = chain_seconds(work.n_genes, half, min(n_factors, tried))
    deciding = _deciding(work.n_genes, half, tried, n_factors) if is_compared else []
    before = _turns(work.threads, deciding) + _turns(work.threads, [a_half] * (of_halves - beside))
    of_all = chain_seconds(work.n_genes, work.n_samples, n_factors)
    n_more = more_chains(work.n_genes)
    after = _turns(work.threads, [a_half] * beside + [of_all] * FEWEST_CHAINS)
    after += DISAGREEING * _turns(work.threads, [of_all] * n_more)
    if is_open and not n_splits and n_factors:
        # Then those of the model without factors come beside them, by which the two are compared.
        without = chain_seconds(work.n_genes, work.n_samples, 0)
        after += _turns(work.threads, [without] * (FEWEST_CHAINS if n_more else 2))
    return {"self-test": before, "sampling": after}


def say_time(work: ChainWork, n_splits: int) -> str:
    """The time of a run in words: without hidden factors, and with them where that is open."""
    beside = sum(seconds_beside(work.n_genes))
    without, with_ = (
        about_time(beside + sum(seconds_by_stage(work, n_splits, needs_factors=one).values()))
        for one in (False, True)
    )
    return without if without == with_ else f"{without}, with hidden factors {with_}"


def _deciding(n_genes: int, half: int, tried: int, n_factors: int) -> list[float]:
    """Seconds of a chain without hidden factors and one with them, on half of the samples."""
    within = chain_seconds(n_genes, half, tried)
    if not n_factors:
        # It is given up.
        within *= sweeps_before_the_looks(half, tried) / sweeps_in_all(half, tried)
    return [chain_seconds(n_genes, half, 0), within]


def _turns(threads: int, chains: list[float]) -> float:
    """Seconds of chains that take so many seconds each, as many at once as there are threads."""
    if not chains:
        return 0.0
    at_once = max(min(threads, len(chains)), 1)
    return side_by_side(at_once) * max(sum(chains) / at_once, *chains)
