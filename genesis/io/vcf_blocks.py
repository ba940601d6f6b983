"""Records in, filtered dosages out, block by block."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import methodcaller
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from genesis.errors import MalformedInputError
from genesis.io import vcf_kernels as kernels
from genesis.io.dosage_matrix import DosageMatrix
from genesis.io.variant_names import PLACEHOLDERS
from genesis.io.vcf_header import UnparsedRecordError, is_unparsed

__all__ = ["CODE", "REASONS", "RecordFilter", "VariantCollector"]

BLOCK_BYTES = 4 << 20
BLOCK_RECORDS = 2048
# Records that are copied into the block together, which takes a third of one by one.
BATCH = 32
DS_ROUNDING = 1e-3
# Reasons are kept as positions in this list; the empty one is for variants that are kept.
REASONS = (
    "",
    "missing_calls",
    "monomorphic",
    "constant_dosage",
    "low_maf",
    "multiallelic",
    "field_absent",
    "dosage_not_per_allele",
    "spanning_deletion",
    "placeholder_allele",
    "duplicate_record",
)
CODE = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True)
class RecordFilter:
    """What is kept: the field read, and the limits of the filters."""

    field: str
    maf: float
    max_missing: float
    multiallelic: str


# What is kept of a record for each ALT allele, until its block is worked off.
TEXT = ("chrom", "name", "ref", "alt")
COLUMNS = (*TEXT, "pos", "slot")


class VariantCollector:
    """Takes records, keeps dosages of the variants that pass and a row on every variant.

    Parameters
    ----------
    path : str
        The file, for messages.
    file_samples, samples : list of str
        Samples in the order of the records, and those to keep in the order wanted.
    limits : RecordFilter
    per_allele : bool
        DS has one value an ALT allele (Number=A); otherwise one a record.
    """

    def __init__(
        self,
        path: str,
        file_samples: list[str],
        samples: list[str],
        limits: RecordFilter,
        per_allele: bool,
    ) -> None:
        place = {sample: position for position, sample in enumerate(file_samples)}
        self.path = path
        self.samples = samples
        self.order = np.array([place[sample] for sample in samples], dtype=np.int64)
        # To tell copies of a record that disagree, also where one of them is not held.
        self.weights = np.random.default_rng(0).integers(
            0, 1 << 64, size=len(samples), dtype=np.uint64
        )
        self.limits = limits
        self.per_allele = per_allele
        self.matrix = DosageMatrix(len(samples))
        self.missing: list[NDArray[np.uint8]] = []
        self._tables: list[pa.Table] = []
        self.counts = dict.fromkeys(
            (
                "records_read",
                "multiallelic_records",
                "half_calls",
                "half_call_records",
                "haploid_calls",
                "mixed_ploidy_records",
                "polyploid_records",
            ),
            0,
        )
        self._rows: list[tuple[Any, ...]] = []
        # For rows that are not the one ALT allele of their record: whether the record was split,
        # the reason against it, the number of its allele and of the record's alleles.
        self._odd: dict[int, tuple[bool, int, int, int]] = {}
        self._buffer: NDArray[Any] = np.empty((0, 0))
        self._shape = (0, 0)
        self._capacity = 0
        self._stored = 0
        self._batch: list[NDArray[Any]] = []
        self._n_read = 0

    def collect(self, variants: Iterable[Any]) -> None:
        """Take the records of cyvcf2, one after the other."""
        # BCF's own coding of the genotypes: cyvcf2's `genotype` takes time to recode them.
        calls = methodcaller("format", "GT", int)
        read = calls if self.limits.field == "GT" else self._dosages
        for self._n_read, variant in enumerate(variants, start=1):
            alts = variant.ALT
            values = read(variant)
            if len(alts) != 1 or values is None or alts[0] in PLACEHOLDERS:
                self._collect_alleles(variant, alts, values)
                continue
            # Nearly all records, so what `_store` does is spelled out here.
            slot = self._stored
            if slot == self._capacity or values.shape != self._shape:
                slot = self._store(values)
            else:
                self._batch.append(values)
                self._stored = slot + 1
                if len(self._batch) == BATCH:
                    self._copy_batch()
            chrom, name, ref = variant.CHROM, variant.ID, variant.REF
            self._rows.append((chrom, name, ref, alts[0], variant.POS, slot))
        self._flush()
        self.counts["records_read"] = self._n_read

    def _collect_alleles(self, variant: Any, alts: list[str], values: Any) -> None:
        """Take a record with several ALT alleles, or none, or without the field."""
        if is_unparsed(variant):
            raise UnparsedRecordError(self._n_read - 1)
        real = sum(alt not in PLACEHOLDERS for alt in alts)
        self.counts["multiallelic_records"] += real > 1
        if real > 1 and self.limits.multiallelic == "error":
            raise MalformedInputError(
                f"{self._where(variant)} has {real} ALT alleles ({','.join(alts)}); "
                "split or drop such records instead of asking for an error"
            )
        reasons = [self._allele_reason(alt, alts, real, values) for alt in alts or ["."]]
        slot = self._store(values) if "" in reasons else -1
        for number, (alt, reason) in enumerate(zip(alts or ["."], reasons, strict=True), start=1):
            self._odd[len(self._rows)] = (real > 1, CODE[reason], number, len(alts) + 1)
            row = (variant.CHROM, variant.ID, variant.REF, alt, variant.POS, slot)
            self._rows.append(row)

    def _allele_reason(self, alt: str, alts: list[str], real: int, values: Any) -> str:
        if not alts:
            return "monomorphic"
        if alt in PLACEHOLDERS:
            return PLACEHOLDERS[alt]
        if real > 1 and self.limits.multiallelic == "drop":
            return "multiallelic"
        if values is None:
            return "field_absent"
        if self.limits.field == "DS" and real > 1 and not self.per_allele:
            return "dosage_not_per_allele"
        return ""

    def _dosages(self, variant: Any) -> NDArray[np.float32] | None:
        """The imputed dosages of all samples (samples x alleles), or None."""
        values = variant.format("DS")
        if values is None:
            return None
        if values.dtype != np.float32:
            # Whole-number dosages: the two smallest int32 stand for missing and padding.
            missing = values < np.iinfo(np.int32).min + 2
            values = np.where(missing, np.nan, values).astype(np.float32)
        n_wanted = max(1, len(variant.ALT)) if self.per_allele else 1
        if values.shape[1] == n_wanted:
            return values
        if np.isnan(values).all():
            return np.full((len(values), n_wanted), np.nan, dtype=np.float32)
        raise MalformedInputError(
            f"{self._where(variant)}: {values.shape[1]} dosages (DS) a sample for "
            f"{len(variant.ALT)} ALT alleles; repair the record or read GT"
        )

    def _where(self, variant: Any) -> str:
        return f"{self.path}, record {self._n_read} ({variant.CHROM}:{variant.POS})"

    def _store(self, values: NDArray[Any]) -> int:
        """Add to the block, working off the one before where it is full or of another shape."""
        if self._stored == self._capacity or values.shape != self._shape:
            self._flush()
            self._fit_buffer(values)
        slot = self._stored
        self._batch.append(values)
        self._stored = slot + 1
        if len(self._batch) == BATCH:
            self._copy_batch()
        return slot

    def _fit_buffer(self, values: NDArray[Any]) -> None:
        if values.shape != self._shape:
            self._shape = values.shape
            self._capacity = max(1, min(BLOCK_RECORDS, BLOCK_BYTES // max(1, values.nbytes)))
            n_samples, width = values.shape
            self._buffer = np.empty((self._capacity * n_samples, width), dtype=values.dtype)

    def _copy_batch(self) -> None:
        if self._batch:
            end = self._stored * self._shape[0]
            start = end - len(self._batch) * self._shape[0]
            np.concatenate(self._batch, out=self._buffer[start:end])
            self._batch = []

    def _flush(self) -> None:
        """Turn the records collected into dosages, filter them and keep those that pass."""
        self._copy_batch()
        if self._rows:
            end = self._stored * self._shape[0]
            self._work_off(self._buffer[:end].reshape(self._stored, *self._shape))
        self._rows, self._odd = [], {}
        self._stored = 0

    def _work_off(self, block: NDArray[Any]) -> None:
        """Dosages, reasons and table of a block (records x samples x values)."""
        columns: dict[str, Any] = dict(zip(COLUMNS, zip(*self._rows, strict=True), strict=True))
        if "" in columns["chrom"]:
            raise UnparsedRecordError(self._n_read - 1)
        odd = np.tile(np.array([0, 0, 1, 2]), (len(self._rows), 1))
        if self._odd:
            odd[list(self._odd)] = list(self._odd.values())
        split, reason, columns["allele"], columns["n_alleles"] = odd.T
        asked = np.flatnonzero(reason == 0)
        counts = np.empty((len(asked), kernels.N_COUNTS), dtype=np.int64)
        af = np.full(len(reason), np.nan)
        fingerprint = np.zeros(len(reason), dtype=np.uint64)
        if len(asked):
            dosages = self.matrix.room(len(asked))
            varies, alt_dosage = self._fill(columns, asked, block, dosages, counts)
            absent = np.isnan(dosages) if counts[:, kernels.MISSING].any() else None
            if absent is not None:
                kernels.impute_missing(dosages, varies)
            prints = np.empty(len(asked), dtype=np.uint64)
            kernels.row_fingerprints(dosages.view(np.uint32), self.weights, prints)
            fingerprint[asked] = prints
            reason[asked], af[asked] = self._filter(counts, alt_dosage, varies)
            kept = reason[asked] == 0
            self.matrix.keep_new(kept)
            self.missing.append(
                np.zeros((int(kept.sum()), (len(self.samples) + 7) // 8), dtype=np.uint8)
                if absent is None
                else np.packbits(absent[kept], axis=1)
            )
        n_missing, ploidy = np.zeros((2, len(reason)), dtype=np.int64)
        compared = np.zeros(len(reason), dtype=np.bool_)
        compared[asked] = True
        n_missing[asked] = counts[:, kernels.MISSING]
        ploidy[asked] = counts[:, kernels.PLOIDY]
        self._tables.append(
            pa.table(
                {
                    **{name: pa.array(columns[name], pa.string()) for name in TEXT},
                    "pos": np.array(columns["pos"], dtype=np.int64),
                    "split": split.astype(np.bool_),
                    "reason": reason.astype(np.int8),
                    "af": af,
                    "n_missing": n_missing,
                    "ploidy": ploidy,
                    "compared": compared,
                    "fingerprint": fingerprint,
                }
            )
        )

    def _fill(
        self,
        columns: dict[str, Any],
        asked: NDArray[np.int64],
        block: NDArray[Any],
        dosages: NDArray[np.float32],
        counts: NDArray[np.int64],
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Fill the dosages and counts of the variants asked for.

        Returns which of them vary, and the sum of each one's ALT dosages.
        """
        slot = np.array(columns["slot"], dtype=np.int64)[asked]
        allele = columns["allele"][asked]
        varies = np.empty(len(asked), dtype=np.bool_)
        sums = np.empty(len(asked), dtype=np.float64)
        if self.limits.field == "GT":
            n_alleles = columns["n_alleles"][asked]
            kernels.allele_dosages(
                block, slot, allele, n_alleles, self.order, dosages, counts, varies
            )
            sums[:] = counts[:, kernels.COUNTED_ALLELES]
            self._count_calls(counts, slot)
        else:
            kernels.scaled_dosages(
                block, slot, allele, DS_ROUNDING, self.order, dosages, counts, varies, sums
            )
        bad = np.flatnonzero(counts[:, kernels.BAD_SAMPLE] >= 0)
        if bad.size:
            sample = self.samples[counts[bad[0], kernels.BAD_SAMPLE]]
            raise self._refusal(columns, int(asked[bad[0]]), sample)
        return varies, sums

    def _refusal(self, columns: dict[str, Any], row: int, sample: str) -> MalformedInputError:
        where = (
            f"{self.path}, record at {columns['chrom'][row]}:{columns['pos'][row]} "
            f"(id {columns['name'][row] or '.'}), sample {sample}"
        )
        if self.limits.field == "GT":
            return MalformedInputError(
                f"{where}: the genotype has an allele number above "
                f"{columns['n_alleles'][row] - 1}, the number of ALT alleles; repair the record"
            )
        return MalformedInputError(
            f"{where}: the dosage (DS) is outside 0 to 2; repair the record or read GT"
        )

    def _count_calls(self, counts: NDArray[np.int64], slot: NDArray[np.int64]) -> None:
        # The alleles of one record share its calls: count them once.
        first = counts[np.diff(slot, prepend=-1) != 0]
        half, haploid = first[:, kernels.HALF_CALLS], first[:, kernels.HAPLOID]
        called = len(self.samples) - first[:, kernels.MISSING]
        self.counts["half_calls"] += int(half.sum())
        self.counts["half_call_records"] += int((half > 0).sum())
        self.counts["haploid_calls"] += int(haploid.sum())
        self.counts["mixed_ploidy_records"] += int(((haploid > 0) & (haploid < called)).sum())
        self.counts["polyploid_records"] += int((first[:, kernels.PLOIDY] > 2).sum())

    def _filter(
        self, counts: NDArray[np.int64], alt_dosage: NDArray[np.float64], varies: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the code of the first limit that each variant fails, and ALT frequencies."""
        called = counts[:, kernels.CALLED_ALLELES]
        missing = counts[:, kernels.MISSING] / len(self.samples)
        with np.errstate(invalid="ignore"):
            af = alt_dosage / called
            # Not 1 - af: 0.1 must not come out as 0.09999999999999998.
            maf = np.minimum(alt_dosage, called - alt_dosage) / called
        failed = {
            "missing_calls": (called == 0) | (missing > self.limits.max_missing),
            "monomorphic": ~varies & (maf == 0),
            "constant_dosage": ~varies,
            "low_maf": maf < self.limits.maf,
        }
        codes = [CODE[reason] for reason in failed]
        return np.select(list(failed.values()), codes, default=0), af

    def table(self) -> pd.DataFrame:
        """Return a row on every variant read, kept or not, in the order of the records."""
        table = pa.concat_tables(self._tables).to_pandas()
        table["name"] = table["name"].fillna(".")
        return table
