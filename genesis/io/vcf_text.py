"""The text of a VCF's records, looked through beside htslib, which takes too much for granted.

htslib passes over surplus columns and stops a line at a byte of zero: either way each genotype
after it is another sample's. So every line that it parses is looked at here too, in a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.errors import MalformedInputError
from genesis.io.bgzf_index import BgzfIndex, read_stretches
from genesis.io.ids import counted
from genesis.io.regions import Region
from genesis.io.variant_blocks import RecordBlock
from genesis.io.vcf_header import COLUMNS, LAST_POSITION, VcfHeader, damaged
from genesis.io.vcf_text_kernels import check_lines

__all__ = ["CONTIG_BYTES", "TextCheck", "check_fetched", "check_text", "whole_lines"]

STRETCH = 1 << 20


def _contig_bytes() -> NDArray[np.bool_]:
    """Which bytes a contig name may hold by the VCF specification."""
    allowed = np.zeros(256, dtype=np.bool_)
    for byte in range(33, 127):
        allowed[byte] = chr(byte) not in "\"'(),<>[]\\`{}"
    return allowed


CONTIG_BYTES = _contig_bytes()


class TextCheck:
    """Runs a check of text beside the parsing of the same text.

    The first step is taken before anything is parsed, the others in a thread.

    Parameters
    ----------
    steps : iterator
        Takes a step of the check each time it is asked, and raises an error for bad text.
    """

    def __init__(self, steps: Iterator[None]) -> None:
        self._steps = steps
        self._error: Exception | None = None
        self._stopped = False
        next(steps, None)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            for _ in self._steps:
                if self._stopped:
                    return
        except Exception as error:
            self._error = error

    def __enter__(self) -> TextCheck:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread."""
        self._stopped = True
        self._thread.join()

    def finish(self) -> None:
        """Wait for the end of the check; raises its error where the text is bad."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def before(self, take: Callable[[RecordBlock], None]) -> Callable[[RecordBlock], None]:
        """Let `take` have no more blocks once the text is known to be bad."""

        def take_checked(block: RecordBlock) -> None:
            if self._error is not None:
                raise self._error
            take(block)

        return take_checked


def check_text(header: VcfHeader) -> Iterator[None]:
    """Look through the lines of all records, a stretch of them at each step.

    Raises
    ------
    InputReadError
        If the compressed file is damaged.
    MalformedInputError
        For a line of another number of columns than the header, a byte of zero, a bad contig
        name, a position that is none, an empty ID, REF or ALT, or one that is not UTF-8.
    """
    n_lines = 0
    for lines in whole_lines(header):
        n_lines += _check_stretch(header, lines, n_lines)[0]
        yield


def whole_lines(header: VcfHeader) -> Iterator[NDArray[np.uint8]]:
    """All lines of a VCF, a stretch of whole ones after the other, each good until the next.

    Raises
    ------
    InputReadError
        If the compressed file is damaged.
    """
    buffer = np.empty(STRETCH, dtype=np.uint8)
    filled = 0
    with pa.OSFile(str(header.path)) as raw:
        stream = raw if header.compression == "none" else pa.CompressedInputStream(raw, "gzip")
        at_end = False
        while not at_end:
            if filled == len(buffer):  # a line longer than that
                buffer = np.concatenate([buffer, np.empty_like(buffer)])
            try:
                n_new = stream.readinto(buffer[filled:].data)
            except OSError as error:
                raise damaged(header.path, error) from error
            new = buffer[filled : filled + n_new][::-1]
            filled += n_new
            at_end = not n_new
            if at_end and filled:
                buffer[filled] = ord("\n")
                filled += 1
                used = filled
            else:
                line_end = int((new == ord("\n")).argmax()) if n_new else 0
                used = filled - line_end if n_new and new[line_end] == ord("\n") else 0
            if used:
                yield buffer[:used]
            buffer[: filled - used] = buffer[used:filled].copy()
            filled -= used


def check_fetched(header: VcfHeader, index: BgzfIndex, regions: Sequence[Region]) -> Iterator[None]:
    """Look through the lines that are read of regions by an index; as `check_text`."""
    for region in regions:
        for start, end in index.chunks(region):
            rest = b""
            try:
                for stretch in read_stretches(header.path, start, end):
                    text = rest + stretch
                    _, used = _check_stretch(header, np.frombuffer(text, dtype=np.uint8), None)
                    rest = text[used:]
                    yield
            except MalformedInputError:
                # The number of the line is not known without those before it.
                for _ in check_text(header):
                    yield
                raise
            except ValueError as error:
                raise damaged(header.path, error) from error


def _check_stretch(
    header: VcfHeader, codes: NDArray[np.uint8], n_before: int | None
) -> tuple[int, int]:
    """Look through the whole lines of a stretch of text; returns how many, and their bytes.

    Of the file's lines, `n_before` come before it; None where that is not known, and the stretch
    is one of records.
    """
    ends = np.flatnonzero(codes == ord("\n"))
    if not len(ends):
        return 0, 0
    n_tabs = 8 + len(header.samples)
    line = 0 if n_before is None else min(max(header.n_lines - n_before, 0), len(ends))
    while True:
        line = check_lines(codes, ends, line, n_tabs, CONTIG_BYTES, LAST_POSITION)
        if line == len(ends):
            return len(ends), int(ends[-1]) + 1
        text = codes[int(ends[line - 1]) + 1 if line else 0 : int(ends[line])].tobytes()
        wrong = _what_is_wrong(header, text)
        if wrong:
            where = str(header.path)
            if n_before is not None:
                number = n_before + line + 1
                where += f", line {number} (record {number - header.n_lines})"
            raise MalformedInputError(f"{where}: {wrong}")
        line += 1


def _what_is_wrong(header: VcfHeader, line: bytes) -> str:
    """Why a line is no record; empty where it is one."""
    shown = line[:60].decode(errors="replace")
    if not line.strip():
        return "the line is blank; remove it"
    if line.startswith(b"#"):
        return (
            f"a header line among the records ({shown}); join files with bcftools concat, not cat"
        )
    n_columns, wanted = line.count(b"\t") + 1, 9 + len(header.samples)
    if n_columns != wanted:
        return (
            f"{counted(n_columns, 'column')} where the header has {wanted} ({shown}); the line is "
            "damaged or not separated by tabs"
        )
    cells = line.split(b"\t")
    zero = next((k for k, cell in enumerate(cells) if b"\x00" in cell), None)
    if zero is not None:
        named = [*COLUMNS[1:].split("\t"), "FORMAT", *(f"sample {one}" for one in header.samples)]
        return f"a NUL byte in the column of {named[zero]}; the line is damaged"
    for name, cell in zip(COLUMNS.split("\t")[1:5], cells[1:5], strict=True):
        if not cell:
            return f"{name} is empty at the start of {shown!r}"
    if not cells[1].isdigit() or int(cells[1]) > LAST_POSITION:
        position = cells[1][:20].decode(errors="replace")
        return f"POS {position!r} is no whole number up to {LAST_POSITION}"
    if not cells[0] or not CONTIG_BYTES[np.frombuffer(cells[0], dtype=np.uint8)].all():
        return f"no valid contig name at the start of {shown!r}"
    for name, cell in zip(COLUMNS.split("\t")[1:7], cells[1:7], strict=True):
        try:
            cell.decode()
        except UnicodeDecodeError as error:
            byte = f"byte {cell[error.start]:#04x}"
            return f"{name} is not UTF-8 ({byte} in {cell[:40]!r}); convert the file to UTF-8"
    return ""
