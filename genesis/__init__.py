"""GENESIS: causal discovery for genomics, anchored by genotypes.

The names below are loaded when they are first used, so that ``import genesis`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from genesis._version import __version__

_HOME = {
    "ConstraintGraph": "genesis.constraints.graph",
    "Expression": "genesis.io.expression",
    "Genotypes": "genesis.io.genotypes",
    "Options": "genesis.options",
    "Result": "genesis.result.result",
    "align": "genesis.inputs.align",
    "discover": "genesis.discovery",
    "load": "genesis.result.loading",
    "read_anchors": "genesis.io.anchor_list",
    "read_bed": "genesis.io.plink1",
    "read_bgen": "genesis.io.bgen_file",
    "read_covariates": "genesis.io.covariates",
    "read_expression": "genesis.io.expression",
    "read_genes": "genesis.io.genes",
    "read_pfile": "genesis.io.plink2",
    "read_sample_map": "genesis.io.sample_map",
    "read_traits": "genesis.io.trait_table",
    "read_vcf": "genesis.io.vcf",
    "replicate": "genesis.replicating.replicate_entry",
    "scan": "genesis.marginal.scan",
}
_PACKAGES = ("evaluate", "prepare", "report", "simulate")

__all__ = [
    "ConstraintGraph",
    "Expression",
    "Genotypes",
    "Options",
    "Result",
    "__version__",
    "align",
    "discover",
    "evaluate",
    "load",
    "prepare",
    "read_anchors",
    "read_bed",
    "read_bgen",
    "read_covariates",
    "read_expression",
    "read_genes",
    "read_pfile",
    "read_sample_map",
    "read_traits",
    "read_vcf",
    "replicate",
    "report",
    "scan",
    "simulate",
]

if TYPE_CHECKING:
    from genesis import evaluate, prepare, report, simulate
    from genesis.constraints.graph import ConstraintGraph
    from genesis.discovery import discover
    from genesis.inputs.align import align
    from genesis.io.anchor_list import read_anchors
    from genesis.io.bgen_file import read_bgen
    from genesis.io.covariates import read_covariates
    from genesis.io.expression import Expression, read_expression
    from genesis.io.genes import read_genes
    from genesis.io.genotypes import Genotypes
    from genesis.io.plink1 import read_bed
    from genesis.io.plink2 import read_pfile
    from genesis.io.sample_map import read_sample_map
    from genesis.io.trait_table import read_traits
    from genesis.io.vcf import read_vcf
    from genesis.marginal.scan import scan
    from genesis.options import Options
    from genesis.replicating.replicate_entry import replicate
    from genesis.result.loading import load_result as load
    from genesis.result.result import Result


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"genesis.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'genesis' has no attribute {name!r}")
    module = import_module(_HOME[name])
    value = getattr(module, "load_result" if name == "load" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME, *_PACKAGES})
