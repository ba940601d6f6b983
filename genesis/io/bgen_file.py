"""Genotypes of BGEN: expected dosages of its genotype probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.engine.extras import load_extra
from genesis.engine.progress import Progress
from genesis.errors import InconsistentInputsError, InputReadError, MalformedInputError
from genesis.io.bgen_samples import read_sample_file
from genesis.io.file_patterns import Paths
from genesis.io.genotype_source import (
    ArraySource,
    RecordTable,
    Regions,
    read_genotypes,
)
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few, repeated
from genesis.io.joined_source import open_source
from genesis.io.tables import require_file
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf_blocks import dosages_from_probabilities

__all__ = ["BgenSource", "read_bgen"]


def read_bgen(
    path: Paths,
    *,
    sample: str | Path | None = None,
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
    sample : str or Path, optional
        A ``.sample`` file whose ids are taken instead: those of ID_2, ID_1 being the family. Of
        several BGEN files it is that of all.
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
        As `genesis.read_vcf`; also where `sample` is of other samples, or the package bgen is not
        installed.

    Examples
    --------
    >>> read_bgen("cohort.bgen").dosages.shape              # doctest: +SKIP
    (300, 4100)
    """
    limits = RecordFilter("GP", maf, max_missing, multiallelic, include_variants, exclude_variants)
    return read_genotypes(
        open_source(path, partial(BgenSource, sample=sample)), limits, samples=samples,
        region=region, sex=None, contigs=contigs, progress=progress,
    )  # fmt: skip


class BgenSource(ArraySource):
    """A BGEN file; `sample` is its .sample file, where that is of another name."""

    fields = ("GP",)

    def __init__(self, path: str | Path, sample: str | Path | None = None) -> None:
        require_file(path, "genotypes")
        library = load_extra("bgen", "BGEN (--bgen)", "bgen")
        self.path, self.sexes = str(path), {}
        try:
            self._file = library.BgenReader(self.path)
            self._variants: list[Any] = list(self._file)
            self.records = _record_table(self._variants)
            own = list(self._file.samples) if self._file.header.has_sample_ids else []
        except Exception as error:
            # Names that are no text among them: the library takes them from wherever it stands.
            raise InputReadError(
                f"{path}: it is no BGEN, or damaged or truncated ({error}); copy or make it again"
            ) from error
        self.samples = self._find_samples(own, sample)
        self.contigs = self.records.contigs()

    def _find_samples(self, own: list[str], sample: str | Path | None) -> list[str]:
        """Ids from the .sample file given, the BGEN itself, or the file beside it."""
        header = self._file.header
        beside = Path(self.path).with_suffix(".sample")
        if sample is None and not own:
            if not beside.exists():
                raise MalformedInputError(
                    f"{self.path}: no ids of samples; put them into {beside}, or give the file "
                    "that has them (--sample)"
                )
            sample = beside
        if sample is None:
            twice = repeated(own)
            if twice:
                raise MalformedInputError(
                    f"{self.path}: sample ids occur more than once: {first_few(twice)}; make them "
                    "unique"
                )
            if beside.exists() and read_sample_file(beside) != own:
                self.notes = [
                    f"{self.path}: samples are named as in the file itself; {beside} has other "
                    "names (--sample takes them)."
                ]
            return own
        ids = read_sample_file(sample)
        if len(ids) != header.nsamples:
            raise InconsistentInputsError(
                f"{sample}: {counted(len(ids), 'sample')} where {self.path} has "
                f"{header.nsamples}; the two files do not belong together"
            )
        if own and ids != own and set(ids) == set(own):
            raise InconsistentInputsError(
                f"{sample}: its samples are those of {self.path} in another order; the two files "
                "do not belong together"
            )
        return ids

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
        highest = int(np.max(ploidy, initial=0))
        if highest > 2 and not phased:
            sample = self.samples[int(np.argmax(ploidy))]
            raise MalformedInputError(
                f"{where}, sample {sample}: probabilities of genotypes of {highest} alleles; those "
                "of one or two can be read. Leave the record out (qctool -excl-positions), or read "
                "the calls from another format"
            )
        if not phased:
            return dosages_from_probabilities(given, n_alleles, self.samples, where)
        # One set of probabilities a haplotype: the mean over haplotypes, on the scale 0 to 2.
        by_haplotype = given.reshape(len(self.samples), -1, n_alleles)
        total = np.nansum(by_haplotype[:, :, 1:], axis=1)
        missing = np.isnan(by_haplotype).all(axis=(1, 2))
        dosages = 2 * total / np.maximum(np.asarray(ploidy).reshape(-1, 1), 1)
        return np.where(missing[:, None], np.nan, dosages).astype(np.float32)


def _record_table(variants: Sequence[Any]) -> RecordTable:
    return RecordTable(
        chrom=pa.array([one.chrom for one in variants], pa.string()),
        pos=np.array([one.pos for one in variants], dtype=np.int64),
        name=pa.array([one.rsid or "." for one in variants], pa.string()),
        ref=pa.array([one.alleles[0] for one in variants], pa.string()),
        alt=pa.array([",".join(one.alleles[1:]) or "." for one in variants], pa.string()),
    )
