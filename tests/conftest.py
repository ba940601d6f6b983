"""What every test may use: seeded random numbers, the command line, data where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from genesis.cli.main import run_command

REPOSITORY = Path(__file__).resolve().parent.parent

# The same examples on every run and no time limit an example, so that a busy machine
# neither finds nor hides anything.
settings.register_profile("genesis", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("genesis")


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in every run of a test."""
    return np.random.default_rng(20250521)


@pytest.fixture
def genesis_command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process; returns exit code, stdout and stderr."""

    def command(*words: str | Path) -> tuple[int, str, str]:
        code = run_command([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests belong to."""
    return REPOSITORY


@pytest.fixture(scope="session")
def example(repository: Path) -> Path:
    """The folder of the example data that ships with the project."""
    return repository / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data and reference answers, which is not part of the project."""
    named = os.environ.get("GENESIS_SHARED")
    folder = Path(named) if named else REPOSITORY.parent / "shared"
    if not folder.is_dir():
        said = "GENESIS_SHARED names" if named else "GENESIS_SHARED is not set and there is no"
        pytest.skip(f"real data not found: {said} {folder}")
    return folder
