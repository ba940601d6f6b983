"""Genotypes, expression, other layers and covariates of the same samples, to be taken in part."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.inputs.given_layers import GivenLayers, Layer
from genesis.inputs.joined_layers import layer_table
from genesis.inputs.named_tables import NamedTable, as_table, match_rows, refuse_turned, upright
from genesis.io.covariates import Covariates
from genesis.io.expression import Expression, read_expression
from genesis.io.expression_stores import is_anndata
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted
from genesis.io.trait_table import Traits

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
    layers : GivenLayers
        What there is beside the expression, samples in rows, traits as numbers.
    layer_rows : list of int64 arrays
        Where the samples are in each of these.
    """

    genotypes: Any
    expression: Any
    covariates: Any
    rows: list[NDArray[np.int64]]
    samples: list[str] | None
    notes: list[str]
    layers: GivenLayers = field(default_factory=GivenLayers)
    layer_rows: list[NDArray[np.int64]] = field(default_factory=list)

    @property
    def n_samples(self) -> int:
        """How many samples there are."""
        return len(self.rows[0])

    def take(self, which: NDArray[np.int64]) -> tuple[Any, Any, Any]:
        """Genotypes, expression and covariates of some of the samples."""
        given = (self.genotypes, self.expression, self.covariates)
        parts = [_rows_of(one, rows[which]) for one, rows in zip(given, self.rows, strict=False)]
        return parts[0], parts[1], parts[2] if self.covariates is not None else None

    def take_layers(self, which: NDArray[np.int64]) -> GivenLayers:
        """The layers beside the expression, of some of the samples."""
        others = [
            replace(one, values=_rows_of(one.values, rows[which]))
            for one, rows in zip(self.layers.others, self.layer_rows, strict=True)
        ]
        return replace(self.layers, others=others)


def match_data(
    genotypes: Any, expression: Any, covariates: Any, given: GivenLayers | None = None
) -> MatchedData:
    """Find the samples that all inputs have, as `genesis.discover` does.

    Parameters
    ----------
    genotypes, expression, covariates : as for `genesis.discover`
    given : GivenLayers, optional
        What there is beside the expression.

    Raises
    ------
    InconsistentInputsError
        They have none, or rows without names are not as many.
    MalformedInputError
        An input is no table of numbers.
    """
    notes: list[str] = []
    given = given or GivenLayers()
    if is_anndata(expression):
        expression = read_expression(expression)
    if isinstance(covariates, Covariates):
        covariates = covariates.values
    z = as_table(genotypes, "variant")
    x = as_table(expression, "gene")
    refuse_turned(z, x)
    laid = upright(x, z, "gene", notes)
    expression, tables = _as_laid(expression, x, laid), [z, laid]
    others = []
    for one in given.others:
        values, table = _laid_layer(one, z, notes)
        others.append(replace(one, values=values))
        tables.append(table)
    if covariates is not None:
        c = as_table(covariates, "covariate")
        laid = upright(c, z, "covariate", notes)
        covariates = _as_laid(covariates, c, laid)
        tables.append(laid)
    # Without their values, which nobody needs for this.
    bare = [NamedTable(np.empty((len(one.values), 0)), one.samples, []) for one in tables]
    names = [one.name for one in others]
    matched, _ = match_rows(bare, names)
    samples = next((one.samples for one in matched if one.samples is not None), None)
    every = [np.arange(len(one.values)) for one in bare]
    if all(one.samples is not None for one in bare):
        every = [pd.Index(one.samples).get_indexer(pd.Index(samples)) for one in bare]
    rows = [np.asarray(one, dtype=np.int64) for one in every]
    if names:
        sizes = [(given.first, tables[1]), *zip(names, tables[2:], strict=False)]
        notes += [
            f"layer {name}: {counted(len(table.names), 'node')}, "
            f"{counted(len(table.values), 'sample')}, of which {len(rows[0])} are used"
            for name, table in sizes
        ]
    end = 2 + len(names)
    return MatchedData(
        genotypes, expression, covariates, [*rows[:2], *rows[end:]], samples, notes,
        replace(given, others=others), rows[2:end],
    )  # fmt: skip


def _laid_layer(layer: Layer, genotypes: NamedTable, notes: list[str]) -> tuple[Any, NamedTable]:
    """A layer with samples in its rows, and the same as numbers."""
    if is_anndata(layer.values):
        layer = replace(layer, values=read_expression(layer.values))
    table = layer_table(layer, genotypes, notes)
    if not layer.is_trait:
        return _as_laid(layer.values, as_table(layer.values, layer.name), table), table
    if table.samples is None:
        return table.values, table
    # What words mean, and whether -9 is missing, is told once, by all samples.
    values = pd.DataFrame(table.values, index=table.samples, columns=table.names)
    return Traits(values), table


def _as_laid(given: Any, before: NamedTable, laid: NamedTable) -> Any:
    """What was given, turned where its table was."""
    return given if before.samples == laid.samples else given.T


def _rows_of(given: Any, rows: NDArray[np.int64]) -> Any:
    if isinstance(given, Genotypes | Expression):
        return given.take_samples([given.samples[row] for row in rows])
    if isinstance(given, Traits):
        return replace(given, values=given.values.iloc[rows])
    if isinstance(given, pd.DataFrame):
        return given.iloc[rows]
    return np.asarray(given)[rows]
