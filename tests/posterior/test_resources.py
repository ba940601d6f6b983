"""Chains that are kept, stopped and fitted into a budget: the result is one."""

from __future__ import annotations

import re
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.cli.main import run_command
from genesis.errors import (
    CommandLineError,
    InconsistentInputsError,
    InputOpenError,
    InputReadError,
    MemoryBudgetError,
    OutputWriteError,
)
from genesis.io.genotype_memory import ROW_BYTES
from genesis.posterior.chains import chain, sampling
from genesis.posterior.chains.chain import sample_chain
from genesis.posterior.chains.chain_memory import ChainWork, plan_chains
from genesis.posterior.chains.chain_weights import AGREEMENT
from genesis.posterior.chains.watch import Interrupted, Watch
from tests.cli.small_inputs import write_all
from tests.posterior.small_problems import candidates_of, problem_of, shorten_chains
from tests.rules.test_engine import assert_same, confounded, kill_when


@pytest.fixture
def short(monkeypatch):
    shorten_chains(monkeypatch.setattr)


@pytest.fixture
def data():
    return confounded(3)


def kept(directory):
    return sorted(directory.glob("chains-*/*.npz"))


def test_chains_that_are_kept_are_not_sampled_again(data, short, tmp_path, monkeypatch):
    z, x = data
    expected = genesis.discover(z, x, threads=1)
    assert expected.run["calibrated"]["hidden_factors_used"] > 0
    asked = {"checkpoint": tmp_path / "c"}
    assert_same(genesis.discover(z, x, **asked), expected)
    assert len(kept(tmp_path / "c")) == 6
    for path in kept(tmp_path / "c")[::2]:
        path.unlink()
    calls, sample = [], sample_chain

    def counting(*given, **more):
        calls.append(given)
        return sample(*given, **more)

    monkeypatch.setattr(sampling, "sample_chain", counting)
    steps = []
    found = genesis.discover(
        z, x, **asked, resume=True, threads=2, progress=lambda *step: steps.append(step)
    )
    assert_same(found, expected)
    assert found.run["calibrated"] == expected.run["calibrated"]
    assert len(calls) == 3
    # The two models are parts of one stage.
    of_sampling = [step for step in steps if step[0].startswith("sampling")]
    assert {stage for stage, _, _ in of_sampling} == {"sampling", "sampling with hidden factors"}
    shares = [done / total for _, done, total in of_sampling]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_what_only_claims_depend_on_may_change(data, short, tmp_path):
    z, x = data
    asked = {"checkpoint": tmp_path / "c"}
    genesis.discover(z, x, **asked)
    strict = genesis.discover(z, x, **asked, resume=True, min_posterior=0.99)
    assert_same(strict, genesis.discover(z, x, min_posterior=0.99))


def test_chains_that_know_too_little_for_the_floor_are_not_taken(rng, short, tmp_path):
    """What is in no graph and no candidate is looked for where it may be listed, and only there."""
    z, x = rng.normal(size=(60, 4)), rng.normal(size=(60, 150))
    asked = {"checkpoint": tmp_path / "c", "hidden_factors": "none"}
    few = genesis.discover(z, x, **asked, keep_posterior=0.04)
    found = genesis.discover(z, x, **asked, keep_posterior=0.0, resume=True)
    assert_same(found, genesis.discover(z, x, keep_posterior=0.0, hidden_factors="none"))
    assert (found.posterior.to_numpy() > 0).sum() > (few.posterior.to_numpy() > 0).sum()
    # The graphs are the same.
    again = genesis.discover(z, x, **asked, keep_posterior=0.04, resume=True)
    assert_same(again, few)
    counted = few.posterior.fillna(0.0).to_numpy() > 0.04
    np.testing.assert_array_equal(
        found.posterior.to_numpy()[counted], few.posterior.to_numpy()[counted]
    )


