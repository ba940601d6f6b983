"""Which own variants act on each gene."""

from __future__ import annotations

import numpy as np

from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.model.state import OWN

__all__ = ["LISTED", "NEAREST", "strongest_anchors"]

#: Anchors are listed from this posterior on; from `NEAREST` on they count as anchors.
LISTED, NEAREST = 0.05, 0.5


def strongest_anchors(posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
    """For each gene the own variant that most likely acts on it, and how many surely do.

    Returns
    -------
    variant : (n_genes,) int64
        Row of the variant, -1 where none is listed.
    number : (n_genes,) int64
        Own variants that act with a posterior of at least one half.
    """
    n_genes = len(posterior.acts)
    variant = np.full(n_genes, -1, dtype=np.int64)
    number = np.zeros(n_genes, dtype=np.int64)
    for gene in range(n_genes):
        own = np.flatnonzero(posterior.candidates.kind[gene] == OWN)
        if len(own):
            acts = posterior.acts[gene][own]
            number[gene] = np.count_nonzero(acts >= NEAREST)
            if acts.max() >= LISTED:
                variant[gene] = posterior.candidates.variable[gene][own[int(np.argmax(acts))]]
    return variant, number
