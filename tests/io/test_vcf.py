"""What read_vcf makes of files that are in order, odd as they may be."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from genesis.errors import CommandLineError, DegenerateDataError, InconsistentInputsError
from genesis.io.exclusions import count_reasons
from genesis.io.vcf import open_vcf, read_vcf
from genesis.io.vcf_kernels import row_fingerprints
from tests.io.vcf_text import BGZF_END, header, record, write

ALL = {"maf": 0, "max_missing": 1}
DIFFERS = "calls differ from those of a copy of this record"


def reasons(genotypes):
    return {reason: n for (_, reason), n in count_reasons(genotypes.excluded).items()}


def column(genotypes, variant_id):
    place = genotypes.variants["variant_id"].tolist().index(variant_id)
    return genotypes.dosages[:, place].tolist()


@pytest.fixture
def three(tmp_path):
    """Three samples; text follows in the test."""

    def make(*records, **options):
        return read_vcf(write(tmp_path / "g.vcf", header("abc"), *records), **(ALL | options))

    return make


def test_dosages_count_alt_alleles(three):
    genotypes = three(record("0/0", "0/1", "1|1", name="rs1"))
    assert column(genotypes, "rs1") == [0, 1, 2]
    assert genotypes.dosages.dtype == np.float32
    assert genotypes.dosages.flags.f_contiguous
    variant = genotypes.variants.iloc[0]
    assert (variant.chrom, variant.pos, variant.ref, variant.alt) == ("1", 10, "A", "C")
    assert (variant.af, variant.n_missing, variant.ploidy) == (0.5, 0, 2)


@pytest.mark.parametrize("asked", [["c", "a"], ["a", "c"], ["b"], ["c", "b", "a"]], ids="-".join)
def test_samples_come_in_the_order_asked_for(tmp_path, asked):
    path = write(
        tmp_path / "g.vcf",
        header("abc"),
        record("0/0", "0/1", "1/1", pos=1),
        record("1/1", "0/1", "0/0", pos=2),
        record("0/0", "0/1", "0/1", pos=3),
    )
    if len(asked) == 1:
        with pytest.raises(DegenerateDataError, match="none of 3 variants is left"):
            read_vcf(path, samples=asked, **ALL)
        return
    everyone = read_vcf(path, **ALL)
    some = read_vcf(path, samples=asked, **ALL)
    assert some.samples == asked
    rows = [everyone.samples.index(sample) for sample in asked]
    expected = everyone.dosages[rows]
    kept = expected.min(axis=0) < expected.max(axis=0)
    np.testing.assert_array_equal(some.dosages, expected[:, kept])


def test_sample_names_that_htslib_would_take_for_commands(tmp_path):
    path = write(tmp_path / "g.vcf", header(["^a", "b,c", "d"]), record("0/0", "1/1", "0/1"))
    genotypes = read_vcf(path, samples=["b,c", "^a"], **ALL)
    assert genotypes.dosages.ravel().tolist() == [2, 0]


def test_filters_see_only_the_samples_asked_for(three):
    records = record("0/0", "0/1", "./.", name="x"), record("0/1", "0/0", "1/1", name="y", pos=11)
    assert reasons(three(*records, samples=["a", "c"], max_missing=0.1)) == {"missing_calls": 1}
    assert len(three(*records, samples=["a", "b"], max_missing=0.1).variants) == 2


def test_unknown_sample_is_an_error_with_examples(three):
    with pytest.raises(InconsistentInputsError, match=r"1 of 2 samples .*zz; there are 3: a, b, c"):
        three(record("0/0", "0/1", "1/1"), samples=["a", "zz"])
    with pytest.raises(InconsistentInputsError, match="more than once: a"):
        three(record("0/0", "0/1", "1/1"), samples=["a", "a"])


def test_half_calls_are_missing_and_counted(three):
    genotypes = three(
        record("./1", "0/1", "1/1"),
        record("1|.", ".", "0/0", pos=12),
        record("0/0", "0/1", "./.", pos=13),
    )
    assert column(genotypes, "1:10:A:C") == [1.5, 1, 2]
    assert genotypes.counts["half_calls"] == 2
    assert genotypes.counts["half_call_records"] == 2
    assert genotypes.variants["af"].tolist() == [0.75, 0.25]
    assert any("2 half-calls" in note for note in genotypes.notes)
    # The second record has one called sample: nothing varies.
    assert reasons(genotypes) == {"monomorphic": 1}


def test_haploid_calls_have_dosage_0_or_1(three):
    genotypes = three(record("0", "1", "1"), record("1", "0/1", "0|0", pos=20))
    assert column(genotypes, "1:10:A:C") == [0, 1, 1]
    assert column(genotypes, "1:20:A:C") == [1, 1, 0]
    assert genotypes.variants["ploidy"].tolist() == [1, 2]
    np.testing.assert_allclose(genotypes.variants["af"], [2 / 3, 2 / 5])
    assert genotypes.counts["haploid_calls"] == 4
    assert genotypes.counts["mixed_ploidy_records"] == 1


def test_polyploid_calls_count_every_allele(three):
    genotypes = three(record("0/0/1", "1/1", "1/1/1"))
    assert genotypes.dosages.ravel().tolist() == [1, 2, 3]
    assert genotypes.variants["af"].tolist() == [6 / 8]
    assert genotypes.counts["polyploid_records"] == 1


def test_multiallelic_records_are_split(three):
    genotypes = three(record("1/2", "0/1", "2/2", alt="C,T", name="rs1"))
    assert column(genotypes, "1:10:A:C") == [1, 1, 0]
    assert column(genotypes, "1:10:A:T") == [1, 0, 2]
    assert genotypes.counts["multiallelic_records"] == 1


def test_multiallelic_records_dropped_or_refused(three):
    records = record("1/2", "0/1", "2/2", alt="C,T"), record("0/0", "0/1", "1/1", pos=20)
    genotypes = three(*records, multiallelic="drop")
    assert genotypes.excluded["id"].tolist() == ["1:10:A:C", "1:10:A:T"]
    assert reasons(genotypes) == {"multiallelic": 2}
    with pytest.raises(ValueError, match=r"record 1 \(1:10\) has 2 ALT alleles"):
        three(*records, multiallelic="error")


def test_placeholder_alleles_are_excluded_and_do_not_make_a_record_multiallelic(three):
    genotypes = three(
        record("0/1", "1/2", "0/0", alt="C,*", name="rs1"),
        record("0/1", "1/1", "0/0", alt="C,<NON_REF>", pos=11, name="rs2"),
        record("0/0", "0/0", "0/0", alt="<NON_REF>", pos=12),
        record("0/0", "0/0", "0/0", alt=".", pos=13),
        multiallelic="error",
    )
    assert genotypes.variants["variant_id"].tolist() == ["rs1", "rs2"]
    assert column(genotypes, "rs1") == [1, 1, 0]
    assert reasons(genotypes) == {
        "spanning_deletion": 1,
        "placeholder_allele": 2,
        "monomorphic": 1,
    }


def test_missing_calls_are_imputed_after_the_filters(three):
    genotypes = three(
        record("0/0", "./.", "0/1"), record("./.", "./.", "0/1", pos=11), max_missing=1 / 3
    )
    assert genotypes.dosages.ravel().tolist() == [0, 0.5, 1]
    assert genotypes.variants["n_missing"].tolist() == [1]
    assert genotypes.counts["imputed_calls"] == 1
    assert reasons(genotypes) == {"missing_calls": 1}
    assert genotypes.excluded["detail"].tolist() == ["2 calls missing"]


def test_reasons_of_variants_without_information(three):
    genotypes = three(
        record("0/0", "0/0", "0/0", pos=1),
        record("1/1", "1/1", "1/1", pos=2),
        record("0/1", "0/1", "0/1", pos=3),
        record("./.", "./.", "./.", pos=4),
        record("0/0", "0/1", "0/0", pos=5),
        record("0/1", "0/1", "0/0", pos=6),
        maf=0.2,
    )
    assert dict(zip(genotypes.excluded["id"], genotypes.excluded["reason"], strict=True)) == {
        "1:1:A:C": "monomorphic",
        "1:2:A:C": "monomorphic",
        "1:3:A:C": "constant_dosage",
        "1:4:A:C": "missing_calls",
        "1:5:A:C": "low_maf",
    }
    assert genotypes.variants["pos"].tolist() == [6]


@pytest.mark.parametrize("major", ["0", "1"])
def test_maf_limit_is_inclusive_on_both_ends(tmp_path, major):
    minor = str(1 - int(major))
    calls = [f"{major}/{major}"] * 4 + [f"{major}/{minor}"]
    path = write(tmp_path / "g.vcf", header("abcde"), record(*calls))
    assert len(read_vcf(path, maf=0.1).variants) == 1
    with pytest.raises(DegenerateDataError, match="low_maf 1"):
        read_vcf(path, maf=0.1001)


def test_copies_of_a_record_are_excluded_and_compared(three):
    genotypes = three(
        record("0/0", "0/1", "1/1", name="rs1"),
        record("0/0", "0/1", "1/1", name="rs1"),
        record("0/0", "0/1", "0/1", name="rs1"),
        record("0/0", "0/1", "0/1", alt="T", name="rs2"),
    )
    assert genotypes.variants["variant_id"].tolist() == ["rs1", "rs2"]
    assert column(genotypes, "rs1") == [0, 1, 2]
    assert genotypes.excluded["id"].tolist() == ["rs1", "rs1"]
    assert reasons(genotypes) == {"duplicate_record": 2}
    assert genotypes.counts["disagreeing_copies"] == 1
    assert genotypes.excluded["detail"].tolist() == ["", DIFFERS]
    notes = "\n".join(genotypes.notes)
    assert notes.count("2 records repeat an earlier one") == 1
    assert notes.count("1 excluded record has other calls than a copy") == 1


CALLS = ("0/0", "0/1", "1/1")


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        (("0/0", "0/0", "0/0"), "monomorphic"),
        (("0/0", "0/0", "0/1"), "low_maf"),
        (("0/0", "./.", "./."), "missing_calls"),
    ],
)
@pytest.mark.parametrize("filtered_first", [True, False])
def test_a_copy_that_is_filtered_is_compared_too(three, calls, reason, filtered_first):
    limits = {"maf": 0.2, "max_missing": 0.5}
    copies = [record(*calls, name="rs1"), record(*CALLS, name="rs1")]
    other = record(*CALLS, name="rs2", pos=20)
    genotypes = three(*copies[:: 1 if filtered_first else -1], other, **limits)
    assert genotypes.variants["variant_id"].tolist() == ["rs1", "rs2"]
    assert column(genotypes, "rs1") == [0, 1, 2]
    assert reasons(genotypes) == {reason: 1}
    assert genotypes.excluded["detail"][0].endswith(DIFFERS)
    assert genotypes.counts["disagreeing_copies"] == 1


def test_filtered_copies_are_compared_with_one_another(three):
    rare = ("0/0", "0/0", "0/1")
    records = [record(*rare), record(*rare), record(*rare[::-1]), record(*CALLS, pos=20)]
    genotypes = three(*records, maf=0.2)
    assert reasons(genotypes) == {"low_maf": 3}
    apart = [DIFFERS in detail for detail in genotypes.excluded["detail"]]
    assert apart == [False, False, True]


def test_fingerprints_tell_rows_apart(rng):
    dosages = rng.integers(0, 3, size=(4000, 6)).astype(np.float32)
    dosages[::7] /= 3
    weights = rng.integers(0, 1 << 64, size=6, dtype=np.uint64)
    prints = np.empty(len(dosages), dtype=np.uint64)
    row_fingerprints(dosages.view(np.uint32), weights, prints)
    # The same partition of the rows as their values give.
    of_rows = pd.DataFrame(dosages).groupby(list(range(6)), sort=False).ngroup()
    of_prints = pd.Series(prints).groupby(prints, sort=False).ngroup()
    assert of_rows.nunique() < len(dosages)
    np.testing.assert_array_equal(of_rows, of_prints)


def test_ids_are_made_where_they_lack_or_repeat(three):
    genotypes = three(
        record("0/0", "0/1", "1/1", pos=1),
        record("0/0", "0/1", "1/1", pos=2, name="rs1"),
        record("0/0", "0/1", "1/1", pos=3, name="rs1"),
        record("0/0", "0/1", "1/1", pos=4, name="1:1:A:C"),
        record("0/0", "0/1", "1/1", pos=5, name="rs5"),
    )
    assert genotypes.variants["variant_id"].tolist() == [
        "1:1:A:C", "1:2:A:C", "1:3:A:C", "1:4:A:C", "rs5",
    ]  # fmt: skip
    assert genotypes.counts["ids_made"] == 4


def test_dosage_field_is_read_only_where_asked_for(three):
    records = (
        record("0/0:0.1", "0/1:1.2", "1/1:1.9", fields="GT:DS", name="both"),
        record("0/0", "0/1", "0/1", pos=11, name="gt"),
        record("0.5", ".", "1", fields="DS", pos=12, name="ds"),
        record("0.5,1", "0.2,0", "1,0.5", fields="DS", alt="C,T", pos=13),
    )
    by_call = three(*records)
    assert by_call.variants["variant_id"].tolist() == ["both", "gt"]
    assert column(by_call, "both") == [0, 1, 2]
    by_dosage = three(*records, field="DS")
    np.testing.assert_allclose(column(by_dosage, "both"), [0.1, 1.2, 1.9], rtol=1e-6)
    assert column(by_dosage, "ds") == [0.5, 0.75, 1]
    assert column(by_dosage, "1:13:A:T") == [1, 0, 0.5]
    assert reasons(by_dosage) == {"field_absent": 1}
    np.testing.assert_allclose(by_dosage.variants["af"].iloc[0], 3.2 / 6, rtol=1e-6)


def test_dosages_of_type_integer_and_one_a_record(tmp_path):
    formats = '##FORMAT=<ID=DS,Number=1,Type=Integer,Description="d">\n'
    path = write(
        tmp_path / "g.vcf",
        header("abc", formats=formats),
        record("0", "1", ".", fields="DS", name="rs1"),
        record("0", "1", "2", fields="DS", pos=11, alt="C,T"),
    )
    genotypes = read_vcf(path, field="DS", **ALL)
    assert column(genotypes, "rs1") == [0, 1, 0.5]
    assert reasons(genotypes) == {"dosage_not_per_allele": 2}


def test_rounded_dosages_are_clipped(three):
    genotypes = three(record("-0.0005", "1", "2.0004", fields="DS"), field="DS")
    assert genotypes.dosages.ravel().tolist() == [0, 1, 2]


def test_field_that_is_not_there(tmp_path):
    path = write(
        tmp_path / "g.vcf",
        header("ab", formats='##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n'),
        record("0/0", "0/1"),
    )
    with pytest.raises(CommandLineError, match=r"DS is not declared.*FORMAT fields: GT"):
        read_vcf(path, field="DS")


def test_no_record_has_the_field(three):
    with pytest.raises(DegenerateDataError, match="no record has the field DS; declared are GT"):
        three(record("0/0", "0/1", "1/1"), field="DS")


@pytest.mark.parametrize(
    "options",
    [{"field": "GP"}, {"maf": 0.6}, {"maf": -1}, {"max_missing": 2}, {"multiallelic": "keep"}],
    ids=str,
)
def test_options_that_cannot_be_used(three, options):
    with pytest.raises(CommandLineError):
        three(record("0/0", "0/1", "1/1"), **options)


# Regions


def positions(genotypes):
    return list(zip(genotypes.variants["chrom"], genotypes.variants["pos"], strict=True))


@pytest.fixture(params=["declared", "undeclared", "indexed", "bcf"])
def three_contigs(request, tmp_path):
    """Variants on 1, 2 and chr3, in files read through an index and through all records."""
    pysam = pytest.importorskip("pysam")
    text = header("ab", contigs=[] if request.param == "undeclared" else ["1", "2", "chr3"])
    for chrom, pos, ref in [
        ("1", 10, "A"),
        ("1", 20, "ACGTACGTACGTA"),
        ("1", 30, "A"),
        ("2", 10, "A"),
        ("chr3", 5, "A"),
    ]:
        text += record("0/0", "0/1", chrom=chrom, pos=pos, ref=ref)
    path = write(tmp_path / "g.vcf", text)
    if request.param in ("indexed", "bcf"):
        packed = tmp_path / "g.vcf.gz"
        pysam.tabix_compress(str(path), str(packed))
        pysam.tabix_index(str(packed), preset="vcf")
        path = packed
    if request.param == "bcf":
        path = tmp_path / "g.bcf"
        with (
            pysam.VariantFile(str(packed)) as old,
            pysam.VariantFile(str(path), "wb", header=old.header) as new,
        ):
            for one in old:
                new.write(one)
    return path


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("1", [("1", 10), ("1", 20), ("1", 30)]),
        ("chr1:10-20", [("1", 10), ("1", 20)]),
        ("1:21-29", None),
        ("3", [("chr3", 5)]),
        (["chr3:1-1,000", "1:30-30"], [("chr3", 5), ("1", 30)]),
        (["1:5-15", "1:10-10"], [("1", 10)]),
    ],
    ids=str,
)
def test_regions(three_contigs, region, expected):
    if expected is None:
        with pytest.raises(DegenerateDataError, match="no records in the region"):
            read_vcf(three_contigs, region=region)
    else:
        assert sorted(positions(read_vcf(three_contigs, region=region))) == sorted(expected)


def test_region_of_an_unknown_contig(three_contigs):
    with pytest.raises(
        InconsistentInputsError, match=r"no such contig; its contigs are 1, 2, chr3"
    ):
        read_vcf(three_contigs, region="7:1-9")


@pytest.mark.parametrize("region", ["", "1:9-5", "1:0-5", "1:a-b", "1:5", "1 2", ":1-2", []])
def test_malformed_region(three_contigs, region):
    with pytest.raises(CommandLineError, match="region"):
        read_vcf(three_contigs, region=region)


# Containers


def test_every_container_reads_alike(tmp_path, rng):
    pysam = pytest.importorskip("pysam")
    samples = [f"s{i}" for i in range(9)]
    text = header(samples)
    pool = ["0/0", "0/1", "1|1", "./.", "./1", ".", "1", "1/2", "2|0"]
    for pos in range(1, 200):
        text += record(*rng.choice(pool, 9), pos=pos, alt="C,T")
    plain = write(tmp_path / "g.vcf", text)
    paths = [write(tmp_path / "gzip.vcf.gz", text)]
    bgzip = tmp_path / "bgzip.vcf.gz"
    pysam.tabix_compress(str(plain), str(bgzip))
    bcf = tmp_path / "g.bcf"
    with (
        pysam.VariantFile(str(plain)) as old,
        pysam.VariantFile(str(bcf), "wb", header=old.header) as new,
    ):
        for one in old:
            new.write(one)
    paths += [bgzip, bcf, write(tmp_path / "crlf.vcf", text.replace("\n", "\r\n"))]
    first = read_vcf(plain, **ALL)
    for path in paths:
        other = read_vcf(path, **ALL)
        np.testing.assert_array_equal(other.dosages, first.dosages)
        pd.testing.assert_frame_equal(other.variants, first.variants)
        assert other.samples == first.samples == samples
        assert other.counts == first.counts


def test_last_line_without_an_end(tmp_path):
    text = header("ab") + record("0/0", "0/1").rstrip("\n")
    assert len(read_vcf(write(tmp_path / "g.vcf", text)).variants) == 1


def test_ploidy_that_changes_from_record_to_record(tmp_path):
    text = header("abc")
    for pos in range(1, 101):
        text += record(*(("0", "1", "1") if pos % 2 else ("0/0", "0/1", "1/1")), pos=pos)
    genotypes = read_vcf(write(tmp_path / "g.vcf", text))
    assert genotypes.dosages[:, ::2].T.tolist() == [[0, 1, 1]] * 50
    assert genotypes.dosages[:, 1::2].T.tolist() == [[0, 1, 2]] * 50


def test_many_blocks(tmp_path, rng, monkeypatch):
    from genesis.io import dosage_matrix, vcf_blocks

    monkeypatch.setattr(vcf_blocks, "BLOCK_RECORDS", 7)
    monkeypatch.setattr(vcf_blocks, "BATCH", 3)
    monkeypatch.setattr(dosage_matrix, "STEP_BYTES", 20 * len("abcde") * 4)
    calls = rng.choice(["0/0", "0/1", "1/1", "./."], size=(60, 5))
    text = header("abcde") + "".join(record(*row, pos=i + 1) for i, row in enumerate(calls))
    path = write(tmp_path / "g.vcf", text)
    blocks = read_vcf(path, max_missing=0.5)
    monkeypatch.undo()
    whole = read_vcf(path, max_missing=0.5)
    np.testing.assert_array_equal(blocks.dosages, whole.dosages)
    pd.testing.assert_frame_equal(blocks.variants, whole.variants)
    pd.testing.assert_frame_equal(blocks.excluded, whole.excluded)
    np.testing.assert_array_equal(blocks.missing, whole.missing)


def test_copies_dropped_from_a_large_file(tmp_path, rng):
    calls = rng.choice(["0/0", "0/1", "1/1"], size=(2500, 4))
    calls[:, :2] = "0/0", "1/1"
    again = rng.random(2500) < 0.3
    once, twice = header("abcd"), header("abcd")
    for i, (row, repeat) in enumerate(zip(calls, again, strict=True)):
        line = record(*row, pos=i + 1)
        once += line
        twice += line * (1 + repeat)
    clean = read_vcf(write(tmp_path / "once.vcf", once))
    doubled = read_vcf(write(tmp_path / "twice.vcf", twice))
    np.testing.assert_array_equal(doubled.dosages, clean.dosages)
    pd.testing.assert_frame_equal(doubled.variants, clean.variants)
    assert doubled.counts["duplicate_records"] == again.sum()
    assert doubled.dosages.flags.f_contiguous


def test_progress_counts_records(tmp_path):
    calls = []
    path = write(tmp_path / "g.vcf", header("ab"), record("0/0", "0/1"))
    read_vcf(path, progress=lambda *reported: calls.append(reported))
    assert calls == [("reading genotypes", 0, 0)]


def test_samples_of_a_file(tmp_path):
    assert open_vcf(write(tmp_path / "g.vcf", header(["b", "a"]))).samples == ["b", "a"]


def test_bgzip_end_block_alone_does_not_make_a_vcf(tmp_path):
    path = tmp_path / "g.vcf.gz"
    path.write_bytes(BGZF_END)
    with pytest.raises(ValueError, match="not a VCF"):
        read_vcf(path)


# Taking samples


def test_take_samples_is_as_if_only_they_had_been_read(tmp_path, rng):
    samples = list("abcdefgh")
    calls = rng.choice(["0/0", "0/0", "0/1", "1/1", "./.", "1"], size=(80, 8))
    text = header(samples) + "".join(record(*row, pos=i + 1) for i, row in enumerate(calls))
    path = write(tmp_path / "g.vcf", text)
    for wanted in (list("hgfedcba"), list("bd"), list("face")):
        taken = read_vcf(path, **ALL).take_samples(wanted)
        read = read_vcf(path, samples=wanted, **ALL)
        assert taken.samples == wanted
        # Reading names the reason of a variant closer, but keeps the same ones.
        np.testing.assert_array_equal(taken.dosages, read.dosages)
        columns = ["variant_id", "n_missing"]
        pd.testing.assert_frame_equal(taken.variants[columns], read.variants[columns])
        assert set(taken.excluded["id"]) == set(read.excluded["id"])
        np.testing.assert_array_equal(
            taken.missing if taken.missing is not None and taken.missing.any() else 0,
            read.missing if read.missing is not None else 0,
        )


def test_take_samples_counts_what_no_longer_varies(three):
    genotypes = three(record("0/0", "0/0", "1/1", name="x"), record("0/0", "0/1", "1/1", pos=11))
    taken = genotypes.take_samples(["b", "a"])
    assert taken.excluded.values.tolist() == [
        ["variant", "x", "monomorphic", "does not vary among the 2 samples taken"]
    ]
    assert taken.dosages.tolist() == [[1], [0]]
    with pytest.raises(DegenerateDataError, match="none of the 2 variants varies"):
        genotypes.take_samples(["a"])


# Real data


def test_real_yeast_is_haploid(shared):
    folder = shared / "data" / "yeast_brem2005"
    haploid = read_vcf(folder / "genotypes.vcf.gz")
    diploid = read_vcf(folder / "genotypes.diploid.vcf.gz")
    assert haploid.dosages.shape == (112, 3242)
    np.testing.assert_array_equal(2 * haploid.dosages, diploid.dosages)
    np.testing.assert_array_equal(haploid.variants["af"], diploid.variants["af"])
    assert haploid.counts["haploid_calls"] == 112 * 3244


def test_real_duplicates_leave_what_the_file_without_them_has(shared):
    folder = shared / "data" / "human_geuvadis_ceu"
    clean = read_vcf(folder / "genotypes.vcf.gz")
    doubled = read_vcf(folder / "genotypes.with_duplicates.vcf.gz")
    everything = read_vcf(folder / "genotypes.with_duplicates.vcf.gz", **ALL)
    np.testing.assert_array_equal(doubled.dosages, clean.dosages)
    assert doubled.variants["variant_id"].tolist() == clean.variants["variant_id"].tolist()
    assert doubled.counts["records_read"] - clean.counts["records_read"] == 738
    assert everything.counts["duplicate_records"] == 738
    # One record comes three times, and its first copy says something else than both others.
    assert everything.counts["disagreeing_copies"] == 2


def test_real_vcf_against_its_text(shared):
    path = shared / "data" / "dream5_sysgenA100" / "net1" / "genotypes.vcf.gz"
    genotypes = read_vcf(path, **ALL)
    expected = []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if not line.startswith("#"):
                calls = [cell.split(":")[0] for cell in line.rstrip("\n").split("\t")[9:]]
                expected.append([call.replace("|", "/").split("/").count("1") for call in calls])
    np.testing.assert_array_equal(genotypes.dosages.T, expected)
