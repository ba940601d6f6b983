"""From what was seen again to posteriors that say as much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

__all__ = ["HOLDS", "Curve", "expected_ratio", "fit_curve"]

#: How likely posteriors are to hold on data of which nothing is known, by what claims rest on.
HOLDS = {"own anchor": 0.95, "anchors elsewhere": 0.9, "expression alone": 0.8}
#: With a larger error, relative to what is expected, true claims are not told from confounded ones.
LARGEST_ERROR = 0.5
_UPPER = 0.975


@dataclass(frozen=True, eq=False)
class Curve:
    """What posteriors become.

    Attributes
    ----------
    posterior, calibrated : (k,) float64
        Ascending, from 0 to 1; between them the curve is straight.
    error : float
        Standard error of the share of the predicted effects that was seen, relative to what is
        expected, over the claims above one half; infinite where nothing was tested.
    """

    posterior: NDArray[np.float64]
    calibrated: NDArray[np.float64]
    error: float

    @property
    def is_known(self) -> bool:
        """Whether enough could be tested to tell true claims from confounded ones."""
        return self.error <= LARGEST_ERROR

    def __call__(self, posterior: NDArray[np.floating]) -> NDArray[np.float64]:
        """Posteriors after calibration; none is larger than before."""
        return np.minimum(np.interp(posterior, self.posterior, self.calibrated), posterior)


def expected_ratio(ratio: float, error: float, holds: float) -> float:
    """Posterior mean of the ratio of true to claimed, which is 1 or anything below.

    Parameters
    ----------
    ratio : float
        Share of the predicted effects that was seen, over what is expected.
    error : float
        Its standard error; infinite for nothing known.
    holds : float
        Prior probability that the ratio is 1; else it is uniform on 0 to 1.

    Examples
    --------
    >>> round(expected_ratio(1.04, 0.04, 0.5), 3)
    0.999
    >>> round(expected_ratio(0.03, 0.2, 0.5), 2)
    0.17
    >>> expected_ratio(float("nan"), float("inf"), 0.5)
    0.75
    """
    if not np.isfinite(error) or not np.isfinite(ratio):
        return holds + (1.0 - holds) / 2
    error = max(error, 1e-6)
    # Far outside 0 to 1 all densities vanish: the nearer end is taken.
    ratio = float(np.clip(ratio, -5 * error, 1 + 5 * error))
    within = stats.truncnorm(-ratio / error, (1 - ratio) / error, loc=ratio, scale=error)
    uniform = float(stats.norm.cdf(1, ratio, error) - stats.norm.cdf(0, ratio, error))
    exactly = float(stats.norm.pdf(1, ratio, error))
    true = holds * exactly / (holds * exactly + (1.0 - holds) * uniform)
    return float(true + (1.0 - true) * within.mean())


def fit_curve(bins: pd.DataFrame, holds: float) -> Curve:
    """The curve that the claims of one kind of evidence follow.

    Parameters
    ----------
    bins : pandas.DataFrame
        lower, upper, n_claims, n_loci, mean_posterior, share, se_between: of each bin of
        posteriors.
    holds : float
        Prior probability that posteriors hold, see `expected_ratio`.
    """
    middle = ((bins["lower"] + bins["upper"]) / 2).to_numpy(dtype=np.float64)
    mean = np.where(bins["n_claims"] > 0, bins["mean_posterior"], middle)
    error = bins["se_between"].fillna(np.inf).to_numpy(dtype=np.float64) / mean
    # An error from few loci is itself in doubt: as wide as its interval by Student's t.
    freedom = np.maximum(bins["n_loci"].to_numpy(dtype=np.float64) - 1.0, 1.0)
    error *= stats.t.ppf(_UPPER, freedom) / stats.norm.ppf(_UPPER)
    ratios = [
        expected_ratio(ratio, one, holds)
        for ratio, one in zip(bins["share"].to_numpy(dtype=np.float64) / mean, error, strict=True)
    ]
    # As certain as what is known of each, so that a bin of few claims bends no curve.
    weight = 1.0 / (1.0 + np.where(np.isfinite(error), error, 10.0)) ** 2
    value = np.asarray(optimize.isotonic_regression(mean * ratios, weights=weight).x)
    above_half = np.isfinite(error) & (bins["lower"] >= 0.5).to_numpy()
    information = float((1.0 / error[above_half] ** 2).sum())
    return Curve(
        np.concatenate([[0.0], mean, [1.0]]),
        np.concatenate([[0.0], value, [value[-1] / mean[-1]]]),
        float(1.0 / np.sqrt(information)) if information else float("inf"),
    )
