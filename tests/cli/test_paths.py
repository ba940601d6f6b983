"""The command that tells paths."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

import genesis
from tests.paths.small_graphs import result_with, tables_of

A, B, C, D, T = range(5)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The prefix of a run whose graphs are made by hand."""
    graph = [(0, -1, A, 0.5), (-1, A, T, 1.0), (1, -1, T, 0.3), (1, -1, D, 0.2)]
    prefix = tmp_path_factory.mktemp("run") / "run1"
    graphs = [(200, graph), (50, [*graph, (0, -1, T, 0.1)])] * 10
    result_with(tables_of([*graphs, (1, [(0, -1, B, 0.5)])])).save(prefix)
    return prefix


def test_paths_are_shown_and_written(run, tmp_path, genesis_command):
    code, stdout, stderr = genesis_command("paths", "--run", run, "--to", "E", "-o", tmp_path / "t")
    assert code == 0, stderr
    lines = [line.rstrip() for line in stdout.splitlines()]
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Paths to E, in 21 sampled graphs"
    rows = [line.split() for line in lines]
    assert ["rs0", "through", "1.00", "0.20", "+0.52", "(+0.50,", "+0.60)"] in rows
    assert ["rs1", "beside", "0.00", "1.00", "+0.30", "(+0.30,", "+0.30)"] in rows
    assert ["rs0", "A", "*", "1.00", "+0.96", "(+0.83,", "+1.00)"] in rows
    assert ["rs0", "→", "A", "→", "E", "1.00", "+0.50", "(+0.50,", "+0.50)"] in rows
    assert ["rs1", "D", "1.00", "0.00", "+0.20", "(+0.20,", "+0.20)"] in rows
    assert "Not listed: 0 of the loci that act in some graph, and 0 others" in stdout
    found = genesis.load(run).paths("E")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "t.loci.tsv", "t.molecules.tsv", "t.others.tsv", "t.paths.tsv",
    ]  # fmt: skip
    for name in ("loci", "molecules", "paths", "others"):
        written = pd.read_csv(tmp_path / f"t.{name}.tsv", sep="\t", keep_default_na=False)
        table = getattr(found, name)
        assert written.columns.tolist() == table.columns.tolist()
        assert len(written) == len(table)
    code, _, stderr = genesis_command("paths", "--run", run, "--to", "E", "-o", tmp_path / "t")
    assert code == 5
    assert "t.loci.tsv exists" in stderr


def test_paths_from_somewhere(run, genesis_command):
    code, stdout, _ = genesis_command("paths", "--run", run, "--to", "E", "--from", "A")
    assert code == 0
    assert stdout.startswith("Paths to E from A, in 21 sampled graphs")
    assert "rs1" not in stdout
    code, stdout, _ = genesis_command("paths", "--run", run, "--to", "C")
    assert code == 0
    assert "No locus acts on it there." in stdout
    # In one graph there is an effect, and no interval.
    code, stdout, _ = genesis_command("paths", "--run", run, "--to", "B", "--from", "rs0")
    assert code == 0
    (row,) = (line.split() for line in stdout.splitlines() if "cannot be" in line)
    assert row == ["rs0", "cannot", "be", "told", "0.00", "0.00", "+0.50"]


def test_tables_are_cut_and_say_so(run, genesis_command):
    code, stdout, _ = genesis_command("paths", "--run", run, "--to", "E", "--limit", "1")
    assert code == 0
    assert "Loci (first 1 of 2)" in stdout
    assert "and 2 others of the paths" in stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--to", "e"], 8, "gene 'e' is not among the 10 genes: did you mean E?"),
        (["--to", "E", "--from", "rs"], 8, "'rs' is no variant of the graphs, no gene, and no"),
        (["--from", "A"], 8, "Missing option '--to'"),
    ],
)
def test_names_that_are_not_there(words, code, said, run, genesis_command):
    found, stdout, stderr = genesis_command("paths", "--run", run, *words)
    assert (found, stdout) == (code, "")
    assert said in stderr


def test_graphs_of_another_run_or_damaged_are_refused(run, tmp_path, genesis_command):
    for path in run.parent.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    graphs = tmp_path / "run1.graphs.zip"
    graphs.write_bytes(graphs.read_bytes()[:-30])
    code, _, stderr = genesis_command("paths", "--run", tmp_path / "run1", "--to", "E")
    assert code == 7
    assert "run1.graphs.zip is not the file that" in stderr
    # A damaged file that nothing tells apart, and none at all.
    record = tmp_path / "run1.run.json"
    run_json = json.loads(record.read_text())
    digest = hashlib.sha256(graphs.read_bytes()).hexdigest()
    run_json["sha256_of_outputs"] = {".graphs.zip": digest}
    record.write_text(json.dumps(run_json))
    result = genesis.load(run)
    assert np.isnan(result.ancestrality.to_numpy()).any()
    code, _, stderr = genesis_command("paths", "--run", tmp_path / "run1", "--to", "E")
    assert code == 4
    assert "run1.graphs.zip is damaged" in stderr
    graphs.unlink()
    code, _, stderr = genesis_command("paths", "--run", tmp_path / "run1", "--to", "E")
    assert code == 3
    assert "run1.graphs.zip is missing: put it back beside the other files" in stderr


def test_a_run_keeps_graphs_and_the_rules_do_not(inputs, tmp_path, genesis_command):
    words = [
        "run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "--genes",
        inputs / "genes.bed", "--out", tmp_path / "o", "--threads", "1", "-q",
    ]  # fmt: skip
    quick = ["--self-test", "off", "--hidden-factors", "none"]
    assert genesis_command(*words, "--paths-to", "GENE1", *quick)[0] == 0
    assert (tmp_path / "o.graphs.zip").exists()
    code, stdout, _ = genesis_command("paths", "--run", tmp_path / "o", "--to", "GENE1")
    assert code == 0
    assert "rs0 → GENE0 → GENE1" in stdout
    code, _, stderr = genesis_command(*words, "--paths-to", "GENE_1", "--force")
    assert code == 8
    assert "gene 'GENE_1' is not among the 6 genes: did you mean GENE1" in stderr
    # The graphs of a run that is replaced go with it.
    assert genesis_command(*words, "--method", "rules", "--force")[0] == 0
    assert not (tmp_path / "o.graphs.zip").exists()
    code, _, stderr = genesis_command("paths", "--run", tmp_path / "o", "--to", "GENE1")
    assert code == 8
    assert "method rules samples none: run with --method calibrated" in stderr
