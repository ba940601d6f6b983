"""How Sphinx builds the site: ``.ci/docs``.

The sources are the whole checkout, so that a link in a page of Markdown is the same here as for
those who read the page where it lies.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent), str(FOLDER / "extensions")]

from numpydoc.xref import DEFAULT_LINKS  # noqa: E402

import genesis  # noqa: E402

project = "GENESIS"
author = "The GENESIS developers"
copyright = author  # noqa: A001
version = release = genesis.__version__

extensions = [
    "command_line",  # of this project: every command with its options
    "mathml",  # of this project too: formulas without a script
    "notebooks",  # and the quick start for other Jupyters
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
]

root_doc = "docs/index"
include_patterns = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "docs/**", "vignettes/*.md"]
# Not looked into: what is built, installed, or somebody's own.
exclude_patterns = [
    *(".*", "build", "data", "dist", "genesis", "results", "tests", "vignettes/build"),
    "docs/templates",
]

# A name in a docstring that is the name of something on the site is a link to it. One that begins
# with `genesis.` has to be; others are arguments, values and types of other packages.
nitpicky = True
default_role = "py:obj"
nitpick_ignore_regex = [("py:(obj|class)", r"(?!genesis\.).*")]

smartquotes = False  # quotes and dashes are to be copied
autodoc_typehints = "none"  # numpydoc has them with shapes and units
autosummary_generate = True
numpydoc_show_class_members = False  # docs/templates/autosummary/class.rst has them
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    **{word: word for word in DEFAULT_LINKS},  # which lead to the site of Python
    **{
        target.rpartition(".")[-1]: target
        for target in (
            *("genesis.ConstraintGraph", "genesis.Expression", "genesis.Genotypes"),
            *("genesis.Options", "genesis.Result"),
            *("genesis.prepare.Components", "genesis.prepare.Kinship"),
            *("genesis.prepare.PreparationOptions", "genesis.prepare.Prepared"),
            *("genesis.prepare.Swaps", "genesis.simulate.Simulation"),
        )
    },
}
templates_path = [str(FOLDER / "templates")]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

html_theme = "furo"
html_math_renderer = "mathml"
html_static_path = [str(FOLDER / "static")]
html_css_files = ["site.css"]
html_title = f"GENESIS {version}"
html_copy_source = False
html_extra_path = [str(FOLDER / "extra")]  # the page that leads to the home page

copybutton_exclude = ".linenos, .gp, .go"

# Names of these packages are loaded when they are first used, and documented where they are seen.
for package in ("evaluate", "prepare", "report", "simulate", "constraints"):
    module = import_module(f"genesis.{package}")
    for name in module.__all__:
        getattr(module, name)
