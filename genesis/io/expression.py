"""Expression tables: genes x samples, or the BED of FastQTL and tensorQTL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.io.exclusions import combine, exclusions, no_exclusions
from genesis.io.ids import counted, first_few, positions_of, repeated
from genesis.io.tables import (
    MISSING,
    Row,
    read_ids,
    read_text,
    rows_after,
    split_header,
)

__all__ = ["Expression", "read_expression", "read_gene_list", "read_sample_list"]

CONTIG_NAMES = ("chr", "chrom", "chromosome", "contig")
# Columns that QTLtools and FastQTL put between the gene id and the samples.
BED_EXTRAS = ("gid", "strand", "score", "length", "type", "info")


@dataclass(frozen=True, eq=False)
class Expression:
    """Expression of genes in samples.

    Attributes
    ----------
    values : numpy.ndarray of float64, shape (n_samples, n_genes)
        NaN where missing.
    samples : list of str
        Sample ids, the rows.
    genes : pandas.DataFrame
        One row a column of `values`: ``gene_id`` (unique), ``chrom`` (str, missing where
        unknown), ``start`` and ``end`` (Int64, 1-based, both included).
    excluded : pandas.DataFrame
        Exclusion table: genes that were read and dropped, with their reasons.
    notes : list of str
        What was done, in sentences.
    """

    values: NDArray[np.float64]
    samples: list[str]
    genes: pd.DataFrame
    excluded: pd.DataFrame = field(default_factory=no_exclusions)
    notes: list[str] = field(default_factory=list)

    @property
    def has_positions(self) -> bool:
        """Whether any gene has a position."""
        return bool(self.genes["chrom"].notna().any())

    def take_samples(self, samples: Sequence[str]) -> Expression:
        """Return the expression of these samples, in this order.

        Genes without two different values among them are excluded with reason ``constant``.

        Raises
        ------
        InconsistentInputsError
            For an id that is not among the samples, or is repeated.
        DegenerateDataError
            Where no sample is asked for or no gene varies.

        Examples
        --------
        >>> genes = pd.DataFrame({"gene_id": ["g"], "chrom": [None], "start": [pd.NA],
        ...     "end": [pd.NA]})
        >>> Expression(np.array([[1.0], [2.0]]), ["a", "b"], genes).take_samples(["b", "a"]).samples
        ['b', 'a']
        """
        wanted = list(samples)
        if wanted == self.samples:
            return self
        rows = positions_of(wanted, self.samples, "samples", "the expression table")
        values = self.values[rows]
        constant = ~varying(values)
        if constant.all():
            raise DegenerateDataError(
                f"none of the {len(self.genes)} genes varies among the {len(wanted)} samples "
                "taken; take more samples"
            )
        lost = exclusions(
            "gene",
            self.genes.loc[constant, "gene_id"].tolist(),
            "constant",
            f"does not vary among the {len(wanted)} samples taken",
        )
        notes = list(self.notes)
        if len(lost):
            notes.append(
                f"{counted(len(lost), 'gene')} without variation among the {len(wanted)} samples "
                "taken: excluded."
            )
        return Expression(
            values=values[:, ~constant],
            samples=wanted,
            genes=self.genes[~constant].reset_index(drop=True),
            excluded=combine([self.excluded, lost]),
            notes=notes,
        )

    def take_genes(self, gene_ids: Sequence[str]) -> Expression:
        """Return the expression of these genes, in this order.

        Raises
        ------
        InconsistentInputsError
            For an id that is not among the genes, or is repeated.
        DegenerateDataError
            Where no gene is asked for.

        Examples
        --------
        >>> genes = pd.DataFrame({"gene_id": ["g", "h"], "chrom": [None, None],
        ...     "start": [pd.NA, pd.NA], "end": [pd.NA, pd.NA]})
        >>> Expression(np.array([[1.0, 2.0]]), ["a"], genes).take_genes(["h"]).values
        array([[2.]])
        """
        available = self.genes["gene_id"].tolist()
        columns = positions_of(list(gene_ids), available, "genes", "the expression table")
        return Expression(
            values=self.values[:, columns],
            samples=self.samples,
            genes=self.genes.iloc[columns].reset_index(drop=True),
            excluded=self.excluded,
            notes=self.notes,
        )


def varying(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which columns have two different values, NaN left out."""
    low = np.fmin.reduce(values, axis=0)
    high = np.fmax.reduce(values, axis=0)
    return low < high


