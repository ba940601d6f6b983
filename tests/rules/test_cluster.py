"""Both methods on a Dask cluster of two processes, one of which is killed."""

from __future__ import annotations

import os
import signal
import threading

import pytest

import genesis
from genesis.cli.main import run_command
from genesis.engine import cluster as engine_cluster
from genesis.engine.cluster import map_on_cluster
from genesis.errors import InputOpenError
from tests.posterior.small_problems import shorten_chains
from tests.rules.test_engine import assert_same, confounded

distributed = pytest.importorskip("distributed")

# Of a cluster that is slow to start or to close on a busy machine.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:Creating scratch directories:UserWarning"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes of one thread each; in the place of one that is lost comes another."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield cluster, client


def test_a_cluster_gives_the_same_result_also_when_a_worker_dies(cluster, monkeypatch, tmp_path):
    _, client = cluster
    monkeypatch.setattr("genesis.engine.memory.TILE_SIZES", (5,))
    z, x = confounded(3)
    expected = genesis.discover(z, x, method="rules", threads=1)
    assert_same(genesis.discover(z, x, method="rules", client=client), expected)
    pids = client.run(os.getpid)
    killed = []

    def kill_one(stage, done, total):
        if stage == "sweep 1" and done > 5 and not killed:
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    asked = {"method": "rules", "client": client, "checkpoint": tmp_path / "c"}
    found = genesis.discover(z, x, **asked, progress=kill_one)
    assert killed
    assert_same(found, expected)
    assert_same(genesis.discover(z, x, **asked, resume=True), expected)


def test_lost_shared_arguments_are_sent_again(cluster, monkeypatch):
    """Both workers go, one right after the other, and with them all that was sent."""
    _, client = cluster
    client.wait_for_workers(2)
    pids = set(client.run(os.getpid).values())
    sent, scatter = [], client.scatter
    monkeypatch.setattr(client, "scatter", lambda *a, **k: sent.append(a) or scatter(*a, **k))
    found = []
    for value in map_on_cluster(client, add, (100,), range(60)):
        found.append(value)
        if len(found) in (5, 6) and pids:
            os.kill(pids.pop(), signal.SIGKILL)
    assert found == [100 + k for k in range(60)]
    assert len(sent) > 1


def test_a_worker_lost_while_arguments_are_sent(monkeypatch):
    class Client:
        """Loses a worker in the first two attempts to send."""

        attempts = 0

        def scatter(self, arguments, **_):
            self.attempts += 1
            if self.attempts < 3:
                raise distributed.comm.CommClosedError
            return arguments

    monkeypatch.setattr(engine_cluster, "_PAUSE", 0.0)
    client = Client()
    assert engine_cluster._send(client, (1, 2)) == [1, 2]
    assert client.attempts == 3


def test_a_cluster_without_workers_is_said_to_have_none():
    with (
        distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        distributed.Client(cluster, set_as_default=False, timeout="0.5s") as client,
        pytest.raises(InputOpenError, match="has no workers: start some"),
    ):
        next(map_on_cluster(client, add, (100,), range(3)))


def add(shared, piece):
    threading.Event().wait(0.02)
    return shared + piece


def test_the_command_takes_the_address_of_a_scheduler(cluster, tmp_path):
    from tests.cli.small_inputs import write_all

    address = cluster[0].scheduler_address
    options = write_all(tmp_path)
    words = ["run", "--method", "rules", "-q"]
    for name in ("--vcf", "--expression", "--genes"):
        words += [name, options[name]]
    assert run_command([*words, "--out", str(tmp_path / "a")]) == 0
    assert run_command([*words, "--out", str(tmp_path / "b"), "--dask-scheduler", address]) == 0
    assert_same(genesis.load(tmp_path / "b"), genesis.load(tmp_path / "a"))
    code = run_command([*words, "--out", str(tmp_path / "c"), "--dask-scheduler", "nowhere"])
    assert code == 8


class ShortChains(distributed.WorkerPlugin):
    def setup(self, worker):
        shorten_chains()


def test_chains_on_a_cluster_give_the_same_also_when_a_worker_dies(cluster, monkeypatch, tmp_path):
    _, client = cluster
    z, x = confounded(3)
    shorten_chains(monkeypatch.setattr)
    expected = genesis.discover(z, x)
    assert expected.run["calibrated"]["hidden_factors_used"] > 0
    client.wait_for_workers(1)
    # Those that will come in the place of others included; it is the last test of this cluster.
    client.register_plugin(ShortChains())
    pids = client.run(os.getpid)
    killed, said, heard = [], [], []

    def kill_one(stage, done, total):
        if stage.startswith("sampling"):
            heard.append((stage, done / total))
        if stage == "sampling" and done > 0 and not killed:
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    asked = {"client": client, "checkpoint": tmp_path / "c"}
    found = genesis.discover(z, x, **asked, progress=kill_one, say=said.append)
    assert killed
    assert "Chains on the cluster" in said[0]
    # It is said when sampling begins, not when a chain is at its end; and what is done stays done.
    assert heard[0] == ("sampling", 0.0)
    assert [share for _, share in heard] == sorted(share for _, share in heard)
    assert heard[-1][1] == 1.0
    assert_same(found, expected)
    assert_same(genesis.discover(z, x, **asked, resume=True), expected)
