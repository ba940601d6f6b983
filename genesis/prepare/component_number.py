"""How many principal components to keep, by stated rules."""

from __future__ import annotations

import numpy as np

__all__ = ["elbow", "parallel_analysis", "spectrum"]


def spectrum(rows: np.ndarray) -> np.ndarray:
    """Squared singular values, the largest first."""
    product = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
    return np.linalg.eigvalsh(product)[::-1]


def parallel_analysis(
    rows: np.ndarray, rng: np.random.Generator, most: int, permutations: int, quantile: float
) -> int:
    """Components that explain more than in data whose rows are permuted one by one.

    Parameters
    ----------
    rows : (n_genes, n) float64
        Unit rows.
    rng : numpy.random.Generator
    most : int
        Largest number that is looked at.
    permutations : int
    quantile : float
        Of the permuted data, which the component of the same rank must exceed; it and all before
        it.

    References
    ----------
    Buja & Eyuboglu 1992, Multivariate Behavioral Research 27:509.
    """
    if most <= 0:
        return 0
    real = spectrum(rows)[:most]
    permuted = [spectrum(rng.permuted(rows, axis=1))[:most] for _ in range(permutations)]
    exceeds = real > np.quantile(permuted, quantile, axis=0)
    return int(np.argmin(exceeds)) if not exceeds.all() else len(real)


def elbow(variance: np.ndarray) -> int:
    """The component furthest from the line between the first and the last of the scree plot.

    Parameters
    ----------
    variance : (k,) float64
        Share of variance of each component, the largest first.

    References
    ----------
    Zhou et al. 2022, Genome Biology 23:210 (PCAForQTL).

    Examples
    --------
    >>> elbow(np.array([0.5, 0.3, 0.05, 0.04, 0.03, 0.02]))
    3
    """
    k = len(variance)
    if k < 3:
        return k
    place = np.arange(k)
    # The height above the line is in proportion to the distance from it.
    line = variance[0] + (variance[-1] - variance[0]) * place / (k - 1)
    return int(np.argmax(np.abs(variance - line))) + 1
