"""How figures look: colours that everybody can tell apart, no global state of matplotlib."""

from __future__ import annotations

import base64
import io
import math
import warnings
from typing import Any

from genesis.engine.extras import load_extra

__all__ = ["BLUE", "GREEN", "GREY", "INK", "ORANGE", "axes_for", "data_uri", "literal"]

#: Okabe & Ito 2008: distinct for every kind of colour vision.
BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#C8CCD0", "#1F2933"

_SIZE = (5.2, 3.6)
_LONGEST_NAME = 40


def axes_for(ax: Any, size: tuple[float, float] = _SIZE) -> Any:
    """The given axes, or new ones on a figure of their own; plain frame, labels outside."""
    if ax is None:
        figure = load_extra("matplotlib.figure", "a figure", "plot").Figure(
            figsize=size, layout="constrained"
        )
        ax = figure.subplots()
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def literal(name: str) -> str:
    """A name as matplotlib shows it: no mathematics between dollar signs, no endless lines.

    Examples
    --------
    >>> literal("a$b$")
    'a\\\\$b\\\\$'
    """
    plain = "".join(c if c.isprintable() else "�" for c in name)
    if len(plain) > _LONGEST_NAME:
        plain = plain[: _LONGEST_NAME - 1] + "…"
    return plain.replace("$", r"\$")


def data_uri(ax: Any, salt: str) -> str:
    """The figure of some axes as an SVG image within a page.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    salt : str
        Begins the ids within the image, so that the same figure gives the same bytes.
    """
    rc_context = load_extra("matplotlib", "a figure", "plot").rc_context
    buffer = io.BytesIO()
    with (
        rc_context({"svg.hashsalt": salt, "svg.fonttype": "path"}),
        warnings.catch_warnings(),
    ):
        # A sample's name in a script that the font has not is drawn as boxes.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        ax.figure.savefig(buffer, format="svg", dpi=150, metadata={"Date": None, "Creator": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def nice_ceiling(x: float) -> float:
    """The next of 1, 2, 5, 10, 20, … from a number on.

    Examples
    --------
    >>> nice_ceiling(0.03), nice_ceiling(7)
    (0.05, 10.0)
    """
    step = 10.0 ** math.floor(math.log10(x))
    return next(round(m * step, 12) for m in (1, 2, 5, 10) if m * step >= x * (1 - 1e-9))
