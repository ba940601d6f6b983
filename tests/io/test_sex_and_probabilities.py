"""Calls of males on X, and dosages from genotype probabilities, against obvious oracles."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genesis
from genesis.errors import CommandLineError, DegenerateDataError, MalformedInputError
from genesis.io.sex import GRCH37, GRCH38, PAR, MaleX, read_sexes
from tests.io import genotype_files as files
from tests.io.vcf_text import FORMATS, header, record, write

ALL = {"maf": 0, "max_missing": 1}
GP = '##FORMAT=<ID=GP,Number=G,Type=Float,Description="Probabilities">\n'
OUTSIDE, INSIDE = 5_000_000, 1_000_000


def with_length(samples, length=GRCH38):
    text = header(samples, ("chrX",))
    return text.replace("<ID=chrX>", f"<ID=chrX,length={length}>")


def obvious(call: str, is_male: bool, outside: bool, allele: int) -> tuple[float, int, int]:
    """Dosage, copies counted and alleles called, of a call on X."""
    parts = call.split("/")
    if "." in parts:
        return np.nan, 0, 0
    copies = parts.count(str(allele))
    if is_male and (len(parts) == 1 or outside):
        if len(set(parts)) > 1:
            return np.nan, 0, 0
        return 2.0 * (copies > 0), int(copies > 0), 1
    return float(copies), copies, len(parts)


calls = st.lists(st.sampled_from("012."), min_size=1, max_size=2).map("/".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    row=st.lists(st.tuples(calls, st.booleans()), min_size=2, max_size=8),
    outside=st.booleans(),
    reverse=st.booleans(),
)
def test_calls_of_males_on_x(tmp_path, row, outside, reverse):
    samples = [f"s{k}" for k in range(len(row))]
    pos = OUTSIDE if outside else INSIDE
    line = record(*(call for call, _ in row), pos=pos, alt="C,G", chrom="chrX")
    path = write(tmp_path / "g.vcf", with_length(samples), line)
    sexes = "".join(f"{name}\t{2 - male}\n" for name, (_, male) in zip(samples, row, strict=True))
    (tmp_path / "sex.tsv").write_text(sexes)
    wanted = samples[::-1] if reverse else samples
    expected = {}
    for allele, alt in ((1, "C"), (2, "G")):
        found = [obvious(call, male, outside, allele) for call, male in row]
        dosages = np.array([one[0] for one in found])
        called = dosages[~np.isnan(dosages)]
        if len(set(called)) > 1:
            af = sum(one[1] for one in found) / sum(one[2] for one in found)
            filled = np.where(np.isnan(dosages), called.mean(), dosages)
            expected[f"chrX:{pos}:A:{alt}"] = (filled[::-1] if reverse else filled, af)
    reading = {"samples": wanted, "sex": tmp_path / "sex.tsv", **ALL}
    if not expected:
        with pytest.raises(DegenerateDataError):
            genesis.read_vcf(path, **reading)
        return
    genotypes = genesis.read_vcf(path, **reading)
    assert genotypes.variants["variant_id"].tolist() == list(expected)
    for column, (dosages, af) in enumerate(expected.values()):
        np.testing.assert_allclose(genotypes.dosages[:, column], dosages, rtol=1e-6)
        assert genotypes.variants["af"][column] == af
    males = [call.split("/") for call, male in row if male and "." not in call]
    het = sum(len(set(call)) > 1 for call in males) if outside else 0
    assert genotypes.counts["male_heterozygous_calls"] == het
    hemizygous = sum(len(call) == 1 or (outside and len(set(call)) == 1) for call in males)
    assert genotypes.counts["hemizygous_calls"] == hemizygous


def test_haploid_and_diploid_coding_and_plink_agree(tmp_path, rng):
    n = 24
    cohort = files.draw(rng, 20, n)
    cohort.chrom = ["X"] * 20
    cohort.pos = [OUTSIDE + 10 * k for k in range(20)]
    cohort.sex = [1 + k % 2 for k in range(n)]
    male = np.array(cohort.sex) == 1
    cohort.counts[:, male] = np.where(cohort.counts[:, male] > 0, 2, cohort.counts[:, male])
    diploid = files.write_vcf(tmp_path / "d.vcf", cohort)
    haploid = tmp_path / "h.vcf"
    lines = []
    for line in diploid.read_text().splitlines():
        cells = line.split("\t")
        if not line.startswith("#"):
            cells[9:] = [c[0] if m else c for c, m in zip(cells[9:], male, strict=True)]
        lines.append("\t".join(cells))
    haploid.write_text("\n".join(lines) + "\n")
    words = {1: "male", 2: "F"}
    listed = [f"{s}\t{words[x]}" for s, x in zip(cohort.samples, cohort.sex, strict=True)]
    sex = tmp_path / "sex.tsv"
    sex.write_text("#sample\tsex\n" + "\n".join(listed) + "\n")
    found = [genesis.read_vcf(path, sex=sex, **ALL) for path in (diploid, haploid)]
    found.append(genesis.read_bed(files.write_bed(tmp_path / "g", cohort), **ALL))
    found.append(genesis.read_pfile(files.write_pfile(tmp_path / "g", cohort), **ALL))
    for one in found[1:]:
        assert one.dosages.tobytes() == found[0].dosages.tobytes()
        assert one.variants["af"].tolist() == found[0].variants["af"].tolist()
    assert found[0].counts["hemizygous_calls"] > 100
    assert "12 males and 12 females among the samples read" in " ".join(found[0].notes)
    # Without a sex, as they are written.
    assert not np.array_equal(genesis.read_vcf(haploid, **ALL).dosages, found[1].dosages)


@pytest.mark.parametrize("length", [GRCH37, GRCH38, None])
def test_bounds_of_the_pseudo_autosomal_regions(length):
    males = MaleX(np.array([True]), length)
    for build in PAR if length is None else [length]:
        for first, last in PAR[build]:
            assert males.outside_par(np.array([first, last])).tolist() == [False, False]
    if length is not None:
        for first, last in PAR[length]:
            assert males.outside_par(np.array([first - 1, last + 1])).tolist() == [True, True]
    assert males.outside_par(np.array([50_000_000])).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\t1\nb\n", "line 2: 1 column"),
        ("a\t1\nb\tblue\n", "line 2, sample b: 'blue'"),
        ("a\t1\na\t2\n", "line 2: sample a has another sex"),
        ("sample\tsex\n", "no sample"),
        ("2 1 1\n1 2 2\n", "which of the last two columns"),  # FID IID SEX, or a remark
    ],
)
def test_broken_lists_of_sexes(tmp_path, text, words):
    (tmp_path / "s.tsv").write_text(text)
    with pytest.raises(MalformedInputError, match=words):
        read_sexes(tmp_path / "s.tsv")


def test_forms_of_a_list_of_sexes(tmp_path):
    (tmp_path / "s.csv").write_text("id,sex\na,Male\nb,f\nc,0\n\nd,1\n")
    assert read_sexes(tmp_path / "s.csv") == {"a": "male", "b": "female", "c": "", "d": "male"}


FAMILIES = {
    "of psam": "#FID\tIID\tPAT\tMAT\tSEX\n2\t1\t0\t0\t1\n3\t2\t0\t0\t2\n1\t3\t0\t0\tNA\n",
    "of fam": "2 1 0 0 1 -9\n3 2 0 0 2 -9\n1 3 0 0 0 -9\n",
    "with a header": "FID IID SEX\n2 1 1\n3 2 2\n1 3 0\n",
    "without": "f1 1 1\nf2 2 2\n2 3 0\n",
    "behind others": "sample,age,sex\n1,30,M\n2,41,F\n3,2,NA\n",
    "before others": "sex,id\nM,1\nF,2\nNA,3\n",
    "with remarks": "1 1 checked\n2 2 checked\n3 0 checked\n",
    "comments": "# of 2020\n#IID SEX\n1 1\n2 2\n3 0\n",
}


@pytest.mark.parametrize("name", FAMILIES)
def test_sexes_are_of_the_sample_and_not_of_its_family(tmp_path, name):
    (tmp_path / "s.txt").write_text(FAMILIES[name])
    assert read_sexes(tmp_path / "s.txt") == {"1": "male", "2": "female", "3": ""}


def probabilities(rng, n_samples, n_alleles):
    n_genotypes = n_alleles * (n_alleles + 1) // 2
    return rng.dirichlet(np.ones(n_genotypes), size=n_samples).round(3)


def expected_dosage(given, n_alleles, allele):
    """By the genotypes in the order of the VCF specification, written out."""
    pairs = [(j, k) for k in range(n_alleles) for j in range(k + 1)]
    copies = np.array([pair.count(allele) for pair in pairs])
    return given @ copies / given.sum(axis=1)


@pytest.mark.parametrize("n_alleles", [2, 3, 4])
def test_expected_dosages(tmp_path, rng, n_alleles):
    samples = [f"s{k}" for k in range(15)]
    given = probabilities(rng, 15, n_alleles)
    alts = ["C", "G", "T"][: n_alleles - 1]
    cells = [",".join(f"{p:g}" for p in row) for row in given]
    cells[3] = "."
    text = header(samples, formats=FORMATS + GP)
    path = write(tmp_path / "g.vcf", text, record(*cells, alt=",".join(alts), fields="GP"))
    genotypes = genesis.read_vcf(path, field="GP", **ALL)
    called = np.arange(15) != 3
    for column in range(n_alleles - 1):
        wanted = expected_dosage(given, n_alleles, column + 1)
        np.testing.assert_allclose(genotypes.dosages[called, column], wanted[called], rtol=1e-5)
    assert genotypes.variants["n_missing"].tolist() == [1] * (n_alleles - 1)


def test_haploid_probabilities_are_on_the_same_scale(tmp_path):
    text = header("abc", formats=FORMATS + GP)
    cells = ["0.1,0.9", "0.2,0.3,0.5", "1,0,0"]
    path = write(tmp_path / "g.vcf", text, record(*cells, fields="GP"))
    found = genesis.read_vcf(path, field="GP", **ALL)
    np.testing.assert_allclose(found.dosages[:, 0], [1.8, 1.3, 0], rtol=1e-6)


def test_certain_probabilities_are_the_calls(tmp_path, rng):
    cohort = files.draw(rng)
    calls = genesis.read_vcf(files.write_vcf(tmp_path / "c.vcf", cohort))
    cells = np.array(["1,0,0", "0,1,0", "0,0,1", ".,.,."])
    rows = zip(cohort.counts, cohort.chrom, cohort.pos, cohort.names, cohort.ref, cohort.alt,
               strict=True)  # fmt: skip
    text = [
        record(*cells[row], chrom=chrom, pos=pos, name=name, ref=ref, alt=alt, fields="GP")
        for row, chrom, pos, name, ref, alt in rows
    ]
    start = header(cohort.samples, ("1", "2"), FORMATS + GP)
    found = genesis.read_vcf(write(tmp_path / "p.vcf", start, *text), field="GP")
    assert found.dosages.tobytes() == calls.dosages.tobytes()


@pytest.mark.parametrize(
    "cell", ["0,10,20", "0.5,0.2,0.1", "-0.1,0.6,0.5", "0.5,0.5,.", "0.3,0.3,0.2,0.2", "1"]
)
def test_what_are_no_probabilities(tmp_path, cell):
    text = header("abc", formats=FORMATS + GP)
    line = record("1,0,0", "0,1,0", cell, name="rs1", fields="GP")
    if cell == "0.5,0.5,.":  # as many as a haploid call has, and no more
        line = line.replace(cell, ".,0.5,0.5")
    path = write(tmp_path / "g.vcf", text, line)
    with pytest.raises(MalformedInputError, match=r"record 1 \(1:10\), sample c: the gen"):
        genesis.read_vcf(path, field="GP", **ALL)


def test_probabilities_that_are_not_declared(tmp_path):
    path = write(tmp_path / "g.vcf", header("ab"), record("0/0", "0/1"))
    with pytest.raises(CommandLineError, match="field GP is not declared"):
        genesis.read_vcf(path, field="GP")


def test_probabilities_of_a_store(tmp_path, rng):
    from genesis.io.vcf_zarr import convert_vcf
    from tests.io.test_vcf_zarr import packed

    samples = [f"s{k}" for k in range(9)]
    lines = []
    for pos, n_alleles in itertools.product(range(10, 40, 10), [2, 3]):
        given = probabilities(rng, 9, n_alleles)
        cells = ["0/1:" + ",".join(f"{p:g}" for p in row) for row in given]
        alt = ",".join(["C", "G"][: n_alleles - 1])
        lines.append(record(*cells, pos=pos + n_alleles, alt=alt, fields="GT:GP"))
    text = header(samples, formats=FORMATS + GP)
    vcf = packed(write(tmp_path / "g.vcf", text, *lines))
    store = convert_vcf(vcf, tmp_path / "g.zarr")
    reading = {"field": "GP", "samples": samples[::-2], **ALL}
    found, expected = genesis.read_vcf(store, **reading), genesis.read_vcf(vcf, **reading)
    assert found.dosages.tobytes() == expected.dosages.tobytes()
    assert found.dosages.shape == (5, 9)
