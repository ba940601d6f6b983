"""R, where it is installed, for tests that hand files to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def run_r(code: str, folder: Path) -> list[str]:
    """Run R code in a folder; returns the lines it prints. Without R the test is skipped."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("Rscript is not installed")
    done = subprocess.run(
        [program, "--vanilla", "-e", code], cwd=folder, capture_output=True, encoding="utf-8",
        check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def need_package(package: str, folder: Path) -> None:
    """Skip the test where R does not have a package."""
    if run_r(f'cat(requireNamespace("{package}", quietly = TRUE))', folder) != ["TRUE"]:
        pytest.skip(f"the R package {package} is not installed")
