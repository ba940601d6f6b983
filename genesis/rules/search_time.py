"""How long a search by the rules takes, before it begins."""

from __future__ import annotations

from genesis.engine.clock import about_time
from genesis.inputs.seconds_beside import seconds_beside

__all__ = ["say_search_time", "search_seconds"]

#: Seconds that the sweeps take for a pair of genes, on one core, and for each sample of it.
PAIR, SAMPLE_OF_A_PAIR = 0.9e-6, 1.4e-9


def search_seconds(n_genes: int, n_samples: int, threads: int) -> float:
    """Seconds of all sweeps over the pairs of genes.

    Examples
    --------
    >>> search_seconds(2000, 300, 1) > 3 * search_seconds(1000, 300, 1)
    True
    """
    n_pairs = n_genes * (n_genes - 1) / 2
    return n_pairs * (PAIR + SAMPLE_OF_A_PAIR * n_samples) / max(threads, 1)


def say_search_time(n_genes: int, n_samples: int, threads: int) -> str:
    """The time of a run by the rules in words."""
    return about_time(search_seconds(n_genes, n_samples, threads) + sum(seconds_beside(n_genes)))
