"""Every page of vignettes/ runs as it stands, from an empty folder, and becomes HTML."""

from __future__ import annotations

import html
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import genesis

pytest.importorskip("jupytext", reason="jupytext reads the vignettes")
pytest.importorskip("nbclient", reason="nbclient executes the vignettes")
pytest.importorskip("nbconvert", reason="nbconvert writes them as HTML")


def rendered(repository: Path, out: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: a kernel leaves sockets and threads behind."""
    script = repository / "vignettes" / "render.py"
    environment = {**os.environ, "PYTHONPATH": str(Path(genesis.__file__).parent.parent)}
    return subprocess.run(
        [sys.executable, str(script), "--out", str(out), *names],
        env=environment,
        capture_output=True,
        text=True,
    )


SMALL_PAGE = """\
# A page

See [the start](quick_start.md).

```bash
ls; genesis --version
```

```python
import genesis

print(repr(">" + genesis.__name__))
```

```text
'>genesis'
```

That was all.
"""


def test_a_vignette_runs_and_becomes_a_page(repository, tmp_path):
    folder = tmp_path / "vignettes"
    folder.mkdir()
    shutil.copy(repository / "vignettes" / "render.py", folder)
    (folder / "small.md").write_text(SMALL_PAGE, encoding="utf-8")
    done = rendered(tmp_path, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    page = html.unescape((tmp_path / "out" / "small.html").read_text(encoding="utf-8"))
    # Once: printed by the cell, and no longer quoted.
    assert page.count("'>genesis'") == 1
    assert 'href="quick_start.html"' in page
    assert f"genesis {genesis.__version__}" in page
    assert "That was all." in page
    (folder / "small.md").write_text(SMALL_PAGE.replace("'>genesis'", "'>findr'"), encoding="utf-8")
    done = rendered(tmp_path, tmp_path / "out")
    assert done.returncode == 1
    assert "small: the page quotes\n'>findr'" in done.stderr


def test_a_name_that_is_no_vignette_is_an_error(repository, tmp_path):
    done = rendered(repository, tmp_path, "nonsense")
    assert done.returncode == 2
    assert "no such vignette: nonsense" in done.stderr


@pytest.mark.slow
def test_all_vignettes_run(repository, tmp_path):
    done = rendered(repository, tmp_path)
    assert done.returncode == 0, done.stderr
    pages = {path.stem for path in (repository / "vignettes").glob("*.md")}
    written = {path.stem for path in tmp_path.glob("*.html")}
    assert pages - written == {name for name in pages if f"{name}: passed over" in done.stdout}


@pytest.fixture(scope="module")
def render(repository) -> ModuleType:
    spec = importlib.util.spec_from_file_location("render", repository / "vignettes" / "render.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("printed", ["2\n", "3\n"])
def test_quoted_output_is_held_against_what_is_printed(render, printed):
    import jupytext

    page = "```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n\nThat is two.\n"
    notebook = jupytext.reads(page, fmt="md")
    notebook.cells[0].outputs = [{"output_type": "stream", "name": "stdout", "text": printed}]
    if printed == "2\n":
        render.check_quoted_outputs(notebook)
        assert notebook.cells[1].source.strip() == "That is two."
    else:
        with pytest.raises(ValueError, match="where this is printed:\n3"):
            render.check_quoted_outputs(notebook)


def test_links_lead_to_pages_or_to_the_files_of_the_checkout(render, repository):
    text = "[a](posteriors.md#the-model) [b](../README.md) [c](https://example.org/x.md)"
    out = repository / "vignettes" / "build"
    assert render.links_from(out, text) == (
        "[a](posteriors.html#the-model) [b](../../README.md) [c](https://example.org/x.md)"
    )
