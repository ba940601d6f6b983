"""Genotypes from VCF, VCF.gz and BCF."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from genesis.errors import CommandLineError, InconsistentInputsError, MalformedInputError
from genesis.io.contig_naming import undeclared
from genesis.io.contigs import ContigNames
from genesis.io.file_patterns import Paths
from genesis.io.genotype_source import (
    STAGE,
    GenotypeSource,
    Progress,
    Regions,
    read_genotypes,
)
from genesis.io.genotypes import Genotypes
from genesis.io.joined_source import open_source
from genesis.io.regions import Region, find_contigs, parse_regions
from genesis.io.variant_blocks import RecordBlock, RecordFilter
from genesis.io.vcf_blocks import RecordBuffer
from genesis.io.vcf_header import (
    UnparsedRecordError,
    VcfHeader,
    check_records,
    is_unparsed,
    read_header,
)
from genesis.io.vcf_zarr import StoreSource, is_store

__all__ = ["open_vcf", "read_vcf"]

# The largest position that a .tbi index can hold, above that of any but a few plants.
LONGEST_INDEXED = 1 << 29
KINDS = {"GT": ("String",), "DS": ("Float", "Integer"), "GP": ("Float",)}


def open_vcf(path: str | Path) -> GenotypeSource:
    """Open a VCF, VCF.gz, BCF or Zarr store."""
    return StoreSource(path) if is_store(path) else VcfSource(path)


def read_vcf(
    path: Paths,
    *,
    samples: Sequence[str] | None = None,
    region: str | Sequence[str] | None = None,
    field: str = "GT",
    maf: float = 0.05,
    max_missing: float = 0.1,
    multiallelic: str = "split",
    include_variants: Sequence[str] | None = None,
    exclude_variants: Sequence[str] | None = None,
    sex: str | Path | None = None,
    contigs: Sequence[str] = (),
    progress: Progress | None = None,
) -> Genotypes:
    """Read the genotypes of a VCF, VCF.gz, BCF or Zarr store as ALT allele dosages.

    Records are streamed; only the variants that pass the filters are held. The filters see the
    samples asked for and no others.

    Parameters
    ----------
    path : str, Path or sequence of these
        A VCF, bgzip or gzip compressed or not, or a BCF; or a store in the VCF Zarr layout
        (``.zarr``), as `genesis convert` writes it. Several are read as one, as `bcftools concat`
        joins them: of the same samples, matched by id. ``{chrom}`` or ``@`` in a path stands for
        every chromosome that there is a file of.
    samples : sequence of str, optional
        Samples to read, in the order wanted. Default: all, in the order of the file.
    region : str or sequence of str, optional
        ``chrom`` or ``chrom:start-end`` (1-based, both ends included; a record belongs to it by
        its POS), in any spelling of the contig (``chr1``, ``01``, ``NC_000001.11``). An index
        beside the file is used where there is one.
    field : {"GT", "DS", "GP"}, default "GT"
        FORMAT field to read: called genotypes, imputed dosages, or genotype probabilities, of
        which the expected dosage is taken. Never chosen silently; a record without it is
        excluded with reason ``field_absent``.
    maf : float, default 0.05
        Smallest minor allele frequency kept, among called alleles.
    max_missing : float, default 0.1
        Largest fraction of samples without a call kept. What is missing in the variants kept
        is set to the variant's mean dosage.
    multiallelic : {"split", "drop", "error"}, default "split"
        Records of several ALT alleles: a variant for each ALT allele whose dosage counts that
        allele, excluded with reason ``multiallelic``, or an error.
    include_variants, exclude_variants : sequence of str, optional
        Variants to keep, others being excluded with reason ``not_included``, and to leave out
        (``excluded_by_list``): ids as the file has them, or ``chrom:pos:ref:alt``.
    sex : str or Path, optional
        Sex of the samples, as `genesis.io.sex.read_sexes` reads it. Called genotypes of males on
        X have one allele outside the pseudo-autosomal regions, coded 0 or 2 however it is
        written; a heterozygous one is missing.
    contigs : sequence of str, optional
        Contigs as the positions of genes call them. PLINK numbers contigs of a human 23 (X), 24
        (Y), 25 (X and Y) and 26 (MT), which are autosomes of other species: they become letters
        where these names, a region or the header of the file say so, and else stay as they are.
    progress : callable, optional
        Called as ``progress("reading genotypes", done, total)`` in records; without an index
        the total is not known and 0. Of several files, in files.

    Returns
    -------
    Genotypes
        Half-calls (``./1``) are missing. Haploid calls have dosage 0 or 1, but for males on X.

    Raises
    ------
    InputOpenError
        If the file cannot be opened.
    InputReadError
        If it is truncated or damaged.
    MalformedInputError
        If the header or a record breaks the format; the message has the line or record.
    InconsistentInputsError
        For samples, or a region's contig, that the file does not have; or files of different
        samples.
    CommandLineError
        For options that cannot be used, such as a field that the file does not declare.
    DegenerateDataError
        If there are no samples or no variant passes; the message counts the reasons.

    Examples
    --------
    >>> genotypes = read_vcf("genotypes.vcf.gz", region="chr2:1-5000000")  # doctest: +SKIP
    >>> genotypes.dosages.shape                                            # doctest: +SKIP
    (300, 4100)
    """
    limits = RecordFilter(field, maf, max_missing, multiallelic, include_variants, exclude_variants)
    return read_genotypes(
        open_source(path, open_vcf), limits, samples=samples, region=region, sex=sex,
        contigs=contigs, progress=progress,
    )  # fmt: skip


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
                f"{', '.join(declared) or 'none'}. Ask for one of GT, DS or GP that is there, or "
                "add its ##FORMAT line"
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
        regions = None if region is None else parse_regions(region, header.contigs)
        check_records(header)
        vcf = open_file(header, None if self._all else self._wanted)
        counts = {"records_outside_region": 0}
        per_allele = header.formats[field][0] != "1"
        buffer = RecordBuffer(self.path, list(vcf.samples), field, per_allele, take)
        try:
            buffer.collect(records(vcf, header, regions, self.names, counts, progress))
        except UnparsedRecordError as error:
            by_index = regions is not None and has_index(header)
            raise unparsed(header, error.args[0], by_index) from error
        return counts["records_outside_region"]

    def check_table(self, table: pd.DataFrame) -> None:
        """Find the line of what htslib makes of a cell that is empty or too large."""
        odd = (table["pos"] < 1) | (table["pos"] > LONGEST_INDEXED) | (table["ref"] == ".")
        if odd.any():
            check_records(self.header, whole=True)


def open_file(header: VcfHeader, wanted: list[str] | None) -> Any:
    """Open with cyvcf2; wanted samples are all if None."""
    from cyvcf2 import VCF

    try:
        return VCF(str(header.path), samples=wanted)
    except Exception as error:
        raise MalformedInputError(f"{header.path}: the header cannot be read ({error})") from error


def records(
    vcf: Any,
    header: VcfHeader,
    regions: list[Region] | None,
    names: ContigNames,
    counts: dict[str, int],
    progress: Progress | None,
) -> Iterator[Any]:
    """The records wanted, through the index where that is possible."""
    path = str(header.path)
    if regions is None:
        return stream(vcf, header, progress)
    if has_index(header):
        return fetch(vcf, find_contigs(regions, names.including(vcf.seqnames), path))
    if header.contigs:
        find_contigs(regions, names, path)
    return select(stream(vcf, header, progress), regions, names, counts, path)


def inside(variant: Any, regions: Sequence[Region]) -> bool:
    chrom, pos = variant.CHROM, variant.POS
    return any(region.chrom == chrom and region.start <= pos <= region.end for region in regions)


def select(
    variants: Iterator[Any],
    regions: Sequence[Region],
    names: ContigNames,
    counts: dict[str, int],
    path: str,
) -> Iterator[Any]:
    """Records of the regions out of all records; contigs need not be declared."""
    wanted: dict[str, list[Region]] = {}
    declared = found_contigs(regions, names)
    for number, variant in enumerate(variants):
        if is_unparsed(variant) or not variant.CHROM:
            raise UnparsedRecordError(number)
        chrom = variant.CHROM
        if chrom not in wanted:
            found = declared
            if chrom not in names:
                found = found_contigs(regions, names.including([chrom]))
            wanted[chrom] = [region for region in found if region.chrom == chrom]
        if inside(variant, wanted[chrom]):
            yield variant
        else:
            counts["records_outside_region"] += 1
    # What was taken must be what is taken once all contigs are known.
    found = find_contigs(regions, names.including(list(wanted)), path)
    for chrom, taken in wanted.items():
        if taken != [region for region in found if region.chrom == chrom]:
            raise undeclared(path, list(wanted))


def found_contigs(regions: Sequence[Region], names: ContigNames) -> list[Region]:
    """The regions on contigs that are known, as they are spelled in the file."""
    found = []
    for region in regions:
        with suppress(InconsistentInputsError):
            found += find_contigs([region], names, "")
    return found


def fetch(vcf: Any, regions: list[Region]) -> Iterator[Any]:
    """Records of the regions by the file's index, each once."""
    for number, region in enumerate(regions):
        with warnings.catch_warnings():
            # A contig of the header without records: nothing to read.
            warnings.filterwarnings("ignore", message="no intervals found")
            for variant in parsed(vcf(f"{region.chrom}:{region.start}-{region.end}")):
                # The index also gives records that only reach into the region.
                if inside(variant, [region]) and not inside(variant, regions[:number]):
                    yield variant


