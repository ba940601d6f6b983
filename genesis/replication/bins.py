"""The share of predicted effects that is seen again, by posterior and by what claims rest on."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.findings.relations import RESTS_ON
from genesis.replication.statistic import AnchoredClaims, replicated_share

__all__ = ["COLUMNS", "EDGES", "in_bin", "plain_rows", "replication_table", "rows_of_bins"]

#: Posteriors between which claims are taken together.
EDGES = (0.1, 0.5, 0.9, 1.0)
COLUMNS = (
    "rests_on", "lower", "upper", "n_claims", "n_anchors", "n_loci", "mean_posterior", "share",
    "se", "se_between", "low", "high",
)  # fmt: skip


def replication_table(
    claims: AnchoredClaims,
    rests_on: ArrayLike | None,
    variants: NDArray[np.float64],
    genes: NDArray[np.float64],
    anchor_names: ArrayLike | None = None,
    claim_names: ArrayLike | None = None,
) -> pd.DataFrame:
    """λ by bins of posterior, for all claims and for those that rest on the same evidence.

    Parameters
    ----------
    claims : AnchoredClaims
    rests_on : (m,) str or None
        One of `RESTS_ON` for each claim, or something else where it is not known.
    variants, genes : (k, n_samples) float64
        Unit rows of the second set of samples.
    anchor_names : (k,) str, optional
        Names of the rows of `variants`, where several are of one variant.
    claim_names : (m,) str, optional
        Names of the claims, where one is tested several times.

    Returns
    -------
    pandas.DataFrame
        One row a bin: ``rests_on`` ("all" first, then those of `RESTS_ON` unless nothing is known
        of it), ``lower``, ``upper`` (not included, but for 1), ``n_claims``, ``n_anchors``,
        ``n_loci``, ``mean_posterior``, and ``share``, ``se``, ``se_between``, ``low``, ``high``
        as of `Replicated`.

        The posteriors have the weights that their claims have in λ, so that ``mean_posterior``
        is what λ is expected to be where posteriors are right. NaN in bins without claims.

    Examples
    --------
    >>> rows = np.empty(0, dtype=np.int64)
    >>> nothing = AnchoredClaims(rows, rows, rows, *[np.empty(0)] * 3, rows)
    >>> replication_table(nothing, None, np.empty((0, 9)), np.empty((0, 9)))["n_claims"].tolist()
    [0, 0, 0]
    """
    evidence = None if rests_on is None else np.asarray(rests_on, dtype=object)
    rows = []
    for kind in ("all", *(RESTS_ON if evidence is not None else ())):
        of_kind = np.ones(len(claims), dtype=np.bool_) if kind == "all" else evidence == kind
        for row in rows_of_bins(claims, of_kind, variants, genes, anchor_names, claim_names):
            rows.append({"rests_on": kind, **row})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def rows_of_bins(
    claims: AnchoredClaims,
    which: NDArray[np.bool_],
    variants: NDArray[np.float64],
    genes: NDArray[np.float64],
    anchor_names: ArrayLike | None = None,
    claim_names: ArrayLike | None = None,
) -> list[dict[str, Any]]:
    """λ of some of the claims, one row a bin of posteriors; see `replication_table`."""
    anchor_of = None if anchor_names is None else np.asarray(anchor_names)
    claim_of = None if claim_names is None else np.asarray(claim_names)
    rows = []
    for lower, upper in itertools.pairwise(EDGES):
        here = which & in_bin(claims.posterior, lower, upper)
        mine = claims.among(here)
        row: dict[str, Any] = {"lower": lower, "upper": upper}
        row |= dataclasses.asdict(replicated_share(mine, variants, genes))
        row["n_claims"] = len(mine) if claim_of is None else len(np.unique(claim_of[here]))
        row["mean_posterior"] = _mean_posterior(mine)
        if anchor_of is not None:
            row["n_anchors"] = len(np.unique(anchor_of[mine.anchor]))
        rows.append(row)
    return rows


def in_bin(posterior: NDArray[np.float64], lower: float, upper: float) -> NDArray[np.bool_]:
    """Which posteriors lie in a bin; one of 1 is in the last."""
    # A claim is listed to single precision, and 0.9 is meant where 0.89999998 is written.
    rounded = np.round(posterior, 6)
    return np.asarray((rounded >= lower) & ((rounded < upper) | (upper == EDGES[-1])))


def _mean_posterior(claims: AnchoredClaims) -> float:
    weight = (claims.strength * claims.effect) ** 2
    total = weight.sum()
    return float(weight @ claims.posterior / total) if total > 0 else float("nan")


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON takes them: null for what is no finite number."""

    def plain(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return None
        return value

    return [{name: plain(value) for name, value in row.items()} for row in table.to_dict("records")]