def read_expression(
    path: str | Path,
    *,
    include_genes: Sequence[str] | None = None,
    max_missing: float = 0.1,
) -> Expression:
    """Read an expression table, tab- or comma-separated, gzipped or not.

    Parameters
    ----------
    path : str or Path
        Genes x samples with the gene ids in the first column, or the BED of FastQTL, tensorQTL
        and QTLtools (``#chr start end gene_id`` and then the samples), which brings the
        positions along.
    include_genes : sequence of str, optional
        Genes to keep; ids that the table does not have are noted.
    max_missing : float, default 0.1
        Largest fraction of samples without a value that a gene may have.

    Returns
    -------
    Expression
        Genes in the order of the file. Genes that do not vary (reason ``constant``) or miss
        too many values (``missing_values``) are in its exclusion table.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For rows of unequal length, values that are no finite numbers, repeated gene or sample
        ids; with the line, gene and sample.
    CommandLineError
        If `max_missing` is not a fraction.
    DegenerateDataError
        If the file is empty or no gene is left.

    Examples
    --------
    >>> expression = read_expression("expression.tsv.gz")   # doctest: +SKIP
    >>> expression.values.shape                             # doctest: +SKIP
    (300, 150)
    """
    if not 0 <= max_missing <= 1:
        raise CommandLineError(f"max_missing {max_missing} is not a fraction; use 0 to 1")
    data = read_text(path)
    delimiter, header, start = split_header(data, path)
    columns = find_columns(header, data[start:], delimiter, path)
    ids, values, places = parse_values(data, start, delimiter, header, columns, path)
    genes = pd.DataFrame({"gene_id": pd.Series(ids, dtype="str")})
    genes["chrom"] = pd.array(places[0], dtype="string")
    genes["start"] = pd.array(places[1], dtype="Int64")
    genes["end"] = pd.array(places[2], dtype="Int64")
    whole = Expression(values, columns.samples, genes)
    return drop_genes(whole, include_genes, max_missing, path)


@dataclass(frozen=True)
class TableColumns:
    """What the columns of an expression table are."""

    is_bed: bool
    n_leading: int
    samples: list[str]

    @property
    def id_column(self) -> int:
        return 3 if self.is_bed else 0


def find_columns(header: Row, body: bytes, delimiter: str, path: str | Path) -> TableColumns:
    """Tell the samples from the columns before them."""
    cells = [cell.strip() for cell in header.cells]
    where = f"{path}, line {header.line}"
    lower = [cell.lower() for cell in cells]
    is_bed = (
        len(cells) > 3 and lower[0].lstrip("#") in CONTIG_NAMES and lower[1:3] == ["start", "end"]
    )
    if is_bed:
        n_leading = 4
        while n_leading < len(cells) and lower[n_leading] in BED_EXTRAS:
            n_leading += 1
    else:
        first = body.lstrip(b"\r\n").split(b"\n", 1)[0].decode()
        # R's write.table leaves out the name of the column of row names.
        n_leading = 0 if first.count(delimiter) == len(cells) else 1
    samples = cells[n_leading:]
    if not samples:
        raise DegenerateDataError(f"{where}: no sample columns in the header ({cells[0]!r})")
    if "" in samples:
        column = n_leading + samples.index("") + 1
        raise MalformedInputError(f"{where}: column {column} has no sample id; name it")
    twice = repeated(samples)
    if twice:
        raise MalformedInputError(
            f"{where}: sample ids occur more than once: {first_few(twice)}; make them unique"
        )
    return TableColumns(is_bed, n_leading or 1, samples)


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
    if not columns.is_bed:
        return ids, values, (unknown, unknown, unknown)
    chrom, first, last = (table.column(number).to_pylist() for number in range(3))
    if not all(is_interval(low, high) for low, high in zip(first, last, strict=True)):
        raise find_fault(data, start, delimiter, header, columns, path, "unusable positions")
    return ids, values, (chrom, [int(low) + 1 for low in first], [int(high) for high in last])


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
        if columns.is_bed and not is_interval(row.cells[1], row.cells[2]):
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


