"""All outputs appear, or none does, whatever ends the writing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from genesis.errors import CommandLineError, OutputWriteError
from genesis.io.output_set import OutputSet, check_outputs, write_one

SUFFIXES = (".a", ".b", ".run.json")


def write_all(outputs: OutputSet, text: str) -> None:
    for suffix in SUFFIXES:
        outputs.path(suffix).write_text(text + suffix)


def write_and_raise(folder: Path, error: BaseException) -> None:
    with OutputSet(folder / "run", SUFFIXES, force=True) as outputs:
        write_all(outputs, "new")
        raise error


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}


def test_outputs_appear_together(tmp_path):
    with OutputSet(tmp_path / "run", SUFFIXES) as outputs:
        write_all(outputs, "new")
        assert not any(path.is_file() for path in tmp_path.iterdir())
    assert content(tmp_path) == {"run.a": "new.a", "run.b": "new.b", "run.run.json": "new.run.json"}
    assert outputs.written == [tmp_path / f"run{suffix}" for suffix in SUFFIXES]


def test_missing_directories_are_made(tmp_path):
    with OutputSet(tmp_path / "x" / "y" / "run.1", SUFFIXES) as outputs:
        write_all(outputs, "new")
    assert (tmp_path / "x" / "y" / "run.1.a").read_text() == "new.a"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_nothing_is_left_when_the_block_fails(error, tmp_path):
    with pytest.raises(error):
        write_and_raise(tmp_path, error())
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_an_output_error_that_leaves_nothing(tmp_path):
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(OutputWriteError, match=r"run: No space left on device.*free space"):
        write_and_raise(tmp_path, error)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize(
    ("had_outputs", "moves"), [(False, k) for k in range(3)] + [(True, k) for k in range(6)]
)
def test_a_move_that_fails_puts_everything_back(error, moves, had_outputs, tmp_path, monkeypatch):
    if had_outputs:
        with OutputSet(tmp_path / "run", SUFFIXES) as outputs:
            write_all(outputs, "old")
    before = content(tmp_path)
    replace, done = Path.replace, []

    def failing(source, target):
        if len(done) == moves:
            done.append(source)
            raise error
        done.append(source)
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", failing)
    expected = OutputWriteError if isinstance(error, OSError) else KeyboardInterrupt
    with (
        pytest.raises(expected),
        OutputSet(tmp_path / "run", SUFFIXES, force=True) as outputs,
    ):
        write_all(outputs, "new")
    assert content(tmp_path) == before


def test_the_mark_of_a_complete_set_goes_first_and_comes_last(tmp_path, monkeypatch):
    with OutputSet(tmp_path / "run", SUFFIXES) as outputs:
        write_all(outputs, "old")
    replace, seen = Path.replace, []

    def watched(source, target):
        moved = replace(source, target)
        present = {path.name for path in tmp_path.glob("run.*")}
        texts = {(tmp_path / name).read_text()[:3] for name in present}
        seen.append(("run.run.json" in present, texts))
        return moved

    monkeypatch.setattr(Path, "replace", watched)
    with OutputSet(tmp_path / "run", SUFFIXES, force=True) as outputs:
        write_all(outputs, "new")
    assert [marked for marked, _ in seen] == [False] * 5 + [True]
    assert seen[-1][1] == {"new"}


def test_outputs_that_exist_are_refused(tmp_path):
    (tmp_path / "run.b").write_text("precious")
    with (
        pytest.raises(OutputWriteError, match=r"run\.b exists.*--force"),
        OutputSet(tmp_path / "run", SUFFIXES),
    ):
        pass
    with pytest.raises(OutputWriteError, match=r"run\.b exists"):
        check_outputs(tmp_path / "run", SUFFIXES)
    check_outputs(tmp_path / "run", SUFFIXES, force=True)
    assert content(tmp_path) == {"run.b": "precious"}


def test_outputs_that_appear_meanwhile_are_refused(tmp_path):
    outputs = OutputSet(tmp_path / "run", SUFFIXES).__enter__()
    write_all(outputs, "new")
    (tmp_path / "run.b").write_text("precious")
    with pytest.raises(OutputWriteError, match=r"run\.b exists"):
        outputs.__exit__(None, None, None)
    assert content(tmp_path) == {"run.b": "precious"}


def test_a_directory_is_never_replaced(tmp_path):
    (tmp_path / "run.b").mkdir()
    with pytest.raises(OutputWriteError, match=r"run\.b is a directory"):
        check_outputs(tmp_path / "run", SUFFIXES, force=True)


@pytest.mark.parametrize("prefix", ["", "results/", ".", ".."])
def test_a_prefix_needs_a_name(prefix):
    with pytest.raises(CommandLineError, match="has no file name"):
        check_outputs(prefix, SUFFIXES)


@pytest.mark.parametrize(
    ("prefix", "message"),
    [
        ("", "has no file name.*variable in the command may be empty"),
        ("--force", "begins with a dash: a shell variable before it may be empty"),
        ("-x/run", "begins with a dash"),
        ("-", "stands for standard output"),
    ],
)
def test_a_prefix_that_an_empty_variable_leaves_is_refused(prefix, message):
    for attempt in (check_outputs, OutputSet):
        with pytest.raises(CommandLineError, match=message):
            attempt(prefix, SUFFIXES, force=True)


@pytest.mark.parametrize("name", ["a" * 242, "é" * 121])
def test_a_prefix_that_is_too_long_is_found_before_any_work(name, tmp_path):
    with pytest.raises(CommandLineError, match="too long a name for the file system"):
        check_outputs(tmp_path / name, SUFFIXES)
    with pytest.raises(CommandLineError, match="too long a name"):
        check_outputs(tmp_path.joinpath(*["a" * 200] * 21), SUFFIXES)
    assert not list(tmp_path.glob("*.*"))


def test_what_is_not_refused_as_too_long_can_be_written(tmp_path):
    for length in range(200, 260):
        prefix = tmp_path / ("a" * length)
        try:
            check_outputs(prefix, SUFFIXES)
        except CommandLineError:
            break
        for _ in range(2):
            with OutputSet(prefix, SUFFIXES, force=True) as outputs:
                write_all(outputs, "new")
    assert length > 230


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    for attempt in (check_outputs, lambda *given: OutputSet(*given).__enter__()):
        with pytest.raises(OutputWriteError, match="cannot write"):
            attempt(tmp_path / "file" / "run", SUFFIXES)


def test_check_leaves_nothing(tmp_path):
    check_outputs(tmp_path / "run", SUFFIXES)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_was_not_written_is_a_defect(tmp_path):
    with (
        pytest.raises(RuntimeError, match="announced and not written"),
        OutputSet(tmp_path / "run", SUFFIXES) as outputs,
    ):
        outputs.path(".a").write_text("new")
    assert list(tmp_path.iterdir()) == []


def test_one_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "graph.gml"

    def fails(target: Path) -> None:
        target.write_text("half")
        raise ValueError

    with pytest.raises(ValueError):
        write_one(path, fails)
    assert list(tmp_path.iterdir()) == []
    assert write_one(path, lambda target: target.write_text("whole") and None) == path
    assert content(tmp_path) == {"graph.gml": "whole"}


WRITER = """
import signal, sys, time
# As in a terminal; a job in the background is started with interrupts ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from genesis.io.output_set import OutputSet

