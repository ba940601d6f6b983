"""Too little address space is a lack of memory, and no defect."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from genesis.cli import main as main_module
from genesis.cli.memory_limits import is_for_want_of_memory

GB = 10**9


def limited(repository, limit, *words):
    return subprocess.run(
        [sys.executable, "-m", "genesis", *map(str, words)],
        capture_output=True, text=True, check=False, cwd=repository, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )  # fmt: skip


@pytest.mark.parametrize("limit", [0.3, 0.6, 1.2])
def test_too_low_a_limit_is_told_before_any_library_is_loaded(limit, repository, tmp_path):
    done = limited(repository, int(limit * GB), "show", tmp_path / "run")
    assert done.returncode == 2
    assert done.stderr.startswith(
        f"genesis: error: the address space is limited to {limit} GB (ulimit -v"
    )
    assert limited(repository, int(limit * GB), "run", "--help").returncode == 0


@pytest.mark.parametrize("limit", [1.6, 2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_run_below_a_limit_ends_or_lacks_memory(limit, repository, inputs, tmp_path):
    words = ["run", "--vcf", inputs / "g.vcf", "--expression", inputs / "e.tsv", "-q"]
    more = ["--method", "rules", "--threads", 2, "--out", tmp_path / "run"]
    done = limited(repository, int(limit * GB), *words, *more)
    assert done.returncode in (0, 2), done.stderr
    assert "defect" not in done.stderr
    assert (tmp_path / "run.run.json").exists() == (done.returncode == 0)


class ArrowException(Exception):
    """As pyarrow names what it cannot name better."""


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("can't start new thread"),
        ImportError("libscipy_openblas.so: failed to map segment from shared object"),
        ArrowException("Unknown error: Failed to launch worker thread: Resource temporarily"),
        OSError(12, "Cannot allocate memory"),
        MemoryError(),
    ],
)
def test_errors_for_want_of_memory_are_known(error, genesis_command, monkeypatch):
    caused = OSError("Could not find/load shared object file 'libllvmlite.so'")
    caused.__cause__ = error
    for raised in (error, caused):
        assert is_for_want_of_memory(raised)

        def fail(*_given, raised=raised, **_named):
            raise raised

        monkeypatch.setattr(main_module.cli, "invoke", fail)
        code, _, stderr = genesis_command("show", "x")
        assert code == 2
        assert stderr.startswith("genesis: error: out of memory")
    assert not is_for_want_of_memory(OSError("Could not find/load shared object file"))
