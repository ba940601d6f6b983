"""The log of a run: version, host, start, options in effect, inputs, counts, end."""

from __future__ import annotations

import os
import platform
import shlex
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genesis._version import __version__

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["RunLog", "log_of_result"]


def _now() -> str:
    return datetime.now().astimezone().strftime("%a %d %b %Y %H:%M:%S %z")


class RunLog:
    """Lines of a log, collected while a run goes on.

    Parameters
    ----------
    command : sequence of str, optional
        The words of the command line.

    Examples
    --------
    >>> log = RunLog()
    >>> log.add("300 samples in both inputs.")
    >>> "300 samples" in log.text()
    True
    """

    def __init__(self, command: Sequence[str] = ()) -> None:
        self.title = f"GENESIS {__version__}"
        self.command = shlex.join(command)
        self._lines = [
            self.title,
            f"Host: {socket.gethostname()}, {platform.platform()}, "
            f"Python {platform.python_version()}, {os.cpu_count()} cores",
            f"Working directory: {Path.cwd()}",
            *([f"Command: {self.command}"] if command else []),
            f"Start: {_now()}",
            "",
        ]

    def add(self, line: str) -> None:
        """Add a line, or several with line breaks between them."""
        self._lines.append(line)

    def options(self, options: Mapping[str, Any]) -> None:
        """Add the options in effect."""
        self.add("Options in effect:")
        for name, value in options.items():
            self.add(f"  {name} {value}".rstrip())
        self.add("")

    def text(self, *, ended: bool = True) -> str:
        """The log up to now, with the time as its end."""
        return "\n".join([*self._lines, *([f"End: {_now()}", ""] if ended else [])])


def log_of_result(result: Findings) -> str:
    """The log of a result that was made in Python.

    Parameters
    ----------
    result : Findings
        What is being saved.
    """
    log = RunLog()
    log.options(result.run.get("options", {}))
    for note in result.run.get("notes", []):
        log.add(note)
    for name, count in result.run.get("counts", result.counts).items():
        log.add(f"{name}: {count}")
    return log.text()
