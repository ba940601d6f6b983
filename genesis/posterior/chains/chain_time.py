"""How long the chains of a run take, before they begin."""

from __future__ import annotations

from math import ceil

from genesis.posterior.chains.chain import sweeps_in_all
from genesis.posterior.chains.chain_memory import ChainWork
from genesis.posterior.chains.posterior import FEWEST_CHAINS, more_chains

__all__ = ["chain_seconds", "seconds_by_stage"]

#: Seconds that a sweep takes for each gene, on one core: without hidden factors, and how much more
#: for the square of their number, for each gene has the factors among its candidates.
SWEEP_OF_A_GENE, SWEEP_OF_FACTORS = 24e-6, 0.033e-6
#: What a second chain beside the first costs each of them, who share the memory of the machine.
SHARED_MEMORY = 0.1
#: Share of runs, among those of few genes, whose chains disagree, so that more are added.
DISAGREEING = 0.5
#: Chains of one model on a half of the samples.
CHAINS_OF_A_HALF = 2


def chain_seconds(n_genes: int, n_samples: int, n_factors: int, threads: int = 1) -> float:
    """Seconds that one chain takes, where so many are under way side by side.

    Parameters
    ----------
    n_genes : int
    n_samples : int
        Less the rank of covariates, where that is known.
    n_factors : int
        Hidden factors that are fitted.
    threads : int
        Chains under way, each on a core of its own.

    Returns
    -------
    float

    Examples
    --------
    >>> round(chain_seconds(2500, 500, 0))
    24
    >>> chain_seconds(2500, 500, 25) > 2 * chain_seconds(2500, 500, 0)
    True
    """
    sweep = n_genes * (SWEEP_OF_A_GENE + SWEEP_OF_FACTORS * n_factors**2)
    side_by_side = 1.0 + SHARED_MEMORY * (max(threads, 1) - 1)
    return sweeps_in_all(n_samples, n_factors) * sweep * side_by_side


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
    of_all = _in_turns(work, FEWEST_CHAINS + DISAGREEING * n_more, work.n_samples, n_factors)
    if is_open and n_factors:
        # Then those of the model without factors come beside them, by which the two are compared.
        of_all += _in_turns(work, FEWEST_CHAINS if n_more else 2, work.n_samples, 0)
    return {"self-test": of_halves, "sampling": of_all}


def _self_test(work: ChainWork, n_splits: int) -> float:
    """Seconds of the chains on halves of the samples.

    Where it is open whether there are hidden factors, the first half has a chain without them and
    one with them, one after the other, and then a second one of the model that is better.
    """
    half, n_factors = work.n_samples // 2, work.most_factors()
    of_a_half = _in_turns(work, CHAINS_OF_A_HALF, half, n_factors)
    first = of_a_half
    if work.hidden_factors == "auto" and n_factors:
        one = chain_seconds(work.n_genes, half, n_factors)
        first = chain_seconds(work.n_genes, half, 0) + CHAINS_OF_A_HALF * one
    return first + (2 * n_splits - 1) * of_a_half


def _in_turns(work: ChainWork, n_chains: float, n_samples: int, n_factors: int) -> float:
    """Seconds of so many chains, some of them at once."""
    at_once = max(min(work.threads, ceil(n_chains)), 1)
    one = chain_seconds(work.n_genes, n_samples, n_factors, at_once)
    return max(n_chains / at_once, 1.0) * one
