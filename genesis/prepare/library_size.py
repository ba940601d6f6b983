"""Library sizes of counts: counts per million, and the trimmed mean of M-values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, MalformedInputError

__all__ = ["counts_per_million", "tmm"]

#: Shares trimmed from each end of the log ratios and of the mean expression (edgeR's).
TRIM_RATIO, TRIM_MEAN = 0.3, 0.05


def tmm(counts: Any) -> pd.Series:
    """TMM factors by which library sizes are to be multiplied.

    Parameters
    ----------
    counts : Expression, pandas.DataFrame or (n_samples, n_genes) array
        Counts, samples in rows; none negative or missing.

    Returns
    -------
    pandas.Series of float64, shape (n_samples,)
        Their product is 1. Indexed by sample.

    Raises
    ------
    MalformedInputError
        For negative or missing counts.
    DegenerateDataError
        For a sample without a count.

    References
    ----------
    Robinson & Oshlack 2010, Genome Biology 11:R25, with the weights, trimming and choice of the
    reference sample of edgeR's ``calcNormFactors``.

    Examples
    --------
    >>> tmm(np.array([[10.0, 20, 30, 40], [20, 40, 60, 80]])).tolist()
    [1.0, 1.0]
    """
    samples = getattr(counts, "samples", getattr(counts, "index", None))
    values = np.asarray(getattr(counts, "values", counts), dtype=np.float64)
    return pd.Series(tmm_factors(values), index=samples, name="tmm_factor")


def counts_per_million(
    counts: NDArray[np.float64], factors: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Counts per million of the library size, which is multiplied by `factors` first."""
    sizes = library_sizes(counts)
    if factors is not None:
        sizes = sizes * factors
    return counts / sizes[:, None] * 1e6


def library_sizes(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    if np.isnan(counts).any() or (counts < 0).any():
        raise MalformedInputError(
            "cpm and tmm are for counts, and some values are missing or negative: give counts, or "
            "leave the step out"
        )
    sizes: NDArray[np.float64] = counts.sum(axis=1)
    if (sizes == 0).any():
        row = int(np.argmin(sizes))
        raise DegenerateDataError(f"sample {row + 1} has no count in any gene; leave it out")
    return sizes


def tmm_factors(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    sizes = library_sizes(counts)
    counts = counts[:, counts.any(axis=0)]
    upper = np.quantile(counts, 0.75, axis=1) / sizes
    if np.median(upper) < 1e-20:
        reference = int(np.argmax(np.sqrt(counts).sum(axis=1)))
    else:
        reference = int(np.argmin(np.abs(upper - upper.mean())))
    logs = np.array(
        [log_ratio(row, counts[reference], size, sizes[reference])
         for row, size in zip(counts, sizes, strict=True)]
    )  # fmt: skip
    factors: NDArray[np.float64] = np.exp2(logs - logs.mean())
    return factors


def log_ratio(
    sample: NDArray[np.float64], reference: NDArray[np.float64], size: float, reference_size: float
) -> float:
    """Weighted trimmed mean of the log2 ratios of a sample to the reference."""
    from scipy.stats import rankdata

    both = (sample > 0) & (reference > 0)
    a, b = sample[both], reference[both]
    share, reference_share = np.log2(a / size), np.log2(b / reference_size)
    ratio, mean = share - reference_share, (share + reference_share) / 2
    n = len(ratio)
    if n == 0 or np.abs(ratio).max() < 1e-6:
        return 0.0
    low_ratio, low_mean = int(n * TRIM_RATIO) + 1, int(n * TRIM_MEAN) + 1
    ranks, mean_ranks = rankdata(ratio), rankdata(mean)
    kept = (ranks >= low_ratio) & (ranks <= n + 1 - low_ratio)
    kept &= (mean_ranks >= low_mean) & (mean_ranks <= n + 1 - low_mean)
    if not kept.any():
        return 0.0
    # Inverse of the variance of the log ratio by the delta method.
    variance = (size - a) / size / a + (reference_size - b) / reference_size / b
    weight = 1 / np.maximum(variance[kept], np.finfo(np.float64).tiny)
    return float((weight * ratio[kept]).sum() / weight.sum())
