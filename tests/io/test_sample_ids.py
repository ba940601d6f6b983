"""Sample ids that do not meet: what the messages say of them, and lists of samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import genesis
from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.inputs.align import match_samples
from genesis.io.covariates import read_covariates
from genesis.io.sample_ids import explain_mismatch
from genesis.io.sample_list import read_sample_list
from tests.io.vcf_text import header, record, write

PLAIN = [f"S{k:02d}" for k in range(1, 31)]


def cut(mark, which="first"):
    return f'Cut at the {which} "{mark}", '


@pytest.mark.parametrize(
    ("genotypes", "expression", "expected"),
    [
        (
            [f"{one}_{one}" for one in PLAIN],
            PLAIN,
            "Written once where PLINK doubled them (FID_IID), 30 of 30 ids of the genotypes would "
            "match (S01_S01: S01 of the expression)",
        ),
        (
            [f"F{k % 7}_{one}" for k, one in enumerate(PLAIN)],
            PLAIN,
            'Cut to what follows the first "_" (IID of FID_IID), 30 of 30 ids of the genotypes '
            "would match (F0_S01: S01 of the expression)",
        ),
        (
            [str(k) for k in range(1, 31)],
            [f"{k:03d}" for k in range(1, 25)],
            "Without leading zeros, 24 of 24 ids of the expression would match "
            "(001: 1 of the genotypes)",
        ),
        (
            [f"{k}-A b" for k in range(30)],
            [f"X{k}.A.b" for k in range(5, 30)],
            "As R writes them (X before a digit, . for other characters), 25 of 30 ids of the "
            "genotypes would match (5-A b: X5.A.b of the expression)",
        ),
        (
            PLAIN,
            [f"{one}_{cell}" for one in PLAIN for cell in ("B", "T")],
            cut("_") + "60 of 60 ids of the expression would match (S01_B: S01 of the genotypes), "
            "30 ids with one that another has",
        ),
        (
            PLAIN,
            [f"{one}-liver" for one in PLAIN[4:]] + ["other"],
            cut("-") + "26 of 27 ids of the expression would match "
            "(S05-liver: S05 of the genotypes)",
        ),
        (
            [f"{one}.dna" for one in PLAIN],
            PLAIN,
            cut(".") + "30 of 30 ids of the genotypes would match (S01.dna: S01 of the expression)",
        ),
        (
            [f"GTEX-{one}" for one in PLAIN],
            [f"GTEX-{one}-0226-SM" for one in PLAIN],
            cut("-", "second") + "30 of 30 ids of the expression would match "
            "(GTEX-S01-0226-SM: GTEX-S01 of the genotypes)",
        ),
        (
            PLAIN,
            [one.lower() for one in PLAIN],
            "Without regard to case, 30 of 30 ids of the expression would match "
            "(s01: S01 of the genotypes)",
        ),
        (PLAIN, PLAIN, ""),
        (PLAIN, [f"R{k}" for k in range(100, 130)], ""),
        # A single chance match of many says nothing.
        (PLAIN, ["S01_x", *(f"R{k}" for k in range(100, 130))], ""),
    ],
)
def test_the_change_that_matches_most_is_named_and_not_made(genotypes, expression, expected):
    assert explain_mismatch(genotypes, expression) == expected
    common = set(genotypes) & set(expression)
    if not common:
        with pytest.raises(InconsistentInputsError) as caught:
            match_samples(genotypes, expression, force=True)
        said = str(caught.value)
        assert "no sample in common" in said
        assert expected in said
        assert "--sample-map" in said


@given(st.lists(st.text(min_size=1), max_size=6), st.lists(st.text(min_size=1), max_size=6))
def test_any_ids_are_explained(one, other):
    said = explain_mismatch(one, other)
    assert said == "" or said[0].isupper()


def test_hints_where_little_matches_and_for_covariates_and_lists():
    doubled = [f"{one}_{one}" for one in PLAIN[5:]]
    with pytest.raises(InconsistentInputsError, match=r"only 5 .*Written once .* 30 of 30 ids of"):
        match_samples(PLAIN, [*PLAIN[:5], *doubled])
    with pytest.raises(InconsistentInputsError, match=r"30 of 30 ids of the covariates"):
        match_samples(PLAIN, PLAIN, [f"{one}.1" for one in PLAIN])
    with pytest.raises(InconsistentInputsError, match=r"30 of 30 ids of the list of samples"):
        match_samples(PLAIN, PLAIN, include=[f"0{one[1:]}_{one}" for one in PLAIN])
    unmet = [one.lower() for one in PLAIN[:3]]
    with pytest.raises(InconsistentInputsError) as caught:
        match_samples(PLAIN, PLAIN, exclude=unmet)
    assert "none of the 3 samples to exclude is in any input" in str(caught.value)
    assert "Without regard to case, 3 of 3 ids of the list of samples" in str(caught.value)
    notes = match_samples(PLAIN, PLAIN, exclude=[*unmet, "S30"]).notes
    assert "3 samples to exclude in none of the inputs: s01, s02, s03." in notes
    assert any("Without regard to case, 4 of 4 ids" in note for note in notes)
    assert match_samples(PLAIN, PLAIN, exclude=unmet, force=True).samples == PLAIN


def test_hints_for_tables_of_covariates_and_sexes(tmp_path):
    table = write(tmp_path / "c.tsv", "id\tage\n", *(f"{one}-1\t{k}\n" for k, one in
                                                    enumerate(PLAIN)))  # fmt: skip
    with pytest.raises(InconsistentInputsError, match=r"first \"-\", 30 of 30 ids of the covar"):
        read_covariates(table, PLAIN)
    vcf = write(tmp_path / "g.vcf", header(PLAIN), record(*["0/1", "0/0"] * 15))
    sexes = write(tmp_path / "s.tsv", *(f"{one.lower()}\tM\n" for one in PLAIN))
    with pytest.raises(
        InconsistentInputsError, match=r"sex of no sample .* 30 of 30 ids of the sex"
    ):
        genesis.read_vcf(vcf, sex=sexes)
    few = write(tmp_path / "f.tsv", "S01\tM\n", *(f"{one.lower()}\tM\n" for one in PLAIN[1:]))
    notes = genesis.read_vcf(vcf, sex=few).notes
    assert any("Without regard to case, 30 of 30 ids of the sexes" in note for note in notes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("S01\nS02\nS01\n", ["S01", "S02"]),
        ("F1 S01\nF2 S02\n", ["S01", "S02"]),
        ("0\tS01\n0\tS99\n", ["S01", "S99"]),
        ("S01 S01\nS99 S99\n", ["S01", "S99"]),
        ("#FID\tIID\n1\tS01\n", ["S01"]),
        ("FID IID\nS03 S01\n", ["S01"]),
        ("#IID SEX\nS01 1\nS02 2\n", ["S01", "S02"]),
        ("#FID IID SEX\nS03 S01 1\n", ["S01"]),
        ("# who leaves\nF1 S01\n", ["S01"]),
        ("S01 swapped with another\nS02\nS99 is not here\n", ["S01", "S02", "S99"]),
        ("F1 S01 0 0 1 -9\nF1 S02 0 0 2 -9\n", ["S01", "S02"]),
        ("F8 S98\nF9 S99\n", ["S98", "S99"]),
    ],
)
def test_lists_name_whom_plink_would_take(tmp_path, text, expected):
    assert read_sample_list(write(tmp_path / "l.txt", text), PLAIN) == (expected, [])


def test_lists_with_a_remark(tmp_path):
    path = write(tmp_path / "l.txt", "S01 twin\nS02 swapped\nS99 gone\n")
    ids, notes = read_sample_list(path, PLAIN)
    assert ids == ["S01", "S02", "S99"]
    assert notes == [
        f"{path}: of 2 lines with two columns the first was taken as the id, for the second (IID "
        "in PLINK's lists) is no sample."
    ]


def test_lists_that_name_nobody_for_certain(tmp_path):
    path = write(tmp_path / "l.txt", "F1 S01\nS02 S03\n")
    with pytest.raises(MalformedInputError, match="line 2: both S02 and S03 are samples"):
        read_sample_list(path, PLAIN)
    with pytest.raises(MalformedInputError, match="line 3: one column; write FID and IID"):
        read_sample_list(write(tmp_path / "l.txt", "#FID IID\nF1 S01\nS02\n"), PLAIN)
    for text in ("#FID IID\n", "# nobody\n"):
        with pytest.raises(DegenerateDataError, match="no ids"):
            read_sample_list(write(tmp_path / "l.txt", text), PLAIN)
