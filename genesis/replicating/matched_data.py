"""Genotypes, expression and covariates of the same samples, of which some can be taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.inputs.named_tables import NamedTable, as_table, match_rows, refuse_turned, upright
from genesis.io.covariates import Covariates
from genesis.io.expression import Expression, read_expression
from genesis.io.expression_stores import is_anndata
from genesis.io.genotypes import Genotypes

__all__ = ["MatchedData", "match_data"]


@dataclass(frozen=True, eq=False)
class MatchedData:
    """Inputs of `genesis.discover` as they were given, and their samples.

    Attributes
    ----------
    genotypes, expression, covariates : as given
        Samples in rows; covariates may be None.
    rows : list of int64 arrays
        Where the samples are in genotypes, expression and covariates.
    samples : list of str or None
        Their names, sorted; None where there are none, and samples are in the order given.
    notes : list of str
    """

    genotypes: Any
    expression: Any
    covariates: Any
    rows: list[NDArray[np.int64]]
    samples: list[str] | None
    notes: list[str]

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.rows[0])

    def take(self, which: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        """Genotypes, expression and covariates of some of the samples."""
        given = (self.genotypes, self.expression, self.covariates)
        parts = [_rows_of(one, rows[which]) for one, rows in zip(given, self.rows, strict=False)]
        return parts[0], parts[1], parts[2] if self.covariates is not None else None


def match_data(genotypes: Any, expression: Any, covariates: Any) -> MatchedData:
    """Find the samples that all inputs have, as `genesis.discover` does.

    Raises
    ------
    InconsistentInputsError
        They have none, or rows without names are not as many.
    MalformedInputError
        An input is no table of numbers.
    """
    notes: list[str] = []
    if is_anndata(expression):
        expression = read_expression(expression)
    if isinstance(covariates, Covariates):
        covariates = covariates.values
    z = as_table(genotypes, "variant")
    x = as_table(expression, "gene")
    refuse_turned(z, x)
    given, tables = [genotypes, expression], [z, upright(x, z, "gene", notes)]
    if covariates is not None:
        c = as_table(covariates, "covariate")
        given.append(covariates)
        tables.append(upright(c, z, "covariate", notes))
    # Without their values, which nobody needs for this.
    bare = [NamedTable(np.empty((len(one.values), 0)), one.samples, []) for one in tables]
    turned = [
        one.T if was.samples != now.samples else one
        for one, was, now in zip(given[1:], [x, c] if len(tables) > 2 else [x], tables[1:],
                                 strict=True)
    ]  # fmt: skip
    matched, _ = match_rows(bare)
    samples = next((one.samples for one in matched if one.samples is not None), None)
    every = [np.arange(len(one.values)) for one in bare]
    if all(one.samples is not None for one in bare):
        every = [pd.Index(one.samples).get_indexer(pd.Index(samples)) for one in bare]
    rows = [np.asarray(one, dtype=np.int64) for one in every]
    return MatchedData(
        genotypes, turned[0], turned[1] if len(turned) > 1 else None, rows, samples, notes
    )


def _rows_of(given: Any, rows: NDArray[np.int64]) -> Any:
    if isinstance(given, Genotypes | Expression):
        return given.take_samples([given.samples[row] for row in rows])
    if isinstance(given, pd.DataFrame):
        return given.iloc[rows]
    return np.asarray(given)[rows]
