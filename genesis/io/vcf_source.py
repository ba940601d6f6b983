"""Records of a VCF, compressed or not, or of a BCF, as blocks."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from genesis.engine.progress import Progress
from genesis.errors import (
    CommandLineError,
    GenesisError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.io.bgzf_index import find_index, open_index, require_index_fits
from genesis.io.contig_naming import undeclared
from genesis.io.contigs import ContigNames
from genesis.io.genotype_source import STAGE, GenotypeSource, Regions
from genesis.io.regions import Region, find_contigs, parse_regions
from genesis.io.variant_blocks import RecordBlock
from genesis.io.vcf_blocks import RecordBuffer
from genesis.io.vcf_header import VcfHeader, read_header
from genesis.io.vcf_plain import read_plain
from genesis.io.vcf_text import TextCheck, check_fetched, check_text

__all__ = ["VcfSource"]

KINDS = {
    "GT": ("String",),
    "DS": ("Float", "Integer"),
    "GP": ("Float",),
    "PL": ("Integer", "Float"),
    "GL": ("Float",),
}


class VcfSource(GenotypeSource):
    """A VCF, compressed or not, or a BCF."""

    def __init__(self, path: str | Path) -> None:
        self.header = read_header(path)
        self.path, self.samples, self.sexes = str(path), self.header.samples, {}
        self.fields = tuple(name for name in KINDS if name in self.header.formats)
        self.contigs, self.assembly = self.header.contigs, self.header.assembly

    def check_field(self, field: str) -> None:
        """Refuse a field that the header does not declare, or declares as something else."""
        declared = self.header.formats
        if field not in declared:
            raise CommandLineError(
                f"{self.path}: field {field} is not declared in the header; its FORMAT fields: "
                f"{', '.join(declared) or 'none'}. Ask for one of "
                f"{', '.join(KINDS)} that is there, or add its ##FORMAT line"
            )
        if declared[field][1] not in KINDS[field]:
            raise MalformedInputError(
                f"{self.path}: the header declares {field} with Type={declared[field][1]}; "
                f"it must be {' or '.join(KINDS[field])}"
            )

    def select(self, wanted: list[str]) -> list[str]:
        """Open the file, so that htslib parses no more samples than are wanted."""
        self._wanted = wanted
        # htslib takes the list joined by commas, and ^ or - at its start as "all but" and "all".
        safe = not any("," in name or name[0] in "^-" for name in wanted)
        self._all = not safe or len(wanted) == len(self.samples)
        among = set(wanted)
        return [name for name in self.samples if self._all or name in among]

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the records of the regions to `take`; returns how many others were passed over."""
        header = self.header
        if field == "GT" and region is None and header.is_text:
            n_plain = self._read_plain(take, progress)
            return 0 if n_plain is None else self._read_parsed(field, None, take, progress, n_plain)
        regions = None if region is None else parse_regions(region, header.contigs)
        return self._read_parsed(field, regions, take, progress)

    def _read_plain(
        self, take: Callable[[RecordBlock], None], progress: Progress | None
    ) -> int | None:
        """Hand out records as `read_plain` does, and return what it returns."""
        header = self.header
        among = set(self._wanted)
        samples = [name for name in self.samples if self._all or name in among]
        total = 0 if progress is None else n_records(header)

        def report(done: int) -> None:
            if progress is not None:
                progress(STAGE, done, total)

        return read_plain(header, samples, take, report, self.near)

    def _read_parsed(
        self,
        field: str,
        regions: list[Region] | None,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
        n_before: int = 0,
    ) -> int:
        """Hand out records by htslib, but so many at the start; returns how many lay outside."""
        header = self.header
        wanted = Wanted(header, regions, self.names)
        with TextCheck(wanted.check_steps()) as check:
            by_index = wanted.index is not None
            vcf = open_file(header, None if self._all else self._wanted, by_index)
            per_allele = header.formats[field][0] != "1"
            take = check.before(take)
            buffer = RecordBuffer(self.path, list(vcf.samples), field, per_allele, take)
            try:
                records = wanted.records(vcf, check, progress)
                buffer.collect(islice(records, n_before, None), n_before)
            except (UnparsedRecordError, UnicodeDecodeError, GenesisError) as error:
                # Bad text explains what it leads to; and which error comes first is not left to
                # chance.
                check.finish()
                if isinstance(error, UnparsedRecordError):
                    raise unparsed(header, error.args[0], by_index) from error
                if isinstance(error, UnicodeDecodeError):
                    raise not_text(header, buffer.n_read, by_index) from error
                raise
            check.finish()
        return wanted.n_outside


def open_file(header: VcfHeader, wanted: list[str] | None, by_index: bool) -> Any:
    """Open with cyvcf2; wanted samples are all if None."""
    from cyvcf2 import VCF

    try:
        if by_index or find_index(header.path) is None:
            return VCF(str(header.path), samples=wanted)
        # htslib reads an index beside the file even if it is not needed, and a damaged one breaks
        # its memory; by this name it finds none.
        with header.path.open("rb") as file:
            return VCF(f"/dev/fd/{file.fileno()}", samples=wanted)
    except Exception as error:
        raise MalformedInputError(f"{header.path}: the header cannot be read ({error})") from error


