"""The index beside a VCF.gz or BCF (.tbi, .csi): where its records lie, and whether it fits.

An index says at which virtual offsets (of a block in the file, and of a byte in that block's
text) the records of a stretch of a contig lie. htslib believes it whatever the file has become
since; records added later are not found then, and nothing is said.
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from genesis.errors import InconsistentInputsError, InputOpenError, MalformedInputError
from genesis.io.regions import Region
from genesis.io.vcf_header import DAMAGE, VcfHeader

__all__ = [
    "BgzfIndex",
    "find_index",
    "open_index",
    "read_index",
    "read_stretches",
    "require_index_fits",
]

SUFFIXES = (".csi", ".tbi")  # in the order in which htslib looks for them
HEAD, TAIL = 18, 8  # bytes of a block before and after what is compressed
STRETCH = 1 << 20
VCF_COLUMNS = 2, 1, 2, 0, ord("#"), 0  # format, columns of contig, start and end, comments, skipped

Chunk = tuple[int, int]


@dataclass(frozen=True)
class BgzfIndex:
    """An index as it is written.

    Attributes
    ----------
    path : pathlib.Path
    min_shift, depth : int
        Bits of the smallest bin's length, and levels of bins below the one of a whole contig.
    bins : dict of str to dict of int to list of (int, int)
        For each contig with records its bins: virtual offsets from and to which records lie.
    n_records : int
        All records, as far as the index counts them.
    """

    path: Path
    min_shift: int
    depth: int
    bins: dict[str, dict[int, list[Chunk]]]
    n_records: int

    @property
    def end(self) -> int:
        """Virtual offset of the end of the last record."""
        ends = (c[1] for bins in self.bins.values() for chunks in bins.values() for c in chunks)
        return max(ends, default=0)

    def start(self, contig: str) -> tuple[int, int]:
        """Virtual offset of a contig's first record, and the bin that it is in."""
        return min((chunks[0][0], number) for number, chunks in self.bins[contig].items())

    def bin_limits(self, number: int) -> Chunk:
        """First and last position (1-based) of a bin."""
        level, first = 0, 0
        while number >= first + (1 << 3 * level):
            first += 1 << 3 * level
            level += 1
        shift = self.min_shift + 3 * (self.depth - level)
        return ((number - first) << shift) + 1, (number - first + 1) << shift

    def chunks(self, region: Region) -> list[Chunk]:
        """Where records that touch a region may lie, in the order of the file, joined."""
        found = []
        for number, chunks in self.bins.get(region.chrom, {}).items():
            first, last = self.bin_limits(number)
            if first <= region.end and last >= region.start:
                found += chunks
        joined: list[Chunk] = []
        for start, end in sorted(found):
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(end, joined[-1][1])
            else:
                joined.append((start, end))
        return joined


def find_index(path: str | Path) -> Path | None:
    """The index beside a file, the one of two that htslib takes."""
    paths = (Path(f"{path}{suffix}") for suffix in SUFFIXES)
    return next((one for one in paths if os.path.lexists(one)), None)


def open_index(header: VcfHeader) -> BgzfIndex | None:
    """The index beside a file, read whole; None where there is none that could be used.

    Raises
    ------
    InputOpenError, MalformedInputError
        If it cannot be read, or is none.
    """
    path = find_index(header.path)
    # cyvcf2 tells by the name that a file is a BCF.
    if path is None or header.compression != "bgzf":
        return None
    if not header.is_text and header.path.suffix != ".bcf":
        return None
    return read_index(path, header)


def read_index(path: Path, header: VcfHeader) -> BgzfIndex:
    """An index that is at another place than beside its file; errors as `open_index`."""
    try:
        data = gzip.decompress(path.read_bytes())
        if data[:4] not in (b"TBI\x01", b"CSI\x01"):
            raise ValueError("no such magic")
        return _parse(path, data, header.is_text)
    except OSError as error:
        if not isinstance(error, DAMAGE):
            raise InputOpenError(
                f"{path}: the index cannot be opened ({error.strerror})"
            ) from error
        raise _broken(path, header) from error
    except (*DAMAGE, ValueError, struct.error, IndexError) as error:
        raise _broken(path, header) from error


def _broken(path: Path, header: VcfHeader) -> MalformedInputError:
    return MalformedInputError(
        f"{path}: the index is empty, damaged or no index; make it again: {_command(header)}"
    )


def _command(header: VcfHeader) -> str:
    if header.is_text:
        return f"tabix -f -p vcf {header.path}"
    return f"bcftools index -f {header.path}"


def _parse(path: Path, data: bytes, is_text: bool) -> BgzfIndex:
    """An index, checked to the last byte: htslib writes beyond its memory where one is wrong."""
    is_csi = data.startswith(b"CSI")
    numbers = _Numbers(data)
    if is_csi:
        min_shift, depth, l_aux = numbers.take("3i")
        end = numbers.place + _natural(l_aux)
        names = _tabix_names(numbers) if is_text else []
        if numbers.place != end:
            raise ValueError("a tabix part of another length")
        (n_contigs,) = numbers.take("i")
    else:
        min_shift, depth = 14, 5
        (n_contigs,) = numbers.take("i")
        names = _tabix_names(numbers)
    if not (is_csi or is_text) or not (0 < min_shift < 32 and 0 <= depth < 10):
        raise ValueError("numbers of no index")
    if is_text and n_contigs != len(names):
        raise ValueError("other names than contigs")
    bins: dict[str, dict[int, list[Chunk]]] = {}
    n_records = 0
    for number in range(_natural(n_contigs)):
        of_contig, n = _take_bins(numbers, depth, is_csi)
        n_records += n
        if of_contig:
            bins[names[number] if is_text else str(number)] = of_contig
        if not is_csi:
            numbers.take(f"{_natural(numbers.take('i')[0])}Q")
    if len(data) - numbers.place not in (0, 8):  # the number of records without a place, or not
        raise ValueError("bytes after the end")
    return BgzfIndex(path, min_shift, depth, bins, n_records)


