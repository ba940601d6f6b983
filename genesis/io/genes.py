"""Positions of genes, as files of any format have them."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.gene_annotation import gene_table, is_annotation, read_annotation
from genesis.io.ids import counted, were
from genesis.io.tables import Row, read_rows

__all__ = ["read_genes"]

# Those of BioMart and of its package for R are among them.
NAMES = {
    "gene_id": (
        "gene_id", "gene", "id", "pid", "phenotype_id", "gene stable id",
        "gene stable id version", "ensembl_gene_id", "ensembl_gene_id_version",
    ),
    "gene_name": ("gene_name", "gene name", "external_gene_name", "hgnc_symbol"),
    "chrom": (
        "chrom", "chr", "chromosome", "contig", "chromosome/scaffold name", "chromosome_name",
    ),
    "start": ("start", "gene start (bp)", "start_position"),
    "end": ("end", "gene end (bp)", "end_position"),
    "pos": ("pos", "position", "phenotype_pos", "tss"),
}  # fmt: skip


def read_genes(path: str | Path) -> pd.DataFrame:
    """Read the positions of genes.

    Parameters
    ----------
    path : str or Path
        GTF or GFF3, with a name that ends in ``.gtf``, ``.gff`` or ``.gff3`` (and ``.gz``): its
        genes, from their start to their end. BED with at least four columns, its positions
        0-based and half-open: a file without a header, with a header that starts with ``#``, or
        with a name that ends in ``.bed`` or ``.bed.gz``. Or TSV or CSV with a header and 1-based
        positions: a column ``gene_id``, ``gene`` or ``id``; one of ``chrom``, ``chr``,
        ``chromosome``, ``contig``; and ``start`` and ``end``, or one of ``pos``, ``position``,
        ``phenotype_pos``, ``tss``; also ``gene_name``. Or an export of BioMart, with its
        ``Gene stable ID``, ``Chromosome/scaffold name``, ``Gene start (bp)``, ``Gene end (bp)``.

    Returns
    -------
    pandas.DataFrame
        ``gene_id``, ``chrom`` (str), ``start``, ``end`` (int64, 1-based, both included), in the
        order of the file; and ``gene_name`` (str, empty where there is none) where the file has
        names. ``attrs["notes"]`` says how the positions were taken and how many identical repeats
        were passed over, ``attrs["build"]`` of which build they are, where the file says it.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For lines that are no gene positions, and genes at two places; with the lines.
    DegenerateDataError
        If there are no genes.

    Examples
    --------
    >>> read_genes("genes.bed").columns.tolist()            # doctest: +SKIP
    ['gene_id', 'chrom', 'start', 'end']
    """
    if is_annotation(path):
        return read_annotation(path)
    rows = [row for row in read_rows(path) if not is_track_line(row)]
    if not rows:
        raise DegenerateDataError(f"{path}: no genes in it")
    named = find_named_columns(rows[0])
    name = str(path).removesuffix(".gz")
    is_bed = named is None or rows[0].cells[0].startswith("#") or name.endswith(".bed")
    columns = {"chrom": 0, "start": 1, "end": 2, "gene_id": 3}
    if named is not None:
        rows = rows[1:]
        columns = named
        check_columns(named, path)
    places: dict[str, tuple[str, int, int]] = {}
    lines: dict[str, int] = {}
    called: dict[str, str] = {}
    n_repeats = 0
    for row in rows:
        gene, place = gene_place(row, columns, is_bed, path)
        column = columns.get("gene_name", len(row.cells))
        if column < len(row.cells) and not called.get(gene):
            called[gene] = row.cells[column].strip()
        if places.setdefault(gene, place) != place:
            raise MalformedInputError(
                f"{path}, line {row.line}: gene {gene} is at {show(place)}, and at "
                f"{show(places[gene])} in line {lines[gene]}; keep one of them"
            )
        n_repeats += gene in lines
        lines.setdefault(gene, row.line)
    if not places:
        raise DegenerateDataError(f"{path}: no genes after the header")
    genes = gene_table(places, called)
    base = "BED positions (0-based, half-open)" if is_bed else "1-based positions"
    genes.attrs["notes"] = [f"{path}: {counted(len(genes), 'gene')} read, taken as {base}."]
    if n_repeats:
        genes.attrs["notes"].append(
            f"{path}: {counted(n_repeats, 'identical repeat')} {were(n_repeats)} passed over."
        )
    return genes


def is_track_line(row: Row) -> bool:
    return row.cells[0].startswith(("track ", "browser ")) or row.cells[0] in ("track", "browser")


def find_named_columns(row: Row) -> dict[str, int] | None:
    """Which column is what by the header, or None where the row is no header."""
    cells = [cell.strip().lower().lstrip("#") for cell in row.cells]
    found = {}
    for what, names in NAMES.items():
        for name in names:
            if name in cells:
                found[what] = cells.index(name)
                break
    is_header = "chrom" in found or row.cells[0].startswith("#")
    return found if is_header or "gene_id" in found else None


def check_columns(columns: dict[str, int], path: str | Path) -> None:
    lacking = [what for what in ("gene_id", "chrom") if what not in columns]
    if "pos" not in columns:
        lacking += [what for what in ("start", "end") if what not in columns]
    if lacking:
        raise MalformedInputError(
            f"{path}: the header has no column {' and no '.join(lacking)}; name the columns "
            "gene_id, chrom, start, end (or pos)"
        )


def gene_place(
    row: Row, columns: dict[str, int], is_bed: bool, path: str | Path
) -> tuple[str, tuple[str, int, int]]:
    where = f"{path}, line {row.line}"
    columns = {what: column for what, column in columns.items() if what != "gene_name"}
    if len(row.cells) <= max(columns.values()):
        raise MalformedInputError(
            f"{where}: {counted(len(row.cells), 'column')}, {max(columns.values()) + 1} are needed "
            "(BED: contig, start, end, gene id)"
        )
    cells = {what: row.cells[column].strip() for what, column in columns.items()}
    gene, chrom = cells["gene_id"], cells["chrom"]
    if not gene or not chrom:
        raise MalformedInputError(f"{where}: no {'contig' if gene else 'gene id'}")
    by_interval = "start" in cells and "end" in cells
    texts = (cells["start"], cells["end"]) if by_interval else (cells["pos"], cells["pos"])
    if not all(re.fullmatch(r"-?[0-9]{1,15}", text) for text in texts):
        raise MalformedInputError(
            f"{where}, gene {gene}: positions {' and '.join(dict.fromkeys(texts))} are not whole "
            "numbers of at most 15 digits"
        )
    start, end = (int(text) for text in texts)
    if is_bed and by_interval:
        start += 1
    if not 1 <= start <= end:
        kind = "a BED interval (0-based, the start before the end)" if is_bed else "from 1 on"
        raise MalformedInputError(
            f"{where}, gene {gene}: positions {' and '.join(texts)} are not {kind}"
        )
    return gene, (chrom, start, end)


def show(place: tuple[str, int, int]) -> str:
    return f"{place[0]}:{place[1]}-{place[2]}"
