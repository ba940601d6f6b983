"""Small VCF files, written out in the tests that read them."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

FORMATS = (
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    '##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">\n'
    '##FORMAT=<ID=GQ,Number=1,Type=Integer,Description="Quality">\n'
)
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def header(samples: Sequence[str], contigs: Sequence[str] = ("1",), formats: str = FORMATS) -> str:
    lines = "".join(f"##contig=<ID={name}>\n" for name in contigs)
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]
    return "##fileformat=VCFv4.2\n" + lines + formats + "\t".join(columns) + "\n"


def record(
    *calls: str,
    pos: int | str = 10,
    name: str = ".",
    ref: str = "A",
    alt: str = "C",
    chrom: str = "1",
    fields: str = "GT",
) -> str:
    cells = [chrom, str(pos), name, ref, alt, ".", "PASS", ".", fields, *calls]
    return "\t".join(cells) + "\n"


def write(path: Path, *text: str) -> Path:
    """Write text, gzipped where the name asks for it (readable, but no bgzip)."""
    data = "".join(text).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return path
