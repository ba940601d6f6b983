"""How well chains predict, how well they mix, and how far estimates of both can be trusted."""

from __future__ import annotations

import numpy as np

__all__ = ["FEWEST_DRAWS", "bulk_ess", "elpd_loo", "elpd_waic", "r_hat"]

#: A Pareto distribution is fitted to the fifth of the draws that weigh most, which must be five;
#: of fewer draws than that no diagnostic says anything.
FEWEST_DRAWS = 25


def elpd_waic(log_density: np.ndarray) -> np.ndarray:
    """Expected log predictive density of each coordinate by WAIC, (38).

    Parameters
    ----------
    log_density : (n_draws, n_degrees) float64
        Log density (37) of each coordinate in each graph counted.

    Returns
    -------
    (n_degrees,) float64
        Log pointwise predictive density less the effective number of parameters.

    References
    ----------
    Watanabe 2010, JMLR 11:3571 (WAIC).

    Examples
    --------
    >>> elpd_waic(np.log([[0.2, 0.5], [0.2, 0.5]])).round(3).tolist()
    [-1.609, -0.693]
    """
    largest = log_density.max(axis=0)
    density = largest + np.log(np.exp(log_density - largest).mean(axis=0))
    # Less the first, so that the variance is no difference of large numbers.
    less = log_density - log_density[0]
    n = len(less)
    parameters = ((less - less.mean(axis=0)) ** 2).sum(axis=0) / max(n - 1, 1)
    return np.asarray(density - parameters)


def elpd_loo(log_density: np.ndarray) -> tuple[float, float] | None:
    """Expected log predictive density by PSIS-LOO, and the largest Pareto k of a coordinate.

    Draws of a chain are correlated, which would lengthen the tail that is fitted; but of so few
    draws it is a fifth of them either way, so that their effective number does not matter.

    Parameters
    ----------
    log_density : (n_draws, n_degrees) float64
        Log density (37) of each coordinate in each graph counted.

    Returns
    -------
    tuple of float, or None
        None where there are fewer than `FEWEST_DRAWS` draws, or a coordinate has no tail to fit.

    References
    ----------
    Vehtari, Gelman & Gabry 2017, Statistics and Computing 27:1413; Vehtari, Simpson, Gelman, Yao &
    Gabry 2024, JMLR 25(72):1 (Pareto smoothed importance sampling).

    Examples
    --------
    >>> elpd_loo(np.zeros((200, 3))) is None
    True
    """
    n_draws = len(log_density)
    if n_draws < FEWEST_DRAWS or not log_density.size or not np.isfinite(log_density).all():
        return None
    # The largest weights are those of the lowest densities, which the next one has to exceed.
    lowest = np.partition(log_density, (0, n_draws // 5), axis=0)
    if (lowest[0] == lowest[n_draws // 5]).any():
        return None
    from arviz_stats.base import array_stats

    with np.errstate(all="ignore"):
        try:
            density, pareto_k, _ = array_stats.loo(log_density.T[:, None, :])
        except ValueError:  # All values of a tail are the same.
            return None
    found = float(np.sum(density)), float(np.max(pareto_k))
    return found if np.isfinite(found).all() else None


def r_hat(series: np.ndarray) -> float | None:
    """Rank-normalised split R-hat of a quantity that chains draw.

    Parameters
    ----------
    series : (n_chains, n_draws) float64

    Returns
    -------
    float or None
        1 where chains draw from one distribution. None of one chain, of fewer than `FEWEST_DRAWS`
        draws, and where a chain does not vary.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, Bayesian Analysis 16:667.

    Examples
    --------
    >>> draws = np.random.default_rng(1).normal(size=(4, 200))
    >>> round(r_hat(draws), 1), round(r_hat(draws + [[0], [0], [9], [9]]), 1)
    (1.0, 1.7)
    """
    if len(series) < 2 or not _varies(series):
        return None
    from arviz_stats.base import array_stats

    with np.errstate(all="ignore"):
        return _finite(array_stats.rhat(series))


def bulk_ess(series: np.ndarray) -> float | None:
    """How many independent draws would tell the centre of a quantity as well: the bulk ESS.

    Parameters
    ----------
    series : (n_chains, n_draws) float64

    Returns
    -------
    float or None
        None of fewer than `FEWEST_DRAWS` draws, and where a chain does not vary.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021, Bayesian Analysis 16:667.
    """
    if not _varies(series):
        return None
    from arviz_stats.base import array_stats

    with np.errstate(all="ignore"):
        return _finite(array_stats.ess(series))


def _varies(series: np.ndarray) -> bool:
    """Whether there are chains of enough draws, each of which varies."""
    if not len(series) or series.shape[1] < FEWEST_DRAWS:
        return False
    return bool((np.ptp(series, axis=1) > 0).all())


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
