"""Genotypes of PLINK 1: PREFIX.bed, PREFIX.bim and PREFIX.fam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genesis.engine.extras import load_extra
from genesis.engine.progress import Progress
from genesis.errors import MalformedInputError
from genesis.io.file_patterns import Paths
from genesis.io.genotype_source import (
    ArraySource,
    Regions,
    read_genotypes,
)
from genesis.io.genotypes import Genotypes
from genesis.io.joined_source import open_source
from genesis.io.plink_tables import find_file, read_bim, read_fam
from genesis.io.tables import require_file
from genesis.io.variant_blocks import RecordFilter

__all__ = ["BedSource", "read_bed"]

MAGIC, SAMPLE_MAJOR = b"\x6c\x1b\x01", b"\x6c\x1b\x00"
MISSING = -127
# Both alleles of a call in BCF's coding by the number of A1 alleles, and of a missing one.
CALLS = np.array([[2, 2], [2, 4], [4, 4], [0, 0]], dtype=np.int32)
# The same two in one word, which is looked up in half the time.
PAIRS = CALLS.view(np.int64).ravel()


def read_bed(
    prefix: Paths,
    *,
    samples: Sequence[str] | None = None,
    region: Regions = None,
    maf: float = 0.05,
    max_missing: float = 0.1,
    include_variants: Sequence[str] | None = None,
    exclude_variants: Sequence[str] | None = None,
    sex: str | Path | None = None,
    contigs: Sequence[str] = (),
    progress: Progress | None = None,
) -> Genotypes:
    """Read a PLINK 1 data set as ALT allele dosages; needs the extra ``plink``.

    Parameters
    ----------
    prefix : str, Path or sequence of these
        ``PREFIX`` or ``PREFIX.bed``, with ``PREFIX.bim`` and ``PREFIX.fam`` beside it; several as
        in `genesis.read_vcf`. Samples are named by their IID. A1, the allele counted, is taken as
        ALT and A2 as REF, as plink2 does; PLINK 1 itself may have exchanged them.
    samples, region, maf, max_missing, include_variants, exclude_variants
        As in `genesis.read_vcf`.
    contigs, progress
        As in `genesis.read_vcf`.
    sex : str or Path, optional
        As in `genesis.read_vcf`; without it, the sexes of the .fam file.

    Returns
    -------
    Genotypes

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        If a file is missing, damaged, or does not fit the others.
    InconsistentInputsError, CommandLineError, DegenerateDataError
        As `genesis.read_vcf`; also where the package bed-reader is not installed.

    Examples
    --------
    >>> read_bed("cohort").dosages.shape                    # doctest: +SKIP
    (300, 4100)
    """
    limits = RecordFilter("GT", maf, max_missing, "split", include_variants, exclude_variants)
    return read_genotypes(
        open_source(prefix, BedSource, ".bed"), limits, samples=samples, region=region, sex=sex,
        contigs=contigs, progress=progress,
    )  # fmt: skip


class BedSource(ArraySource):
    """A PLINK 1 data set."""

    fields = ("GT",)

    def __init__(self, prefix: str | Path) -> None:
        stem = str(prefix).removesuffix(".bed")
        self._bed = find_file(stem, (".bed",), "PLINK 1 data set")
        require_file(self._bed, "genotypes")
        self._reader = load_extra("bed_reader", "PLINK 1 (--bed)", "plink")
        self.path = str(self._bed)
        self.samples, self.sexes = read_fam(f"{stem}.fam")
        self.records = read_bim(f"{stem}.bim")
        self.contigs = self.records.contigs()
        self._check_size(stem)

    def _check_size(self, stem: str) -> None:
        with self._bed.open("rb") as file:
            start = file.read(3)
        if start == SAMPLE_MAJOR:
            raise MalformedInputError(
                f"{self.path}: genotypes are sample by sample, as very old versions of PLINK wrote "
                "them; write it again with plink --make-bed"
            )
        if start != MAGIC:
            raise MalformedInputError(
                f"{self.path}: no PLINK 1 .bed of genotypes (it starts with {start!r}); intervals "
                "in BED belong to --genes or --expression"
            )
        n_variants, n_samples = len(self.records.pos), len(self.samples)
        width = (n_samples + 3) // 4
        expected, size = 3 + n_variants * width, self._bed.stat().st_size
        # Four samples share a byte; the places of a byte that none has are zero.
        some = np.fromfile(self._bed, np.uint8, min(n_variants, 1000) * width, offset=3)
        surplus = some[width - 1 :: width] >> (2 * ((n_samples - 1) % 4 + 1)) if len(some) else some
        if size != expected or surplus.any():
            raise MalformedInputError(
                f"{self.path}: it is not of the {n_variants} variants of {stem}.bim and the "
                f"{n_samples} samples of {stem}.fam, which call for {expected} bytes (it has "
                f"{size}); it is truncated, or the three files do not belong together"
            )

    def values(self, field: str, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Calls of these records."""
        del field  # there is but one
        shape = len(self.samples), len(self.records.pos)
        with self._reader.open_bed(
            self._bed, iid_count=shape[0], sid_count=shape[1], num_threads=1,
            skip_format_check=False,
        ) as bed:  # fmt: skip
            index = np.s_[self.columns, rows]
            counted = bed.read(index=index, dtype="int8", order="F")
        counted[counted == MISSING] = 3
        return PAIRS[counted.T].view(np.int32).reshape(len(rows), len(self.columns), 2)
