"""Called genotypes straight from the text of a VCF, as long as it is written plainly.

htslib parses whatever a VCF may hold, which takes several times as long as looking at each byte
of called genotypes once. Nearly all files hold nothing but calls of one allele or two in records
without a fault, and these are read here. The first record that is written otherwise, well or
badly, is left to htslib, and all after it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.io import vcf_plain_kernels as kernels
from genesis.io.near_genes import NearGenes
from genesis.io.variant_blocks import RecordBlock
from genesis.io.vcf_header import LAST_POSITION, VcfHeader
from genesis.io.vcf_text import CONTIG_BYTES, whole_lines

__all__ = ["read_plain"]

#: Places of the columns among those of a VCF.
CELLS = {"chrom": 0, "name": 2, "ref": 3, "alt": 4, "filter": 6}
BLOCK_BYTES = 8 << 20


def read_plain(
    header: VcfHeader,
    samples: list[str],
    take: Callable[[RecordBlock], None],
    report: Callable[[int], None],
    near: NearGenes | None = None,
) -> int | None:
    """Hand the plain records at the start of a file to `take`.

    Parameters
    ----------
    header : VcfHeader
        Of a text that declares GT.
    samples : list of str
        Those wanted, in the order of the file.
    take : callable
        Called with each block, whose values are good until it returns.
    report : callable
        Called with the number of records read, now and then.
    near : NearGenes, optional
        Calls of records elsewhere are not looked at.

    Returns
    -------
    int or None
        Records before the first that is not plain; None where all are.

    Raises
    ------
    InputReadError
        If the compressed file is damaged.
    """
    among = {sample: place for place, sample in enumerate(samples)}
    column = np.array([among.get(sample, -1) for sample in header.samples], dtype=np.int64)
    most = max(1, BLOCK_BYTES // (8 * len(samples)))
    values = np.empty((most, len(samples), 2), dtype=np.int32)
    n_header, n_read = header.n_lines, 0
    for text in whole_lines(header):
        ends = np.flatnonzero(text == ord("\n"))
        skipped = min(n_header, len(ends))
        n_header -= skipped
        if skipped == len(ends):
            continue
        begin = int(ends[skipped - 1]) + 1 if skipped else 0
        text, ends = text[begin:], ends[skipped:] - begin
        records = _Records(text, ends)
        wanted, far = records.divided(near)
        report(n_read)
        for first in range(0, len(wanted), most):
            lines = wanted[first : first + most]
            n_plain = records.read_calls(lines, column, values)
            if n_plain:
                take(records.block(lines[:n_plain], values[:n_plain]))
            if n_plain < len(lines):
                records.pass_over(far[far < lines[n_plain]], near)
                return n_read + int(lines[n_plain])
        records.pass_over(far, near)
        n_read += records.n_plain
        if records.n_plain < len(ends):
            return n_read
    return None


class _Records:
    """Lines of text, and where the columns of those before the first that is not plain are."""

    def __init__(self, text: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.text, self.ends = text, ends
        self.starts = np.empty((len(ends), kernels.N_COLUMNS + 1), dtype=np.int64)
        self.pos, self.n_fields = np.empty((2, len(ends)), dtype=np.int64)
        self.n_plain = kernels.find_columns(
            text, ends, CONTIG_BYTES, LAST_POSITION, self.starts, self.pos, self.n_fields
        )

    def divided(self, near: NearGenes | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The plain lines that are wanted, and those near no gene."""
        lines = np.arange(self.n_plain)
        if near is None:
            return lines, lines[:0]
        is_near = near.among(self._cells(lines, CELLS["chrom"]), self.pos[lines])
        return lines[is_near], lines[~is_near]

    def pass_over(self, lines: NDArray[np.int64], near: NearGenes | None) -> None:
        """Count these lines as near no gene."""
        if near is not None and len(lines):
            near.pass_over(*(self._cells(lines, CELLS[name]) for name in ("chrom", "name", "alt")))

    def read_calls(
        self, lines: NDArray[np.int64], column: NDArray[np.int64], values: NDArray[np.int32]
    ) -> int:
        """Read the calls of some lines; returns how many come before one that is not plain."""
        first_cell = self.starts[:, kernels.N_COLUMNS].copy()
        n_plain: int = kernels.plain_calls(
            self.text, self.ends, lines, first_cell, self.n_fields, column, values
        )
        return n_plain

    def block(self, lines: NDArray[np.int64], values: NDArray[np.int32]) -> RecordBlock:
        """The records of some lines, with their calls."""
        cells = {name: self._cells(lines, place) for name, place in CELLS.items()}
        return RecordBlock(pos=self.pos[lines], values=values, slot=np.arange(len(lines)), **cells)

    def _cells(self, lines: NDArray[np.int64], place: int) -> pa.Array:
        """A column of text."""
        starts = self.starts[lines, place]
        offsets = np.zeros(len(lines) + 1, dtype=np.int32)
        np.cumsum(self.starts[lines, place + 1] - 1 - starts, out=offsets[1:])
        cells = np.empty(int(offsets[-1]), dtype=np.uint8)
        kernels.copy_cells(self.text, starts, offsets, cells)
        return pa.StringArray.from_buffers(len(lines), pa.py_buffer(offsets), pa.py_buffer(cells))
