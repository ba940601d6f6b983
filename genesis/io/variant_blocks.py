"""Records in, filtered dosages out, block by block: the one way of every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genesis.errors import CommandLineError, MalformedInputError
from genesis.io import vcf_kernels as kernels
from genesis.io.dosage_matrix import DosageMatrix, GrowingRows
from genesis.io.hemizygous_kernels import hemizygous_dosages
from genesis.io.packed_dosages import PackedMatrix
from genesis.io.record_filters import FilterCodes
from genesis.io.sex import MaleX
from genesis.io.text_columns import compact
from genesis.io.variant_names import PLACEHOLDERS, place_names

__all__ = ["CODE", "FEW", "REASONS", "RecordBlock", "RecordFilter", "VariantCollector"]

DS_ROUNDING = 1e-3
TEXT = ("chrom", "name", "ref", "alt")
#: Those of few different texts: contigs and alleles.
FEW = ("chrom", "ref", "alt")
MALE_COUNTS = ("hemizygous_calls", "male_heterozygous_calls")
# Of several ALT alleles, none, or one that may be a placeholder.
_MARKS = b",.*<"
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
    "not_included",
    "excluded_by_list",
    "filter_not_pass",
)
CODE = {reason: code for code, reason in enumerate(REASONS)}


@dataclass(frozen=True)
class RecordFilter:
    """What is kept: the field read, the limits of the filters, and lists of variants.

    `include` and `exclude` hold ids of records, or ``chrom:pos:ref:alt``. With `pass_only`, only
    records whose FILTER is PASS or ``.`` are kept.
    """

    field: str
    maf: float
    max_missing: float
    multiallelic: str
    include: Sequence[str] | None = None
    exclude: Sequence[str] | None = None
    pass_only: bool = False


@dataclass(frozen=True)
class RecordBlock:
    """Records one below the other, as a format hands them out.

    Attributes
    ----------
    chrom, name, ref, alt : sequence of str, or pyarrow array
        `name` is "." or None where there is none; `alt` has its alleles separated by commas, and
        is "." for none.
    pos : numpy.ndarray of int64
    values : numpy.ndarray, shape (n_values, n_samples, width)
        int32: calls in BCF's coding, twice the allele's number plus two, 0 for a missing one,
        negative where a sample has fewer. float32: the dosage of each ALT allele, NaN missing.
    slot : numpy.ndarray of int64
        Each record's row of `values`; -1 where it lacks the field.
    filter : sequence of str, or pyarrow array; or None
        FILTER as it is written; None and "." are as good as PASS. None for all where the format
        has no such column.
    path : str or None
        Their file, where it is one of several.
    """

    chrom: Any
    pos: NDArray[np.int64]
    name: Any
    ref: Any
    alt: Any
    values: NDArray[Any]
    slot: NDArray[np.int64]
    filter: Any = None
    path: str | None = None


@dataclass(frozen=True)
class _Rows:
    """One row an ALT allele of a block's records."""

    texts: dict[str, Any]
    allele: NDArray[np.int64]
    n_alleles: NDArray[np.int64]
    split: NDArray[np.bool_]
    reason: NDArray[np.int64]
    slot: NDArray[np.int64]
    filter: NDArray[np.int64]


