"""Genotypes of any format: what a format hands out, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.errors import CommandLineError, DegenerateDataError
from genesis.io.genotype_assembly import assemble
from genesis.io.genotypes import Genotypes
from genesis.io.ids import positions_of
from genesis.io.regions import find_contigs, parse_regions
from genesis.io.sex import males_on_x, read_sexes, sex_notes
from genesis.io.variant_blocks import RecordBlock, RecordFilter, VariantCollector

__all__ = ["ArraySource", "GenotypeSource", "RecordTable", "read_genotypes"]

Progress = Callable[[str, int, int], None]
Regions = str | Sequence[str] | None
STAGE = "reading genotypes"
FIELDS = ("GT", "DS", "GP", "PL", "GL")
BLOCK_BYTES = 8 << 20


class GenotypeSource:
    """A file, or set of files, with genotypes.

    Attributes
    ----------
    path : str
        For messages.
    samples : list of str
        All of them, in the order of the file.
    fields : tuple of str
        Fields that can be read from it, of those in `FIELDS`.
    sexes : dict of str to str
        As `read_sexes`, as far as the file itself says it.
    x_length : int or None
        Length of the contig X where the file says it.
    notes : list of str
    """

    path: str
    samples: list[str]
    fields: tuple[str, ...]
    sexes: Mapping[str, str]
    x_length: int | None = None
    notes: Sequence[str] = ()

    def check_field(self, field: str) -> None:
        """Refuse a field that there is not."""
        if field not in self.fields:
            raise CommandLineError(
                f"{self.path}: there is no field {field} in it; ask for {' or '.join(self.fields)} "
                "(--field)"
            )

    def select(self, wanted: list[str]) -> list[str]:
        """Read these samples only; returns their order in the blocks."""
        raise NotImplementedError

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the records of the regions to `take`; returns how many others were passed over."""
        raise NotImplementedError


def read_genotypes(
    source: GenotypeSource,
    limits: RecordFilter,
    *,
    samples: Sequence[str] | None,
    region: Regions,
    sex: str | Path | None,
    progress: Progress | None,
) -> Genotypes:
    """Read a source through the filters; the arguments are those of `genesis.read_vcf`."""
    check_limits(limits)
    source.check_field(limits.field)
    wanted = source.samples if samples is None else list(samples)
    positions_of(wanted, source.samples, "samples", source.path)
    sexes = source.sexes if sex is None else read_sexes(sex)
    collector = VariantCollector(
        path=source.path,
        file_samples=source.select(wanted),
        samples=wanted,
        limits=limits,
        males=males_on_x(sexes, wanted, source.x_length),
    )
    outside = source.read(limits.field, region, collector.add, progress)
    collector.counts["records_outside_region"] = outside
    if not collector.counts["records_read"]:
        asked = region if region is None or isinstance(region, str) else ", ".join(region)
        where = "" if asked is None else f" in the region {asked}"
        raise DegenerateDataError(
            f"{source.path}: no records{where}" + (f", {outside} outside it" if outside else "")
        )
    table = collector.table()
    notes = [*source.notes, *(sex_notes(sexes, wanted, sex) if sex is not None else [])]
    if sex is not None and limits.field != "GT":
        notes.append(f"Dosages ({limits.field}) are taken as they are written, whatever the sex.")
    return assemble(collector, table, source.fields, notes)


def check_limits(limits: RecordFilter) -> None:
    """Refuse options that mean nothing."""
    if limits.field not in FIELDS:
        raise CommandLineError(
            f"field {limits.field!r} cannot be read; use one of {', '.join(FIELDS)}"
        )
    if not 0 <= limits.maf <= 0.5:
        raise CommandLineError(f"maf {limits.maf} is not a minor allele frequency; use 0 to 0.5")
    if not 0 <= limits.max_missing <= 1:
        raise CommandLineError(f"max_missing {limits.max_missing} is not a fraction; use 0 to 1")
    if limits.multiallelic not in ("split", "drop", "error"):
        raise CommandLineError(f"multiallelic {limits.multiallelic!r}: use split, drop or error")


@dataclass(frozen=True)
class RecordTable:
    """All records of a file without their genotypes; `alt` and `filter` are as in `RecordBlock`."""

    chrom: pa.Array
    pos: NDArray[np.int64]
    name: pa.Array
    ref: pa.Array
    alt: pa.Array
    filter: pa.Array | None = None

    def block(self, rows: NDArray[np.int64], values: NDArray[Any]) -> RecordBlock:
        """These records with their values."""
        at = pa.array(rows)
        texts = (column.take(at) for column in (self.chrom, self.name, self.ref, self.alt))
        chrom, name, ref, alt = texts
        slot = np.arange(len(rows))
        filters = None if self.filter is None else self.filter.take(at)
        return RecordBlock(chrom, self.pos[rows], name, ref, alt, values, slot, filters)


class ArraySource(GenotypeSource):
    """A format that hands out its records as a table and genotypes as arrays.

    A subclass sets `records`, and `columns` by `select`.
    """

    records: RecordTable
    columns: NDArray[np.int64]

    def select(self, wanted: list[str]) -> list[str]:
        """Read these samples only; returns their order in the blocks, that of the file."""
        among = set(wanted)
        self.columns = np.flatnonzero([sample in among for sample in self.samples])
        return [self.samples[column] for column in self.columns]

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the records of the regions to `take`; returns how many others were passed over."""
        rows = self.wanted_rows(region)
        done = 0
        for block in self.cut(rows):
            values = np.ascontiguousarray(self.values(field, block))
            take(self.records.block(block, values))
            done += len(block)
            if progress is not None:
                progress(STAGE, done, len(rows))
        return 0

    def wanted_rows(self, region: Regions) -> NDArray[np.int64]:
        """Records of the regions, region by region, each once."""
        if region is None:
            return np.arange(len(self.records.pos))
        contigs = self.records.chrom.unique().to_pylist()
        codes = np.array(self.records.chrom.dictionary_encode().indices)
        taken = np.zeros(len(codes), dtype=np.bool_)
        found = []
        for one in find_contigs(parse_regions(region, contigs), contigs, self.path):
            inside = (codes == contigs.index(one.chrom)) & ~taken
            inside &= (self.records.pos >= one.start) & (self.records.pos <= one.end)
            found.append(np.flatnonzero(inside))
            taken |= inside
        return np.concatenate(found)

    def cut(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Rows in pieces whose values fit the memory of a block."""
        size = max(1, min(2048, BLOCK_BYTES // (8 * max(1, len(self.columns)))))
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def values(self, field: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Values of these records as in `RecordBlock`, of the samples selected."""
        raise NotImplementedError
