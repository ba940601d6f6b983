"""`genesis replicate` with other layers and traits, by the options of `genesis run`."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from tests.cli.test_replicate import SETTINGS, words, write_cohort


def write_layers(folder, seed: int):
    """Proteins of A0 and B1, and traits of which A2 and A3 are causes, beside the usual files."""
    write_cohort(folder, seed)
    rng = np.random.default_rng(seed + 10)
    x = pd.read_csv(folder / "e.tsv", sep="\t", index_col=0)
    proteins = x.loc[["A0", "B1"]] + 0.5 * rng.normal(size=(2, x.shape[1]))
    proteins.iloc[:, 8:].to_csv(folder / "protein.tsv", sep="\t")
    (folder / "coding.tsv").write_text("gene_id\tchrom\tstart\tend\nA0\tchr1\t400\t600\n")
    ldl = 1.5 * x.loc["A2"] + rng.normal(size=x.shape[1])
    gout = np.where(x.loc["A3"] + 0.3 * rng.normal(size=x.shape[1]) > 1, "case", "control")
    traits = pd.DataFrame({"ldl": ldl, "gout": gout, "flat": 1.0, "none": np.nan})
    traits.iloc[10, 0] = np.nan
    traits.rename_axis("id").to_csv(folder / "traits.tsv", sep="\t", na_rep="NA")
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return write_layers(tmp_path_factory.mktemp("first") / "in", 1)


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    return write_layers(tmp_path_factory.mktemp("second") / "in", 2)


def layers_of(folder):
    return [
        "--traits", folder / "traits.tsv",
        "--layer", f"protein={folder / 'protein.tsv'},genes={folder / 'coding.tsv'}",
    ]  # fmt: skip


def top(record, first: str, second: str) -> dict:
    rows = record["by_layers"]
    return next(row for row in rows if (row["from_layer"], row["to_layer"], row["lower"])
                == (first, second, 0.9))  # fmt: skip


def test_the_own_samples_are_split_with_layers_and_traits(first, tmp_path, genesis_command):
    out = tmp_path / "r"
    code, stdout, stderr = genesis_command(
        "replicate", *words(first), *layers_of(first), *SETTINGS, "--splits", 2, "--out", out,
        "--order", "expression < protein",
    )  # fmt: skip
    assert code == 0, stderr
    assert "The same by layers" in stdout
    assert "From expression to trait: of" in " ".join(stdout.split())
    assert "traits.tsv: 4 traits of 160 samples read." in stderr
    assert "trait gout: control is 1, case is 0" in stderr
    assert "8 of 160 samples of the genotypes left out" in stderr
    assert "Halves of 76 and 76 samples" in stderr
    record = json.loads(out.with_name("r.replication.json").read_text())
    row = top(record, "expression", "trait")
    assert row["n_claims"] >= 3
    assert abs(row["share"] - row["mean_posterior"]) < 3.5 * row["se"]
    assert not any(row["from_layer"] == "protein" and row["to_layer"] == "expression"
                   for row in record["by_layers"])  # fmt: skip
    assert set(record["inputs"]["layers"]["protein"]) == {"table", "genes"}
    assert record["inputs"]["traits"]["sha256"]
    with gzip.open(out.with_name("r.replication.tsv.gz")) as file:
        claims = pd.read_csv(file, sep="\t")
    assert set(claims.loc[claims["layer_b"] == "trait", "gene_b"]) == {"ldl", "gout"}


def test_a_run_of_layers_in_a_second_cohort(first, second, tmp_path, genesis_command):
    run = tmp_path / "run"
    code, _, said = genesis_command(
        "run", *words(first), *layers_of(first), *SETTINGS, "--self-test", "off", "--out", run
    )
    assert code == 0, said
    code, stdout, said = genesis_command(
        "replicate", "--run", run, *words(second), *layers_of(second), "--json"
    )
    assert code == 0, said
    record = json.loads(stdout)
    assert record["counts"]["samples"] == [152]
    row = top(record, "expression", "trait")
    assert row["n_claims"] >= 1
    assert abs(row["share"] - row["mean_posterior"]) < 3.5 * row["se"]
    code, stdout, said = genesis_command("replicate", "--run", run, *words(second), "--json")
    assert code == 0, said
    assert "layers that are not given here: protein, trait;" in said
    assert top(json.loads(stdout), "expression", "trait")["n_claims"] == 0


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--order", "a < b"], 8, "--order is about layers"),
        (["--trait-hits", "h.tsv"], 8, "--trait-hits is about traits"),
        (["--layer", "p=missing.tsv"], 3, "missing.tsv"),
        (["--layer", "trait=a.tsv"], 8, "none 'trait'"),
        (["--traits", "t.tsv", "--order", "protein < trait"], 8, "names what is no layer: protein"),
        (["--run", "x", "--traits", "t.tsv", "--order", "expression < trait"], 8,
         "leave out --order"),
        (["--run", "x", "--traits", "t.tsv", "--trait-feedback"], 8, "leave out --trait-feedback"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(first, genesis_command, more, code, message):
    found, stdout, stderr = genesis_command("replicate", *words(first), *more)
    assert (found, stdout) == (code, "")
    assert message in " ".join(stderr.split())
