"""Every line of a VCF is looked at: what would move genotypes from sample to sample is refused."""

from __future__ import annotations

import gzip
import threading
import time

import numpy as np
import pysam
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesis.errors import GenesisError, MalformedInputError
from genesis.io import vcf_text
from genesis.io.vcf import read_vcf
from genesis.io.vcf_text import TextCheck
from tests.io.test_vcf_broken import MIDDLE
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}
HEADER = header("abc")
N_HEADER = HEADER.count("\n")
LAST = record("0/0", "0/1", "1/1", pos=90)


def bgzip(path):
    pysam.tabix_compress(str(path), f"{path}.gz", force=True)
    return path.with_name(f"{path.name}.gz")


def change_line(lines, number, change):
    return b"".join([*lines[: number - 1], change(lines[number - 1]), *lines[number:]])


def test_one_cell_too_many_far_into_the_example(example, tmp_path):
    text = gzip.decompress((example / "genotypes.vcf.gz").read_bytes())
    n_columns = 9 + len(read_vcf(example / "genotypes.vcf.gz").samples)
    lines = text.splitlines(keepends=True)

    def more(line):
        cells = line.split(b"\t")
        return b"\t".join([*cells[:9], b"1/1", *cells[9:]])

    path = tmp_path / "g.vcf"
    path.write_bytes(change_line(lines, 5800, more))
    number = 5800 - sum(line.startswith(b"#") for line in lines)
    words = rf"g\.vcf.*, line 5800 \(record {number}\): {n_columns + 1} columns where.* {n_columns}"
    for one in (path, bgzip(path)):
        with pytest.raises(MalformedInputError, match=words):
            read_vcf(one)


@pytest.mark.parametrize("number", [20, 3000, 5871])
def test_a_byte_of_zero_in_a_genotype_anywhere(example, tmp_path, number):
    text = gzip.decompress((example / "genotypes.vcf.gz").read_bytes())

    def cut(line):
        cells = line.split(b"\t")
        return b"\t".join([*cells[:12], b"0/1\x00", *cells[13:]])

    path = tmp_path / "g.vcf"
    path.write_bytes(change_line(text.splitlines(keepends=True), number, cut))
    sample = read_vcf(example / "genotypes.vcf.gz").samples[3]
    words = rf"line {number} \(record \d+\): a NUL byte in the column of sample {sample};"
    with pytest.raises(MalformedInputError, match=words):
        read_vcf(path)


FAR = {
    **MIDDLE,
    "zero in the contig": (record("0/0", "0/1", "1/1", chrom="1\x00"), "NUL byte in the column"),
    "empty id": (record("0/0", "0/1", "1/1", name=""), "ID is empty"),
    "empty REF": (record("0/0", "0/1", "1/1", ref=""), "REF is empty"),
    "empty ALT": (record("0/0", "0/1", "1/1", alt=""), "ALT is empty"),
    "only zeros": ("\0\0\0\n", "1 column where"),
    "only tabs": ("\t" * 11 + "\n", "the line is blank"),
}


@pytest.mark.parametrize("late", [False, True], ids=["", "late"])
@pytest.mark.parametrize(("middle", "message"), FAR.values(), ids=FAR)
def test_bad_line_far_into_the_file(tmp_path, monkeypatch, middle, message, late):
    """Also where the check comes after the parsing: nothing crashes, and the words are the same."""
    monkeypatch.setattr(vcf_text, "STRETCH", 500)
    run = TextCheck._run
    if late:
        monkeypatch.setattr(TextCheck, "_run", lambda self: (time.sleep(0.05), run(self)))
    many = "".join(record("0/0", "0/1", "1/1", pos=i) for i in range(1, 400))
    path = write(tmp_path / "g.vcf.gz", HEADER, many, middle, LAST)
    with pytest.raises(MalformedInputError, match=message) as caught:
        read_vcf(path)
    if "above" not in message:
        assert f"line {N_HEADER + 400}" in str(caught.value)
    assert not [one for one in threading.enumerate() if "_run" in one.name]


@pytest.mark.parametrize("field", ["name", "ref", "alt", "chrom"])
@pytest.mark.parametrize("n_before", [0, 500])
def test_a_byte_that_is_not_utf_8(tmp_path, monkeypatch, field, n_before):
    monkeypatch.setattr(vcf_text, "STRETCH", 1000)
    many = "".join(record("0/0", "0/1", "1/1", pos=i) for i in range(n_before))
    text = HEADER + many + record("0/0", "0/1", "1/1", **{field: "T~A"}) + LAST
    path = tmp_path / "g.vcf"
    path.write_bytes(text.encode().replace(b"~", b"\xe9"))
    words = {"name": "ID is not UTF-8 .byte 0xe9", "ref": "REF is not", "alt": "ALT is not",
             "chrom": "no valid contig name"}[field]  # fmt: skip
    with pytest.raises(MalformedInputError, match=rf"line {N_HEADER + n_before + 1} .*{words}"):
        read_vcf(path)


