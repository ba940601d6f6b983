"""What is made of the variants read: names, copies dropped, exclusions, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, InconsistentInputsError
from genesis.io.exclusions import combine, count_reasons, exclusions
from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted, first_few
from genesis.io.near_genes import NearGenes
from genesis.io.record_filters import filter_note
from genesis.io.rows_on_disk import marked_rows
from genesis.io.variant_blocks import CODE, FEW, REASONS, VariantCollector
from genesis.io.variant_names import find_copies, name_variants, place_names

__all__ = ["assemble"]


def assemble(
    collector: VariantCollector,
    table: pd.DataFrame,
    fields: Sequence[str],
    notes: Sequence[str],
    near: NearGenes | None = None,
) -> Genotypes:
    """Name the variants, drop repeated records, and say what was done."""
    counts = collector.counts
    listed = list_notes(collector, table)
    listed += filter_note(collector.filters.texts, table["filter"], collector.limits.pass_only)
    taken = False if near is None else near.ids_elsewhere(table["name"])
    table["variant_id"] = name_variants(table, taken).array
    copy, table["disagrees"] = find_copies(table)
    rows = np.flatnonzero(table["reason"] == 0)
    if not len(rows):
        raise nothing_left(excluded_variants(table, collector), collector, fields)
    missing = collector.missing.take_rows()
    again = copy[rows]
    dosages = collector.matrix.take(again)
    if again.any():
        missing = marked_rows(missing, ~again)
        reason = table["reason"].to_numpy(copy=True)
        reason[rows[again]] = CODE["duplicate_record"]
        table["reason"] = reason
    excluded = excluded_variants(table, collector)
    counts["variants_read"] = len(table)
    n_disagreeing = int(table["disagrees"].sum())
    kept, names = kept_variants(table)
    counts["variants_kept"] = len(kept)
    counts["imputed_calls"] = int(kept["n_missing"].sum())
    counts["ids_made"] = int((kept["variant_id"].array != names).sum())
    counts["duplicate_records"] = int(again.sum())
    counts["disagreeing_copies"] = n_disagreeing
    return Genotypes(
        dosages=dosages,
        samples=collector.samples,
        variants=kept,
        excluded=excluded,
        notes=[*reading_notes(counts, excluded, collector.path), *listed, *notes],
        counts=counts,
        missing=missing if counts["imputed_calls"] else None,
    )


def kept_variants(table: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """The variants that are kept, as in `Genotypes`, and the ids of their records.

    Columns of the table are forgotten, one after the other.
    """
    rows = np.flatnonzero(table["reason"] == 0)
    kept = {}
    for name in ("variant_id", "chrom", "pos", "ref", "alt", "af", "n_missing", "ploidy"):
        column = table.pop(name)
        if name in FEW:
            # Each text is held once.
            texts = np.asarray(column.cat.categories, dtype=object)
            kept[name] = pd.Series(texts[column.cat.codes.to_numpy()[rows]], dtype="str")
        elif name in ("n_missing", "ploidy"):
            kept[name] = pd.Series(column.to_numpy()[rows].astype(np.int64))
        else:
            kept[name] = pd.Series(column.array[rows])
    return pd.DataFrame(kept, copy=False), table["name"].array[rows]


def excluded_variants(table: pd.DataFrame, collector: VariantCollector) -> pd.DataFrame:
    frames = []
    reasons = table["reason"].to_numpy()
    disagrees = table["disagrees"].to_numpy()
    for code in np.unique(reasons[reasons != 0]).tolist():
        # There may be millions of them: no more is taken out of the table than is needed.
        rows = np.flatnonzero(reasons == code)
        reason = REASONS[code]
        detail: Any = np.full(len(rows), "", dtype=object)
        if reason == "missing_calls":
            detail[:] = [f"{n} calls missing" for n in table["n_missing"].to_numpy()[rows]]
        elif reason == "filter_not_pass":
            detail[:] = [collector.filters.texts[one] for one in table["filter"].to_numpy()[rows]]
        elif reason == "low_maf":
            detail = frequency_texts(table["af"].to_numpy()[rows])
        for place in np.flatnonzero(disagrees[rows]):
            apart = "calls differ from those of a copy of this record"
            detail[place] = f"{detail[place]}; {apart}" if detail[place] else apart
        ids = pd.Series(table["variant_id"].array[rows])
        frames.append(exclusions("variant", ids, reason, detail))
    return combine(frames)


def frequency_texts(af: NDArray[np.float64]) -> NDArray[np.object_]:
    """What is said of variants of a low frequency; each text is made and held once."""
    lower, which = np.unique(np.minimum(af, 1 - af), return_inverse=True)
    texts = np.array([f"minor allele frequency {one:.4g}" for one in lower], dtype=object)
    return texts[which]


def nothing_left(
    excluded: pd.DataFrame, collector: VariantCollector, fields: Sequence[str]
) -> DegenerateDataError:
    reasons = {reason: n for (_, reason), n in count_reasons(excluded).items()}
    listed = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
    advice = "relax the limits (maf, max_missing) or look at the records named"
    if set(reasons) == {"field_absent"}:
        advice = (
            f"no record has the field {collector.limits.field}; declared are {', '.join(fields)}"
        )
    return DegenerateDataError(
        f"{collector.path}: none of {len(excluded)} variants is left ({listed}), e.g. "
        f"{first_few(excluded['id'].tolist(), 3)}; {advice}"
    )


def reading_notes(counts: dict[str, int], excluded: pd.DataFrame, path: str) -> list[str]:
    """What was done, a sentence each; nothing on what did not occur."""
    sentences = {
        "records_outside_region": "{n} record{s} outside the region {were} passed over.",
        "multiallelic_records": "{n} record{s} {have} several ALT alleles.",
        "half_calls": "{n} half-call{s} (such as ./1) in {half_records} {were} set missing.",
        "haploid_calls": "{n} haploid call{s} {were} read as dosage 0 or 1.",
        "hemizygous_calls": "{n} call{s} of males on X {were} read as dosage 0 or 2.",
        "male_heterozygous_calls": "{n} heterozygous call{s} of males on X, outside the "
        "pseudo-autosomal regions, {were} set missing.",
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


def list_notes(collector: VariantCollector, table: pd.DataFrame) -> list[str]:
    """Ids of the lists of variants that the file does not have.

    Raises
    ------
    InconsistentInputsError
        If no variant to be included is there.
    """
    notes = []
    limits = collector.limits
    known: set[str] | None = None
    for ids, to_do in ((limits.include, "include"), (limits.exclude, "exclude")):
        if ids is None:
            continue
        if known is None:
            known = {*table["name"], *place_names(table).to_pylist()}
        absent = [name for name in dict.fromkeys(ids) if name not in known]
        if to_do == "include" and len(absent) == len(set(ids)):
            raise InconsistentInputsError(
                f"{collector.path}: none of the {counted(len(absent), 'variant')} to be included "
                f"is there; the list has {first_few(absent, 3)}, the file "
                f"{first_few(table['name'].tolist(), 3)}. Give ids, or chrom:pos:ref:alt"
            )
        if absent:
            notes.append(
                f"{counted(len(absent), 'variant')} to {to_do} not among those read: "
                f"{first_few(absent)}."
            )
    return notes
