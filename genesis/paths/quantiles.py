"""Quantiles and means of what is drawn in some graphs, each of which has a weight."""

from __future__ import annotations

import numpy as np

__all__ = ["INTERVAL", "interval", "weighted_quantile"]

#: Quantiles at the ends of intervals: 90 % of the weight lies between them.
INTERVAL = (0.05, 0.95)
#: Fewer values say nothing of where that lies.
FEWEST = 10


def weighted_quantile(values: np.ndarray, weight: np.ndarray, share: float) -> float:
    """The least value up to which values have at least this share of the weight.

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 1.0]), 0.5)
    1.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    # Sums of weights are off by their rounding.
    at = np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))
    return float(values[order][at])


def interval(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """The 90 % interval of values; missing where they are too few."""
    if len(values) < FEWEST:
        return np.nan, np.nan
    low, high = (weighted_quantile(values, weight, share) for share in INTERVAL)
    return low, high