def test_ids_in_utf_8_are_read(tmp_path):
    path = write(tmp_path / "g.vcf", HEADER, record("0/0", "0/1", "1/1", name="séro"), LAST)
    assert read_vcf(path).variants["variant_id"].tolist() == ["séro", "1:90:A:C"]


def test_bytes_that_are_not_utf_8_in_a_bcf(tmp_path):
    path = write(tmp_path / "g.vcf", HEADER, record("0/0", "0/1", "1/1", ref="ACGT"), LAST)
    bcf = tmp_path / "g.bcf"
    with (
        pysam.VariantFile(str(path)) as old,
        pysam.VariantFile(str(bcf), "wb", header=old.header) as new,
    ):
        for one in old:
            new.write(one)
    data = gzip.decompress(bcf.read_bytes())
    (tmp_path / "b.bcf").write_bytes(gzip.compress(data.replace(b"ACGT", b"\xe9\xe9\xe9\xe9")))
    with pytest.raises(MalformedInputError, match=r"record 1: .*not UTF-8"):
        read_vcf(tmp_path / "b.bcf")


def test_a_byte_order_mark_is_named(tmp_path):
    path = tmp_path / "g.vcf"
    path.write_bytes(b"\xef\xbb\xbf" + (HEADER + LAST).encode())
    with pytest.raises(MalformedInputError, match=r"line 1: .*byte order mark.*tail -c \+4"):
        read_vcf(path)


@pytest.mark.parametrize("place", [0, 1, 31, 32, 2047, 2048, 2049])
def test_records_without_alt_are_read_wherever_they_are(tmp_path, place):
    lines = [record("0/0", "0/1", "1/1", pos=i + 1) for i in range(2100)]
    lines[place] = record("0/0", "0/0", "0/0", pos=place + 1, alt=".")
    found = read_vcf(write(tmp_path / "g.vcf", HEADER, *lines))
    assert len(found.variants) == 2099
    assert found.excluded[["id", "reason"]].values.tolist() == [
        [f"1:{place + 1}:A:.", "monomorphic"]
    ]
    assert (found.dosages == np.array([[0], [1], [2]])).all()


def test_a_site_at_position_1_without_alt_and_format(tmp_path):
    first = "1\t1\t.\tA\t.\t.\t.\t.\t.\t.\t.\t.\n"
    found = read_vcf(write(tmp_path / "g.vcf", HEADER, first, LAST))
    assert found.variants["pos"].tolist() == [90]
    assert found.counts["records_read"] == 2


def test_lines_longer_than_a_stretch_are_looked_at_too(tmp_path, monkeypatch):
    monkeypatch.setattr(vcf_text, "STRETCH", 64)
    samples = [f"s{i}" for i in range(300)]
    calls = ["0/0", "0/1", "1/1"] * 100
    lines = [record(*calls, pos=i + 1) for i in range(5)]
    assert len(read_vcf(write(tmp_path / "g.vcf", header(samples), *lines)).variants) == 5
    bad = record(*calls, "0/1", pos=9)
    path = write(tmp_path / "b.vcf", header(samples), *lines, bad.rstrip("\n"))
    with pytest.raises(MalformedInputError, match=r"\(record 6\): 310 columns"):
        read_vcf(path)


PIECES = st.sampled_from(
    [b"\t", b"\n", b"\x00", b"\t0/1", b"\n\n", b"\xff", b"0/1\x00", b"#", b"/"]
)
TEXT = (
    HEADER + "".join(record("0/0", "0/1", "1/1", pos=i, name=f"r{i}") for i in range(1, 30))
).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(piece=PIECES, place=st.integers(len(HEADER), len(TEXT) - 1), take=st.integers(0, 3))
def test_a_changed_text_gives_no_genotype_of_another_sample(tmp_path, piece, place, take):
    """What is inserted ends in an error, or in the same genotypes of all variants of old names."""
    path = tmp_path / "g.vcf"
    path.write_bytes(TEXT[:place] + piece + TEXT[place + take :])
    try:
        found = read_vcf(path, **ALL)
    except GenesisError:
        return
    old = np.isin(found.variants["variant_id"], [f"r{i}" for i in range(1, 30)])
    allowed = {(0, 1, 2)}
    # A call that was changed in its own column may be another, as long as its neighbours stay.
    odd = [tuple(row) for row in found.dosages.T[old].tolist() if tuple(row) not in allowed]
    assert len(odd) <= 1
    assert all(sum(a != b for a, b in zip(row, (0, 1, 2), strict=True)) <= 1 for row in odd)
