"""Share of a variable's variance that goes along with relatedness, by restricted likelihood."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

__all__ = ["Heritability", "find_heritability", "variances"]

#: Shares at which the likelihood is looked at first; the largest leaves some noise to everybody.
_GRID = np.linspace(0.0, 0.99, 34)


class Heritability(NamedTuple):
    """A share of variance, and the p-value of there being none."""

    share: float
    p: float


def variances(share: float, spread: np.ndarray) -> np.ndarray:
    """Variances of coordinates, of mean 1 where those of the relationship have it.

    Parameters
    ----------
    share : float
        Heritability.
    spread : (d,) float64
        Eigenvalues of the relationship.
    """
    return (1.0 - share) + share * spread


def find_heritability(values: np.ndarray, spread: np.ndarray) -> Heritability:
    """Heritability of a variable: the share of its variance that relatives have in common.

    Parameters
    ----------
    values : (d,) float64
        Along eigenvectors of the relationship, orthogonal to all covariates.
    spread : (d,) float64
        Eigenvalues of the relationship, of mean 1.

    Returns
    -------
    Heritability
        The p-value is that of a likelihood ratio at the border: half of the time it is 0 by chance.

    References
    ----------
    Kang et al. 2008, Genetics 178:1709 (restricted likelihood along eigenvectors); Self & Liang
    1987, Journal of the American Statistical Association 82:605 (the ratio at the border).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> spread = np.repeat([0.5, 3.0], [1600, 400])
    >>> found = find_heritability(np.sqrt(0.4 + 0.6 * spread) * rng.normal(size=2000), spread)
    >>> round(found.share, 1), found.p < 1e-6
    (0.6, True)
    """

    def misfit(share: float) -> float:
        variance = variances(share, spread)
        return float(len(values) * np.log(np.mean(values**2 / variance)) + np.log(variance).sum())

    at = np.array([misfit(share) for share in _GRID])
    least = int(at.argmin())
    around = _GRID[max(least - 1, 0)], _GRID[min(least + 1, len(_GRID) - 1)]
    found = optimize.minimize_scalar(misfit, bounds=around, method="bounded")
    if not found.fun < at[0]:
        return Heritability(0.0, 1.0)
    return Heritability(float(found.x), float(stats.chi2.sf(at[0] - found.fun, 1) / 2))
