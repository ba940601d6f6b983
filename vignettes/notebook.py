"""A vignette as a notebook that brings all it needs: ``python vignettes/notebook.py quick_start``.

For Colab, Binder or any other Jupyter: where the page says what to install, the notebook has a cell
that does so, with the version of this checkout, and that takes the example data out of the source
distribution. Needs ``pip install '.[vignettes]'``.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from render import FOLDER, QUOTED, REPOSITORY

#: The lines of a page about its environment, and the paragraph about CHECKOUT in them.
ENVIRONMENT = re.compile(
    r"^```console\npip install 'CHECKOUT\[([a-z,]+)\]'\n(?:export .*\n)?```\n"
    r"(?:\nwith [^`]*`CHECKOUT`\.\n)?",
    re.MULTILINE,
)
INSTALLING = """\
%pip install --quiet "genesis-causal[{extras}]=={version}"
%pip download --quiet --no-deps --no-binary genesis-causal "genesis-causal=={version}"
import os
import sysconfig
import tarfile

with tarfile.open("genesis_causal-{version}.tar.gz") as archive:
    archive.extractall(filter="data")
os.environ["GENESIS_DATA"] = os.path.abspath("genesis_causal-{version}/data")
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
os.environ["TTY_COMPATIBLE"] = "0"  # no moving bars in the page"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Write a vignette as a notebook.")
    parser.add_argument("name", metavar="NAME", help="without .md")
    parser.add_argument("--out", type=Path, help="default: vignettes/build/NAME.ipynb")
    chosen = parser.parse_args()
    write(chosen.name, chosen.out or FOLDER / "build" / f"{chosen.name}.ipynb")
    return 0


def write(name: str, out: Path) -> None:
    """Write the notebook of the vignette of this name."""
    out.parent.mkdir(parents=True, exist_ok=True)
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    out.write_text(nbformat.writes(portable(text)) + "\n", encoding="utf-8")


def portable(text: str) -> NotebookNode:
    """The notebook of a page, without outputs; the same at every call.

    Raises
    ------
    ValueError
        The page does not say what to install, or points at a checkout elsewhere.
    """
    parts = ENVIRONMENT.split(text, maxsplit=1)
    if len(parts) == 1:
        raise ValueError("the page has no line pip install 'CHECKOUT[...]' in a block of its own")
    before, extras, after = parts
    notebook = jupytext.reads(before, fmt="md")
    notebook.cells.append(new_code_cell(INSTALLING.format(extras=extras, version=version())))
    for cell in jupytext.reads(after, fmt="md").cells:
        if cell.cell_type == "markdown" and notebook.cells[-1].cell_type == "code":
            cell.source = QUOTED.sub("", cell.source)  # which the cell prints
        if cell.source:
            notebook.cells.append(cell)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        if cell.cell_type == "markdown":
            cell.source = alone(cell.source)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
    }
    return notebook


def alone(markdown: str) -> str:
    """The text without links to files that do not come along."""
    markdown = re.sub(r"\[([^]]+)\]\((?!https?:)[^)]*\)", r"*\1*", markdown)
    markdown = markdown.strip().replace("'CHECKOUT[", "'genesis-causal[")
    if "CHECKOUT" in markdown:
        raise ValueError(f"there is no CHECKOUT beside a notebook: {markdown}")
    return markdown


def version() -> str:
    """Of this checkout, which need not be the one that is installed."""
    text = (REPOSITORY / "genesis" / "_version.py").read_text(encoding="utf-8")
    return re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)[0]


if __name__ == "__main__":
    sys.exit(main())
