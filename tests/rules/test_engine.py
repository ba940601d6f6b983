"""Tiles, sweeps that ask only what is new, checkpoints and clusters: the result is one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.cli.main import run_command
from genesis.constraints.knowledge import Knowledge
from genesis.errors import (
    CommandLineError,
    InconsistentInputsError,
    InputReadError,
    MemoryBudgetError,
    OutputWriteError,
)
from genesis.rules import assemble, pair_evidence
from tests import naive
from tests.cli.small_inputs import write_all
from tests.rules.simulated import two_tier


def confounded(seed):
    """Twenty genes with a hidden factor and few anchors: several sweeps find something."""
    rng = np.random.default_rng(seed)
    z, x, _ = two_tier(rng, n=300, n_variants=8, n_genes=20, density=0.1)
    return z, x + rng.normal(size=(300, 1))


@pytest.fixture
def data():
    return confounded(3)


@pytest.fixture
def small_tiles(monkeypatch):
    monkeypatch.setattr("genesis.engine.memory.TILE_SIZES", (5, 3))
    monkeypatch.setattr(pair_evidence, "POOL_GENES", 3)


def assert_same(found, expected, **tolerance):
    for name in ("relations", "anchors", "conditioning", "ordered_since"):
        pd.testing.assert_frame_equal(
            getattr(found, name), getattr(expected, name), **(tolerance or {"check_exact": True})
        )


@pytest.mark.parametrize("seed", range(6))
def test_later_sweeps_ask_only_what_is_new(seed, small_tiles, monkeypatch):
    """Fewer pairs are tested than are unresolved, and the answer is that of testing all."""
    z, x = confounded(seed)
    asked = {}

    def count(stage, done, total):
        asked[stage] = (done, total)

    result = genesis.discover(z, x, method="rules", progress=count)
    done, total = asked["sweep 3"]
    assert 0 < done < total
    np.testing.assert_array_equal(
        result.ancestrality.to_numpy(), naive.Rules(z, x, "stable").matrix
    )
    monkeypatch.setattr(
        pair_evidence.Question, "are_due", lambda _, gene_i, gene_j: np.ones(len(gene_i), bool)
    )
    monkeypatch.setattr(pair_evidence.sweep_kernels, "list_due", every_unresolved)
    # Products of other matrices may differ in their last bit.
    assert_same(genesis.discover(z, x, method="rules", progress=count), result, rtol=1e-9)
    done, total = asked["sweep 3"]
    assert done == total


def every_unresolved(low_i, low_j, size, codes, *_):
    i, j = np.nonzero(np.tril(codes == -1, -1))
    inside = (i >= low_i) & (i < low_i + size) & (j >= low_j) & (j < low_j + size)
    return i[inside].astype(np.int32), j[inside].astype(np.int32)


def test_unrelated_pairs_of_many_genes_have_no_rows(data, monkeypatch, tmp_path):
    z, x = data
    x = np.column_stack([x[:, :7], np.ones(len(x)), x[:, 7:]])  # a gene that is left out
    expected = genesis.discover(z, x, method="rules")
    monkeypatch.setattr(assemble, "LISTED_GENES", 10)
    found = genesis.discover(z, x, method="rules")
    kept = expected.relations["relation"] != "unrelated"
    assert 0 < found.n_unlisted == (~kept).sum()
    pd.testing.assert_frame_equal(
        found.relations, expected.relations[kept].reset_index(drop=True), check_exact=True
    )
    found.save(tmp_path / "o")
    loaded = genesis.load(tmp_path / "o")
    for one in (found, loaded):
        pd.testing.assert_frame_equal(one.ancestrality, expected.ancestrality)
        assert one.counts == expected.counts
    graph = loaded.constraints()
    again = genesis.ConstraintGraph.read(tmp_path / "o.constraints.json")
    for one in (graph, again):
        pd.testing.assert_frame_equal(one.candidates, expected.constraints().candidates)
        # Learners know of these pairs too; what separates them is not told.
        names = list(one.nodes[::-2])
        known, listed = (Knowledge.of(g, names) for g in (one, expected.constraints()))
        np.testing.assert_array_equal(known.cannot, listed.cannot)
        np.testing.assert_array_equal(known.possible, listed.possible)
        assert (listed.cannot & listed.cannot.T).any()
        assert not known.absent
    assert json.loads((tmp_path / "o.constraints.json").read_text())["absent"] == []


def test_a_budget_sets_the_tiles_and_is_said(data):
    z, x = data
    said = []
    expected = genesis.discover(z, x, method="rules", say=said.append)
    assert "190 pairs of genes in tiles of 256 × 256; memory: about" in said[0]
    found = genesis.discover(z, x, method="rules", max_memory="100G", say=said.append)
    assert said[1] == said[0]
    assert_same(found, expected)
    with pytest.raises(MemoryBudgetError, match=r"20 genes .* not even two genes fit"):
        genesis.discover(z, x, method="rules", max_memory="1M")
    with pytest.raises(CommandLineError, match="no size of memory"):
        genesis.discover(z, x, method="rules", max_memory="much")


def test_the_command_refuses_what_cannot_be(tmp_path, capsys):
    options = write_all(tmp_path)
    words = ["run", "-q"]
    for name in ("--vcf", "--expression", "--genes", "--out"):
        words += [name, options[name]]
    for more, code, message in (
        (["--method", "rules", "--max-memory", "1M"], 2, "not even two genes fit"),
        (["--method", "rules", "--resume"], 8, "resume needs checkpoint"),
        (["--method", "rules", "--max-memory", "a lot"], 8, "no size of memory"),
    ):
        assert run_command([*words, *more]) == code
        assert message in capsys.readouterr().err


def test_a_checkpoint_is_of_one_run_only(data, small_tiles, tmp_path):
    z, x = data
    asked = {"method": "rules", "checkpoint": tmp_path / "c"}
    expected = genesis.discover(z, x, **asked)
    with pytest.raises(OutputWriteError, match="--resume"):
        genesis.discover(z, x, **asked)
    with pytest.raises(InconsistentInputsError, match=r"alpha was 0\.05 and is 0\.01"):
        genesis.discover(z, x, **asked, resume=True, alpha=0.01)
    changed = x.copy()
    changed[0, 0] += 1e-9
    with pytest.raises(InconsistentInputsError, match="expression"):
        genesis.discover(z, changed, **asked, resume=True)
    with pytest.raises(CommandLineError, match="resume needs checkpoint"):
        genesis.discover(z, x, method="rules", resume=True)
    pieces = sorted((tmp_path / "c").glob("sweep-*/*.npz"))
    assert len(pieces) > 10
    for path in pieces[::3]:
        path.unlink()
    assert_same(genesis.discover(z, x, **asked, resume=True, threads=2), expected)
    pieces[1].write_bytes(b"PK broken")
    with pytest.raises(InputReadError, match="remove this file"):
        genesis.discover(z, x, **asked, resume=True)


#: A run whose tiles take their time, so that it can be killed in the middle.
SLOW_RUN = """
import sys, time
import genesis.rules.pair_evidence as pair_evidence
import genesis.engine.memory as memory