def test_a_checkpoint_is_of_one_run_only(data, short, tmp_path):
    z, x = data
    asked = {"checkpoint": tmp_path / "c"}
    expected = genesis.discover(z, x, **asked)
    with pytest.raises(OutputWriteError, match="--resume"):
        genesis.discover(z, x, **asked)
    for changed, message in (
        ({"seed": 2}, "seed was 1 and is 2"),
        ({"hidden_factors": 1}, "hidden_factors was 'auto' and is 1"),
        ({"method": "rules"}, "method was 'calibrated' and is 'rules'"),
        ({"covariates": z[:, :1]}, "genotypes"),
    ):
        with pytest.raises(InconsistentInputsError, match=message):
            genesis.discover(z, x, **asked, resume=True, **changed)
    moved = x.copy()
    moved[0, 0] += 1e-9
    with pytest.raises(InconsistentInputsError, match="expression"):
        genesis.discover(z, moved, **asked, resume=True)
    with pytest.raises(CommandLineError, match="resume needs checkpoint"):
        genesis.discover(z, x, resume=True)
    assert_same(genesis.discover(z, x, **asked, resume=True), expected)


def test_a_checkpoint_is_of_one_kind_of_anchors(data, short, tmp_path):
    anchors = pd.DataFrame({"gene_id": ["gene1", "gene2"], "variant_id": ["variant1", "variant2"]})
    asked = {"checkpoint": tmp_path / "c", "anchors": anchors}
    genesis.discover(*data, **asked)
    with pytest.raises(InconsistentInputsError, match="anchor_kind was 'effect' and is 'both'"):
        genesis.discover(*data, **asked, resume=True, anchor_kind="both")


def test_a_damaged_chain_is_named(data, short, tmp_path):
    asked = {"checkpoint": tmp_path / "c"}
    genesis.discover(*data, **asked)
    path = kept(tmp_path / "c")[0]
    whole = path.read_bytes()
    for damaged in (b"PK broken", b"", whole[:-50], whole[:100]):
        path.write_bytes(damaged)
        with pytest.raises(InputReadError, match=rf"{path.name} is damaged.*remove this file"):
            genesis.discover(*data, **asked, resume=True)


def test_a_resumed_run_says_how_much_it_took_over(data, short, tmp_path):
    asked = {"checkpoint": tmp_path / "c"}
    said = []
    genesis.discover(*data, **asked, say=said.append)
    assert not [line for line in said if "taken from" in line]
    kept(tmp_path / "c")[0].unlink()
    genesis.discover(*data, **asked, resume=True, say=said.append)
    found = [
        re.fullmatch(r"(\d) of (\d) (chains|chains with hidden factors) taken from (.*)\.", line)
        for line in said
        if "taken from" in line
    ]
    assert {match[3] for match in found} == {"chains", "chains with hidden factors"}
    assert {match[4] for match in found} == {str(tmp_path / "c")}
    assert sum(int(match[1]) for match in found) == 5
    assert sum(int(match[2]) for match in found) == 6


