"""Variants far from all genes are passed over, and calls held packed, to the same result."""

from __future__ import annotations

import importlib
import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from genesis.io import dosage_matrix, rows_on_disk, variant_blocks
from genesis.io.dosage_matrix import DosageMatrix
from tests.io import genotype_files as files

N_SAMPLES, GENES_ON, VARIANTS_ON = 90, 4, 40
SAME = ("relations.tsv.gz", "anchors.tsv.gz", "ancestrality.tsv.gz", "loci.tsv.gz")
WINDOW = 2000


def cohort(rng, contigs=("1", "2", "X")):
    """Variants every 1,000 bp; two ids are found twice, far apart, and one record also far."""
    n = len(contigs) * VARIANTS_ON
    names = [f"rs{k}" for k in range(n)]
    calls = rng.binomial(2, 0.4, size=(n, N_SAMPLES))
    names[30], names[75] = names[2], "."
    return files.Cohort(
        counts=np.where(rng.random((n, N_SAMPLES)) < 0.02, -1, calls),
        chrom=[name for name in contigs for _ in range(VARIANTS_ON)],
        pos=[1000 * (k % VARIANTS_ON + 1) for k in range(n)],
        names=names,
        ref=["A"] * n,
        alt=["C"] * n,
        samples=[f"S{k:03d}" for k in range(N_SAMPLES)],
        sex=[0] * N_SAMPLES,
    )


def write_genes(folder, rng, data, prefix):
    """Genes at the first tenth of every contig, of which gene k+1 follows gene k; one nowhere."""
    dosages = np.maximum(data.counts, 0)
    contigs = list(dict.fromkeys(data.chrom))
    values, bed = [], []
    for c, contig in enumerate(contigs):
        for k in range(GENES_ON):
            values.append(1.5 * dosages[c * VARIANTS_ON + 3 * k] + rng.normal(size=N_SAMPLES))
            start = 3000 * k + 500
            bed.append(f"{prefix}{contig}\t{start}\t{start + 900}\tG{c}{k}\n")
    for cause, effect in pairwise(values):
        effect += 1.2 * cause
    ids = [line.split()[3] for line in bed]
    bed[1] = ""  # of this gene no place is known
    bed.append(f"{prefix}1\t30000\t30900\tNOT_MEASURED\n")
    table = pd.DataFrame(values, pd.Index(ids, name="gene_id"), data.samples)
    table.to_csv(folder / "x.tsv", sep="\t")
    (folder / "genes.bed").write_text("".join(bed))


@pytest.fixture
def run(tmp_path, genesis_command):
    def run(name, *options):
        code, _, stderr = genesis_command(
            "run", "--expression", tmp_path / "x.tsv", "--genes", tmp_path / "genes.bed",
            "--cis-window", WINDOW, "--threads", 1, "--out", tmp_path / name, *options,
        )  # fmt: skip
        assert code == 0, stderr
        tables = {one: pd.read_csv(tmp_path / f"{name}.{one}", sep="\t", dtype=str) for one in SAME}
        record = json.loads((tmp_path / f"{name}.run.json").read_text())
        return tables, record, (tmp_path / f"{name}.log").read_text()

    return run


@pytest.fixture
def hold_all(monkeypatch):
    def hold_all():
        monkeypatch.setattr(variant_blocks, "PackedMatrix", DosageMatrix)
        command = importlib.import_module("genesis.cli.run")
        monkeypatch.setattr(command, "_needs_only_cis", lambda given: False)

    return hold_all


def notes(log):
    """Those on places of genes and variants."""
    return [line for line in log.splitlines() if "contig" in line or "position" in line]


