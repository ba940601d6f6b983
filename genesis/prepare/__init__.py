"""Preparing expression, genotypes and covariates for the tests.

`prepare` does all of it in order; the others are its steps, for use by themselves. The names are
loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME = {
    "Components": "components",
    "Kinship": "relatedness",
    "PreparationOptions": "preparation",
    "Prepared": "preparation",
    "Swaps": "swaps",
    "expression_factors": "components",
    "filter_expression": "expression_filter",
    "genotype_components": "components",
    "hardy_weinberg": "variant_filters",
    "kinship": "relatedness",
    "prepare": "preparation",
    "prune": "variant_filters",
    "sample_swaps": "swaps",
    "tmm": "library_size",
}

__all__ = [
    "Components",
    "Kinship",
    "PreparationOptions",
    "Prepared",
    "Swaps",
    "expression_factors",
    "filter_expression",
    "genotype_components",
    "hardy_weinberg",
    "kinship",
    "prepare",
    "prune",
    "sample_swaps",
    "tmm",
]

if TYPE_CHECKING:
    from genesis.options import PreparationOptions
    from genesis.prepare.components import Components, expression_factors, genotype_components
    from genesis.prepare.expression_filter import filter_expression
    from genesis.prepare.library_size import tmm
    from genesis.prepare.preparation import Prepared, prepare
    from genesis.prepare.relatedness import Kinship, kinship
    from genesis.prepare.swaps import Swaps, sample_swaps
    from genesis.prepare.variant_filters import hardy_weinberg, prune


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'genesis.prepare' has no attribute {name!r}")
    value = getattr(import_module(f"genesis.prepare.{_HOME[name]}"), name)
    globals()[name] = value
    return value
