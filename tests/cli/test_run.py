"""`genesis run` from files to files."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import genesis
from genesis.result.files import SUFFIXES


@pytest.fixture
def basic(inputs):
    return [
        *("run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv"),
        *("--method", "rules"),
    ]


def instead(words, *others):
    """A command line whose options have other values than in `words`, or are added."""
    kept = list(words)
    for option in (one for one in others if one in kept):
        at = kept.index(option)
        del kept[at : at + 2]
    return [*kept, *others]


def test_a_run_writes_everything_and_says_so(basic, inputs, tmp_path, genesis_command):
    out = tmp_path / "new" / "run1"
    code, stdout, stderr = genesis_command(
        *basic, "--genes", inputs / "genes.bed", "--covariates", inputs / "c.tsv", "--out", out,
        "--threads", 1,
    )  # fmt: skip
    assert (code, stdout) == (0, "")
    assert {path.name for path in out.parent.iterdir()} == {f"run1{end}" for end in SUFFIXES}
    log = (tmp_path / "new" / "run1.log").read_text()
    for text in (log, stderr):
        assert "Relations of 6 genes, 15 pairs" in text
        assert "constant" in text
        assert f"Outputs: {out}.*" in text
    assert log.startswith(f"GENESIS {genesis.__version__}\nHost: ")
    for line in ("\nCommand: genesis ", "\nStart: ", "\nEnd: ", "\n  --maf 0.05\n", "--threads 1"):
        assert line in log
    assert "\x1b" not in stderr
    result = genesis.load(out)
    assert result.ancestrality.loc["GENE0", "GENE1"] == 1
    assert result.excluded[["kind", "id", "reason"]].to_numpy().tolist() == [
        ["gene", "FLAT", "constant"]
    ]
    record = json.loads((tmp_path / "new" / "run1.run.json").read_text())
    vcf = (inputs / "g.vcf").read_bytes()
    assert record["inputs"]["vcf"] == {
        "path": str(inputs / "g.vcf"),
        "bytes": len(vcf),
        "sha256": hashlib.sha256(vcf).hexdigest(),
    }
    assert set(record["inputs"]) == {"vcf", "expression", "genes", "covariates"}
    assert record["options"]["normalise"] == "int"
    assert record["counts"]["samples"] == 120
    assert record["reading"]["records_read"] == 18


def test_the_command_gives_what_python_gives(basic, inputs, tmp_path, genesis_command):
    assert genesis_command(*basic, "--genes", inputs / "genes.bed", "--out", tmp_path / "o")[0] == 0
    result = genesis.discover(
        genesis.read_vcf(inputs / "g.vcf"),
        genesis.read_expression(inputs / "e.tsv"),
        genes=genesis.read_genes(inputs / "genes.bed"),
        method="rules",
    )
    loaded = genesis.load(tmp_path / "o")
    assert_frame_equal(result.relations, loaded.relations)
    assert_frame_equal(result.anchors, loaded.anchors)


def test_options_reach_the_analysis(basic, inputs, tmp_path, genesis_command):
    (inputs / "keep.txt").write_text("GENE0\nGENE1\nGENE2\n")
    (inputs / "samples.txt").write_text("".join(f"S{k:03d}\n" for k in range(100)))
    (inputs / "a.tsv").write_text("gene_id\tvariant_id\nGENE0\trs0\nGENE1\trs1\nGENE2\trs2\n")
    code, _, stderr = genesis_command(
        *basic, "--out", tmp_path / "o", "--include-genes", inputs / "keep.txt",
        "--include-samples", inputs / "samples.txt", "--anchors", inputs / "a.tsv",
        "--region", "chr1:1-5000",
        "--alpha", "0.01", "--alpha-blanket", "0.02", "--max-sweeps", "2", "--profile", "ascend",
        "--normalise", "zscore", "--seed", "7", "--maf", "0.1", "--no-progress",
    )  # fmt: skip
    assert code == 0, stderr
    result = genesis.load(tmp_path / "o")
    assert result.gene_ids.tolist() == ["GENE0", "GENE1", "GENE2"]
    assert set(result.anchors["variant_id"]) == {"rs0", "rs1", "rs2"}
    assert result.run["counts"]["samples"] == 100
    assert result.run["counts"]["variants"] == 5
    options = result.run["options"]
    expected = {
        "alpha": 0.01, "alpha_blanket": 0.02, "max_sweeps": 2, "profile": "ascend", "seed": 7,
        "normalise": "zscore", "maf": 0.1, "region": ["chr1:1-5000"], "field": "GT",
    }  # fmt: skip
    assert {name: options[name] for name in expected} == expected
    assert "sweep 1 ..." not in stderr


def test_options_of_the_other_method_are_named(basic, tmp_path, genesis_command):
    words = ["--fdr", "0.1", "--alpha", "0.01", "--seed", "3"]
    said = {}
    for method in ("rules", "calibrated"):
        code, _, stderr = genesis_command(
            *instead(basic, "--method", method), *words, "--out", tmp_path / method
        )
        assert code == 0
        (said[method],) = [line for line in stderr.splitlines() if "Of no effect" in line]
    assert "Of no effect with --method rules: --fdr." in said["rules"]
    assert "Of no effect with --method calibrated: --alpha." in said["calibrated"]


def test_quiet_says_nothing_and_verbose_more(basic, tmp_path, genesis_command):
    assert genesis_command(*basic, "--out", tmp_path / "q", "-q") == (0, "", "")
    assert "Relations of 6 genes" in (tmp_path / "q.log").read_text()
    _, _, normal = genesis_command(*basic, "--out", tmp_path / "n")
    _, _, verbose = genesis_command(*basic, "--out", tmp_path / "v", "-v")
    assert "sweep 1 ..." in normal
    assert "Options in effect:" in verbose
    assert "Options in effect:" not in normal
    code, _, stderr = genesis_command(*basic, "--out", tmp_path / "b", "-v", "-q")
    assert code == 8
    assert "exclude each other" in stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--maf", "0.6"], 8, "0.6 is not in the range 0<=x<=0.5"),
        (["--maf", "x"], 8, "'x' is not a valid float"),
        (["--max-missing", "-0.1"], 8, "not in the range"),
        (["--alpha", "0"], 8, "0.0 is not in the range 0<x<1"),
        (["--alpha", "nan"], 8, "nan is not a number"),
        (["--maf", "NaN"], 8, "NaN is not a number"),
        (["--alpha-blanket", "1"], 8, "not in the range"),
        (["--threads", "0"], 8, "0 is not in the range x>=1"),
        (["--cis-window", "-1"], 8, "not in the range"),
        (["--max-sweeps", "0"], 8, "not in the range"),
        (["--profile", "best"], 8, "'best' is not one of 'stable', 'paper', 'ascend'"),
        (["--method", "magic"], 8, "'magic' is not"),
        (["--nonsense"], 8, "No such option"),
        (["--region", "chr1:5-1"], 8, "chr1:5-1"),
        (["--region", "chr99"], 7, "chr99"),
        (["--include-samples", "none.txt"], 3, "none.txt"),
        (["--genes", "none.bed"], 3, "none.bed"),
        (["--covariates", "none.tsv"], 3, "none.tsv"),
        (["--anchors", "none.tsv"], 3, "none.tsv"),
        (["--vcf", "none.vcf"], 3, "none.vcf"),
        (["--expression", "none.tsv"], 3, "none.tsv"),
    ],
)
def test_errors_have_a_message_and_a_code(words, code, message, basic, tmp_path, genesis_command):
    found, stdout, stderr = genesis_command(
        *instead(basic, "--out", tmp_path / "out" / "o", *words)
    )
    assert (found, stdout) == (code, "")
    assert message in stderr
    assert "genesis: error: " in stderr
    assert "Traceback" not in stderr
    assert not list(tmp_path.glob("out/*"))


def test_missing_options_are_named(inputs, genesis_command):
    code, _, stderr = genesis_command("run", "--vcf", inputs / "g.vcf")
    assert code == 8
    assert "Missing option '--expression'" in stderr


def test_outputs_are_checked_before_anything_is_read(basic, tmp_path, genesis_command):
    (tmp_path / "o.anchors.tsv.gz").write_text("precious")
    words = ["run", "--vcf", "none.vcf", "--expression", "none.tsv", "--out", tmp_path / "o"]
    code, _, stderr = genesis_command(*words)
    assert code == 5
    assert "o.anchors.tsv.gz exists" in stderr
    assert genesis_command(*basic, "--out", tmp_path / "o", "--force")[0] == 0
    assert len(genesis.load(tmp_path / "o").genes) == 6
    code, _, stderr = genesis_command(*basic, "--out", "/proc/nothing/o")
    assert code == 5
    assert "cannot write /proc/nothing" in stderr


def test_samples_that_do_not_match_are_shown(basic, inputs, tmp_path, genesis_command):
    text = (inputs / "e.tsv").read_text().replace("\tS", "\tRUN_S")
    (inputs / "e.tsv").write_text(text)
    code, _, stderr = genesis_command(*basic, "--out", tmp_path / "o")
    assert code == 7
    assert "S000" in stderr
    assert "RUN_S000" in stderr


def test_ids_that_no_table_can_hold_are_refused_before_the_work(
    basic, inputs, tmp_path, genesis_command
):
    table = pd.read_csv(inputs / "e.tsv", sep="\t", index_col=0).rename({"GENE0": "GE\tNE0"})
    table.to_csv(inputs / "e.csv")
    code, _, stderr = genesis_command(
        *instead(basic, "--expression", inputs / "e.csv"),
        *("--out", tmp_path / "o", "--no-progress"),
    )
    assert code == 6
    assert "GE" in stderr
    assert not list(tmp_path.glob("o.*"))


SLOW_RUN = """
import signal, sys, time
# As in a terminal; a job in the background is started with interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
import genesis.rules.search as rules

