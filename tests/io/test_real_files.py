"""Small files of other programs' test suites: read as bcftools and plink2 do, or refused."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest

import genesis
from genesis.errors import CommandLineError, DegenerateDataError, MalformedInputError
from genesis.io.exclusions import count_reasons
from genesis.io.variant_names import PLACEHOLDERS

ALL = {"maf": 0, "max_missing": 1}
PLINK2 = shutil.which("plink2")
UNDECLARED = CommandLineError, "GT is not declared in the header"
#: Files with samples that are refused, and why that is right.
REFUSED = {
    "annotate15.vcf": UNDECLARED,  # its records have the field FOO alone
    "bug.vcf.gz": UNDECLARED,  # counts of reads and no genotypes
    "test.warnings.vcf.gz": UNDECLARED,  # GT in the records, of a type that nobody says
    "empty.vcf": (MalformedInputError, "the file is empty"),  # refused by bcftools too
    "test-invalid-header.vcf": (MalformedInputError, "column 11 has an empty sample id"),  # too
}
FORM = "%CHROM\t%POS\t%REF\t%ALT[\t%GT]\n"
NO_CALLS = {"field_absent": "missing_calls"}  # bcftools does not tell the two apart


def files_of(shared, *endings):
    folder = shared / "data" / "real_files"
    found = sorted(path for path in folder.glob("*/*") if path.name.endswith(endings))
    assert found
    return found


def samples_of(path):
    with pysam.VariantFile(str(path)) as file:
        return list(file.header.samples)


def dosage(call, allele):
    parts = call.replace("|", "/").split("/")
    return float("nan") if "." in parts else float(parts.count(str(allele)))


def by_bcftools(path):
    """Variants kept (place to dosages, NaN missing), and counts of reasons of the others."""
    kept, reasons = {}, Counter()
    for line in pysam.bcftools.query("-f", FORM, str(path)).splitlines():
        chrom, pos, ref, alts, *calls = line.split("\t")
        for allele, alt in enumerate(alts.split(","), start=1):
            place = chrom, int(pos), ref, alt
            values = np.array([dosage(call, allele) for call in calls])
            called = [call for call in calls if "." not in call]
            n_alleles = sum(len(call.replace("|", "/").split("/")) for call in called)
            total = np.nansum(values)
            if alt in PLACEHOLDERS or alt == ".":
                reasons[PLACEHOLDERS.get(alt, "monomorphic")] += 1
            elif not called:
                reasons["missing_calls"] += 1
            elif len({*values[~np.isnan(values)]}) == 1:
                same = total in (0, n_alleles)
                reasons["monomorphic" if same else "constant_dosage"] += 1
            elif place in kept:
                reasons["duplicate_record"] += 1
            else:
                kept[place] = values
    return kept, reasons


def without_gaps(values):
    return np.where(np.isnan(values), np.nanmean(values), values)


def test_every_vcf_and_bcf_is_read_as_bcftools_reads_it(shared, capfd):
    n_equal = n_refused = 0
    for path in files_of(shared, ".vcf", ".vcf.gz", ".bcf"):
        if path.name in REFUSED:
            error, words = REFUSED[path.name]
            with pytest.raises(error, match=words):
                genesis.read_vcf(path, **ALL)
            n_refused += 1
            continue
        samples = samples_of(path)
        if not samples:
            with pytest.raises(DegenerateDataError, match="no samples"):
                genesis.read_vcf(path, **ALL)
            continue
        kept, reasons = by_bcftools(path)
        if not kept:
            listed = ", ".join(f"{n} {reason}" for reason, n in reasons.items())
            with pytest.raises(DegenerateDataError, match=f"none of {sum(reasons.values())} ") as e:
                genesis.read_vcf(path, **ALL)
            named = str(e.value).split("(", 1)[1].split(")")[0]
            found = Counter()
            for part in named.split(", "):
                reason, n = part.split(" ")
                found[NO_CALLS.get(reason, reason)] += int(n)
            assert found == reasons, f"{path}: {listed}"
            n_equal += 1
            continue
        genotypes = genesis.read_vcf(path, **ALL)
        assert genotypes.samples == samples, path
        places = genotypes.variants[["chrom", "pos", "ref", "alt"]].itertuples(index=False)
        assert [tuple(place) for place in places] == list(kept), path
        expected = np.array([without_gaps(values) for values in kept.values()])
        np.testing.assert_allclose(genotypes.dosages.T, expected, rtol=1e-6, err_msg=str(path))
        n_missing = [int(np.isnan(values).sum()) for values in kept.values()]
        assert genotypes.variants["n_missing"].tolist() == n_missing, path
        found = Counter()
        for (_, reason), n in count_reasons(genotypes.excluded).items():
            found[NO_CALLS.get(reason, reason)] += n
        assert found == reasons, path
        n_equal += 1
    assert n_refused == len(REFUSED)
    assert n_equal > 30


def plink2(folder, *words):
    """Dosages of the first allele's counterpart by plink2; None where it refuses the file."""
    out = folder / "plink2"
    command = [PLINK2, *map(str, words), "--allow-extra-chr", "--threads", "1", "--export",
               "A-transpose", "--out", str(out)]  # fmt: skip
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    table = pd.read_csv(f"{out}.traw", sep="\t", dtype={"CHR": str})
    # It counts REF.
    return table.iloc[:, :6], 2 - table.iloc[:, 6:].to_numpy(dtype=float)


