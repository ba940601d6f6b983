"""Packages that are installed only where they are asked for."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

from genesis.errors import CommandLineError

__all__ = ["load_extra"]


def load_extra(name: str, what: str, extra: str) -> Any:
    """Import a module of an optional package.

    Raises
    ------
    CommandLineError
        If it is not installed; the message says how to install it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a library's own libraries
            return import_module(name)
    except ImportError:
        raise CommandLineError(
            f"{what} needs the package {name.split('.')[0]}, which is not installed: "
            f"pip install 'genesis-causal[{extra}]'"
        ) from None
