"""Files that are no VCF, or not a whole one: each its named error, none a wrong number."""

from __future__ import annotations

import gzip
import os

import pytest

from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    GenesisError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.vcf import read_vcf
from tests.io.vcf_text import BGZF_END, FORMATS, header, record, write

GOOD = record("0/0", "0/1", "1/1", name="rs1")
LAST = record("0/0", "0/1", "1/1", name="rs2", pos=90)
HEADER = header("abc")
COLUMN_LINE = HEADER.splitlines(keepends=True)[-1]

MIDDLE = {
    "blank line": ("\n", "line is blank"),
    "spaces for tabs": (GOOD.replace("\t", " "), "1 column where the header has 12"),
    "too few columns": (record("0/0", "0/1"), "11 columns where the header has 12"),
    "too many columns": (record("0/0", "0/1", "1/1", "1/1"), "13 columns"),
    "cut short": ("1\t20\n", "2 columns"),
    "site columns only": ("1\t20\t.\tA\tC\t.\t.\t.\n", "8 columns"),
    "second file": (HEADER, "a header line among the records"),
    "no contig": (GOOD[1:], "no valid contig name"),
    "contig with a space": (record("0/0", "0/1", "1/1", chrom="a b"), "no valid contig name"),
    "binary": ("\x00\x01\x02\n", "1 column where"),
    "position in words": (record("0/0", "0/1", "1/1", pos="ten"), "POS 'ten' is no whole number"),
    "negative position": (record("0/0", "0/1", "1/1", pos=-4), "POS '-4' is no whole number"),
    "letter in a genotype": (record("0/x", "0/1", "1/1"), "cannot parse it"),
    "word for a genotype": (record("het", "0/1", "1/1"), "cannot parse it"),
    "empty genotype": (record("", "0/1", "1/1"), "cannot parse it"),
    "negative allele": (record("0/-1", "0/1", "1/1"), "cannot parse it"),
    "huge allele": (record("0/99999999999", "0/1", "1/1"), "cannot parse it"),
    "allele unknown": (record("0/2", "0/1", "1/1"), "sample a.*above 1"),
}


@pytest.mark.parametrize(("middle", "message"), MIDDLE.values(), ids=MIDDLE)
@pytest.mark.parametrize("name", ["g.vcf", "g.vcf.gz"])
def test_bad_record(tmp_path, middle, message, name):
    path = write(tmp_path / name, HEADER, GOOD, middle, LAST)
    with pytest.raises(MalformedInputError, match=message) as caught:
        read_vcf(path)
    assert str(path) in str(caught.value)
    if "cannot parse" in message or "columns" in message:
        assert f"line {len(HEADER.splitlines()) + 2}" in str(caught.value)


