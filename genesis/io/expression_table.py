"""Expression as text: genes x samples, BED, GCT, GEO series, featureCounts, and long tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, InputReadError, MalformedInputError
from genesis.io.alignment_names import samples_of_alignments
from genesis.io.expression_long import long_columns, parse_long
from genesis.io.expression_values import Layout, Places, parse_values
from genesis.io.ids import first_few, repeated
from genesis.io.table_columns import (
    GENE_WORDS,
    SAMPLE_WORDS,
    ColumnRoles,
    column_roles,
    content_of,
    corner,
    header_word,
    named_columns,
    share_known,
)
from genesis.io.tables import Row, read_text, split_table

__all__ = [
    "KINDS",
    "ExpressionTable",
    "check_names",
    "expression_of",
    "find_layout",
    "is_bed",
    "read_table",
]

CONTIG_NAMES = ("chr", "chrom", "chromosome", "contig")
# Columns that QTLtools and FastQTL put between the gene id and the samples.
BED_EXTRAS = ("gid", "strand", "score", "length", "type", "info")
# A first column of these names is one of genes; "id" and "name" may be of samples.
_SURE_GENE_WORDS = frozenset(GENE_WORDS) - {"id", "name", "feature", "x"}
# What tables of samples x genes say of the samples in numbers; no gene has such a name.
_TRAITS = ("sex", "gender", "age", "batch", "plate", "lane", "bmi", "rin", "pmi", "ancestry")
FEATURE_COUNTS = ["geneid", "chr", "start", "end", "strand", "length"]
QUANT_SF = ["name", "length", "effectivelength", "tpm", "numreads"]
SERIES_BEGIN, SERIES_END = b"!series_matrix_table_begin", b"!series_matrix_table_end"
KINDS = {
    "table": "a table of genes × samples",
    "turned": "a table of samples × genes",
    "bed": "a BED of genes × samples",
    "gct": "a GCT",
    "series": "a series matrix of GEO",
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
    notes : list of str
        What was left out and how the table was taken, in sentences.
    """

    kind: str
    genes: list[str]
    samples: list[str]
    values: NDArray[np.float64]
    chrom: list[Any]
    start: list[Any]
    end: list[Any]
    notes: list[str] = field(default_factory=list)


def read_table(path: str | Path, known: frozenset[str] = frozenset()) -> ExpressionTable:
    """Read a text table; errors are those of `genesis.read_expression`.

    Parameters
    ----------
    path : str or Path
    known : frozenset of str
        Ids of the genotyped samples, which tell samples from other columns.
    """
    data = read_text(path)
    shape, kind = None, "table"
    if data.startswith(b"#1."):
        data, shape = without_gct_start(data, path)
        kind = "gct"
    elif data.startswith(SERIES_BEGIN) or b"\n" + SERIES_BEGIN in data:  # not in a summary
        data, kind = series_table(data, path), "series"
    text = split_table(data, path, blanks=True)
    rows = text.first_rows()
    where = f"{path}, line {text.header.line}"
    refuse_one_sample(text.header, where)
    names = named_columns(text.header, rows, known, (*GENE_WORDS, *SAMPLE_WORDS), path)
    long = long_columns(names, rows, known, where) if kind == "table" else None
    if long is not None:
        genes, samples, values, notes = parse_long(text, names, long)
        unknown = [None] * len(genes)
        return ExpressionTable(
            "a long table", genes, samples, values, unknown, unknown, unknown, notes
        )
    layout = find_layout(names, rows, known, kind, where)
    ids, values, places, notes = parse_values(text, layout)
    if shape not in (None, (len(ids), len(layout.names))):
        raise MalformedInputError(
            f"{path}, line 2: it calls for {shape[0]} genes and {shape[1]} samples, but there are "
            f"{len(ids)} and {len(layout.names)}; the file is truncated, or line 2 wrong"
        )
    return expression_of(KINDS[layout.kind], layout, ids, values, places, notes)


