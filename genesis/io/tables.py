"""Delimited text: opening it, its delimiter, its rows with their line numbers."""

from __future__ import annotations

import csv
import gzip
import io
import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

from genesis.errors import (
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.remote import copy_of, is_remote

__all__ = [
    "DelimitedText",
    "Row",
    "file_of",
    "not_found",
    "read_ids",
    "read_rows",
    "read_text",
    "require_file",
    "sniff_delimiter",
    "split_table",
]

NOT_TEXT = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; save it as tab-separated text",
    b"BZh": "compressed with bzip2; compress it with gzip or not at all",
    b"\xfd7zXZ": "compressed with xz; compress it with gzip or not at all",
    b"(\xb5/\xfd": "compressed with zstd; compress it with gzip or not at all",
    b"PAR1": "a Parquet file; save it as tab-separated text",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}
PASSED_OVER = (b"##", b"track ", b"browser ", b"# Program:featureCounts")
MISSING = ("", "NA", "NaN", "nan", "N/A", "#N/A", "NULL", "null")


@dataclass(frozen=True)
class Row:
    """The cells of one line; lines are counted from 1."""

    line: int
    cells: list[str]


def read_text(path: str | Path) -> bytes:
    """Read a text file whole, decompressed where it is gzipped.

    Raises
    ------
    InputOpenError
        If the file is missing, a directory, or may not be read.
    InputReadError
        If it is a damaged or truncated gzip file.
    MalformedInputError
        If it is something else than text, or not UTF-8.
    DegenerateDataError
        If it is empty.

    Examples
    --------
    >>> read_text("genes.bed.gz")                           # doctest: +SKIP
    b'chr1\\t10...'
    """
    file = file_of(path, "table")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputOpenError(f"{path}: it cannot be opened ({error.strerror})") from error
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputReadError(
                f"{path}: the compressed file is damaged or truncated ({error}); copy or make "
                "it again"
            ) from error
    for start, what in NOT_TEXT.items():
        if data.startswith(start):
            raise MalformedInputError(f"{path}: {what}")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise DegenerateDataError(f"{path}: the file is empty")
    if b"\r" in data and b"\n" not in data:
        raise MalformedInputError(
            f"{path}: lines end in carriage returns alone, as on old Macs; save the file with "
            "Unix line ends"
        )
    nul = data.find(b"\x00")
    if nul >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise MalformedInputError(f"{path}, line {line}: a NUL byte; the file is not text")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise MalformedInputError(
            f"{path}, line {line}: byte {data[error.start]:#04x} is not UTF-8; save the file as "
            "UTF-8 text"
        ) from error
    return data


def file_of(path: str | Path, content: str) -> Path:
    """The file to read: the path itself, or a copy of what is at an address or in a pipe.

    Raises
    ------
    InputOpenError
        As `require_file` and `copy_of`.
    """
    if is_remote(path):
        return copy_of(path)
    require_file(path, content)
    return Path(path)


def require_file(path: str | Path, content: str) -> None:
    """Refuse what is missing or no regular file; `content` is what it should hold.

    Inputs are read more than once, if only for their checksum; and a pipe may never end.
    """
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError as error:
        raise not_found(path, f"check the path of the {content}") from error
    except OSError as error:
        raise InputOpenError(f"{path}: it cannot be opened ({error.strerror})") from error
    if stat.S_ISDIR(mode):
        raise InputOpenError(f"{path}: a directory, not a file; give the file in it")
    if not stat.S_ISREG(mode):
        raise InputOpenError(f"{path}: not a regular file; write the {content} to a file first")


def not_found(path: str | Path, advice: str) -> InputOpenError:
    """The error of a path that leads to nothing, which may be an address of the web.

    Examples
    --------
    >>> print(not_found("calls.vcf", "check the path"))
    calls.vcf: no such file; check the path
    >>> str(not_found("ftp:/example.org/calls.vcf", "check the path"))[:41]
    'ftp://example.org/calls.vcf is an address'
    """
    # A path has lost one of two slashes.
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):/+(.*)", str(path))
    if found is None:
        return InputOpenError(f"{path}: no such file; {advice}")
    return InputOpenError(
        f"{found[1]}://{found[2]} is an address: tables, VCF and BCF are read from those of https, "
        "s3 and gs, and this is another, so download it first and give the file"
    )


