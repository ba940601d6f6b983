"""The command itself: help, version, start, and what failures turn into."""

from __future__ import annotations

import errno
import subprocess
import sys

import click
import pytest

import genesis
from genesis.cli import main as main_module
from genesis.errors import DegenerateDataError, MemoryBudgetError


def python(repository, *words: str, **settings) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True, text=True, check=False, cwd=repository, timeout=60, **settings,
    )  # fmt: skip


def test_help_loads_nothing_heavy(repository):
    script = (
        "import sys, genesis.cli.main as m\n"
        "for words in (['--help'], ['run', '--help'], ['show', '-h'], ['--version']):\n"
        "    m.run_command(words)\n"
        "heavy = {'numpy', 'pandas', 'numba', 'scipy', 'pyarrow', 'cyvcf2', 'networkx', 'rich',\n"
        "         'arviz_stats'}\n"
        "print(sorted(heavy & sys.modules.keys()), file=sys.stderr)"
    )
    assert python(repository, "-c", script).stderr == "[]\n"


def test_help_and_version(genesis_command):
    code, stdout, _ = genesis_command("--version")
    assert (code, stdout) == (0, f"genesis {genesis.__version__}\n")
    for words in (["-h"], ["--help"], ["run", "-h"], ["run", "--help"], ["export", "-h"]):
        code, stdout, stderr = genesis_command(*words)
        assert (code, stderr) == (0, "")
        assert "Usage: genesis" in stdout


def test_run_help_shows_groups_defaults_and_an_example(genesis_command):
    _, text, _ = genesis_command("run", "-h")
    for heading in ("Inputs:", "Samples, genes and variants:", "Method:", "Running:"):
        assert f"\n{heading}\n" in text
    assert "genesis run --vcf genotypes.vcf.gz" in text
    from genesis.cli.run import run

    context = click.Context(run)
    for parameter in run.params:
        assert isinstance(parameter, click.Option)
        assert parameter.opts[0] in text or parameter.opts[-1] in text
        if parameter.default not in (None, False, True) and not parameter.required:
            shown = " ".join((parameter.get_help_record(context) or ("", ""))[1].split())
            if not str(parameter.default).startswith("Sentinel"):
                assert f"default: {parameter.default}" in shown, parameter.name


def test_unknown_commands_and_none(genesis_command):
    code, _, stderr = genesis_command("rnu")
    assert code == 8
    assert "No such command 'rnu'. Did you mean 'run'? See 'genesis --help'." in stderr
    code, stdout, stderr = genesis_command()
    assert code == 8
    assert stdout == ""
    assert stderr.startswith("Usage: genesis")
    assert stderr.endswith("genesis: error: a command is missing. See 'genesis --help'.\n")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DegenerateDataError("no genes left"), 13, "no genes left"),
        (MemoryBudgetError("needs 9 GB"), 2, "needs 9 GB"),
        (MemoryError(), 2, "out of memory: analyse fewer"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), 5, "cannot write x: No space"),
        (KeyboardInterrupt(), 130, "interrupted, nothing written"),
        (KeyError("x"), 1, "KeyError: 'x'. This is a defect of GENESIS"),
        (OSError("odd"), 1, "OSError: odd. This is a defect"),
    ],
)
def test_every_failure_has_one_message_and_a_code(
    error, code, message, genesis_command, monkeypatch
):
    def fail(*_given, **_named):
        raise error

    monkeypatch.setattr(main_module.cli, "invoke", fail)
    monkeypatch.delenv("GENESIS_DEBUG", raising=False)
    found, stdout, stderr = genesis_command("cite")
    assert (found, stdout) == (code, "")
    assert stderr.strip().split("\n")[-1].startswith("genesis: error: ")
    assert message in stderr
    assert "Traceback" not in stderr


@pytest.mark.parametrize("how", ["-v", "GENESIS_DEBUG"])
def test_defects_show_where_when_asked(how, genesis_command, monkeypatch):
    def fail(*_given, **_named):
        raise KeyError("x")

    monkeypatch.setattr(main_module.cli, "invoke", fail)
    if how == "GENESIS_DEBUG":
        monkeypatch.setenv("GENESIS_DEBUG", "1")
    _, _, stderr = genesis_command("run", *(["-v"] if how == "-v" else []), "--vcf", "x")
    assert "Traceback" in stderr


def test_a_closed_pipe_is_quiet(repository):
    script = f"{sys.executable} -m genesis run --help | head -c 10; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=repository
    )
    assert done.stderr == ""
    assert done.stdout == "Usage: gen"


def test_cite(genesis_command):
    code, stdout, _ = genesis_command("cite")
    assert code == 0
    assert "arXiv:2505.15866" in stdout
    code, stdout, _ = genesis_command("cite", "--bibtex")
    assert code == 0
    assert stdout.count("\n@") + stdout.startswith("@") == 2
    assert stdout.count("{") == stdout.count("}")
    assert "eprint        = {2505.15866}" in stdout


def test_python_m_genesis(repository):
    done = python(repository, "-m", "genesis", "--version")
    assert (done.returncode, done.stdout) == (0, f"genesis {genesis.__version__}\n")
