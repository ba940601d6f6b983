"""Positions of genes, and contigs that two files name differently."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.io.gene_annotation import is_annotation, read_annotation
from genesis.io.ids import counted, first_few
from genesis.io.tables import Row, read_rows

__all__ = ["match_contigs", "place_genes", "read_genes"]

VERSION = re.compile(r"^(ENS[A-Z]*\d+)\.\d+(_PAR_Y)?$")
NAMES = {
    "gene_id": ("gene_id", "gene", "id", "pid", "phenotype_id"),
    "chrom": ("chrom", "chr", "chromosome", "contig"),
    "start": ("start",),
    "end": ("end",),
    "pos": ("pos", "position", "phenotype_pos", "tss"),
}


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
        ``phenotype_pos``, ``tss``.

    Returns
    -------
    pandas.DataFrame
        ``gene_id``, ``chrom`` (str), ``start``, ``end`` (int64, 1-based, both included), in the
        order of the file. ``attrs["notes"]`` says how the positions were taken and how many
        identical repeats were passed over.

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
    n_repeats = 0
    for row in rows:
        gene, place = gene_place(row, columns, is_bed, path)
        if places.setdefault(gene, place) != place:
            raise MalformedInputError(
                f"{path}, line {row.line}: gene {gene} is at {show(place)}, and at "
                f"{show(places[gene])} in line {lines[gene]}; keep one of them"
            )
        n_repeats += gene in lines
        lines.setdefault(gene, row.line)
    if not places:
        raise DegenerateDataError(f"{path}: no genes after the header")
    genes = pd.DataFrame(
        {
            "gene_id": pd.Series(list(places), dtype="str"),
            "chrom": pd.Series([place[0] for place in places.values()], dtype="str"),
            "start": pd.array([place[1] for place in places.values()], dtype="int64"),
            "end": pd.array([place[2] for place in places.values()], dtype="int64"),
        }
    )
    base = "BED positions (0-based, half-open)" if is_bed else "1-based positions"
    genes.attrs["notes"] = [f"{path}: {counted(len(genes), 'gene')} read, taken as {base}."]
    if n_repeats:
        genes.attrs["notes"].append(
            f"{path}: {counted(n_repeats, 'identical repeat')} "
            f"{'was' if n_repeats == 1 else 'were'} passed over."
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


def place_genes(gene_ids: Sequence[str], positions: pd.DataFrame) -> pd.DataFrame:
    """Positions of these genes, missing where they are not known.

    Ids of Ensembl also meet where one of them has a version (``.5`` at the end) and the other
    another or none, unless several genes meet then.

    Parameters
    ----------
    gene_ids : sequence of str
    positions : pandas.DataFrame
        As `read_genes` returns it.

    Returns
    -------
    pandas.DataFrame
        ``gene_id``, ``chrom`` (string, ``pd.NA`` where not known), ``start``, ``end`` (Int64), one
        row a gene in the order given. ``attrs["note"]`` says which met without versions, if any.

    Examples
    --------
    >>> known = pd.DataFrame({"gene_id": ["a"], "chrom": ["1"], "start": [5], "end": [9]})
    >>> place_genes(["b", "a"], known)["start"].tolist()
    [<NA>, 5]
    """
    # As text before it gets gaps, which turn whole numbers into fractions.
    positions = positions.assign(chrom=positions["chrom"].astype("string"))
    known, other = meet_without_version(gene_ids, positions["gene_id"].tolist())
    placed = positions.set_index("gene_id")[["chrom", "start", "end"]].reindex(known)
    table = pd.DataFrame(
        {
            "gene_id": pd.Series(list(gene_ids), dtype="str"),
            "chrom": placed["chrom"].array,
            "start": pd.array(placed["start"].to_numpy(), dtype="Int64"),
            "end": pd.array(placed["end"].to_numpy(), dtype="Int64"),
        }
    )
    if other:
        table.attrs["note"] = (
            f"{counted(len(other), 'gene')} matched by the id without its version: "
            f"{first_few([f'{gene} = {found}' for gene, found in other.items()])}"
        )
    return table


def meet_without_version(
    gene_ids: Sequence[str], known: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """What each gene is called among the known ones, and which of these names are other ones.

    Examples
    --------
    >>> meet_without_version(["ENSG01", "TP53"], ["ENSG01.7", "TP53"])
    (['ENSG01.7', 'TP53'], {'ENSG01': 'ENSG01.7'})
    """
    exact = set(known)
    by_stem: dict[str, list[str]] = {}
    for name in known:
        by_stem.setdefault(VERSION.sub(r"\1\2", name), []).append(name)
    names, other = [], {}
    for gene in gene_ids:
        found = [] if gene in exact else by_stem.get(VERSION.sub(r"\1\2", gene), [])
        if len(found) == 1:
            other[gene] = found[0]
        names.append(other.get(gene, gene))
    return names, other


def match_contigs(
    variant_chroms: Sequence[str], gene_chroms: Sequence[str]
) -> tuple[dict[str, str], str | None]:
    """Find the variants' name of each contig of the genes.

    Names meet where they are equal, or equal but for a ``chr`` prefix (and MT for M).

    Parameters
    ----------
    variant_chroms, gene_chroms : sequence of str
        Contigs, in any order and number.

    Returns
    -------
    mapping : dict of str to str
        From the genes' name to the variants' name; contigs without a counterpart are not in it.
    note : str or None
        What did not meet or is named differently, for the log.

    Raises
    ------
    InconsistentInputsError
        If no contig meets.

    Examples
    --------
    >>> match_contigs(["1", "2"], ["chr1"])[0]
    {'chr1': '1'}
    """
    variants = list(dict.fromkeys(variant_chroms))
    genes = list(dict.fromkeys(gene_chroms))
    known = set(variants)
    by_core: dict[str, str] = {}
    for name in variants:
        by_core.setdefault(core_name(name), name)
    mapping = {}
    for name in genes:
        counterpart = name if name in known else by_core.get(core_name(name))
        if counterpart is not None:
            mapping[name] = counterpart
    if not mapping:
        raise InconsistentInputsError(
            f"no contig of the genes is among those of the variants: genes have "
            f"{first_few(genes)}, variants have {first_few(variants)}; name them alike "
            "(bcftools annotate --rename-chrs)"
        )
    notes = []
    respelled = [f"{gene} = {variant}" for gene, variant in mapping.items() if gene != variant]
    if respelled:
        notes.append(f"contigs named differently (genes = variants): {first_few(respelled)}")
    alone = [name for name in genes if name not in mapping]
    if alone:
        notes.append(f"contigs with genes and no variants: {first_few(alone)}")
    alone = [name for name in variants if name not in set(mapping.values())]
    if alone:
        notes.append(f"contigs with variants and no genes: {first_few(alone)}")
    return mapping, "; ".join(notes) or None


def core_name(chrom: str) -> str:
    core = chrom[3:] if chrom[:3].lower() == "chr" else chrom
    return "MT" if core == "M" else core
