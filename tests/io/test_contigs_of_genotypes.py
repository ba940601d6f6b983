"""Contigs of genotypes in every format: numbers of PLINK, accessions, sexes, regions."""

from __future__ import annotations

import numpy as np
import pytest

import genesis
from genesis.errors import InconsistentInputsError, MalformedInputError
from tests.io import genotype_files as files
from tests.io.vcf_text import FORMATS, header, record, write

ALL = {"maf": 0, "max_missing": 1}
HUMAN = [f"chr{name}" for name in (*range(1, 23), "X", "Y", "M")]
ZEBRAFISH = [str(number) for number in range(1, 26)]


@pytest.fixture
def cohort(rng):
    """Half of the samples male; males are heterozygous here and there."""
    cohort = files.draw(rng)
    cohort.sex = [1 + k % 2 for k in range(len(cohort.samples))]
    # Outside the pseudo-autosomal regions of X.
    cohort.pos = [5_000_000 + pos for pos in cohort.pos]
    return cohort


def of_plink(cohort, x="23", xy="25"):
    cohort.chrom = [x] * 20 + [xy] * 10 + ["1"] * 30
    return cohort


def sex_list(path, cohort):
    rows = zip(cohort.samples, cohort.sex, strict=True)
    path.write_text("".join(f"{name}\t{sex}\n" for name, sex in rows))
    return path


def vcf_with(path, cohort, lines=(), contigs=None):
    """A VCF with header lines of its own; contigs are declared unless they are not to be."""
    declared = dict.fromkeys(cohort.chrom) if contigs is None else contigs
    text = files.write_vcf(path, cohort).read_text().splitlines(keepends=True)
    kept = [line for line in text if not line.startswith("##contig")]
    more = [f"##contig=<ID={name}>\n" for name in declared] + [f"{line}\n" for line in lines]
    path.write_text("".join([kept[0], *more, *kept[1:]]))
    return path


def test_numbers_of_plink_stay_where_nothing_says_what_they_are(tmp_path, cohort):
    prefix = files.write_bed(tmp_path / "g", of_plink(cohort))
    found = genesis.read_bed(prefix, **ALL)
    assert set(found.variants["chrom"]) == {"1", "23", "25"}
    assert found.counts["male_heterozygous_calls"] == 0
    (note,) = [note for note in found.notes if "PLINK's numbers" in note]
    assert note.startswith("Warning: ")  # for the .fam has males
    assert "nothing says whether 23, 25 are contigs of a human" in note
    assert "plink2 --output-chr M" in note
    cohort.sex = [2] * len(cohort.samples)
    found = genesis.read_bed(files.write_bed(tmp_path / "f", cohort), **ALL)
    assert sum(note.startswith("Warning: ") for note in found.notes) == 0


def test_numbers_of_plink_are_letters_where_genes_have_letters(tmp_path, cohort):
    """As in the same file with letters, and alike in every format."""
    cohort.chrom = ["X"] * 30 + ["1"] * 30
    cohort.pos[20:30] = [1_000_000 + k for k in range(10)]  # shared with Y
    expected = genesis.read_bed(files.write_bed(tmp_path / "x", cohort), **ALL)
    assert expected.counts["male_heterozygous_calls"] > 20
    of_plink(cohort)
    sex = sex_list(tmp_path / "sex.tsv", cohort)
    found = {
        "bed": genesis.read_bed(files.write_bed(tmp_path / "g", cohort), contigs=HUMAN, **ALL),
        "vcf": genesis.read_vcf(
            vcf_with(tmp_path / "g.vcf", cohort), sex=sex, contigs=HUMAN, **ALL
        ),
        "not declared": genesis.read_vcf(
            vcf_with(tmp_path / "h.vcf", cohort, contigs=()), sex=sex, contigs=HUMAN, **ALL
        ),
    }
    # A file of PLINK 2 as another program may write it; its own names letters.
    prefix = files.write_pfile(tmp_path / "g", cohort)
    pvar = tmp_path / "g.pvar"
    pvar.write_text(pvar.read_text().replace("##contig=<ID=X,length=156040895>\n", ""))
    found["pgen"] = genesis.read_pfile(prefix, contigs=HUMAN, **ALL)
    for name, one in found.items():
        assert one.dosages.tobytes() == expected.dosages.tobytes(), name
        assert one.variants["chrom"].tolist() == expected.variants["chrom"].tolist()
        assert one.counts["male_heterozygous_calls"] == expected.counts["male_heterozygous_calls"]
        assert any("contigs by PLINK's codes: 23 = X, 25 = X." in note for note in one.notes)
    bgen = genesis.read_bgen(files.write_bgen(tmp_path / "g.bgen", cohort), contigs=HUMAN, **ALL)
    assert set(bgen.variants["chrom"]) == {"1", "X"}


