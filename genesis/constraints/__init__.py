"""What a downstream learner may use of a result, its exports, and learners that use it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["run_boss", "run_fci", "run_ges", "run_grasp", "run_pc"]

if TYPE_CHECKING:
    from genesis.learners.learners import run_boss, run_fci, run_ges, run_grasp, run_pc


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'genesis.constraints' has no attribute {name!r}")
    return getattr(import_module("genesis.learners.learners"), name)