def stream(vcf: Any, header: VcfHeader, progress: Progress | None) -> Iterator[Any]:
    """All records, in the order of the file."""
    return parsed(vcf) if progress is None else told(vcf, header, progress)


def told(vcf: Any, header: VcfHeader, progress: Progress) -> Iterator[Any]:
    """All records, with a call of `progress` now and then."""
    total = vcf.num_records if has_index(header) else 0
    for number, variant in enumerate(parsed(vcf)):
        if number % 1024 == 0:
            progress(STAGE, number, total)
        yield variant


def has_index(header: VcfHeader) -> bool:
    return any(Path(f"{header.path}{suffix}").exists() for suffix in (".tbi", ".csi"))


def parsed(vcf: Any) -> Iterator[Any]:
    """Records of cyvcf2 that htslib could parse."""
    number = 0
    try:
        for number, variant in enumerate(vcf, start=1):  # noqa: B007
            yield variant
    except Exception as error:
        if "error parsing variant" in str(error):
            raise UnparsedRecordError(number) from error
        raise


def unparsed(header: VcfHeader, n_before: int, by_index: bool) -> MalformedInputError:
    """Say what is wrong with the record; raises a closer error where the text has one."""
    check_records(header, whole=True)
    where = f"record {n_before + 1}" + (" of the region" if by_index else "")
    if header.is_text and not by_index:
        where += f", line {header.n_lines + n_before + 1}"
    return MalformedInputError(
        f"{header.path}, {where}: htslib cannot parse it (its own message is above); repair or "
        "remove the record"
    )