def test_numbers_are_autosomes_of_other_species(tmp_path, cohort):
    """Zebrafish have 25 autosomes and sheep 26: heterozygotes stay, and no copy is dropped."""
    cohort.chrom = ["23"] * 30 + ["25"] * 30
    cohort.pos[30:] = cohort.pos[:30]
    cohort.counts[30:] = cohort.counts[:30]
    cohort.ref[30:], cohort.alt[30:] = cohort.ref[:30], cohort.alt[:30]
    prefix = files.write_bed(tmp_path / "g", cohort)
    for contigs in (ZEBRAFISH, [*ZEBRAFISH, "26", "X"], ["1", "2"], []):
        found = genesis.read_bed(prefix, contigs=contigs, **ALL)
        assert found.variants["chrom"].value_counts().to_dict() == {"23": 28, "25": 28}
        assert found.counts["male_heterozygous_calls"] == 0
        assert found.counts["duplicate_records"] == 0
        said = any("PLINK's numbers" in note for note in found.notes)
        assert said == ("23" not in contigs)
    human = genesis.read_bed(prefix, contigs=HUMAN, **ALL)
    assert set(human.variants["chrom"]) == {"X"}
    assert human.counts["duplicate_records"] == len(human.variants) > 25


def test_a_dog_has_more_autosomes_than_a_human(tmp_path, cohort):
    cohort.chrom = ["23"] * 20 + ["38"] * 40
    found = genesis.read_bed(files.write_bed(tmp_path / "dog", cohort), contigs=["1", "X"], **ALL)
    assert set(found.variants["chrom"]) == {"23", "38"}
    assert not any("PLINK" in note for note in found.notes)


@pytest.mark.parametrize(
    "line",
    [
        "##reference=file:///refs/human_g1k_v37.fasta",
        "##contig=<ID=9,assembly=GRCh38>",
        '##contig=<ID=9,species="Homo sapiens">',
        "##contig=<ID=9,length=141213431>",
    ],
)
def test_the_header_may_say_that_it_is_of_a_human(tmp_path, cohort, line):
    of_plink(cohort)
    sex = sex_list(tmp_path / "sex.tsv", cohort)
    found = genesis.read_vcf(vcf_with(tmp_path / "g.vcf", cohort, [line]), sex=sex, **ALL)
    assert set(found.variants["chrom"]) == {"1", "X"}
    assert found.counts["male_heterozygous_calls"] > 20
    fish = vcf_with(tmp_path / "f.vcf", cohort, ["##contig=<ID=9,length=56459846,assembly=GRCz11>"])
    found = genesis.read_vcf(fish, sex=sex, **ALL)
    assert set(found.variants["chrom"]) == {"1", "23", "25"}
    assert found.counts["male_heterozygous_calls"] == 0
    assert (found.assembly.build, found.assembly.is_human) == ("GRCz11", False)


@pytest.mark.parametrize("x", ["NC_000023.11", "chrx", "CHRX", "x", "0X", "CM000685.2"])
def test_males_have_one_x_whatever_it_is_called(tmp_path, cohort, x):
    sex = sex_list(tmp_path / "sex.tsv", cohort)
    cohort.chrom = ["X"] * 20 + ["1"] * 40
    expected = genesis.read_vcf(files.write_vcf(tmp_path / "x.vcf", cohort), sex=sex, **ALL)
    cohort.chrom = [x] * 20 + ["1"] * 40
    found = genesis.read_vcf(files.write_vcf(tmp_path / "g.vcf", cohort), sex=sex, **ALL)
    assert found.dosages.tobytes() == expected.dosages.tobytes()
    assert found.counts["male_heterozygous_calls"] > 20
    assert found.variants["chrom"][0] == x


@pytest.mark.parametrize("names", [("X", "XY"), ("chrX", "chrXY"), ("X", "PAR1"), ("X", "PAR2")])
def test_what_x_shares_with_y_is_x(tmp_path, cohort, names):
    of_plink(cohort, *names)
    found = genesis.read_bed(files.write_bed(tmp_path / "g", cohort), **ALL)
    assert set(found.variants["chrom"]) == {"1", names[0]}
    whole = genesis.read_bed(tmp_path / "g", region=names[0], **ALL)
    assert len(whole.variants) == (found.variants["chrom"] == names[0]).sum()
    part = genesis.read_bed(tmp_path / "g", region=names[1], **ALL)
    assert 0 < len(part.variants) <= 10
    assert set(part.variants["chrom"]) == {names[0]}


def test_the_length_of_a_numbered_x_tells_the_build(tmp_path, cohort):
    """2,750,000 is shared with Y in GRCh38 and not in GRCh37, whose region ends before."""
    from genesis.io.sex import GRCH37, GRCH38

    of_plink(cohort)
    cohort.pos[:20] = [2_750_000 + k for k in range(20)]
    sex = sex_list(tmp_path / "sex.tsv", cohort)
    found = {}
    for length in (GRCH37, GRCH38):
        lines = [f"##contig=<ID=23,length={length}>", "##contig=<ID=25>", "##contig=<ID=1>"]
        path = vcf_with(tmp_path / "g.vcf", cohort, lines, contigs=())
        found[length] = genesis.read_vcf(path, sex=sex, **ALL).counts["male_heterozygous_calls"]
    assert found[GRCH38] < found[GRCH37]


