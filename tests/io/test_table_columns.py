"""Which column is what: tables as other programs write them give the values of their samples."""

from __future__ import annotations

import gzip
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.covariates import read_covariates
from genesis.io.expression import read_expression

KNOWN = ["S1", "S2", "S3"]
#: Genes A and B of samples S1, S2 and S3.
VALUES = [[1.0, 4.0], [2.0, 5.5], [3.0, 6.0]]


def write(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(*rows):
    """Rows of words as lines of cells separated by tabs; ``_`` is an empty cell."""
    return "".join(
        "\t".join("" if cell == "_" else cell for cell in row.split()) + "\n" for row in rows
    )


TABLES = {
    "tab at the end of rows": lines("gene S1 S2 S3", "A 1 2 3 _", "B 4 5.5 6 _"),
    "several tabs at the end": lines("_ S1 S2 S3", "A 1 2 3 _ _", "B 4 5.5 6 _ _"),
    "tab at the end of all lines": lines("gene S1 S2 S3 _", "A 1 2 3 _", "B 4 5.5 6 _"),
    "tab at the end of the header": lines("gene S1 S2 S3 _", "A 1 2 3", "B 4 5.5 6"),
    "salmon of nf-core": lines(
        "gene_id gene_name S1 S2 S3", "A BRCA2 1 2 3", "B TP53 4 5.5 6"
    ),
    "rsem of nf-core": lines("gene_id transcript_id(s) S1 S2 S3", "A t1,t2 1 2 3", "B t3 4 5.5 6"),
    "salmon transcripts": lines("tx gene_id S1 S2 S3", "A g 1 2 3", "B g 4 5.5 6"),
    "positions": lines("gene_id chrom start end S1 S2 S3", "A 1 5 9 1 2 3", "B X 7 8 4 5.5 6"),
    "positions first": lines("chr start end strand gene S1 S2 S3", "1 5 9 + A 1 2 3",
                             "X 7 8 - B 4 5.5 6"),
    "biomart": "Gene stable ID\tChromosome/scaffold name\tGene start (bp)\tGene end (bp)\t"
               "Gene name\tS1\tS2\tS3\nA\t13\t5\t9\tBRCA2\t1\t2\t3\nB\t17\t5\t9\t\t4\t5.5\t6\n",
    "description at the end": lines("gene S1 S2 S3 description", "A 1 2 3 kinase",
                                    "B 4 5.5 6 unknown"),
    "R row names": '"S1"\t"S2"\t"S3"\n"A"\t1\t2\t3\n"B"\t4\t5.5\t6\n',
    "R row names and blanks": '"S1" "S2" "S3"\n"A" 1 2 3\n"B" 4 5.5 6\n',
    "R csv": '"","S1","S2","S3"\n"A",1,2,3\n"B",4,5.5,6\n',
    "R csv of a data frame": '"","gene","S1","S2","S3"\n"1","A",1,2,3\n"2","B",4,5.5,6\n',
    "R table of a data frame": '"gene"\t"S1"\t"S2"\t"S3"\n"1"\t"A"\t1\t2\t3\n"2"\t"B"\t4\t5.5\t6\n',
    "names behind ids in row names": '"","symbol","S1","S2","S3"\n"A","x",1,2,3\n"B","y",4,5.5,6\n',
    "several blanks": "gene   S1 S2   S3\nA  1 2 3\nB 4   5.5 6\n",
    "long": lines("gene_id sample_id tpm", "A S1 1", "A S2 2", "B S3 6", "A S3 3", "B S1 4",
                  "B S2 5.5"),
    "long with names": lines("sample gene_id gene_name count", "S1 A x 1", "S2 A x 2",
                             "S3 A x 3", "S1 B y 4", "S2 B y 5.5", "S3 B y 6"),
    "turned": lines("sample A B", "S1 1 4", "S2 2 5.5", "S3 3 6"),
    "turned, any corner": lines("x A B", "S1 1 4", "S2 2 5.5", "S3 3 6"),
    "turned, of PLINK": lines("FID IID A B", "f S1 1 4", "f S2 2 5.5", "f S3 3 6"),
    "turned, of R": lines("A B", "S1 1 4", "S2 2 5.5", "S3 3 6"),
    "comments between": lines("gene S1 S2 S3", "A 1 2 3") + "# half\n" + lines("B 4 5.5 6"),
    "blank rows at the end": lines("gene S1 S2 S3", "A 1 2 3", "B 4 5.5 6", "_ _ _ _"),
    "series matrix": '!Series_title\t"of !series_matrix_table_begin"\n!Sample_title\t"a"\t"b"\n\n'
                     '!series_matrix_table_begin\n'
                     '"ID_REF"\t"S1"\t"S2"\t"S3"\n"A"\t1\t2\t3\n"B"\t4\t5.5\t6\n'
                     "!series_matrix_table_end\n",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_other_programs(tmp_path, name):
    found = read_expression(write(tmp_path / "x.tsv", TABLES[name]), samples=KNOWN)
    assert found.samples == KNOWN
    assert found.genes["gene_id"].tolist() == ["A", "B"]
    assert found.values.tolist() == VALUES


#: Those that cannot be told from others without the ids of the samples.
NEED_SAMPLES = {name for name in TABLES if name.startswith("turned")} | {"description at the end"}


@pytest.mark.parametrize("name", sorted(set(TABLES) - NEED_SAMPLES))
def test_most_are_told_without_the_ids_of_the_samples(tmp_path, name):
    found = read_expression(write(tmp_path / "x.tsv", TABLES[name]))
    assert found.samples == KNOWN
    assert found.values.tolist() == VALUES


def test_what_is_no_sample_is_named(tmp_path):
    path = write(tmp_path / "x.tsv", TABLES["biomart"])
    assert read_expression(path, samples=KNOWN).notes[1] == (
        "4 columns left out as annotation: Chromosome/scaffold name, Gene start (bp), "
        "Gene end (bp), Gene name."
    )
    path = write(tmp_path / "y.tsv", lines("gene S1 S2 S3 _", "A 1 2 3 _", "B 4 5.5 6 _"))
    assert "1 empty column without a name passed over." in read_expression(path).notes


def test_a_column_of_the_genotypes_is_a_sample_whatever_it_is_called(tmp_path):
    text = lines("gene_id length S1", "A 1 2", "B 3 4.5")
    path = write(tmp_path / "x.tsv", text)
    assert read_expression(path, samples=["length", "S1"]).samples == ["length", "S1"]
    with pytest.raises(DegenerateDataError, match="constant"):  # one sample is left
        read_expression(path, samples=["S1"])


UNTOLD = {
    "a value more": (lines("gene S1 S2", "A 1 2 3"), "cannot be told.*", "'gene', 'S1' / 'A', '1'"),
    "a sample is the corner": (lines("S1 S2 S3", "A 1 2", "B 2 3"), "called 'S1'", "'A', '1'"),
    "first sample lost or last empty": (
        lines("S1 S2 S3", "A 1 2 _", "B 2 3 _"), "cannot be told", "'S1', 'S2' / 'A', '1'"
    ),
    "no header": (lines("A 0.5 1.5 2.25", "B 1 2 3"), "add a header", "'A', '0.5'"),
    "value without a name": (lines("gene S1 _ S3", "A 1 2 3"), "column 3 has no sample id", ""),
    "text without a name": (lines("gene S1 S2 _", "A 1 2 x"), "column 4 has no sample id", ""),
    "a sample of words": (lines("gene S1 S2", "A 1 up", "B 2 down"), "line 2.*S2: 'up'", ""),
    "decimal commas": ("gene;S1;S2\nA;1,5;2,5\n", "decimals are written with a point", "S1"),
    "two values": (lines("gene sample tpm counts", "A S1 1 2", "A S2 3 4"), "several", "tpm"),
    "a pair twice": (
        lines("gene sample tpm", "A S1 1", "A S2 2", "A S1 3"), "line 4.*already in line 2", ""
    ),
    "a long value": (lines("gene sample tpm", "A S1 1", "A S2 high"), "line 3.*S2: 'high'", ""),
    "star": (lines("N_unmapped 5 5 5", "N_multimapping 1 1 1"), "ReadsPerGene", "one sample"),
    "a comment of a row's length": (
        lines("gene S1 S2", "A 1 2", "#B high 3"), "line 3, gene #B, sample S1: 'high'", ""
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTOLD)
def test_what_cannot_be_told_is_refused(tmp_path, name):
    text, words, beginning = UNTOLD[name]
    with pytest.raises(MalformedInputError, match=words) as caught:
        read_expression(write(tmp_path / "x.tsv", text), samples=KNOWN)
    assert beginning in str(caught.value)


def test_rows_or_columns_of_samples_are_not_guessed(tmp_path):
    path = write(tmp_path / "x.tsv", TABLES["turned"])
    with pytest.raises(
        MalformedInputError, match=r"'sample', 'A' / 'S1', '1' / 'S2', '2'.*samples="
    ):
        read_expression(path)
    text = lines("sample S1 S2 S3", "A 1 2 3", "B 4 5.5 6")  # as UCSC Xena writes its matrices
    found = read_expression(write(tmp_path / "y.tsv", text), samples=KNOWN)
    assert found.values.tolist() == VALUES


def test_words_among_the_samples_are_not_guessed(tmp_path):
    path = write(tmp_path / "x.tsv", lines("gene S1 S2 remark", "A 1 2 x", "B 3 5 y"))
    with pytest.raises(MalformedInputError, match=r"column 4 \(remark\) lies among the samples"):
        read_expression(path)
    found = read_expression(path, samples=KNOWN)
    assert found.samples == ["S1", "S2"]
    assert "1 column left out as annotation: remark." in found.notes


def test_missing_pairs_of_a_long_table_are_counted(tmp_path):
    path = write(tmp_path / "x.tsv", lines("gene sample value", "A S1 1", "A S2 2", "B S2 3"))
    found = read_expression(path, max_missing=0.5)
    assert found.excluded.values.tolist() == [["gene", "B", "constant", ""]]
    assert "1 pair of a gene and a sample without a row are missing." in found.notes


def test_series_matrix_that_breaks_off_or_is_empty(tmp_path):
    text = TABLES["series matrix"]
    with pytest.raises(InputReadError, match="truncated"):
        read_expression(write(tmp_path / "x.txt.gz", gzip.compress(text[:-30].encode())))
    empty = "!Series_title\t1\n!series_matrix_table_begin\n!series_matrix_table_end\n"
    with pytest.raises(DegenerateDataError, match="supplementary"):
        read_expression(write(tmp_path / "x.txt", empty))
    broken = text.replace("5.5", "high")
    with pytest.raises(MalformedInputError, match="line 7, gene B, sample S2"):
        read_expression(write(tmp_path / "x.txt", broken))


COUNTS = "# Program:featureCounts v2.0.3\nGeneid\tChr\tStart\tEnd\tStrand\tLength\t{}\n"


@pytest.mark.parametrize(
    ("paths", "known", "expected"),
    [
        (["S1.Aligned.sortedByCoord.out.bam", "S2.Aligned.sortedByCoord.out.bam"], [], None),
        (["/a/S1/Aligned.sortedByCoord.out.bam", "/a/S2/Aligned.sortedByCoord.out.bam"], [], None),
        (["/a/S1/S1_Aligned.out.bam", "/a/S2/S2_Aligned.out.bam"], [], None),
        (["x/S1.markdup.sorted.bam", "x/S2.markdup.sorted.bam"], ["S1", "S2"], None),
        (["S1/star/x.bam", "S2/star/x.bam"], [], None),
        (["S1/lane1.bam", "S2/lane2.bam"], ["S2", "S1"], None),
        (["S1/lane1.bam", "S2/lane2.bam"], [], ["lane1", "lane2"]),
        (["c:\\star\\S1.bam", "c:\\star\\S2.bam"], [], None),
        (["x.bam", "x.sam"], [], "more than once: x"),
    ],
)
def test_samples_of_featurecounts(tmp_path, paths, known, expected):
    text = COUNTS.format("\t".join(paths)) + "A\t1\t5\t9\t+\t5\t1\t2\n"
    path = write(tmp_path / "counts.txt", text)
    if isinstance(expected, str):
        with pytest.raises(MalformedInputError, match=expected):
            read_expression(path)
        return
    found = read_expression(path, samples=known)
    assert found.samples == (expected or ["S1", "S2"])
    assert found.values.tolist() == [[1], [2]]
    assert found.genes["start"].tolist() == [5]


def test_copies_of_a_gene_in_featurecounts_have_no_place(tmp_path):
    text = COUNTS.format("S1.bam\tS2.bam")
    text += "A\t1;1\t5;95000000\t9;95000009\t+;+\t14\t1\t2\n"
    text += "B\t1;1\t5;900000\t9;900009\t-;-\t14\t1\t2\n"
    found = read_expression(write(tmp_path / "counts.txt", text))
    assert found.genes["start"].tolist() == [pd.NA, 5]
    assert found.genes["end"].tolist() == [pd.NA, 900009]


def test_extra_attributes_of_featurecounts(tmp_path):
    text = COUNTS.format("gene_name\tS1.bam\tS2.bam") + "A\t1\t5\t9\t+\t5\tBRCA2\t1\t2\n"
    found = read_expression(write(tmp_path / "counts.txt", text))
    assert found.samples == ["S1", "S2"]


@pytest.mark.parametrize("index", [False, True])
def test_parquet_with_annotation(tmp_path, index):
    frame = pd.DataFrame({"gene_id": ["A", "B"], "gene_name": ["x", "y"]})
    frame[KNOWN] = np.array(VALUES).T
    frame = frame.set_index("gene_id") if index else frame
    frame.to_parquet(tmp_path / "x.parquet")
    assert read_expression(tmp_path / "x.parquet").values.tolist() == VALUES
    turned = pd.DataFrame(VALUES, index=KNOWN, columns=["A", "B"])
    turned.to_parquet(tmp_path / "y.parquet")
    found = read_expression(tmp_path / "y.parquet", samples=KNOWN)
    assert found.genes["gene_id"].tolist() == ["A", "B"]
    assert found.values.tolist() == VALUES


def test_rows_that_are_no_genes(tmp_path):
    rows = ["__no_feature", "__alignment_not_unique", "N_unmapped", "Unassigned_NoFeatures"]
    text = lines("gene S1 S2 S3", "A 1 2 3", *(f"{row} 100 200 300" for row in rows), "B 4 5.5 6")
    found = read_expression(write(tmp_path / "x.tsv", text))
    assert found.values.tolist() == VALUES
    assert found.excluded[["id", "reason"]].values.tolist() == [[r, "not_a_gene"] for r in rows]
    assert any(note.startswith("4 rows of reads that belong to no gene") for note in found.notes)
    # Asked for by name or not: they are no genes.
    listed = read_expression(tmp_path / "x.tsv", include_genes=["A", "N_unmapped"])
    assert listed.genes["gene_id"].tolist() == ["A"]


def test_too_many_missing_values_name_the_option(tmp_path):
    path = write(tmp_path / "x.tsv", lines("gene S1 S2 S3", "A 1 NA 3", "B NA NA 2"))
    with pytest.raises(DegenerateDataError, match=r"missing_values 2.*--max-missing.*0\.1"):
        read_expression(path)


def anndata_object(**settings):
    anndata = pytest.importorskip("anndata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of anndata about pandas
        names = pd.DataFrame(index=KNOWN), pd.DataFrame(index=["A", "B"])
        return anndata.AnnData(settings.pop("x", None), *names, shape=(3, 2), **settings)


def test_layers_of_anndata(tmp_path):
    values = np.array(VALUES)
    data = anndata_object(layers={"counts": values, "logs": np.log(values)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.write_h5ad(tmp_path / "x.h5ad")
    for given_ in (data, tmp_path / "x.h5ad"):
        assert read_expression(given_, layer="counts").values.tolist() == VALUES
        with pytest.raises(DegenerateDataError, match=r"no values \(X\).*counts, logs.*--layer"):
            read_expression(given_)
        with pytest.raises(CommandLineError, match=r"no layer 'raw'.*counts, logs"):
            read_expression(given_, layer="raw")
    with pytest.raises(CommandLineError, match="only AnnData has layers"):
        read_expression(write(tmp_path / "x.tsv", TABLES["long"]), layer="counts")


def test_discover_takes_anndata_and_tables_that_are_turned(rng):
    samples, genes = [f"s{k:03}" for k in range(150)], ["A", "B"]
    z = pd.DataFrame(rng.binomial(2, 0.4, (150, 2)).astype(float), samples, ["v1", "v2"])
    a = z["v1"] + rng.normal(size=150)
    x = pd.DataFrame({"A": a, "B": a + z["v2"] + rng.normal(size=150)})
    x.index = pd.Index(samples)
    expected = genesis.discover(z, x, method="rules").ancestrality
    turned = genesis.discover(z, x.T, method="rules")
    pd.testing.assert_frame_equal(turned.ancestrality, expected)
    assert "the table of genes has samples in its columns, and was turned" in turned.run["notes"]
    anndata = pytest.importorskip("anndata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = anndata.AnnData(x.to_numpy(), pd.DataFrame(index=samples), pd.DataFrame(index=genes))
    found = genesis.discover(z, data, method="rules").ancestrality
    pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(genesis.errors.InconsistentInputsError, match=r"genotypes\.T"):
        genesis.discover(z.T, x, method="rules")


COVARIATES = {
    "plink": "FID\tIID\tPC1\tage\nf\tS1\t0.1\t30\nf\tS2\t0.2\t41\nf\tS3\t0.4\t50\n",
    "plink 2": "#FID\tIID\tPC1\tage\nf\tS1\t0.1\t30\nf\tS2\t0.2\t41\nf\tS3\t0.4\t50\n",
    "plink 2 without families": "#IID PC1 age\nS1 0.1 30\nS2 0.2 41\nS3 0.4 50\n",
    "regenie": "FID IID PC1 age\nS1 S1 0.1 30\nS2 S2 0.2 41\nS3 S3 0.4 50\n",
    "blanks": "id  PC1   age\nS1  0.1 30\nS2 0.2   41\nS3 0.4 50\n",
    "R": '"PC1"\t"age"\n"S1"\t0.1\t30\n"S2"\t0.2\t41\n"S3"\t0.4\t50\n',
    "tabs at the end": "id\tPC1\tage\nS1\t0.1\t30\t\nS2\t0.2\t41\t\nS3\t0.4\t50\t\n",
    "lying": "id\tS1\tS2\tS3\nPC1\t0.1\t0.2\t0.4\nage\t30\t41\t50\n",
    "lying, of R": "S1\tS2\tS3\nPC1\t0.1\t0.2\t0.4\nage\t30\t41\t50\n",
}


@pytest.mark.parametrize("name", COVARIATES)
def test_covariates_of_other_programs(tmp_path, name):
    found = read_covariates(write(tmp_path / "c.tsv", COVARIATES[name]), KNOWN).values
    assert found.index.tolist() == KNOWN
    assert found.to_dict("list") == {"PC1": [0.1, 0.2, 0.4], "age": [30, 41, 50]}


@pytest.mark.parametrize(
    "text",
    [
        "S1\t0.1\t30\nS2\t0.2\t41\nS3\t0.4\t50\n",
        "S1 S1 0.1 30\nS2 S2 0.2 41\nS3 S3 0.4 50\n",  # .eigenvec of PLINK 1.9
        "f S1 0.1 30\nf S2 0.2 41\nf S3 0.4 50\n",
    ],
)
def test_covariates_without_a_header_keep_the_first_sample(tmp_path, text):
    found = read_covariates(write(tmp_path / "c.tsv", text), KNOWN)
    assert found.values.index.tolist() == KNOWN
    assert found.values.to_dict("list") == {
        "covariate1": [0.1, 0.2, 0.4],
        "covariate2": [30, 41, 50],
    }
    assert any("no header" in note for note in found.notes)


def test_numbers_that_may_be_labels_are_named_and_can_be_made_so(tmp_path):
    rows = [f"s{k}\t{k % 4 + 1}\t{20 + k}\t{k % 2}\n" for k in range(12)]
    path = write(tmp_path / "c.tsv", "id\tbatch\tage\tsex\n" + "".join(rows))
    samples = [f"s{k}" for k in range(12)]
    found = read_covariates(path, samples)
    assert list(found.values) == ["batch", "age", "sex"]
    named = [note for note in found.notes if "--categorical" in note]
    assert len(named) == 1
    assert "batch has 4 whole values (1, 2, 3, 4)" in named[0]
    found = read_covariates(path, samples, categorical=["batch"])
    assert list(found.values) == ["batch=2", "batch=3", "batch=4", "age", "sex"]
    assert found.values["batch=3"].tolist() == [float(k % 4 == 2) for k in range(12)]
    with pytest.raises(CommandLineError, match=r"no covariate 'plate'.*batch, age, sex"):
        read_covariates(path, samples, categorical=["plate"])


@given(
    extra=st.sampled_from(["", "\t", "\t\t"]),
    corner=st.sampled_from(["gene", "gene_id", "", "ID_REF", "#gene"]),
    names=st.booleans(),
    rows=st.lists(st.tuples(*[st.integers(0, 9)] * 3), min_size=1, max_size=4),
)
def test_no_form_of_a_table_moves_a_value(tmp_path_factory, extra, corner, names, rows):
    head = [corner, *(["gene_name"] if names else []), *KNOWN]
    body = [[f"g{k}", *(["x"] if names else []), *map(str, row)] for k, row in enumerate(rows)]
    text = "\t".join(head) + "\n" + "".join("\t".join(row) + extra + "\n" for row in body)
    path = write(tmp_path_factory.mktemp("x") / "x.tsv", text)
    varying = [k for k, row in enumerate(rows) if len(set(row)) > 1]
    for known in (KNOWN, None):
        if not varying:
            with pytest.raises(DegenerateDataError):
                read_expression(path, samples=known)
            continue
        found = read_expression(path, samples=known)
        assert found.samples == KNOWN
        assert found.values.T.tolist() == [list(map(float, rows[k])) for k in varying]
