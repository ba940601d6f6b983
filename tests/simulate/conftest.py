"""The command line as a function, as the tests of the commands have it."""

from __future__ import annotations

from tests.cli.conftest import genesis_command

__all__ = ["genesis_command"]
