"""Expression as text: genes x samples, BED, GCT, and the output of featureCounts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.ids import counted, first_few, repeated
from genesis.io.tables import MISSING, Row, read_text, rows_after, split_header

__all__ = ["ExpressionTable", "check_names", "read_table"]

CONTIG_NAMES = ("chr", "chrom", "chromosome", "contig")
# Columns that QTLtools and FastQTL put between the gene id and the samples.
BED_EXTRAS = ("gid", "strand", "score", "length", "type", "info")
FEATURE_COUNTS = ["geneid", "chr", "start", "end", "strand", "length"]
QUANT_SF = ["name", "length", "effectivelength", "tpm", "numreads"]
KINDS = {
    "table": "a table of genes × samples",
    "bed": "a BED of genes × samples",
    "gct": "a GCT",
    "counts": "counts of featureCounts",
}


@dataclass(frozen=True, eq=False)
class ExpressionTable:
    """What a file holds, before any gene is left out.

    Attributes
    ----------
    kind : str
        The format, for people.
    genes, samples : list of str
    values : numpy.ndarray of float64, shape (n_samples, n_genes)
    chrom, start, end : list
        Places of the genes (1-based, both included), None where unknown.
    """

    kind: str
    genes: list[str]
    samples: list[str]
    values: NDArray[np.float64]
    chrom: list[Any]
    start: list[Any]
    end: list[Any]


def read_table(path: str | Path) -> ExpressionTable:
    """Read a text table; errors are those of `genesis.read_expression`."""
    data = read_text(path)
    shape = None
    if data.startswith(b"#1."):
        data, shape = without_gct_start(data, path)
    delimiter, header, start = split_header(data, path)
    columns = find_columns(header, data[start:], delimiter, path, is_gct=shape is not None)
    genes, values, places = parse_values(data, start, delimiter, header, columns, path)
    if shape not in (None, (len(genes), len(columns.samples))):
        raise MalformedInputError(
            f"{path}, line 2: it calls for {shape[0]} genes and {shape[1]} samples, but there are "
            f"{len(genes)} and {len(columns.samples)}; the file is truncated, or line 2 wrong"
        )
    return ExpressionTable(KINDS[columns.kind], genes, columns.samples, values, *places)


def without_gct_start(data: bytes, path: str | Path) -> tuple[bytes, tuple[int, int]]:
    """The table of a GCT, its two first lines blank so that lines keep their numbers."""
    first, second, rest = (*data.split(b"\n", 2), b"", b"")[:3]
    if first.strip() != b"#1.2":
        raise MalformedInputError(
            f"{path}, line 1: GCT of version {first.strip().decode()[1:]}; save it as 1.2"
        )
    numbers = second.split()
    if len(numbers) < 2 or not all(number.isdigit() for number in numbers[:2]):
        raise MalformedInputError(
            f"{path}, line 2: {second.strip().decode()[:40]!r} is not the number of genes and of "
            "samples, as a GCT has them there"
        )
    return b"\n\n" + rest, (int(numbers[0]), int(numbers[1]))


def check_names(ids: Sequence[str], kind: str, where: str) -> None:
    """Refuse ids that are empty or repeated."""
    if "" in ids:
        number = list(ids).index("") + 1
        raise MalformedInputError(f"{where}: {kind} {number} has no id; name it")
    twice = repeated(ids)
    if twice:
        raise MalformedInputError(
            f"{where}: {kind} ids occur more than once: {first_few(twice)}; make them unique"
        )


@dataclass(frozen=True)
class TableColumns:
    """What the columns of an expression table are."""

    kind: str
    n_leading: int
    samples: list[str]

    @property
    def id_column(self) -> int:
        return 3 if self.kind == "bed" else 0


def find_columns(
    header: Row, body: bytes, delimiter: str, path: str | Path, is_gct: bool = False
) -> TableColumns:
    """Tell the samples from the columns before them."""
    cells = [cell.strip() for cell in header.cells]
    where = f"{path}, line {header.line}"
    lower = [cell.lower() for cell in cells]
    if lower == QUANT_SF:
        raise MalformedInputError(
            f"{where}: a quant.sf of Salmon, which is of one sample; join those of all samples to "
            "a table of genes × samples (tximport does)"
        )
    kind, n_leading = "table", 1
    if is_gct:
        kind, n_leading = "gct", 2
        if lower[:2] != ["name", "description"]:
            raise MalformedInputError(
                f"{where}: the columns of a GCT start with Name and Description"
            )
    elif lower[:6] == FEATURE_COUNTS:
        kind, n_leading = "counts", 6
    elif len(cells) > 3 and lower[0].lstrip("#") in CONTIG_NAMES and lower[1:3] == ["start", "end"]:
        kind, n_leading = "bed", 4
        while n_leading < len(cells) and lower[n_leading] in BED_EXTRAS:
            n_leading += 1
    else:
        first = body.lstrip(b"\r\n").split(b"\n", 1)[0].decode()
        # R's write.table leaves out the name of the column of row names.
        n_leading = 0 if first.count(delimiter) == len(cells) else 1
    samples = cells[n_leading:]
    if kind == "counts":
        samples = [re.sub(r"\.(bam|sam|cram)$", "", PurePosixPath(name).name) for name in samples]
    if not samples:
        raise DegenerateDataError(f"{where}: no sample columns in the header ({cells[0]!r})")
    if "" in samples:
        column = n_leading + samples.index("") + 1
        raise MalformedInputError(f"{where}: column {column} has no sample id; name it")
    check_names(samples, "sample", where)
    return TableColumns(kind, n_leading or 1, samples)


Places = tuple[list[Any], list[Any], list[Any]]


def parse_values(
    data: bytes,
    start: int,
    delimiter: str,
    header: Row,
    columns: TableColumns,
    path: str | Path,
) -> tuple[list[str], NDArray[np.float64], Places]:
    """Gene ids, values (samples x genes) and places of the genes, by pyarrow."""
    import pyarrow as pa
    from pyarrow import csv

    leading = [f"leading {number}" for number in range(columns.n_leading)]
    names = leading + [f"sample {number}" for number in range(len(columns.samples))]
    types = dict.fromkeys(leading, pa.string())
    types.update(dict.fromkeys(names[columns.n_leading :], pa.float64()))
    body = data[start:]
    if not body.strip():
        raise DegenerateDataError(f"{path}: no genes after the header in line {header.line}")
    try:
        table = csv.read_csv(
            pa.BufferReader(body),
            read_options=csv.ReadOptions(column_names=names, block_size=1 << 24),
            parse_options=csv.ParseOptions(delimiter=delimiter),
            convert_options=csv.ConvertOptions(
                column_types=types, null_values=list(MISSING), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise find_fault(data, start, delimiter, header, columns, path, str(error)) from error
    ids = [name.strip() for name in table.column(columns.id_column).to_pylist()]
    values = np.empty((len(columns.samples), len(ids)), dtype=np.float64)
    for row, name in enumerate(names[columns.n_leading :]):
        values[row] = table.column(name).to_numpy()
    if "" in ids or len(set(ids)) != len(ids) or np.isinf(values).any():
        raise find_fault(data, start, delimiter, header, columns, path, "unusable genes")
    unknown: list[None] = [None] * len(ids)
    if columns.kind == "counts":
        return ids, values, exon_places(*(table.column(k).to_pylist() for k in (1, 2, 3)))
    if columns.kind != "bed":
        return ids, values, (unknown, unknown, unknown)
    chrom, first, last = (table.column(number).to_pylist() for number in range(3))
    if not all(is_interval(low, high) for low, high in zip(first, last, strict=True)):
        raise find_fault(data, start, delimiter, header, columns, path, "unusable positions")
    return ids, values, (chrom, [int(low) + 1 for low in first], [int(high) for high in last])


def exon_places(chroms: list[str], starts: list[str], ends: list[str]) -> Places:
    """Places of genes from those of their exons, which semicolons separate.

    A gene on two contigs, or without numbers, has none.
    """
    places: list[tuple[Any, Any, Any]] = []
    for chrom, start, end in zip(chroms, starts, ends, strict=True):
        contigs = set(chrom.split(";"))
        numbers = [*start.split(";"), *end.split(";")]
        if len(contigs) == 1 and all(re.fullmatch(r"[0-9]{1,15}", text) for text in numbers):
            places.append((contigs.pop(), min(map(int, numbers)), max(map(int, numbers))))
        else:
            places.append((None, None, None))
    chrom_, start_, end_ = zip(*places, strict=True) if places else ((), (), ())
    return list(chrom_), list(start_), list(end_)


def is_interval(start: str, end: str) -> bool:
    """Whether two texts are the start and end of a BED interval."""
    return (
        re.fullmatch(r"\d{1,15}", start) is not None
        and re.fullmatch(r"\d{1,15}", end) is not None
        and int(start) < int(end)
    )


def find_fault(
    data: bytes,
    start: int,
    delimiter: str,
    header: Row,
    columns: TableColumns,
    path: str | Path,
    otherwise: str,
) -> MalformedInputError:
    """Go through the table row by row for the first thing wrong with it."""
    n_columns = columns.n_leading + len(columns.samples)
    lines: dict[str, int] = {}
    for row in rows_after(data, start, delimiter, header.line, path):
        where = f"{path}, line {row.line}"
        if len(row.cells) != n_columns:
            return MalformedInputError(
                f"{where}: {counted(len(row.cells), 'column')} where the header calls for "
                f"{n_columns}"
            )
        gene = row.cells[columns.id_column].strip()
        if not gene:
            return MalformedInputError(f"{where}: no gene id; name the gene or remove the line")
        if gene in lines:
            return MalformedInputError(
                f"{where}: gene {gene} was already in line {lines[gene]}; keep one of them"
            )
        lines[gene] = row.line
        if columns.kind == "bed" and not is_interval(row.cells[1], row.cells[2]):
            return MalformedInputError(
                f"{where}, gene {gene}: start {row.cells[1]!r} and end {row.cells[2]!r} are no "
                "BED interval (whole numbers from 0, the start before the end)"
            )
        for sample, cell in zip(columns.samples, row.cells[columns.n_leading :], strict=True):
            fault = value_fault(cell.strip())
            if fault:
                return MalformedInputError(
                    f"{where}, gene {gene}, sample {sample}: {cell!r} is {fault}; write a number, "
                    "or NA where it is missing"
                )
    return MalformedInputError(f"{path}: the table cannot be read ({otherwise})")


def value_fault(cell: str) -> str:
    if cell in MISSING:
        return ""
    try:
        value = abs(float(cell))
    except ValueError:
        return "not a number"
    if not cell.isascii() or "_" in cell:  # Python reads these, other programs do not
        return "not a number"
    return "not finite" if value == np.inf else ""
