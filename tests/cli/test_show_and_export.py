"""`genesis show` and `genesis export` on saved results."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import networkx as nx
import pytest

from genesis.findings.export import FORMATS
from tests.handmade import asymmetric_result, random_result, result_of


@pytest.fixture
def prefix(tmp_path):
    asymmetric_result().save(tmp_path / "run")
    return tmp_path / "run"


def test_show_sums_up_a_run(prefix, genesis_command):
    code, stdout, stderr = genesis_command("show", prefix)
    assert (code, stderr) == (0, "")
    assert "\x1b" not in stdout
    words = [" ".join(line.split()) for line in stdout.splitlines()]
    assert "Relations of 4 genes, 6 pairs" in words
    assert "ancestor: a before b 2 33.3 % 1 0 0 1" in words
    assert "nondescendant: b not before a 1 16.7 % 0 1 0 0" in words
    assert "unrelated: neither 1 16.7 % 0 0 1 0" in words
    assert "unresolved: no rule applies 2 33.3 %" in words
    assert "Of the ancestors 1 is direct, 1 indirect." in words
    assert "variant low_maf 2" in words
    assert "A B direct R1 rs1 2 1.36e-391" in words
    assert "A C indirect closure - 0 not tested" in words


@pytest.mark.parametrize(
    "words",
    [
        ["show", "PREFIX"],
        ["show", "PREFIX", "--gene", "G000", "--limit", "500"],
        ["export", "--run", "PREFIX", "--to", "gml", "--out", "-"],
        ["export", "--run", "PREFIX", "--to", "pgmpy", "--out", "-"],
        ["evaluate", "--run", "PREFIX", "--truth", "TRUTH"],
        ["cite", "--bibtex"],
        ["--help"],
        ["run", "--help"],
    ],
)
def test_who_has_enough_of_an_output_may_close_the_pipe(words, rng, tmp_path, repository):
    random_result(rng, 40, 10).save(tmp_path / "run")
    (tmp_path / "truth.tsv").write_text("parent\tchild\nG000\tG001\n")
    paths = {"PREFIX": str(tmp_path / "run"), "TRUTH": str(tmp_path / "truth.tsv")}
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "genesis", *(paths.get(word, word) for word in words)],
        stdout=writer, stderr=subprocess.PIPE, text=True, check=False, cwd=repository,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("to", ["graphml", "sif", "edgelist", "pcalg", "bnlearn"])
def test_export_writes_to_standard_output(to, prefix, tmp_path, genesis_command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = ("export", "--run", prefix, "--to", to)
    assert genesis_command(*given, "--out", "file")[0] == 0
    code, stdout, stderr = genesis_command(*given, "--out", "-")
    assert (code, stdout) == (0, (tmp_path / "file").read_text())
    assert stderr.startswith("Wrote standard output")
    assert not (tmp_path / "-").exists()


def test_show_tells_the_story_of_a_gene(prefix, genesis_command):
    code, stdout, _ = genesis_command("show", prefix, "--gene", "C")
    assert code == 0
    assert stdout.splitlines()[0] == "C at chr1:2,001-2,500"
    assert "Ancestors: 1\n  A is an indirect ancestor of C. Closure, sweep 2: it follows" in stdout
    assert (
        "Not descendants of it: 1\n"
        "  C is not an ancestor of B. R2, sweep 2, 1 witness; the strongest: rs2 is independent "
        "of B (p = 0.882), no longer given C (p = 0.00674)."
    ) in stdout
    assert ("Unrelated: 1\n  D. R3, sweep 2: independent given rs1, rs2, A (p = 0.432).") in stdout
    assert stdout.endswith("Unresolved: 0 of 3 other genes.\n")


def test_show_tells_the_other_side_too(prefix, genesis_command):
    _, stdout, _ = genesis_command("show", prefix, "--gene", "A")
    assert "Anchors:\n  rs1 at chr1:10: slope −0.333, p = 1e−200\n" in stdout
    assert (
        "Descendants: 2\n"
        "  A is a direct ancestor of B. R1, sweep 1, 2 witnesses; the strongest: rs1 acts on B "
        "(p = 5.68e−14), no longer given A (p = 0.779). A and B depend on each other "
        "(p = 1.36e−391). Given the other ancestors of B the p is 6.14e−06."
    ) in stdout
    _, stdout, _ = genesis_command("show", prefix, "--gene", "B")
    assert stdout.startswith("B (position unknown)\n")
    assert "It is not a descendant of: 1\n  C is not an ancestor of B." in stdout


def test_show_limits_and_brackets(tmp_path, rng, genesis_command):
    result = random_result(rng, 40, 10)
    result.save(tmp_path / "run")
    code, stdout, _ = genesis_command("show", tmp_path / "run", "--gene", "G000", "--limit", "2")
    assert code == 0
    assert "(the first 2 shown)" in stdout
    rows = [{"gene_a": 0, "gene_b": 1, "relation": 0, "log_p": -1.0}]
    result_of(rows, ["[red]x[/red]", "[/b]"]).save(tmp_path / "odd")
    _, stdout, _ = genesis_command("show", tmp_path / "odd")
    assert "[red]x[/red]" in stdout
    _, stdout, _ = genesis_command("show", tmp_path / "odd", "--gene", "[/b]")
    assert "[red]x[/red] is an ancestor of [/b]" in stdout


@pytest.mark.parametrize(("ids", "counted"), [([], "0 genes"), (["ACT1"], "1 gene")])
def test_show_of_next_to_nothing(ids, counted, tmp_path, genesis_command):
    result_of([], ids).save(tmp_path / "run")
    code, stdout, _ = genesis_command("show", tmp_path / "run")
    assert code == 0
    assert f"Relations of {counted}, 0 pairs" in stdout
    for gene in ids:
        code, stdout, _ = genesis_command("show", tmp_path / "run", "--gene", gene)
        assert code == 0
        assert "Anchors: none" in stdout


def test_show_of_what_is_not_there(prefix, tmp_path, genesis_command):
    code, _, stderr = genesis_command("show", tmp_path / "other")
    assert code == 3
    assert "no finished run under" in stderr
    code, _, stderr = genesis_command("show", prefix, "--gene", "a")
    assert code == 8
    assert "gene 'a' is not among the 4 genes: did you mean A?" in stderr


@pytest.mark.parametrize("to", [to for to in FORMATS if to != "regulons"])
def test_export(to, prefix, tmp_path, genesis_command):
    out = tmp_path / "new" / f"graph.{to}"
    words = ["export", "--run", prefix, "--to", to, "--out", out]
    code, stdout, stderr = genesis_command(*words)
    said = "1 edge of 4 genes; left out: 1 claim by way of others, 1 claim of order alone"
    assert (code, stdout, stderr) == (0, "", f"Wrote {out}: {said}.\n")
    assert out.stat().st_size
    code, _, stderr = genesis_command(*words)
    assert code == 5
    assert "exists" in stderr
    assert genesis_command(*words, "--force")[0] == 0
    if to == "graphml":
        assert list(nx.read_graphml(out).edges) == [("A", "B")]


def test_export_takes_all_claims_or_those_of_a_gene(prefix, tmp_path, genesis_command):
    given = ("export", "--run", prefix, "--to", "sif", "--out", "-")
    _, stdout, stderr = genesis_command(*given, "--closure")
    assert stdout == "A\tdirect\tB\nA\tindirect\tC\nB\tnondescendant\tC\nD\n"
    assert stderr == "Wrote standard output: 3 edges of 4 genes.\n"
    assert genesis_command(*given, "--direct")[1] == "A\tdirect\tB\nC\nD\n"
    assert genesis_command(*given, "--gene", "A")[1] == "A\tdirect\tB\n"
    _, stdout, _ = genesis_command(*given, "--gene", "C", "--gene", "D", "--closure")
    assert stdout == "A\tdirect\tB\nA\tindirect\tC\nB\tnondescendant\tC\nD\n"
    code, _, stderr = genesis_command(*given, "--signed")
    assert (code, "no effects and so no signs" in stderr) == (8, True)
    code, _, stderr = genesis_command(*given, "--min-posterior", "0.9")
    assert (code, "no posterior to choose by" in stderr) == (8, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--to", "sif", "--fdr", "0.1"),
            "--fdr chooses constraints; --to sif takes --min-posteri",
        ),
        (("--to", "pgmpy", "--closure"), "--to pgmpy has none"),
        (("--to", "bed", "--signed"), "--to bed has none"),
        (("--to", "pcalg", "--gene", "A"), "--to pcalg is of all genes"),
        (("--to", "multiqc", "--gene", "A"), "--to multiqc is of the run as it is"),
        (("--to", "multiqc", "--fdr", "0.1"), "--to multiqc is of the run as it is"),
    ],
)
def test_options_of_other_formats_are_refused(words, said, prefix, tmp_path, genesis_command):
    code, _, stderr = genesis_command("export", "--run", prefix, *words, "--out", tmp_path / "x")
    assert (code, said in stderr) == (8, True)
    assert not (tmp_path / "x").exists()


def test_export_for_multiqc_has_the_numbers_of_the_run(prefix, tmp_path, genesis_command):
    record = json.loads((tmp_path / "run.run.json").read_text())
    record["counts"] = {"samples": 300, "genes": 4, "ancestor": 2, "direct": 1, "sweeps": 3}
    record["calibrated"] = {"r_hat_of_log_density": 1.25, "expected_fdr": {"ancestor": 0.01}}
    (tmp_path / "run.run.json").write_text(json.dumps(record))
    out = tmp_path / "run_mqc.json"
    words = ("export", "--run", prefix, "--to", "multiqc", "--out", out)
    assert genesis_command(*words) == (0, "", f"Wrote {out}.\n")
    section = json.loads(out.read_text())
    counts = {"samples": 300, "genes": 4, "ancestor": 2, "direct": 1}
    assert section["data"] == {"run": {**counts, "r_hat": 1.25, "expected_fdr": 0.01}}
    assert set(section["data"]["run"]) < set(section["headers"])
    assert (section["id"], section["plot_type"]) == ("genesis", "table")


def test_export_knows_the_formats_of_the_library(genesis_command):
    code, _, stderr = genesis_command("export", "--run", "x", "--to", "docx", "--out", "y")
    assert code == 8
    for to in FORMATS:
        assert f"'{to}'" in stderr
