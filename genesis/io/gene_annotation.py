"""Positions of genes from the annotation formats GTF and GFF3."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from genesis.errors import (
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.ids import counted, first_few
from genesis.io.tables import require_file

__all__ = ["is_annotation", "read_annotation"]

SUFFIXES = (".gtf", ".gff", ".gff3")
# Features that are genes: also those of Ensembl's and NCBI's GFF3.
GENE_FEATURES = (b"gene", b"ncRNA_gene", b"pseudogene")
GTF_ID = re.compile(rb'(?:^|[;\s])gene_id\s+"?([^";]+)"?')
GFF_IDS = (
    re.compile(rb"(?:^|;)\s*gene_id=([^;\s]+)"),
    re.compile(rb"(?:^|;)\s*ID=(?:gene[:-])?([^;\s]+)"),
)
Place = tuple[str, int, int]


def is_annotation(path: str | Path) -> bool:
    """Whether a file is a GTF or GFF3 by its name.

    Examples
    --------
    >>> is_annotation("gencode.v44.gtf.gz"), is_annotation("genes.bed")
    (True, False)
    """
    return str(path).lower().removesuffix(".gz").endswith(SUFFIXES)


def read_annotation(path: str | Path) -> pd.DataFrame:
    """Read the genes of a GTF or GFF3, as `genesis.read_genes` returns them.

    Where no feature is a gene, a gene reaches over all features with its id. A gene on X and on Y
    is taken as that of X; one at any other two places is left out, and said.

    Parameters
    ----------
    path : str or Path
        Its name ends in ``.gtf``, ``.gff`` or ``.gff3``, and ``.gz`` where it is compressed.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For lines of fewer than nine columns, positions that are none, or genes without an id.
    DegenerateDataError
        If there are no genes.

    Examples
    --------
    >>> read_annotation("gencode.v44.gtf.gz").columns.tolist()   # doctest: +SKIP
    ['gene_id', 'chrom', 'start', 'end']
    """
    places = read_places(path, genes_only=True)
    by_parts = not places
    if by_parts:
        places = read_places(path, genes_only=False)
    if not places:
        raise DegenerateDataError(f"{path}: no feature of it is a gene or has a gene_id")
    single: dict[str, Place] = {}
    several = []
    for gene, at in places.items():
        if by_parts:
            at = spans(at)
        on_x = [place for place in at if place[0].removeprefix("chr") == "X"]
        among_xy = all(place[0].removeprefix("chr") in ("X", "Y") for place in at)
        if len(at) == 1 or (len(on_x) == 1 and among_xy):
            single[gene] = on_x[0] if len(at) > 1 else at[0]
        else:
            several.append(gene)
    if not single:
        raise DegenerateDataError(f"{path}: every gene of it is at several places")
    genes = pd.DataFrame(
        {
            "gene_id": pd.Series(list(single), dtype="str"),
            "chrom": pd.Series([place[0] for place in single.values()], dtype="str"),
            "start": pd.array([place[1] for place in single.values()], dtype="int64"),
            "end": pd.array([place[2] for place in single.values()], dtype="int64"),
        }
    )
    of_what = "from transcripts and exons" if by_parts else "from features that are genes"
    notes = [f"{path}: {counted(len(genes), 'gene')} read {of_what} (1-based positions)."]
    if several:
        notes.append(
            f"{path}: {counted(len(several), 'gene')} at several places left without a position: "
            f"{first_few(several)}."
        )
    genes.attrs["notes"] = notes
    return genes


def read_places(path: str | Path, genes_only: bool) -> dict[str, list[Place]]:
    """The places of each gene, each once; of genes, or of any feature that names its gene."""
    places: dict[str, dict[Place, None]] = {}
    for number, line in enumerate(lines_of(path), start=1):
        if line.startswith(b"##FASTA"):
            break  # a GFF3 may end with sequences
        if line.startswith(b"#") or not line.strip():
            continue
        cells = line.rstrip(b"\r\n").split(b"\t")
        if len(cells) < 9:
            raise MalformedInputError(
                f"{path}, line {number}: {counted(len(cells), 'column')} where GTF and GFF3 have "
                "9, separated by tabs"
            )
        if genes_only and cells[2] not in GENE_FEATURES:
            continue
        gene = gene_id(cells[8], genes_only)
        if gene is None:
            if genes_only:
                raise MalformedInputError(
                    f"{path}, line {number}: the gene has neither a gene_id nor an ID"
                )
            continue
        place = place_of(cells, f"{path}, line {number}, gene {gene}")
        places.setdefault(gene, {})[place] = None
    return {gene: list(at) for gene, at in places.items()}


def gene_id(attributes: bytes, is_gene: bool) -> str | None:
    """The id of the gene: gene_id, or of a gene the ID of GFF3, less the word before it."""
    match = GTF_ID.search(attributes) or GFF_IDS[0].search(attributes)
    if match is None and is_gene:
        match = GFF_IDS[1].search(attributes)
    return None if match is None else match[1].decode(errors="replace")


def place_of(cells: list[bytes], where: str) -> Place:
    """Contig, start and end of a feature."""
    if not (re.fullmatch(rb"[0-9]{1,15}", cells[3]) and re.fullmatch(rb"[0-9]{1,15}", cells[4])):
        raise MalformedInputError(
            f"{where}: positions {cells[3]!r} and {cells[4]!r} are not whole numbers"
        )
    start, end = int(cells[3]), int(cells[4])
    if not cells[0] or not 1 <= start <= end:
        raise MalformedInputError(
            f"{where}: contig {cells[0].decode(errors='replace')!r}, positions {start} to {end} "
            "are no place (from 1 on, the start not behind the end)"
        )
    return cells[0].decode(errors="replace"), start, end


def spans(places: list[Place]) -> list[Place]:
    """One place a contig, from the first start to the last end."""
    ends: dict[str, tuple[int, int]] = {}
    for chrom, start, end in places:
        low, high = ends.get(chrom, (start, end))
        ends[chrom] = min(low, start), max(high, end)
    return [(chrom, *ends[chrom]) for chrom in ends]


def lines_of(path: str | Path) -> Iterator[bytes]:
    """Lines of a file, decompressed where it is gzipped; annotations are too large to hold."""
    require_file(path, "annotation")
    try:
        with Path(path).open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if compressed else Path(path).open("rb") as stream:
            yield from stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputReadError(
            f"{path}: the compressed file is damaged or truncated ({error}); copy or make it again"
        ) from error
    except OSError as error:
        raise InputOpenError(f"{path}: it cannot be opened ({error.strerror})") from error
