"""`genesis head-start`, and `genesis export` of constraints, on a small run."""

from __future__ import annotations

import json
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.cli.main import run_command
from genesis.constraints import run_fci, run_pc
from genesis.constraints.learner_formats import LEARNER_FORMATS
from tests.handmade import asymmetric_result


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run of the rules on data of a two-tier model, with covariates."""
    folder = tmp_path_factory.mktemp("run")
    data = genesis.simulate.two_tier(
        150, 12, 6, sparsity=0.5, p_zx=0.2, genotypes="binomial", seed=4
    )
    data.write(folder)
    samples = data.expression.index
    age = np.random.default_rng(1).normal(size=len(samples))
    pd.DataFrame({"age": age}, index=samples).to_csv(
        folder / "covariates.tsv", sep="\t", index_label="sample"
    )
    words = ["run", "--vcf", folder / "genotypes.vcf.gz", "--expression",
             folder / "expression.tsv.gz", "--covariates", folder / "covariates.tsv",
             "--method", "rules", "--out", folder / "r", "-q"]  # fmt: skip
    assert run_command([str(word) for word in words]) == 0
    return folder


def command(capsys, *words: str | Path) -> tuple[int, str]:
    code = run_command([str(word) for word in words])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(("learner", "function"), [("pc", run_pc), ("fci", run_fci)])
def test_the_command_learns_as_python_does(learner, function, run, tmp_path, capsys):
    out = tmp_path / "out"
    code, said = command(
        capsys, "head-start", "--run", run / "r", "--learner", learner, "--out", out,
        "--alpha", "0.05",
    )  # fmt: skip
    assert code == 0, said
    assert f"Outputs: {out}.*" in said
    genotypes = genesis.read_vcf(run / "genotypes.vcf.gz")
    expression = genesis.read_expression(run / "expression.tsv.gz")
    covariates = genesis.read_covariates(run / "covariates.tsv", genotypes.samples).values
    aligned = genesis.align(genotypes, expression)
    from genesis.inputs.collect import collect_inputs
    from genesis.prepare.normalise import normalise_inputs

    inputs = collect_inputs(aligned.genotypes, aligned.expression, None, None, None, None)
    inputs = normalise_inputs(inputs, "int")
    data = pd.DataFrame(
        np.column_stack([inputs.dosages, inputs.expression]),
        columns=[*inputs.variants["variant_id"], *inputs.genes["gene_id"]],
    )
    constraints = genesis.load(run / "r").constraints()
    learned = function(
        data, constraints, alpha=0.05, covariates=covariates.loc[aligned.genotypes.samples]
    )
    table = pd.read_csv(f"{out}.edges.tsv", sep="\t")
    assert len(table)
    assert table.to_numpy().tolist() == learned.edges.to_numpy().tolist()
    record = json.loads(Path(f"{out}.learner.json").read_text("utf-8"))
    assert record["counts"] == learned.counts
    assert record["effective_samples"] == 149
    drawn = nx.read_graphml(f"{out}.learned.graphml")
    assert set(drawn.edges) == set(learned.to_networkx().edges)


@pytest.mark.parametrize("learner", ["ges", "boss", "grasp"])
def test_learners_by_scores_run(learner, run, tmp_path, capsys):
    code, said = command(
        capsys, "head-start", "--run", run / "r", "--learner", learner, "--penalty", "2",
        "--out", tmp_path / "out",
    )  # fmt: skip
    assert code == 0, said
    assert f"LearnedGraph({learner}:" in said
    assert len(list(tmp_path.iterdir())) == 4


def test_errors_are_named_and_leave_nothing(run, tmp_path, capsys):
    out = tmp_path / "out"
    start = ("head-start", "--run", run / "r", "--out", out)
    code, said = command(capsys, *start, "--learner", "ges", "--alpha", "0.1")
    assert (code, "--alpha is not an option of --learner ges" in said) == (8, True)
    code, said = command(capsys, *start, "--learner", "pc", "--fdr", "0.1")
    assert (code, "no posterior to choose by" in said) == (8, True)
    code, said = command(capsys, "head-start", "--run", tmp_path / "none", "--out", out,
                         "--learner", "pc")  # fmt: skip
    assert (code, "no finished run under" in said) == (3, True)
    asymmetric_result().save(tmp_path / "python" / "r")
    code, said = command(capsys, "head-start", "--run", tmp_path / "python" / "r", "--out", out,
                         "--learner", "pc")  # fmt: skip
    assert (code, "it was made in Python" in said) == (7, True)
    assert [path.name for path in tmp_path.iterdir()] == ["python"]
    (tmp_path / "out.edges.tsv").write_text("")
    code, said = command(capsys, *start, "--learner", "pc")
    assert (code, "exists" in said) == (5, True)


def test_inputs_that_changed_are_refused(run, tmp_path, capsys):
    expression = run / "expression.tsv.gz"
    before = expression.read_bytes()
    words = ("head-start", "--run", run / "r", "--learner", "pc", "--out", tmp_path / "out")
    try:
        expression.write_bytes(before + b"\0")
        code, said = command(capsys, *words)
        assert (code, "has changed since the run was made" in said) == (7, True)
        expression.unlink()
        code, said = command(capsys, *words)
        assert (code, "cannot open" in said) == (3, True)
    finally:
        expression.write_bytes(before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("to", sorted(LEARNER_FORMATS))
def test_constraints_are_exported(to, run, tmp_path, capsys):
    out = tmp_path / "constraints"
    code, said = command(capsys, "export", "--run", run / "r", "--to", to, "--out", out)
    assert (code, said) == (0, f"Wrote {out}.\n")
    assert out.read_text("utf-8") == LEARNER_FORMATS[to](genesis.load(run / "r").constraints())


def test_levels_are_for_constraints_only(run, tmp_path, capsys):
    out = tmp_path / "x"
    code, said = command(
        capsys, "export", "--run", run / "r", "--to", "sif", "--fdr", "0.1", "--out", out
    )
    assert (code, "--fdr chooses constraints" in said) == (8, True)
    code, said = command(
        capsys, "export", "--run", run / "r", "--to", "tetrad", "--fdr", "0.1", "--out", out
    )
    assert (code, "no posterior to choose by" in said) == (8, True)
    assert not list(tmp_path.iterdir())


def test_the_help_has_an_example(capsys):
    assert run_command(["head-start", "--help"]) == 0
    text = capsys.readouterr().out
    assert "genesis head-start --run results/run1 --learner fci --out results/run1_fci" in text
