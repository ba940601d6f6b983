"""The table of relations as Parquet, which `genesis.load` reads back, and as text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from genesis.engine.threads import available_threads, map_ordered
from genesis.errors import InconsistentInputsError
from genesis.findings.relations import (
    CALIBRATED_COLUMNS,
    RELATION_NAMES,
    RESTS_ON,
    RULE_NAMES,
    Relations,
)
from genesis.io.table_text import (
    PIECE_ROWS,
    as_text,
    gzip_member,
    header_line,
    six_digits,
    text_lines,
)

__all__ = [
    "COLUMNS",
    "RelationNames",
    "read_relations",
    "relation_columns",
    "write_relations_parquet",
    "write_relations_text",
]

_VERSION = b"5"
_LOG10 = np.log(10.0)

_NAME = pa.dictionary(pa.int32(), pa.string())
#: Columns for people, in both files; p-values are probabilities.
COLUMNS = [
    pa.field("gene_a", _NAME),
    pa.field("gene_b", _NAME),
    pa.field("relation", _NAME),
    pa.field("direct", pa.bool_()),
    pa.field("follows", pa.bool_()),
    pa.field("rule", _NAME),
    pa.field("rests_on", _NAME),
    pa.field("sweep", pa.int16()),
    pa.field("n_witnesses", pa.int32()),
    pa.field("n_conditioning", pa.int32()),
    pa.field("witness", _NAME),
    pa.field("p_value", pa.float64()),
    pa.field("log10_p", pa.float64()),
    pa.field("p_without", pa.float64()),
    pa.field("p_with", pa.float64()),
    pa.field("p_direct", pa.float64()),
    *(pa.field(name, pa.float32()) for name in CALIBRATED_COLUMNS),
]
_LOGS = ("log_p", "log_p_without", "log_p_with", "log_p_direct")
#: What only the Parquet file has: natural logs to the bit, and the witness by its position,
#: because a variant and a gene may share a name.
_EXACT = [pa.field("witness_position", pa.int32()), *(pa.field(n, pa.float64()) for n in _LOGS)]
_SCHEMA = pa.schema(
    [*COLUMNS, *_EXACT], metadata={b"genesis.schema": b"relations", b"genesis.version": _VERSION}
)


class RelationNames:
    """Arrow dictionaries of the names that rows refer to by position."""

    def __init__(self, gene_ids: pd.Index, variables: pd.Index) -> None:
        self.genes = pa.array(gene_ids.tolist(), pa.string())
        self.variables = pa.array(variables.tolist(), pa.string())
        self.relations = pa.array(RELATION_NAMES, pa.string())
        self.rules = pa.array(RULE_NAMES, pa.string())
        self.rests_on = pa.array(RESTS_ON, pa.string())


def _named(positions: np.ndarray, names: pa.Array) -> pa.Array:
    indices = pa.array(positions.astype(np.int32), mask=positions < 0)
    return pa.DictionaryArray.from_arrays(indices, names)


def relation_columns(rows: Relations, names: RelationNames) -> dict[str, pa.Array]:
    """Rows as Arrow columns by name: those of `COLUMNS`, and what only the Parquet file has."""
    numbers = {
        "sweep": rows.sweep,
        "n_witnesses": rows.n_witnesses,
        "p_value": np.exp(rows.log_p),
        "log10_p": rows.log_p / _LOG10,
        "p_without": np.exp(rows.log_p_without),
        "p_with": np.exp(rows.log_p_with),
        "p_direct": np.exp(rows.log_p_direct),
        **{name: getattr(rows, name) for name in (*_LOGS, *CALIBRATED_COLUMNS)},
    }
    return {
        "gene_a": _named(rows.gene_a, names.genes),
        "gene_b": _named(rows.gene_b, names.genes),
        "relation": _named(rows.relation, names.relations),
        "direct": pa.array(rows.direct == 1, mask=rows.direct < 0),
        "follows": pa.array(rows.follows == 1, mask=rows.follows < 0),
        "rule": _named(rows.rule, names.rules),
        "rests_on": _named(rows.rests_on, names.rests_on),
        "n_conditioning": pa.array(rows.n_conditioning, mask=rows.n_conditioning < 0),
        "witness": _named(rows.witness, names.variables),
        "witness_position": pa.array(rows.witness, mask=rows.witness < 0),
        **{name: pa.array(values, from_pandas=True) for name, values in numbers.items()},
    }


def write_relations_parquet(
    path: Path, pairs: Relations, gene_ids: pd.Index, variables: pd.Index
) -> None:
    """Write the relations as Parquet, one row group a million rows.

    Parameters
    ----------
    path : Path
        File to write.
    pairs : Relations
        The rows.
    gene_ids, variables : pandas.Index
        Names that the rows refer to.
    """
    names = RelationNames(gene_ids, variables)
    floats = [field.name for field in _SCHEMA if pa.types.is_floating(field.type)]
    with pq.ParquetWriter(
        path,
        _SCHEMA,
        compression="zstd",
        compression_level=1,
        use_dictionary=[f.name for f in _SCHEMA if f.name not in floats],
        dictionary_pagesize_limit=1 << 26,
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
    ) as writer:
        for rows in pairs.chunks():
            columns = relation_columns(rows, names)
            writer.write_table(
                pa.Table.from_arrays([columns[name] for name in _SCHEMA.names], schema=_SCHEMA)
            )


def write_relations_text(
    path: Path,
    pairs: Relations,
    gene_ids: pd.Index,
    variables: pd.Index,
    *,
    threads: int | None = None,
) -> None:
    """Write the relations as gzipped text, p-values with six significant digits.

    Parameters
    ----------
    path : Path
        File to write.
    pairs : Relations
        The rows.
    gene_ids, variables : pandas.Index
        Names that the rows refer to.
    threads : int, optional
        Threads that make and compress text; the file is the same for any number.
    """
    work = partial(_compressed_lines, names=RelationNames(gene_ids, variables))
    with path.open("wb") as file:
        file.write(gzip_member(header_line(field.name for field in COLUMNS)))
        for member in map_ordered(work, pairs.chunks(PIECE_ROWS), threads or available_threads()):
            file.write(member)


def _compressed_lines(rows: Relations, names: RelationNames) -> bytes:
    columns = relation_columns(rows, names)
    text = [
        six_digits(columns[field.name].to_numpy(zero_copy_only=False))
        if pa.types.is_floating(field.type)
        else as_text(columns[field.name])
        for field in COLUMNS
    ]
    return gzip_member(text_lines(text))


def read_relations(path: Path, gene_ids: pd.Index) -> Relations:
    """Read back what `write_relations_parquet` wrote.

    Parameters
    ----------
    path : Path
        File to read.
    gene_ids : pandas.Index
        Gene names, in the order that positions count in.

    Raises
    ------
    InconsistentInputsError
        The file is of another format version, or names genes that are not among `gene_ids`.
    """
    # A file of its own, not a data set: no names of directories may turn into columns.
    with pq.ParquetFile(path) as file:
        metadata = file.schema_arrow.metadata or {}
        if metadata.get(b"genesis.version") != _VERSION:
            raise InconsistentInputsError(
                f"{path} is not a table of relations of format version {_VERSION.decode()}: "
                "read it with the version of GENESIS that wrote it"
            )
        parts = list(_read_groups(file, gene_ids, path))
    return Relations(**{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _read_groups(
    file: pq.ParquetFile, gene_ids: pd.Index, path: Path
) -> Iterator[dict[str, np.ndarray]]:
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, use_threads=False)
        yield {
            "gene_a": _positions(table, "gene_a", gene_ids, path).astype(np.int32),
            "gene_b": _positions(table, "gene_b", gene_ids, path).astype(np.int32),
            "relation": _positions(table, "relation", pd.Index(RELATION_NAMES), path).astype(
                np.int8
            ),
            "direct": _integers(table, "direct", np.int8),
            "follows": _integers(table, "follows", np.int8),
            "rule": _positions(table, "rule", pd.Index(RULE_NAMES), path).astype(np.int8),
            "rests_on": _positions(table, "rests_on", pd.Index(RESTS_ON), path).astype(np.int8),
            "sweep": _integers(table, "sweep", np.int16),
            "n_witnesses": _integers(table, "n_witnesses", np.int32),
            "n_conditioning": _integers(table, "n_conditioning", np.int32),
            "witness": _integers(table, "witness_position", np.int32),
            **{name: table[name].to_numpy() for name in (*_LOGS, *CALIBRATED_COLUMNS)},
        }


def _integers(table: pa.Table, name: str, dtype: type[np.signedinteger]) -> np.ndarray:
    numbers = table[name].cast(pa.int8()) if table[name].type == pa.bool_() else table[name]
    return numbers.fill_null(-1).to_numpy().astype(dtype)


def _positions(table: pa.Table, name: str, names: pd.Index, path: Path) -> np.ndarray:
    column = table[name].unify_dictionaries().combine_chunks()
    position = names.get_indexer(column.dictionary.to_pylist())
    if (position < 0).any():
        unknown = column.dictionary.to_pylist()[int(np.argmin(position))]
        raise InconsistentInputsError(
            f"{path} names {name} {unknown!r}, which this run does not know: its files are from "
            "different runs; save the result anew"
        )
    return np.append(position, -1)[column.indices.fill_null(-1).to_numpy()]
