"""Indexes of VCF.gz and BCF: read as htslib reads them, and refused where they do not fit."""

from __future__ import annotations

import gzip
import os
import shutil

import numpy as np
import pysam
import pysam.bcftools
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesis.errors import (
    DegenerateDataError,
    GenesisError,
    InconsistentInputsError,
    InputOpenError,
    MalformedInputError,
)
from genesis.io.bgzf_index import open_index, read_stretches
from genesis.io.regions import Region
from genesis.io.vcf import read_vcf
from genesis.io.vcf_header import read_header
from genesis.io.vcf_zarr import convert_vcf
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}
SAMPLES = [f"s{i}" for i in range(40)]
CONTIGS = ["1", "2", "3"]


def lines_of(n, contigs=CONTIGS, seed=3, step=900):
    rng = np.random.default_rng(seed)
    calls = np.array(["0/0", "0/1", "1/1"])
    return [
        record(*calls[rng.integers(0, 3, len(SAMPLES))], chrom=chrom, pos=step * (i + 1))
        for chrom in contigs
        for i in range(n)
    ]


def pack(path, lines, *, index="tbi"):
    """A bgzipped VCF, or a BCF, with an index or none."""
    plain = write(path.with_name("plain.vcf"), header(SAMPLES, CONTIGS), *lines)
    if path.suffix == ".bcf":
        with (
            pysam.VariantFile(str(plain)) as old,
            pysam.VariantFile(str(path), "wb", header=old.header) as new,
        ):
            for one in old:
                new.write(one)
    else:
        pysam.tabix_compress(str(plain), str(path), force=True)
    if index:
        pysam.tabix_index(str(path), preset="bcf" if path.suffix == ".bcf" else "vcf", force=True,
                          csi=index == "csi")  # fmt: skip
    return path


@pytest.fixture(params=[("g.vcf.gz", "tbi"), ("g.vcf.gz", "csi"), ("g.bcf", "csi")], ids=str)
def packed(request, tmp_path):
    name, index = request.param
    return pack(tmp_path / name, lines_of(700), index=index)


def index_path(path):
    return next(one for one in path.parent.iterdir() if one.suffix in (".tbi", ".csi"))


def test_an_index_has_the_records_of_the_file(packed):
    index = open_index(read_header(packed))
    assert index.n_records == 2100
    assert list(index.bins) == (["0", "1", "2"] if packed.suffix == ".bcf" else CONTIGS)


@pytest.mark.parametrize("csi", [False, True])
def test_chunks_hold_the_records_of_a_region(tmp_path, csi):
    path = pack(tmp_path / "g.vcf.gz", lines_of(700), index="csi" if csi else "tbi")
    index = open_index(read_header(path))
    for chrom, start, end in [("1", 1, 10**9), ("2", 40_000, 90_000), ("3", 629_000, 700_000)]:
        chunks = index.chunks(Region(chrom, start, end))
        text = b"".join(part for a, b in chunks for part in read_stretches(path, a, b))
        found = [line.split(b"\t")[:2] for line in text.splitlines()]
        assert {cells[0].decode() for cells in found} == {chrom}
        inside = {pos for cells in found if start <= (pos := int(cells[1])) <= end}
        assert inside == {900 * i for i in range(1, 701) if start <= 900 * i <= end}


def test_a_region_is_that_of_bcftools(packed):
    found = read_vcf(packed, region="2:40000-90000", **ALL)
    said = pysam.bcftools.query("-r", "2:40000-90000", "-f", "%POS\n", str(packed)).split()
    assert found.variants["pos"].tolist() == [int(pos) for pos in said]
    assert found.variants["chrom"].unique().tolist() == ["2"]


def grown(path, more):
    """The same file with other records at its end, and the index of before."""
    kept = index_path(path).read_bytes()
    name = index_path(path)
    pack(path, more, index="")
    name.write_bytes(kept)
    os.utime(name, (path.stat().st_mtime + 60,) * 2)  # as copying does


@pytest.mark.parametrize(
    "change", ["appended", "one more", "fewer", "other contigs", "other calls"]
)
def test_an_index_of_another_state_of_the_file_is_refused(packed, change):
    lines = lines_of(700)
    changed = {
        "appended": lines + lines_of(500, ["3"], step=901)[0:0] + [
            line.replace("\t", "\t9", 1) for line in lines_of(500, ["3"])
        ],
        "one more": [*lines, record(*["0/1"] * 40, chrom="3", pos=700_000)],
        "fewer": lines[:-1],
        "other contigs": lines[700:],
        "other calls": lines_of(700, seed=4),
    }[change]  # fmt: skip
    grown(packed, changed)
    remedy = (
        f"bcftools index -f {packed}" if packed.suffix == ".bcf" else f"tabix -f -p vcf {packed}"
    )
    for region in ("1", "3:1-20000"):
        with pytest.raises(InconsistentInputsError, match="does not belong to") as caught:
            read_vcf(packed, region=region)
        assert remedy in str(caught.value)
    everything = read_vcf(packed, **ALL)
    assert everything.counts["records_read"] == len(changed)
    with pytest.raises(InconsistentInputsError, match="does not belong to"):
        convert_vcf(packed, packed.with_name("g.zarr"))


