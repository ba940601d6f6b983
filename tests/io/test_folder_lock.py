"""Runs that end together on one prefix put their files in place one after the other."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from genesis.io.folder_lock import folder_lock
from genesis.io.output_set import OutputSet

SUFFIXES = (*(f".{k}" for k in range(9)), ".run.json")

#: Writes a set each time it is told to, so that two of them end at the same moment.
WRITER = """
import sys
from genesis.errors import OutputWriteError
from genesis.io.output_set import OutputSet

prefix, name, force = sys.argv[1], sys.argv[2], sys.argv[3] == "force"
suffixes = [*(f".{k}" for k in range(9)), ".run.json"]
for line in sys.stdin:
    try:
        with OutputSet(prefix + line.strip(), suffixes, force=force) as outputs:
            for suffix in suffixes:
                outputs.path(suffix).write_text(name)
            print("ready", flush=True)
            sys.stdin.readline()
        print("written", flush=True)
    except OutputWriteError as error:
        print("exists" if "exists" in str(error) else error, flush=True)
"""


def race(folder: Path, repository: Path, force: str, rounds: int, names: str) -> list[list[str]]:
    """Two processes write sets of these names together; what each of them says, by round."""
    command = [sys.executable, "-c", WRITER, str(folder / "run")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    writers = [subprocess.Popen([*command, name, force], cwd=repository, **pipes) for name in names]
    said = []
    for k in range(rounds):
        for line in (f"{k if force == 'keep' else ''}\n", "go\n"):
            for writer in writers:
                writer.stdin.write(line)
            answers = [writer.stdout.readline().strip() for writer in writers]
            assert line != "\n" or answers == ["ready"] * len(writers)
        said.append(answers)
        texts = {path.read_text() for path in folder.glob(f"run{k if force == 'keep' else ''}.*")}
        assert len(texts) == 1, f"mixed in round {k}"
    for writer in writers:
        writer.stdin.close()
        assert writer.wait(timeout=20) == 0
        writer.stdout.close()
    assert len(list(folder.glob(".*"))) == 0
    return said


@pytest.mark.parametrize("rounds", [80, pytest.param(2000, marks=pytest.mark.slow)])
def test_sets_that_are_replaced_together_are_never_mixed(rounds, tmp_path, repository):
    assert race(tmp_path, repository, "force", rounds, "ab") == [["written"] * 2] * rounds
    assert len(list(tmp_path.iterdir())) == len(SUFFIXES)


def test_of_sets_that_end_together_one_is_refused_without_force(tmp_path, repository):
    for answers in race(tmp_path, repository, "keep", 15, "abc"):
        assert sorted(answers) == ["exists", "exists", "written"]


def test_the_lock_is_held_by_one_at_a_time(tmp_path):
    inside, most = [], []

    def work():
        for _ in range(50):
            with folder_lock(tmp_path):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (set(most), len(most)) == ({1}, 200)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_was_left_by_a_dead_process_is_free(tmp_path):
    (tmp_path / ".genesis.lock").write_text("")
    with OutputSet(tmp_path / "run", [".a"]) as outputs:
        outputs.path(".a").write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["run.a"]


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK])
def test_without_locks_outputs_are_written_all_the_same(number, tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with OutputSet(tmp_path / "run", [".a"]) as outputs:
        outputs.path(".a").write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["run.a"]
