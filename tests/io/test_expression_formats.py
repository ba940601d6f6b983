"""Expression in the formats of other programs: the same values, samples and genes."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.expression import read_expression

GENES, SAMPLES = ["A", "B", "C"], ["s1", "s2"]
VALUES = pd.DataFrame([[1.5, 2.0], [0.0, 7.25], [np.nan, 3.0]], index=GENES, columns=SAMPLES)
QUANT_SF = "Name\tLength\tEffectiveLength\tTPM\tNumReads\nA\t1\t1\t1\t1\n"
KEEP = {"max_missing": 0.9}


def write(path, text):
    path.write_text(text)
    return path


def gct(tmp_path, frame=VALUES, shape=None, version="#1.2"):
    n, m = shape or frame.shape
    rows = ["\t".join([gene, f"about {gene}", *map(str, row)]) for gene, row in frame.iterrows()]
    head = f"{version}\n{n}\t{m}\nName\tDescription\t" + "\t".join(frame.columns) + "\n"
    return write(tmp_path / "x.gct", head + "\n".join(rows) + "\n")


def feature_counts(tmp_path):
    head = '# Program:featureCounts v2.0.3; Command:"featureCounts" "-a" "x.gtf"\n'
    head += "Geneid\tChr\tStart\tEnd\tStrand\tLength\t/data/s1.bam\tmapped/s2.bam\n"
    body = (
        "A\tchr1;chr1\t100;300\t150;420\t+;+\t172\t1\t2\n"
        "B\tchr2\t7\t9\t-\t3\t0\t7\n"
        "C\tchrX;chrY\t5;5\t9;9\t+;+\t5\t4\t3\n"
    )
    return write(tmp_path / "counts.txt", head + body)


def write_h5ad(path, values, samples=SAMPLES, genes=GENES):
    anndata = pytest.importorskip("anndata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of anndata about pandas
        names = (pd.DataFrame(index=ids) for ids in (samples, genes))
        anndata.AnnData(values, *names).write_h5ad(path)
    return path


def assert_values(found, frame=VALUES):
    kept = [gene for gene in frame.index if frame.loc[gene].nunique() > 1]
    assert found.samples == frame.columns.tolist()
    assert found.genes["gene_id"].tolist() == kept
    np.testing.assert_array_equal(found.values, frame.loc[kept].to_numpy().T)


def test_gct(tmp_path):
    found = read_expression(gct(tmp_path), **KEEP)
    assert_values(found)
    assert found.excluded.values.tolist() == [["gene", "C", "constant", ""]]
    assert found.notes[0].endswith("3 genes in 2 samples read from a GCT.")


def test_counts_of_featurecounts_bring_samples_and_places(tmp_path):
    found = read_expression(feature_counts(tmp_path))
    assert found.samples == ["s1", "s2"]
    assert found.values.tolist() == [[1, 0, 4], [2, 7, 3]]
    assert found.genes["chrom"].tolist() == ["chr1", "chr2", pd.NA]
    assert found.genes["start"].tolist() == [100, 7, pd.NA]
    assert found.genes["end"].tolist() == [420, 9, pd.NA]


@pytest.mark.parametrize("index", [True, False])
def test_parquet_with_the_ids_as_index_or_column(tmp_path, index):
    frame = VALUES if index else VALUES.rename_axis("gene_id").reset_index()
    frame.to_parquet(tmp_path / "x.parquet")
    assert_values(read_expression(tmp_path / "x.parquet", **KEEP))


def test_parquet_of_a_bed_gives_what_the_bed_gives(tmp_path):
    places = pd.DataFrame({"#chr": ["chr1"] * 3, "start": [9, 19, 29], "end": [10, 25, 30]})
    places["phenotype_id"] = GENES
    bed = pd.concat([places, VALUES.reset_index(drop=True)], axis=1)
    bed.to_csv(tmp_path / "x.bed", sep="\t", index=False, na_rep="NA")
    bed.to_parquet(tmp_path / "x.bed.parquet")
    text, store = (read_expression(tmp_path / name, **KEEP) for name in ("x.bed", "x.bed.parquet"))
    assert_values(store)
    pd.testing.assert_frame_equal(store.genes, text.genes)
    np.testing.assert_array_equal(store.values, text.values)


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix, scipy.sparse.csc_matrix])
def test_anndata_of_samples_by_genes(tmp_path, form):
    frame = VALUES.fillna(0.5).T
    path = write_h5ad(tmp_path / "x.h5ad", form(frame.to_numpy()))
    assert_values(read_expression(path), frame.T)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    values=st.lists(
        st.lists(st.floats(-1e9, 1e9) | st.none(), min_size=3, max_size=3), min_size=1, max_size=5
    ),
    format_=st.sampled_from(["gct", "parquet", "tsv"]),
)
def test_formats_agree_on_any_values(tmp_path, values, format_):
    frame = pd.DataFrame(values, columns=["a", "b", "c"], dtype=np.float64)
    frame.index = [f"g{k}" for k in range(len(frame))]
    path = tmp_path / f"x.{format_}"
    if format_ == "gct":
        path = gct(tmp_path, frame)
    elif format_ == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, sep="\t", na_rep="NA")
    varies = frame.nunique(axis=1) > 1
    if not varies.any():
        with pytest.raises(DegenerateDataError):
            read_expression(path, max_missing=1)
        return
    found = read_expression(path, max_missing=1)
    np.testing.assert_array_equal(found.values, frame[varies].to_numpy().T)


def test_genes_to_include_and_exclude_are_counted(tmp_path):
    path = gct(tmp_path)
    found = read_expression(path, exclude_genes=["B", "Z"], include_genes=["A", "B"], **KEEP)
    assert found.genes["gene_id"].tolist() == ["A"]
    reasons = dict(zip(found.excluded["id"], found.excluded["reason"], strict=True))
    assert reasons == {"B": "excluded_by_list", "C": "not_included"}
    assert any("1 gene to exclude but not in the table: Z" in note for note in found.notes)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda t: gct(t, shape=(4, 2)), MalformedInputError, "line 2.*truncated"),
        (lambda t: gct(t, shape=("x", 2)), MalformedInputError, "line 2: 'x"),
        (lambda t: gct(t, version="#1.3"), MalformedInputError, "line 1: GCT of version 1.3"),
        (lambda t: write(t / "q.sf", QUANT_SF),
         MalformedInputError, "line 1: a quant.sf"),
        (lambda t: write(t / "x.gct", "#1.2\n1\t1\nId\tText\ts1\nA\tx\t1\n"),
         MalformedInputError, "line 3: .*Name and Description"),
        (lambda t: write(t / "x.gct", "#1.2\n2\t1\nName\tDescription\ts1\nA\tx\t1\nB\ty\thigh\n"),
         MalformedInputError, "line 5, gene B, sample s1"),
        (lambda t: write(t / "x.parquet", "PAR1 and so on"), InputReadError, "no Parquet"),
    ],
)  # fmt: skip
def test_broken_tables(tmp_path, make, error, words):
    with pytest.raises(error, match=words):
        read_expression(make(tmp_path))


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (VALUES.astype(str), MalformedInputError, "sample s1: the column is no numbers"),
        (VALUES.set_axis(["A", "A", "B"]), MalformedInputError, "gene ids occur more than once: A"),
        (VALUES.replace(7.25, np.inf), MalformedInputError, "gene B, sample s2.*not finite"),
        (VALUES.iloc[:0], DegenerateDataError, "0 genes"),
        (VALUES[[]].reset_index(), DegenerateDataError, "0 samples"),
        (
            pd.DataFrame({"chr": ["1"], "start": [9], "end": [9], "id": ["A"], "s1": [1.0]}),
            MalformedInputError,
            "gene A: start 9 and end 9",
        ),
    ],
)
def test_broken_parquet(tmp_path, frame, error, words):
    frame.to_parquet(tmp_path / "x.parquet")
    with pytest.raises(error, match=words):
        read_expression(tmp_path / "x.parquet")


def test_broken_anndata(tmp_path, monkeypatch):
    pytest.importorskip("anndata")
    path = tmp_path / "x.h5ad"
    path.write_bytes(b"\x89HDF\r\n\x1a\n nothing")
    with pytest.raises(InputReadError, match=r"no \.h5ad"):
        read_expression(path)
    write_h5ad(path, None)
    with pytest.raises(DegenerateDataError, match="no values"):
        read_expression(path)
    values = np.array([[1.0, np.inf, 2.0], [1.0, 2.0, 3.0]])
    write_h5ad(path, values)
    with pytest.raises(MalformedInputError, match="gene B, sample s1"):
        read_expression(path)
    write_h5ad(path, np.ones((2, 3)), genes=["A", "B", "B"])
    with pytest.raises(MalformedInputError, match="gene ids occur more than once: B"):
        read_expression(path)
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(CommandLineError, match=r"genesis-causal\[anndata\]"):
        genesis.read_expression(path)
