"""True networks in files."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest

from genesis.errors import DegenerateDataError, InputOpenError, MalformedInputError
from genesis.evaluate import read_truth


@pytest.mark.parametrize("delimiter", ["\t", ",", ";"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_delimiters_and_gzip(delimiter, compress, tmp_path):
    text = "weight\t#child\tparent\r\n0.5\tB\tA\r\n\r\nNA\t C \tB\r\n".replace("\t", delimiter)
    (tmp_path / "truth").write_bytes(compress(text.encode()))
    table = read_truth(tmp_path / "truth")
    assert table.to_dict("list") == {"parent": ["A", "B"], "child": ["B", "C"]}


def test_example_data(example):
    table = read_truth(example / "truth.tsv")
    assert list(table) == ["ancestor", "descendant", "direct"]
    whole = pd.read_csv(example / "truth.tsv", sep="\t")
    assert table["ancestor"].tolist() == whole["ancestor"].tolist()


def test_a_network_without_edges(tmp_path):
    (tmp_path / "truth.tsv").write_text("parent\tchild\n")
    assert read_truth(tmp_path / "truth.tsv").shape == (0, 2)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("regulator\ttarget\nA\tB\n", MalformedInputError, "line 1: .*there are regulator, target"),
        ("parent\tchild\nA\tB\nA\n", MalformedInputError, "line 3: 1 columns where the header"),
        ("parent\tchild\tw\nA\t\t1\n", MalformedInputError, "line 2: no child"),
        ("", DegenerateDataError, "empty"),
    ],
)
def test_broken_files(text, error, message, tmp_path):
    path = tmp_path / "truth.tsv"
    path.write_text(text)
    with pytest.raises(error, match=message) as caught:
        read_truth(path)
    assert str(path) in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputOpenError, match="no such file"):
        read_truth(tmp_path / "truth.tsv")
