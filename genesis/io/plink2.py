"""Genotypes of PLINK 2: PREFIX.pgen, PREFIX.pvar and PREFIX.psam."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from genesis.engine.extras import load_extra
from genesis.engine.progress import Progress
from genesis.errors import InputReadError, MalformedInputError
from genesis.io.file_patterns import Paths
from genesis.io.genotype_source import (
    ArraySource,
    Regions,
    read_genotypes,
)
from genesis.io.genotypes import Genotypes
from genesis.io.joined_source import open_source
from genesis.io.plink_tables import find_file, read_psam, read_pvar
from genesis.io.tables import require_file
from genesis.io.variant_blocks import RecordFilter

__all__ = ["PgenSource", "read_pfile"]


def read_pfile(
    prefix: Paths,
    *,
    samples: Sequence[str] | None = None,
    region: Regions = None,
    field: str = "GT",
    maf: float = 0.05,
    max_missing: float = 0.1,
    multiallelic: str = "split",
    include_variants: Sequence[str] | None = None,
    exclude_variants: Sequence[str] | None = None,
    sex: str | Path | None = None,
    contigs: Sequence[str] = (),
    pass_only: bool = False,
    progress: Progress | None = None,
) -> Genotypes:
    """Read a PLINK 2 data set as ALT allele dosages; needs the extra ``plink``.

    Parameters
    ----------
    prefix : str, Path or sequence of these
        ``PREFIX`` or ``PREFIX.pgen``, with ``PREFIX.pvar`` (or ``PREFIX.pvar.zst``) and
        ``PREFIX.psam`` beside it; several as in `genesis.read_vcf`. Samples are named by their
        IID.
    field : {"GT", "DS"}, default "GT"
        Hard calls; or dosages, which are those of the hard calls where none is stored.
    samples, region, maf, max_missing, multiallelic, include_variants, exclude_variants
        As in `genesis.read_vcf`.
    contigs, progress
        As in `genesis.read_vcf`.
    pass_only : bool, default False
        As in `genesis.read_vcf`, by the column FILTER of the .pvar file.
    sex : str or Path, optional
        As in `genesis.read_vcf`; without it, the sexes of the .psam file.

    Returns
    -------
    Genotypes

    Raises
    ------
    InputOpenError, InputReadError, MalformedInputError
        If a file is missing, damaged, or does not fit the others.
    InconsistentInputsError, CommandLineError, DegenerateDataError
        As `genesis.read_vcf`; also where the package Pgenlib is not installed.

    Examples
    --------
    >>> read_pfile("cohort", field="DS").dosages.shape      # doctest: +SKIP
    (300, 4100)
    """
    limits = RecordFilter(
        field, maf, max_missing, multiallelic, include_variants, exclude_variants, pass_only
    )
    return read_genotypes(
        open_source(prefix, PgenSource, ".pgen"), limits, samples=samples, region=region, sex=sex,
        contigs=contigs, progress=progress,
    )  # fmt: skip


class PgenSource(ArraySource):
    """A PLINK 2 data set."""

    fields = ("GT", "DS")

    def __init__(self, prefix: str | Path) -> None:
        stem = str(prefix).removesuffix(".pgen")
        pgen = find_file(stem, (".pgen",), "PLINK 2 data set")
        require_file(pgen, "genotypes")
        self._library = load_extra("pgenlib", "PLINK 2 (--pfile)", "plink")
        self.path = str(pgen)
        self.samples, self.sexes = read_psam(find_file(stem, (".psam",), "PLINK 2 data set"))
        pvar = find_file(stem, (".pvar", ".pvar.zst"), "PLINK 2 data set")
        self.records, self.assembly = read_pvar(pvar)
        self.contigs = self.records.contigs()
        commas = self.records.alt.to_pandas().str.count(",").to_numpy()
        self._n_alts = 1 + commas.astype(np.int64)

    def select(self, wanted: list[str]) -> list[str]:
        """Open the file for these samples only."""
        names = super().select(wanted)
        offsets = np.concatenate([[0], np.cumsum(1 + self._n_alts)]).astype(np.uintp)
        try:
            self._reader = self._library.PgenReader(
                self.path.encode(),
                raw_sample_ct=len(self.samples),
                variant_ct=len(self._n_alts),
                sample_subset=self.columns.astype(np.uint32),
                allele_idx_offsets=offsets,
            )
        except RuntimeError as error:
            raise MalformedInputError(
                f"{self.path}: it is no .pgen of the {len(self._n_alts)} variants and "
                f"{len(self.samples)} samples of its .pvar and .psam ({message_of(error)}); the "
                "three files do not belong together, or it is damaged"
            ) from error
        return names

    def values(
        self, field: str, rows: NDArray[np.int64]
    ) -> NDArray[np.int32] | NDArray[np.float32]:
        """Calls, or dosages of each ALT allele."""
        try:
            return self._calls(rows) if field == "GT" else self._dosages(rows)
        except RuntimeError as error:
            raise InputReadError(
                f"{self.path}: it is damaged or truncated ({message_of(error)}); copy "
                "or make it again"
            ) from error

    def _calls(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        alleles = np.empty((len(rows), 2 * len(self.columns)), dtype=np.int32)
        self._reader.read_alleles_list(rows.astype(np.uint32), alleles)
        codes = np.maximum((alleles + 1) << 1, 0).astype(np.int32, copy=False)
        return codes.reshape(len(rows), len(self.columns), 2)

    def _dosages(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        n_alts = self._n_alts[rows]
        shape = len(rows), len(self.columns), int(n_alts.max(initial=1))
        dosages = np.full(shape, np.nan, dtype=np.float32)
        for allele in range(1, shape[2] + 1):
            having = np.flatnonzero(n_alts >= allele)
            given = np.empty((len(having), shape[1]), dtype=np.float32)
            at = rows[having].astype(np.uint32)
            self._reader.read_dosages_list(at, given, allele_idx=allele)
            given[given == -9] = np.nan
            dosages[having, :, allele - 1] = given
        return dosages


def message_of(error: RuntimeError) -> str:
    """The message of an error of Pgenlib, which may come as bytes."""
    text = error.args[0] if error.args else ""
    return (text.decode(errors="replace") if isinstance(text, bytes) else str(text)).strip(" .\n")
