"""Execute the vignettes and write them as HTML: ``python vignettes/render.py [NAME ...]``.

Every vignette starts in an empty folder and finds its data by the environment variables that it
names: GENESIS_DATA (by default ``data/`` of this checkout) and GENESIS_SHARED (by default
``../shared`` beside it). Where the second is not there, the vignettes that need it are passed
over, which is said. Needs ``pip install '.[vignettes]'``.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import jupytext
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode

FOLDER = Path(__file__).resolve().parent
REPOSITORY = FOLDER.parent


def main() -> int:
    parser = argparse.ArgumentParser(description="Execute the vignettes and write them as HTML.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="without .md; by default all")
    parser.add_argument("--out", type=Path, default=FOLDER / "build", help="default: %(default)s")
    chosen = parser.parse_args()
    known = sorted(path.stem for path in FOLDER.glob("*.md"))
    if unknown := set(chosen.names) - set(known):
        parser.error(
            f"no such vignette: {', '.join(sorted(unknown))}; there are {', '.join(known)}"
        )
    os.environ.setdefault("GENESIS_DATA", str(REPOSITORY / "data"))
    os.environ.setdefault("GENESIS_SHARED", str(REPOSITORY.parent / "shared"))
    # `genesis` in a shell is the one of this interpreter.
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    # The kernel asks programs for colours, which makes rich draw moving bars into the page.
    os.environ["TTY_COMPATIBLE"] = "0"
    chosen.out.mkdir(parents=True, exist_ok=True)
    failed = [name for name in chosen.names or known if not render(name, chosen.out)]
    return 1 if failed else 0


def render(name: str, out: Path) -> bool:
    """Execute one vignette and write its page; False, and why on stderr, where it fails."""
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    if "GENESIS_SHARED" in text and not Path(os.environ["GENESIS_SHARED"]).is_dir():
        print(f"{name}: passed over, there is no folder {os.environ['GENESIS_SHARED']}", flush=True)
        return True
    start = time.perf_counter()
    notebook = jupytext.reads(text, fmt="md")
    try:
        with tempfile.TemporaryDirectory() as empty:
            NotebookClient(
                notebook,
                coalesce_streams=True,
                timeout=600,
                kernel_name="python3",
                resources={"metadata": {"path": empty}},
            ).execute()
        check_quoted_outputs(notebook)
    except Exception as error:
        print(f"{name}: {error}", file=sys.stderr, flush=True)
        return False
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = links_from(out, cell.source)
    # Without the scripts for formulas and widgets, which would be fetched from the network.
    page = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="")
    page.embed_images = True
    body, _ = page.from_notebook_node(notebook, {"metadata": {"name": name}})
    (out / f"{name}.html").write_text(body, encoding="utf-8")
    print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    return True


#: What a cell prints, quoted in the page right after it for those who read the page as it is.
QUOTED = re.compile(r"\A```text\n(.*?)^```$\n?", re.MULTILINE | re.DOTALL)


def check_quoted_outputs(notebook: NotebookNode) -> None:
    """Hold quoted outputs against the real ones, and take them out, as those are in the page."""
    for cell, following in zip(notebook.cells, notebook.cells[1:], strict=False):
        quoted = QUOTED.match(following.source) if following.cell_type == "markdown" else None
        if cell.cell_type != "code" or quoted is None:
            continue
        printed = "".join(output.get("text", "") for output in cell.outputs)
        if printed != quoted[1]:
            raise ValueError(f"the page quotes\n{quoted[1]}where this is printed:\n{printed}")
        following.source = following.source[quoted.end() :]


def links_from(out: Path, markdown: str) -> str:
    """The text with links to vignettes as pages, and others as they are seen from `out`."""

    def target(link: re.Match[str]) -> str:
        if re.match(r"https?:", link[1]):
            return link[0]
        path, *anchor = link[1].split("#")
        if "/" not in path and path.endswith(".md"):
            path = path.removesuffix(".md") + ".html"
        elif path:
            path = Path(os.path.relpath(FOLDER / path, out.resolve())).as_posix()
        return f"]({'#'.join([path, *anchor])})"

    return re.sub(r"\]\(([^)\s]+)\)", target, markdown)


if __name__ == "__main__":
    sys.exit(main())
