"""The same bits from a cluster that loses a worker: ``python -m tests.benchmarks.cluster GENES``.

The whole command `genesis run` on files of a simulated cohort (of `cohort.py`), once with threads
of its own and once on a Dask cluster of two worker processes. One of these is killed, by the signal
that cannot be caught, while it samples from all samples, as soon as the first such chain is at its
end. Printed: CPU seconds, the largest memory and the bytes sent of every process, the largest
memory of all processes at one time, seconds on the wall, and whether all tables are the same, byte
for byte.

`--local PREFIX` holds the cluster against outputs that are there already, of a run on the same
files with the same options, in the place of a run of its own. `--keep FOLDER` leaves the files of
the cohort and the outputs of both runs there, `local` and `cluster`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import distributed
import pandas as pd
import psutil
from distributed.comm import tcp

from genesis.engine.memory import PROGRAM
from genesis.options import Options
from genesis.posterior.chains.chain_memory import PAIRS_A_GENE, ChainWork
from tests.benchmarks import cohort

#: Outputs without the time, place or command of a run; and what of the record is so.
TABLES = (
    ".ancestrality.tsv.gz", ".relations.parquet", ".relations.tsv.gz", ".anchors.tsv.gz",
    ".loci.tsv.gz", ".excluded.tsv",
)  # fmt: skip
RECORDED = ("counts", "calibrated", "self_test", "loci")
#: Where a checkpoint keeps chains from all samples: those from a half have more numbers.
OF_ALL_SAMPLES = re.compile(r"chains(-of-all-pairs)?(-with-variants)?-\d+")
#: Seconds between two looks at the processes.
PAUSE = 0.25
GIB, MIB = 1 << 30, 1 << 20


def count_sent() -> list[int]:
    """Count the bytes that this process sends by Dask from now on; the one item of a list."""
    sent, write = [0], tcp.TCP.write

    async def counted(self: Any, *given: Any, **more: Any) -> int:
        n_bytes: int = await write(self, *given, **more)
        sent[0] += n_bytes
        return n_bytes

    tcp.TCP.write = counted
    return sent


class CountSent(distributed.WorkerPlugin):
    """Counts in a worker."""

    name = "count-sent"

    def setup(self, worker: Any) -> None:
        self.sent = count_sent()


def sent_by_worker(dask_worker: Any) -> int:
    """Bytes that the worker has sent."""
    return int(dask_worker.plugins["count-sent"].sent[0])


@dataclass
class Usage:
    """What one process took."""

    cpu: float = 0.0
    peak: int = 0
    sent: int = 0


@dataclass
class Watcher:
    """Looks at processes as long as they live, all the time, in a thread."""

    usage: dict[str, Usage] = field(default_factory=dict)
    together: int = 0
    _processes: dict[str, psutil.Process] = field(default_factory=dict)
    _end: threading.Event = field(default_factory=threading.Event)

    def add(self, name: str, pid: int) -> None:
        """Look at a process from now on."""
        self.usage[name] = Usage()
        self._processes[name] = psutil.Process(pid)

    def look(self) -> None:
        now = 0
        for name, process in list(self._processes.items()):
            try:
                memory, times = process.memory_info().rss, process.cpu_times()
            except psutil.Error:
                continue
            now += memory
            found = self.usage[name]
            found.peak = max(found.peak, memory)
            found.cpu = max(found.cpu, times.user + times.system)
        self.together = max(self.together, now)

    def run(self) -> None:
        while not self._end.wait(PAUSE):
            self.look()

    def __enter__(self) -> Watcher:
        self._thread = threading.Thread(target=self.run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def write_cohort(folder: Path, n_genes: int, n_samples: int, factors: float) -> None:
    cohort.simulate(n_genes, n_samples, factors).write(folder)


def find_cohort(folder: Path, n_genes: int, n_samples: int, factors: float) -> None:
    """Write the files of the cohort, where they are not there."""
    written = folder / "simulation.json"
    if written.exists():
        known = json.loads(written.read_text())["parameters"]
        if (known["n_genes"], known["n"], known["factor_variance"]) != (
            n_genes,
            n_samples,
            factors,
        ):
            raise SystemExit(f"{folder} holds another cohort: give another folder, or remove it")
        return
    # In a process of its own: what it holds is none of the scheduler's.
    given = (folder, n_genes, n_samples, factors)
    writer = multiprocessing.get_context("spawn").Process(target=write_cohort, args=given)
    writer.start()
    writer.join()
    if writer.exitcode:
        raise SystemExit("the cohort could not be written")


def say_estimate(n_genes: int, n_samples: int) -> None:
    """The largest memory that is to be expected of both runs, before they begin."""
    n_variants = 2 * n_genes
    held = int(0.25 * n_samples * n_variants + 16 * n_genes * n_samples)
    options = Options(all_snps=False, threads=1)
    sizes = n_genes, n_variants, n_samples, held, options, 1
    alone, client = (ChainWork.of_run(*sizes, on_cluster) for on_cluster in (False, True))
    rows = 8 * n_samples * (n_genes + n_variants)
    # A chain and its table of pairs, as it is and as it is sent; what it works on, as it came.
    table = 8 * min(PAIRS_A_GENE * n_genes, n_genes**2)
    worker = PROGRAM + client.chain() + 2 * table + rows
    # What comes and goes, twice: packed, and unpacked.
    scheduler = PROGRAM + 2 * rows
    peak, at_client = alone.peak(1), client.peak(0)
    both = at_client + 2 * worker + scheduler
    print(
        f"To be expected at the most: {peak / GIB:.1f} GiB with a thread of its own; on the "
        f"cluster {both / GIB:.1f} GiB (client {at_client / GIB:.1f}, each worker "
        f"{worker / GIB:.1f}, scheduler {scheduler / GIB:.1f}).",
        flush=True,
    )


def is_sampling(checkpoint: Path) -> bool:
    """Whether a chain from all samples is at its end."""
    return any(
        OF_ALL_SAMPLES.fullmatch(stage.name) and any(stage.glob("*.npz"))
        for stage in checkpoint.glob("chains*")
    )


def run_on_cluster(words: list[str], checkpoint: Path) -> tuple[Watcher, float, str]:
    """The command on a cluster: what each process took, seconds, and what became of the worker."""
    sent_here = count_sent()
    killed = "no worker was killed: the run was at its end before"
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as helper,
        Watcher() as watcher,
    ):
        helper.register_plugin(CountSent())
        seen: dict[int, str] = {}

        def find_workers() -> None:
            for nanny in list(cluster.workers.values()):
                if nanny.pid is not None and nanny.pid not in seen:
                    seen[nanny.pid] = f"worker {len(seen) + 1}"
                    watcher.add(seen[nanny.pid], nanny.pid)

        def ask_workers(addresses: list[str] | None = None) -> None:
            found = helper.run(sent_by_worker, workers=addresses, on_error="ignore")
            for address, n_bytes in found.items():
                pid = next(n.pid for n in cluster.workers.values() if n.worker_address == address)
                watcher.usage[seen[pid]].sent = n_bytes

        find_workers()
        watcher.add("scheduler", os.getpid())
        words = [*words, "--checkpoint", str(checkpoint)]
        words += ["--dask-scheduler", cluster.scheduler_address]
        start = time.time()
        client = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.cluster", "--client", *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        watcher.add("client", client.pid)
        is_killed = False
        while client.poll() is None:
            time.sleep(PAUSE / 2)
            find_workers()
            if not is_killed and is_sampling(checkpoint):
                busy = {
                    address: len(state.processing)
                    for address, state in cluster.scheduler.workers.items()
                    if state.processing
                }
                if busy:
                    victim = max(busy, key=lambda address: busy[address])
                    ask_workers([victim])
                    nanny = next(n for n in cluster.workers.values() if n.worker_address == victim)
                    name = seen[nanny.pid]
                    os.kill(nanny.pid, signal.SIGKILL)
                    is_killed = True
                    killed = f"{name} was killed after {time.time() - start:.1f} s"
        seconds = time.time() - start
        ask_workers()
        assert client.stdout is not None
        said = client.stdout.read().split()
        if client.returncode:
            raise SystemExit("genesis run failed on the cluster")
        watcher.usage["client"].sent = int(said[-1])
        watcher.usage["scheduler"].sent = sent_here[0]
    return watcher, seconds, killed


def as_client(words: list[str]) -> int:
    """The command in this process; the bytes that it sent are the last word that is printed."""
    from genesis.cli.main import run_command

    sent = count_sent()
    code = run_command(words)
    print(sent[0])
    return int(code)


def differing(one: Path, other: Path) -> list[str]:
    """Endings of the tables, and parts of the record, that are not the same in two runs."""

    def digest(path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    found = [end for end in TABLES if digest(Path(f"{one}{end}")) != digest(Path(f"{other}{end}"))]
    first, second = (json.loads(Path(f"{run}.run.json").read_text()) for run in (one, other))
    return found + [name for name in RECORDED if first.get(name) != second.get(name)]


def check_files(local: Path, cluster: Path) -> None:
    """Make sure that both runs read the same bytes with the same options."""
    first, second = (json.loads(Path(f"{run}.run.json").read_text()) for run in (local, cluster))
    for name, known in second["inputs"].items():
        if known["sha256"] != first["inputs"].get(name, {}).get("sha256"):
            raise SystemExit(f"{local} is of other data: its {name} has other content")
    of_no_account = {"threads"}
    for name, value in second["options"].items():
        if name not in of_no_account and first["options"].get(name) != value:
            raise SystemExit(f"{local} was made with other options: {name}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("genes", type=int)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--factors", type=float, default=0.0, help="share of hidden factors")
    parser.add_argument("--threads", type=int, default=2, help="of the run without a cluster")
    parser.add_argument("--local", type=Path, help="prefix of outputs to hold against")
    parser.add_argument("--keep", type=Path, help="folder for all files")
    asked = parser.parse_args()
    say_estimate(asked.genes, asked.samples)
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        local = asked.local or folder / "local"
        find_cohort(folder, asked.genes, asked.samples, asked.factors)
        rows = []
        if asked.local is None:
            subprocess.run([sys.executable, "-m", "genesis", "compile"], check=True)
            words = cohort.words_of_run(folder, local, asked.threads)
            cpu, seconds, peak = cohort.measured_command(words)
            rows.append({"process": "local", "CPU s": cpu, "GiB": peak})
            print(f"local: {seconds:.0f} s", flush=True)
        words = cohort.words_of_run(folder, folder / "cluster", 1)
        checkpoint = Path(temporary) / "checkpoint"
        watcher, seconds, killed = run_on_cluster(words, checkpoint)
        check_files(local, folder / "cluster")
        for name, used in sorted(watcher.usage.items()):
            rows.append(
                {
                    "process": name, "CPU s": used.cpu, "GiB": used.peak / GIB,
                    "MiB sent": used.sent / MIB,
                }
            )  # fmt: skip
        of_all = watcher.usage.values()
        rows.append(
            {
                "process": "cluster in all", "CPU s": sum(one.cpu for one in of_all),
                "GiB": watcher.together / GIB, "MiB sent": sum(one.sent for one in of_all) / MIB,
            }
        )  # fmt: skip
        other = differing(local, folder / "cluster")
    print(f"cluster: {seconds:.0f} s; {killed}")
    print(pd.DataFrame(rows).round(2).to_string(index=False, na_rep="-"))
    print("same: no (" + ", ".join(other) + ")" if other else "same: yes")
    return int(bool(other))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        raise SystemExit(as_client(sys.argv[2:]))
    raise SystemExit(main())
