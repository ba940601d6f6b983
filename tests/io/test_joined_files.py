"""Genotypes in one file a chromosome: the same as those of `bcftools concat`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pysam
import pysam.bcftools
import pytest

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    InputOpenError,
    MalformedInputError,
)
from genesis.io.file_patterns import find_files
from genesis.io.vcf_zarr import convert_vcf
from tests.io import genotype_files as files
from tests.io.test_vcf_zarr import assert_same_genotypes, packed
from tests.io.vcf_text import header, record, write

ALL = {"maf": 0, "max_missing": 1}
NAMES = ("1", "2", "3")


def rows_of(cohort, rows):
    """The variants of these rows alone."""
    lists = {name: [getattr(cohort, name)[k] for k in rows] for name in
             ("chrom", "pos", "names", "ref", "alt")}  # fmt: skip
    return replace(cohort, counts=cohort.counts[rows], **lists)


def in_order(cohort, samples):
    """The samples in another order."""
    columns = [cohort.samples.index(name) for name in samples]
    return replace(cohort, counts=cohort.counts[:, columns], samples=list(samples))


@pytest.fixture
def parts(rng):
    """Three files; they share ids, and the second's last record is the third's first, changed."""
    cohort = files.draw(rng, n_variants=66)
    cohort.chrom = ["1"] * 22 + ["2"] * 24 + ["3"] * 20
    cohort.pos = [*range(100, 122), *range(200, 224), *range(300, 320)]
    cohort.names[25] = cohort.names[50] = cohort.names[8]
    first, second, third = (
        rows_of(cohort, list(rows)) for rows in (range(22), range(22, 46), range(45, 66))
    )
    third.counts[0, :5] = 2
    third.counts[0, 5:] = np.arange(35) % 3
    return first, second, third


def shuffled(parts, rng):
    """The second and third with their samples in orders of their own."""
    first, *others = parts
    return [first, *(in_order(one, list(rng.permutation(one.samples))) for one in others)]


def concatenated(folder, parts):
    """One VCF of the parts, made by bcftools."""
    names = []
    for k, part in enumerate(parts):
        ordered = in_order(part, parts[0].samples)
        names.append(str(files.write_vcf(folder / f"part{k}.vcf", ordered)))
    pysam.bcftools.concat("-o", str(folder / "all.vcf"), *names, catch_stdout=False)
    return folder / "all.vcf"


def readers(folder, parts):
    """What reads the parts in each format, and the pattern of its files."""
    for name, part in zip(NAMES, parts, strict=True):
        vcf = files.write_vcf(folder / f"chr{name}.vcf", part)
        convert_vcf(packed(vcf), folder / f"chr{name}.zarr")
        files.write_bed(folder / f"c{name}.b", part)
        files.write_pfile(folder / f"c{name}.p", part)
        files.write_bgen(folder / f"chr{name}.bgen", part)
    return {
        "vcf": (genesis.read_vcf, folder / "chr{chrom}.vcf"),
        "vcf.gz": (genesis.read_vcf, folder / "chr@.vcf.gz"),
        "zarr": (genesis.read_vcf, folder / "chr{chrom}.zarr"),
        "bed": (genesis.read_bed, folder / "c@.b.bed"),
        "pfile": (genesis.read_pfile, folder / "c{chrom}.p"),
        "bgen": (genesis.read_bgen, folder / "chr@.bgen"),
    }


@pytest.mark.parametrize(
    "asked",
    [
        {},
        ALL,
        {"samples": ["S30", "S02", "S11", "S05", "S07", "S20"], "maf": 0.1},
        {"include_variants": ["rs1", "rs23", "rs50", "absent"], **ALL},
        {"exclude_variants": ["rs1", "rs60"]},
    ],
    ids=str,
)
def test_several_files_give_what_bcftools_concat_gives(tmp_path, parts, rng, asked):
    expected = genesis.read_vcf(concatenated(tmp_path, parts), **asked)
    if asked in ({}, ALL):
        assert expected.counts["disagreeing_copies"] == 1
        assert expected.counts["records_read"] == 67
    for name, (read, pattern) in readers(tmp_path, shuffled(parts, rng)).items():
        found = read(pattern, **asked)
        assert found.dosages.tobytes() == expected.dosages.tobytes(), name
        said = f"{pattern}: 3 files found, of the chromosomes 1, 2, 3."
        notes = [note for note in found.notes if note != said]
        assert len(notes) == len(found.notes) - 1
        assert_same_genotypes(replace(found, notes=notes), expected)
        one_by_one = [str(pattern).replace("{chrom}", one).replace("@", one) for one in NAMES]
        assert_same_genotypes(read(one_by_one, **asked), expected)


def test_regions_may_touch_some_of_the_files(tmp_path, parts, rng):
    everything = genesis.read_vcf(concatenated(tmp_path, parts), **ALL).variants
    for name, (read, pattern) in readers(tmp_path, shuffled(parts, rng)).items():
        found = read(pattern, region=["3:300-305", "chr2"], **ALL).variants
        inside = everything["chrom"].eq("2") | (
            everything["chrom"].eq("3") & everything["pos"].le(305)
        )
        assert found["variant_id"].tolist() == everything["variant_id"][inside].tolist(), name
        with pytest.raises(InconsistentInputsError, match=r"region 7: .* has no such contig"):
            read(pattern, region=["7", "2"])


def test_regions_where_headers_say_more_or_less_than_there_is(tmp_path, parts):
    """Files of one chromosome that declare all contigs, and such that declare none."""
    for name, part in zip(NAMES, parts, strict=True):
        text = files.write_vcf(tmp_path / f"{name}.vcf", part).read_text()
        body = "".join(line for line in text.splitlines(True) if "##contig" not in line)
        write(tmp_path / f"no{name}.vcf", body)
        every = "".join(f"##contig=<ID={one}>\n" for one in (*NAMES, "7"))
        write(tmp_path / f"all{name}.vcf", body.replace("##FORMAT", f"{every}##FORMAT", 1))
    for kind in ("no", "all"):
        pattern = tmp_path / f"{kind}{{chrom}}.vcf"
        found = genesis.read_vcf(pattern, region="1", **ALL)
        assert set(found.variants["chrom"]) == {"1"}
        # Of the other files nobody need know.
        assert found.counts["records_outside_region"] == 0
        with pytest.raises((InconsistentInputsError, DegenerateDataError), match="7"):
            genesis.read_vcf(pattern, region="7")
    packed(tmp_path / "no1.vcf")
    packed(tmp_path / "no2.vcf")
    given = [tmp_path / "no1.vcf.gz", tmp_path / "no2.vcf.gz"]
    assert set(genesis.read_vcf(given, region="2", **ALL).variants["chrom"]) == {"2"}
    with pytest.raises(InconsistentInputsError, match=r"2 files .*region 3"):
        genesis.read_vcf(given, region="3")


def test_who_is_missing_where_is_said(tmp_path, parts):
    first, second, third = parts
    without = in_order(third, third.samples[2:])
    second.samples = ["new" if name == "S07" else name for name in second.samples]
    given = [files.write_vcf(tmp_path / f"{k}.vcf", one) for k, one in
             enumerate((first, second, without))]  # fmt: skip
    with pytest.raises(InconsistentInputsError) as caught:
        genesis.read_vcf(given)
    said = str(caught.value)
    assert f"{given[0]} lacks 1 sample: new; {given[1]} lacks 1 sample: S07; " in said
    assert f"{given[2]} lacks 3 samples: S00, S01, new" in said


def test_sexes_and_builds_must_agree(tmp_path, parts):
    males = [1] * 40
    first = replace(parts[0], chrom=["1"] * 22, sex=[0] * 40)
    on_x = replace(parts[1], chrom=["X"] * 24, pos=[50_000_000 + k for k in range(24)], sex=males)
    files.write_bed(tmp_path / "c1", first)
    files.write_bed(tmp_path / "cX", on_x)
    files.write_bed(tmp_path / "cY", replace(first, chrom=["Y"] * 22, sex=[2] * 40))
    given = [tmp_path / "c1", tmp_path / "cX"]
    found = genesis.read_bed(given, **ALL)
    alone = genesis.read_bed(tmp_path / "cX", **ALL)
    assert found.counts["hemizygous_calls"] == alone.counts["hemizygous_calls"] > 300
    with pytest.raises(InconsistentInputsError, match=r"sample S00 is male in .*cX.bed and female"):
        genesis.read_bed([*given, tmp_path / "cY"])
    texts = [header(["a", "b"], ["X"]).replace("ID=X", f"ID=X,length={n}") for n in (100, 200)]
    vcfs = [write(tmp_path / f"{k}.vcf", text) for k, text in enumerate(texts)]
    with pytest.raises(InconsistentInputsError, match=r"0.vcf says X of length 100 .*1.vcf says X"):
        genesis.read_vcf(vcfs)


def test_faults_are_named_by_their_file(tmp_path):
    samples = ["a", "b", "c"]
    good = write(tmp_path / "1.vcf", header(samples), record("0/0", "0/1", "1/1"))
    bad = write(
        tmp_path / "2.vcf",
        header(samples, ["2"]),
        record("0/0", "0/1", "1/1", chrom="2"),
        record("0/0", "0/2", "1/1", chrom="2", pos=20),
    )
    with pytest.raises(
        MalformedInputError, match=r"2.vcf, record at 2:20 .*, sample b: .* above 1"
    ):
        genesis.read_vcf([good, bad])
    many = write(
        tmp_path / "3.vcf",
        header(samples, ["3"]),
        record("0/0", "0/1", "1/1", chrom="3"),
        record("0/0", "0/2", "1/1", chrom="3", pos=20, alt="C,G"),
    )
    with pytest.raises(MalformedInputError, match=r"3.vcf, record 2 \(3:20\) has 2 ALT alleles"):
        genesis.read_vcf([good, many], multiallelic="error")
    with pytest.raises(CommandLineError, match=r"2.vcf: field GP is not declared|1.vcf: field GP"):
        genesis.read_vcf([good, bad], field="GP")
    with pytest.raises(CommandLineError, match=r"1.vcf is given twice"):
        genesis.read_vcf([good, tmp_path / "." / "1.vcf"])


def test_files_are_found_in_the_order_of_the_chromosomes(tmp_path):
    def found(pattern, *names, ending=""):
        for name in names:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        paths, notes = find_files(tmp_path / pattern, ending)
        return [path.relative_to(tmp_path).as_posix() for path in paths], notes

    names, notes = found(
        "a{chrom}.vcf", *(f"a{one}.vcf" for one in ("X", "10", "2", "MT", "1", "Y", "22", "all"))
    )
    assert names == [f"a{one}.vcf" for one in ("1", "2", "10", "22", "X", "Y", "MT")]
    assert notes == [
        f"{tmp_path}/a{{chrom}}.vcf: 7 files found, of the chromosomes 1, 2, 10, 22, X, Y, MT; "
        "not taken, as no chromosome stands there: aall.vcf."
    ]
    roman = [f"y/{one}.vcf" for one in ("chrX", "chrIX", "chrII", "chrM", "chrXVI")]
    assert found("y/@.vcf", *roman)[0] == [
        f"y/{one}.vcf" for one in ("chrII", "chrIX", "chrX", "chrXVI", "chrM")
    ]
    assert found("p_c{chrom}_b0", "p_c02_b0.pgen", "p_c10_b0.pgen", "p_c02_b0.psam",
                 ending=".pgen")[0] == ["p_c02_b0", "p_c10_b0"]  # fmt: skip
    fly = [f"f{one}.bed" for one in ("3R", "2L", "2R", "4", "X")]
    assert found("f@.bed", *fly, ending=".bed")[0] == ["f2L", "f2R", "f3R", "f4", "fX"]
    # The same chromosome at both places.
    twice = ["d1/c1.vcf", "d2/c2.vcf", "d2/c1.vcf"]
    assert found("d{chrom}/c{chrom}.vcf", *twice)[0] == ["d1/c1.vcf", "d2/c2.vcf"]


def test_marks_in_names_that_exist_are_taken_as_they_are(tmp_path):
    folder = tmp_path / "me@home"
    folder.mkdir()
    for name in ("g1.vcf", "g2.vcf", "g@.vcf", "s@1.bed", "k{chrom}.vcf", "k1.vcf"):
        (folder / name).touch()
    for name, ending in (
        ("g@.vcf", ""),
        ("s@1", ".bed"),
        ("s@1.bed", ".bed"),
        ("k{chrom}.vcf", ""),
    ):
        assert find_files(folder / name, ending) == ([folder / name], [])
    (folder / "g@.vcf").unlink()
    assert find_files(folder / "g@.vcf")[0] == [folder / "g1.vcf", folder / "g2.vcf"]
    assert find_files(folder / "g{chrom}.vcf")[0] == [folder / "g1.vcf", folder / "g2.vcf"]


def test_patterns_without_files_and_with_too_many(tmp_path):
    (tmp_path / "gall.vcf").touch()
    with pytest.raises(InputOpenError, match=r"no chromosome stands there: gall.vcf"):
        find_files(tmp_path / "g@.vcf")
    with pytest.raises(InputOpenError, match=r"none\{chrom\}.vcf: there is no such file"):
        find_files(tmp_path / "none{chrom}.vcf")
    for name in ("g1.vcf", "g01.vcf"):
        (tmp_path / name).touch()
    with pytest.raises(CommandLineError, match="both of chromosome"):
        find_files(tmp_path / "g@.vcf")
    with pytest.raises(CommandLineError, match="empty"):
        find_files([])
    (tmp_path / "g01.vcf").unlink()
    with pytest.raises(CommandLineError, match=r"g1.vcf is given twice"):
        find_files([tmp_path / "g1.vcf", tmp_path / "g@.vcf"])


def test_progress_is_told_in_files(tmp_path, parts):
    given = [files.write_vcf(tmp_path / f"{k}.vcf", one) for k, one in enumerate(parts)]
    reported = []
    genesis.read_vcf(given, progress=lambda *words: reported.append(words[1:]), **ALL)
    assert reported == [(0, 3), (1, 3), (2, 3)]