@pytest.mark.parametrize(
    "middle",
    ["\n", HEADER, GOOD.replace("\t", " "), GOOD[1:]],
    ids=["blank", "header", "spaces", "no contig"],
)
@pytest.mark.parametrize("region", [None, "1:1-9999999"])
def test_bad_record_far_into_the_file(tmp_path, monkeypatch, middle, region):
    """Beyond the stretch that is looked through beforehand; cyvcf2 crashes if touched there."""
    from genesis.io import vcf_text

    monkeypatch.setattr(vcf_text, "STRETCH", 1000)
    many = "".join(record("0/0", "0/1", "1/1", pos=i) for i in range(1, 500))
    path = write(tmp_path / "g.vcf", HEADER, many, middle, LAST)
    with pytest.raises(MalformedInputError, match=r"line \d+ \(record 500\)"):
        read_vcf(path, region=region)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", MalformedInputError, "empty"),
        (b"hello\n", MalformedInputError, "line 1: not a VCF"),
        (b"\x89PNG\r\n", MalformedInputError, "not a VCF"),
        (HEADER.encode(), DegenerateDataError, "no records"),
        (HEADER.replace(COLUMN_LINE, "").encode() + GOOD.encode(), MalformedInputError, "columns"),
        (HEADER.split("\n", 1)[1].encode(), MalformedInputError, "not a VCF"),
        (header("aba").encode() + GOOD.encode(), MalformedInputError, "more than once: a"),
        (header(["a", "", "c"]).encode() + GOOD.encode(), MalformedInputError, "empty sample"),
        (
            HEADER.replace("\tb\t", "\tb\0\t").encode() + GOOD.encode(),
            MalformedInputError,
            "line 6: a NUL byte in the header",
        ),
        (header([]).replace("\tFORMAT", "").encode(), DegenerateDataError, "no samples"),
        (header([]).encode(), DegenerateDataError, "no samples"),
        (header("abc", formats="").encode() + GOOD.encode(), CommandLineError, "none"),
        (
            HEADER.replace("Number=1,Type=String", "Number=1,Type=Integer").encode(),
            MalformedInputError,
            "GT with Type=Integer",
        ),
        (HEADER.replace("\t", " ").encode(), MalformedInputError, "columns"),
        (b"\x1f\x8b\x08\x00 not gzip at all", InputReadError, "damaged"),
        (gzip.compress(b""), MalformedInputError, "not a VCF"),
        (gzip.compress(b"BCF\x01\x00\x00\x00\x00\x00"), MalformedInputError, "version 2"),
        (b"BCF\x02\x02\xff\x00\x00\x00short", InputReadError, "breaks off"),
        (HEADER.encode().replace(b"Genotype", b"\xff\xfe"), MalformedInputError, "UTF-8"),
    ],
)
def test_bad_file(tmp_path, content, error, message):
    path = tmp_path / "g.vcf"
    path.write_bytes(content)
    with pytest.raises(error, match=message) as caught:
        read_vcf(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("value", ["2.1", "-0.1", "inf", "nan/1"])
def test_bad_dosage(tmp_path, value):
    path = write(tmp_path / "g.vcf", HEADER, record("0.1", "1", value, fields="DS"))
    with pytest.raises(MalformedInputError, match=r"outside 0 to 2|cannot parse it"):
        read_vcf(path, field="DS")


def test_dosages_for_other_alleles_than_there_are(tmp_path):
    path = write(tmp_path / "g.vcf", HEADER, record("0.1,1", "1,0", "1,1", fields="DS"))
    with pytest.raises(MalformedInputError, match=r"record 1 \(1:10\): 2 dosages.* for 1 ALT"):
        read_vcf(path, field="DS")


def test_paths_that_cannot_be_opened(tmp_path):
    with pytest.raises(InputOpenError, match="no such file"):
        read_vcf(tmp_path / "none.vcf")
    with pytest.raises(InputOpenError, match="a directory"):
        read_vcf(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputOpenError, match="not a regular file"):
        read_vcf(tmp_path / "pipe")


@pytest.fixture
def packed(tmp_path):
    """A bgzipped file of several blocks."""
    pysam = pytest.importorskip("pysam")
    many = "".join(
        record(*("0/0", "0/1", "1/1", "./.") * 20, pos=i, name=f"rs{i * i}") for i in range(1, 3000)
    )
    plain = write(tmp_path / "g.vcf", header([f"s{i}" for i in range(80)]), many)
    pysam.tabix_compress(str(plain), str(tmp_path / "g.vcf.gz"))
    return tmp_path / "g.vcf.gz"


def block_ends(data):
    """Where the bgzip blocks of a file end."""
    ends = []
    place = 0
    while place < len(data):
        place += int.from_bytes(data[place + 16 : place + 18], "little") + 1
        ends.append(place)
    return ends


def test_truncated_at_every_place_that_matters(packed):
    data = packed.read_bytes()
    ends = block_ends(data)
    assert len(ends) > 4
    assert data.endswith(BGZF_END)
    for cut in [10, 100, ends[0], ends[1], ends[2] - 7, ends[-2], len(data) - 1]:
        packed.write_bytes(data[:cut])
        with pytest.raises(InputReadError, match="truncated"):
            read_vcf(packed)


def test_truncated_gzip_and_text(tmp_path, packed):
    text = gzip.decompress(packed.read_bytes())
    whole = gzip.compress(text)
    path = tmp_path / "other.vcf.gz"
    for data in (whole[: len(whole) // 2], whole[:-4]):
        path.write_bytes(data)
        with pytest.raises((InputReadError, MalformedInputError)):
            read_vcf(path)
    plain = tmp_path / "other.vcf"
    plain.write_bytes(text[: len(text) // 2 - 40])
    with pytest.raises(MalformedInputError):
        read_vcf(plain)


def test_flipped_bytes_never_pass_unseen(packed, rng):
    data = packed.read_bytes()
    right = read_vcf(packed, maf=0, max_missing=1)
    for place in rng.integers(0, len(data), size=25):
        broken = bytearray(data)
        broken[place] ^= 0x5A
        packed.write_bytes(bytes(broken))
        try:
            got = read_vcf(packed, maf=0, max_missing=1)
        except GenesisError:
            continue
        assert (got.dosages == right.dosages).all(), f"byte {place}"


def test_broken_bcf(packed, tmp_path):
    pysam = pytest.importorskip("pysam")
    path = tmp_path / "g.bcf"
    with (
        pysam.VariantFile(str(packed)) as old,
        pysam.VariantFile(str(path), "wb", header=old.header) as new,
    ):
        for one in old:
            new.write(one)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputReadError, match="truncated"):
        read_vcf(path)
    path.write_bytes(gzip.compress(gzip.decompress(data)[:-7]))
    with pytest.raises(MalformedInputError, match="record 2999: htslib cannot parse it"):
        read_vcf(path)


def test_undeclared_format_of_another_field_is_no_matter(tmp_path):
    path = write(tmp_path / "g.vcf", HEADER, record("0/0:1", "0/1:2", "1/1:3", fields="GT:XX"))
    assert len(read_vcf(path).variants) == 1
    assert "XX" not in FORMATS
