"""The network of the page: which claims, and where genes and arrows are at each number of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.report.network import Drawing, Shape, lay_out, strongest_claims
from genesis.report.style import with_minus

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["NETWORK_CLAIMS", "arrow_rows", "network_views"]

#: Most arrows, and the numbers of the strongest that can be asked for.
NETWORK_CLAIMS = 150
_NUMBERS = (5, 10, 15, 25, 40, 60, 90, 120)
#: Letters of the longest name, width of a letter, of what is beside a name in its box, and between
#: boxes; height of a box and of a step, in pixels.
_MOST_LETTERS, _LETTER, _BESIDE, _BETWEEN = 20, 8.7, 28.0, 12.0
_BOX, _STEP = 24.0, 66.0
#: Widths of a step at the least and at the most.
_STEP_WIDTHS = (84.0, 190.0)
#: Shapes for wide screens and for narrow ones: width over height in pixels.
_SHAPES = {"wide": Shape(1.5, 1.5, 8), "narrow": Shape(0.6, 0.6, 3)}
#: Scale at which names can be read, and the width and height of a usual screen.
_LEAST_SCALE, _SCREEN = 0.72, (1150.0, 900.0)
#: Pixels between the ends of arrows at a box, and of all of them at the most.
_PORT, _PORTS = 11.0, 52.0
#: Width of an arrow whose posterior is one half or unknown, and of a certain one.
_THIN, _THICK = 1.0, 2.8


def network_views(result: Findings) -> dict[str, Any]:
    """Genes, arrows, and their places in pixels, for JSON.

    Parameters
    ----------
    result : Findings

    Returns
    -------
    dict
        nodes (gene, name, label: as much of it as there is room for, half: half of the width of
        its box), arrows (from, to, sign, width, text), only_direct, and views by shape, from few
        claims to all: number (of the strongest claims), width, height, nodes (position in nodes,
        x, y, role), paths (one an arrow); first (of the wide views, the one for a usual screen).
    """
    rows, only_direct = strongest_claims(result, NETWORK_CLAIMS)
    if not len(rows):
        return {"nodes": [], "arrows": [], "views": {}, "only_direct": only_direct, "first": 0}
    pairs = result.pairs
    ends = np.stack([pairs.gene_a[rows], pairs.gene_b[rows]], axis=1)
    genes = np.unique(ends)
    names = [str(result.gene_ids[gene]) for gene in genes]
    usual = float(np.quantile([len(name) for name in names], 0.9))
    step = float(np.clip(_LETTER * usual + _BESIDE + _BETWEEN, *_STEP_WIDTHS))
    room = min(int((step - _BESIDE - _BETWEEN) / _LETTER + 1e-9), _MOST_LETTERS)
    labels = [name if len(name) <= room else f"{name[: room - 1]}…" for name in names]
    half = np.array([(_LETTER * len(label) + _BESIDE) / 2 for label in labels])
    numbers = [*(n for n in _NUMBERS if n < len(rows)), len(rows)]
    views = {
        name: [
            _view(
                lay_out(
                    result,
                    rows[:n],
                    only_direct,
                    shape._replace(aspect=shape.aspect * _STEP / step),
                ),
                genes,
                step,
            )
            for n in numbers
        ]
        for name, shape in _SHAPES.items()
    }
    return {
        "nodes": [
            {"gene": int(gene), "name": name, "label": label, "half": round(float(width), 1)}
            for gene, name, label, width in zip(genes, names, labels, half, strict=True)
        ],
        "arrows": [
            {"from": int(a), "to": int(b), **one}
            for (a, b), one in zip(
                np.searchsorted(genes, ends), arrow_rows(result, rows, only_direct), strict=True
            )
        ],
        "only_direct": only_direct,
        "views": views,
        "first": max([at for at, view in enumerate(views["wide"]) if _is_legible(view)] or [0]),
    }


def arrow_rows(result: Findings, rows: np.ndarray, only_direct: bool) -> list[dict[str, Any]]:
    """How claims look as arrows, and what is said of them.

    Parameters
    ----------
    result : Findings
    rows : (k,) int64
        Rows of ancestor claims in `Findings.pairs`.
    only_direct : bool
        Whether posteriors are those of edges.

    Returns
    -------
    list of dict
        In this order: sign ("plus", "minus", or "unsigned" where the effect is not known), width
        (in pixels, by posterior), posterior, effect (text; None where not known).
    """
    pairs = result.pairs
    posterior = (pairs.posterior_direct if only_direct else pairs.posterior)[rows]
    effect = np.asarray(pairs.effect)[rows]
    sure = np.clip(2.0 * np.nan_to_num(posterior.astype(np.float64), nan=0.5) - 1.0, 0.0, 1.0)
    return [
        {
            "sign": "plus" if e > 0 else "minus" if e < 0 else "unsigned",
            "width": round(_THIN + (_THICK - _THIN) * float(s), 2),
            "posterior": None if np.isnan(p) else f"{p:.3f}",
            "effect": None if np.isnan(e) else with_minus(f"{e:+.2f}"),
        }
        for p, e, s in zip(posterior.tolist(), effect.tolist(), sure.tolist(), strict=True)
    ]


def _view(drawing: Drawing, genes: np.ndarray, step: float) -> dict[str, Any]:
    xy = drawing.xy * (step, _STEP) + (step / 2 + 4.0, _BOX / 2 + 10.0)
    width, height = xy.max(axis=0) + np.array([step / 2 + 4.0, _BOX / 2 + 10.0])
    at = np.searchsorted(genes, drawing.gene).tolist()
    leaves, reaches = (_ports(drawing, side) for side in (0, 1))
    return {
        "number": len(drawing.arrows),
        "width": round(float(width)),
        "height": round(float(height)),
        "nodes": [
            [node, round(float(x), 1), round(float(y), 1), role]
            for node, (x, y), role in zip(at, xy, drawing.role, strict=True)
        ],
        "paths": [
            _arrow_path(xy[a] + (out, 0.0), xy[b] + (into, 0.0), bend * step)
            for (a, b), bend, out, into in zip(
                drawing.arrows.tolist(), drawing.bend, leaves, reaches, strict=True
            )
        ],
    }


def _ports(drawing: Drawing, side: int) -> np.ndarray:
    """Where on the edge of its box each arrow ends, in pixels from the middle, so that heads of
    several do not cover each other.

    Parameters
    ----------
    drawing : Drawing
    side : {0, 1}
        Where arrows leave, or where they reach a gene.
    """
    own, other = drawing.arrows[:, side], drawing.arrows[:, 1 - side]
    # Of each gene from left to right, as the other ends are; of ends in one column those far away,
    # whose arrows swing out to the right, last.
    x, far = drawing.xy[other, 0], drawing.xy[other, 1] * (1 if side == 0 else -1)
    order = np.lexsort((far, x, own))
    first = np.searchsorted(own[order], own[order])
    number = np.bincount(own, minlength=len(drawing.gene))[own[order]]
    apart = np.minimum(_PORT, _PORTS / np.maximum(number - 1, 1))
    found = np.empty(len(own))
    found[order] = (np.arange(len(own)) - first - (number - 1) / 2) * apart
    return found


def _is_legible(view: dict[str, Any]) -> bool:
    """Whether names can be read where all of a view is on a usual screen."""
    return min(_SCREEN[0] / view["width"], _SCREEN[1] / view["height"]) >= _LEAST_SCALE


def _arrow_path(start: np.ndarray, end: np.ndarray, bend: float) -> str:
    """An arrow from below a box to above another, as a path of SVG.

    Those over several rows swing out, so that they do not hide behind the boxes between.
    """
    (x1, y1), (x2, y2) = start, end
    y1 += _BOX / 2
    if y2 - _BOX / 2 <= y1:
        # Genes of a circle: from below one to below the other.
        y2 += _BOX / 2 + 4.0
        low = max(y1, y2) + 0.6 * _STEP
        return f"M{x1:.0f} {y1:.0f}C{x1:.0f} {low:.0f} {x2:.0f} {low:.0f} {x2:.0f} {y2:.0f}"
    y2 -= _BOX / 2 + 3.0
    out = 3.0 * bend * (1.0 if x2 >= x1 else -1.0)
    part = 0.45 * min(y2 - y1, 1.6 * _STEP)
    return (
        f"M{x1:.0f} {y1:.0f}C{x1 + out:.0f} {y1 + part:.0f} {x2 + out:.0f} {y2 - part:.0f} "
        f"{x2:.0f} {y2:.0f}"
    )
