"""One data set through every format: the same dosages to the bit, and the same result."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.bgen_file import BgenSource
from tests.io import genotype_files as files
from tests.io.test_vcf_zarr import assert_same_genotypes, packed
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}


@pytest.fixture
def cohort(rng):
    return files.draw(rng)


def in_every_format(folder, cohort):
    """Readers of one cohort by the name of the format."""
    from genesis.io.vcf_zarr import convert_vcf

    vcf = packed(files.write_vcf(folder / "g.vcf", cohort))
    store = convert_vcf(vcf, folder / "g.zarr")
    bed = files.write_bed(folder / "g", cohort)
    pfile = files.write_pfile(folder / "g", cohort)
    bgen = files.write_bgen(folder / "g.bgen", cohort)
    return {
        "vcf": lambda **asked: genesis.read_vcf(vcf, **asked),
        "zarr": lambda **asked: genesis.read_vcf(store, **asked),
        "bed": lambda **asked: genesis.read_bed(bed, **asked),
        "pfile": lambda **asked: genesis.read_pfile(pfile, **asked),
        "pfile_ds": lambda **asked: genesis.read_pfile(pfile, field="DS", **asked),
        "bgen": lambda **asked: genesis.read_bgen(bgen, **asked),
    }


@pytest.mark.parametrize(
    "asked",
    [
        {},
        ALL,
        {"samples": ["S30", "S02", "S11", "S05", "S07", "S20"], "maf": 0.1},
        {"region": ["chr2:1-9000", "1:4000-20000", "1:1-5000"]},
        {"include_variants": ["rs1", "rs2", "rs30", "rs31", "made", "absent"], **ALL},
        {"exclude_variants": ["rs1", "rs2", "rs99"]},
    ],
    ids=str,
)
def test_every_format_gives_the_same_genotypes(tmp_path, cohort, asked):
    if "include_variants" in asked:
        # The last of the variants without an id, as it is going to be called.
        made = f"2:{cohort.pos[56]}:{cohort.ref[56]}:{cohort.alt[56]}"
        names = [made if name == "made" else name for name in asked["include_variants"]]
        asked = {**asked, "include_variants": names}
    readers = in_every_format(tmp_path, cohort)
    expected = readers.pop("vcf")(**asked)
    if "include_variants" in asked:
        assert expected.variants["variant_id"].tolist() == ["rs1", "rs2", "rs30", "rs31", made]
        assert "1 variant to include not among those read: absent." in expected.notes
        assert set(expected.excluded["reason"]) == {"not_included"}
    for name, read in readers.items():
        found = read(**asked)
        assert found.dosages.tobytes() == expected.dosages.tobytes(), name
        assert_same_genotypes(found, expected)


def test_dosages_are_the_numbers_of_alt_alleles(tmp_path, cohort):
    """Against the cohort itself: an exchange of the alleles in all formats would be seen."""
    for name, read in in_every_format(tmp_path, cohort).items():
        genotypes = read(**ALL)
        called = genotypes.variants["n_missing"].to_numpy() == 0
        at = {(c, p): k for k, (c, p) in enumerate(zip(cohort.chrom, cohort.pos, strict=True))}
        places = zip(genotypes.variants["chrom"], genotypes.variants["pos"], strict=True)
        rows = [at[place] for place in places]
        assert called.sum() > 3
        np.testing.assert_array_equal(
            genotypes.dosages.T[called], cohort.counts[rows][called], err_msg=name
        )
        assert genotypes.variants["ref"].tolist() == [cohort.ref[k] for k in rows]
        assert genotypes.variants["alt"].tolist() == [cohort.alt[k] for k in rows]


matrices = st.integers(1, 9).flatmap(
    lambda n: st.lists(
        st.lists(st.sampled_from([0, 1, 2, -1]), min_size=n, max_size=n), min_size=1, max_size=7
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(counts=matrices, data=st.data())
def test_any_calls_come_back(tmp_path, counts, data):
    """Whatever the number of samples leaves of the last byte of a record, and in any order."""
    counts = np.array(counts)
    n_variants, n_samples = counts.shape
    cohort = files.Cohort(
        counts, ["1"] * n_variants, list(range(1, n_variants + 1)), ["."] * n_variants,
        ["A"] * n_variants, ["C"] * n_variants, [f"s{k}" for k in range(n_samples)],
        [0] * n_samples,
    )  # fmt: skip
    wanted = data.draw(st.permutations(cohort.samples))
    wanted = wanted[: data.draw(st.integers(1, n_samples))]
    columns = [cohort.samples.index(name) for name in wanted]
    expected = []
    for row in counts[:, columns]:
        called = row[row >= 0]
        if len(set(called)) > 1:
            expected.append(np.where(row < 0, called.mean(dtype=np.float64), row))
    readers = (genesis.read_bed, genesis.read_pfile)
    writers = (files.write_bed, files.write_pfile)
    for read, write_files in zip(readers, writers, strict=True):
        prefix = write_files(tmp_path / "g", cohort)
        if expected:
            found = read(prefix, samples=wanted, **ALL)
            np.testing.assert_allclose(found.dosages.T, expected, rtol=1e-6)
        else:
            with pytest.raises(DegenerateDataError):
                read(prefix, samples=wanted, **ALL)


def test_alleles_beyond_the_first_alt_of_a_pgen(tmp_path, rng):
    """Calls of three alleles, split, against the VCF; and dropped or refused where asked."""
    n = 30
    calls = [np.sort(rng.integers(0, 3, size=(n, 2)), axis=1) for _ in range(8)]
    for one in calls[::3]:
        one[rng.random(n) < 0.1] = -9
    calls[1] = np.minimum(calls[1], 1)
    alts = ["C", "C,G", "C", "T", "C,*", "C,G", "G,T", "C,G"]
    for k, alt in enumerate(alts):
        calls[k] = np.minimum(calls[k], len(alt.split(",")))
    cohort = files.Cohort(
        counts=np.zeros((8, n)), chrom=["1"] * 8, pos=list(range(10, 90, 10)), names=["."] * 8,
        ref=["A"] * 8, alt=alts, samples=[f"S{k}" for k in range(n)], sex=[0] * n,
    )  # fmt: skip
    pfile = files.write_pfile(tmp_path / "g", cohort, calls=[one.ravel() for one in calls])
    texts = [
        record(*("./." if a < 0 else f"{a}/{b}" for a, b in one), pos=pos, alt=alt)
        for one, pos, alt in zip(calls, cohort.pos, alts, strict=True)
    ]
    vcf = write(tmp_path / "g.vcf", header(cohort.samples), *texts)
    for asked in ({}, {"multiallelic": "drop"}):
        found = genesis.read_pfile(pfile, **ALL, **asked)
        assert_same_genotypes(found, genesis.read_vcf(vcf, **ALL, **asked))
    dosages = genesis.read_pfile(pfile, field="DS", **ALL)
    np.testing.assert_array_equal(dosages.dosages, genesis.read_vcf(vcf, **ALL).dosages)
    with pytest.raises(MalformedInputError, match=r"record 2 \(1:20\) has 2 ALT alleles"):
        genesis.read_pfile(pfile, multiallelic="error")


def test_dosages_of_a_pgen(tmp_path, cohort, rng):
    """Stored in steps of 2^-14; the calls beside them are others, and read where asked."""
    dosages = (rng.integers(0, (2 << 14) + 1, cohort.counts.shape) / (1 << 14)).astype(np.float32)
    prefix = files.write_pfile(tmp_path / "g", cohort, dosages=dosages)
    found = genesis.read_pfile(prefix, field="DS", maf=0, samples=cohort.samples[::-1])
    np.testing.assert_array_equal(found.dosages.T, dosages[:, ::-1])
    calls = genesis.read_pfile(prefix, maf=0, max_missing=1)
    assert set(np.unique(calls.dosages[:, calls.variants["n_missing"] == 0])) <= {0, 1, 2}


def test_order_of_variants_and_of_contigs_in_a_bim_does_not_matter(tmp_path, cohort, rng):
    straight = genesis.read_bed(files.write_bed(tmp_path / "a", cohort), **ALL)
    order = rng.permutation(len(cohort.pos))
    mixed = files.Cohort(
        cohort.counts[order],
        *(
            [getattr(cohort, name)[k] for k in order]
            for name in ("chrom", "pos", "names", "ref", "alt")
        ),
        cohort.samples,
        cohort.sex,
    )
    found = genesis.read_bed(files.write_bed(tmp_path / "b", mixed), **ALL)
    at = pd.Index(found.variants["variant_id"]).get_indexer(straight.variants["variant_id"])
    np.testing.assert_array_equal(found.dosages[:, at], straight.dosages)


def test_pvar_compressed_by_zstd(tmp_path, cohort):
    import pyarrow as pa

    prefix = files.write_pfile(tmp_path / "g", cohort)
    expected = genesis.read_pfile(prefix)
    text = (tmp_path / "g.pvar").read_bytes()
    with pa.CompressedOutputStream(str(tmp_path / "g.pvar.zst"), "zstd") as stream:
        stream.write(text)
    (tmp_path / "g.pvar").unlink()
    assert_same_genotypes(genesis.read_pfile(prefix), expected)
    (tmp_path / "g.pvar.zst").write_bytes(b"nonsense")
    with pytest.raises(InputReadError, match=r"pvar\.zst"):
        genesis.read_pfile(prefix)


# A bgen whose haplotypes are phased, and of several alleles


def test_bgen_of_every_layout(tmp_path, rng):
    from bgen import BgenWriter

    samples = [f"S{k}" for k in range(12)]
    three = rng.dirichlet(np.ones(6), size=12)
    phased = rng.dirichlet(np.ones(2), size=(12, 2)).reshape(12, 4)
    with BgenWriter(str(tmp_path / "g.bgen"), 12, samples) as writer:
        writer.add_variant("v", "multi", "1", 5, ["A", "C", "G"], three, bit_depth=24)
        writer.add_variant("v", "hap", "1", 9, ["A", "C"], phased, phased=True, bit_depth=24)
    found = genesis.read_bgen(tmp_path / "g.bgen", **ALL, samples=samples[::-1])
    pairs = [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2)]
    expected = [
        three @ [pair.count(1) for pair in pairs],
        three @ [pair.count(2) for pair in pairs],
        phased[:, 1] + phased[:, 3],
    ]
    np.testing.assert_allclose(found.dosages.T[:, ::-1], expected, atol=1e-5)
    source = BgenSource(tmp_path / "g.bgen")
    with pytest.raises(CommandLineError, match="no field GT in it; ask for GP"):
        source.check_field("GT")


# What is broken


@pytest.mark.parametrize(
    ("name", "change", "error", "words"),
    [
        ("g.bed", lambda data: data[:-5], MalformedInputError, "truncated"),
        ("g.bed", lambda data: data[:3] + data[13:], MalformedInputError, "call for"),
        ("g.bed", lambda data: b"chr" + data[3:], MalformedInputError, "no PLINK 1"),
        ("g.bed", lambda data: b"\x6c\x1b\x00" + data[3:], MalformedInputError, "--make-bed"),
        ("g.bed", lambda data: b"", MalformedInputError, "no PLINK 1"),
        ("g.fam", lambda data: data.split(b"\n", 2)[2], MalformedInputError, "do not belong"),
        ("g.fam", lambda data: b"", DegenerateDataError, "empty"),
        ("g.fam", lambda data: data.replace(b"S03", b"S04"), MalformedInputError, "S04"),
        ("g.fam", lambda data: data.replace(b"S03 0 0 0", b"S03 0 0 5"), MalformedInputError,
         "line 4.*S03.*'5' is no sex"),
        ("g.fam", lambda data: data.replace(b"S03 0 0 0", b"S03 0 0"), MalformedInputError,
         "line 4.*5 columns where 6"),
        ("g.bim", lambda data: data.split(b"\n", 1)[1], MalformedInputError, "do not belong"),
        ("g.bim", lambda data: data.replace(b"\t2000\t", b"\tx\t"), MalformedInputError,
         "line 2: position 'x'"),
        ("g.bim", lambda data: data.replace(b"\t3000\t", b"\t-3\t"), MalformedInputError,
         "line 3: position '-3'"),
        ("g.bim", lambda data: data.replace(b"\t2000\t", b"\t2000\tA\t"), MalformedInputError,
         "line 2: 7.*columns where 6"),
    ],
)  # fmt: skip
def test_broken_files_of_plink_1(tmp_path, cohort, name, change, error, words):
    files.write_bed(tmp_path / "g", cohort)
    path = tmp_path / name
    text = path.read_bytes()
    if name == "g.fam":
        text = b"\n".join(b" ".join(line.split()) for line in text.splitlines()) + b"\n"
    assert change(text) != text
    path.write_bytes(change(text))
    with pytest.raises(error, match=words) as raised:
        genesis.read_bed(tmp_path / "g")
    assert "g." in str(raised.value)


@pytest.mark.parametrize(
    ("name", "change", "error", "words"),
    [
        ("g.pgen", lambda data: b"", MalformedInputError, "no .pgen"),
        ("g.pgen", lambda data: b"x" * len(data), MalformedInputError, "no .pgen"),
        ("g.pgen", lambda data: data[: len(data) // 2], (MalformedInputError, InputReadError),
         "damaged"),
        ("g.psam", lambda data: data.replace(b"S03\tNA\n", b""), MalformedInputError,
         "do not belong"),
        ("g.psam", lambda data: data.replace(b"#IID", b"#FID"), MalformedInputError, "IID"),
        ("g.psam", lambda data: data.replace(b"S03\tNA", b"S03"), MalformedInputError, "line 5"),
        ("g.psam", lambda data: data.replace(b"S03", b"S02"), MalformedInputError, "S02"),
        ("g.pvar", lambda data: data.replace(b"\tREF", b"\tFER"), MalformedInputError,
         "line 2: the header has no column REF"),
        ("g.pvar", lambda data: data.replace(b"\t2000\t", b"\t\t"), MalformedInputError, "line 4"),
        ("g.pvar", lambda data: data.rsplit(b"\n", 3)[0], MalformedInputError, "do not belong"),
        ("g.pvar", lambda data: b"#CHROM\tPOS\tID\tREF\tALT\n", DegenerateDataError, "nothing"),
    ],
)  # fmt: skip
def test_broken_files_of_plink_2(tmp_path, cohort, name, change, error, words):
    files.write_pfile(tmp_path / "g", cohort)
    path = tmp_path / name
    assert change(path.read_bytes()) != path.read_bytes()
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(error, match=words) as raised:
        genesis.read_pfile(tmp_path / "g")
    assert "g." in str(raised.value)


def test_broken_bgen(tmp_path, cohort):
    path = files.write_bgen(tmp_path / "g.bgen", cohort)
    whole = path.read_bytes()
    for broken in (b"", b"nonsense" * 50, whole[:30], whole[: len(whole) // 2], whole[:-3]):
        path.write_bytes(broken)
        with pytest.raises(InputReadError, match="damaged"):
            genesis.read_bgen(path)


def test_missing_files_and_samples_are_named(tmp_path, cohort):
    with pytest.raises(InputOpenError, match=r"g\.bed: no such file"):
        genesis.read_bed(tmp_path / "g")
    with pytest.raises(InputOpenError, match=r"g\.pgen: no such file"):
        genesis.read_pfile(tmp_path / "g")
    with pytest.raises(InputOpenError, match=r"g\.bgen: no such file"):
        genesis.read_bgen(tmp_path / "g.bgen")
    with pytest.raises(InputOpenError, match="cannot be opened"):
        genesis.read_bed("n" * 300)
    prefix = files.write_bed(tmp_path / "g", cohort)
    assert genesis.read_bed(f"{prefix}.bed").samples == cohort.samples
    with pytest.raises(InconsistentInputsError, match="Q1"):
        genesis.read_bed(prefix, samples=["Q1"])
    with pytest.raises(InconsistentInputsError, match="region 7"):
        genesis.read_bed(prefix, region="7")
    with pytest.raises(DegenerateDataError, match="no records in the region"):
        genesis.read_bed(prefix, region="1:5-6")
    with pytest.raises(InconsistentInputsError, match="none of the 1 variant to be included"):
        genesis.read_bed(prefix, include_variants=["rs999"])
    (tmp_path / "g.fam").unlink()
    with pytest.raises(InputOpenError, match=r"g\.fam"):
        genesis.read_bed(prefix)


@pytest.mark.parametrize(
    ("package", "extra", "read"),
    [
        ("bed_reader", "plink", lambda folder: genesis.read_bed(folder / "g")),
        ("pgenlib", "plink", lambda folder: genesis.read_pfile(folder / "g")),
        ("bgen", "bgen", lambda folder: genesis.read_bgen(folder / "g.bgen")),
    ],
)
def test_a_package_that_is_not_installed_is_named(
    tmp_path, cohort, monkeypatch, package, extra, read
):
    in_every_format(tmp_path, cohort)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CommandLineError, match=rf"{package}.*genesis-causal\[{extra}\]"):
        read(tmp_path)
