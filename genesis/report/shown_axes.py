"""Axes that a notebook shows. Imports matplotlib, and so is imported by what draws alone."""

from __future__ import annotations

import io

from matplotlib.axes import Axes

__all__ = ["ShownAxes"]

_DPI = 110


class ShownAxes(Axes):
    """Axes on a figure of their own, which notebooks show as the picture without pyplot."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        figure = self.get_figure(root=True)
        assert figure is not None
        figure.savefig(buffer, format="png", dpi=_DPI)
        return buffer.getvalue()