class Wanted:
    """The records wanted of a file, and how they are got: by its index, or out of all.

    Parameters
    ----------
    header : VcfHeader
    regions : list of Region, optional
        As they were asked for; without them, all records.
    names : ContigNames
        What the contigs are called beside other files.

    Attributes
    ----------
    index : BgzfIndex or None
        None where all records are gone through.
    n_outside : int
        Records outside the regions that were gone through.
    """

    def __init__(self, header: VcfHeader, regions: list[Region] | None, names: ContigNames) -> None:
        self.header, self.n_outside = header, 0
        self.index = None if regions is None else open_index(header)
        self._regions, self._names = regions, names
        if regions is None:
            return
        path = str(header.path)
        if self.index is not None:
            mine = [*header.contigs, *(self.index.bins if header.is_text else ())]
            found = find_contigs(regions, names.including(mine), path)
            # Others are contigs of files that are read together with this one.
            self._regions = [region for region in found if region.chrom in set(mine)]
            require_index_fits(self.index, header, [one.chrom for one in self._regions])
        elif header.contigs:
            find_contigs(regions, names, path)

    def check_steps(self) -> Iterator[None]:
        """Steps of a check of the text that is going to be parsed; a BCF has none."""
        if not self.header.is_text:
            return iter(())
        if self.index is None:
            return check_text(self.header)
        return check_fetched(self.header, self.index, self._regions or ())

    def records(self, vcf: Any, check: TextCheck, progress: Progress | None) -> Iterator[Any]:
        """Records, of which what htslib gave up on is left out."""
        if self._regions is not None and self.index is not None:
            return self._fetch(vcf, self._regions, check)
        variants = parsed(vcf, check, self.header.is_text)
        if progress is not None:
            variants = with_progress(variants, progress, n_records(self.header))
        return variants if self._regions is None else self._select(variants, self._regions)

    def _fetch(self, vcf: Any, regions: list[Region], check: TextCheck) -> Iterator[Any]:
        """Records of the regions by the file's index, each once."""
        for number, region in enumerate(regions):
            with warnings.catch_warnings():
                # A contig of the header without records: nothing to read.
                warnings.filterwarnings("ignore", message="no intervals found")
                found = vcf(f"{region.chrom}:{region.start}-{region.end}")
                for variant in parsed(found, check, self.header.is_text):
                    # The index also gives records that only reach into the region.
                    if inside(variant, [region]) and not inside(variant, regions[:number]):
                        yield variant

    def _select(self, variants: Iterator[Any], regions: Sequence[Region]) -> Iterator[Any]:
        """Records of the regions out of all records; contigs need not be declared."""
        names = self._names
        wanted: dict[str, list[Region]] = {}
        declared = found_contigs(regions, names)
        for variant in variants:
            chrom = variant.CHROM
            if chrom not in wanted:
                found = declared
                if chrom not in names:
                    found = found_contigs(regions, names.including([chrom]))
                wanted[chrom] = [region for region in found if region.chrom == chrom]
            if inside(variant, wanted[chrom]):
                yield variant
            else:
                self.n_outside += 1
        # What was taken must be what is taken once all contigs are known.
        found = find_contigs(regions, names.including(list(wanted)), str(self.header.path))
        for chrom, taken in wanted.items():
            if taken != [region for region in found if region.chrom == chrom]:
                raise undeclared(str(self.header.path), list(wanted))


def found_contigs(regions: Sequence[Region], names: ContigNames) -> list[Region]:
    """The regions on contigs that are known, as they are spelled in the file."""
    found = []
    for region in regions:
        with suppress(InconsistentInputsError):
            found += find_contigs([region], names, "")
    return found


def inside(variant: Any, regions: Sequence[Region]) -> bool:
    chrom, pos = variant.CHROM, variant.POS
    return any(region.chrom == chrom and region.start <= pos <= region.end for region in regions)


def with_progress(variants: Iterator[Any], progress: Progress, total: int) -> Iterator[Any]:
    """The records, with a call of `progress` now and then."""
    for number, variant in enumerate(variants):
        if number % 1024 == 0:
            progress(STAGE, number, total)
        yield variant


def n_records(header: VcfHeader) -> int:
    """How many records there are by the index, which need not be one: 0 where that is not known."""
    try:
        index = open_index(header)
        if index is not None:
            require_index_fits(index, header, ())
    except GenesisError:
        return 0
    return 0 if index is None else index.n_records


class UnparsedRecordError(Exception):
    """htslib failed on a record; holds how many it had parsed before."""


def parsed(variants: Iterator[Any], check: TextCheck, is_text: bool) -> Iterator[Any]:
    """The records of cyvcf2 that htslib could parse.

    Where htslib gave up, on a blank line, say, cyvcf2 may hand out a record without a contig, and
    the interpreter crashes when that, the id or REF is touched.
    """
    number = 0
    try:
        for number, variant in enumerate(variants, start=1):
            if variant.POS == 1 and not variant.FORMAT and not variant.ALT:
                # Of good text, this is a record at position 1 of a site that does not vary.
                check.finish()
                if not is_text:
                    raise UnparsedRecordError(number - 1)
            yield variant
    except Exception as error:
        if "error parsing variant" in str(error):
            raise UnparsedRecordError(number) from error
        raise


def unparsed(header: VcfHeader, n_before: int, by_index: bool) -> MalformedInputError:
    """Say which record htslib failed on, of which the check of the text had nothing to say."""
    return MalformedInputError(
        f"{place(header, n_before + 1, by_index)}: htslib cannot parse it (its own message is "
        "above); repair or remove the record"
    )


def not_text(header: VcfHeader, number: int, by_index: bool) -> MalformedInputError:
    """Say which record of a BCF has names that are no text."""
    return MalformedInputError(
        f"{place(header, number, by_index)}: its contig, id, alleles or FILTER are not UTF-8; "
        "repair or remove the record"
    )


def place(header: VcfHeader, number: int, by_index: bool) -> str:
    """File, record and line of the record of this number."""
    where = f"{header.path}, record {number}" + (" of the region" if by_index else "")
    if header.is_text and not by_index:
        where += f", line {header.n_lines + number}"
    return where
