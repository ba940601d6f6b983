"""What is public is in the reference, and what the reference lists is there."""

from __future__ import annotations

import re
from importlib import import_module

import pytest

PACKAGES = ["constraints", "evaluate", "prepare", "report", "simulate"]


def listed(repository, module: str) -> set[str]:
    """The names with a page of their own on the page of a module, as they are imported."""
    text = (repository / "docs" / "reference" / f"{module.split('.')[-1]}.md").read_text("utf-8")
    names = set()
    for block in re.findall(r"^```{eval-rst}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        where = re.findall(r"^\.\. currentmodule:: (\S+)$", block, re.MULTILINE)
        for table in block.split(".. autosummary::")[1:]:
            names |= {f"{where[0]}.{name}" for name in re.findall(r"^   (\w+)$", table, re.M)}
    return names


@pytest.mark.parametrize("module", ["genesis", *(f"genesis.{name}" for name in PACKAGES)])
def test_every_public_name_is_in_the_reference(module, repository):
    names = {f"{module}.{name}" for name in import_module(module).__all__}
    names -= {"genesis.__version__", *(f"genesis.{name}" for name in PACKAGES)}
    there = listed(repository, module)
    assert names <= there
    for name in there:
        where, _, what = name.rpartition(".")
        assert getattr(import_module(where), what).__doc__


def test_every_module_is_in_the_reference(repository):
    text = (repository / "docs" / "reference" / "index.md").read_text("utf-8")
    assert {"genesis", *PACKAGES} <= set(text.split("```{toctree}")[1].split())
