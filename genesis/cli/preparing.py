"""Preparation as the commands do it: the same code and options for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from genesis.engine.progress import Progress
    from genesis.io.expression import Expression
    from genesis.io.genotypes import Genotypes
    from genesis.prepare.preparation import Prepared

__all__ = ["PREPARATION", "prepare_inputs"]

#: Options of preparation, as `genesis.prepare.prepare` names them.
PREPARATION = (
    "min_expression",
    "min_fraction",
    "normalise",
    "expression_pcs",
    "genotype_pcs",
    "hwe",
    "ld_prune",
    "ld_window",
    "cis_window",
    "check_samples",
    "seed",
    "threads",
)


def prepare_inputs(
    given: dict[str, Any],
    genotypes: Genotypes,
    expression: Expression,
    covariates: pd.DataFrame | None,
    genes: pd.DataFrame | None,
    progress: Progress | None = None,
) -> Prepared:
    """Prepare what was read, with the options in effect; a run of before has fewer of them."""
    from genesis.prepare.preparation import prepare

    settings = {name: given[name] for name in PREPARATION if name in given}
    return prepare(
        genotypes, expression, genes=genes, covariates=covariates, progress=progress, **settings
    )