SPELLINGS = ["1", "01", "chr1", "CHR1", "Chr01", "NC_000001.11", "CM000663.2"]


@pytest.mark.parametrize("asked", SPELLINGS)
@pytest.mark.parametrize("there", ["01", "chr1", "NC_000001.10"])
def test_regions_in_every_spelling(tmp_path, cohort, asked, there):
    cohort.chrom = [there] * 30 + ["2"] * 30
    region = f"{asked}:5001000-5010000"
    paths = {
        "declared": files.write_vcf(tmp_path / "g.vcf", cohort),
        "not declared": vcf_with(tmp_path / "h.vcf", cohort, contigs=()),
    }
    found = [genesis.read_vcf(path, region=region, **ALL) for path in paths.values()]
    found.append(
        genesis.read_bgen(files.write_bgen(tmp_path / "g.bgen", cohort), region=region, **ALL)
    )
    for one in found:
        assert set(one.variants["chrom"]) == {there}
        assert one.variants["pos"].between(5_001_000, 5_010_000).all()
        assert one.counts["records_read"] == 10
        assert one.regions == (region,)


def test_regions_of_an_indexed_file(tmp_path, cohort):
    import pysam

    cohort.chrom = ["01"] * 30 + ["23"] * 30
    path = files.write_vcf(tmp_path / "g.vcf", cohort)
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf")
    for region, chrom in (("chr1", "01"), ("chrX", "X"), ("23", "23")):
        found = genesis.read_vcf(f"{path}.gz", region=region, **ALL)
        assert set(found.variants["chrom"]) == {chrom}
        assert found.counts["records_read"] == 30
    with pytest.raises(InconsistentInputsError, match=r"region Y: .* has no such contig"):
        genesis.read_vcf(f"{path}.gz", region="Y", **ALL)


@pytest.mark.parametrize("asked", ["X", "chrX", "23", "NC_000023.11"])
def test_a_region_of_a_numbered_x(tmp_path, cohort, asked):
    """X is 23 and 25 of PLINK, and called X then; 23 is what it is called there."""
    of_plink(cohort)
    prefix = files.write_bed(tmp_path / "g", cohort)
    files.write_vcf(tmp_path / "g.vcf", cohort)
    vcf_with(tmp_path / "h.vcf", cohort, contigs=())
    for found in (
        genesis.read_bed(prefix, region=asked, **ALL),
        genesis.read_vcf(tmp_path / "g.vcf", region=asked, **ALL),
        genesis.read_vcf(tmp_path / "h.vcf", region=asked, **ALL),
    ):
        assert found.counts["records_read"] == (20 if asked == "23" else 30)
        assert set(found.variants["chrom"]) == {"23" if asked == "23" else "X"}


def test_contigs_spelled_alike_stay_apart(tmp_path, cohort):
    cohort.chrom = ["1"] * 30 + ["chr1"] * 30
    path = files.write_vcf(tmp_path / "g.vcf", cohort)
    found = genesis.read_vcf(path, region="chr1", **ALL)
    assert set(found.variants["chrom"]) == {"chr1"}
    with pytest.raises(InconsistentInputsError, match=r"region 01: .* has 1 and chr1, any of"):
        genesis.read_vcf(path, region="01", **ALL)
    # Where the header does not say that there are two, it is seen when the second comes.
    path = vcf_with(tmp_path / "h.vcf", cohort, contigs=())
    for asked, error in (("01", InconsistentInputsError), ("chr1", MalformedInputError)):
        with pytest.raises(error, match=r"1 and chr1|1, chr1"):
            genesis.read_vcf(path, region=asked, **ALL)


def test_contigs_that_are_not_declared_and_not_what_they_seemed(tmp_path):
    """That 23 is no X is only seen when X, or a 29th autosome, comes."""
    for last in ("X", "29"):
        lines = [record("0/0", "0/1", chrom=name, pos=10) for name in ("1", "23", last)]
        path = write(tmp_path / "g.vcf", header("ab", ()), *lines)
        with pytest.raises(MalformedInputError, match=r"does not declare all contigs.*1, 23, "):
            genesis.read_vcf(path, contigs=["1", "X"], **ALL)
        declared = write(tmp_path / "d.vcf", header("ab", ("1", "23", last), FORMATS), *lines)
        found = genesis.read_vcf(declared, contigs=["1", "X"], **ALL)
        assert found.variants["chrom"].tolist() == ["1", "23", last]


def test_samples_taken_keep_what_is_known_of_the_genome(tmp_path, cohort):
    line = "##contig=<ID=9,length=141213431>"
    found = genesis.read_vcf(vcf_with(tmp_path / "g.vcf", cohort, [line]), region="1", **ALL)
    some = found.take_samples(found.samples[:20])
    assert some.assembly == found.assembly
    assert (some.assembly.build, some.regions) == ("GRCh37", ("1",))
    np.testing.assert_array_equal(some.assembly.lengths["9"], 141213431)
