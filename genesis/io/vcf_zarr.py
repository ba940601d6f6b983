"""Genotypes in a Zarr store of the VCF Zarr layout: written once, read many times.

Records of a store go the way of those of a VCF, so that both give the same genotypes. A store
does not tell a record without the field asked for from one whose calls are all missing: the
latter is what such a record counts as.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from genesis.engine.extras import load_extra
from genesis.engine.progress import Progress
from genesis.errors import (
    CommandLineError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.assembly import assembly_of
from genesis.io.bgzf_index import open_index, require_index_fits
from genesis.io.genotype_source import FIELDS, ArraySource, RecordTable, Regions
from genesis.io.output_set import check_outputs, write_one
from genesis.io.variant_blocks import RecordBlock
from genesis.io.vcf_blocks import dosages_from_likelihoods, dosages_from_probabilities
from genesis.io.vcf_header import read_header
from genesis.io.vcf_text import check_text

__all__ = ["StoreSource", "convert_vcf", "is_store"]

_ARRAYS = {"GT": "call_genotype", **{name: f"call_{name}" for name in FIELDS[1:]}}

#: How a store codes an allele that is not there, for haploid calls among diploid ones.
_PADDING = -2
#: The same in BCF's coding of genotypes.
_VECTOR_END = np.iinfo(np.int32).min + 1


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
    InconsistentInputsError
        The index does not belong to the file.
    InputReadError, MalformedInputError
        The file or its index is damaged, or cannot be converted.
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
    check_outputs(out, [""])
    header = read_header(vcf)
    index = open_index(header)
    if index is None:
        raise InputOpenError(
            f"{vcf} has no index beside it, by which it is converted: compress it with bgzip and "
            f"run tabix -p vcf {vcf} (or bcftools index {vcf})"
        )
    require_index_fits(index, header, ())
    if header.is_text:
        for _ in check_text(header):
            pass
    converter = load_extra("bio2zarr.vcf", "a Zarr store", "zarr")

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
    zarr = load_extra("zarr", "a Zarr store", "zarr")
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


class StoreSource(ArraySource):
    """A store of the VCF Zarr layout.

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        It is missing, damaged, or of another layout.
    """

    def __init__(self, path: str | Path) -> None:
        self._group = group = _open(path)
        self.path, self.samples, self.sexes = str(path), _text(group["sample_id"]), {}
        self.fields = tuple(field for field, name in _ARRAYS.items() if name in group)
        lengths = _text(group["contig_length"]) if "contig_length" in group else []
        self.contigs = _text(group["contig_id"])
        known = zip(self.contigs, lengths, strict=False)
        self.assembly = assembly_of({name: int(length) for name, length in known})

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the records of the regions to `take`; returns how many others were passed over."""
        group = self._group
        self._values = group[_ARRAYS[field]]
        contigs = pa.array(_text(group["contig_id"]), pa.string())
        alleles = group["variant_allele"][:].astype(object)
        names = _text(group["variant_id"]) if "variant_id" in group else ["."] * len(alleles)
        joined = [",".join(filter(None, row)) or "." for row in alleles[:, 1:]]
        self.records = RecordTable(
            chrom=contigs.take(pa.array(group["variant_contig"][:])),
            pos=group["variant_position"][:].astype(np.int64),
            name=pa.array(names, pa.string()),
            ref=pa.array(alleles[:, 0].tolist(), pa.string()),
            alt=pa.array(joined, pa.string()),
            filter=self._filters(),
        )
        return super().read(field, region, take, progress)

    def _filters(self) -> pa.Array | None:
        """FILTER of the records, put together again from the filters that each has."""
        if "variant_filter" not in self._group or "filter_id" not in self._group:
            return None
        names = np.array(_text(self._group["filter_id"]), dtype=object)
        kinds, which = np.unique(self._group["variant_filter"][:], axis=0, return_inverse=True)
        texts = pa.array([";".join(names[kind]) or "." for kind in kinds], pa.string())
        return texts.take(pa.array(which.ravel()))

    def cut(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        """Runs of records that lie in one chunk, so that each chunk is decompressed once."""
        size = self._values.chunks[0]
        return iter(np.split(rows, np.flatnonzero(np.diff(rows // size) != 0) + 1))

    def values(self, field: str, rows: np.ndarray) -> np.ndarray:
        """Calls, or dosages of each ALT allele."""
        chunk = slice(int(rows.min()), int(rows.max()) + 1)
        block = self._values[chunk][rows - chunk.start][:, self.columns]
        if field == "GT":
            return _bcf_codes(block)
        absent = block < 0 if block.dtype.kind == "i" else False  # missing, or padding
        block = np.where(absent, np.nan, block).astype(np.float32)
        block = block.reshape(*block.shape[:2], -1)
        return block if field == "DS" else self._expected(field, block, rows)

    def _expected(self, field: str, block: np.ndarray, rows: np.ndarray) -> np.ndarray:
        n_alts = [len(alt.split(",")) for alt in self.records.alt.take(pa.array(rows)).to_pylist()]
        dosages = np.full((*block.shape[:2], max(n_alts)), np.nan, dtype=np.float32)
        samples = [self.samples[column] for column in self.columns]
        for k, (row, n) in enumerate(zip(rows, n_alts, strict=True)):
            where = f"{self.path}, record {row + 1}"
            if field == "GP":
                found = dosages_from_probabilities(block[k], n + 1, samples, where)
            else:
                found = dosages_from_likelihoods(block[k], field, n + 1, samples, where)
            dosages[k, :, :n] = found
        return dosages


def _bcf_codes(calls: np.ndarray) -> np.ndarray:
    """Alleles of calls in BCF's coding: twice the number plus two, 0 for a missing one."""
    codes = (calls.astype(np.int32) + 1) << 1
    codes[calls == _PADDING] = _VECTOR_END
    return codes