@pytest.mark.skipif(PLINK2 is None, reason="plink2 is not installed")
def test_every_diploid_vcf_is_read_as_plink2_reads_it(shared, tmp_path):
    n_compared = 0
    for path in files_of(shared, ".vcf", ".vcf.gz"):
        if path.name in REFUSED or not samples_of(path):
            continue
        words = ["--vcf", path, "--max-alleles", 2, "--vcf-half-call", "missing"]
        found = plink2(tmp_path, *words)
        kept, _ = by_bcftools(path)
        if found is None or not kept:
            continue
        # It takes a haploid call for two alleles.
        diploid = set()
        for line in pysam.bcftools.query("-f", FORM, str(path)).splitlines():
            chrom, pos, ref, alt, *calls = line.split("\t")
            if all(len(call) == 3 or call == "." for call in calls):
                diploid.add((chrom, int(pos), ref, alt))
        table, dosages = found
        # Contigs are spelt by it in its own way.
        # It spells the contigs without chr.
        named = zip(table["CHR"], table["POS"], table["COUNTED"], table["ALT"], strict=True)
        rows: dict = {}
        for place, values in zip(named, dosages, strict=True):
            rows.setdefault(place, values)
        genotypes = genesis.read_vcf(path, **ALL)
        places = genotypes.variants[["chrom", "pos", "ref", "alt"]].itertuples(index=False)
        for k, (chrom, *place) in enumerate(places):
            values = rows.get((chrom.removeprefix("chr"), *place))
            if values is not None and (chrom, *place) in diploid:
                expected = without_gaps(values)
                np.testing.assert_allclose(genotypes.dosages[:, k], expected, err_msg=str(path))
                n_compared += 1
    assert n_compared > 60


REFUSED_BGEN = {
    **dict.fromkeys(
        (f"complex{bits}.bgen" for bits in ("", ".8bits", ".16bits", ".31bits")),
        r"record 10 \(01:10\), sample sample_0: probabilities of genotypes of 4 alleles",
    ),
    "alt_dosage_check.bgen": "no ids of samples",
}


def decoded(path):
    """ALT dosages (variants × samples) by the formula, of two alleles and up to two copies."""
    from bgen import BgenReader

    rows = []
    for variant in BgenReader(str(path)):
        given = np.asarray(variant.probabilities, dtype=np.float64)
        if variant.is_phased:
            rows.append(given[:, 1] + given[:, 3])
        else:
            haploid = np.asarray(variant.ploidy) == 1
            rows.append(np.where(haploid, 2 * given[:, 1], given[:, 1] + 2 * given[:, 2]))
    return np.array(rows)


def test_every_bgen_is_read_as_its_probabilities_say(shared, tmp_path):
    pytest.importorskip("bgen")
    n_read = 0
    for path in files_of(shared, ".bgen"):
        options = dict(ALL)
        if path.name in REFUSED_BGEN:
            with pytest.raises(MalformedInputError, match=REFUSED_BGEN[path.name]):
                genesis.read_bgen(path, **options)
        if path.name.startswith("complex"):
            continue
        expected = decoded(path)
        if path.name == "alt_dosage_check.bgen":
            options["sample"] = tmp_path / "s.sample"
            lines = ["ID_1 ID_2 missing", "0 0 0", *(f"f i{k} 0" for k in range(expected.shape[1]))]
            options["sample"].write_text("\n".join(lines) + "\n")
        genotypes = genesis.read_bgen(path, **options)
        again = genotypes.excluded["reason"].isin(["duplicate_record", "monomorphic"])
        assert again.all()
        assert len(genotypes.variants) + len(genotypes.excluded) == len(expected)
        for column in genotypes.dosages.T:
            gap = np.abs(np.array([without_gaps(row) for row in expected]) - column).max(axis=1)
            assert gap.min() < 1e-5
        n_read += 1
        found = None if PLINK2 is None else plink2(tmp_path, "--bgen", path, "ref-first")
        if found is not None:
            # It rounds dosages to 1/16384, and writes them with five digits.
            np.testing.assert_allclose(found[1], expected, atol=3e-4, err_msg=str(path))
    assert n_read == 5


def test_all_files_are_met(shared):
    known = (".vcf", ".vcf.gz", ".bcf", ".bgen", ".sample")
    folder = shared / "data" / "real_files"
    names = [path.name for path in folder.glob("*/*")]
    assert all(name.endswith(known) for name in names)
    assert {*REFUSED, *REFUSED_BGEN} <= {*names}
    assert Path(folder / "SOURCE.md").exists()