METHODS = [
    pytest.param(("--method", "rules"), id="rules"),
    pytest.param(("--self-test", "off"), id="calibrated", marks=pytest.mark.slow),
    pytest.param(("--self-test", 1), id="self-test", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("prefix", ["", "chr"])
def test_the_result_is_that_of_all_variants(tmp_path, rng, run, hold_all, method, prefix):
    data = cohort(rng)
    files.write_vcf(tmp_path / "g.vcf", data)
    write_genes(tmp_path, rng, data, prefix)
    options = ("--vcf", tmp_path / "g.vcf", *method)
    tables, record, log = run("near", *options)
    hold_all()
    expected, of_all, log_of_all = run("all", *options)
    for name, table in expected.items():
        assert_frame_equal(tables[name], table)
    assert len(expected["anchors.tsv.gz"])
    assert notes(log) == notes(log_of_all)
    counts, expected_counts = record["counts"], of_all["counts"]
    n_held = counts.pop("variants")
    assert expected_counts.pop("variants") == 120
    assert counts == expected_counts
    # On each contig the variants at 1,000 to 12,000 bp; but that at 4,000 is near one gene alone,
    # of which no place is known on the first.
    assert n_held == 35
    assert record["reading"]["records_read"] == n_held
    assert record["reading"]["records_far_from_genes"] == 120 - n_held
    assert "85 records more than 2,000 bp from every gene" in log
    assert "were passed over: 1 29, 2 28, X 28." in log


@pytest.mark.parametrize("method", METHODS)
def test_calls_on_disk_give_the_same_files(tmp_path, rng, run, monkeypatch, method):
    """With records that repeat, of several alleles, far from genes and left out by every limit."""
    data = cohort(rng)
    files.write_vcf(tmp_path / "g.vcf", data)
    lines = (tmp_path / "g.vcf").read_text().splitlines(keepends=True)
    several = lines[-70].replace("\tC\t", "\tC,T\t").replace("1/1", "1/2")
    (tmp_path / "g.vcf").write_text("".join([*lines, lines[-80], lines[-118], several]))
    write_genes(tmp_path, rng, data, "")
    options = ("--vcf", tmp_path / "g.vcf", "--maf", 0.38, *method)
    _, in_memory, log = run("memory", *options)
    monkeypatch.setattr(dosage_matrix, "STEP_BYTES", 4)
    made = []
    monkeypatch.setattr(rows_on_disk, "mkstemp", counting(rows_on_disk.mkstemp, made))
    _, on_disk, log_on_disk = run("disk", *options)
    assert len(made) >= 2  # calls, and which of them are missing
    for end, digest in in_memory["sha256_of_outputs"].items():
        if end != ".log":
            assert on_disk["sha256_of_outputs"][end] == digest, end
    assert in_memory["reading"]["duplicate_records"] > 0
    for part in ("counts", "reading", "preparation"):
        assert on_disk[part] == in_memory[part]
    assert notes(log_on_disk) == notes(log)
    excluded = pd.read_csv(tmp_path / "disk.excluded.tsv", sep="\t")
    assert {"low_maf", "duplicate_record"} <= set(excluded["reason"])


def counting(work, made):
    def counted(*args, **kwargs):
        made.append(args)
        return work(*args, **kwargs)

    return counted


@pytest.mark.parametrize(
    "option",
    [("--all-snps",), ("--genotype-pcs", 1), ("--ld-prune", 0.9)],
    ids=lambda option: option[0],
)
def test_what_needs_all_variants_has_them(tmp_path, rng, run, option):
    data = cohort(rng)
    files.write_vcf(tmp_path / "g.vcf", data)
    write_genes(tmp_path, rng, data, "")
    _, record, log = run("all", "--vcf", tmp_path / "g.vcf", "--method", "rules", *option)
    assert record["reading"]["variants_kept"] == 120
    assert "passed over" not in log


def test_where_no_gene_is_near_a_variant_all_are_held(tmp_path, rng, run):
    data = cohort(rng)
    files.write_vcf(tmp_path / "g.vcf", data)
    write_genes(tmp_path, rng, data, "")
    genes = pd.read_csv(tmp_path / "genes.bed", sep="\t", header=None)
    genes[[1, 2]] += 1_000_000
    genes.to_csv(tmp_path / "genes.bed", sep="\t", header=False, index=False)
    _, record, log = run("far", "--vcf", tmp_path / "g.vcf", "--method", "rules")
    assert record["reading"]["variants_kept"] == 120
    assert "passed over" not in log


@pytest.mark.slow
def test_the_result_on_the_example(example, tmp_path, genesis_command, hold_all):
    tables = []
    for name in ("near", "all"):
        code, _, stderr = genesis_command(
            "run", "--vcf", example / "genotypes.vcf.gz", "--genes", example / "genes.bed",
            "--expression", example / "expression.tsv.gz", "--covariates",
            example / "covariates.tsv", "--cis-window", 20_000, "--method", "rules",
            "--out", tmp_path / name,
        )  # fmt: skip
        assert code == 0, stderr
        tables.append(
            [pd.read_csv(tmp_path / f"{name}.{one}", sep="\t", dtype=str) for one in SAME]
        )
        hold_all()
    for found, expected in zip(*tables, strict=True):
        assert_frame_equal(found, expected)
    assert "4643 records more than 20,000 bp from" in (tmp_path / "near.log").read_text()