def sniff_delimiter(line: str, path: str | Path, *, blanks: bool = False) -> str:
    """Tab where the line has one, else comma, else semicolon; else a blank, where it may be one.

    Raises
    ------
    MalformedInputError
        If it has none of them.

    Examples
    --------
    >>> sniff_delimiter("gene_id,s 1,s 2", "a.csv")
    ','
    """
    for delimiter in "\t,; " if blanks else "\t,;":
        if delimiter in line:
            return delimiter
    raise MalformedInputError(
        f"{path}: no tabs or commas between columns in {line[:60]!r}; separate columns by tabs"
    )


@dataclass(frozen=True)
class DelimitedText:
    """A table as text: its header, and where the rows after it start.

    Attributes
    ----------
    path : str or Path
        For messages.
    data : bytes
        The whole text.
    delimiter : str
    header : Row
    start : int
        Byte of `data` at which the rows start.
    """

    path: str | Path
    data: bytes
    delimiter: str
    header: Row
    start: int

    def rows(self) -> list[Row]:
        """All rows after the header, without comments (``##``) and blank lines.

        Raises
        ------
        MalformedInputError
            If a quotation mark is not closed.
        """
        return self._rows_until(len(self.data))

    def first_rows(self, n_cells: int = 100_000) -> list[Row]:
        """The first rows, of about so many cells; three at least, where there are as many."""
        end = self.start
        for _ in range(max(3, n_cells // len(self.header.cells))):
            end = self.data.find(b"\n", end) + 1
            if end == 0:
                return self.rows()
        return self._rows_until(end)

    def _rows_until(self, end: int) -> list[Row]:
        text = io.StringIO(self.data[self.start : end].decode())
        reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        line = self.header.line
        rows = []
        try:
            for cells in reader:
                number = line + reader.line_num
                if any("\n" in cell for cell in cells):
                    raise MalformedInputError(f"{self.path}: quotes span lines up to line {number}")
                if any(cell.strip() for cell in cells) and not cells[0].startswith("##"):
                    rows.append(Row(number, cells))
        except csv.Error as error:
            raise unsplit(self.path, line + reader.line_num, error) from error
        return rows


def split_table(data: bytes, path: str | Path, *, blanks: bool = False) -> DelimitedText:
    """Find the delimiter and the header of a table.

    Lines before the header that start with ``##`` are comments; they, blank ones, the track lines
    of a genome browser and the first line of featureCounts are passed over.

    Parameters
    ----------
    data : bytes
        As `read_text` returns it.
    path : str or Path
        For messages.
    blanks : bool
        Columns may be separated by blanks, where the header has no other delimiter.

    Raises
    ------
    DegenerateDataError
        If there are only comments.
    MalformedInputError
        If the header has no delimiter, or quotes that are not closed.
    """
    start = 0
    for number, line in enumerate(io.BytesIO(data), start=1):
        start += len(line)
        if line.strip() and not line.startswith(PASSED_OVER):
            text = line.decode().rstrip("\r\n")
            delimiter = sniff_delimiter(text, path, blanks=blanks)
            if delimiter == " ":
                text = " ".join(text.split())
                body = (b" ".join(row.split()) for row in data[start:].split(b"\n"))
                data = data[:start] + b"\n".join(body)
            try:
                cells = next(csv.reader([text], delimiter=delimiter, strict=True))
            except csv.Error as error:
                raise unsplit(path, number, error) from error
            return DelimitedText(path, data, delimiter, Row(number, cells), start)
    raise DegenerateDataError(f"{path}: there are only comments in it")


def read_rows(path: str | Path, *, blanks: bool = False) -> list[Row]:
    """All rows of a small table, the header first; comments (``##``) and blank lines left out.

    Raises
    ------
    MalformedInputError
        If a quotation mark is not closed, or as `read_text` and `sniff_delimiter`.

    Examples
    --------
    >>> read_rows("covariates.tsv")[0].cells                # doctest: +SKIP
    ['sample', 'sex', 'age']
    """
    table = split_table(read_text(path), path, blanks=blanks)
    return [table.header, *table.rows()]


def unsplit(path: str | Path, line: int, error: csv.Error) -> MalformedInputError:
    """Say that a line has no columns that can be told apart."""
    return MalformedInputError(
        f"{path}, line {line}: the columns cannot be told apart ({error}); quotes must be closed, "
        "and no cell may be longer than 131,072 characters"
    )


def read_ids(path: str | Path) -> list[str]:
    """Ids of a list file: the first column of each line, each id once.

    Raises
    ------
    DegenerateDataError
        If the list has no id; other errors as `read_text`.
    """
    lines = (line.split() for line in read_text(path).decode().split("\n"))
    ids = dict.fromkeys(cells[0] for cells in lines if cells and not cells[0].startswith("#"))
    if not ids:
        raise DegenerateDataError(f"{path}: the list has no ids; write one a line")
    return list(ids)