def expression_of(
    kind: str,
    layout: Layout,
    ids: list[str],
    values: NDArray[np.float64],
    places: Places | None,
    notes: list[str],
) -> ExpressionTable:
    """The expression in a table of this layout, which is turned where its rows are samples.

    Parameters
    ----------
    kind : str
        The format, for people.
    layout : Layout
    ids : list of str
        Of the rows.
    values : numpy.ndarray of float64, shape (n_columns, n_rows)
    places : tuple of list, optional
        Contig, start and end of the genes.
    notes : list of str
        What was passed over.
    """
    notes = layout.roles.left_out() + notes
    genes, samples = ids, layout.names
    if layout.kind == "turned":
        notes.insert(0, "Its rows are samples and its columns genes, and it was turned.")
        genes, samples, values = layout.names, ids, np.ascontiguousarray(values.T)
    unknown = [None] * len(genes)
    chrom, start, end = places or (unknown, unknown, unknown)
    return ExpressionTable(kind, genes, samples, values, chrom, start, end, notes)


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


def series_table(data: bytes, path: str | Path) -> bytes:
    """The table of a GEO series matrix, blank lines before it so that lines keep their numbers."""
    begin = 0 if data.startswith(SERIES_BEGIN) else data.index(b"\n" + SERIES_BEGIN) + 1
    start = data.find(b"\n", begin) + 1
    end = data.find(SERIES_END, start)
    if start == 0 or end < 0:
        raise InputReadError(
            f"{path}: the table of the GEO series has no end ({SERIES_END.decode()}), so the file "
            "is truncated; download it again"
        )
    if not data[start:end].strip():
        raise DegenerateDataError(
            f"{path}: the table of the GEO series is empty, as it is where values are in "
            "supplementary files; take those"
        )
    return b"\n" * data.count(b"\n", 0, start) + data[start:end]


def refuse_one_sample(header: Row, where: str) -> None:
    """Refuse the outputs of quantifiers that hold one sample each."""
    cells = [cell.strip() for cell in header.cells]
    what = None
    if [cell.lower() for cell in cells] == QUANT_SF:
        what = "a quant.sf of Salmon, which is of one sample; join those of all samples to"
    elif cells[0] == "N_unmapped":
        what = "a ReadsPerGene.out.tab of STAR, which is of one sample; join one column of each to"
    if what is not None:
        raise MalformedInputError(f"{where}: {what} a table of genes × samples (tximport does)")


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


def find_layout(
    names: list[str], rows: Sequence[Row], known: frozenset[str], kind: str, where: str
) -> Layout:
    """Tell the samples from the columns beside them."""
    lower = [name.lower() for name in names]
    n_leading = id_column = 0
    if kind == "gct":
        n_leading = 2
        if lower[:2] != ["name", "description"]:
            raise MalformedInputError(
                f"{where}: the columns of a GCT start with Name and Description"
            )
    elif lower[:6] == FEATURE_COUNTS:
        kind, n_leading = "counts", 6
    elif is_bed(names):
        kind, n_leading, id_column = "bed", 4, 3
        while lower[n_leading : n_leading + 1] and lower[n_leading] in BED_EXTRAS:
            if names[n_leading] in known:
                break
            n_leading += 1
    elif is_turned(names, rows, known, where):
        return turned_layout(names, rows, known, where)
    roles = column_roles(names, rows, known, where, n_leading, id_column)
    samples = roles.value_names
    refuse_bad_header(roles, rows, known, where)
    if kind == "counts":
        samples = samples_of_alignments(samples, known)
    check_names(samples, "sample", where)
    return Layout(kind, roles, samples)


def is_bed(names: Sequence[str]) -> bool:
    """Whether columns begin with contig, start, end and an id, as those of a BED."""
    lower = [name.lower().lstrip("#") for name in names[:4]]
    return (
        len(lower) == 4
        and lower[0] in CONTIG_NAMES
        and lower[1:3] == ["start", "end"]
        and lower[3] not in BED_EXTRAS
    )


