"""What is made of blocks of records while they are read, of one file or of several at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from genesis.io.contig_naming import ContigNaming
from genesis.io.near_genes import NearGenes
from genesis.io.variant_blocks import RecordBlock, VariantCollector

__all__ = ["VariantReading"]


class VariantReading:
    """Takes blocks of records: passes over what is far from genes, names contigs, collects.

    Parameters
    ----------
    collector : VariantCollector
    naming : ContigNaming
    near : NearGenes or None
        Where records are wanted; None for everywhere.
    """

    def __init__(
        self, collector: VariantCollector, naming: ContigNaming, near: NearGenes | None
    ) -> None:
        self.collector, self.naming, self.near = collector, naming, near

    def __call__(self, block: RecordBlock) -> None:
        """Take the records of a block."""
        if self.near is not None:
            block = _near_genes(block, self.near)
        if len(block.pos):
            self.collector.add(replace(block, chrom=self.naming.call(block.chrom)))

    def of_part(self, path: str) -> VariantReading:
        """A reading of one of several files, to be joined to this one."""
        near = None if self.near is None else self.near.anew()
        return VariantReading(self.collector.anew(path), self.naming.anew(), near)

    def join(self, part: VariantReading) -> None:
        """Put what was read of the next of several files after what is here."""
        self.collector.join(part.collector)
        self.naming.join(part.naming)
        if self.near is not None and part.near is not None:
            self.near.join(part.near)


def _near_genes(block: RecordBlock, near: NearGenes) -> RecordBlock:
    """The records of a block that are near a gene."""
    kept = near.among(block.chrom, block.pos)
    if kept.all():
        return block
    texts, far = {}, {}
    for name in ("chrom", "name", "ref", "alt", "filter"):
        column = getattr(block, name)
        if column is not None:
            column = column if isinstance(column, pa.Array) else pa.array(column, pa.string())
            texts[name] = column.filter(pa.array(kept))
            far[name] = column.filter(pa.array(~kept))
    near.pass_over(far["chrom"], far["name"], far["alt"])
    rows = np.flatnonzero(kept)
    return replace(block, pos=block.pos[rows], slot=block.slot[rows], **texts)
