"""Maps from expression samples to genotype samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genesis
from genesis.errors import GenesisError, InconsistentInputsError, MalformedInputError
from genesis.io.expression import Expression
from genesis.io.sex import known_sexes
from tests.io.vcf_text import write

SAMPLES = ["A", "B", "C", "D"]


def table(*samples):
    genes = pd.DataFrame({"gene_id": ["g"], "chrom": [None], "start": [pd.NA], "end": [pd.NA]})
    return Expression(np.arange(len(samples), dtype=float)[:, None], list(samples), genes)


@pytest.fixture
def mapped(tmp_path):
    def read(*lines, samples=SAMPLES):
        return genesis.read_sample_map(write(tmp_path / "m.tsv", *lines), samples)

    return read


@pytest.mark.parametrize(
    "text",
    [
        "A\tR1\nB\tR2\n",
        "A,R1\nB,R2\n",
        "A R1\nB   R2\n",
        "genotype_id\texpression_id\nA\tR1\nB\tR2\n",
        "#genotype expression\nA R1\n\nB R2\n",
        "DNA,RNA\nA,R1\nB,R2\nB,R2\n",
        "# of the second batch\nvcf_sample_id\trna_sample_id\nA\tR1\nB\tR2\n",
    ],
)
def test_maps_in_every_shape(mapped, text):
    assert dict(mapped(text).genotype_of) == {"R1": "A", "R2": "B"}


def test_expression_is_renamed_and_what_is_not_is_said(mapped, tmp_path):
    sample_map = mapped("A\tR1\n", "B\tR2\n", "Z\tR3\n", "C\tR9\n")
    found = sample_map.rename(table("R2", "D", "R1", "R3", "x"))
    assert found.samples == ["B", "D", "A", "Z", "x"]
    assert found.values[:, 0].tolist() == [0, 1, 2, 3, 4]
    path = tmp_path / "m.tsv"
    assert found.notes == [
        f"{path}: 3 expression samples named as in the genotypes.",
        f"{path}: 2 expression samples not in it, which keep the id: D, x.",
        f"{path}: 1 expression id of it not in the table: R9.",
        f"{path}: 1 genotype id of it not among the genotypes: Z.",
    ]


def test_a_map_undoes_swaps(mapped):
    sample_map = mapped("A\tB\n", "B\tA\n", "C\tR3\n")
    found = sample_map.rename(table("A", "B", "R3", "D"))
    assert dict(zip(found.samples, found.values[:, 0], strict=True)) == {
        "B": 0, "A": 1, "C": 2, "D": 3,
    }  # fmt: skip
    # Elsewhere A is the A of the genotypes, and that is said.
    ids, notes = sample_map.genotype_ids(["A", "R3", "D", "nobody"], "list.txt")
    assert ids == ["A", "C", "D", "nobody"]
    assert notes == [
        "list.txt: 1 expression id taken for genotype ids.",
        "list.txt: 1 id of a genotype sample and of an expression sample that is another's, taken "
        "as of the genotypes: A.",
    ]
    assert sample_map.names_of(["A", "C"]) == ["A", "C", "R3"]


def test_an_expression_id_that_is_a_genotype_id_of_another_is_the_latter(mapped):
    sample_map = mapped("A\tD\n", "B\tR2\n")
    assert sample_map.genotype_ids(["D", "R2"], "x")[0] == ["D", "B"]
    assert sample_map.names_of(["A", "B"]) == ["A", "B", "R2"]


def test_two_expression_samples_of_one_genotype_sample_are_named(mapped):
    sample_map = mapped("A\tR1\n", "A\tR2\n", "B\tR3\n")
    assert sample_map.rename(table("R2", "R3")).samples == ["A", "B"]
    with pytest.raises(
        InconsistentInputsError, match=r"samples R1 and R2 are of one .* sample, A;"
    ):
        sample_map.rename(table("R1", "R2", "R3"))
    with pytest.raises(InconsistentInputsError, match=r"samples B and R3 are of one .* sample, B;"):
        sample_map.rename(table("B", "R3"))


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("A\tR1\nB\tR1\n", MalformedInputError, "line 2: expression sample R1 is of .* B here and"),
        ("A\tR1\nB\t\n", MalformedInputError, "line 2: an empty cell"),
        ("A,R1\n,R2\n", MalformedInputError, "line 2: an empty cell"),
        ("A\tR1\nB\n", MalformedInputError, "line 2: 1 column"),
        ("A\tR1\tx\n", MalformedInputError, "line 1: 3 columns"),
        ("expression_id\tgenotype_id\nR1\tA\n", MalformedInputError, "line 1: .*expression first"),
        ("genotype\texpression\n", MalformedInputError, "no ids"),
        ("R1\tA\nR2\tB\n", InconsistentInputsError, "exchange the columns"),
        ("a\tR1\nb\tR2\n", InconsistentInputsError, "regard to case, 2 of 2 ids of the map"),
        ("y\tR1\n", InconsistentInputsError, "has y, the genotypes A, B, C, ..."),
    ],
)
def test_broken_maps(mapped, text, error, words):
    with pytest.raises(error, match=words):
        mapped(text)


def test_a_map_of_other_expression_is_refused(mapped):
    with pytest.raises(InconsistentInputsError, match=r'second column.* first "_", 2 of 2 ids'):
        mapped("A\tR1\n", "B\tR2\n").rename(table("R1_x", "R2_x"))


def test_covariates_by_either_id(mapped, tmp_path):
    sample_map = mapped("A\tR1\n", "B\tR2\n", "C\tR3\n")
    path = write(tmp_path / "c.tsv", "id\tage\n", "R2\t20\n", "A\t10\n", "R3\t30\n", "D\t40\n")
    found = genesis.read_covariates(path, SAMPLES, sample_map=sample_map)
    assert found.values["age"].to_dict() == {"A": 10, "B": 20, "C": 30, "D": 40}
    assert f"{path}: 2 expression ids taken for genotype ids." in found.notes
    turned = write(tmp_path / "t.tsv", "id\tR2\tA\tR3\tD\n", "age\t20\t10\t30\t40\n")
    lying = genesis.read_covariates(turned, SAMPLES, sample_map=sample_map)
    pd.testing.assert_frame_equal(lying.values, found.values)
    both = write(tmp_path / "b.tsv", "id\tage\n", "R2\t20\n", "A\t10\n", "R1\t30\n")
    with pytest.raises(InconsistentInputsError, match=r"samples in .*b.tsv A and R1 are of one"):
        genesis.read_covariates(both, SAMPLES, sample_map=sample_map)


def test_sexes_by_either_id(mapped, tmp_path):
    sample_map = mapped("A\tR1\n", "B\tR2\n")
    path = write(tmp_path / "s.tsv", "R1\tM\n", "B\tF\n", "A\tM\n", "D\tM\n")
    sexes, notes = known_sexes(path, SAMPLES, sample_map)
    assert sexes == {"A": "male", "B": "female", "D": "male"}
    assert notes == [f"{path}: 1 expression id taken for genotype ids."]
    path = write(tmp_path / "s.tsv", "R1\tM\n", "A\tF\n")
    with pytest.raises(InconsistentInputsError, match="A has another sex under its expression id"):
        known_sexes(path, SAMPLES, sample_map)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(alphabet="ABR12\t, ;#\n\r", max_size=40))
def test_any_text_is_a_map_or_a_named_error(mapped, text):
    try:
        found = mapped(text)
    except GenesisError:
        return
    assert set(found.genotype_of.values()) & set(SAMPLES)
    assert "" not in {*found.genotype_of, *found.genotype_of.values()}
