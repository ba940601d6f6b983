"""Positions of genes from the annotation formats GTF and GFF3."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from genesis.errors import (
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.assembly import find_build
from genesis.io.contigs import contig_key
from genesis.io.ids import counted, first_few
from genesis.io.tables import file_of

__all__ = ["gene_table", "is_annotation", "read_annotation"]

SUFFIXES = (".gtf", ".gff", ".gff3")
# Features that are genes: also those of Ensembl's and NCBI's GFF3.
GENE_FEATURES = (b"gene", b"ncRNA_gene", b"pseudogene")
GTF_ID = re.compile(rb'(?:^|[;\s])gene_id\s+"?([^";]+)"?')
GFF_IDS = (
    re.compile(rb"(?:^|;)\s*gene_id=([^;\s]+)"),
    re.compile(rb"(?:^|;)\s*ID=(?:gene[:-])?([^;\s]+)"),
)
GTF_NAME = re.compile(rb'(?:^|[;\s])gene_name\s+"?([^";]+)"?')
GFF_NAMES = (
    re.compile(rb"(?:^|;)\s*gene_name=([^;]+)"),
    re.compile(rb"(?:^|;)\s*(?:Name|gene)=([^;]+)"),
)
BUILD = re.compile(rb"#[#!]\s*(?:genome-build|genome-version|description|assembly)\b[: ]*(.*)")
#: Introns of humans and other mammals reach some 1.2 million bases.
LONGEST_INTRON = 1_500_000
Place = tuple[str, int, int]
Part = tuple[str, int, int, bytes]


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

    Where no feature is a gene, a gene reaches over all features with its id, unless these lie on
    two contigs or strands, or more than 1.5 million bases apart, which no intron is long: then
    they are of two places. A gene on X and on Y is taken as that of X; one at any other two places
    is left out, and said.

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
    found = _Annotation(path)
    by_parts = not found.genes
    places = (
        {gene: spans(parts) for gene, parts in found.parts.items()} if by_parts else found.genes
    )
    if not places:
        raise DegenerateDataError(f"{path}: no feature of it is a gene or has a gene_id")
    single: dict[str, Place] = {}
    several = []
    for gene, at in places.items():
        keys = [contig_key(place[0]) for place in at]
        if len(at) == 1 or (keys.count("X") == 1 and set(keys) <= {"X", "Y"}):
            single[gene] = at[keys.index("X")] if len(at) > 1 else at[0]
        else:
            several.append(gene)
    if not single:
        raise DegenerateDataError(f"{path}: every gene of it is at several places")
    genes = gene_table(single, found.names)
    of_what = "from transcripts and exons" if by_parts else "from features that are genes"
    notes = [f"{path}: {counted(len(genes), 'gene')} read {of_what} (1-based positions)."]
    if several:
        how = (
            f" (on several contigs or strands, or with more than {LONGEST_INTRON:,} bases between "
            "their parts)"
        )
        notes.append(
            f"{path}: {counted(len(several), 'gene')} at several places{how if by_parts else ''} "
            f"left without a position: {first_few(several)}."
        )
    genes.attrs |= {"notes": notes, "build": found.build}
    return genes


def gene_table(places: Mapping[str, Place], names: Mapping[str, str]) -> pd.DataFrame:
    """The table that `genesis.read_genes` returns, with gene_name where any gene has a name."""
    table = pd.DataFrame(
        {
            "gene_id": pd.Series(list(places), dtype="str"),
            "chrom": pd.Series([place[0] for place in places.values()], dtype="str"),
            "start": pd.array([place[1] for place in places.values()], dtype="int64"),
            "end": pd.array([place[2] for place in places.values()], dtype="int64"),
        }
    )
    if any(names.values()):
        table["gene_name"] = pd.Series([names.get(gene, "") for gene in places], dtype="str")
    return table


class _Annotation:
    """What the lines of an annotation say: places of genes, or parts of them, names, the build."""

    def __init__(self, path: str | Path) -> None:
        self.genes: dict[str, list[Place]] = {}
        self.parts: dict[str, dict[Part, None]] = {}
        self.names: dict[str, str] = {}
        self.build = ""
        for number, line in enumerate(lines_of(path), start=1):
            if line.startswith(b"##FASTA"):
                break  # a GFF3 may end with sequences
            if line.startswith(b"#"):
                if not self.build and (said := BUILD.match(line)):
                    self.build = find_build(said[1].decode(errors="replace"))
            elif line.strip():
                self._add(line, f"{path}, line {number}")

    def _add(self, line: bytes, where: str) -> None:
        cells = line.rstrip(b"\r\n").split(b"\t")
        if len(cells) < 9:
            raise MalformedInputError(
                f"{where}: {counted(len(cells), 'column')} where GTF and GFF3 have 9, separated by "
                "tabs"
            )
        is_gene = cells[2] in GENE_FEATURES
        if self.genes and not is_gene:
            return  # its parts say no more
        gene = gene_id(cells[8], is_gene)
        if gene is None:
            if is_gene:
                raise MalformedInputError(f"{where}: the gene has neither a gene_id nor an ID")
            return
        place = place_of(cells, f"{where}, gene {gene}")
        if gene not in self.names:
            self.names[gene] = gene_name(cells[8], is_gene)
        if is_gene:
            self.parts.clear()
            at = self.genes.setdefault(gene, [])
            if place not in at:
                at.append(place)
        else:
            self.parts.setdefault(gene, {})[*place, cells[6]] = None


def gene_id(attributes: bytes, is_gene: bool) -> str | None:
    """The id of the gene: gene_id, or of a gene the ID of GFF3, less the word before it."""
    match = GTF_ID.search(attributes) or GFF_IDS[0].search(attributes)
    if match is None and is_gene:
        match = GFF_IDS[1].search(attributes)
    return None if match is None else match[1].decode(errors="replace")


def gene_name(attributes: bytes, is_gene: bool) -> str:
    """The name of the gene: gene_name, or of a gene the Name of GFF3; empty where it has none."""
    match = GTF_NAME.search(attributes) or GFF_NAMES[0].search(attributes)
    if match is None and is_gene:
        match = GFF_NAMES[1].search(attributes)
    return "" if match is None else match[1].decode(errors="replace").strip()


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


def spans(parts: Iterable[Part]) -> list[Place]:
    """The places that parts of a gene lie at: one a contig and strand, and stretch of it.

    Parts of a gene are no farther apart than the longest intron; what is, are copies of it.

    Examples
    --------
    >>> spans([("1", 10, 20, b"+"), ("1", 90, 99, b"+"), ("1", 9_000_000, 9_000_009, b"+")])
    [('1', 10, 99), ('1', 9000000, 9000009)]
    """
    parts = list(parts)
    strands = [strand for *_, strand in parts if strand in (b"+", b"-")] or [b"."]
    places: list[tuple[str, int, int, bytes]] = []
    # A part without a strand has that of the others.
    known = ((*part[:3], part[3] if part[3] in (b"+", b"-") else strands[0]) for part in parts)
    for chrom, start, end, strand in sorted(known, key=lambda part: (part[0], part[3], part[1])):
        last = places[-1] if places else None
        if last and last[0] == chrom and last[3] == strand and start - last[2] <= LONGEST_INTRON:
            places[-1] = (chrom, last[1], max(end, last[2]), strand)
        else:
            places.append((chrom, start, end, strand))
    return [place[:3] for place in places]


def lines_of(path: str | Path) -> Iterator[bytes]:
    """Lines of a file, decompressed where it is gzipped; annotations are too large to hold."""
    file = file_of(path, "annotation")
    try:
        with file.open("rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(file) if compressed else file.open("rb") as stream:
            yield from stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputReadError(
            f"{path}: the compressed file is damaged or truncated ({error}); copy or make it again"
        ) from error
    except OSError as error:
        raise InputOpenError(f"{path}: it cannot be opened ({error.strerror})") from error
