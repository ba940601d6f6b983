"""Sampled graphs on disk: their tables as Parquet in a zip archive without time stamps."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from genesis.errors import InputOpenError, InputReadError
from genesis.findings.sampled_graphs import GraphTables, SampledGraphs

__all__ = ["OLDEST_ZIP_DATE", "add_table", "graphs_on_disk", "read_table", "write_graphs"]

OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_TABLES = tuple(field.name for field in fields(GraphTables))


def add_table(archive: zipfile.ZipFile, name: str, frame: pd.DataFrame) -> None:
    """Put a table into an archive."""
    buffer = io.BytesIO()
    table = pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False)
    pq.write_table(table, buffer, compression="zstd")
    entry = zipfile.ZipInfo(f"{name}.parquet", date_time=OLDEST_ZIP_DATE)
    archive.writestr(entry, buffer.getvalue())


def read_table(archive: zipfile.ZipFile, name: str) -> pd.DataFrame:
    """The table of this name in an archive."""
    frame = pq.read_table(io.BytesIO(archive.read(f"{name}.parquet"))).to_pandas()
    # Text that pandas 2 wrote as objects becomes what this version makes of text.
    for column in frame.columns[frame.dtypes == "object"]:
        frame[column] = pd.Series(frame[column].to_numpy(), dtype="str")
    return frame


def write_graphs(graphs: SampledGraphs, path: Path) -> None:
    """Write sampled graphs."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in _TABLES:
            add_table(archive, name, getattr(graphs.tables, name))


def graphs_on_disk(path: Path) -> SampledGraphs:
    """Sampled graphs that are read from a file when they are first asked for.

    Asking for them raises `InputOpenError` where the file is gone, and `InputReadError` where it is
    damaged.
    """
    return SampledGraphs(partial(_read_graphs, path))


def _read_graphs(path: Path) -> GraphTables:
    try:
        with zipfile.ZipFile(path) as archive:
            return GraphTables(**{name: read_table(archive, name) for name in _TABLES})
    except FileNotFoundError as error:
        raise InputOpenError(
            f"{path} is missing: put it back beside the other files of the run, or run again"
        ) from error
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, pa.ArrowException) as error:
        raise InputReadError(f"{path} is damaged ({error}): save the result anew") from error