def test_there_must_be_a_run_to_resume(data, short, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "mistyped"):
        with pytest.raises(InputOpenError, match=rf"{folder} holds no checkpoint.*leave out"):
            genesis.discover(*data, checkpoint=tmp_path / folder, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


#: A run whose chains are few and short, and take their time.
SLOW_RUN = """
import sys, time
from genesis.posterior.chains import chain, sampling

sampling.MORE_CHAINS, chain.TEMPERING_STEPS, chain.STEPS_A_FOLD = (), 2, 0
sample = sampling.sample_chain

def slow(*given, **more):
    found = sample(*given, **more)
    time.sleep(float(sys.argv[1]))
    return found

sampling.sample_chain = slow
from genesis.cli.main import main
main(sys.argv[2:])
"""


@pytest.fixture(scope="module")
def slow_run(tmp_path_factory):
    """Makes the words of a slow run, and the outputs of one that was left in peace."""
    folder = tmp_path_factory.mktemp("whole")
    options = write_all(folder)
    words = ["run", "--threads", "2"]
    for name in ("--vcf", "--expression", "--genes"):
        words += [name, options[name]]

    def command(delay, *more):
        return [sys.executable, "-c", SLOW_RUN, str(delay), *words, *map(str, more)]

    subprocess.run(command(0, "--out", folder / "o"), check=True, capture_output=True)
    return command, folder / "o"


@pytest.mark.parametrize("n_kept", [0, 3])
def test_a_run_killed_at_any_moment_is_resumed_to_the_same_result(slow_run, tmp_path, n_kept):
    command, whole = slow_run
    more = ("--out", tmp_path / "o", "--checkpoint", tmp_path / "c")
    kill_when(
        command(0.7, *more),
        lambda: (
            (tmp_path / "c" / "checkpoint.json").exists() and len(kept(tmp_path / "c")) >= n_kept
        ),
    )
    assert not list(tmp_path.glob("o.*"))
    done = subprocess.run(command(0, *more, "--resume"), check=True, capture_output=True, text=True)
    assert f" chains taken from {tmp_path / 'c'}.\n" in done.stderr
    assert_same(genesis.load(tmp_path / "o"), genesis.load(whole))
    for ending in (".ancestrality.tsv.gz", ".relations.parquet", ".anchors.tsv.gz"):
        resumed = (tmp_path / f"o{ending}").read_bytes()
        assert resumed == whole.with_name(f"o{ending}").read_bytes()


def test_an_interrupted_chain_is_not_kept(data, short, tmp_path):
    """Chains under way in other threads end soon, and leave nothing that is not whole."""

    def interrupt(stage, done, total):
        # The first four chains are half of what is expected: two of them are half done then.
        if stage.startswith("sampling") and done > total // 8:
            raise KeyboardInterrupt

    asked = {"checkpoint": tmp_path / "c", "threads": 2}
    with pytest.raises(KeyboardInterrupt):
        genesis.discover(*data, **asked, progress=interrupt)
    assert not kept(tmp_path / "c")
    assert_same(genesis.discover(*data, **asked, resume=True), genesis.discover(*data))


def test_a_chain_ends_where_it_is_told_to(data):
    z, x = data[0], data[1][:, :6]
    rows, stop = problem_of(z, x).data, threading.Event()
    done = []

    def progress(n_sweeps):
        done.append(n_sweeps)
        if len(done) == 3:
            stop.set()

    none, watch = np.zeros((0, rows.shape[1])), Watch(progress, stop)
    with pytest.raises(Interrupted):
        sample_chain(
            rows, 8, candidates_of(z, x), none, rows[:, :0], False, none,
            np.random.SeedSequence(1), watch,
        )  # fmt: skip
    assert len(done) == 3


def work_of(n_genes, **changed):
    given = {
        "n_genes": n_genes,
        "n_variants": 10 * n_genes,
        "n_samples": 300,
        "input_bytes": 0,
        "threads": 4,
        "on_cluster": False,
        "cis": True,
        "anchor_kind": "effect",
        "hidden_factors": "none",
        "every_pair": False,
    }
    return ChainWork(**{**given, **changed})


def test_a_budget_sets_how_many_chains_are_under_way():
    work = work_of(1000)
    peaks = [work.peak(at_once) for at_once in (4, 3, 2, 1)]
    assert peaks == sorted(peaks, reverse=True)
    assert plan_chains(work, None) == (4, peaks[0])
    for at_once, peak in zip((4, 3, 2, 1), peaks, strict=True):
        assert plan_chains(work, peak) == (at_once, peak)
    with pytest.raises(MemoryBudgetError, match=r"1,000 genes .* about \d\d\d genes would fit"):
        plan_chains(work, peaks[-1] - 1)
    with pytest.raises(MemoryBudgetError, match="not even two genes fit"):
        plan_chains(work, 1 << 20)
    # A genome fits a laptop, unless the posteriors of all pairs are asked for.
    genome = work_of(20_000, hidden_factors="auto")
    assert plan_chains(genome, 8 << 30)[0] == 3
    with pytest.raises(MemoryBudgetError, match="20,000 genes"):
        plan_chains(work_of(20_000, every_pair=True), 8 << 30)
    # Elsewhere they take no memory of this process.
    assert plan_chains(work_of(500, on_cluster=True), None)[1] < work_of(500).peak(1)
    assert plan_chains(work_of(30), None)[0] == 4


def test_what_is_said_to_fit_fits():
    work, budget = work_of(5000), 1 << 30
    with pytest.raises(MemoryBudgetError) as caught:
        plan_chains(work, budget)
    fits = int(str(caught.value).split(": about ")[1].split(" genes")[0].replace(",", ""))
    assert plan_chains(work_of(fits), budget)[1] <= budget
    with pytest.raises(MemoryBudgetError):
        plan_chains(work_of(fits + 20), budget)


def test_a_budget_is_said_and_changes_nothing(data, short):
    z, x = data
    said = []
    expected = genesis.discover(z, x, threads=2, say=said.append)
    assert "2 chains at once; memory: up to about" in said[0]
    read = z.nbytes + ROW_BYTES * z.shape[1] + 2 * x.nbytes
    least = ChainWork(20, 8, 300, read, 2, False, False, "effect", "auto", True, with_variants=True)
    found = genesis.discover(z, x, threads=2, max_memory=least.peak(1), say=said.append)
    assert "1 chain at once" in said[1]
    assert_same(found, expected)

    def never(*_):
        pytest.fail("work was begun")

    with pytest.raises(MemoryBudgetError, match="not even two genes fit"):
        genesis.discover(z, x, max_memory="1M", progress=never)


def test_the_command_takes_all_of_them(tmp_path, capsys):
    options = write_all(tmp_path)
    words = ["run", "-q"]
    for name in ("--vcf", "--expression", "--genes", "--out"):
        words += [name, options[name]]
    assert run_command([*words, "--max-memory", "1M"]) == 2
    assert "not even two genes fit" in capsys.readouterr().err
    more = ["--max-memory", "8G", "--checkpoint", str(tmp_path / "c")]
    assert run_command([*words, *more]) == 0
    assert run_command([*words, *more, "--resume", "--force", "--seed", "3"]) == 7
    assert "seed was 1 and is 3" in capsys.readouterr().err
    assert run_command([*words, *more, "--resume", "--force"]) == 0


def test_chains_are_added_where_they_disagree(rng, monkeypatch):
    z = rng.normal(size=(200, 4))
    x = 0.5 * z + rng.normal(size=(200, 4))
    x[:, [1, 3]] += 0.5 * x[:, [0, 2]]
    n_chains = []
    # Of five graphs each no two chains have the same.
    for counted in (200, 5):
        monkeypatch.setattr(chain, "COUNTED_ROUNDS", counted)
        found = genesis.discover(z, x, hidden_factors="none").run["calibrated"]
        n_chains.append(len(found["chains"]))
        agree = found["relative_deviation_between_chains"] <= AGREEMENT
        assert agree or n_chains[-1] == 12
    assert n_chains == [4, 12]


def test_chains_with_factors_that_fall_behind_are_not_waited_for(short, tmp_path):
    """A gene that acts on all others makes a component, and is no hidden factor."""
    rng = np.random.default_rng(6)
    z = rng.binomial(2, 0.4, size=(300, 12)).astype(float)
    x = z + rng.normal(size=(300, 12))
    x[:, 1:] += x[:, [0]]
    expected = genesis.discover(z, x, threads=1)
    learned = expected.run["calibrated"]
    assert learned["hidden_factors_tried"] > 0
    assert learned["hidden_factors_used"] == 0
    assert [chain["hidden_factors"] > 0 for chain in learned["chains"]].count(True) == 1
    found = genesis.discover(z, x, threads=4, checkpoint=tmp_path / "c")
    assert_same(found, expected)
    assert found.run["calibrated"] == learned
    resumed = genesis.discover(z, x, threads=2, checkpoint=tmp_path / "c", resume=True)
    assert_same(resumed, expected)
    assert resumed.run["calibrated"] == learned