memory.TILE_SIZES = (1,)
evaluate = pair_evidence.evaluate_tile

def slow(*given):
    time.sleep(float(sys.argv[1]))
    return evaluate(*given)

pair_evidence.evaluate_tile = slow
from genesis.cli.main import main
main(sys.argv[2:])
"""


def kill_when(words, is_time):
    """Start a run, and kill it as soon as it is time."""
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not is_time():
            assert process.poll() is None, "the run ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("n_kept", [1, 17])
def test_a_run_killed_at_any_moment_is_resumed_to_the_same_result(tmp_path, n_kept):
    options = write_all(tmp_path)
    words = ["run", "--method", "rules", "--alpha", "0.2", "--threads", "2"]
    for name in ("--vcf", "--expression", "--genes"):
        words += [name, options[name]]

    def command(delay, *more):
        return [sys.executable, "-c", SLOW_RUN, str(delay), *words, *map(str, more)]

    subprocess.run(command(0, "--out", tmp_path / "whole"), check=True, capture_output=True)
    more = ("--out", tmp_path / "o", "--checkpoint", tmp_path / "c")
    kill_when(
        command(0.2, *more),
        lambda: len(list((tmp_path / "c").glob("sweep-*/*.npz"))) >= n_kept,
    )
    assert not list(tmp_path.glob("o.*"))
    done = subprocess.run(command(0, *more, "--resume"), check=True, capture_output=True, text=True)
    assert "tiles of 1 × 1" in done.stderr
    assert re.search(rf"\n\d+ of \d+ tiles of sweep 1 taken from {tmp_path / 'c'}\.\n", done.stderr)
    whole, resumed = (genesis.load(tmp_path / name) for name in ("whole", "o"))
    assert_same(resumed, whole)
    for ending in (".ancestrality.tsv.gz", ".relations.parquet", ".anchors.tsv.gz"):
        assert (tmp_path / f"o{ending}").read_bytes() == (tmp_path / f"whole{ending}").read_bytes()
