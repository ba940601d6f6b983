"""Genotypes from VCF, VCF.gz and BCF."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    MalformedInputError,
)
from genesis.io.exclusions import combine, count_reasons, exclusions
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few, positions_of
from genesis.io.regions import Region, find_contigs, parse_regions, same_contig
from genesis.io.vcf_header import (
    UnparsedRecordError,
    VcfHeader,
    check_records,
    is_unparsed,
    read_header,
)
from genesis.io.vcf_zarr import is_store, read_store, store_samples

__all__ = ["read_vcf", "vcf_samples"]

Progress = Callable[[str, int, int], None]
STAGE = "reading genotypes"
# The largest position that a .tbi index can hold, above that of any but a few plants.
LONGEST_INDEXED = 1 << 29


def vcf_samples(path: str | Path) -> list[str]:
    """Sample ids of a VCF, VCF.gz or BCF file, in its order.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    list of str

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError, DegenerateDataError
        As `read_vcf`.

    Examples
    --------
    >>> vcf_samples("genotypes.vcf.gz")                     # doctest: +SKIP
    ['HG00096', 'HG00097']
    """
    if is_store(path):
        return store_samples(path)
    return read_header(path).samples


def read_vcf(
    path: str | Path,
    *,
    samples: Sequence[str] | None = None,
    region: str | Sequence[str] | None = None,
    field: str = "GT",
    maf: float = 0.05,
    max_missing: float = 0.1,
    multiallelic: str = "split",
    progress: Progress | None = None,
) -> Genotypes:
    """Read the genotypes of a VCF, VCF.gz, BCF or Zarr store as ALT allele dosages.

    Records are streamed; only the variants that pass the filters are held. The filters see the
    samples asked for and no others.

    Parameters
    ----------
    path : str or Path
        A VCF, bgzip or gzip compressed or not, or a BCF; or a store in the VCF Zarr layout
        (``.zarr``), as `genesis convert` writes it.
    samples : sequence of str, optional
        Samples to read, in the order wanted. Default: all, in the order of the file.
    region : str or sequence of str, optional
        ``chrom`` or ``chrom:start-end`` (1-based, both ends included; a record belongs to it by
        its POS), with or without ``chr``. An index beside the file is used where there is one.
    field : {"GT", "DS"}, default "GT"
        FORMAT field to read: called genotypes, or imputed dosages. Never chosen silently; a
        record without it is excluded with reason ``field_absent``.
    maf : float, default 0.05
        Smallest minor allele frequency kept, among called alleles.
    max_missing : float, default 0.1
        Largest fraction of samples without a call kept. What is missing in the variants kept
        is set to the variant's mean dosage.
    multiallelic : {"split", "drop", "error"}, default "split"
        Records of several ALT alleles: a variant for each ALT allele whose dosage counts that
        allele, excluded with reason ``multiallelic``, or an error.
    progress : callable, optional
        Called as ``progress("reading genotypes", done, total)`` in records; without an index
        the total is not known and 0.

    Returns
    -------
    Genotypes
        Half-calls (``./1``) are missing. Haploid calls have dosage 0 or 1.

    Raises
    ------
    InputOpenError
        If the file cannot be opened.
    InputReadError
        If it is truncated or damaged.
    MalformedInputError
        If the header or a record breaks the format; the message has the line or record.
    InconsistentInputsError
        For samples, or a region's contig, that the file does not have.
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
    from genesis.io.vcf_blocks import RecordFilter, VariantCollector

    check_options(field, maf, max_missing, multiallelic)
    if is_store(path):
        return read_store(
            path,
            samples=samples,
            region=region,
            field=field,
            maf=maf,
            max_missing=max_missing,
            multiallelic=multiallelic,
            progress=progress,
        )
    header = read_header(path)
    check_field(header, field)
    wanted = header.samples if samples is None else list(samples)
    positions_of(wanted, header.samples, "samples", str(path))
    regions = None if region is None else parse_regions(region, header.contigs)
    check_records(header)
    vcf = open_vcf(header, wanted)
    collector = VariantCollector(
        path=str(path),
        file_samples=list(vcf.samples),
        samples=wanted,
        limits=RecordFilter(field, maf, max_missing, multiallelic),
        per_allele=header.formats[field][0] != "1",
    )
    counts = collector.counts
    counts["records_outside_region"] = 0
    try:
        collector.collect(records(vcf, header, regions, counts, progress))
    except UnparsedRecordError as error:
        by_index = regions is not None and has_index(header)
        raise unparsed(header, error.args[0], by_index) from error
    if not counts["records_read"]:
        asked = region if region is None or isinstance(region, str) else ", ".join(region)
        where = "" if asked is None else f" in the region {asked}"
        outside = counts["records_outside_region"]
        raise DegenerateDataError(
            f"{path}: no records{where}" + (f", {outside} outside it" if outside else "")
        )
    return assemble(collector, header)


