"""A result on disk and back, and every output file as its readers see it."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal, assert_index_equal

import genesis
from genesis.errors import (
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
    OutputWriteError,
)
from genesis.findings import relation_tables
from genesis.io import table_text
from genesis.result import files as result_files
from genesis.result.files import SUFFIXES, save_result
from genesis.result.result import Result
from tests.handmade import asymmetric_result, random_result, result_of


def assert_results_equal(one: Result, other: Result) -> None:
    for name in ("genes", "anchors", "loci", "excluded", "conditioning", "ordered_since"):
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert_index_equal(one.variables, other.variables)
    assert (one.diagnostics is None) == (other.diagnostics is None)
    if one.diagnostics is not None:
        for field in fields(one.diagnostics):
            expected, found = (getattr(r.diagnostics, field.name) for r in (one, other))
            assert_frame_equal(expected, found, check_exact=True)
    assert one.run == other.run
    for field in fields(one.pairs):
        expected, found = getattr(one.pairs, field.name), getattr(other.pairs, field.name)
        assert expected.dtype == found.dtype, field.name
        np.testing.assert_array_equal(
            np.ascontiguousarray(expected).view(np.uint8) if expected.dtype.kind != "f"
            else np.where(np.isnan(expected), 0, expected).astype(expected.dtype).tobytes(),
            np.ascontiguousarray(found).view(np.uint8) if found.dtype.kind != "f"
            else np.where(np.isnan(found), 0, found).astype(found.dtype).tobytes(),
        )  # fmt: skip
        if expected.dtype.kind == "f":
            np.testing.assert_array_equal(np.isnan(expected), np.isnan(found))


FORMULAS = result_of(
    [{"gene_a": 0, "gene_b": 1, "relation": 0, "witness": 0, "log_p": -1 / 3}],
    ["=SUM(A1)", "naïve <β&γ> \U0001f9ec", "+x", "-y", "@z", '"quoted"', "a b", "[red]"],
    ["=SUM(A1)"],
)
CASES = {
    "empty": result_of([], []),
    "one gene": result_of([], ["ACT1"], ["rs1"]),
    "two genes, nothing found": result_of([], ["ACT1", "NA"]),
    "asymmetric": asymmetric_result(),
    "unicode and formulas": FORMULAS,
    "random": random_result(np.random.default_rng(1), 40, 25),
}


@pytest.mark.parametrize("case", CASES)
def test_load_gives_the_saved_result_back(case, tmp_path):
    result = CASES[case]
    files = result.save(tmp_path / "run")
    assert [path.name for path in files] == [f"run{suffix}" for suffix in SUFFIXES]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in files}
    loaded = genesis.load(tmp_path / "run")
    assert_results_equal(result, loaded)
    assert_frame_equal(result.relations, loaded.relations)
    assert_frame_equal(result.ancestrality, loaded.ancestrality)


@pytest.mark.parametrize("n_variants", [0, 4])
def test_load_gives_the_diagnostics_back(rng, n_variants, tmp_path):
    z = rng.binomial(2, 0.4, size=(60, n_variants)).astype(float)
    samples = [f"sample {k} <β>" for k in range(60)]
    x = rng.normal(size=(60, 4)) + (z if n_variants else 0)
    tables = [pd.DataFrame(values, index=samples) for values in (z, x)]
    result = genesis.discover(*tables, method="rules", normalise="none")
    assert result.diagnostics is not None
    result.save(tmp_path / "run")
    assert_results_equal(result, genesis.load(tmp_path / "run"))


def test_report_goes_with_the_run_it_tells_of(tmp_path):
    report = tmp_path / "run.report.html"
    files = save_result(asymmetric_result(), tmp_path / "run", report=True)
    assert [path.name for path in files] == [
        *(f"run{suffix}" for suffix in SUFFIXES[:-1]), "run.report.html", "run.run.json",
    ]  # fmt: skip
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    for suffix in SUFFIXES:
        (tmp_path / f"run{suffix}").unlink()
    with pytest.raises(OutputWriteError, match=r"run\.report\.html exists"):
        asymmetric_result().save(tmp_path / "run")
    asymmetric_result().save(tmp_path / "run", force=True)
    assert not report.exists()
    assert {path.name for path in tmp_path.iterdir()} == {f"run{suffix}" for suffix in SUFFIXES}


def test_tables_of_several_pieces_are_whole(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(relation_tables, "PIECE_ROWS", 7)
    monkeypatch.setattr(table_text, "PIECE_ROWS", 7)
    result = random_result(rng, 40, 25)
    result.save(tmp_path / "run")
    text = pd.read_csv(tmp_path / "run.relations.tsv.gz", sep="\t")
    assert text["gene_b"].tolist() == result.relations["gene_b"].tolist()
    # Some versions of pandas read the last digit of a number wrongly; Python does not.
    anchors = pd.read_csv(tmp_path / "run.anchors.tsv.gz", sep="\t", dtype={"slope": "str"})
    np.testing.assert_array_equal(anchors["slope"].map(float), result.anchors["slope"])


def test_relations_of_several_row_groups_come_back(rng, tmp_path, monkeypatch):
    result = random_result(rng, 40, 25)
    chunks = result.pairs.chunks
    monkeypatch.setattr(type(result.pairs), "chunks", lambda _, n_rows=9: chunks(min(n_rows, 9)))
    result.save(tmp_path / "run")
    assert pq.ParquetFile(tmp_path / "run.relations.parquet").num_row_groups > 10
    assert_results_equal(result, genesis.load(tmp_path / "run"))


def test_matrix_text_is_the_matrix(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(result_files, "_BLOCK_ROWS", 7)
    result = random_result(rng, 40, 5)
    result.save(tmp_path / "run")
    table = pd.read_csv(tmp_path / "run.ancestrality.tsv.gz", sep="\t", index_col="gene_id")
    assert_frame_equal(table, result.ancestrality, check_names=False)
    lines = gzip.decompress((tmp_path / "run.ancestrality.tsv.gz").read_bytes()).decode()
    first = lines.split("\n")[1].split("\t")
    assert first[0] == "G000"
    assert set(first[1:]) <= {"1", "0.5", "0", "NA"}


def test_relations_text_is_the_table(rng, tmp_path):
    result = random_result(rng, 40, 25)
    result.save(tmp_path / "run")
    text = pd.read_csv(tmp_path / "run.relations.tsv.gz", sep="\t")
    expected = result.relations
    assert list(text.columns) == list(expected.columns)
    for name in expected.columns:
        if expected[name].dtype.kind == "f":
            np.testing.assert_allclose(text[name], expected[name], rtol=1e-5)
        else:
            found = text[name].astype(object).where(text[name].notna(), None)
            wanted = expected[name].astype(object).where(expected[name].notna(), None)
            assert found.tolist() == wanted.tolist(), name


def test_relations_parquet_is_the_table(rng, tmp_path):
    result = random_result(rng, 40, 25)
    result.save(tmp_path / "run")
    table = pd.read_parquet(tmp_path / "run.relations.parquet")
    for name, expected in result.relations.items():
        found = table[name].astype(object).where(table[name].notna(), None).tolist()
        assert found == expected.astype(object).where(expected.notna(), None).tolist(), name
    np.testing.assert_array_equal(table["log_p"], result.pairs.log_p)


def test_text_rounds_p_values_to_six_digits_and_keeps_small_ones(tmp_path):
    rows = [
        {"gene_a": 0, "gene_b": 1, "relation": 0, "log_p": np.log(0.123456789)},
        {"gene_a": 0, "gene_b": 2, "relation": 0, "log_p": -700.0},
        {"gene_a": 1, "gene_b": 2, "relation": 0, "log_p": -5000.0},
    ]
    result_of(rows, ["A", "B", "C"]).save(tmp_path / "run")
    text = pd.read_csv(tmp_path / "run.relations.tsv.gz", sep="\t", dtype=str)
    assert text["p_value"].tolist() == ["0.123457", str(float(np.exp(-700.0))), "0"]
    assert float(text["log10_p"][2]) == pytest.approx(-5000 / np.log(10), rel=1e-5)


def test_ids_are_written_as_they_are(tmp_path):
    result = FORMULAS
    result.save(tmp_path / "run")
    text = gzip.decompress((tmp_path / "run.relations.tsv.gz").read_bytes()).decode()
    assert text.split("\n")[1].startswith("=SUM(A1)\tnaïve <β&γ> \U0001f9ec\tancestor\t")
    graph = nx.read_graphml(tmp_path / "run.graph.graphml")
    assert list(graph.nodes) == result.gene_ids.tolist()
    excluded = (tmp_path / "run.excluded.tsv").read_text()
    assert excluded.split("\n")[:2] == [
        "kind\tid\treason\tdetail", "variant\t=rs1\tlow_maf\t0.01 < 0.05",
    ]  # fmt: skip


QUOTED = ['"abc', 'a"b', '""', '"', '"a"', "a,b'c", "x y"]


def test_ids_with_quotes_are_read_back_by_pandas_and_csv(tmp_path):
    rows = [{"gene_a": 0, "gene_b": k, "relation": 0, "witness": k - 1} for k in range(1, 7)]
    variants = [f'"rs{k}' for k in range(7)]
    result = result_of(rows, QUOTED, variants)
    anchors = result.anchors.reindex(range(7)).assign(gene_id=QUOTED, variant_id=variants)
    excluded = pd.DataFrame(
        {"kind": "gene", "id": QUOTED, "reason": "constant", "detail": 'of "all" samples'}
    )
    result = replace(result, anchors=anchors, excluded=excluded)
    result.save(tmp_path / "run")
    matrix = pd.read_csv(tmp_path / "run.ancestrality.tsv.gz", sep="\t", index_col="gene_id")
    assert matrix.index.tolist() == matrix.columns.tolist() == QUOTED
    assert matrix.loc['"abc', 'a"b'] == 1
    text = pd.read_csv(tmp_path / "run.relations.tsv.gz", sep="\t")
    assert text["gene_b"].tolist() == QUOTED[1:]
    assert text["witness"].tolist() == variants[:6]
    names = anchors[["gene_id", "variant_id"]]
    for suffix, expected in ((".anchors.tsv.gz", names), (".excluded.tsv", excluded)):
        path = tmp_path / f"run{suffix}"
        found = pd.read_csv(path, sep="\t")[list(expected.columns)]
        assert found.to_numpy().tolist() == expected.to_numpy().tolist()
        with (gzip.open if suffix.endswith("gz") else open)(path, "rt", newline="") as file:
            read = list(csv.reader(file, delimiter="\t"))
        n = len(expected.columns)
        assert [row[:n] for row in read[1:]] == expected.to_numpy().tolist()
    assert genesis.read_anchors(tmp_path / "run.anchors.tsv.gz")["gene_id"].tolist() == QUOTED
    # What holds no quote has none around it, so that line tools find it as it is.
    assert b"\na,b'c\t" in gzip.decompress((tmp_path / "run.anchors.tsv.gz").read_bytes())


def test_a_witness_keeps_its_kind_where_a_variant_and_a_gene_share_a_name(tmp_path):
    rows = [{"gene_a": 0, "gene_b": 1, "relation": 0, "witness": witness} for witness in (0, 1)]
    rows[1].update(gene_a=1, gene_b=2)
    result = result_of(rows, ["X", "B", "C"], ["X"])
    result.save(tmp_path / "run")
    assert genesis.load(tmp_path / "run").pairs.witness.tolist() == [0, 1]


def test_same_result_gives_same_bytes(rng, tmp_path):
    result = random_result(rng, 60, 25)
    save_result(result, tmp_path / "one", log_text="log", threads=1)
    save_result(result, tmp_path / "two", log_text="log", threads=3)
    for suffix in SUFFIXES:
        one, two = (tmp_path / f"{name}{suffix}" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), suffix


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "", "a\x00b"])
@pytest.mark.parametrize("kind", ["gene", "variant"])
def test_ids_that_no_table_can_hold_are_refused(kind, name, tmp_path):
    result = result_of([], [name], []) if kind == "gene" else result_of([], ["A"], [name])
    with pytest.raises(MalformedInputError, match=f"{kind} id"):
        result.save(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_repeated_gene_ids_are_refused(tmp_path):
    with pytest.raises(MalformedInputError, match="'A' occurs more than once"):
        result_of([], ["A", "A"]).save(tmp_path / "run")


def test_outputs_are_replaced_only_by_force(tmp_path):
    asymmetric_result().save(tmp_path / "run")
    other = result_of([], ["ACT1"])
    with pytest.raises(OutputWriteError, match=r"exists \(and 10 more outputs\).*--force"):
        other.save(tmp_path / "run")
    assert len(genesis.load(tmp_path / "run").genes) == 4
    other.save(tmp_path / "run", force=True)
    assert genesis.load(tmp_path / "run").gene_ids.tolist() == ["ACT1"]


def test_the_record_has_the_checksum_of_every_output(tmp_path):
    files = save_result(asymmetric_result(), tmp_path / "run")
    record = json.loads((tmp_path / "run.run.json").read_text())
    assert record["sha256_of_outputs"] == {
        path.name.removeprefix("run"): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files[:-1]
    }
    assert "sha256_of_outputs" not in genesis.load(tmp_path / "run").run


@pytest.mark.parametrize(
    "suffix",
    [".state.zip", ".relations.parquet", ".run.json", ".ancestrality.tsv.gz", ".relations.tsv.gz"],
)
def test_load_refuses_a_mixture_of_runs_on_the_same_genes(suffix, rng, tmp_path):
    for name in ("one", "two"):
        random_result(rng, 20, 8).save(tmp_path / name)
    mixed = tmp_path / f"one{suffix}"
    own = mixed.read_bytes()
    mixed.write_bytes((tmp_path / f"two{suffix}").read_bytes())
    wrong = "ancestrality.tsv.gz" if suffix == ".run.json" else suffix
    with pytest.raises(InconsistentInputsError, match=rf"one\.?{wrong} is not the file that .*one"):
        genesis.load(tmp_path / "one")
    mixed.write_bytes(own)
    (tmp_path / "one.graph.graphml").unlink()  # nobody needs it
    for path in tmp_path.glob("one.*"):
        path.rename(path.with_name(path.name.replace("one", "renamed")))
    assert len(genesis.load(tmp_path / "renamed").genes) == 20


def test_results_of_versions_without_checksums_load(tmp_path):
    result = asymmetric_result()
    result.save(tmp_path / "run")
    path = tmp_path / "run.run.json"
    record = json.loads(path.read_text())
    del record["sha256_of_outputs"]
    path.write_text(json.dumps(record))
    assert_results_equal(result, genesis.load(tmp_path / "run"))


def test_run_record_holds_plain_json(tmp_path):
    result = asymmetric_result()
    run = {**result.run, "n": np.int64(3), "x": np.float64(0.1), "path": Path("a/b"), "ok": True}
    replace(result, run=run).save(tmp_path / "run")
    record = json.loads((tmp_path / "run.run.json").read_text())
    assert (record["n"], record["x"], record["path"]) == (3, 0.1, "a/b")
    assert (record["schema"], record["schema_version"]) == ("genesis.run", 1)
    assert record["seconds"]["search"] == 0.1 + 0.2


def test_load_says_what_is_missing_or_damaged(tmp_path):
    with pytest.raises(InputOpenError, match="no finished run under"):
        genesis.load(tmp_path / "run")
    result = asymmetric_result()
    for suffix, error in [
        (".relations.parquet", InputReadError),
        (".state.zip", InputReadError),
        (".run.json", MalformedInputError),
    ]:
        result.save(tmp_path / "run", force=True)
        path = tmp_path / f"run{suffix}"
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(error, match=path.name):
            genesis.load(tmp_path / "run")
        path.unlink()
        with pytest.raises(InputOpenError, match=path.name):
            genesis.load(tmp_path / "run")


def test_results_of_versions_without_loci_are_read(tmp_path):
    result = asymmetric_result()
    result.save(tmp_path / "run")
    state = tmp_path / "run.state.zip"
    with zipfile.ZipFile(state) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    del held["loci.parquet"]
    with zipfile.ZipFile(state, "w") as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    record = tmp_path / "run.run.json"
    found = json.loads(record.read_text())
    del found["sha256_of_outputs"][".state.zip"], found["sha256_of_outputs"][".loci.tsv.gz"]
    record.write_text(json.dumps(found))
    assert_results_equal(genesis.load(tmp_path / "run"), result)


def test_load_refuses_files_of_different_runs_and_versions(tmp_path):
    asymmetric_result().save(tmp_path / "one")
    result_of([], ["ACT1"]).save(tmp_path / "two")
    (tmp_path / "two.relations.parquet").write_bytes(
        (tmp_path / "one.relations.parquet").read_bytes()
    )
    with pytest.raises(InconsistentInputsError, match="different runs"):
        genesis.load(tmp_path / "two")
    record = json.loads((tmp_path / "one.run.json").read_text())
    (tmp_path / "one.run.json").write_text(json.dumps({**record, "schema_version": 2}))
    with pytest.raises(InconsistentInputsError, match="format version 2"):
        genesis.load(tmp_path / "one")
    (tmp_path / "one.run.json").write_text("[1]")
    with pytest.raises(MalformedInputError, match="not the record of a run"):
        genesis.load(tmp_path / "one")
