"""Expression tables: every form that is read, and what is done with bad genes."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.io.expression import read_expression
from genesis.io.tables import read_ids

PLAIN = "gene_id\ts1\ts2\ts3\nA\t1\t2\t3.5\nB\t-4\t5e-1\t6\n"
EXPECTED = np.array([[1, -4], [2, 0.5], [3.5, 6]])


def read(tmp_path, text, name="x.tsv", **options):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_expression(path, **options)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\t", ","),
        PLAIN.replace("gene_id", ""),
        PLAIN.replace("gene_id\t", ""),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.rstrip("\n"),
        "\ufeff" + PLAIN,
    ],
    ids=["tsv", "csv", "blank corner", "R header", "windows", "no last newline", "bom"],
)
def test_forms_of_one_table(tmp_path, text):
    found = read(tmp_path, text)
    assert found.samples == ["s1", "s2", "s3"]
    assert found.genes["gene_id"].tolist() == ["A", "B"]
    np.testing.assert_array_equal(found.values, EXPECTED)
    assert not found.has_positions


def test_gzipped(tmp_path):
    found = read(tmp_path, gzip.compress(PLAIN.encode()), "x.tsv.gz")
    np.testing.assert_array_equal(found.values, EXPECTED)


def test_bed_brings_positions(tmp_path):
    text = "#chr\tstart\tend\tgene_id\ts1\ts2\nchr1\t99\t100\tA\t1\t2\nchr2\t0\t50\tB\t3\t4\n"
    found = read(tmp_path, text, "x.bed")
    assert found.samples == ["s1", "s2"]
    assert found.genes[["chrom", "start", "end"]].values.tolist() == [
        ["chr1", 100, 100],
        ["chr2", 1, 50],
    ]
    np.testing.assert_array_equal(found.values, [[1, 3], [2, 4]])


def test_gene_named_na_stays_a_gene(tmp_path):
    found = read(tmp_path, PLAIN.replace("\nA\t", "\nNA\t").replace("\nB\t", "\nnan\t"))
    assert found.genes["gene_id"].tolist() == ["NA", "nan"]


def test_bad_genes_are_counted_exclusions(tmp_path):
    header = "gene_id\t" + "\t".join(f"s{k}" for k in range(20))
    rows = {
        "good": [str(k) for k in range(20)],
        "flat": ["3"] * 20,
        "one_hole": ["NA", *(str(k) for k in range(19))],
        "holes": ["NA"] * 5 + [str(k) for k in range(15)],
    }
    text = "\n".join([header, *("\t".join([gene, *cells]) for gene, cells in rows.items())])
    found = read(tmp_path, text)
    assert found.genes["gene_id"].tolist() == ["good", "one_hole"]
    assert dict(zip(found.excluded["id"], found.excluded["reason"], strict=True)) == {
        "flat": "constant",
        "holes": "missing_values",
    }
    assert np.isnan(found.values[0, 1])


def test_include_list(tmp_path):
    found = read(tmp_path, PLAIN, include_genes=["B", "C"])
    assert found.genes["gene_id"].tolist() == ["B"]
    assert any("C" in note for note in found.notes)
    with pytest.raises(InconsistentInputsError, match="C"):
        read(tmp_path, PLAIN, include_genes=["C"])
    listed = tmp_path / "genes.txt"
    listed.write_text("# mine\nB\textra\n\nC\n")
    assert read_ids(listed) == ["B", "C"]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (PLAIN.replace("3.5", "high"), MalformedInputError, "A.*s3.*high|high"),
        (PLAIN.replace("3.5", "-inf"), MalformedInputError, "A"),
        (PLAIN.replace("\nB", "\nA"), MalformedInputError, "A"),
        (PLAIN.replace("s3", "s1"), MalformedInputError, "s1"),
        (PLAIN.replace("\t3.5", ""), MalformedInputError, "2"),
        ("gene_id\ts1\ts2\n", DegenerateDataError, "x.tsv"),
        ("", DegenerateDataError, "empty"),
        ("gene_id\ts1\ts2\nA\t1\t1\n", DegenerateDataError, "constant"),
    ],
)
def test_broken_tables(tmp_path, text, error, words):
    with pytest.raises(error, match=words) as caught:
        read(tmp_path, text)
    assert "x.tsv" in str(caught.value)


@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3),
        min_size=1,
        max_size=5,
    )
)
def test_numbers_come_back_as_they_were_written(tmp_path_factory, rows):
    table = pd.DataFrame(rows, columns=["s1", "s2", "s3"])
    table.index = [f"g{k}" for k in range(len(table))]
    path = tmp_path_factory.mktemp("x") / "x.tsv"
    table.to_csv(path, sep="\t", index_label="gene_id")
    varying = [gene for gene, row in table.iterrows() if row.nunique() > 1]
    if not varying:
        with pytest.raises(DegenerateDataError):
            read_expression(path)
        return
    found = read_expression(path)
    assert found.genes["gene_id"].tolist() == varying
    np.testing.assert_array_equal(found.values, table.loc[varying].to_numpy().T)