class _Numbers:
    """The numbers of an index, one after the other, after its magic."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 4

    def take(self, form: str) -> tuple[int, ...]:
        taken = struct.unpack_from(f"<{form}", self.data, self.place)
        self.place += struct.calcsize(f"<{form}")
        return taken

    def take_bytes(self, size: int) -> bytes:
        (text,) = struct.unpack_from(f"<{_natural(size)}s", self.data, self.place)
        self.place += size
        return bytes(text)


def _natural(number: int) -> int:
    if number < 0:
        raise ValueError("a negative size")
    return number


def _tabix_names(numbers: _Numbers) -> list[str]:
    """Names of the contigs in the part that tabix writes into both kinds of index."""
    columns = numbers.take("6i")
    text = numbers.take_bytes(numbers.take("i")[0])
    if columns != VCF_COLUMNS or (text and not text.endswith(b"\x00")):
        raise ValueError("an index of no VCF")
    return text.decode().split("\x00")[:-1]


def _take_bins(numbers: _Numbers, depth: int, is_csi: bool) -> tuple[dict[int, list[Chunk]], int]:
    """The bins of a contig, and how many records it has."""
    n_bins_at_most = ((1 << 3 * (depth + 1)) - 1) // 7
    found: dict[int, list[Chunk]] = {}
    n_records = 0
    for _ in range(_natural(numbers.take("i")[0])):
        number, *_, n_chunks = numbers.take("IQi" if is_csi else "Ii")
        offsets = numbers.take(f"{2 * _natural(n_chunks)}Q")
        if number == n_bins_at_most + 1 and n_chunks == 2:
            n_records += offsets[2]  # holds no records, but counts
        elif number >= n_bins_at_most or number in found:
            raise ValueError("a bin that cannot be")
        else:
            found[number] = list(zip(offsets[::2], offsets[1::2], strict=True))
            if any(start > end for start, end in found[number]):
                raise ValueError("records that end before they start")
    return {number: chunks for number, chunks in found.items() if chunks}, n_records


def read_stretches(path: str | Path, start: int, end: int) -> Iterator[bytes]:
    """Text between two virtual offsets, decompressed, in stretches of about a MiB.

    Raises
    ------
    ValueError
        If no block starts where one should, or one is damaged.
    """
    parts: list[bytes] = []
    size, skip = 0, start & 0xFFFF
    with Path(path).open("rb") as file:
        place = start >> 16
        while place <= end >> 16:
            length, text = _read_block(file, place)
            if not length:
                break
            stop = end & 0xFFFF if place == end >> 16 else len(text)
            if max(skip, stop) > len(text):
                raise ValueError("offset beyond a block")
            parts.append(text[skip:stop])
            size, skip, place = size + stop - skip, 0, place + length
            if size >= STRETCH:
                yield b"".join(parts)
                parts, size = [], 0
    yield b"".join(parts)


def _read_block(file: BinaryIO, place: int) -> tuple[int, bytes]:
    """Bytes that a block takes in the file, 0 at its end, and its text."""
    file.seek(place)
    head = file.read(HEAD)
    if not head:
        return 0, b""
    if len(head) < HEAD or head[:4] != b"\x1f\x8b\x08\x04" or head[12:14] != b"BC":
        raise ValueError("no block")
    length = int.from_bytes(head[16:18], "little") + 1
    body = file.read(length - HEAD)
    if len(body) < length - HEAD or len(body) < TAIL:
        raise ValueError("a block that breaks off")
    try:
        return length, zlib.decompress(body[:-TAIL], -15)
    except zlib.error as error:
        raise ValueError("a damaged block") from error


def require_index_fits(index: BgzfIndex, header: VcfHeader, contigs: Sequence[str]) -> None:
    """Refuse an index that was made of another state of the file.

    After the last record of the index nothing may come, and its first and last contig, and
    those asked for, start where it says.

    Raises
    ------
    InconsistentInputsError
        If it does not belong to the file.
    """
    if not index.bins:
        return
    wanted = dict.fromkeys([next(iter(index.bins)), list(index.bins)[-1], *contigs])
    try:
        size = header.path.stat().st_size
        if index.end >> 16 >= size:
            raise ValueError("it goes on beyond the file's end")
        rest = read_stretches(header.path, index.end, size << 16)
        wrong = "records come after its end" if any(rest) else ""
        for contig in wanted if header.is_text else ():
            if contig in index.bins and not _starts_there(index, header, contig):
                wrong = wrong or f"contig {contig} does not start where it says"
    except ValueError as error:
        wrong = str(error)
    if not wrong:
        return
    older = index.path.stat().st_mtime < header.path.stat().st_mtime
    raise InconsistentInputsError(
        f"{index.path}: the index does not belong to {header.path} as it is now ({wrong}"
        f"{'; it is older than the file' if older else ''}); make it again: {_command(header)}"
    )


def _starts_there(index: BgzfIndex, header: VcfHeader, contig: str) -> bool:
    """Whether a record of the contig, at a position of the bin, lies where the bin starts."""
    start, number = index.start(contig)
    first, last = index.bin_limits(number)
    line = next(read_stretches(header.path, start, ((start >> 16) + (1 << 17)) << 16))
    cells = line[: 1 << 12].split(b"\t", 2)
    if len(cells) < 3 or cells[0].decode(errors="replace") != contig or not cells[1].isdigit():
        return False
    return first <= int(cells[1]) <= last
