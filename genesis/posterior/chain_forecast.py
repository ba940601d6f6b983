"""How long the stages of a run take, by the chains that they will have."""

from __future__ import annotations

from genesis.posterior.chains.chain_memory import ChainWork
from genesis.posterior.chains.chain_time import chain_seconds, seconds_in_turns
from genesis.posterior.chains.posterior import DISAGREEING, FEWEST_CHAINS, more_chains
from genesis.posterior.half_fits import CHAINS

__all__ = ["seconds_by_stage"]


def seconds_by_stage(work: ChainWork, n_splits: int) -> dict[str, float]:
    """Seconds of the chains on halves of the samples, and of those on all of them.

    Parameters
    ----------
    work : ChainWork
        Of as many hidden factors as there may be.
    n_splits : int
        Of the self-test; 0 for none.
    """
    of_halves = _self_test(work, n_splits) if n_splits else 0.0
    n_more = more_chains(work.n_genes)
    n_factors, is_open = work.most_factors(), work.hidden_factors == "auto" and not n_splits
    of_all = seconds_in_turns(
        FEWEST_CHAINS + DISAGREEING * n_more, work.threads, work.n_genes, work.n_samples, n_factors
    )
    if is_open and n_factors:
        # Then those of the model without factors come beside them, by which the two are compared.
        of_all += seconds_in_turns(
            FEWEST_CHAINS if n_more else 2, work.threads, work.n_genes, work.n_samples, 0
        )
    return {"self-test": of_halves, "sampling": of_all}


def _self_test(work: ChainWork, n_splits: int) -> float:
    """Seconds of the chains on halves of the samples.

    Where it is open whether there are hidden factors, the first half has a chain without them and
    one with them, one after the other, and then a second one of the model that is better.
    """
    half, n_factors = work.n_samples // 2, work.most_factors()
    of_a_half = seconds_in_turns(CHAINS, work.threads, work.n_genes, half, n_factors)
    first = of_a_half
    if work.hidden_factors == "auto" and n_factors:
        one = chain_seconds(work.n_genes, half, n_factors)
        first = chain_seconds(work.n_genes, half, 0) + CHAINS * one
    return first + (2 * n_splits - 1) * of_a_half
