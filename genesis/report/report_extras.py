"""Packages of the extras, imported where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from genesis.errors import CommandLineError

__all__ = ["check_extras", "needed"]


def needed(module: str, what: str, extra: str) -> Any:
    """A module of an optional package, or an error that says how to install it.

    Parameters
    ----------
    module : str
        Such as ``"matplotlib.figure"``.
    what : str
        What needs it, as the beginning of a sentence.
    extra : str
        The extra of this distribution that holds it.

    Raises
    ------
    CommandLineError
        It is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise CommandLineError(
            f"{what} needs the package {module.split('.')[0]}, which is not installed: "
            f"pip install 'genesis-causal[{extra}]'"
        ) from None


def check_extras() -> None:
    """Make sure, before any work is done, that a report can be written."""
    for module in ("jinja2", "matplotlib"):
        needed(module, "a report", "report")
