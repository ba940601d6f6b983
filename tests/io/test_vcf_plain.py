"""Records that are read straight from the text are what htslib reads, and others are left to it."""

from __future__ import annotations

import gzip
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from genesis.errors import GenesisError, InputReadError
from genesis.io import vcf_text
from genesis.io.vcf import read_vcf
from genesis.io.vcf_header import read_header
from genesis.io.vcf_plain import read_plain
from genesis.io.vcf_source import VcfSource
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}
LAST = record("0/0", "0/1", "1/1", pos=9000, name="last")


def by_htslib(path, **options):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VcfSource, "_read_plain", lambda *_: 0)
        return read_vcf(path, **options)


def outcome(read, path, **options):
    """What comes of reading: genotypes, or an error."""
    try:
        return read(path, **options)
    except GenesisError as error:
        return error


def assert_same(path, **options):
    found, expected = outcome(read_vcf, path, **options), outcome(by_htslib, path, **options)
    if isinstance(expected, Exception):
        assert (type(found), str(found)) == (type(expected), str(expected))
        return
    np.testing.assert_array_equal(found.dosages, expected.dosages)
    np.testing.assert_array_equal(found.missing, expected.missing)
    pd.testing.assert_frame_equal(found.variants, expected.variants)
    pd.testing.assert_frame_equal(found.excluded, expected.excluded)
    assert (found.notes, found.counts) == (expected.notes, expected.counts)


def n_plain(path):
    """Records read straight from the text; None for all."""
    opened = read_header(path)
    return read_plain(opened, opened.samples, lambda block: None, lambda done: None)


PLAIN = {
    "unphased": record("0/0", "0/1", "1/1"),
    "phased": record("0|1", "1|1", "0|0"),
    "missing": record("./.", ".|.", "0/1"),
    "half": record("./1", "0/.", "0/1"),
    "haploid": record("0", "1", "."),
    "mixed": record("0", "0/1", "1"),
    "one dot": record(".", "0/1", "1/1"),
    "several alleles": record("0/2", "1/2", "2/2", alt="C,G"),
    "allele of two digits": record("0/10", "9/10", "1/0", alt=",".join("ACGT" * 3)),
    "allele of a leading zero": record("0/01", "00/1", "1/1"),
    "fields": record("0/1:35:0.3,0.1", "0/0:.", "1/1", fields="GT:GQ:DS"),
    "no ALT": record("0/0", "0/0", "0/0", alt="."),
    "any allele": record("0/0", "0/1", "1/1", alt="C,<*>"),
    "position 0": record("0/0", "0/1", "1/1", pos=0),
    "undeclared contig": record("0/0", "0/1", "1/1", chrom="HLA-A*01"),
    "filters": record("0/0", "0/1", "1/1").replace("PASS", "q10;s50"),
    "no filter": record("0/0", "0/1", "1/1").replace("PASS", "."),
}
ODD = {
    "triploid": record("0/0/1", "0/1/1", "1/1/1"),
    "allele of three digits": record("0/100", "0/1", "1/1"),
    "surplus field": record("0/1:3", "0/1", "1/1"),
    "surplus fields": record("0/1", "0/1:3:4", "1/1", fields="GT:GQ"),
    "no GT": record("3", "4", "5", fields="GQ"),
    "GT not first": record("3:0/1", "4:0/0", "5:1/1", fields="GQ:GT"),
    "GT twice": record("0/1:0/0", "0/0:0/0", "1/1:0/0", fields="GT:GT"),
    "name that starts with GT": record("0/1:0/0", "0/0:0/0", "1/1", fields="GTX"),
    "no format": record(".", ".", ".", fields="."),
    "half a format": record(".", ".", ".", fields="G"),
    "no ASCII": record("0/1", "0/0", "1/1", name="séro"),
    "a carriage return": record("0/1", "0/0", "1/1").replace("\n", "\r\n"),
    "empty allele": record("0/1", "0/0", "1/1", alt="C,"),
    "empty first allele": record("0/1", "0/0", "1/1", alt=",C"),
    "no filter at all": record("0/1", "0/0", "1/1").replace("PASS", ""),
    "separator at the end": record("0/1/", "0/0", "1/1"),
    "other separator": record("0\\1", "0/0", "1/1"),
    "phased first": record("/0/1", "0/0", "1/1"),
    "letter": record("0/x", "0/0", "1/1"),
    "word": record("het", "0/0", "1/1"),
    "empty call": record("", "0/0", "1/1"),
    "a sample too many": record("0/1", "0/0", "1/1", "1/1"),
    "a sample too few": record("0/1", "0/0"),
    "a zero byte": record("0/1", "0/0\0", "1/1"),
    "blank": "\n",
    "header line": "##contig=<ID=2>\n",
    "short": "1\t20\n",
    "no contig": "\t20\n",
    "letters for a position": record("0/1", "0/0", "1/1", pos="ten"),
    "far position": record("0/1", "0/0", "1/1", pos=2**31 - 1),
    "endless position": record("0/1", "0/0", "1/1", pos="9" * 30),
}  # fmt: skip


