"""What a run says: lines on stderr and in the log, a progress bar on a terminal."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from genesis.result.run_log import RunLog

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["RunConsole", "output_console", "start_console"]

_PLAIN_WIDTH = 100


def output_console() -> Console:
    """The console of results, on stdout: coloured on a terminal, plain where piped.

    A pipe that is closed raises BrokenPipeError, as it does for everything else that is written.
    """
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    if sys.stdout.isatty():
        return Output(highlight=False, markup=False)
    return Output(highlight=False, markup=False, width=_PLAIN_WIDTH, color_system=None)


def start_console(
    given: Mapping[str, Any], suffixes: Iterable[str], *, writes: bool = True
) -> RunConsole:
    """The console of a command that writes files with these suffixes, once it may write them.

    Parameters
    ----------
    given : mapping
        The command's options.
    suffixes : iterable of str
        Of the files that it writes and replaces.
    writes : bool
        Whether it will write them now: otherwise not even their directory is made.

    Raises
    ------
    click.UsageError
        Options exclude each other.
    OutputWriteError
        A file is there already, or cannot be written.
    """
    import click

    from genesis.io.output_set import check_outputs, require_free

    if given["verbose"] and given["quiet"]:
        raise click.UsageError("-v and -q exclude each other")
    check = check_outputs if writes else require_free
    check(given["out"], suffixes, force=given["force"])
    log = RunLog(["genesis", *(click.get_current_context().obj or ())])
    console = RunConsole(
        log, verbose=given["verbose"], quiet=given["quiet"], progress=given["progress"]
    )
    console.header(_as_typed(given))
    return console


def _as_typed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options in effect, by the names that are typed."""
    return {
        "--" + name.replace("_", "-"): _in_words(value)
        for name, value in given.items()
        if value is not None and value is not False and value != ()
    }


def _in_words(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is True else value


class RunConsole:
    """Says lines to people and to the log.

    Parameters
    ----------
    log : RunLog
        Gets every line, whatever is shown.
    verbose, quiet : bool
        Show details too; show nothing.
    progress : bool
        Show how far the work is.
    """

    def __init__(
        self, log: RunLog, *, verbose: bool = False, quiet: bool = False, progress: bool = True
    ) -> None:
        from rich.console import Console

        from genesis.engine.progress_bar import ProgressBar

        self.log = log
        self._verbose = verbose
        self._quiet = quiet
        width = None if sys.stderr.isatty() else _PLAIN_WIDTH
        self._console = Console(stderr=True, highlight=False, markup=False, width=width)
        self._bar = ProgressBar(self._console) if progress and not quiet else None

    def header(self, options: Mapping[str, Any]) -> None:
        """What the log begins with, and the options in effect."""
        self.log.options(options)
        if self._verbose:
            self.show(self.log.text(ended=False))
        else:
            self.show(self.log.title)

    def say(self, line: str = "") -> None:
        """A line for everybody."""
        self.log.add(line)
        if not self._quiet:
            self._console.print(line, soft_wrap=True)

    def show(self, line: str) -> None:
        """A line that the log has already."""
        if not self._quiet:
            self._console.print(line, soft_wrap=True)

    def say_all(self, notes: Iterable[str]) -> None:
        """Notes as sentences."""
        for note in notes:
            self.say(note if note.endswith(".") else f"{note}.")

    def detail(self, line: str) -> None:
        """A line for the log, and for those who asked for more."""
        self.log.add(line)
        if self._verbose:
            self._console.print(line, soft_wrap=True)

    def table(self, table: Table) -> None:
        """A table, in the log as plain text."""
        from rich.console import Console

        file = io.StringIO()
        Console(file=file, width=_PLAIN_WIDTH, color_system=None, markup=False).print(table)
        text = "\n".join(line.rstrip() for line in file.getvalue().split("\n")).strip("\n")
        self.log.add(f"\n{text}\n")
        if not self._quiet:
            self._console.print()
            self._console.print(table if self._console.is_terminal else f"{text}\n")

    @contextmanager
    def showing_progress(self) -> Iterator[None]:
        """Show a bar while the block runs, where there is a terminal."""
        if self._bar is None:
            yield
            return
        with self._bar.showing():
            yield

    def progress(self, stage: str, done: int, total: int) -> None:
        """How far a stage is; `total` is 0 where nobody knows."""
        if self._bar is not None:
            self._bar(stage, done, total)

    def expect(self, seconds: Mapping[str, float], alike: Iterable[str] = ()) -> None:
        """Say what stages will come and how long they take, as `Overall.expect`."""
        if self._bar is not None:
            self._bar.expect(seconds, alike)
