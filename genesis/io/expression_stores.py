"""Expression in binary stores: Parquet and AnnData."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.engine.extras import load_extra
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.expression_table import (
    KINDS,
    ExpressionTable,
    check_names,
    expression_of,
    find_layout,
    is_bed,
)
from genesis.io.tables import Row

__all__ = ["is_anndata", "read_anndata", "read_parquet"]


def read_parquet(path: str | Path, known: frozenset[str] = frozenset()) -> ExpressionTable:
    """Read Parquet of genes x samples; errors are those of `genesis.read_expression`.

    Parameters
    ----------
    path : str or Path
    known : frozenset of str
        Ids of the genotyped samples, which tell samples from other columns.
    """
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputReadError(
            f"{path}: it is no Parquet file, or damaged ({error}); copy or make it again"
        ) from error
    names = [str(name) for name in frame.columns]
    if not isinstance(frame.index, pd.RangeIndex):
        # Behind the places, where these come first, as in a BED.
        at = 3 * is_bed([*names[:3], ""])
        frame = frame.reset_index(names="")
        frame = frame.iloc[:, [*range(1, at + 1), 0, *range(at + 1, frame.shape[1])]]
        names.insert(at, "")
    if len(frame) == 0 or len(names) < 2:
        raise DegenerateDataError(f"{path}: {len(frame)} genes in {len(names[1:])} samples")
    layout = find_layout(names, _first_rows(frame), known, "table", str(path))
    roles = layout.roles
    ids = ["" if pd.isna(name) else str(name) for name in frame.iloc[:, roles.id_column]]
    check_names(ids, layout.row_kind, str(path))
    values = np.empty((len(layout.names), len(ids)), dtype=np.float64)
    for row, (name, at) in enumerate(zip(layout.names, roles.values, strict=True)):
        column = frame.iloc[:, at]
        if not pd.api.types.is_numeric_dtype(column):
            raise MalformedInputError(
                f"{path}, {layout.column_kind} {name}: the column is no numbers ({column.dtype}); "
                "gene ids belong into the first column or the index"
            )
        values[row] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    places = bed_places(frame, ids, path) if layout.kind == "bed" else None
    table = expression_of(f"Parquet: {KINDS[layout.kind]}", layout, ids, values, places, [])
    check_finite(table.values, table.genes, table.samples, path)
    return table


def _first_rows(frame: pd.DataFrame) -> list[Row]:
    """The first rows as text."""
    first = frame.head(100)
    cells = [
        ["" if pd.isna(cell) else str(cell) for cell in first.iloc[:, column]]
        for column in range(first.shape[1])
    ]
    return [Row(number, list(row)) for number, row in enumerate(zip(*cells, strict=True), start=1)]


def bed_places(
    frame: pd.DataFrame, genes: Sequence[str], path: str | Path
) -> tuple[list[Any], list[Any], list[Any]]:
    """Places of the genes from the first three columns (0-based, half-open)."""
    chrom, start, end = (frame.iloc[:, k] for k in range(3))
    for column in (start, end):
        if not pd.api.types.is_integer_dtype(column) or column.isna().any():
            raise MalformedInputError(f"{path}: {column.name} is not of whole numbers")
    bad = np.flatnonzero(~((start >= 0) & (start < end)))
    if len(bad):
        raise MalformedInputError(
            f"{path}, gene {genes[bad[0]]}: start {start.iloc[bad[0]]} and end {end.iloc[bad[0]]} "
            "are no BED interval (from 0, the start before the end)"
        )
    return [str(name) for name in chrom], (start + 1).tolist(), end.tolist()


def is_anndata(given: Any) -> bool:
    """Whether an object is AnnData, without importing that."""
    return type(given).__module__.split(".")[0] == "anndata"


def read_anndata(given: Any, layer: str | None = None) -> ExpressionTable:
    """Take AnnData of samples x genes; errors are those of `genesis.read_expression`.

    Parameters
    ----------
    given : str, Path or anndata.AnnData
    layer : str, optional
        Instead of X.
    """
    where = "AnnData" if is_anndata(given) else str(given)
    data = given if is_anndata(given) else _open_h5ad(given)
    what = "X" if layer is None else f"layer {layer}"
    if layer is not None and layer not in data.layers:
        raise CommandLineError(f"{where}: there is no layer {layer!r}; {_layers(data)}")
    found = data.X if layer is None else data.layers[layer]
    if found is None or 0 in data.shape:
        raise DegenerateDataError(
            f"{where}: it holds no values ({what}); {data.n_obs} × {data.n_vars}; {_layers(data)}"
        )
    samples, genes = list(map(str, data.obs_names)), list(map(str, data.var_names))
    check_names(samples, "sample", where)
    check_names(genes, "gene", where)
    dense: Any = found.toarray() if hasattr(found, "toarray") else np.asarray(found)
    if dense.dtype.kind not in "fiub":
        raise MalformedInputError(f"{where}: {what} holds no numbers ({dense.dtype})")
    values = np.ascontiguousarray(dense, dtype=np.float64)
    check_finite(values, genes, samples, where)
    unknown = [None] * len(genes)
    kind = "AnnData of samples × genes" + ("" if layer is None else f", {what}")
    return ExpressionTable(kind, genes, samples, values, unknown, unknown, unknown)


def _open_h5ad(path: str | Path) -> Any:
    anndata = load_extra("anndata", "AnnData (.h5ad)", "anndata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library's own libraries
        try:
            return anndata.read_h5ad(path)
        except Exception as error:
            raise InputReadError(
                f"{path}: it is no .h5ad of AnnData, or damaged ({error}); copy or make it again"
            ) from error


def _layers(data: Any) -> str:
    """Which layers there are, and how to choose one."""
    if not len(data.layers):
        return "it has no layers either"
    return f"its layers are {', '.join(data.layers)}: choose one with --layer (layer=)"


def check_finite(
    values: NDArray[np.float64], genes: Sequence[str], samples: Sequence[str], path: str | Path
) -> None:
    """Refuse an infinite value."""
    infinite = np.argwhere(np.isinf(values))
    if len(infinite):
        row, column = infinite[0]
        raise MalformedInputError(
            f"{path}, gene {genes[column]}, sample {samples[row]}: the value is not finite; write "
            "a number, or nothing where it is missing"
        )