def slow(*given, **named):
    print("at work", flush=True)
    time.sleep(60)

rules.search = slow
from genesis.cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("signum", "code", "message"),
    [
        (signal.SIGINT, 130, "genesis: error: interrupted, nothing written"),
        (signal.SIGTERM, 143, "genesis: error: terminated, nothing written"),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_a_run_that_is_ended_leaves_nothing(signum, code, message, basic, tmp_path, repository):
    words = [str(word) for word in (*basic, "--out", tmp_path / "out" / "o")]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=repository,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signum)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == code
    assert message in stderr
    assert "Traceback" not in stderr
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--out", "--force"], 8, "'--force' begins with a dash: a shell variable"),
        (["--out", "", "--force"], 8, "a shell variable in the command may be empty"),
        (["--out", "-"], 8, "'-' stands for standard output"),
        (["--out", "a" * 250], 8, "too long a name for the file system"),
        (["--out", "o", "--checkpoint", "c", "--resume"], 3, "c holds no checkpoint of a run"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_read(
    more, code, message, tmp_path, genesis_command, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    found, _, stderr = genesis_command("run", "--vcf", "no", "--expression", "no", *more)
    assert (found, message in stderr) == (code, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("signum", "more", "how"),
    [
        (signal.SIGINT, [], "interrupted, nothing written; the finished pieces are in {}, give "
         "--resume to go on with them"),
        (signal.SIGTERM, ["--resume"], "terminated, nothing written; the finished pieces are in "
         "{}, give the same command again to go on with them"),
    ],
)  # fmt: skip
def test_a_run_that_is_ended_says_how_to_go_on(signum, more, how, basic, tmp_path, repository):
    folder = tmp_path / "c"
    words = [*basic, "--out", tmp_path / "o", f"--checkpoint={folder}"]
    if more:
        _end_at_work(words, signal.SIGINT, repository)
    stderr = _end_at_work([*words, *more], signum, repository)
    assert stderr.endswith(f"genesis: error: {how.format(folder)}\n")


def _end_at_work(words, signum, repository):
    """End a slow run by a signal; what it said."""
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=repository,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signum)
        return process.communicate(timeout=20)[1]


def test_a_terminal_gets_a_bar_that_goes_away(basic, tmp_path, repository):
    ours, theirs = pty.openpty()
    words = [str(word) for word in (*basic, "--out", tmp_path / "o")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "genesis", *words],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        cwd=repository,
        env=environment,
    )
    os.close(theirs)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    assert process.wait(timeout=20) == 0
    text = shown.decode()
    assert "\x1b[" in text
    assert "Relations of 6 genes" in text
    assert "sweep 1 ..." not in text


def test_a_different_order_of_samples_changes_nothing(basic, inputs, tmp_path, genesis_command):
    assert genesis_command(*basic, "--out", tmp_path / "one")[0] == 0
    table = pd.read_csv(inputs / "e.tsv", sep="\t", index_col=0)
    table[np.random.default_rng(3).permutation(table.columns)].to_csv(inputs / "e.tsv", sep="\t")
    assert genesis_command(*basic, "--out", tmp_path / "two")[0] == 0
    for suffix in (".ancestrality.tsv.gz", ".relations.tsv.gz", ".anchors.tsv.gz"):
        one, two = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two
