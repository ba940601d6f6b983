"""Inputs at addresses, from a server of this machine, and from standard input."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import genesis
from genesis.errors import CommandLineError, InputOpenError, InputReadError, MalformedInputError
from genesis.io import remote
from genesis.io.first_records import first_records
from genesis.io.genotype_source import read_genotypes
from genesis.io.variant_blocks import RecordFilter
from genesis.io.vcf import open_vcf
from tests.io.file_server import serving


@pytest.fixture(scope="module")
def served(tmp_path_factory, example):
    """A folder with the example in several forms."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("genotypes.vcf.gz", "genotypes.vcf.gz.tbi", "expression.tsv.gz", "genes.bed"):
        shutil.copy(example / name, folder / name)
    subprocess.run(
        ["bcftools", "view", "-Ob", "-o", "g.bcf", "genotypes.vcf.gz"], cwd=folder, check=True
    )
    subprocess.run(["bcftools", "index", "g.bcf"], cwd=folder, check=True)
    shutil.copy(folder / "genotypes.vcf.gz", folder / "alone.vcf.gz")
    return folder


@pytest.fixture
def address(served, monkeypatch, tmp_path):
    """Where the folder is served; nothing is kept of what others asked for, nor written here."""
    monkeypatch.setattr(remote, "_copies", {})
    monkeypatch.chdir(tmp_path)
    with serving(served) as url:
        yield url
    assert list(tmp_path.iterdir()) == []


def require_same(one, other):
    assert_frame_equal(one.variants, other.variants)
    np.testing.assert_array_equal(one.dosages, other.dosages)


@pytest.mark.parametrize("name", ["genotypes.vcf.gz", "g.bcf"])
def test_genotypes_at_an_address_are_those_of_the_file(name, address, served):
    require_same(genesis.read_vcf(f"{address}/{name}"), genesis.read_vcf(served / name))


@pytest.mark.parametrize("name", ["genotypes.vcf.gz", "g.bcf"])
def test_of_regions_htslib_has_those_alone(name, address, served):
    regions = ["chr2:1-3000000", "1:500000-900000", "chr2:2000000-3500000"]
    found = genesis.read_vcf(f"{address}/{name}", region=regions)
    require_same(found, genesis.read_vcf(served / name, region=regions))
    assert len(found.variants) > 20
    # The index was copied, and not the file.
    assert remote.copy_made(f"{address}/{name}") is None


def test_without_an_index_regions_are_found_in_all_records(address, served):
    found = genesis.read_vcf(f"{address}/alone.vcf.gz", region="chr2:1-3000000")
    require_same(found, genesis.read_vcf(served / "alone.vcf.gz", region="chr2:1-3000000"))


def test_some_samples_and_another_contig_name(address, served):
    samples = genesis.read_vcf(served / "g.bcf").samples[5:25:2]
    more = {"samples": samples, "region": "3", "contigs": ["chr3"], "maf": 0.1}
    require_same(
        genesis.read_vcf(f"{address}/genotypes.vcf.gz", **more),
        genesis.read_vcf(served / "genotypes.vcf.gz", **more),
    )


def test_the_first_records_come_without_the_others(address, served):
    limits = RecordFilter("GT", 0.05, 0.1, "split")
    asked = {"samples": None, "region": None, "sex": None, "progress": None}
    found = read_genotypes(first_records(open_vcf(f"{address}/alone.vcf.gz"), 50), limits, **asked)
    assert found.counts["records_read"] == 50
    assert remote.copy_made(f"{address}/alone.vcf.gz") is None


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda data: data[:-2000], InputReadError, "truncated"),
        (lambda data: b"hello\n", InputOpenError, "whether a VCF or BCF is there"),
    ],
)
def test_damage_is_found(change, error, message, address, served):
    data = (served / "genotypes.vcf.gz").read_bytes()
    (served / "damaged.vcf.gz").write_bytes(change(data))
    with pytest.raises(error, match=message):
        genesis.read_vcf(f"{address}/damaged.vcf.gz")


