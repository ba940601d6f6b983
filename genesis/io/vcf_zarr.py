"""Genotypes in a Zarr store of the VCF Zarr layout: written once, read many times.

Records of a store go the way of those of a VCF, so that both give the same genotypes. A store
does not tell a record without the field asked for from one whose calls are all missing: the
latter is what such a record counts as.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.genotypes import Genotypes
from genesis.io.ids import positions_of
from genesis.io.output_set import write_one
from genesis.io.regions import find_contigs, parse_regions
from genesis.io.vcf_header import VcfHeader, read_header

__all__ = ["convert_vcf", "is_store", "read_store", "store_samples"]

Progress = Callable[[str, int, int], None]

#: How a store codes an allele that is not there, for haploid calls among diploid ones.
_PADDING = -2
#: The same in BCF's coding of genotypes.
_VECTOR_END = np.iinfo(np.int32).min + 1


def _load(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise CommandLineError(
            f"a Zarr store needs the package {name.split('.')[0]}, which is not installed: "
            "pip install 'genesis-causal[zarr]'"
        ) from None


def is_store(path: str | Path) -> bool:
    """Whether a path is a Zarr store: a directory of one, or named as one.

    Examples
    --------
    >>> is_store("genotypes.zarr"), is_store("genotypes.vcf.gz")
    (True, False)
    """
    path = Path(path)
    marks = (".zgroup", "zarr.json")
    return path.suffix in (".zarr", ".vcz") or any(os.path.lexists(path / mark) for mark in marks)


def convert_vcf(vcf: str | Path, out: str | Path, *, threads: int = 1) -> Path:
    """Write the records of a VCF to a Zarr store, whole or not at all.

    Parameters
    ----------
    vcf : str or Path
        A VCF compressed by bgzip, or a BCF, with its index beside it.
    out : str or Path
        A directory that does not exist yet.
    threads : int
        Processes that convert.

    Raises
    ------
    InputOpenError
        The file or its index is missing.
    MalformedInputError
        The file cannot be converted.
    OutputWriteError
        The store exists or cannot be written.
    CommandLineError
        bio2zarr is not installed, or the store is named as something else.

    Examples
    --------
    >>> convert_vcf("genotypes.vcf.gz", "genotypes.zarr")           # doctest: +SKIP
    PosixPath('genotypes.zarr')
    """
    if not is_store(out):
        raise CommandLineError(f"{out} is not the name of a store: let it end in .zarr")
    read_header(vcf)
    if not any(os.path.lexists(f"{vcf}{suffix}") for suffix in (".tbi", ".csi")):
        raise InputOpenError(
            f"{vcf} has no index beside it, by which it is converted: compress it with bgzip and "
            f"run tabix -p vcf {vcf} (or bcftools index {vcf})"
        )
    converter = _load("bio2zarr.vcf")

    def write(path: Path) -> None:
        scratch = path.with_name("scratch")
        try:
            converter.convert(
                [os.fspath(vcf)], os.fspath(path), icf_path=os.fspath(scratch),
                worker_processes=threads if threads > 1 else 0,
            )  # fmt: skip
        except OSError:
            raise
        except Exception as error:
            raise MalformedInputError(f"{vcf} cannot be converted: {error}") from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a library's own libraries
        return write_one(out, write)


def _open(path: str | Path) -> Any:
    zarr = _load("zarr")
    if not os.path.lexists(path):
        raise InputOpenError(f"cannot open {path}: there is no such store")
    try:
        group = zarr.open_group(os.fspath(path), mode="r")
        for name in ("sample_id", "contig_id", "variant_contig", "variant_position",
                     "variant_allele"):  # fmt: skip
            if name not in group:
                raise MalformedInputError(
                    f"{path} lacks the array {name}: it is no store of the VCF Zarr layout"
                )
    except (OSError, ValueError) as error:
        if isinstance(error, MalformedInputError):
            raise
        raise InputReadError(f"{path} is no Zarr store, or damaged ({error})") from error
    return group


def _text(values: Any) -> list[str]:
    return [str(value) for value in values[:]]


def store_samples(path: str | Path) -> list[str]:
    """Sample ids of a store, in its order.

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        It is missing, damaged, or of another layout.
    """
    return _text(_open(path)["sample_id"])


class _Record:
    """A record of a store, with what `VariantCollector` asks of one of cyvcf2."""

    FORMAT = ("GT",)

    def __init__(
        self, chrom: str, pos: int, name: str | None, alleles: list[str], values: np.ndarray
    ) -> None:
        self.CHROM, self.POS, self.ID = chrom, pos, name
        self.REF, self.ALT = alleles[0], alleles[1:]
        self._values = values

    def format(self, _field: str, _kind: type | None = None) -> np.ndarray:
        """The values of all samples."""
        return self._values


def read_store(
    path: str | Path,
    *,
    samples: Sequence[str] | None,
    region: str | Sequence[str] | None,
    field: str,
    maf: float,
    max_missing: float,
    multiallelic: str,
    progress: Progress | None,
) -> Genotypes:
    """Read the genotypes of a store; as `genesis.io.vcf.read_vcf`, whose arguments it takes."""
    from genesis.io.vcf import assemble, check_field
    from genesis.io.vcf_blocks import RecordFilter, VariantCollector

    group = _open(path)
    dosages = group.get("call_DS")
    formats = {"GT": ("1", "String")} if "call_genotype" in group else {}
    if dosages is not None:
        formats["DS"] = ("A" if dosages.ndim == 3 else "1", "Float")
    contigs, names = _text(group["contig_id"]), _text(group["sample_id"])
    header = VcfHeader(Path(path), False, "none", names, formats, contigs, 0)
    check_field(header, field)
    wanted = names if samples is None else list(samples)
    positions_of(wanted, names, "samples", str(path))
    rows = _wanted_rows(group, contigs, region, str(path))
    if not len(rows):
        where = "" if region is None else f" in the region {region}"
        raise DegenerateDataError(f"{path}: no records{where}")
    collector = VariantCollector(
        path=str(path),
        file_samples=names,
        samples=wanted,
        limits=RecordFilter(field, maf, max_missing, multiallelic),
        per_allele=formats[field][0] != "1",
    )
    collector.counts["records_outside_region"] = 0
    collector.collect(_records(group, contigs, rows, field, progress))
    return assemble(collector, header)


def _wanted_rows(
    group: Any, contigs: list[str], region: str | Sequence[str] | None, path: str
) -> np.ndarray:
    """Records of the regions, region by region, each once."""
    n_records = group["variant_position"].shape[0]
    if region is None:
        return np.arange(n_records)
    contig, position = group["variant_contig"][:], group["variant_position"][:]
    taken = np.zeros(n_records, dtype=np.bool_)
    found = []
    for one in find_contigs(parse_regions(region, contigs), contigs, path):
        inside = (contig == contigs.index(one.chrom)) & ~taken
        inside &= (position >= one.start) & (position <= one.end)
        found.append(np.flatnonzero(inside))
        taken |= inside
    return np.concatenate(found)


def _records(
    group: Any, contigs: list[str], rows: np.ndarray, field: str, progress: Progress | None
) -> Iterator[_Record]:
    from genesis.io.vcf import STAGE

    values = group["call_genotype" if field == "GT" else "call_DS"]
    size = values.chunks[0]
    # Runs of records that lie in one chunk, so that each chunk is decompressed once.
    ends = np.append(np.flatnonzero(np.diff(rows // size) != 0) + 1, len(rows))
    start = 0
    for end in ends:
        here = rows[start:end]
        chunk = slice(int(here.min()), int(here.max()) + 1)
        at = here - chunk.start
        block = values[chunk][at]
        block = _bcf_codes(block) if field == "GT" else block.reshape(*block.shape[:2], -1)
        contig, position = group["variant_contig"][chunk][at], group["variant_position"][chunk][at]
        alleles, names = group["variant_allele"][chunk][at], group["variant_id"][chunk][at]
        for k in range(len(here)):
            of_record = [str(allele) for allele in alleles[k] if allele != ""]
            name = None if names[k] == "." else str(names[k])
            calls = block[k]
            if field == "DS" and values.ndim == 3:
                calls = np.ascontiguousarray(calls[:, : max(1, len(of_record) - 1)])
            yield _Record(contigs[contig[k]], int(position[k]), name, of_record, calls)
        start = end
        if progress is not None:
            progress(STAGE, int(end), len(rows))


def _bcf_codes(calls: np.ndarray) -> np.ndarray:
    """Alleles of calls in BCF's coding: twice the number plus two, 0 for a missing one."""
    codes = (calls.astype(np.int32) + 1) << 1
    codes[calls == _PADDING] = _VECTOR_END
    return codes
