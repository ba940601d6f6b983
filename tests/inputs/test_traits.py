"""Traits as numbers: kinds, missing values, orientation; and tables of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.inputs.named_tables import as_table
from genesis.inputs.traits import complete_traits, trait_table
from genesis.io.trait_table import read_traits

IDS = ["a", "b", "c", "d"]
GENOTYPES = as_table(pd.DataFrame(np.zeros((4, 1)), IDS, ["v"]), "variant")


def test_words_and_ordered_categories_become_numbers():
    notes: list[str] = []
    grades = pd.Categorical(["low", "high", None, "mid"], ["low", "mid", "high"], ordered=True)
    frame = pd.DataFrame(
        {"gout": ["no", "yes", "no", None], "grade": grades, "age": [30, 40, 50, 60]}, IDS
    )
    table = trait_table(frame, GENOTYPES, notes)
    expected = [[0, 0, 30], [1, 2, 40], [0, np.nan, 50], [np.nan, 1, 60]]
    np.testing.assert_array_equal(table.values, expected)
    assert (table.samples, table.names) == (IDS, ["gout", "grade", "age"])
    assert notes == ["trait gout: yes is 1, no is 0"]


def test_a_table_with_samples_in_its_columns_is_turned():
    notes: list[str] = []
    frame = pd.DataFrame([["case", "control", "case", "case"], [1.5, 2, 3, 4]], ["cc", "ldl"], IDS)
    table = trait_table(frame, GENOTYPES, notes)
    np.testing.assert_array_equal(table.values, [[0, 1.5], [1, 2], [0, 3], [0, 4]])
    assert notes[0] == "the table of traits has samples in its columns, and was turned"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["x", "y", "z", "x"], "trait t has 3 different words"),
        (["x", "1", "2", "x"], "numbers and words, e.g. 'x' for sample a"),
    ],
)
def test_traits_that_are_no_numbers(cells, message):
    with pytest.raises(MalformedInputError, match=message):
        trait_table(pd.DataFrame({"t": cells}, IDS), GENOTYPES, [])


def test_missing_values_and_two_values_are_told():
    notes: list[str] = []
    values = np.array([[1.0, 3, np.nan], [np.nan, 3, np.nan], [2, 7, np.nan], [5, 7, np.nan]])
    done, is_binary = complete_traits(as_table(pd.DataFrame(values, IDS, list("xyz")), "t"), notes)
    assert is_binary.tolist() == [False, True, False]
    np.testing.assert_array_equal(done[:, 1], [0, 0, 1, 1])
    assert np.isnan(done[1, 0])
    assert (done[:, 2] == 0).all()
    assert notes[0] == "trait x: 1 missing value of 4 was replaced by the mean of the trait"
    assert notes[1].startswith("trait y has two values: 1 is 7, 0 is 3")
    assert notes[2] == "trait z has no value in the samples used, and is left out"
    with pytest.raises(MalformedInputError, match="trait 'x' holds an infinite value"):
        complete_traits(as_table(pd.DataFrame({"x": [1.0, np.inf]}), "trait"), [])


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "traits.tsv"
        path.write_text(text)
        return path

    return write


def test_files_of_either_orientation_and_of_plink(written):
    traits = read_traits(written("id\tldl\tgout\nb\t2.5\tcase\na\tNA\tcontrol\nz\t9\tcase\n"), IDS)
    assert traits.values.index.tolist() == ["a", "b"]
    np.testing.assert_array_equal(traits.values, [[np.nan, 1], [2.5, 0]])
    turned = read_traits(written("trait\ta\tb\nldl\tNA\t2.5\ngout\tcontrol\tcase\n"), IDS)
    np.testing.assert_array_equal(turned.values, traits.values)
    plink = read_traits(written("FID IID bmi\nf a 21\nf b -9\nf c 30\n"), IDS)
    np.testing.assert_array_equal(plink.values["bmi"], [21, np.nan, 30])
    assert any("-9 in 1 sample" in note for note in plink.notes)
    deviations = read_traits(written("id\tt\na\t-9\nb\t-1\nc\t4\n"), IDS)
    assert deviations.values["t"].tolist() == [-9, -1, 4]


def test_files_that_cannot_be_used(written):
    with pytest.raises(InconsistentInputsError, match="neither side of it has ids of the samples"):
        read_traits(written("id\tldl\nx\t1\ny\t2\n"), IDS)
    with pytest.raises(MalformedInputError, match=r"traits.tsv: trait ldl has both numbers and wo"):
        read_traits(written("id\tldl\na\t1\nb\thigh\n"), IDS)
    with pytest.raises(MalformedInputError, match=r"line 3: 1 column where the header calls for 2"):
        read_traits(written("id\tldl\na\t1\nb\n"), IDS)