with OutputSet(sys.argv[1], [".a", ".run.json"]) as outputs:
    outputs.path(".a").write_text("x")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_process_leaves_nothing_under_the_final_names(signum, tmp_path, repository):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=repository,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signum)
        assert process.wait(timeout=20) != 0
    left = [path.name for path in tmp_path.iterdir()]
    if signum == signal.SIGINT:
        assert left == []
    else:
        assert len(left) == 1
        assert left[0].startswith(".run.tmp-")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 KiB, where the tests may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("a small file system cannot be mounted here (that needs root)")
    yield folder
    deadline = time.monotonic() + 5
    while subprocess.run(["umount", str(folder)], check=False).returncode:
        assert time.monotonic() < deadline, f"{folder} stays mounted"
        time.sleep(0.1)


def test_a_disk_that_fills_up_stays_empty(small_disk, rng):
    from tests.handmade import random_result

    with pytest.raises(OutputWriteError, match="No space left on device"):
        random_result(rng, 80, 20).save(small_disk / "run")
    assert list(small_disk.iterdir()) == []


def test_what_an_older_set_had_goes_with_it_or_stays_with_it(tmp_path, monkeypatch):
    extra = tmp_path / "run.extra"
    extra.write_text("old")
    for suffix in SUFFIXES:
        (tmp_path / f"run{suffix}").write_text("old")
    with pytest.raises(OutputWriteError, match="exists"):
        OutputSet(tmp_path / "run", SUFFIXES, replaced=[".extra"]).__enter__()

    def write(outputs):
        for suffix in SUFFIXES:
            outputs.path(suffix).write_text("new")

    def attempt():
        with OutputSet(tmp_path / "run", SUFFIXES, force=True, replaced=[".extra"]) as outputs:
            write(outputs)

    replace, calls = Path.replace, []

    def fail_late(self, target):
        calls.append(self)
        if len(calls) == 6:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail_late)
        with pytest.raises(OutputWriteError, match="No space left"):
            attempt()
    assert {path.read_text() for path in tmp_path.iterdir()} == {"old"}
    assert extra.exists()
    attempt()
    assert not extra.exists()
    assert {path.read_text() for path in tmp_path.iterdir()} == {"new"}
