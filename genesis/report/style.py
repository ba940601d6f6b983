"""How figures look: colours that everybody can tell apart, no global state of matplotlib."""

from __future__ import annotations

import base64
import io
import math
import warnings
from functools import partial
from typing import Any

from genesis.engine.extras import load_extra

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "SKY",
    "YELLOW",
    "axes_for",
    "data_uri",
    "literal",
    "nice_ceiling",
    "with_minus",
]

#: Okabe & Ito 2008: distinct for every kind of colour vision.
BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#C8CCD0", "#1F2933"
SKY, YELLOW = "#56B4E9", "#F0E442"

#: What a figure in the page looks like where people ask for dark pages: paper, text and lines, and
#: the colours above, each as light as it has to be there.
_DARK = {
    "#ffffff": "#14181d", "#000000": "#96a3b0", INK: "#e3e8ee", GREY: "#5d6a77", BLUE: "#56b4e9",
    ORANGE: "#ff9d5c", GREEN: "#3ecfa0",
}  # fmt: skip
_SIZE = (5.2, 3.6)
_LONGEST_NAME = 40
#: Of figures in notebooks.
_SHOWN_DPI = 110


def axes_for(ax: Any, size: tuple[float, float] = _SIZE) -> Any:
    """The given axes, or new ones on a figure of their own; plain frame, labels outside.

    New ones show themselves in a notebook.
    """
    if ax is None:
        figure = load_extra("matplotlib.figure", "a figure", "plot").Figure(
            figsize=size, layout="constrained"
        )
        ax = figure.subplots()
        # What notebooks ask an object for: they show the figure without pyplot.
        ax._repr_png_ = partial(_as_png, figure)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _as_png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_SHOWN_DPI)
    return buffer.getvalue()


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


def with_minus(number: str) -> str:
    """A number in text with the sign that is a minus, not a hyphen.

    Examples
    --------
    >>> with_minus("-0.50"), with_minus("2.58e-869")
    ('−0.50', '2.58e−869')
    """
    return number.replace("-", "−")


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
    image = buffer.getvalue().replace(b"</style>", f"{_dark_style()}</style>".encode(), 1)
    return f"data:image/svg+xml;base64,{base64.b64encode(image).decode('ascii')}"


def _dark_style() -> str:
    rules = [
        f'[style*="{what}: {light.lower()}"]{{{what}:{dark}!important}}'
        for light, dark in _DARK.items()
        for what in ("fill", "stroke")
    ]
    # Letters have no colour of their own.
    text = f"svg{{fill:{_DARK[INK]}}}"
    return f"@media screen and (prefers-color-scheme:dark){{{text}{''.join(rules)}}}"


def nice_ceiling(x: float) -> float:
    """The next of 1, 2, 5, 10, 20, … from a number on.

    Examples
    --------
    >>> nice_ceiling(0.03), nice_ceiling(7)
    (0.05, 10.0)
    """
    step = 10.0 ** math.floor(math.log10(x))
    return next(round(m * step, 12) for m in (1, 2, 5, 10) if m * step >= x * (1 - 1e-9))
