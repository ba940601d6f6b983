"""Runs on tables as other programs write them equal the run on a plain one."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

import genesis
from tests.cli import small_inputs as good

ENDINGS = (".ancestrality.tsv.gz", ".relations.parquet", ".anchors.tsv.gz")


def plink(rows):
    return [["FID", "IID", *rows[0][1:]], *(["family", *row] for row in rows[1:])]


def long(rows):
    pairs = [["gene", "sample", "value"]]
    return pairs + [
        [row[0], sample, value]
        for row in rows[1:]
        for sample, value in zip(rows[0][1:], row[1:], strict=True)
    ]


FORMS = {
    "tabs at the end": ("--expression", lambda rows: [rows[0], *([*r, ""] for r in rows[1:])]),
    "names": (
        "--expression",
        lambda rows: [[r[0], f"name{k}", *r[1:]] for k, r in enumerate(rows)],
    ),
    "turned": ("--expression", lambda rows: list(zip(*rows, strict=True))),
    "long": ("--expression", long),
    "covariates of PLINK": ("--covariates", plink),
    "covariates turned": ("--covariates", lambda rows: list(zip(*rows, strict=True))),
}


def run(genesis_command, options, *words):
    named = [word for pair in options.items() for word in pair]
    code, _, said = genesis_command("run", "--method", "rules", "--threads", "1", *named, *words)
    assert code == 0, said
    return said


def contents(prefix):
    return [(prefix.parent / f"{prefix.name}{ending}").read_bytes() for ending in ENDINGS]


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_table_changes_no_result(tmp_path, genesis_command, form):
    options = good.write_all(tmp_path)
    run(genesis_command, options)
    option, change = FORMS[form]
    cells = good.expression_cells() if option == "--expression" else good.covariates_cells()
    (tmp_path / "other.tsv").write_text(good.table_text(change(cells)))
    other = {option: str(tmp_path / "other.tsv"), "--out": str(tmp_path / "out" / "other")}
    run(genesis_command, {**options, **other})
    assert contents(tmp_path / "out" / "other") == contents(tmp_path / "out" / "run")


def test_a_layer_and_labels_are_recorded_and_read_again(tmp_path, genesis_command):
    anndata = pytest.importorskip("anndata")
    options = good.write_all(tmp_path)
    rows = good.expression_cells()
    values = np.array([row[1:] for row in rows[1:]], dtype=float).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of anndata about pandas
        names = pd.DataFrame(index=rows[0][1:]), pd.DataFrame(index=[row[0] for row in rows[1:]])
        data = anndata.AnnData(None, *names, shape=values.shape, layers={"logs": values})
        data.write_h5ad(tmp_path / "x.h5ad")
    batches = [["id", "batch"], *([name, str(k % 3)] for k, name in enumerate(rows[0][1:]))]
    (tmp_path / "c.tsv").write_text(good.table_text(batches))
    options["--expression"] = str(tmp_path / "x.h5ad")
    words = ["--layer", "logs", "--categorical", "batch"]
    said = run(genesis_command, options, *words)
    assert "6 genes in 40 samples read from AnnData of samples × genes, layer logs" in said
    record = genesis.load(options["--out"]).run
    assert record["options"]["layer"] == "logs"
    assert record["options"]["categorical"] == ["batch"]
    assert any("covariates: 2 columns of rank 2" in note for note in record["notes"])
    learn = ["head-start", "--run", options["--out"], "--learner", "pc"]
    code, _, said = genesis_command(*learn, "--out", tmp_path / "out" / "pc")
    assert code == 0, said
    code, _, said = genesis_command(
        "run", *[word for pair in options.items() for word in pair], "--force"
    )
    assert code == 13
    assert "its layers are logs: choose one with --layer" in said
