"""The ancestrality matrix as a figure."""

from __future__ import annotations

from typing import Any

from genesis.engine.extras import load_extra
from genesis.report.matrix_image import MatrixImage
from genesis.report.style import GREY, SKY, YELLOW, axes_for

__all__ = ["MOST_NAMED", "draw_matrix"]

#: Genes that are named along the edges.
MOST_NAMED = 60
#: What cells say, with their colours.
_CELLS = {"0: not an ancestor": "#00224E", "0.5: ancestor or nothing": SKY, "1: ancestor": YELLOW}


def draw_matrix(image: MatrixImage, names: list[str], ax: Any = None) -> Any:
    """Draw the matrix with a key, and with names where there are few genes.

    Parameters
    ----------
    image : MatrixImage
    names : list of str
        Of the genes in the order of the image.
    ax : matplotlib.axes.Axes, optional

    Returns
    -------
    matplotlib.axes.Axes
    """
    named = image.block == 1 and len(names) <= MOST_NAMED
    ax = axes_for(ax, (7.2, 7.4) if named and len(names) > MOST_NAMED / 2 else (5.8, 6.0))
    colors = load_extra("matplotlib.colors", "a figure", "plot")
    colormap = load_extra("matplotlib", "a figure", "plot").colormaps["cividis"]
    if image.block == 1:
        colormap = colors.ListedColormap(list(_CELLS.values())).with_extremes(bad=GREY)
        norm = colors.BoundaryNorm([-0.25, 0.25, 0.75, 1.25], 3)
    else:
        norm = colors.PowerNorm(0.4, vmin=0, vmax=max(float(image.values.max()), 1e-9))
    shown = ax.imshow(image.values, cmap=colormap, norm=norm, interpolation="nearest")
    if image.block == 1:
        patch = load_extra("matplotlib.patches", "a figure", "plot").Patch
        keys = {**dict(reversed(_CELLS.items())), "unresolved": GREY}
        ax.legend(
            handles=[patch(color=colour, label=word) for word, colour in keys.items()], ncols=4,
            frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0),
            handlelength=1.2, columnspacing=1.2,
        )  # fmt: skip
        each = "gene"
    else:
        bar = ax.figure.colorbar(shown, ax=ax, shrink=0.8)
        bar.set_label("share of pairs claimed, row before column")
        each = f"{image.block} genes"
    if named:
        size = min(8.0, 260.0 / max(len(names), 1))
        ax.set_xticks(range(len(names)), names, rotation=90, fontsize=size)
        ax.set_yticks(range(len(names)), names, fontsize=size)
        ax.tick_params(length=0)
    else:
        ax.set_xticks([])
        ax.set_yticks([])
    ax.set_xlabel(f"descendant (a column for each {each})".replace("each 1", "1"))
    ax.set_ylabel("ancestor (rows in the same order)")
    return ax
