"""Text compressed as bgzip does: gzip in blocks that an index can point into."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path

__all__ = ["write_blocks"]

#: Bytes of text in a block, as in htslib: even text that does not shrink stays below 64 KiB.
BLOCK_BYTES = 0xFF00
# Magic number, method and flags; time; extra flags and system; length of the extra field; its
# subfield "BC" of two bytes, which holds the length of the block less one.
_HEADER = struct.Struct("<4sI2sH2sHH")
_TRAILER = struct.Struct("<II")


def write_blocks(path: Path, pieces: Iterable[bytes]) -> None:
    """Write pieces of text as one bgzipped file, without a time stamp.

    htslib itself would do, but it lets a full disk pass.

    Parameters
    ----------
    path : Path
        File to write.
    pieces : iterable of bytes
        Text in order.

    References
    ----------
    SAM format specification, section 4.1: the BGZF compression format.

    Examples
    --------
    >>> import gzip, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "text.gz"
    ...     write_blocks(path, [b"one ", b"two"])
    ...     gzip.decompress(path.read_bytes())
    b'one two'
    """
    with path.open("wb") as file:
        waiting = bytearray()
        for piece in pieces:
            waiting += piece
            while len(waiting) >= BLOCK_BYTES:
                file.write(_block(bytes(waiting[:BLOCK_BYTES])))
                del waiting[:BLOCK_BYTES]
        if waiting:
            file.write(_block(bytes(waiting)))
        # An empty block tells readers that nothing was cut off.
        file.write(_block(b""))


def _block(text: bytes) -> bytes:
    compressor = zlib.compressobj(level=6, wbits=-15)
    body = compressor.compress(text) + compressor.flush()
    size = _HEADER.size + len(body) + _TRAILER.size
    header = _HEADER.pack(b"\x1f\x8b\x08\x04", 0, b"\x00\xff", 6, b"BC", 2, size - 1)
    return header + body + _TRAILER.pack(zlib.crc32(text), len(text))