def check_options(field: str, maf: float, max_missing: float, multiallelic: str) -> None:
    if field not in ("GT", "DS"):
        raise CommandLineError(f"field {field!r} cannot be read; use GT or DS")
    if not 0 <= maf <= 0.5:
        raise CommandLineError(f"maf {maf} is not a minor allele frequency; use 0 to 0.5")
    if not 0 <= max_missing <= 1:
        raise CommandLineError(f"max_missing {max_missing} is not a fraction; use 0 to 1")
    if multiallelic not in ("split", "drop", "error"):
        raise CommandLineError(f"multiallelic {multiallelic!r}: use split, drop or error")


def check_field(header: VcfHeader, field: str) -> None:
    if field not in header.formats:
        declared = ", ".join(header.formats) or "none"
        raise CommandLineError(
            f"{header.path}: field {field} is not declared in the header; its FORMAT fields: "
            f"{declared}. Ask for one of GT or DS that is there, or add its ##FORMAT line"
        )
    kind = header.formats[field][1]
    right = {"GT": ("String",), "DS": ("Float", "Integer")}[field]
    if kind not in right:
        raise MalformedInputError(
            f"{header.path}: the header declares {field} with Type={kind}; "
            f"it must be {' or '.join(right)}"
        )


def open_vcf(header: VcfHeader, wanted: Sequence[str]) -> Any:
    """Open with cyvcf2, which then parses no more samples than are wanted."""
    from cyvcf2 import VCF

    # htslib takes the list joined by commas, and ^ or - at its start as "all but" and "all".
    safe = not any("," in name or name[0] in "^-" for name in wanted)
    some = list(wanted) if safe and len(wanted) < len(header.samples) else None
    try:
        return VCF(str(header.path), samples=some)
    except Exception as error:
        raise MalformedInputError(f"{header.path}: the header cannot be read ({error})") from error


def records(
    vcf: Any,
    header: VcfHeader,
    regions: list[Region] | None,
    counts: dict[str, int],
    progress: Progress | None,
) -> Iterator[Any]:
    """The records wanted, through the index where that is possible."""
    path = str(header.path)
    if regions is None:
        return stream(vcf, header, progress)
    if has_index(header):
        return fetch(vcf, find_contigs(regions, vcf.seqnames, path))
    if header.contigs:
        regions = find_contigs(regions, header.contigs, path)
    return select(stream(vcf, header, progress), regions, counts, path)


def inside(variant: Any, regions: Sequence[Region]) -> bool:
    chrom, pos = variant.CHROM, variant.POS
    return any(
        region.start <= pos <= region.end and same_contig(region.chrom, chrom) for region in regions
    )


def select(
    variants: Iterator[Any], regions: Sequence[Region], counts: dict[str, int], path: str
) -> Iterator[Any]:
    """Records of the regions out of all records."""
    contigs: dict[str, None] = {}
    for number, variant in enumerate(variants):
        if is_unparsed(variant) or not variant.CHROM:
            raise UnparsedRecordError(number)
        contigs[variant.CHROM] = None
        if inside(variant, regions):
            yield variant
        else:
            counts["records_outside_region"] += 1
    if not any(same_contig(region.chrom, name) for region in regions for name in contigs):
        find_contigs(regions, list(contigs), path)


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


