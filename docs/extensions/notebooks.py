"""The quick start as a notebook, in the folder ``notebooks`` of the site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

REPOSITORY = Path(__file__).resolve().parents[2]


def write(app: Sphinx, failed: Exception | None) -> None:
    if failed is None:
        sys.path.insert(0, str(REPOSITORY / "vignettes"))
        import notebook

        notebook.write("quick_start", Path(app.outdir) / "notebooks" / "quick_start.ipynb")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