def test_bad_lines_are_found_as_in_a_file(address, served):
    lines = subprocess.run(
        ["bgzip", "-dc", "genotypes.vcf.gz"], cwd=served, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    lines[-3] = lines[-3].rpartition("\t")[0]
    (served / "bad.vcf").write_text("\n".join(lines) + "\n")
    with pytest.raises(MalformedInputError, match=f"bad.vcf.*line {len(lines) - 2}"):
        genesis.read_vcf(f"{address}/bad.vcf")


def test_tables_at_an_address(address, served):
    found = genesis.read_expression(f"{address}/expression.tsv.gz")
    expected = genesis.read_expression(served / "expression.tsv.gz")
    np.testing.assert_array_equal(found.values, expected.values)
    assert found.notes[0].startswith(f"{address}/expression.tsv.gz: 151 genes")
    assert_frame_equal(
        genesis.read_genes(f"{address}/genes.bed"), genesis.read_genes(served / "genes.bed")
    )
    table = pd.DataFrame(
        expected.values[:, :4].T, expected.genes["gene_id"][:4], columns=expected.samples
    )
    table.to_parquet(served / "e.parquet")
    np.testing.assert_array_equal(
        genesis.read_expression(f"{address}/e.parquet").values, expected.values[:, :4]
    )


@pytest.mark.parametrize("read", [genesis.read_expression, genesis.read_genes, genesis.read_vcf])
def test_nothing_at_an_address(read, address):
    with pytest.raises(InputOpenError, match=r"none.tsv: (the server has no such file|htslib)"):
        read(f"{address}/none.tsv")
    with pytest.raises(InputOpenError, match=r"cannot (be read|open it)"):
        read("http://127.0.0.1:9/none.tsv")


def test_what_breaks_off_is_refused(address, served):
    shutil.copy(served / "genes.bed", served / "short.bed")
    with pytest.raises((InputReadError, InputOpenError), match=r"short.bed: it (broke off|cannot)"):
        genesis.read_genes(f"{address}/short.bed")


@pytest.fixture
def store(served, monkeypatch):
    """Object stores, whose objects are the files of the folder."""
    monkeypatch.setattr(remote, "_copies", {})
    store = SimpleNamespace(open=lambda url, mode: (served / url.rpartition("/")[2]).open(mode))
    monkeypatch.setitem(sys.modules, "fsspec", store)
    return store


def test_tables_in_an_object_store(store, served):
    for url in ("s3://bucket/a/genes.bed", "gs://bucket/genes.bed"):
        assert_frame_equal(genesis.read_genes(url), genesis.read_genes(served / "genes.bed"))
    with pytest.raises(InputOpenError, match=r"none\.bed: no such object"):
        genesis.read_genes("s3://bucket/none.bed")


def test_packages_that_are_not_there_are_named(store, monkeypatch):
    def lacking(url, mode):
        raise ImportError("Install s3fs to access S3")

    store.open = lacking
    with pytest.raises(CommandLineError, match=r"Install s3fs.*genesis-causal\[remote\]"):
        genesis.read_genes("s3://bucket/genes.bed")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(CommandLineError, match=r"package fsspec.*genesis-causal\[remote\]"):
        genesis.read_genes("s3://bucket/genes.bed")


def test_standard_input_is_read_as_a_file_is(served, monkeypatch):
    for name, read in (("genes.bed", genesis.read_genes), ("genotypes.vcf.gz", genesis.read_vcf)):
        monkeypatch.setattr(remote, "_copies", {})
        data = io.BytesIO((served / name).read_bytes())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=data, isatty=lambda: False))
        found, expected = read("/dev/stdin"), read(served / name)
        if name == "genes.bed":
            assert_frame_equal(found, expected)
        else:
            require_same(found, expected)


def test_nothing_is_waited_for_at_a_terminal(monkeypatch):
    monkeypatch.setattr(remote, "_copies", {})
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    with pytest.raises(InputOpenError, match="nothing is piped into it"):
        genesis.read_genes("/dev/stdin")