class VariantCollector:
    """Takes blocks of records, keeps dosages of what passes and a row on every variant.

    Parameters
    ----------
    path : str
        The file, for messages.
    file_samples, samples : list of str
        Samples in the order of the values, and those to keep in the order wanted.
    limits : RecordFilter
    males : MaleX, optional
        Whose calls on X are of one allele.
    packed : bool
        Hold dosages in two bits each where that can be.
    """

    def __init__(
        self,
        path: str,
        file_samples: list[str],
        samples: list[str],
        limits: RecordFilter,
        males: MaleX | None = None,
        *,
        packed: bool = False,
    ) -> None:
        place = {sample: position for position, sample in enumerate(file_samples)}
        self.path = self._file = path
        self._n_before = 0
        self._file_samples, self._packed = file_samples, packed
        self.samples = samples
        self.order = np.array([place[sample] for sample in samples], dtype=np.int64)
        # To tell copies of a record that disagree, also where one of them is not held.
        self.weights = np.random.default_rng(0).integers(
            0, 1 << 64, size=len(samples), dtype=np.uint64
        )
        self.limits = limits
        self.males = males
        self.matrix: Any = PackedMatrix(len(samples)) if packed else DosageMatrix(len(samples))
        self.missing = GrowingRows((len(samples) + 7) // 8, np.uint8, to_disk=packed)
        self._tables: list[pa.Table] = []
        self.filters = FilterCodes()
        lists = {"not_included": limits.include, "excluded_by_list": limits.exclude}
        self._lists = {
            reason: pa.array(list(ids), pa.large_string())
            for reason, ids in lists.items()
            if ids is not None
        }
        self.counts = dict.fromkeys(
            (
                "records_read",
                "records_outside_region",
                "multiallelic_records",
                "half_calls",
                "half_call_records",
                "haploid_calls",
                "mixed_ploidy_records",
                "polyploid_records",
                *MALE_COUNTS,
            ),
            0,
        )

    def anew(self, path: str) -> VariantCollector:
        """A collector of another file of the same samples, to be joined to this one."""
        return VariantCollector(
            path, self._file_samples, self.samples, self.limits, self.males, packed=self._packed
        )

    def join(self, other: VariantCollector) -> None:
        """Put the variants of another, which forgets them, after those here."""
        codes = self.filters.of(other.filters)
        for table in other._tables:
            at = table.schema.get_field_index("filter")
            mine = pa.array(codes[table.column(at).to_numpy()].astype(np.int32))
            self._tables.append(table.set_column(at, "filter", mine))
        other._tables.clear()
        self.matrix.join(other.matrix)
        self.missing.append(other.missing.take_rows())
        for key, n in other.counts.items():
            self.counts[key] += n

    def add(self, block: RecordBlock) -> None:
        """Dosages, reasons and table of a block."""
        if (block.path or self.path) != self._file:
            self._file, self._n_before = block.path or self.path, self.counts["records_read"]
        rows = self._alleles(block)
        reason = rows.reason
        asked = np.flatnonzero(reason == 0)
        counts = np.empty((len(asked), kernels.N_COUNTS), dtype=np.int64)
        af = np.full(len(reason), np.nan)
        fingerprint = np.zeros(len(reason), dtype=np.uint64)
        if len(asked):
            dosages = self.matrix.room(len(asked))
            varies, alt_dosage = self._fill(rows, asked, block.values, dosages, counts)
            absent = self._impute(dosages, counts, varies)
            prints = np.empty(len(asked), dtype=np.uint64)
            kernels.row_fingerprints(dosages.view(np.uint32), self.weights, prints)
            fingerprint[asked] = prints
            reason[asked], af[asked] = self._filter(counts, alt_dosage, varies)
            kept = reason[asked] == 0
            self.matrix.keep_new(kept)
            self.missing.append(absent[kept])
        n_missing, ploidy = np.zeros((2, len(reason)), dtype=np.int32)
        compared = np.zeros(len(reason), dtype=np.bool_)
        compared[asked] = True
        n_missing[asked] = counts[:, kernels.MISSING]
        ploidy[asked] = counts[:, kernels.PLOIDY]
        self._tables.append(
            pa.table(
                {
                    **rows.texts,
                    **{name: rows.texts[name].dictionary_encode() for name in FEW},
                    "split": rows.split,
                    "reason": reason.astype(np.int8),
                    "af": af,
                    "n_missing": n_missing,
                    "ploidy": ploidy,
                    "compared": compared,
                    "fingerprint": fingerprint,
                    "filter": rows.filter.astype(np.int32),
                }
            )
        )
        self.counts["records_read"] += len(block.pos)

    def _alleles(self, block: RecordBlock) -> _Rows:
        """One row an ALT allele, with the reasons that need no dosages."""
        texts: dict[str, Any] = {name: _text(getattr(block, name)) for name in TEXT}
        record = np.arange(len(block.pos))
        filters = self._filters(block)
        if not self._lists and not filters.any() and not _holds_any(texts["alt"], _MARKS):
            # Nearly all blocks; what follows would give the same.
            one = np.ones(len(record), dtype=np.int64)
            codes = np.where(block.slot < 0, CODE["field_absent"], 0)
            texts["pos"] = block.pos
            return _Rows(texts, one, 2 * one, one > 1, codes, block.slot, filters)
        if pc.any(pc.match_substring(texts["alt"], ",")).as_py():
            alts = pc.split_pattern(texts["alt"], ",")
            record = np.repeat(record, pc.list_value_length(alts).to_numpy())
            texts = {name: column.take(pa.array(record)) for name, column in texts.items()}
            texts["alt"] = alts.flatten()
        allele = np.arange(1, len(record) + 1) - np.searchsorted(record, record)
        real = _equal_to(texts["alt"], ".") == 0
        n_alts = np.bincount(record, real, len(block.pos)).astype(np.int64)
        reasons = {"monomorphic": ~real}
        for placeholder, reason in PLACEHOLDERS.items():
            stands_for_none = _equal_to(texts["alt"], placeholder)
            reasons[reason] = reasons.get(reason, False) | stands_for_none
            real &= ~stands_for_none
        n_real = np.bincount(record, real, len(block.pos)).astype(np.int64)
        self._count_multiallelic(block, n_real)
        split, slot = n_real[record] > 1, block.slot[record]
        reasons["multiallelic"] = split & (self.limits.multiallelic == "drop")
        reasons["field_absent"] = slot < 0
        if block.values.dtype == np.float32:
            reasons["dosage_not_per_allele"] = split & (block.values.shape[-1] < n_alts[record])
        if self.limits.pass_only:
            reasons = {"filter_not_pass": filters[record] > 0, **reasons}
        if self._lists:
            reasons = {**self._unlisted(texts, block.pos[record]), **reasons}
        found = [CODE[reason] for reason in reasons]
        return _Rows(
            texts={**texts, "pos": block.pos[record]},
            allele=allele,
            n_alleles=n_alts[record] + 1,
            split=split,
            reason=np.select(list(reasons.values()), found, default=0).astype(np.int64),
            slot=slot,
            filter=filters[record],
        )

    def _filters(self, block: RecordBlock) -> NDArray[np.int64]:
        """Codes of the records' FILTER."""
        if block.filter is not None:
            return self.filters.code(block.filter)
        if self.limits.pass_only:
            raise CommandLineError(
                f"{self.path}: there is no FILTER in it, so that no variant is known to pass; "
                "leave --pass-only out"
            )
        return np.zeros(len(block.pos), dtype=np.int64)

    def _count_multiallelic(self, block: RecordBlock, n_real: NDArray[np.int64]) -> None:
        several = np.flatnonzero(n_real > 1)
        self.counts["multiallelic_records"] += len(several)
        if len(several) and self.limits.multiallelic == "error":
            at = int(several[0])
            raise MalformedInputError(
                f"{self._file}, record {self.counts['records_read'] - self._n_before + at + 1} "
                f"({block.chrom[at]}:{block.pos[at]}) has {n_real[at]} ALT alleles "
                f"({block.alt[at]}); split or drop such records instead of asking for an error"
            )

    def _unlisted(self, texts: dict[str, Any], pos: NDArray[np.int64]) -> dict[str, Any]:
        """Which rows the lists of variants leave out."""
        names, places = texts["name"].cast(pa.large_string()), place_names({**texts, "pos": pos})
        found = {}
        for reason, ids in self._lists.items():
            listed = pc.or_(pc.is_in(names, ids), pc.is_in(places, ids))
            listed = listed.to_numpy(zero_copy_only=False)
            found[reason] = ~listed if reason == "not_included" else listed
        return found

    def _fill(
        self,
        rows: _Rows,
        asked: NDArray[np.int64],
        values: NDArray[Any],
        dosages: NDArray[np.float32],
        counts: NDArray[np.int64],
    ) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Fill the dosages and counts of the variants asked for.

        Returns which of them vary, and the sum of each one's ALT dosages.
        """
        slot, allele, n_alleles = rows.slot[asked], rows.allele[asked], rows.n_alleles[asked]
        varies = np.empty(len(asked), dtype=np.bool_)
        sums = np.empty(len(asked), dtype=np.float64)
        if values.dtype == np.float32:
            kernels.scaled_dosages(
                values, slot, allele, DS_ROUNDING, self.order, dosages, counts, varies, sums
            )
        else:
            kernels.allele_dosages(
                values, slot, allele, n_alleles, self.order, dosages, counts, varies
            )
            if self.males is not None:
                self._fill_males(rows, asked, values, dosages, counts, varies)
            sums[:] = counts[:, kernels.COUNTED_ALLELES]
            self._count_calls(counts, slot)
        bad = np.flatnonzero(counts[:, kernels.BAD_SAMPLE] >= 0)
        if bad.size:
            sample = self.samples[counts[bad[0], kernels.BAD_SAMPLE]]
            raise self._refusal(rows, int(asked[bad[0]]), values.dtype == np.float32, sample)
        return varies, sums

    def _impute(
        self,
        dosages: NDArray[np.float32],
        counts: NDArray[np.int64],
        varies: NDArray[np.bool_],
    ) -> NDArray[np.uint8]:
        """Put means where calls are missing; returns which these are, packed."""
        packed = np.zeros((len(dosages), (len(self.samples) + 7) // 8), dtype=np.uint8)
        rows = np.flatnonzero(counts[:, kernels.MISSING])
        if len(rows):
            some, some_vary = dosages[rows], varies[rows]
            packed[rows] = np.packbits(np.isnan(some), axis=1)
            kernels.impute_missing(some, some_vary)
            dosages[rows], varies[rows] = some, some_vary
        return packed

    def _fill_males(
        self,
        rows: _Rows,
        asked: NDArray[np.int64],
        values: NDArray[Any],
        dosages: NDArray[np.float32],
        counts: NDArray[np.int64],
        varies: NDArray[np.bool_],
    ) -> None:
        """Do the variants on X again, for males have one allele there."""
        assert self.males is not None
        chrom = rows.texts["chrom"].take(pa.array(asked))
        on_x = np.flatnonzero(self.males.on_x(chrom))
        if not len(on_x):
            return
        at = asked[on_x]
        outside = self.males.outside_par(rows.texts["pos"][at])
        seen = np.zeros((len(on_x), 2), dtype=np.int64)
        some, some_counts = dosages[on_x], counts[on_x]
        kinds = values, rows.slot[at], rows.allele[at], outside, self.males.is_male, self.order
        varies[on_x] = hemizygous_dosages(*kinds, some, some_counts, seen)
        dosages[on_x], counts[on_x] = some, some_counts
        of_record = np.diff(rows.slot[at], prepend=-1) != 0
        for key, n in zip(MALE_COUNTS, seen[of_record].sum(axis=0), strict=True):
            self.counts[key] += int(n)

    def _refusal(self, rows: _Rows, row: int, is_dosage: bool, sample: str) -> MalformedInputError:
        chrom, pos, name = (rows.texts[column][row] for column in ("chrom", "pos", "name"))
        where = f"{self._file}, record at {chrom}:{pos} (id {name.as_py() or '.'}), sample {sample}"
        if is_dosage:
            return MalformedInputError(
                f"{where}: the dosage ({self.limits.field}) is outside 0 to 2; repair the record "
                "or read GT"
            )
        return MalformedInputError(
            f"{where}: the genotype has an allele number above {rows.n_alleles[row] - 1}, the "
            "number of ALT alleles; repair the record"
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

    @property
    def n_kept(self) -> int:
        """Variants that passed so far."""
        return len(self.missing)

    def table(self) -> pd.DataFrame:
        """Return a row on every variant read, kept or not, in the order of the records.

        They are forgotten here. Contigs and alleles are categories.
        """
        whole = pa.concat_tables(self._tables).unify_dictionaries()
        self._tables.clear()
        names = pc.fill_null(whole.column("name"), ".")
        # No other name for what is turned, so that each column goes as soon as it is.
        whole = whole.drop_columns("name")
        table = whole.to_pandas(split_blocks=True, self_destruct=True)
        del whole
        table["name"] = compact(names).array
        return table


def _text(column: Any) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, pa.string())


def _holds_any(column: pa.Array, marks: bytes) -> bool:
    """Whether any text of a column may hold one of these bytes: false is certain."""
    # The texts lie end to end; a slice of a column has those of the whole.
    text = column.buffers()[-1]
    held = b"" if text is None else text.to_pybytes()
    return any(mark in held for mark in marks)


def _equal_to(column: pa.Array, text: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.equal(column, text).to_numpy(zero_copy_only=False)
    return found
