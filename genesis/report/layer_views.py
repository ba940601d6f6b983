"""The layered network of the page: places of boxes and arrows in pixels, for wide and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.report.layer_drawing import LayerDrawing, draw_layers, layer_names

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["genes_of_layers", "layer_views"]

#: Letters of the longest label, width of a letter, and of what is beside a label in its box.
_MOST_LETTERS, _LETTER, _BESIDE = 20, 8.7, 28.0
#: Height of a box, of a step between boxes, and where the first ones are, below the headings.
_BOX, _STEP, _TOP = 24.0, 34.0, 54.0
#: Between columns, at the least and at the most: on wide screens, where the whole is to be so wide,
#: and on narrow ones, where arrows need so much each.
_GAPS, _WIDE = (80.0, 170.0), 1000.0
_NARROW_GAPS, _ROOM_OF_ARROW = (26.0, 64.0), 0.8
_MARGIN, _HEAD_OF_ARROW = 10.0, 3.0
#: How far arcs within a column swing out, as a share of what is between columns.
_SWING = 0.6


def layer_views(result: Findings) -> dict[str, Any] | None:
    """The layered network in pixels; None of one layer, or where no claim is to be drawn.

    Parameters
    ----------
    result : Findings

    Returns
    -------
    dict, optional
        nodes (gene: -1 for variants, name, label, role, half: half of the width of its box),
        arrows (from, to, anchor: whether from a variant, sign, width, posterior, effect), said
        (sentences), has_loci, only_direct, and views by name: width, height, columns (name, label,
        x, half), places (x, y, one a node), paths (one an arrow).
    """
    if not layer_names(result):
        return None
    drawing = draw_layers(result)
    if not len(drawing.arrows):
        return None
    labels = [_cut(label) for label in drawing.labels]
    halves = np.array([_LETTER * len(_cut(name)) / 2 for name in drawing.columns])
    np.maximum.at(halves, drawing.column, [(_LETTER * len(one) + _BESIDE) / 2 for one in labels])
    halves = halves.round(1)
    n_gaps = max(len(halves) - 1, 1)
    gaps = {
        "wide": float(np.clip((_WIDE - 2 * halves.sum()) / n_gaps, *_GAPS)),
        "narrow": float(np.clip(_ROOM_OF_ARROW * len(drawing.arrows), *_NARROW_GAPS)),
    }
    return {
        "nodes": [
            {"gene": int(gene), "name": name, "label": label, "role": role, "half": float(half)}
            for gene, name, label, role, half in zip(
                drawing.gene,
                drawing.names,
                labels,
                drawing.role,
                halves[drawing.column],
                strict=True,
            )
        ],
        "arrows": [
            {"from": int(a), "to": int(b), "anchor": drawing.role[a] == "locus", **look}
            for (a, b), look in zip(drawing.arrows, drawing.looks, strict=True)
        ],
        "has_loci": "locus" in drawing.role,
        "said": drawing.said,
        "only_direct": drawing.only_direct,
        "views": {name: _view(drawing, halves, gap) for name, gap in gaps.items()},
    }


def genes_of_layers(views: dict[str, Any] | None) -> np.ndarray:
    """Positions of the genes that are drawn, (k,) int32."""
    nodes = [] if views is None else views["nodes"]
    return np.array([node["gene"] for node in nodes if node["gene"] >= 0], dtype=np.int32)


def _cut(name: str) -> str:
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1]}…"


def _view(drawing: LayerDrawing, halves: np.ndarray, gap: float) -> dict[str, Any]:
    """Places with this gap between columns, of which half of the widths are given."""
    middle = _MARGIN + np.cumsum(2 * halves + gap) - gap - halves
    left, right = middle - halves, middle + halves
    start, end = drawing.column[drawing.arrows].T
    y = _TOP + drawing.y * _STEP
    paths = []
    for at, (one, other) in enumerate(drawing.arrows.tolist()):
        y1, y2 = y[[one, other]] + drawing.ports[at] * _STEP
        if start[at] == end[at]:
            swing = min(8.0 + 5.0 * abs(y2 - y1) / _STEP, _SWING * gap)
            paths.append(_arc(right[end[at]], y1, y2, swing))
            continue
        step = 1 if end[at] > start[at] else -1
        near, far = (left, right) if step > 0 else (right, left)
        points = [(far[start[at]], y1)]
        for k, way in zip(range(start[at] + step, end[at], step), drawing.ways[at], strict=True):
            points += [(near[k], _TOP + way * _STEP), (far[k], _TOP + way * _STEP)]
        points.append((near[end[at]] - step * _HEAD_OF_ARROW, y2))
        paths.append(_path(points))
    # Arcs swing out of the last column, too.
    beyond = _SWING * gap if ((start == end) & (end == len(halves) - 1)).any() else 0.0
    return {
        "width": round(float(right[-1] + beyond + _MARGIN)),
        "height": round(float(y.max() + _BOX / 2 + _MARGIN)),
        "columns": [
            {"name": name, "label": _cut(name), "x": round(float(x), 1), "half": float(half) + 6}
            for name, x, half in zip(drawing.columns, middle, halves, strict=True)
        ],
        "places": [
            [round(float(middle[k]), 1), round(float(at), 1)]
            for k, at in zip(drawing.column, y, strict=True)
        ],
        "paths": paths,
    }


def _path(points: list[tuple[float, float]]) -> str:
    """An arrow through points, level at each, and straight from each second one to the next."""
    text = f"M{points[0][0]:.0f} {points[0][1]:.1f}"
    for k in range(0, len(points), 2):
        (x1, y1), (x2, y2) = points[k], points[k + 1]
        turn = (x1 + x2) / 2
        text += f"C{turn:.0f} {y1:.1f} {turn:.0f} {y2:.1f} {x2:.0f} {y2:.1f}"
        if k + 2 < len(points):
            text += f"H{points[k + 2][0]:.0f}"
    return text


def _arc(x: float, y1: float, y2: float, swing: float) -> str:
    """An arrow between boxes of one column, at the right of it."""
    # A curve goes three quarters of the way to the points that draw it.
    out = x + swing / 0.75
    return (
        f"M{x:.0f} {y1:.1f}C{out:.0f} {y1:.1f} {out:.0f} {y2:.1f} {x + _HEAD_OF_ARROW:.0f} {y2:.1f}"
    )
