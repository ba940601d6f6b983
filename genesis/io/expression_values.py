"""Numbers of an expression table, and which cell of it is bad."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.gene_annotation import spans
from genesis.io.ids import counted
from genesis.io.table_columns import ColumnRoles
from genesis.io.tables import MISSING, DelimitedText, Row

__all__ = ["Layout", "Places", "is_interval", "parse_values", "read_columns", "value_fault"]

Places = tuple[list[Any], list[Any], list[Any]]


@dataclass(frozen=True)
class Layout:
    """What a table of genes and samples looks like.

    Attributes
    ----------
    kind : {"table", "turned", "bed", "gct", "series", "counts"}
    roles : ColumnRoles
        What its columns are.
    names : list of str
        Samples of the columns with values; genes, where the table is turned.
    """

    kind: str
    roles: ColumnRoles
    names: list[str]

    @property
    def row_kind(self) -> str:
        """What a row is of."""
        return "sample" if self.kind == "turned" else "gene"

    @property
    def column_kind(self) -> str:
        """What a column with values is of."""
        return "gene" if self.kind == "turned" else "sample"

    @property
    def place_columns(self) -> list[int]:
        """Contig, start and end, where the format has them; featureCounts also has the strand."""
        return {"bed": [0, 1, 2], "counts": [1, 2, 3, 4]}.get(self.kind, [])


def read_columns(text: DelimitedText, n_columns: int, wanted: Mapping[int, str]) -> Any | None:
    """Read columns by pyarrow, in the order of `wanted`; None where a cell does not fit.

    Parameters
    ----------
    text : DelimitedText
    n_columns : int
        How many there are in all.
    wanted : mapping of int to {"text", "number"}
    """
    import pyarrow as pa
    from pyarrow import csv

    comments: list[str] = []  # appended to by several threads

    def pass_comments(row: Any) -> str:
        if not row.text.startswith("#"):
            return "error"
        comments.append(row.text[:1])
        return "skip"

    names = [str(number) for number in range(n_columns)]
    kinds = {"text": pa.string(), "number": pa.float64()}
    try:
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(text.data).slice(text.start)),
            read_options=csv.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=csv.ParseOptions(
                delimiter=text.delimiter, invalid_row_handler=pass_comments
            ),
            convert_options=csv.ConvertOptions(
                column_types={str(number): kinds[kind] for number, kind in wanted.items()},
                include_columns=[str(number) for number in wanted],
                null_values=list(MISSING),
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    # A quotation mark that is not closed takes the rows up to the next one for one cell.
    may_span = text.data.find(b'"', text.start) >= 0
    return None if may_span and table.num_rows + len(comments) != _n_lines(text) else table


def _n_lines(text: DelimitedText) -> int:
    """Lines of the rows, without empty ones."""
    lines = io.BytesIO(text.data)
    lines.seek(text.start)
    return sum(1 for line in lines if line.rstrip(b"\r\n"))


def parse_values(
    text: DelimitedText, layout: Layout
) -> tuple[list[str], NDArray[np.float64], Places | None, list[str]]:
    """Ids of the rows, values (columns x rows), places of genes, and what was passed over.

    Raises
    ------
    DegenerateDataError
        There are no rows.
    MalformedInputError
        A row does not fit the layout; with its line.
    """
    roles = layout.roles
    if not text.data[text.start :].strip():
        raise DegenerateDataError(
            f"{text.path}: no {layout.row_kind}s after the header in line {text.header.line}"
        )
    texts = [roles.id_column, *layout.place_columns, *roles.surplus]
    wanted = {**dict.fromkeys(texts, "text"), **dict.fromkeys(roles.values, "number")}
    table = read_columns(text, len(roles.names), wanted)
    if table is None:
        raise find_fault(text, layout)
    ids = [name.strip() for name in table.column(str(roles.id_column)).to_pylist()]
    values = np.empty((len(roles.values), len(ids)), dtype=np.float64)
    for row, column in enumerate(roles.values):
        values[row] = table.column(str(column)).to_numpy()
    kept = np.array([bool(name) for name in ids]) | ~np.isnan(values).all(axis=0)
    notes = []
    if not kept.all():
        ids = [name for name, one in zip(ids, kept, strict=True) if one]
        values = values[:, kept]
        notes.append(f"{counted(int((~kept).sum()), 'row')} without an id and values passed over.")
    filled = [table.column(str(column)).to_pylist() for column in roles.surplus]
    if any(cell.strip() for column in filled for cell in column):
        raise find_fault(text, layout)
    if "" in ids or len(set(ids)) != len(ids) or np.isinf(values).any():
        raise find_fault(text, layout)
    if not layout.place_columns:
        return ids, values, None, notes
    cells = [table.column(str(column)).to_pylist() for column in layout.place_columns]
    cells = [[one for one, k in zip(column, kept, strict=True) if k] for column in cells]
    if layout.kind == "counts":
        return ids, values, exon_places(*cells), notes
    chrom, first, last = cells
    if not all(is_interval(low, high) for low, high in zip(first, last, strict=True)):
        raise find_fault(text, layout)
    places = chrom, [int(low) + 1 for low in first], [int(high) for high in last]
    return ids, values, places, notes


def exon_places(
    chroms: list[str], starts: list[str], ends: list[str], strands: list[str]
) -> Places:
    """Places of genes from those of their exons, which semicolons separate.

    A gene at several places (see `genesis.io.gene_annotation.spans`), or without numbers, has none.
    """
    places: list[tuple[Any, Any, Any]] = []
    for row in zip(chroms, starts, ends, strands, strict=True):
        exons = list(zip(*(cell.split(";") for cell in row), strict=False))
        if all(re.fullmatch(r"[0-9]{1,15}", number) for exon in exons for number in exon[1:3]):
            found = spans((one[0], int(one[1]), int(one[2]), one[3].encode()) for one in exons)
            places.append(found[0] if len(found) == 1 else (None, None, None))
        else:
            places.append((None, None, None))
    chrom, start, end = zip(*places, strict=True) if places else ((), (), ())
    return list(chrom), list(start), list(end)


def is_interval(start: str, end: str) -> bool:
    """Whether two texts are the start and end of a BED interval."""
    return (
        re.fullmatch(r"\d{1,15}", start) is not None
        and re.fullmatch(r"\d{1,15}", end) is not None
        and int(start) < int(end)
    )


def find_fault(text: DelimitedText, layout: Layout) -> MalformedInputError:
    """Go through the table row by row for the first thing wrong with it."""
    lines: dict[str, int] = {}
    for row in text.rows():
        fault = row_fault(row, layout, lines)
        if fault:
            return MalformedInputError(f"{text.path}, line {row.line}{fault}")
    return MalformedInputError(
        f"{text.path}: the table cannot be read, though each of its rows can; save it anew as "
        "tab-separated text"
    )


def row_fault(row: Row, layout: Layout, lines: dict[str, int]) -> str:
    """What is wrong with a row, if anything; `lines` has those of the ids met before."""
    roles, kind = layout.roles, layout.row_kind
    if len(row.cells) != len(roles.names):
        if row.cells[0].startswith("#"):
            return ""
        return (
            f": {counted(len(row.cells), 'column')} where the header calls for {len(roles.names)}"
        )
    name = row.cells[roles.id_column].strip()
    cells = [row.cells[column] for column in roles.values]
    for column in roles.surplus:
        if row.cells[column].strip():
            return (
                f": column {column + 1} holds {row.cells[column]!r} and has no name; name it, or "
                "leave it out"
            )
    if not name:
        if all(cell.strip() in MISSING for cell in cells):
            return ""
        return f": no {kind} id; name the {kind} or remove the line"
    if name in lines:
        return f": {kind} {name} was already in line {lines[name]}; keep one of them"
    lines[name] = row.line
    if layout.kind == "bed" and not is_interval(row.cells[1], row.cells[2]):
        return (
            f", gene {name}: start {row.cells[1]!r} and end {row.cells[2]!r} are no BED interval "
            "(whole numbers from 0, the start before the end)"
        )
    for other, cell in zip(layout.names, cells, strict=True):
        fault = value_fault(cell)
        if fault:
            return (
                f", {kind} {name}, {layout.column_kind} {other}: {cell!r} is {fault}; write a "
                "number, or NA where it is missing"
            )
    return ""


def value_fault(cell: str) -> str:
    """What is wrong with a value, if anything."""
    if cell in MISSING:
        return ""
    cell = cell.strip()
    if cell in MISSING:
        return "not a number, for blanks are around it"
    try:
        value = abs(float(cell))
    except ValueError:
        if re.fullmatch(r"[-+]?\d+,\d+([eE][-+]?\d+)?", cell):
            return "not a number (decimals are written with a point)"
        return "not a number"
    if not cell.isascii() or "_" in cell:  # Python reads these, other programs do not
        return "not a number"
    return "not finite" if value == np.inf else ""
