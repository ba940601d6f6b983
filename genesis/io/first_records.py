"""The first records of genotypes, and how many there are without reading them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from genesis.engine.progress import Progress
from genesis.io.genotype_source import ArraySource, GenotypeSource, Regions
from genesis.io.near_genes import NearGenes
from genesis.io.variant_blocks import RecordBlock
from genesis.io.vcf_remote import RemoteVcf
from genesis.io.vcf_source import VcfSource, n_records

__all__ = ["FirstRecords", "count_near", "count_records", "first_records"]


class _Enough(Exception):
    """So many records as were wanted have been read."""


class FirstRecords(GenotypeSource):
    """Hands out the first records of another source, in blocks of which the last is cut short.

    Parameters
    ----------
    source : GenotypeSource
        Of one file.
    most : int
        Records at the most.
    """

    def __init__(self, source: GenotypeSource, most: int) -> None:
        self._source, self._most = source, most
        self.path, self.samples, self.fields = source.path, source.samples, source.fields
        self.sexes, self.contigs, self.assembly = source.sexes, source.contigs, source.assembly
        self.notes = source.notes

    def check_field(self, field: str) -> None:
        """Refuse a field that there is not."""
        self._source.check_field(field)

    def select(self, wanted: list[str]) -> list[str]:
        """Read these samples only; returns their order in the blocks."""
        return self._source.select(wanted)

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the first records of the regions to `take`."""
        left = self._most

        def take_first(block: RecordBlock) -> None:
            nonlocal left
            # Whether they are near a gene is asked by whoever takes them: a source that passes
            # over others by itself could go through all of them to find the first.
            take(_cut(block, left))
            left -= len(block.pos)
            if left <= 0:
                raise _Enough

        self._source.names = self.names
        try:
            if isinstance(self._source, RemoteVcf) and region is None:
                self._source.stream(field, None, take_first)  # no more than that is sent
                return 0
            return self._source.read(field, region, take_first, progress)
        except _Enough:
            return 0


def _cut(block: RecordBlock, most: int) -> RecordBlock:
    """The first variants of a block."""
    if len(block.pos) <= most:
        return block
    columns = ("chrom", "pos", "name", "ref", "alt", "slot")
    cut = {name: getattr(block, name)[:most] for name in columns}
    return replace(block, **cut, filter=None if block.filter is None else block.filter[:most])


def first_records(source: GenotypeSource, most: int) -> GenotypeSource:
    """A source of the first records of each file of another."""
    if not source.parts:
        return FirstRecords(source, most)
    source.parts = [FirstRecords(part, most) for part in source.parts]
    return source


def count_records(source: GenotypeSource, region: Regions) -> int | None:
    """How many records there are in the regions; None where only reading them would tell."""
    if source.parts:
        found = [count_records(part, region) for part in source.parts]
        known = [n for n in found if n is not None]
        return sum(known) if len(known) == len(found) else None
    if isinstance(source, ArraySource):
        return len(source.wanted_rows(region))
    if isinstance(source, RemoteVcf):
        return None
    if isinstance(source, VcfSource) and region is None:
        return n_records(source.header) or None
    return None


def count_near(source: GenotypeSource, region: Regions, near: NearGenes) -> int | None:
    """How many records lie near a gene; None where only reading them would tell."""
    if source.parts:
        found = [count_near(part, region, near) for part in source.parts]
        known = [n for n in found if n is not None]
        return sum(known) if len(known) == len(found) else None
    if not isinstance(source, ArraySource):
        return None
    rows = source.wanted_rows(region)
    return int(np.count_nonzero(near.among(source.records.chrom, source.records.pos)[rows]))