def test_what_does_not_fit_is_said(tmp_path):
    path = pack(tmp_path / "g.vcf.gz", lines_of(700))
    grown(path, lines_of(701))
    os.utime(index_path(path), (0, 0))
    with pytest.raises(InconsistentInputsError, match="; it is older than the file"):
        read_vcf(path, region="1")


def test_an_index_that_fits_is_taken_however_old_it_looks(packed):
    os.utime(index_path(packed), (0, 0))
    assert read_vcf(packed, region="2", **ALL).counts["records_read"] == 700


BROKEN = {
    "empty": lambda data: b"",
    "truncated": lambda data: data[: len(data) // 2],
    "garbage": lambda data: b"no index at all",
    "another's": lambda data: gzip.compress(b"BAI\x01" + bytes(100)),
    "half of it": lambda data: gzip.compress(gzip.decompress(data)[:200]),
    "negative": lambda data: gzip.compress(gzip.decompress(data)[:4] + b"\xff" * 60),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_index_matters_only_where_it_is_needed(packed, kind):
    name = index_path(packed)
    name.write_bytes(BROKEN[kind](name.read_bytes()))
    reported = []
    found = read_vcf(packed, progress=lambda *one: reported.append(one), **ALL)
    assert found.counts["records_read"] == 2100
    assert {one[2] for one in reported} == {0}
    with pytest.raises(
        MalformedInputError, match="empty, damaged or no index; make it again: "
    ) as e:
        read_vcf(packed, region="1")
    assert str(name) in str(e.value)


def test_an_index_that_cannot_be_opened(packed):
    name = index_path(packed)
    name.unlink()
    name.mkdir()
    with pytest.raises(InputOpenError, match="the index cannot be opened"):
        read_vcf(packed, region="1")
    assert read_vcf(packed, **ALL).counts["records_read"] == 2100


def test_progress_knows_the_total_by_the_index(packed):
    reported = []
    read_vcf(packed, progress=lambda *one: reported.append(one))
    assert reported[0] == ("reading genotypes", 0, 2100)


@pytest.mark.parametrize("name", ["g.vcf", "g.vcf.gz"])
def test_an_index_beside_what_cannot_have_one_is_no_matter(tmp_path, name):
    """Of text, or of gzip that is no bgzip."""
    path = write(tmp_path / name, header(SAMPLES, CONTIGS), *lines_of(5))
    path.with_name(f"{name}.tbi").write_bytes(b"x")
    assert read_vcf(path, region="2", **ALL).counts["records_outside_region"] == 10


def test_of_two_indexes_htslib_takes_the_csi(tmp_path):
    path = pack(tmp_path / "g.vcf.gz", lines_of(700), index="csi")
    path.with_name("g.vcf.gz.tbi").write_bytes(b"x")
    assert len(read_vcf(path, region="2", **ALL).variants) == 700


def test_an_index_of_a_file_without_records(tmp_path):
    path = pack(tmp_path / "g.vcf.gz", [])
    with pytest.raises(DegenerateDataError, match="no records in the region"):
        read_vcf(path, region="1")


def test_bad_lines_of_a_region_are_found_and_others_are_not_read(tmp_path):
    lines = lines_of(700)
    lines[1000] = lines[1000].replace("\n", "\t0/1\n")
    path = pack(tmp_path / "g.vcf.gz", lines, index="")
    # Tabix looks at no more than the first columns.
    pysam.tabix_index(str(path), preset="vcf")
    n_header = header(SAMPLES, CONTIGS).count("\n")
    with pytest.raises(
        MalformedInputError, match=rf"line {n_header + 1001} \(record 1001\): 50 col"
    ):
        read_vcf(path, region="2:1-2000000")
    assert read_vcf(path, region="1", **ALL).counts["records_read"] == 700
    with pytest.raises(MalformedInputError, match="50 columns"):
        convert_vcf(path, tmp_path / "g.zarr")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), cut=st.booleans())
def test_a_changed_index_gives_the_same_records_or_an_error(packed, place, byte, cut):
    name = index_path(packed)
    whole = name.with_name("whole")
    if not whole.exists():
        shutil.copy(name, whole)
    data = bytearray(gzip.decompress(whole.read_bytes()))
    # The bytes of which we read the numbers; htslib's own part of a .tbi comes after them.
    place %= len(data)
    data[place] = byte
    name.write_bytes(gzip.compress(bytes(data[: place + 1] if cut else data)))
    try:
        found = read_vcf(packed, region="2", **ALL)
    except GenesisError:
        return
    assert found.counts["records_read"] == 700
