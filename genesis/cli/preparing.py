"""Preparation as the commands do it: the same code and options for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis.options import PreparationOptions

if TYPE_CHECKING:
    import pandas as pd

    from genesis.engine.progress import Progress
    from genesis.io.expression import Expression
    from genesis.io.genotypes import Genotypes
    from genesis.prepare.preparation import Prepared

__all__ = ["prepare_inputs"]


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

    return prepare(
        genotypes,
        expression,
        genes=genes,
        covariates=covariates,
        options=PreparationOptions.among(given),
        progress=progress,
    )
