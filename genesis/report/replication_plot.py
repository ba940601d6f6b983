"""Predicted against seen: the share of claimed effects that other samples show, by bin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError
from genesis.replication.verdict import half_width, has_power
from genesis.report.style import BLUE, GREEN, GREY, INK, ORANGE, axes_for

__all__ = ["draw_replication"]

#: Colour, marker and shift to the right of each kind of evidence.
_LOOKS = {
    "all": (INK, "o", 0.0),
    "own anchor": (BLUE, "s", 0.010),
    "anchors elsewhere": (GREEN, "^", 0.020),
    "expression alone": (ORANGE, "D", 0.030),
}
#: What lies beyond is drawn at the edge.
_LOWEST, _HIGHEST = -0.5, 1.5


def draw_replication(table: pd.DataFrame, ax: Any = None) -> Any:
    """Draw the share that was seen against the mean posterior of each bin.

    Points on the diagonal are claims that are seen again as often as they say; at 0 are those
    that are confounded. Bars are 95 % intervals over loci, or over samples where these are wider;
    what is beyond the edge of the figure is drawn at it.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `genesis.replication.bins.replication_table`.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DegenerateDataError
        No claim could be tested.
    """
    # In the record of a run what is no finite number is null.
    numbers = ["mean_posterior", "share", "se_between"]
    tested = table.assign(**table[numbers].astype(np.float64))
    tested = tested[tested["share"].notna()]
    if tested.empty:
        raise DegenerateDataError("no claim could be tested in other samples")
    ax = axes_for(ax)
    ax.axhline(0, color=GREY, linewidth=1, zorder=0)
    ax.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle="--", label="as predicted")
    has_kinds = (tested["rests_on"] != "all").any()
    for kind, (colour, marker, shift) in _LOOKS.items():
        rows = tested[tested["rests_on"] == kind]
        if rows.empty:
            continue
        share = rows["share"].to_numpy()
        between = rows["se_between"].fillna(np.inf)
        error = np.array([half_width(*one) for one in zip(rows["n_loci"], between, strict=True)])
        ends = np.clip([share - error, share + error], _LOWEST, _HIGHEST)
        shown = np.clip(share, _LOWEST, _HIGHEST)
        x = rows["mean_posterior"].to_numpy() + (shift if has_kinds else 0.0)
        ax.vlines(x, *ends, color=colour, linewidth=1.2, alpha=0.8)
        label = "all claims" if kind == "all" else kind
        ax.plot(x, shown, marker, color=colour, markersize=5, label=label)
        weak = np.array([not has_power(row) for row in rows.fillna(np.inf).to_dict("records")])
        ax.plot(x[weak], shown[weak], marker, color="white", markersize=3)
        if kind == "all":
            for at, y, n in zip(x, shown, rows["n_claims"], strict=True):
                ax.annotate(
                    f"{n:,}", (at, y), (-5, 3), textcoords="offset points", fontsize=7, ha="right"
                )
    ax.set_xlim(0, 1.05)
    ax.set_ylim(_LOWEST, _HIGHEST)
    ax.set_xlabel("predicted: mean posterior of the claims")
    ax.set_ylabel("seen in other samples: share λ")
    ax.legend(fontsize=8, loc="upper left", framealpha=0.85, edgecolor="none")
    return ax
