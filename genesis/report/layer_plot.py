"""The layered network as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.engine.extras import load_extra
from genesis.report.network_plot import ROLES, SIGNS, add_key
from genesis.report.style import GREY, INK, axes_for, literal

if TYPE_CHECKING:
    from genesis.report.layer_drawing import LayerDrawing

__all__ = ["plot_layers"]

#: Fill and colour of the name of a variant, with what it says.
_LOCUS = ("#FBF3DC", INK, "variant")
#: Inches of a letter, beside names, between columns, and of a row; of the whole at the most.
_LETTER, _BESIDE, _GAP, _ROW, _WIDEST, _TALLEST = 0.085, 0.25, 1.1, 0.34, 14.0, 14.0
#: How far arcs within a column swing out, as a share of what is between columns.
_SWING = 0.5


def plot_layers(drawing: LayerDrawing, ax: Any = None) -> Any:
    """Draw nodes as names in boxes, a column a layer, and claims and anchors as arrows.

    Parameters
    ----------
    drawing : LayerDrawing
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    labels = [literal(name) for name in drawing.labels]
    half = np.array([_LETTER * len(name) / 2 for name in drawing.columns])
    np.maximum.at(half, drawing.column, [(_LETTER * len(one) + _BESIDE) / 2 for one in labels])
    middle = np.cumsum(2 * half + _GAP) - _GAP - half
    y = drawing.y * _ROW
    width, height = middle[-1] + half[-1] + _SWING * _GAP, np.ptp(y) + 1.1
    scale = min(1.0, _WIDEST / width, _TALLEST / height)
    ax = axes_for(ax, (max(scale * width, 5.2), max(scale * height, 2.0)))
    size = max(8.0 * scale, 3.5)
    patches = load_extra("matplotlib.patches", "a figure", "plot")
    path = load_extra("matplotlib.path", "a figure", "plot").Path
    for at, one in enumerate(drawing.arrows[:, 0].tolist()):
        look = drawing.looks[at]
        colour, style, _ = SIGNS[look["sign"]]
        points = _points(drawing, at, y, middle, half)
        codes = [path.MOVETO, *[path.CURVE4] * (len(points) - 1)]
        is_anchor = drawing.role[one] == "locus"
        ax.add_patch(
            patches.FancyArrowPatch(
                path=path(points, codes), arrowstyle=style, mutation_scale=9 * scale,
                color=colour, lw=0.6 * look["width"] * scale, shrinkA=0, shrinkB=0,
                alpha=0.7 if is_anchor else 1.0, zorder=2 if is_anchor else 3,
            )
        )  # fmt: skip
    for name, column, down, role in zip(labels, drawing.column, y, drawing.role, strict=True):
        fill, colour, _ = {**ROLES, "locus": _LOCUS}[role]
        ax.add_patch(
            patches.FancyBboxPatch(
                (middle[column] - half[column] + 0.06, down - 0.09), 2 * half[column] - 0.12, 0.18,
                boxstyle="round,pad=0.04", facecolor=fill, edgecolor="#7B8794", linewidth=0.6,
                linestyle="--" if role == "locus" else "-", zorder=4,
            )
        )  # fmt: skip
        ax.annotate(
            name, (middle[column], down), fontsize=size, ha="center", va="center", color=colour,
            zorder=5,
        )  # fmt: skip
    top = y.min() - 0.45
    for name, at, wide in zip(drawing.columns, middle, half, strict=True):
        ax.axvspan(at - wide - 0.04, at + wide + 0.04, color=GREY, alpha=0.2, lw=0, zorder=0)
        ax.annotate(
            literal(name), (at, top), fontsize=size + 1, ha="center", va="center", color=INK,
            weight="bold",
        )  # fmt: skip
    ax.set_xlim(-0.1, width)
    ax.set_ylim(y.max() + 0.35, top - 0.2)
    ax.set_axis_off()
    roles = {name: ROLES[name] for name in ROLES if name in drawing.role}
    locus = {"locus": _LOCUS} if "locus" in drawing.role else {}
    add_key(ax, {look["sign"] for look in drawing.looks}, {**locus, **roles})
    return ax


def _points(
    drawing: LayerDrawing, arrow: int, y: np.ndarray, middle: np.ndarray, half: np.ndarray
) -> list[tuple[float, float]]:
    """The beginning of an arrow, and three points of each curve and of each line along it."""
    one, other = drawing.arrows[arrow]
    start, end = drawing.column[one], drawing.column[other]
    first, last = y[[one, other]] + drawing.ports[arrow] * _ROW
    if start == end:
        x = middle[start] + half[start]
        out = x + min(0.15 + 0.15 * abs(last - first), _SWING * _GAP)
        return [(x, first), (out, first), (out, last), (x, last)]
    step = 1 if end > start else -1
    places = [
        (k, way * _ROW)
        for k, way in zip(range(start + step, end, step), drawing.ways[arrow], strict=True)
    ]
    places.append((end, last))
    points = [(middle[start] + step * half[start], first)]
    for column, down in places:
        x, before = middle[column] - step * half[column], points[-1]
        turn = (before[0] + x) / 2
        points += [(turn, before[1]), (turn, down), (x, down)]
        if column != end:
            beyond = middle[column] + step * half[column]
            points += [(x, down), (beyond, down), (beyond, down)]
    return points
