"""`genesis evaluate` on saved results."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from genesis.evaluate import evaluate, read_truth
from genesis.evaluate.kinds import KINDS
from tests.handmade import asymmetric_result


@pytest.fixture
def prefix(tmp_path):
    asymmetric_result().save(tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / "truth.tsv"
    path.write_text("parent\tchild\tweight\nA\tB\t0.5\nC\tB\t0.1\nB\tX\t1\n")
    return path


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_table(prefix, truth, genesis_command):
    code, stdout, stderr = genesis_command("evaluate", "--run", prefix, "--truth", truth)
    assert (code, stderr) == (0, "")
    assert "\x1b" not in stdout
    said = lines(stdout)
    assert "Ancestors against the truth, 3 genes" in said
    assert "claimed 2" in said
    assert "precision: claims that are true 0.500" in said
    assert "orientation: claims on related pairs the right way round 1.000" in said
    assert "1 gene of the claims is not in the truth: D." in said
    assert "1 gene of the truth is not in the claims: X." in said
    assert "left out (--unnamed drop)" in stdout
    assert "posterior" not in stdout
    assert "Hamming" not in stdout
    assert "Claims of every kind, and what follows from them" in said
    assert "a is an ancestor of b 2 1 - 0.500" in said
    # Neither B nor C is an ancestor of A.
    assert "follows: a is no ancestor of its ancestor 2 0 - 0.000" in said


def test_level_and_unnamed(prefix, truth, genesis_command):
    words = ["evaluate", "--run", prefix, "--truth", truth, "--level", "direct"]
    code, stdout, _ = genesis_command(*words, "--unnamed", "unrelated")
    assert code == 0
    said = lines(stdout)
    assert "Direct claims against the truth, 4 genes" in said
    assert "structural Hamming distance 1" in said
    assert "count as unrelated (--unnamed unrelated)" in stdout
    assert "Claims of every kind" not in stdout
    record = json.loads(genesis_command(*words, "--json")[1], parse_constant=pytest.fail)
    assert record["kinds"] is None


def test_json(prefix, truth, genesis_command):
    words = ["evaluate", "--run", prefix, "--truth", truth, "--json"]
    code, stdout, stderr = genesis_command(*words)
    assert (code, stderr) == (0, "")
    record = json.loads(stdout, parse_constant=pytest.fail)
    found = evaluate(asymmetric_result(), read_truth(truth))
    assert record["precision"] == found.precision
    assert record["aupr"] is None
    assert (record["run"], record["level"]) == (str(prefix), "ancestors")
    assert (record["not_in_truth"], record["not_in_claims"]) == (["D"], ["X"])
    assert record["reliability"] is None
    assert list(record["kinds"]) == list(KINDS)
    ancestors = record["kinds"]["ancestor"]
    assert (ancestors["n_claimed"], ancestors["claimed_fdr"]) == (record["n_claimed"], None)
    assert ancestors["true_fdr"] == record["true_fdr"]
    nothing = {"n_claimed": 0, "n_false": 0, "n_unscored": 0, "claimed_fdr": None, "true_fdr": None}
    assert record["kinds"]["unrelated"] == nothing


def test_posteriors(truth, tmp_path, genesis_command):
    result = asymmetric_result()
    posterior = np.array([0.9375, 0.75, 0.25, np.nan], dtype=np.float32)
    pairs = dataclasses.replace(result.pairs, posterior=posterior)
    prefix = tmp_path / "with"
    dataclasses.replace(result, pairs=pairs).save(prefix)
    words = ["evaluate", "--run", prefix, "--truth", truth]
    code, stdout, _ = genesis_command(*words)
    assert code == 0
    said = lines(stdout)
    assert "false discovery rate that the posteriors promise 0.156" in said
    assert "Posteriors against the truth" in said
    assert "0.9 to 0.95 1 1 0.938 1.000 0.207 to 1.000" in said
    assert "0.4 to 0.5 0 0 - - -" in said
    record = json.loads(genesis_command(*words, "--json")[1], parse_constant=pytest.fail)
    assert len(record["reliability"]) == 14
    assert record["reliability"][6]["true_rate"] is None
    assert sum(row["n"] for row in record["reliability"]) == record["n_pairs"]


def test_files_that_do_not_fit(prefix, truth, tmp_path, genesis_command):
    broken = tmp_path / "gold.csv"
    broken.write_text("regulator,target\nA,B\n")
    code, _, stderr = genesis_command("evaluate", "--run", prefix, "--truth", broken)
    assert code == 6
    assert str(broken) in stderr
    assert "regulator, target" in stderr
    other = tmp_path / "other.tsv"
    other.write_text("parent\tchild\nENSG1\tENSG2\n")
    code, _, stderr = genesis_command("evaluate", "--run", prefix, "--truth", other)
    assert code == 7
    assert "A, B, C, D" in stderr
    assert "ENSG1, ENSG2" in stderr
    code, _, stderr = genesis_command("evaluate", "--run", tmp_path / "no", "--truth", truth)
    assert code == 3
    code, _, stderr = genesis_command("evaluate", "--run", prefix, "--truth", tmp_path / "no")
    assert code == 3


def test_help_has_an_example(genesis_command):
    code, stdout, _ = genesis_command("evaluate", "-h")
    assert code == 0
    assert "genesis evaluate --run results/run1 --truth simulated/truth.tsv" in stdout


def test_example_data(example, tmp_path, genesis_command):
    files = {
        "--vcf": "genotypes.vcf.gz",
        "--expression": "expression.tsv.gz",
        "--genes": "genes.bed",
        "--covariates": "covariates.tsv",
    }
    words = [word for option, name in files.items() for word in (option, str(example / name))]
    code, _, stderr = genesis_command(
        "run", *words, "--out", tmp_path / "run", "--quiet", "--method", "rules"
    )
    assert code == 0, stderr
    truth = pd.read_csv(example / "truth.tsv", sep="\t")
    pairs = set(zip(truth["ancestor"], truth["descendant"], strict=True))
    edges = truth[truth["direct"] == 1]
    table = pd.read_csv(f"{tmp_path / 'run'}.relations.tsv.gz", sep="\t", keep_default_na=False)
    claimed = table[table["relation"] == "ancestor"]
    genes = set(pd.read_csv(example / "genes.bed", sep="\t", header=None, comment="#")[3])
    for level, true, made in (
        ("ancestors", pairs, claimed),
        ("direct", set(zip(edges["ancestor"], edges["descendant"], strict=True)),
         claimed[claimed["direct"] == "TRUE"]),
    ):  # fmt: skip
        claims = set(zip(made["gene_a"], made["gene_b"], strict=True))
        words = ["--run", tmp_path / "run", "--truth", example / "truth.tsv", "--level", level]
        found = json.loads(
            genesis_command("evaluate", *words, "--unnamed", "unrelated", "--json")[1]
        )
        assert found["n_true"] == len(true)
        assert found["n_claimed"] == len(claims) > 20
        assert found["n_correct"] == len(claims & true)
        assert found["n_reversed"] == len({(b, a) for a, b in claims - true} & true)
        assert found["n_genes"] <= len(genes)
        assert found["n_not_in_claims"] == 0
