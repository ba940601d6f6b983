"""Whether posteriors are what they say: of pairs at 0.9, are nine in ten true?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.evaluate.ranking import check_scores

__all__ = ["BINS", "calibration_error", "completed", "reliability_table"]

#: Edges of the bins: narrow where posteriors of sparse networks lie, at both ends.
BINS = (0.0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


def reliability_table(
    posteriors: NDArray[np.float64],
    labels: NDArray[np.bool_],
    bins: Sequence[float] = BINS,
) -> pd.DataFrame:
    """What is true among pairs of similar posterior.

    Parameters
    ----------
    posteriors : numpy.ndarray of float64, shape (n,)
        Probabilities, no NaN.
    labels : numpy.ndarray of bool, shape (n,)
        What is true.
    bins : sequence of float
        Edges, ascending from 0 to 1. A bin holds its lower edge, the last one both.

    Returns
    -------
    pandas.DataFrame
        One row a bin: ``lower``, ``upper``, ``n``, ``n_true``, ``mean_posterior``,
        ``true_rate``, and its Wilson 95 % interval ``rate_low``, ``rate_high``. NaN in the last
        four where a bin is empty. Pairs of genes are not independent, so that the interval is
        the narrowest that can be hoped for.

    Raises
    ------
    CommandLineError
        The bins do not ascend from 0 to 1, a posterior is no probability, or the lengths differ.

    References
    ----------
    Wilson 1927, Journal of the American Statistical Association 22:209.

    Examples
    --------
    >>> posteriors = np.array([0.1, 0.2, 0.7, 0.9])
    >>> table = reliability_table(posteriors, np.array([0, 0, 1, 1], dtype=bool), [0, 0.5, 1])
    >>> table[["n", "n_true", "mean_posterior", "true_rate"]].round(2)
       n  n_true  mean_posterior  true_rate
    0  2       0            0.15        0.0
    1  2       2            0.80        1.0
    """
    edges = np.asarray(bins, dtype=np.float64)
    if len(edges) < 2 or edges[0] != 0 or edges[-1] != 1 or not (np.diff(edges) > 0).all():
        raise CommandLineError(f"bins are {list(bins)}: give edges that ascend from 0 to 1")
    posteriors, labels = np.asarray(posteriors, np.float64), np.asarray(labels, np.bool_)
    if not ((posteriors >= 0) & (posteriors <= 1)).all():
        raise CommandLineError("posteriors must lie between 0 and 1: give probabilities")
    check_scores(posteriors, labels)
    # Sums over sorted values are the same for any order of the pairs.
    order = np.argsort(posteriors)
    ranked, n_true_below = posteriors[order], np.append(0, np.cumsum(labels[order]))
    bounds = np.searchsorted(ranked, edges, side="left")
    bounds[-1] = len(ranked)
    totals = [float(ranked[low:high].sum()) for low, high in pairwise(bounds)]
    return completed(
        pd.DataFrame(
            {
                "lower": edges[:-1],
                "upper": edges[1:],
                "n": np.diff(bounds).astype(np.int64),
                "n_true": np.diff(n_true_below[bounds]).astype(np.int64),
            }
        ),
        np.array(totals),
    )


def completed(counts: pd.DataFrame, totals: NDArray[np.float64]) -> pd.DataFrame:
    """A table of counts with the columns that follow from it.

    Parameters
    ----------
    counts : pandas.DataFrame
        ``lower``, ``upper``, ``n``, ``n_true``.
    totals : numpy.ndarray of float64, shape (n_bins,)
        Sum of the posteriors in each bin.

    Returns
    -------
    pandas.DataFrame
        As of `reliability_table`.

    Examples
    --------
    >>> counts = pd.DataFrame({"lower": [0.0], "upper": [1.0], "n": [4], "n_true": [1]})
    >>> completed(counts, np.array([2.0]))["mean_posterior"].tolist()
    [0.5]
    """
    n, n_true = counts["n"].to_numpy(), counts["n_true"].to_numpy()
    share = np.full((4, len(n)), np.nan)
    for row in np.flatnonzero(n):
        low, high = _wilson_interval(int(n_true[row]), int(n[row]))
        share[:, row] = totals[row] / n[row], n_true[row] / n[row], low, high
    names = ("mean_posterior", "true_rate", "rate_low", "rate_high")
    return counts.assign(**dict(zip(names, share, strict=True)))


def _wilson_interval(n_true: int, n: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(n_true, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def calibration_error(reliability: pd.DataFrame, above: float = 0.0) -> float:
    """Expected calibration error: by how much posteriors miss the rate, in the mean over pairs.

    Parameters
    ----------
    reliability : pandas.DataFrame
        As of `reliability_table`.
    above : float
        Bins with a lower edge below it are passed over. Most pairs are unrelated and near 0,
        where it is easy to be right: 0.5 says how far claims can be believed.

    Returns
    -------
    float
        Mean of ``|mean posterior − true rate|``, each bin weighted with its pairs; NaN without any.

    References
    ----------
    Naeini, Cooper & Hauskrecht 2015, AAAI.

    Examples
    --------
    >>> posteriors = np.array([0.1, 0.1, 0.9, 0.9])
    >>> table = reliability_table(posteriors, np.array([0, 0, 0, 1], dtype=bool))
    >>> round(calibration_error(table), 3), round(calibration_error(table, above=0.5), 3)
    (0.25, 0.4)
    """
    used = reliability[(reliability["lower"] >= above) & (reliability["n"] > 0)]
    if not len(used):
        return float("nan")
    missed = (used["mean_posterior"] - used["true_rate"]).abs()
    return float(np.average(missed, weights=used["n"]))