def refuse_bad_header(
    roles: ColumnRoles, rows: Sequence[Row], known: frozenset[str], where: str
) -> None:
    """Refuse a header that names no samples, or names the ids of the rows by a sample."""
    samples, begin = roles.value_names, f"the table begins {corner(roles.names, rows)}"
    if not samples:
        raise DegenerateDataError(
            f"{where}: no sample columns in the header, that is, none with numbers ({begin})"
        )
    is_fraction = ["." in name and content_of([name]) == "number" for name in samples]
    if 2 * sum(is_fraction) > len(samples) and known.isdisjoint(samples):
        raise MalformedInputError(
            f"{where}: numbers where the ids of the samples belong ({begin}); add a header"
        )
    first = roles.names[roles.id_column]
    if first in known:
        raise MalformedInputError(
            f"{where}: the ids of the rows are called {first!r}, which is a sample of the "
            f"genotypes ({begin}); the header lacks a name, or the rows a value"
        )


def is_turned(names: Sequence[str], rows: Sequence[Row], known: frozenset[str], where: str) -> bool:
    """Whether rows are samples and columns genes."""
    word = header_word(names[0])
    of_samples, of_genes = word in (*SAMPLE_WORDS, "fid"), word in _SURE_GENE_WORDS
    columns = share_known(names, known)
    below = max(_rows_known(names, rows, known))
    if of_genes and columns:
        return False
    # Ids of genes may be numbers, as those of samples: then a few meet by chance.
    is_told = not below or not columns or max(below, columns) >= 3 * min(below, columns)
    if is_told and below != columns:
        return below > columns
    if of_samples and below:
        return True
    if of_samples or below:
        both = "; both bear ids of the genotypes" if below else ""
        advice = "call the first column gene_id where its rows are genes"
        if known:
            advice += ", sample where they are samples"
        else:
            advice = f"say which samples there are (samples=...), or {advice}"
        raise MalformedInputError(
            f"{where}: it cannot be told whether rows or columns are samples (the table begins "
            f"{corner(names, rows)}{both}); {advice}"
        )
    return False


def _rows_known(
    names: Sequence[str], rows: Sequence[Row], known: frozenset[str]
) -> tuple[float, float]:
    """Which share of the rows bears an id of a sample in its first cell, and in its second.

    Ids stand second behind FID or a row number; numbers there without such a header are values.
    """
    cells = [[row.cells[k].strip() for row in rows if k < len(row.cells)] for k in (0, 1)]
    first, second = (share_known(column, known) for column in cells)
    is_named = len(names) > 1 and header_word(names[1]) in SAMPLE_WORDS
    return first, second if is_named or content_of(cells[1]) != "number" else 0.0


def turned_layout(
    names: list[str], rows: Sequence[Row], known: frozenset[str], where: str
) -> Layout:
    """The layout of a table of samples x genes, which may have FID and IID before the genes."""
    first, second = _rows_known(names, rows, known)
    words = [header_word(name) for name in names[:2]]
    # Families may be called as other samples are.
    is_second = words[1:] == ["iid"] or (words[0] not in SAMPLE_WORDS and words[1] in SAMPLE_WORDS)
    id_column = int(second > first or (is_second and second > 0))
    values: list[int] = []
    annotation: list[int] = []
    for column, name in enumerate(names):
        if column == id_column:
            continue
        cells = [row.cells[column] for row in rows if column < len(row.cells)]
        is_about_sample = header_word(name) in ("", "fid", *_TRAITS, *SAMPLE_WORDS)
        is_annotation = is_about_sample or column < id_column or content_of(cells) == "text"
        (annotation if is_annotation else values).append(column)
    roles = ColumnRoles(names, id_column, values, annotation, [])
    if not values:
        raise DegenerateDataError(
            f"{where}: rows are samples, and no column has the numbers of a gene (the table begins "
            f"{corner(names, rows)})"
        )
    check_names(roles.value_names, "gene", where)
    return Layout("turned", roles, roles.value_names)
