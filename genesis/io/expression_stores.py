"""Expression in binary stores: Parquet and AnnData."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, InputReadError, MalformedInputError
from genesis.io.expression_table import BED_EXTRAS, CONTIG_NAMES, ExpressionTable, check_names
from genesis.io.extras import load_extra

__all__ = ["read_h5ad", "read_parquet"]


def read_parquet(path: str | Path) -> ExpressionTable:
    """Read Parquet of genes x samples; errors are those of `genesis.read_expression`."""
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputReadError(
            f"{path}: it is no Parquet file, or damaged ({error}); copy or make it again"
        ) from error
    names = [str(name) for name in frame.columns]
    lower = [name.lower().lstrip("#") for name in names[:3]]
    is_bed = len(names) > 3 and lower[0] in CONTIG_NAMES and lower[1:] == ["start", "end"]
    n_leading = 3 if is_bed else 0
    if isinstance(frame.index, pd.RangeIndex):
        # No index was written, so the ids are a column.
        if len(names) <= n_leading:
            raise DegenerateDataError(f"{path}: there are no columns of samples in it")
        ids = frame.iloc[:, n_leading]
        n_leading += 1
    else:
        ids = frame.index.to_series()
    while is_bed and n_leading < len(names) and names[n_leading].lower() in BED_EXTRAS:
        n_leading += 1
    genes, samples = ["" if pd.isna(name) else str(name) for name in ids], names[n_leading:]
    if not genes or not samples:
        raise DegenerateDataError(f"{path}: {len(genes)} genes in {len(samples)} samples")
    check_names(genes, "gene", str(path))
    check_names(samples, "sample", str(path))
    values = np.empty((len(samples), len(genes)), dtype=np.float64)
    for row, sample in enumerate(samples):
        column = frame.iloc[:, n_leading + row]
        if not pd.api.types.is_numeric_dtype(column):
            raise MalformedInputError(
                f"{path}, sample {sample}: the column is no numbers ({column.dtype}); gene ids "
                "belong into the first column or the index"
            )
        values[row] = column.to_numpy(dtype=np.float64, na_value=np.nan)
    check_finite(values, genes, samples, path)
    places = bed_places(frame, genes, path) if is_bed else ([None] * len(genes),) * 3
    kind = "Parquet of tensorQTL's BED" if is_bed else "Parquet of genes × samples"
    return ExpressionTable(kind, genes, samples, values, *places)


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


def read_h5ad(path: str | Path) -> ExpressionTable:
    """Read AnnData of samples x genes; errors are those of `genesis.read_expression`."""
    anndata = load_extra("anndata", "AnnData (.h5ad)", "anndata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library's own libraries
        try:
            data = anndata.read_h5ad(path)
        except Exception as error:
            raise InputReadError(
                f"{path}: it is no .h5ad of AnnData, or damaged ({error}); copy or make it again"
            ) from error
    if data.X is None or 0 in data.shape:
        raise DegenerateDataError(f"{path}: it holds no values (X); {data.n_obs} × {data.n_vars}")
    samples, genes = list(map(str, data.obs_names)), list(map(str, data.var_names))
    check_names(samples, "sample", str(path))
    check_names(genes, "gene", str(path))
    dense: Any = data.X.toarray() if hasattr(data.X, "toarray") else data.X
    if dense.dtype.kind not in "fiub":
        raise MalformedInputError(f"{path}: X holds no numbers ({dense.dtype})")
    values = np.ascontiguousarray(dense, dtype=np.float64)
    check_finite(values, genes, samples, path)
    unknown = [None] * len(genes)
    return ExpressionTable(
        "AnnData of samples × genes", genes, samples, values, unknown, unknown, unknown
    )


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
