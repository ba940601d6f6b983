"""How alike genes are that have nothing to do with each other's locus, as a prior."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from genesis.loci.linked_genes import ELSEWHERE_R2

__all__ = ["SharedCauses", "shared_causes"]

#: Prior variances, in units of the noise, of what one gene says of another for other reasons than
#: the locus; weights are learned, and none goes below the least.
SPREAD = np.array([0.0, 0.004, 0.016, 0.064, 0.25, 1.0])
LEAST_WEIGHT = 1e-3
#: Genes whose pairs are looked at.
MOST_GENES = 1500
_BINS, _PASSES = 1000, 200


class SharedCauses(NamedTuple):
    """A mixture of normal distributions of mean zero: variances and weights."""

    spread: np.ndarray
    weight: np.ndarray


def shared_causes(rows: np.ndarray, lead_rows: np.ndarray, degrees: int) -> SharedCauses:
    """Learn the mixture from correlations of genes whose lead variants are not linked.

    Parameters
    ----------
    rows : (n_genes, n_samples) float64
        Unit rows of the genes.
    lead_rows : (n_genes, n_samples) float64
        Unit rows of their lead variants; zeros where there is none.
    degrees : int
        Degrees of freedom.

    References
    ----------
    Stephens 2017, Biostatistics 18:275, for mixtures over a grid of variances.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> rows = rng.normal(size=(60, 200))
    >>> rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
    >>> bool(shared_causes(rows, 0 * rows, 200).weight[0] > 0.5)
    True
    """
    step = max(-(-len(rows) // MOST_GENES), 1)
    rows, lead_rows = rows[::step], lead_rows[::step]
    apart = np.triu((lead_rows @ lead_rows.T) ** 2 < ELSEWHERE_R2, 1)
    count, edges = np.histogram((rows @ rows.T)[apart] ** 2, bins=_BINS, range=(0.0, 1.0))
    r2 = (edges[1:] + edges[:-1]) / 2
    grown = 1.0 + degrees * SPREAD[:, None]
    log = -0.5 * np.log(grown) - 0.5 * degrees * np.log1p(-r2 * degrees * SPREAD[:, None] / grown)
    likelihood = np.exp(log - log.max(axis=0))
    weight = np.full(len(SPREAD), 1.0 / len(SPREAD))
    for _ in range(_PASSES if count.sum() else 0):
        joint = weight[:, None] * likelihood
        weight = (joint / joint.sum(axis=0)) @ count / count.sum()
    weight = np.maximum(weight, LEAST_WEIGHT)
    return SharedCauses(SPREAD, weight / weight.sum())