def assemble(collector: Any, header: VcfHeader) -> Genotypes:
    """Name the variants, drop repeated records, and say what was done."""
    from genesis.io.dosage_matrix import drop_rows
    from genesis.io.variant_names import find_copies, name_variants
    from genesis.io.vcf_blocks import CODE

    counts = collector.counts
    table = collector.table()
    odd = (table["pos"] < 1) | (table["pos"] > LONGEST_INDEXED) | (table["ref"] == ".")
    if (odd | ((table["alt"] == ".") & (table["reason"] != CODE["monomorphic"]))).any():
        # What htslib makes of a cell that is empty or too large; see which line it is.
        check_records(header, whole=True)
    table["variant_id"] = name_variants(table)
    copy, table["disagrees"] = find_copies(table)
    rows = np.flatnonzero(table["reason"] == 0)
    if not len(rows):
        raise nothing_left(excluded_variants(table), header, collector.limits.field)
    matrix = collector.matrix.take_rows()
    missing = np.concatenate(collector.missing)
    again = copy[rows]
    if again.any():
        matrix = drop_rows(matrix, again)
        missing = missing[~again]
        table.loc[rows[again], "reason"] = CODE["duplicate_record"]
    excluded = excluded_variants(table)
    kept = table[table["reason"] == 0].reset_index(drop=True)
    counts["variants_read"] = len(table)
    counts["variants_kept"] = len(kept)
    counts["imputed_calls"] = int(kept["n_missing"].sum())
    counts["ids_made"] = int((kept["variant_id"] != kept["name"]).sum())
    counts["duplicate_records"] = int(again.sum())
    counts["disagreeing_copies"] = int(table["disagrees"].sum())
    columns = ["variant_id", "chrom", "pos", "ref", "alt", "af", "n_missing", "ploidy"]
    return Genotypes(
        dosages=matrix.T,
        samples=collector.samples,
        variants=kept[columns],
        excluded=excluded,
        notes=reading_notes(counts, excluded, str(header.path)),
        counts=counts,
        missing=missing if counts["imputed_calls"] else None,
    )


def excluded_variants(table: pd.DataFrame) -> pd.DataFrame:
    from genesis.io.vcf_blocks import REASONS

    frames = []
    for code, group in table[table["reason"] != 0].groupby("reason", sort=True):
        reason = REASONS[int(code)]
        detail = [""] * len(group)
        if reason == "missing_calls":
            detail = [f"{n} calls missing" for n in group["n_missing"]]
        elif reason == "low_maf":
            detail = [f"minor allele frequency {min(af, 1 - af):.4g}" for af in group["af"]]
        for place in np.flatnonzero(group["disagrees"]):
            apart = "calls differ from those of a copy of this record"
            detail[place] = f"{detail[place]}; {apart}" if detail[place] else apart
        frames.append(exclusions("variant", group["variant_id"].tolist(), reason, detail))
    return combine(frames)


def nothing_left(excluded: pd.DataFrame, header: VcfHeader, field: str) -> DegenerateDataError:
    reasons = {reason: n for (_, reason), n in count_reasons(excluded).items()}
    listed = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
    advice = "relax the limits (maf, max_missing) or look at the records named"
    if set(reasons) == {"field_absent"}:
        advice = f"no record has the field {field}; declared are {', '.join(header.formats)}"
    return DegenerateDataError(
        f"{header.path}: none of {len(excluded)} variants is left ({listed}), e.g. "
        f"{first_few(excluded['id'].tolist(), 3)}; {advice}"
    )


def reading_notes(counts: dict[str, int], excluded: pd.DataFrame, path: str) -> list[str]:
    """What was done, a sentence each; nothing on what did not occur."""
    sentences = {
        "records_outside_region": "{n} record{s} outside the region {were} passed over.",
        "multiallelic_records": "{n} record{s} {have} several ALT alleles.",
        "half_calls": "{n} half-call{s} (such as ./1) in {half_records} {were} set missing.",
        "haploid_calls": "{n} haploid call{s} {were} read as dosage 0 or 1.",
        "mixed_ploidy_records": "{n} record{s} with haploid calls and others: haploid samples "
        "have dosage 0 or 1 there.",
        "polyploid_records": "{n} record{s} {have} calls of more than two alleles.",
        "imputed_calls": "{n} missing call{s} {were} set to the mean dosage of the variant.",
        "ids_made": "{n} variant{s} without a unique id {were} named chrom:pos:ref:alt.",
        "duplicate_records": "{n} record{s} {repeat} an earlier one and {were} excluded.",
        "disagreeing_copies": "{n} excluded record{s} {have} other calls than a copy with the same "
        "position and alleles.",
    }
    notes = [
        f"{path}: {counted(counts['records_read'], 'record')} read, "
        f"{counted(counts['variants_kept'], 'variant')} kept."
    ]
    many = {"s": "s", "were": "were", "have": "have", "repeat": "repeat"}
    one = {"s": "", "were": "was", "have": "has", "repeat": "repeats"}
    half_records = counted(counts["half_call_records"], "record")
    notes += [
        text.format(
            n=counts[key],
            half_records=half_records,
            **(one if counts[key] == 1 else many),
        )
        for key, text in sentences.items()
        if counts[key]
    ]
    for (_, reason), n in count_reasons(excluded).items():
        if reason != "duplicate_record":  # has a sentence above
            notes.append(f"{counted(n, 'variant')} excluded: {reason}.")
    return notes
