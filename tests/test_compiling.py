"""Kernels are compiled ahead where they are needed, which is said, counted and changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from genesis import compiling, kernel_cache
from genesis.engine.clock import Clock

ROOT = Path(__file__).parents[1]
#: What a process says that compiles a kernel of the package in spite of everything.
TELL = (
    "import sys\n"
    "from numba.core import event\n"
    "from genesis.cli.main import main\n"
    "class Teller(event.Listener):\n"
    "    def on_start(self, event):\n"
    "        function = event.data['dispatcher'].py_func\n"
    "        if function.__module__.startswith('genesis'):\n"
    "            print('compiles', function.__module__, function.__qualname__)\n"
    "    def on_end(self, event):\n"
    "        pass\n"
    "event.register('numba:compile', Teller())\n"
    "main()\n"
)


def genesis(cache, *words):
    """What the command line says in a process of its own, with its kernels in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", TELL, *map(str, words)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def test_kernels_of_the_list_are_there():
    for work in compiling.WORK.values():
        assert work.kernels
        for name in work.kernels:
            module, _, function = name.rpartition(".")
            assert module.endswith("_kernels")
            assert hasattr(getattr(import_module(f"genesis.{module}"), function), "py_func") or (
                os.environ.get("NUMBA_DISABLE_JIT") == "1"
            )


@pytest.fixture
def two_kernels(monkeypatch):
    """Two kernels that are not compiled until work is done."""
    done = set()
    names = ("rules.vote_kernels.settle", "rules.vote_kernels.count_votes")
    by_function = {}
    for name in names:
        module, _, function = name.rpartition(".")
        by_function[getattr(import_module(f"genesis.{module}"), function)] = name
    monkeypatch.setattr(compiling, "is_compiled", lambda kernel: by_function[kernel] in done)

    def do(study):
        assert len(study.genotypes.samples) == len(study.expression.samples)
        done.update(names)

    monkeypatch.setattr(compiling, "WORK", {"rules": compiling.Work(names, do, 120.0)})
    return done


def test_compiling_is_said_once(two_kernels, monkeypatch, tmp_path):
    monkeypatch.setattr(compiling, "own_directory", lambda: tmp_path)
    said, steps = [], []
    assert compiling.is_to_compile("rules")
    compiling.compile_ahead("rules", progress=lambda *step: steps.append(step), say=said.append)
    assert said == [
        "Compiling numeric kernels (rules), once for this version, for about 2 minutes; kept in "
        f"{tmp_path}."
    ]
    assert steps[0] == ("compiling", 0, 2)
    assert steps[-1] == ("compiling", 2, 2)
    assert not compiling.is_to_compile("rules")


def test_where_nothing_is_kept_compiling_says_how_that_can_be_changed(two_kernels, monkeypatch):
    monkeypatch.setattr(compiling, "own_directory", lambda: None)
    said = []
    compiling.compile_ahead("rules", say=said.append)
    assert "as in every run" in said[0]
    assert "NUMBA_CACHE_DIR" in said[0]


def test_time_apart_is_not_that_of_the_stage_under_way():
    clock = Clock()
    with clock.apart("compiling"):
        time.sleep(0.2)
    clock.lap("anchors")
    assert clock.seconds["compiling"] >= 0.2
    assert clock.seconds["anchors"] < 0.1
    assert list(clock.seconds) == ["compiling", "anchors"]


def test_progress_moves_with_each_kernel(tmp_path):
    script = (
        "from genesis.compiling import compile_ahead, is_to_compile\n"
        "compile_ahead('scanning', progress=print)\n"
        "print(is_to_compile('scanning'), is_to_compile('learning'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    steps = [f"compiling {done} 2" for done in (0, 1, 2, 2)]
    assert done.stdout.splitlines() == [*steps, "False True"]


def test_the_command_says_where_nothing_is_left_to_do(genesis_command, monkeypatch):
    monkeypatch.setattr(compiling, "WORK", {})
    assert genesis_command("compile") == (0, "", "Everything is compiled already.\n")
    assert genesis_command("compile", "-q") == (0, "", "")
    _, help_text, _ = genesis_command("compile", "--help")
    assert "genesis compile --shared" in help_text


def test_the_command_says_where_it_cannot_share(genesis_command, monkeypatch):
    def refuse():
        raise PermissionError(13, "Permission denied", "/usr/lib/genesis")

    monkeypatch.setattr(compiling, "WORK", {})
    monkeypatch.setattr(kernel_cache, "share_kernels", refuse)
    code, _, stderr = genesis_command("compile", "--shared")
    assert code == 5
    assert "beside the package: Permission denied (/usr/lib/genesis)" in stderr
    monkeypatch.setattr(kernel_cache, "own_directory", lambda: None)
    code, _, stderr = genesis_command("compile", "--shared")
    assert code == 5
    assert "NUMBA_CACHE_DIR" in stderr


def run_words(example, out, *more):
    return (
        "run", "--vcf", example / "genotypes.vcf.gz", "--expression", example / "expression.tsv.gz",
        "--genes", example / "genes.bed", "--covariates", example / "covariates.tsv",
        "--out", out, *more,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("method", ["calibrated", "rules"])
def test_a_run_compiles_first_and_the_next_not_at_all(method, example, tmp_path):
    for name in ("first", "next"):
        words = run_words(example, tmp_path / name, "--method", method, "--self-test", "off")
        stdout, stderr = genesis(tmp_path / "cache", *words)
        seconds = json.loads((tmp_path / f"{name}.run.json").read_text())["seconds"]
        if name == "first":
            assert f"Compiling numeric kernels ({method}), once" in stderr
            assert stderr.index("compiling ...") < stderr.index("reading genotypes")
            slowest = max(seconds, key=seconds.get)
            assert seconds["compiling"] > 3.0
            assert slowest == "compiling" or method == "calibrated"
        else:
            assert stdout == ""
            assert "ompiling" not in stderr
            assert "compiling" not in seconds
    first, then = (
        pd.read_csv(tmp_path / f"{name}.ancestrality.tsv.gz", sep="\t", index_col=0)
        for name in ("first", "next")
    )
    pd.testing.assert_frame_equal(first, then)


@pytest.mark.slow
def test_after_the_command_no_run_compiles(example, tmp_path):
    cache = tmp_path / "cache"
    stdout, stderr = genesis(cache, "compile")
    assert "run_rounds" in stdout
    assert "reading, preparing, calibrated, rules, scanning, learning" in stderr
    assert genesis(cache, "compile") == ("", "Everything is compiled already.\n")
    for method in ("rules", "calibrated"):
        words = run_words(example, tmp_path / method, "--method", method)
        stdout, stderr = genesis(cache, *words)
        assert (stdout, "ompiling" in stderr) == ("", False)
