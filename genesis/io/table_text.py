"""Tables as tab-separated text, plain or gzipped, streamed in pieces.

Cells are written as they are: ids hold no tab and no line break (they are refused where they
do), free text has them turned into spaces. A cell that holds a quotation mark, and no other, is
put in quotation marks and has its own ones doubled (RFC 4180): pandas, read.delim of R and csv
readers give it back as it was. An id that starts with ``=``, ``+``, ``-`` or ``@`` is data and
stays what it is; a spreadsheet program should import such a column as text. Missing values are
``NA``. What holds or not is ``TRUE`` or ``FALSE``: read.delim takes ``true`` for a text, of which
none equals TRUE.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from genesis.engine.threads import available_threads, map_ordered
from genesis.errors import MalformedInputError

__all__ = ["check_ids", "write_table", "write_text"]

#: Rows that are turned into text at a time.
PIECE_ROWS = 200_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def check_ids(ids: Iterable[str], kind: str) -> None:
    """Refuse ids that no table can hold.

    Parameters
    ----------
    ids : iterable of str
        Names of genes, variants or samples.
    kind : str
        What they name, for the message.

    Raises
    ------
    MalformedInputError
        An id is empty, or holds a tab, a line break or another control character.

    Examples
    --------
    >>> check_ids(["ACT1", "=SUM(A1)"], "gene")
    """
    for name in ids:
        if not name or _CONTROL.search(name):
            what = "is empty" if not name else "holds a tab, line break or control character"
            raise MalformedInputError(f"{kind} id {name!r} {what}: rename it in the input")


def gzip_member(text: bytes | memoryview) -> bytes:
    """One piece of a gzip file; pieces end to end are a gzip file. No time stamp is kept."""
    compressor = zlib.compressobj(level=1, wbits=31)
    return compressor.compress(text) + compressor.flush()


def write_text(
    path: Path, pieces: Iterable[bytes | memoryview], *, threads: int | None = None
) -> None:
    """Write pieces of text, gzipped where the name ends in ``.gz``.

    Parameters
    ----------
    path : Path
        File to write.
    pieces : iterable of bytes
        Text in order.
    threads : int, optional
        Threads that compress; the file is the same for any number.
    """
    compress = path.name.endswith(".gz")
    with path.open("wb") as file:
        if not compress:
            file.writelines(pieces)
            return
        for member in map_ordered(gzip_member, pieces, threads or available_threads()):
            file.write(member)


def write_table(path: Path, frame: pd.DataFrame) -> None:
    """Write a whole table with its header, numbers to the last bit.

    Parameters
    ----------
    path : Path
        File to write; gzipped where the name ends in ``.gz``.
    frame : pandas.DataFrame
        The index is not written.
    """
    write_text(path, _frame_pieces(frame))


def _frame_pieces(frame: pd.DataFrame) -> Iterator[bytes | memoryview]:
    yield header_line(frame.columns)
    for start in range(0, len(frame), PIECE_ROWS):
        table = pa.Table.from_pandas(frame.iloc[start : start + PIECE_ROWS], preserve_index=False)
        yield text_lines([as_text(column.combine_chunks()) for column in table.columns])


def header_line(columns: Iterable[str]) -> bytes:
    """The first line of a table."""
    return ("\t".join(map(cell, columns)) + "\n").encode()


def cell(text: str) -> str:
    """A text as a cell, quoted where it holds a quotation mark."""
    return '"' + text.replace('"', '""') + '"' if '"' in text else text


def _cells(texts: pa.Array) -> pa.Array:
    """The same of a text column."""
    holds_mark = pc.match_substring(texts, '"')
    if not pc.any(holds_mark).as_py():
        return texts
    quoted = concatenate(['"', pc.replace_substring(texts, '"', '""'), '"'])
    return pc.if_else(holds_mark, quoted, texts)


def text_lines(columns: list[pa.Array]) -> memoryview:
    """Rows of text columns as lines of tab-separated text, ``NA`` for null."""
    filled = [column.fill_null("NA") if column.null_count else column for column in columns]
    cells = [part for column in filled for part in (column, "\t")]
    return joined(concatenate([*cells[:-1], "\n"]))


def joined(column: pa.Array) -> memoryview:
    """The texts of a column without nulls one after the other, in UTF-8."""
    if len(column) == 0:
        return memoryview(b"")
    # Strings of an Arrow array lie end to end, so the text is there already.
    _, offsets, text = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[column.offset :]
    return memoryview(text)[ends[0] : ends[len(column)]]


def concatenate(parts: list[pa.Array | str]) -> pa.Array:
    """Text columns and constant texts side by side, row by row; null where a part is null."""
    text = pa.large_string()
    scalars = [pa.scalar(part, text) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*scalars, pa.scalar("", text))


def as_text(column: pa.Array) -> pa.Array:
    """A column as cells; control characters of strings become spaces."""
    if pa.types.is_dictionary(column.type):
        return _cells(column.dictionary.cast(pa.large_string())).take(column.indices)
    text = column.cast(pa.large_string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _cells(pc.replace_substring_regex(text, r"[\x00-\x1f\x7f]", " "))
    return pc.utf8_upper(text) if pa.types.is_boolean(column.type) else text


def rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """Numbers rounded to so many significant digits; tiny and huge ones stay as they are.

    Examples
    --------
    >>> rounded(np.array([0.123456, 98.7654, np.nan]), 4)
    array([ 0.1235, 98.77  ,     nan])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        places = (digits - 1) - np.floor(np.log10(np.abs(values)))
        # Beyond 22 a power of ten is no exact double: those keep all their digits.
        exact = np.isfinite(places) & (places >= 0) & (places <= 22)
        scale = 10.0 ** np.where(exact, places, 0.0)
        return np.where(exact, np.rint(values * scale) / scale, values)


def six_digits(values: np.ndarray) -> pa.Array:
    """Numbers as text with six significant digits; NaN is null."""
    return pa.array(rounded(values, 6), from_pandas=True).cast(pa.large_string())
