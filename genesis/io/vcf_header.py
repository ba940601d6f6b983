"""What a VCF or BCF file says of itself."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from genesis.errors import (
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.assembly import CONTIG, Assembly, read_assembly
from genesis.io.ids import first_few, repeated
from genesis.io.tables import require_file

__all__ = [
    "LAST_POSITION",
    "VcfHeader",
    "damaged",
    "read_header",
]

COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
# cyvcf2 has no room for larger ones and hands out others instead.
LAST_POSITION = 2**31 - 2
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True)
class VcfHeader:
    """The header of a VCF or BCF file.

    Attributes
    ----------
    path : pathlib.Path
    is_text : bool
        VCF text, compressed or not; False for BCF.
    compression : {"none", "gzip", "bgzf"}
    samples : list of str
    formats : dict of str to (str, str)
        The FORMAT fields declared: id to (Number, Type).
    contigs : list of str
        The contigs declared, maybe none.
    assembly : Assembly
        What the header says of the genome.
    n_lines : int
        Header lines before the first record.
    """

    path: Path
    is_text: bool
    compression: str
    samples: list[str]
    formats: dict[str, tuple[str, str]]
    contigs: list[str]
    assembly: Assembly
    n_lines: int


def read_header(path: str | Path) -> VcfHeader:
    """Read the header of a VCF, VCF.gz or BCF file.

    Parameters
    ----------
    path : str or Path
        A regular file; it is read more than once, so a pipe cannot be used.

    Raises
    ------
    InputOpenError
        If the file is missing, not a regular file or may not be read.
    InputReadError
        If a compressed file is damaged or truncated.
    MalformedInputError
        If it is no VCF or BCF, or the header breaks the format.
    DegenerateDataError
        If it has no samples.

    Examples
    --------
    >>> header = read_header("genotypes.vcf.gz")            # doctest: +SKIP
    """
    path = Path(path)
    compression = find_compression(path)
    try:
        with open_decompressed(path, compression) as stream:
            start = stream.peek(9)[:9]
            is_text = not start.startswith(b"BCF")
            lines = text_header(stream, path) if is_text else bcf_header(stream, path)
    except DAMAGE as error:
        raise damaged(path, error) from error
    return parse_header(path, is_text, compression, lines)


def find_compression(path: Path) -> str:
    """Tell plain text from gzip and bgzip, and refuse what cannot be opened or is truncated."""
    require_file(path, "genotypes")
    try:
        with path.open("rb") as file:
            start = file.read(16)
            if not start:
                raise MalformedInputError(f"{path}: the file is empty; a VCF or BCF is needed")
            if not start.startswith(b"\x1f\x8b"):
                return "none"
            if start[3:4] != b"\x04" or start[12:14] != b"BC":
                return "gzip"
            file.seek(0, io.SEEK_END)
            file.seek(-min(len(BGZF_END), file.tell()), io.SEEK_END)
            if file.read() != BGZF_END:
                raise InputReadError(
                    f"{path}: the bgzip end-of-file block is missing, so the file is truncated; "
                    "copy or make it again"
                )
            return "bgzf"
    except PermissionError as error:
        raise InputOpenError(f"{path}: no permission to read it") from error


def open_decompressed(path: Path, compression: str) -> io.BufferedReader:
    if compression == "none":
        return path.open("rb")
    return io.BufferedReader(gzip.open(path, "rb"))


def damaged(path: Path, error: BaseException) -> InputReadError:
    return InputReadError(
        f"{path}: the compressed file is damaged or truncated ({error}); copy or make it again"
    )


def text_header(stream: BinaryIO, path: Path) -> list[bytes]:
    first = stream.readline(1 << 16)
    if first.startswith(BYTE_ORDER_MARK):
        raise MalformedInputError(
            f"{path}, line 1: the file begins with a byte order mark (EF BB BF), which a VCF may "
            "not have; remove it, for example by tail -c +4"
        )
    if not first.startswith(b"##fileformat=VCF"):
        raise MalformedInputError(
            f"{path}, line 1: not a VCF or BCF file (a VCF starts with ##fileformat=VCF, "
            f"this one with {first[:40]!r})"
        )
    lines = [first]
    for line in stream:
        lines.append(line)
        if not line.startswith(b"##"):
            return lines
    return lines


def bcf_header(stream: BinaryIO, path: Path) -> list[bytes]:
    magic = stream.read(9)
    if len(magic) < 9 or magic[3] != 2:
        raise MalformedInputError(f"{path}: not a BCF of version 2; write it again with bcftools")
    (length,) = struct.unpack("<I", magic[5:])
    text = stream.read(length)
    if len(text) < length:
        raise InputReadError(f"{path}: the header breaks off; copy or make the file again")
    return text.rstrip(b"\x00").splitlines(keepends=True)


def parse_header(path: Path, is_text: bool, compression: str, lines: list[bytes]) -> VcfHeader:
    try:
        text = [line.decode().rstrip("\r\n") for line in lines]
    except UnicodeDecodeError as error:
        raise MalformedInputError(f"{path}: the header is not UTF-8 text ({error})") from error
    zero = next((k for k, line in enumerate(text, start=1) if "\x00" in line), None)
    if zero is not None:
        # htslib ends a line there, so that samples and calls would part.
        raise MalformedInputError(f"{path}, line {zero}: a NUL byte in the header; remove it")
    last = text[-1]
    if not last.startswith(COLUMNS):
        raise MalformedInputError(
            f"{path}, line {len(text)}: the header ends without its line of columns "
            f"({COLUMNS.split(chr(9))[0]} POS ID ..., separated by tabs); add it"
        )
    columns = last.split("\t")
    if len(columns) < 10 or columns[8] != "FORMAT":
        raise DegenerateDataError(
            f"{path}, line {len(text)}: no samples (the columns end with {columns[-1]}); "
            "a VCF with genotypes is needed"
        )
    samples = columns[9:]
    twice = repeated(samples)
    if twice:
        raise MalformedInputError(
            f"{path}, line {len(text)}: sample ids occur more than once: {first_few(twice)}; "
            "rename them (bcftools reheader -s)"
        )
    if "" in samples:
        raise MalformedInputError(
            f"{path}, line {len(text)}: column {10 + samples.index('')} has an empty sample id"
        )
    return VcfHeader(
        path=path,
        is_text=is_text,
        compression=compression,
        samples=samples,
        formats=declared_formats(text),
        contigs=[m[1] for line in text if (m := CONTIG.match(line))],
        assembly=read_assembly(text),
        n_lines=len(text),
    )


def declared_formats(lines: list[str]) -> dict[str, tuple[str, str]]:
    formats = {}
    for line in lines:
        if line.startswith("##FORMAT=<"):
            parts = dict(re.findall(r"\b(ID|Number|Type)=([^,>]+)", line))
            if "ID" in parts:
                formats[parts["ID"]] = (parts.get("Number", "."), parts.get("Type", "String"))
    return formats
