"""Whatever the caller has, as matrices with names, matched by sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.inputs.align import match_samples
from genesis.io.expression import Expression
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few, repeated

__all__ = ["NamedTable", "as_table", "match_rows", "refuse_turned", "upright"]


@dataclass(frozen=True, eq=False)
class NamedTable:
    """A samples × variables matrix with names; `samples` is None for a bare array."""

    values: Any  # an array, or PackedDosages
    samples: list[str] | None
    names: Any  # a list of str, or a column of text


def as_table(given: Any, kind: str) -> NamedTable:
    """Any form of samples × variables as numbers with names.

    Parameters
    ----------
    given : Genotypes, Expression, pandas.DataFrame or array_like
    kind : str
        What a column is, for messages and for the names of an array's columns.

    Raises
    ------
    MalformedInputError
        It is no matrix of numbers, or a name occurs twice.

    Examples
    --------
    >>> as_table([[1, 2], [3, 4]], "gene").names
    ['gene1', 'gene2']
    """
    if isinstance(given, Genotypes):
        # Of millions of variants no list of names is made.
        return NamedTable(given.dosages, list(given.samples), given.variants["variant_id"].array)
    if isinstance(given, Expression):
        return NamedTable(given.values, list(given.samples), list(given.genes["gene_id"]))
    samples: list[str] | None = None
    if isinstance(given, pd.DataFrame):
        samples = [str(sample) for sample in given.index]
        names = [str(name) for name in given.columns]
        values = given.to_numpy()
    else:
        values = np.asarray(given)
        if values.ndim != 2:
            raise MalformedInputError(
                f"{kind}s are an array of {counted(values.ndim, 'dimension')}: "
                f"samples × {kind}s are needed"
            )
        names = [f"{kind}{k + 1}" for k in range(values.shape[1])]
    if values.dtype.kind not in "fiub":
        try:
            # Columns of pandas' own numbers know what becomes of a missing one.
            is_frame = isinstance(given, pd.DataFrame)
            values = given.to_numpy(np.float64) if is_frame else values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise MalformedInputError(
                f"{kind}s hold a value that is not a number: {error}"
            ) from None
    for what, ids in ((kind, names), ("sample", samples or [])):
        twice = repeated(ids)
        if twice:
            raise MalformedInputError(
                f"{what} {twice[0]!r} occurs more than once among the {kind}s: names must be unique"
            )
    return NamedTable(values, samples, names)


def upright(table: NamedTable, genotypes: NamedTable, kind: str, notes: list[str]) -> NamedTable:
    """The table with samples in its rows: turned where only its columns are those genotyped."""
    if table.samples is None or genotypes.samples is None:
        return table
    known = set(genotypes.samples)
    if known.isdisjoint(table.names) or not known.isdisjoint(table.samples):
        return table
    notes.append(f"the table of {kind}s has samples in its columns, and was turned")
    return NamedTable(table.values.T, table.names, table.samples)


def refuse_turned(genotypes: NamedTable, expression: NamedTable) -> None:
    """Genotypes are not turned for the caller: there may be millions of variants."""
    if genotypes.samples is None or expression.samples is None:
        return
    known = {*expression.samples, *expression.names}
    if known.isdisjoint(genotypes.samples) and not known.isdisjoint(genotypes.names):
        raise InconsistentInputsError(
            "the genotypes have samples in their columns: "
            f"{first_few(genotypes.names, 3)}; samples × variants are needed (genotypes.T)"
        )


def match_rows(
    tables: list[NamedTable], others: Sequence[str] = ()
) -> tuple[list[NamedTable], list[pd.DataFrame]]:
    """Match by sample name where all tables have names, else row by row.

    Parameters
    ----------
    tables : list of NamedTable
        Genotypes, expression, other layers, and covariates where there are any.
    others : sequence of str
        What the other layers are called.
    """
    named = [table.samples for table in tables]
    if any(samples is None for samples in named):
        sizes = [len(table.values) for table in tables]
        if len(set(sizes)) > 1:
            raise InconsistentInputsError(
                f"{_listed(others)} have {sizes} rows: arrays without sample "
                "names must have the same samples in the same order"
            )
        return tables, []
    # Sorted by name, so that the order of the samples in the inputs changes no sum.
    if all(samples == named[0] for samples in named) and named[0] == sorted(named[0] or []):
        return tables, []
    last = 2 + len(others)
    beside = dict(zip(others, named[2:last], strict=True))
    matched = match_samples(*named[:2], *named[last:], others=beside, force=True)  # type: ignore[arg-type]
    return [_take_rows(table, matched.samples) for table in tables], [matched.excluded]


def _listed(others: Sequence[str]) -> str:
    return ", ".join(["genotypes", "expression", *others]) + " and covariates"


def _take_rows(table: NamedTable, samples: list[str]) -> NamedTable:
    rows = pd.Index(table.samples).get_indexer(pd.Index(samples))
    return NamedTable(table.values[rows], samples, table.names)