def drop_genes(
    whole: Expression,
    include_genes: Sequence[str] | None,
    max_missing: float,
    path: str | Path,
) -> Expression:
    """Leave out the genes not asked for, constant, or missing in too many samples."""
    ids = whole.genes["gene_id"]
    notes = [
        f"{path}: {counted(len(ids), 'gene')} in {counted(len(whole.samples), 'sample')} read."
    ]
    n_missing = np.isnan(whole.values).sum(axis=0)
    asked = np.ones(len(ids), dtype=np.bool_)
    if include_genes is not None:
        asked = ids.isin(list(include_genes)).to_numpy()
        absent = sorted(set(include_genes) - set(ids))
        if not asked.any():
            raise InconsistentInputsError(
                f"{path}: none of the genes asked for is in the table; asked for are "
                f"{first_few(list(include_genes), 3)}, the table has {first_few(ids.tolist(), 3)}"
            )
        if absent:
            notes.append(
                f"{counted(len(absent), 'gene')} asked for but not in the table: "
                f"{first_few(absent)}."
            )
    gaps = (n_missing == len(whole.samples)) | (n_missing / len(whole.samples) > max_missing)
    constant = ~varying(whole.values)
    reasons = {
        "not_included": ~asked,
        "missing_values": asked & gaps,
        "constant": asked & ~gaps & constant,
    }
    frames = []
    for reason, rows in reasons.items():
        details: str | list[str] = ""
        if reason == "missing_values":
            n = len(whole.samples)
            details = [f"{gap} of {n} values missing" for gap in n_missing[rows]]
        frames.append(exclusions("gene", ids[rows].tolist(), reason, details))
        if rows.any():
            notes.append(f"{counted(int(rows.sum()), 'gene')} excluded: {reason}.")
    kept = asked & ~gaps & ~constant
    if not kept.any():
        listed = ", ".join(f"{reason} {int(rows.sum())}" for reason, rows in reasons.items())
        raise DegenerateDataError(
            f"{path}: none of {len(ids)} genes is left ({listed}), "
            f"e.g. {first_few(ids.tolist(), 3)}"
        )
    n_gaps = int(n_missing[kept].sum())
    if n_gaps:
        notes.append(f"{counted(n_gaps, 'missing value')} in the genes kept.")
    return Expression(
        values=whole.values[:, kept],
        samples=whole.samples,
        genes=whole.genes[kept].reset_index(drop=True),
        excluded=combine(frames),
        notes=notes,
    )


def read_gene_list(path: str | Path) -> list[str]:
    """Read gene ids, one a line (first column; lines starting with ``#`` are comments).

    An id that is repeated counts once.

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        If the file cannot be opened or is no text.
    DegenerateDataError
        If it has no id.

    Examples
    --------
    >>> read_gene_list("genes.txt")                         # doctest: +SKIP
    ['YAL001C', 'YAL002W']
    """
    return read_ids(path)


def read_sample_list(path: str | Path) -> list[str]:
    """Read sample ids, one a line, as `read_gene_list` does gene ids.

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        If the file cannot be opened or is no text.
    DegenerateDataError
        If it has no id.

    Examples
    --------
    >>> read_sample_list("samples.txt")                     # doctest: +SKIP
    ['HG00096', 'HG00097']
    """
    return read_ids(path)
