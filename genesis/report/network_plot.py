"""The strongest claims as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.engine.extras import load_extra
from genesis.report.network import Drawing
from genesis.report.network_views import arrow_rows
from genesis.report.style import BLUE, GREY, INK, axes_for, literal

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["ROLES", "SIGNS", "add_key", "draw_network"]

#: Colour and head of an arrow by the sign of its effect, with what it says.
SIGNS = {
    "plus": (BLUE, "-|>", "raises"),
    "minus": ("#C2410C", "|-|,widthA=0,widthB=0.3,angleA=0,angleB=0", "lowers"),
    "unsigned": ("#52606D", "-|>", "acts on"),
}
#: Fill and colour of a name by the role of its gene, with what it says.
ROLES = {
    "upstream": (INK, "white", "no ancestor here"),
    "between": ("#DDE3EA", INK, "between"),
    "downstream": ("white", INK, "no descendant here"),
}
#: Inches of a step: a letter of a name at the size of a figure of few genes, and of a row.
_LETTER, _ROW, _WIDEST, _TALLEST = 0.085, 0.62, 14.0, 12.0


def draw_network(result: Findings, drawing: Drawing, ax: Any = None) -> Any:
    """Draw genes as names in boxes, which no arrow ends within, and claims as arrows.

    Parameters
    ----------
    result : Findings
    drawing : Drawing
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    names = [literal(str(name)) for name in result.gene_ids[drawing.gene]]
    usual = float(np.quantile([len(name) for name in names], 0.9))
    columns, rows = np.ptp(drawing.xy, axis=0) + 1.0
    step = max(_LETTER * usual + 0.3, 0.7)
    width, height = step * columns, _ROW * rows + 0.4
    scale = min(1.0, _WIDEST / width, _TALLEST / height)
    ax = axes_for(ax, (max(scale * width, 5.2), max(scale * height, 2.0)))
    size = max(8.0 * scale, 3.5)
    arrow = load_extra("matplotlib.patches", "a figure", "plot").FancyArrowPatch
    looks = arrow_rows(result, drawing.row, drawing.only_direct)
    for (a, b), bend, look in zip(drawing.arrows.tolist(), drawing.bend, looks, strict=True):
        colour, style, _ = SIGNS[look["sign"]]
        ax.add_patch(
            arrow(
                drawing.xy[a], drawing.xy[b], arrowstyle=style, mutation_scale=9 * scale,
                color=colour, lw=0.6 * look["width"] * scale, shrinkA=size, shrinkB=size + 2,
                connectionstyle=f"arc3,rad={bend}",
            )
        )  # fmt: skip
    for name, xy, role in zip(names, drawing.xy, drawing.role, strict=True):
        fill, colour, _ = ROLES[role]
        ax.annotate(
            name, xy, fontsize=size, ha="center", va="center", color=colour, zorder=4,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": "#7B8794",
                  "linewidth": 0.6},
        )  # fmt: skip
    ax.set_xlim(drawing.xy[:, 0].min() - 0.55, drawing.xy[:, 0].max() + 0.55)
    ax.set_ylim(drawing.xy[:, 1].max() + 0.5, drawing.xy[:, 1].min() - 0.5)
    ax.set_axis_off()
    roles = {role: look for role, look in ROLES.items() if role in drawing.role}
    add_key(ax, {look["sign"] for look in looks}, roles)
    return ax


def add_key(ax: Any, signs: set[str], roles: dict[str, tuple[str, str, str]]) -> None:
    """Say above a figure what boxes and arrows mean, as far as there are such.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    signs : set of str
        Names in `SIGNS`.
    roles : dict
        Rows as of `ROLES`.
    """
    line = load_extra("matplotlib.lines", "a figure", "plot").Line2D
    patch = load_extra("matplotlib.patches", "a figure", "plot").Patch
    handles = [
        patch(facecolor=fill, edgecolor=GREY, label=words) for fill, _, words in roles.values()
    ]
    handles += [
        line([], [], color=colour, label=words)
        for sign, (colour, _, words) in SIGNS.items()
        if sign in signs
    ]
    ax.legend(
        handles=handles, frameon=False, fontsize=7, ncols=len(handles), loc="lower center",
        bbox_to_anchor=(0.5, 1.0), handlelength=1.6, columnspacing=1.2,
    )  # fmt: skip
