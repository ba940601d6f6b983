"""Progress for people: a bar on a terminal and in a notebook, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from genesis.engine.clock import about_time
from genesis.engine.overall_progress import Overall

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

__all__ = ["ProgressBar"]

_LINE_SECONDS, _NOTEBOOK_SECONDS = 10.0, 0.5
_CELLS = 40
_STEPS = 1000


class ProgressBar:
    """Shows one bar for a whole run, with the stage that is under way and the time that is left.

    It is called as every `progress` is. A bar is there while `showing` lasts.

    Parameters
    ----------
    console : rich.console.Console, optional
        Of a terminal, or of a file, which gets lines; by default stderr.
    """

    def __init__(self, console: Console | None = None) -> None:
        if console is None:
            from rich.console import Console

            console = Console(stderr=True, highlight=False, markup=False)
        self._console = console
        self._overall = Overall()
        self._bar: RichProgress | None = None
        self._cell: Any = None
        self._stage, self._said_at = "", 0.0

    def expect(self, seconds: Mapping[str, float], alike: Iterable[str] = ()) -> None:
        """As `Overall.expect`."""
        self._overall.expect(seconds, alike)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is; `total` is 0 where nobody knows."""
        self._overall.report(stage, done, total)
        if self._bar is not None:
            self._move()
        elif self._cell is not None:
            self._write_cell()
        elif not self._console.is_terminal:
            self._write_line()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show a bar while the block runs, where there is a terminal or a notebook."""
        if _in_notebook():
            # It is there where there is a notebook, and no dependency.
            display = import_module("IPython.display").display
            self._cell = display({"text/plain": ""}, raw=True, display_id=True)
            try:
                yield
            finally:
                self._cell.update({"text/plain": ""}, raw=True)
                self._cell = None
            return
        if not self._console.is_terminal:
            yield
            return
        from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
        from rich.text import Text

        overall = self._overall

        class Times(ProgressColumn):
            """Goes on while nothing is heard."""

            def render(self, task: Task) -> Text:  # noqa: ARG002  (the run is one task)
                return Text(f"{_clock(overall.elapsed)}  {_time_left(overall)}")

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[share]}"),
            Times(),
        )
        with Progress(*columns, console=self._console, transient=True) as self._bar:
            self._bar.add_task("", total=None, share="")
            try:
                yield
            finally:
                self._bar = None

    def _move(self) -> None:
        assert self._bar is not None
        share = self._overall.share
        (task,) = self._bar.task_ids
        self._bar.update(
            task,
            description=self._overall.stage,
            total=None if share is None else _STEPS,
            completed=0 if share is None else round(_STEPS * share),
            share="" if share is None else f"{100 * share:3.0f} %",
        )

    def _write_cell(self) -> None:
        now = time.monotonic()
        if self._overall.stage == self._stage and now - self._said_at < _NOTEBOOK_SECONDS:
            return
        self._stage, self._said_at = self._overall.stage, now
        share = self._overall.share
        filled = round(_CELLS * (share or 0.0))
        percent = "" if share is None else f" {100 * share:3.0f} %"
        text = f"{'█' * filled}{'░' * (_CELLS - filled)}{percent}  {self._stage}"
        self._cell.update({"text/plain": f"{text}  {_time_left(self._overall)}".rstrip()}, raw=True)

    def _write_line(self) -> None:
        """A line when a stage begins, and then not more often than every few seconds."""
        now = time.monotonic()
        stage, share, left = self._overall.stage, self._overall.share, self._overall.left
        if stage == self._stage and now - self._said_at < _LINE_SECONDS:
            return
        self._stage, self._said_at = stage, now
        said = (
            ""
            if share is None or left is None
            else f" {100 * share:.0f} %, {about_time(left)} left"
        )
        print(f"[{time.strftime('%H:%M:%S')}] {stage} ...{said}", file=sys.stderr, flush=True)


def _time_left(overall: Overall) -> str:
    """The time left in minutes and seconds, of which the last digits would only flicker."""
    left = overall.left
    if left is None:
        return ""
    step = 1 if left < 20 else 5 if left < 120 else 30 if left < 1200 else 60
    return f"{_clock(step * round(left / step))} left"


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds.

    Examples
    --------
    >>> _clock(3725.9)
    '1:02:05'
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _in_notebook() -> bool:
    """Whether there is a notebook to draw in, without loading what only notebooks need."""
    shell = sys.modules.get("IPython")
    found = None if shell is None else shell.get_ipython()
    return found is not None and hasattr(found, "kernel")
