"""How long the chains of a run take, before they begin."""

from __future__ import annotations

import math

from genesis.posterior.chains.chain import sweeps_in_all

__all__ = ["chain_seconds", "side_by_side"]

#: Seconds that a sweep takes for each gene, on one core: of few genes, and how much more for e
#: times as many, of which less is in the caches of the processor.
SWEEP_OF_A_GENE, MORE_WITH_GENES = 1e-6, 0.65e-6
#: How many times as long with hidden factors, when what is known of a gene lasts for one round, and
#: how much more for each.
TIMES_WITH_FACTORS, MORE_WITH_A_FACTOR = 1.3, 0.03
#: What a second chain beside the first costs each of them, who share the memory of the machine.
SHARED_MEMORY = 0.1


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
    6
    >>> chain_seconds(2500, 500, 25) > 2 * chain_seconds(2500, 500, 0)
    True
    """
    sweep = n_genes * (SWEEP_OF_A_GENE + MORE_WITH_GENES * math.log(max(n_genes, 1)))
    if n_factors:
        sweep *= TIMES_WITH_FACTORS + MORE_WITH_A_FACTOR * n_factors
    return sweeps_in_all(n_samples, n_factors) * sweep * side_by_side(threads)


def side_by_side(threads: int) -> float:
    """How many times as long a chain takes where so many are under way, each on a core."""
    return 1.0 + SHARED_MEMORY * (max(threads, 1) - 1)
