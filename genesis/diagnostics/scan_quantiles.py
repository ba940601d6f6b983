"""Quantiles of the p-values of single variants against single genes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.anchors.cis_windows import CandidateRanges, cis_windows
from genesis.inputs.collect import Inputs
from genesis.linear.unit_rows import UnitRows
from genesis.marginal.scan import log_p_of_t

__all__ = ["quantile_ranks", "scan_quantiles"]

#: Genes, and variants of each, whose cis pairs are looked at; evenly spaced where there are more.
CIS_GENES, CIS_VARIANTS = 400, 300
#: Genes and variants of which all pairs are looked at.
ALL_GENES, ALL_VARIANTS = 1_000, 2_000
#: Ranks kept of each kind.
N_RANKS = 120


def scan_quantiles(
    inputs: Inputs, genes: np.ndarray, rows: np.ndarray, cis_window: int | None
) -> pd.DataFrame:
    """Regress genes on variants one at a time and keep quantiles of the p-values.

    Of many genes and variants an evenly spaced part is looked at.

    Parameters
    ----------
    inputs : Inputs
    genes : (n_genes,) int64
        Positions in the inputs of the genes that vary.
    rows : (n_genes, n_samples) float64
        Their unit rows.
    cis_window : int or None
        Pairs within each other's window and the others are kept apart; None for no windows.

    Returns
    -------
    pandas.DataFrame
        pairs, n_tests, rank, expected, observed; see `Diagnostics.scan`.
    """
    variants = UnitRows(inputs.dosages, inputs.basis)
    degrees = max(inputs.n_effective - 2, 1)
    picked = evenly_spaced(len(genes), ALL_GENES)
    columns = evenly_spaced(len(inputs.variants), ALL_VARIANTS)
    found, deviations = variants(columns)
    r = np.abs(found @ rows[picked].T)
    shown = np.broadcast_to((deviations > 0)[:, None], r.shape)
    if cis_window is None:
        return _quantiles("all", r[shown], degrees)
    ranges = cis_windows(
        inputs.variants, inputs.genes.iloc[genes].reset_index(drop=True), cis_window
    )
    place = np.empty(len(inputs.variants), dtype=np.int64)
    place[ranges.order] = np.arange(len(place))
    at = place[columns][:, None]
    is_cis = (at >= ranges.first[picked]) & (at < ranges.last[picked])
    return pd.concat(
        [
            _quantiles("cis", _cis_correlations(variants, rows, ranges), degrees),
            _quantiles("distant", r[shown & ~is_cis], degrees),
        ],
        ignore_index=True,
    )


def evenly_spaced(n: int, most: int) -> np.ndarray:
    """At most so many of n positions, evenly spaced.

    Examples
    --------
    >>> evenly_spaced(3, 5).tolist(), evenly_spaced(10, 4).tolist()
    ([0, 1, 2], [0, 3, 6, 9])
    """
    if n <= most:
        return np.arange(n)
    return np.round(np.linspace(0, n - 1, most)).astype(np.int64)


def _cis_correlations(variants: UnitRows, rows: np.ndarray, ranges: CandidateRanges) -> np.ndarray:
    """Absolute correlations of genes with the variants in their windows."""
    with_candidates = np.flatnonzero(ranges.last > ranges.first)
    parts = [np.empty(0)]
    for gene in with_candidates[evenly_spaced(len(with_candidates), CIS_GENES)]:
        window = ranges.order[ranges.first[gene] : ranges.last[gene]]
        found, deviations = variants(window[evenly_spaced(len(window), CIS_VARIANTS)])
        parts.append(np.abs(found @ rows[gene])[deviations > 0])
    return np.concatenate(parts)


def _quantiles(pairs: str, r: np.ndarray, degrees: int) -> pd.DataFrame:
    n_tests = len(r)
    rank = quantile_ranks(n_tests)
    largest = np.minimum(np.sort(r)[::-1][rank - 1], 1.0)
    with np.errstate(divide="ignore"):
        t = largest * np.sqrt(degrees / (1.0 - largest * largest))
        # A perfect correlation has p = 0, which no plot can show.
        log_p = np.maximum(log_p_of_t(t, degrees), -1e5)
    return pd.DataFrame(
        {
            "pairs": pd.Series([pairs] * len(rank), dtype="str"),
            "n_tests": np.full(len(rank), n_tests, dtype=np.int64),
            "rank": rank,
            "expected": -np.log10((rank - 0.5) / max(n_tests, 1)),
            "observed": -log_p / np.log(10.0) + 0.0,
        }
    )


def quantile_ranks(n_tests: int) -> np.ndarray:
    """Ranks that show a distribution down to its smallest p-value, the median among them.

    Examples
    --------
    >>> quantile_ranks(5).tolist()
    [1, 2, 3, 4, 5]
    """
    if not n_tests:
        return np.empty(0, dtype=np.int64)
    ranks = np.round(np.geomspace(1, n_tests, N_RANKS)).astype(np.int64)
    return np.unique([*ranks, (n_tests + 1) // 2])
