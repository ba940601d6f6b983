"""Genotypes of any format: what a format hands out, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.engine.progress import Progress
from genesis.engine.threads import map_ordered
from genesis.errors import CommandLineError, DegenerateDataError
from genesis.io.assembly import Assembly
from genesis.io.contig_naming import ContigNaming
from genesis.io.contigs import ContigNames
from genesis.io.freed_memory import give_back
from genesis.io.genotype_assembly import assemble
from genesis.io.genotypes import Genotypes
from genesis.io.ids import positions_of
from genesis.io.near_genes import NearGenes
from genesis.io.regions import find_contigs, parse_regions
from genesis.io.sex import known_sexes, males_on_x, sex_notes
from genesis.io.variant_blocks import RecordBlock, RecordFilter, VariantCollector
from genesis.io.variant_reading import VariantReading

if TYPE_CHECKING:
    from genesis.io.sample_map import SampleMap

__all__ = ["ArraySource", "GenotypeSource", "RecordTable", "read_genotypes"]

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
    contigs : sequence of str
        As far as they are known before the records are read.
    assembly : Assembly
        What the file says of the genome.
    names : ContigNames
        What the contigs are called beside other files; set before the records are read.
    near : NearGenes or None
        Records elsewhere are not wanted: a source need not hand them out, if it asks `near` and
        so counts them. Set before the records are read.
    notes : list of str
    parts : list of GenotypeSource
        Of a source in several files, that of each; else empty.
    """

    path: str
    samples: list[str]
    fields: tuple[str, ...]
    sexes: Mapping[str, str]
    contigs: Sequence[str] = ()
    assembly: Assembly = Assembly()
    names: ContigNames = ContigNames()
    near: NearGenes | None = None
    notes: Sequence[str] = ()
    parts: Sequence[GenotypeSource] = ()

    def in_order(
        self, part: GenotypeSource, take: Callable[[RecordBlock], None]
    ) -> Callable[[RecordBlock], None]:
        """What a part hands out, with the samples in the order of `select`."""
        raise NotImplementedError

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
    contigs: Sequence[str] = (),
    sample_map: SampleMap | None = None,
    near: NearGenes | None = None,
    packed: bool = False,
    threads: int = 1,
) -> Genotypes:
    """Read a source through the filters; the arguments are those of `genesis.read_vcf`.

    With a `sample_map`, the file of sexes may have expression ids. With `near`, records elsewhere
    are passed over, unless nothing is left then. With `packed`, called genotypes are held as
    `PackedDosages`. Of several files, as many as `threads` are read at once; the outcome is the
    same for any number.
    """
    check_limits(limits)
    source.check_field(limits.field)
    wanted = source.samples if samples is None else list(samples)
    positions_of(wanted, source.samples, "samples", source.path)
    sexes = source.sexes
    said: list[str] = []
    if sex is not None:
        sexes, said = known_sexes(sex, source.samples, sample_map)
    regions = (region,) if isinstance(region, str) else tuple(region or ())
    asked = [] if region is None else parse_regions(region, source.contigs)
    naming = ContigNaming(source.path, source.contigs, source.assembly, contigs, asked)
    source.names, source.near = naming.names, near
    collector = VariantCollector(
        path=source.path,
        file_samples=source.select(wanted),
        samples=wanted,
        limits=limits,
        males=males_on_x(sexes, wanted, source.assembly.lengths, naming.names),
        packed=packed and limits.field == "GT",
    )

    reading = VariantReading(collector, naming, near)
    if region is None and threads > 1 and len(source.parts) > 1:
        outside = _read_parts(source, limits.field, reading, threads, progress)
    else:
        outside = source.read(limits.field, region, reading, progress)
    collector.counts["records_outside_region"] = outside
    passed_over: dict[str, int] = {}
    if near is not None and near.passed_over:
        if not collector.n_kept:
            # Of all records, so that what follows says what does not fit.
            return read_genotypes(
                source, limits, samples=samples, region=region, sex=sex, progress=progress,
                contigs=contigs, sample_map=sample_map, packed=packed, threads=threads,
            )  # fmt: skip
        called = naming.call(list(near.passed_over)).to_pylist()
        for contig, n in zip(called, near.passed_over.values(), strict=True):
            passed_over[contig] = passed_over.get(contig, 0) + n
        collector.counts["records_far_from_genes"] = sum(passed_over.values())
    if not collector.counts["records_read"]:
        where = f" in the region {', '.join(regions)}" if regions else ""
        raise DegenerateDataError(
            f"{source.path}: no records{where}" + (f", {outside} outside it" if outside else "")
        )
    table = collector.table()
    give_back()
    notes = [*source.notes, *naming.notes(with_males=collector.males is not None), *said]
    notes += sex_notes(sexes, wanted, sex) if sex is not None else []
    if sex is not None and limits.field != "GT":
        notes.append(f"Dosages ({limits.field}) are taken as they are written, whatever the sex.")
    notes += [] if near is None else near.note()
    genotypes = assemble(collector, table, source.fields, notes, near)
    del table
    give_back()
    return replace(genotypes, assembly=naming.assembly(), regions=regions, passed_over=passed_over)


def _read_parts(
    source: GenotypeSource,
    field: str,
    reading: VariantReading,
    threads: int,
    progress: Progress | None,
) -> int:
    """Read the parts of a source at once; returns how many records were passed over.

    Of several that cannot be read, the first is named.
    """
    stop = Event()

    def read_part(part: GenotypeSource) -> tuple[VariantReading, int]:
        mine = reading.of_part(part.path)
        part.names, part.near = source.names, mine.near

        def take(block: RecordBlock) -> None:
            if stop.is_set():  # nobody waits for it any more
                raise CancelledError
            mine(block)

        return mine, part.read(field, None, source.in_order(part, take), None)

    outside = 0
    parts = map_ordered(read_part, source.parts, threads, stop)
    for done, (mine, passed) in enumerate(parts, start=1):
        reading.join(mine)
        outside += passed
        if progress is not None:
            progress(STAGE, done, len(source.parts))
    return outside


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

    def contigs(self) -> list[str]:
        """The contigs, each once."""
        names: list[str] = self.chrom.unique().to_pylist()
        return names

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
        coded = self.records.chrom.dictionary_encode()
        contigs, codes = coded.dictionary.to_pylist(), coded.indices.to_numpy()
        names = self.names.including(contigs)
        taken = np.zeros(len(codes), dtype=np.bool_)
        found = []
        for one in find_contigs(parse_regions(region, names.contigs), names, self.path):
            if one.chrom not in contigs:  # declared, and without a record
                continue
            inside = (codes == contigs.index(one.chrom)) & ~taken
            inside &= (self.records.pos >= one.start) & (self.records.pos <= one.end)
            found.append(np.flatnonzero(inside))
            taken |= inside
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def cut(self, rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Rows in pieces whose values fit the memory of a block."""
        size = max(1, min(2048, BLOCK_BYTES // (8 * max(1, len(self.columns)))))
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def values(self, field: str, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Values of these records as in `RecordBlock`, of the samples selected."""
        raise NotImplementedError
