"""Packages of the extras, imported where they are needed."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from genesis.errors import CommandLineError

__all__ = ["check_report_extras", "load_extra"]


def load_extra(module: str, what: str, extra: str) -> Any:
    """Import a module of an optional package.

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
        It is not installed; the message says how to install it.

    Examples
    --------
    >>> load_extra("math", "counting", "plot").gcd(4, 6)
    2
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a library's own libraries
            return import_module(module)
    except ImportError:
        raise CommandLineError(
            f"{what} needs the package {module.split('.')[0]}, which is not installed: "
            f"pip install 'genesis-causal[{extra}]'"
        ) from None


def check_report_extras() -> None:
    """Make sure, before any work is done, that a report can be written."""
    for module in ("jinja2", "matplotlib"):
        load_extra(module, "a report", "report")
