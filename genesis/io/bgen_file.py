"""Genotypes of BGEN: expected dosages of its genotype probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.errors import InputReadError, MalformedInputError
from genesis.io.extras import load_extra
from genesis.io.file_patterns import Paths
from genesis.io.genotype_source import (
    ArraySource,
    Progress,
    RecordTable,
    Regions,
    read_genotypes,
)
from genesis.io.genotypes import Genotypes
from genesis.io.ids import first_few, repeated
from genesis.io.joined_source import open_source
from genesis.io.tables import require_file
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf_blocks import dosages_from_probabilities

__all__ = ["BgenSource", "read_bgen"]


def read_bgen(
    path: Paths,
    *,
    samples: Sequence[str] | None = None,
    region: Regions = None,
    maf: float = 0.05,
    max_missing: float = 0.1,
    multiallelic: str = "split",
    include_variants: Sequence[str] | None = None,
    exclude_variants: Sequence[str] | None = None,
    contigs: Sequence[str] = (),
    progress: Progress | None = None,
) -> Genotypes:
    """Read the expected ALT allele dosages of a BGEN file; needs the extra ``bgen``.

    Parameters
    ----------
    path : str, Path or sequence of these
        The file has the ids of its samples, or a file of the same name that ends in ``.sample`` is
        beside it; several as in `genesis.read_vcf`. The first allele of a variant is taken as REF.
        Variants are named by their rsid.
    samples, region, maf, max_missing, multiallelic, include_variants, exclude_variants
        As in `genesis.read_vcf`.
    contigs, progress
        As in `genesis.read_vcf`.

    Returns
    -------
    Genotypes

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        If the file is missing, damaged, or has no ids of samples.
    InconsistentInputsError, CommandLineError, DegenerateDataError
        As `genesis.read_vcf`; also where the package bgen is not installed.

    Examples
    --------
    >>> read_bgen("cohort.bgen").dosages.shape              # doctest: +SKIP
    (300, 4100)
    """
    limits = RecordFilter("GP", maf, max_missing, multiallelic, include_variants, exclude_variants)
    return read_genotypes(
        open_source(path, BgenSource), limits, samples=samples, region=region, sex=None,
        contigs=contigs, progress=progress,
    )  # fmt: skip


class BgenSource(ArraySource):
    """A BGEN file."""

    fields = ("GP",)

    def __init__(self, path: str | Path) -> None:
        require_file(path, "genotypes")
        library = load_extra("bgen", "BGEN (--bgen)", "bgen")
        self.path, self.sexes = str(path), {}
        beside = Path(path).with_suffix(".sample")
        try:
            self._file = library.BgenReader(self.path, str(beside) if beside.exists() else "")
            self._variants: list[Any] = list(self._file)
        except Exception as error:
            raise InputReadError(
                f"{path}: it is no BGEN, or damaged or truncated ({error}); copy or make it again"
            ) from error
        if not self._file.header.has_sample_ids and not beside.exists():
            raise MalformedInputError(f"{path}: no ids of samples; put them into {beside}")
        self.samples = list(self._file.samples)
        twice = repeated(self.samples)
        if twice:
            raise MalformedInputError(
                f"{path}: sample ids occur more than once: {first_few(twice)}; make them unique"
            )
        known = self._variants
        self.records = RecordTable(
            chrom=pa.array([one.chrom for one in known], pa.string()),
            pos=np.array([one.pos for one in known], dtype=np.int64),
            name=pa.array([one.rsid or "." for one in known], pa.string()),
            ref=pa.array([one.alleles[0] for one in known], pa.string()),
            alt=pa.array([",".join(one.alleles[1:]) or "." for one in known], pa.string()),
        )
        self.contigs = self.records.contigs()

    def values(self, field: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Expected dosages of each ALT allele."""
        del field  # there is but one
        blocks = [self._expected(int(row)) for row in rows]
        width = max(block.shape[1] for block in blocks)
        dosages = np.full((len(rows), len(self.columns), width), np.nan, dtype=np.float32)
        for k, block in enumerate(blocks):
            dosages[k, :, : block.shape[1]] = block[self.columns]
        return dosages

    def _expected(self, row: int) -> NDArray[np.float32]:
        variant = self._variants[row]
        n_alleles = len(variant.alleles)
        where = f"{self.path}, record {row + 1} ({variant.chrom}:{variant.pos})"
        try:
            given, ploidy = variant.probabilities, variant.ploidy
            phased = variant.is_phased
        except Exception as error:
            raise InputReadError(f"{where}: it is damaged or truncated ({error})") from error
        if not phased:
            return dosages_from_probabilities(given, n_alleles, self.samples, where)
        # One set of probabilities a haplotype: the mean over haplotypes, on the scale 0 to 2.
        by_haplotype = given.reshape(len(self.samples), -1, n_alleles)
        total = np.nansum(by_haplotype[:, :, 1:], axis=1)
        missing = np.isnan(by_haplotype).all(axis=(1, 2))
        dosages = 2 * total / np.maximum(np.asarray(ploidy).reshape(-1, 1), 1)
        return np.where(missing[:, None], np.nan, dosages).astype(np.float32)
