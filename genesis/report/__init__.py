"""What people look at: figures for papers, and a report of a run as one HTML file."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["write_report"]

if TYPE_CHECKING:
    from genesis.report.html import write_report


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'genesis.report' has no attribute {name!r}")
    return getattr(import_module("genesis.report.html"), name)
