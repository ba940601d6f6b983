"""One data set in every format of genotypes, written by the formats' own libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.io.vcf_text import header, record, write


@dataclass
class Cohort:
    """Biallelic calls: variants x samples, the number of ALT alleles, -1 missing."""

    counts: np.ndarray
    chrom: list[str]
    pos: list[int]
    names: list[str]
    ref: list[str]
    alt: list[str]
    samples: list[str]
    sex: list[int] = field(default_factory=list)


def draw(rng: np.random.Generator, n_variants: int = 60, n_samples: int = 40) -> Cohort:
    """A cohort with frequencies on both sides of a half, gaps, and ids that are lacking."""
    frequency = rng.uniform(0.02, 0.98, size=(n_variants, 1))
    counts = rng.binomial(2, frequency, size=(n_variants, n_samples))
    counts[rng.random(counts.shape) < 0.03] = -1
    counts[3], counts[4] = 0, 2
    half = n_variants // 2
    return Cohort(
        counts=counts,
        chrom=["1"] * half + ["2"] * (n_variants - half),
        pos=[1000 * (k % half + 1) for k in range(n_variants)],
        names=["." if k % 7 == 0 else f"rs{k}" for k in range(n_variants)],
        ref=list(rng.choice(list("AC"), n_variants)),
        alt=list(rng.choice(["G", "T", "GTT"], n_variants)),
        samples=[f"S{k:02d}" for k in range(n_samples)],
        sex=[0] * n_samples,
    )


def write_vcf(path: Path, cohort: Cohort) -> Path:
    calls = np.array(["0/0", "0/1", "1/1", "./."])
    rows = zip(cohort.counts, cohort.chrom, cohort.pos, cohort.names, cohort.ref, cohort.alt,
               strict=True)  # fmt: skip
    text = [
        record(*calls[row], chrom=chrom, pos=pos, name=name, ref=ref, alt=alt)
        for row, chrom, pos, name, ref, alt in rows
    ]
    return write(path, header(cohort.samples, sorted(set(cohort.chrom))), *text)


def write_bed(prefix: Path, cohort: Cohort) -> Path:
    """By bed_reader, which is told that A1 is ALT."""
    from bed_reader import to_bed

    values = cohort.counts.T.astype(np.float64)
    values[values < 0] = np.nan
    properties = {
        "fid": ["0"] * len(cohort.samples),
        "iid": cohort.samples,
        "sex": cohort.sex,
        "chromosome": cohort.chrom,
        "sid": cohort.names,
        "bp_position": cohort.pos,
        "allele_1": cohort.alt,
        "allele_2": cohort.ref,
    }
    to_bed(f"{prefix}.bed", values, properties=properties)
    return prefix


def write_pfile(
    prefix: Path,
    cohort: Cohort,
    *,
    calls: Sequence[np.ndarray] | None = None,
    dosages: np.ndarray | None = None,
) -> Path:
    """By pgenlib; `calls` are allele numbers (2 x samples) of variants of several alleles."""
    from pgenlib import PgenWriter

    n_alleles = [1 + len(alt.split(",")) for alt in cohort.alt]
    writer = PgenWriter(
        f"{prefix}.pgen".encode(), len(cohort.samples), variant_ct=len(cohort.pos),
        nonref_flags=False, allele_ct_limit=max(n_alleles), dosage_present=dosages is not None,
    )  # fmt: skip
    for k, row in enumerate(cohort.counts):
        if calls is not None:
            writer.append_alleles(calls[k].astype(np.int32), allele_ct=n_alleles[k])
        elif dosages is not None:
            writer.append_dosages(dosages[k].astype(np.float32))
        else:
            writer.append_biallelic(np.where(row < 0, -9, row).astype(np.int8))
    writer.close()
    rows = zip(cohort.chrom, cohort.pos, cohort.names, cohort.ref, cohort.alt, strict=True)
    lines = ["##contig=<ID=X,length=156040895>", "#CHROM\tPOS\tID\tREF\tALT"]
    lines += ["\t".join(map(str, row)) for row in rows]
    Path(f"{prefix}.pvar").write_text("\n".join(lines) + "\n")
    sexes = [f"{name}\t{sex or 'NA'}" for name, sex in
             zip(cohort.samples, cohort.sex, strict=True)]  # fmt: skip
    Path(f"{prefix}.psam").write_text("#IID\tSEX\n" + "\n".join(sexes) + "\n")
    return prefix


def write_bgen(path: Path, cohort: Cohort) -> Path:
    """By bgen: certain probabilities."""
    from bgen import BgenWriter

    with BgenWriter(str(path), len(cohort.samples), cohort.samples) as writer:
        for k, row in enumerate(cohort.counts):
            given = np.full((len(row), 3), np.nan)
            given[row >= 0] = np.eye(3)[row[row >= 0]]
            alleles = [cohort.ref[k], cohort.alt[k]]
            name = cohort.names[k]
            writer.add_variant(name, name, cohort.chrom[k], cohort.pos[k], alleles, given)
    return path