@pytest.mark.parametrize("line", PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("options", [{}, ALL, {"samples": ["c", "a"], **ALL}])
def test_plain_records(tmp_path, line, options):
    path = write(tmp_path / "g.vcf", header("abc"), LAST.replace("9000", "5"), line, LAST)
    assert n_plain(path) is None
    assert_same(path, **options)


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_other_records_are_left_to_htslib(tmp_path, line):
    path = write(tmp_path / "g.vcf", header("abc"), LAST.replace("9000", "5"), line, LAST)
    assert n_plain(path) == 1
    assert_same(path, **ALL)
    assert_same(path, samples=["c", "a"], **ALL)


def test_alleles_that_a_record_lacks_are_refused(tmp_path):
    path = write(tmp_path / "g.vcf", header("abc"), LAST, record("0/0", "0/1", "0/2", pos=9001))
    assert isinstance(outcome(read_vcf, path), GenesisError)
    assert_same(path)


@pytest.mark.parametrize("stretch", [40, 64, 333, 1 << 20])
@pytest.mark.parametrize("odd", [None, 0, 1, 57, 119])
def test_wherever_a_stretch_ends(tmp_path, monkeypatch, stretch, odd):
    monkeypatch.setattr(vcf_text, "STRETCH", stretch)
    calls = ("0/0", "0|1", "1/1", "./.")
    lines = [
        record(*(calls[(k * j + j) % 4] for j in (1, 2, 3)), pos=k + 1, name=f"r{k}")
        for k in range(120)
    ]
    if odd is not None:
        lines[odd] = record("0/0/1", "0/1/1", "1/1/1", pos=odd + 1, name="odd")
    path = write(tmp_path / "g.vcf.gz", header("abc"), *lines[:-1], lines[-1].rstrip("\n"))
    assert n_plain(path) == odd
    assert_same(path, **ALL)
    assert len(read_vcf(path, **ALL).variants) + len(read_vcf(path, **ALL).excluded) == 120


def test_more_records_than_a_block_holds(tmp_path, monkeypatch):
    from genesis.io import vcf_plain

    monkeypatch.setattr(vcf_plain, "BLOCK_BYTES", 7 * 8 * 3)
    lines = [record("0/0", "0/1", "1/1", pos=k + 1, name=f"r{k}") for k in range(50)]
    lines[40] = record("0/0", "0/1", "x", pos=41)
    path = write(tmp_path / "g.vcf", header("abc"), *lines)
    assert n_plain(path) == 40
    lines[40] = record("0/0", "0/1", "1/1/1", pos=41)
    assert_same(write(tmp_path / "g.vcf", header("abc"), *lines), **ALL)


def test_a_damaged_file_is_named(tmp_path):
    lines = [record("0/0", "0/1", "1/1", pos=k + 1, name=f"r{k * k}") for k in range(5000)]
    path = write(tmp_path / "g.vcf.gz", header("abc"), *lines)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x5A
    path.write_bytes(bytes(data))
    with pytest.raises(InputReadError, match=r"g\.vcf\.gz"):
        read_vcf(path)


ALLELE = st.sampled_from(["0", "1", "2", ".", "10", "", "x", "-1"])
CALL = st.builds(
    lambda first, rest, after: first + "".join(map("".join, rest)) + after,
    ALLELE,
    st.lists(st.tuples(st.sampled_from("/|"), ALLELE), max_size=2),
    st.sampled_from(["", "", ":3", ":.:0.5", ":"]),
)
USUAL = st.sampled_from(["0/0", "0|1", "1/1", "./.", "1", "0/2"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(*[st.one_of(USUAL, USUAL, USUAL, CALL)] * 3), min_size=1, max_size=6),
    alt=st.sampled_from(["C", "C,G", ".", "C,<*>", "*"]),
    fields=st.sampled_from(["GT", "GT:GQ", "GT:GQ:DS"]),
)
@example(rows=[("0", "1", ".")], alt="C", fields="GT")
def test_any_calls(tmp_path, rows, alt, fields):
    lines = [record(*row, pos=5 * k, alt=alt, fields=fields) for k, row in enumerate(rows, start=1)]
    path = write(tmp_path / "g.vcf", header("abc"), *lines, LAST)
    found, expected = outcome(read_vcf, path, **ALL), outcome(by_htslib, path, **ALL)
    if isinstance(expected, Exception):
        # Of several faults, another may be named first.
        assert type(found) is type(expected)
    else:
        assert_same(path, **ALL)


TEXT = "".join(
    record(*calls, pos=10 + k, name=f"r{k}", fields="GT:GQ")
    for k, calls in enumerate(itertools.product(["0/0:1", "0|1", "./.:."], repeat=3))
).encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    place=st.integers(0, len(TEXT) - 1),
    piece=st.sampled_from(
        [b"\t", b"\n", b"\0", b"\r", b":", b"/", b"1", b".", b" ", b"\xff", b"#"]
    ),
    take=st.integers(0, 2),
)
def test_a_text_with_a_byte_changed(tmp_path, place, piece, take):
    """Columns that are not read, QUAL and INFO, may hold what htslib refuses."""
    path = tmp_path / "g.vcf.gz"
    changed = TEXT[:place] + piece + TEXT[place + take :]
    path.write_bytes(gzip.compress(header("abc").encode() + changed, mtime=0))
    found, expected = outcome(read_vcf, path, **ALL), outcome(by_htslib, path, **ALL)
    if isinstance(expected, Exception) and not isinstance(found, Exception):
        assert "htslib cannot parse it" in str(expected)
        assert n_plain(path) is None
    elif isinstance(expected, Exception):
        assert type(found) is type(expected)
    else:
        assert_same(path, **ALL)
