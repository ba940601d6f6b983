"""Tables as people have them: no id, number or quotation mark of one thing is taken for another."""

from __future__ import annotations

import pytest

from genesis.errors import MalformedInputError
from genesis.io.covariates import read_covariates
from genesis.io.expression import read_expression

SAMPLES = [str(number) for number in range(1, 31)]


def write(path, rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return path


def table(corner, genes, samples):
    """The value of gene g in sample s is 1000 g + s."""
    header = [*([] if corner is None else [corner]), *samples]
    return [header, *([g, *(1000 * g + s for s in samples)] for g in genes)]


def check(found, genes, samples):
    assert found.samples == [str(one) for one in samples]
    assert found.genes["gene_id"].tolist() == [str(one) for one in genes]
    assert found.values.tolist() == [[1000 * g + s for g in genes] for s in samples]


@pytest.mark.parametrize(
    ("genes", "samples"),
    [
        (range(1, 21), range(1, 31)),  # all rows and all columns bear ids of samples
        (range(1, 31), range(16, 46)),  # all rows do, and half of the columns
        (range(1, 201), range(1, 31)),
        (range(1001, 1021), range(1, 31)),
    ],
)
def test_numbers_of_genes_are_no_samples_where_the_header_says_genes(tmp_path, genes, samples):
    path = write(tmp_path / "x.tsv", table("gene_id", genes, samples))
    check(read_expression(path, samples=SAMPLES), genes, samples)


@pytest.mark.parametrize("corner", ["", None, "id"])
def test_rows_and_columns_that_both_bear_ids_of_samples_are_not_guessed(tmp_path, corner):
    path = write(tmp_path / "x.tsv", table(corner, range(1, 21), range(1, 31)))
    with pytest.raises(MalformedInputError, match="both bear ids of the genotypes"):
        read_expression(path, samples=SAMPLES)
    few = write(tmp_path / "few.tsv", table(corner, range(21, 201), range(1, 31)))
    check(read_expression(few, samples=SAMPLES), range(21, 201), range(1, 31))


def test_values_are_no_ids(tmp_path):
    # R's make.names has made ids of none; values in the second column are ids of samples.
    path = write(tmp_path / "x.tsv", [["gene", "X1", "X2"], ["A", 1, 2], ["B", 3, 4]])
    assert read_expression(path, samples=SAMPLES).values.tolist() == [[1, 3], [2, 4]]
    rows = [["gene", "sample", "count"], *([g, s, g + s] for g in (1, 2) for s in (4, 5))]
    found = read_expression(write(tmp_path / "long.tsv", rows), samples=SAMPLES)
    assert found.samples == ["4", "5"]
    assert found.values.tolist() == [[5, 6], [6, 7]]


def test_families_called_as_other_samples(tmp_path):
    rows = [["FID", "IID", "A", "B"], *([s % 3 + 1, s, s, 10 * s] for s in (1, 2, 3))]
    found = read_expression(write(tmp_path / "x.tsv", rows), samples=SAMPLES)
    assert found.samples == ["1", "2", "3"]
    assert found.values.tolist() == [[1, 10], [2, 20], [3, 30]]


@pytest.mark.parametrize("corner", ["", "Unnamed: 0", "X", "index"])
@pytest.mark.parametrize("numbers", [(1, 2), (0, 1), (3, 17)])  # some rows may have gone
def test_row_numbers_are_no_genes_and_no_sample(tmp_path, corner, numbers):
    rows = [[corner, "gene_id", "S1", "S2"], [numbers[0], "A", 1, 2], [numbers[1], "B", 4, 5]]
    path = write(tmp_path / "x.tsv", rows)
    for known in (["S1", "S2"], None):
        found = read_expression(path, samples=known)
        assert found.samples == ["S1", "S2"]
        assert found.genes["gene_id"].tolist() == ["A", "B"]
        assert found.values.tolist() == [[1, 4], [2, 5]]


def test_row_names_that_are_ids_stay_before_names(tmp_path):
    for corner in ("", "Unnamed: 0"):
        rows = [[corner, "gene_name", "S1", "S2"], ["A", "x", 1, 2], ["B", "x", 4, 5]]
        found = read_expression(write(tmp_path / "x.tsv", rows))
        assert found.genes["gene_id"].tolist() == ["A", "B"]
        assert found.samples == ["S1", "S2"]
    # Row names of Entrez, which are numbers and not in a row, beside a symbol.
    rows = [["", "symbol", "S1", "S2"], ["7157", "TP53", 1, 2], ["672", "BRCA1", 4, 5]]
    found = read_expression(write(tmp_path / "x.tsv", rows))
    assert found.genes["gene_id"].tolist() == ["7157", "672"]


def test_a_sample_called_as_what_a_bed_may_have_before_the_samples(tmp_path):
    rows = [
        ["#chr", "start", "end", "gene_id", "length", "type", "S1"],
        [1, 0, 5, "A", 7, 1, 2],
        [1, 6, 9, "B", 7, 4, 5],
    ]
    found = read_expression(write(tmp_path / "x.bed", rows), samples=["type", "S1"])
    assert found.samples == ["type", "S1"]
    assert found.values.tolist() == [[1, 4], [2, 5]]


def test_blanks_around_a_missing_value_are_named(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("gene, S1, S2\nA, 1, 2\nB, 3, NA\n")
    with pytest.raises(MalformedInputError, match=r"line 3, gene B, sample S2: ' NA'.*blanks"):
        read_expression(path)


def test_what_is_said_of_samples_beside_their_genes_is_no_gene(tmp_path):
    rows = [["sample", "sex", "age", "A"], ["S1", 1, 40, 2.5], ["S2", 2, 50, 3]]
    found = read_expression(write(tmp_path / "x.tsv", rows), samples=["S1", "S2"])
    assert found.genes["gene_id"].tolist() == ["A"]
    assert "2 columns left out as annotation: sex, age." in found.notes


AGES = {"1": 30, "2": 41, "3": 50}
COVARIATES = {
    "families called as samples": [["FID", "IID", "age"], [2, 1, 30], [3, 2, 41], [1, 3, 50]],
    "families behind": [["IID", "FID", "age"], [1, 2, 30], [2, 3, 41], [3, 1, 50]],
    "sources of PLINK 2": [["#IID", "SID", "age"], [1, 7, 30], [2, 8, 41], [3, 9, 50]],
    "row numbers": [["", "sample_id", "age"], [1, 3, 50], [2, 2, 41], [3, 1, 30]],
    "row numbers, of pandas": [["Unnamed: 0", "IID", "age"], [1, 3, 50], [2, 2, 41], [3, 1, 30]],
    "a word for families": [["family", "sample", "age"], [2, 1, 30], [3, 2, 41], [1, 3, 50]],
    "samples at the end": [["age", "sample"], [30, 1], [41, 2], [50, 3]],
}


@pytest.mark.parametrize("name", COVARIATES)
def test_covariates_are_of_the_column_that_is_called_sample(tmp_path, name):
    found = read_covariates(write(tmp_path / "c.tsv", COVARIATES[name]), ["1", "2", "3"]).values
    assert found.to_dict("dict") == {"age": AGES}


def test_covariates_of_two_columns_of_ids_and_no_header_are_refused(tmp_path):
    path = write(tmp_path / "c.txt", [[2, 1, 0.5], [3, 2, 0.25], [1, 3, 0.125]])
    with pytest.raises(MalformedInputError, match="which of the first two columns"):
        read_covariates(path, ["1", "2", "3"])


def test_numbers_of_covariates_that_other_programs_do_not_read_or_mean(tmp_path):
    rows = [["id", "age"], ["S1", "1_0"], ["S2", "20"], ["S3", "30"]]
    with pytest.raises(MalformedInputError, match="'1_0' for sample S1"):
        read_covariates(write(tmp_path / "c.tsv", rows), ["S1", "S2", "S3"])
    rows[1][1] = "-9"
    found = read_covariates(write(tmp_path / "c.tsv", rows), ["S1", "S2", "S3"])
    assert found.values["age"].tolist() == [-9, 20, 30]
    assert any("Warning: covariate age is -9 in 1 sample" in note for note in found.notes)


N_GENES = 30_000  # more than are looked at to tell the columns
STRAY = {
    "in a description": ('G{}\t"open\t{}\t{}', 'G{}\tclosed"\t{}\t{}'),
    "in an id": ('"G{}\td\t{}\t{}', 'G{}"\td\t{}\t{}'),
    "never closed": ('G{}\t"open\t{}\t{}', "G{}\td\t{}\t{}"),
}


@pytest.mark.parametrize("name", STRAY)
def test_a_quotation_mark_far_down_takes_no_rows_along(tmp_path, name):
    rows = [f"G{k}\td\t{k}\t{k + 1}" for k in range(N_GENES)]
    first, last = N_GENES - 500, N_GENES - 100
    for k, form in zip((first, last), STRAY[name], strict=True):
        rows[k] = form.format(k, k, k + 1)
    path = tmp_path / "x.tsv"
    path.write_text("gene\tdescription\tS1\tS2\n" + "\n".join(rows) + "\n")
    with pytest.raises(MalformedInputError, match="quotes"):
        read_expression(path, samples=["S1", "S2"])
    rows[first], rows[last] = f'G{first}\t"5"" end"\t{first}\t{first + 1}', "# a comment"
    path.write_text("gene\tdescription\tS1\tS2\n\n" + "\r\n".join(rows) + "\n\n")
    found = read_expression(path, samples=["S1", "S2"])
    kept = [k for k in range(N_GENES) if k != last]
    assert found.values.tolist() == [kept, [k + 1 for k in kept]]
