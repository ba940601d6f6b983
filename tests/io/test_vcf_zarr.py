"""A Zarr store gives what the VCF gives from which it was made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pysam
import pytest

import genesis
from genesis.cli.main import run_command
from genesis.errors import (
    CommandLineError,
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
    OutputWriteError,
)
from genesis.io.vcf import open_vcf
from genesis.io.vcf_zarr import convert_vcf
from tests.cli.small_inputs import write_all
from tests.io.vcf_text import header, record, write

pytest.importorskip("bio2zarr")


def packed(path):
    """The same text compressed by bgzip, with an index."""
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf")
    return f"{path}.gz"


@pytest.fixture
def odd(tmp_path):
    """A file with calls and alleles of every kind, and a store of it."""
    text = [
        record("0/0:0", "0/1:0.8", "1/1:2", "0|1:1", pos=1, name="rs1", fields="GT:DS"),
        record("./.:.", "0/1:1", "./1:1", "0/0:0", pos=5, fields="GT:DS"),
        record("0:0", "1:1", ".:.", "1:1", pos=9, name="x", fields="GT:DS"),
        record("0/0:0", "1:1", "0/1:1", "1/1:2", pos=12, fields="GT:DS"),
        record(
            "0/1:1,0",
            "1/2:1,1",
            "2/2:0,2",
            "0/0:0,0",
            pos=20,
            alt="C,G",
            name="multi",
            fields="GT:DS",
        ),
        record("0/1:1,0", "0/0:0,0", "1/1:2,0", "0/2:0,1", pos=30, alt="C,*", fields="GT:DS"),
        record("0/0:0", "0/1:1", "0/0:0", "0/1:1", pos=4, chrom="2", name="y", fields="GT:DS"),
        record("0/0:0", "0/0:0", "0/0:0", "0/0:0", pos=7, chrom="2", fields="GT:DS"),
    ]
    path = packed(write(tmp_path / "g.vcf", header("abcd", contigs=("1", "2")), *text))
    return path, convert_vcf(path, tmp_path / "g.zarr")


def assert_same_genotypes(found, expected):
    pd.testing.assert_frame_equal(found.variants, expected.variants, check_exact=True)
    pd.testing.assert_frame_equal(found.excluded, expected.excluded)
    np.testing.assert_array_equal(found.dosages, expected.dosages)
    assert found.samples == expected.samples
    assert found.counts == expected.counts
    assert found.notes[1:] == expected.notes[1:]
    assert (found.missing is None) == (expected.missing is None)
    if expected.missing is not None:
        np.testing.assert_array_equal(found.missing, expected.missing)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"field": "DS"},
        {"multiallelic": "drop"},
        {"samples": ["d", "a", "b"]},
        {"region": "1:5-20"},
        {"region": ["chr2", "1:1-9", "1:5-12"]},
    ],
    ids=str,
)
def test_a_store_gives_the_genotypes_of_its_vcf(odd, asked):
    vcf, store = odd
    asked = {"maf": 0, "max_missing": 1, **asked}
    assert open_vcf(store).samples == open_vcf(vcf).samples
    expected = genesis.read_vcf(vcf, **asked)
    assert len(expected.variants) > 1
    assert_same_genotypes(genesis.read_vcf(store, **asked), expected)


def test_a_run_on_a_store_is_a_run_on_its_vcf(tmp_path):
    options = write_all(tmp_path)
    vcf = packed(tmp_path / "g.vcf")
    store = tmp_path / "g.zarr"
    assert run_command(["convert", "--vcf", vcf, "--out", str(store), "-q", "--threads", "1"]) == 0
    for name, source in (("a", vcf), ("b", str(store))):
        words = ["run", "--method", "rules", "-q", "--vcf", source, "--out", str(tmp_path / name)]
        for option in ("--expression", "--genes", "--covariates"):
            words += [option, options[option]]
        assert run_command(words) == 0
    for ending in (".ancestrality.tsv.gz", ".relations.parquet", ".anchors.tsv.gz"):
        assert (tmp_path / f"a{ending}").read_bytes() == (tmp_path / f"b{ending}").read_bytes()
    inputs = genesis.load(tmp_path / "b").run["inputs"]
    assert inputs["vcf"] == {"path": str(store)}
    for name in "ab":
        out = str(tmp_path / f"{name}_pc")
        words = ["head-start", "--run", str(tmp_path / name), "--learner", "pc", "--out", out]
        assert run_command(words) == 0
    edges = [(tmp_path / f"{name}_pc.edges.tsv").read_bytes() for name in "ab"]
    assert edges[0] == edges[1]


def test_what_cannot_be_converted_or_read_is_named(odd, tmp_path):
    vcf, store = odd
    plain = write(tmp_path / "p.vcf", header("ab"), record("0/0", "0/1"))
    with pytest.raises(InputOpenError, match="no index"):
        convert_vcf(plain, tmp_path / "p.zarr")
    with pytest.raises(InputOpenError):
        convert_vcf(tmp_path / "none.vcf.gz", tmp_path / "p.zarr")
    with pytest.raises(CommandLineError, match=r"end in \.zarr"):
        convert_vcf(vcf, tmp_path / "p.txt")
    with pytest.raises(OutputWriteError, match="is a directory"):
        convert_vcf(vcf, store)
    with pytest.raises(InputOpenError):
        convert_vcf("n" * 300, tmp_path / "p.zarr")
    with pytest.raises(InputOpenError, match="no such store"):
        genesis.read_vcf("n" * 300 + ".zarr")
    with pytest.raises(InputOpenError, match="no such store"):
        genesis.read_vcf(tmp_path / "none.zarr")
    (tmp_path / "bad.zarr").mkdir()
    with pytest.raises(InputReadError, match="no Zarr store"):
        genesis.read_vcf(tmp_path / "bad.zarr")
    (tmp_path / "bad.zarr" / ".zgroup").write_text('{"zarr_format": 2}')
    with pytest.raises(MalformedInputError, match="lacks the array sample_id"):
        genesis.read_vcf(tmp_path / "bad.zarr")
    with pytest.raises(InconsistentInputsError, match="chr9"):
        genesis.read_vcf(store, region="chr9")
