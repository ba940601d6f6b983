"""Tables that fit the terminal: words stay whole, and what stands last is left out first."""

from __future__ import annotations

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

__all__ = ["FittedTable"]

#: Columns that are shown, however narrow the terminal is.
_FEWEST = 2


class FittedTable(Table):
    """A table whose last columns are left out where the terminal has no room for all.

    No word of the others is broken then, unless even the first two do not fit.

    Parameters
    ----------
    title : str
    left, right : list of str
        Columns of text, then columns of numbers, the most important ones first.
    """

    def __init__(self, title: str, left: list[str], right: list[str]) -> None:
        super().__init__(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for name in left:
            self.add_column(name, overflow="fold")
        for name in right:
            self.add_column(name, justify="right", no_wrap=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What the console shows of it, see rich's protocol."""
        columns = self.columns
        widths = [_least_width(column) for column in columns]
        n = len(columns)
        while n > _FEWEST and sum(widths[:n]) + 3 * n + 1 > options.max_width:
            n -= 1
        if sum(widths[:n]) + 3 * n + 1 <= options.max_width:
            for column, width in zip(columns, widths, strict=True):
                column.min_width = width
        self.columns = columns[:n]
        try:
            yield from super().__rich_console__(console, options)
        finally:
            self.columns = columns
            for column in columns:
                column.min_width = None
        if n < len(columns):
            names = ", ".join(str(column.header) for column in columns[n:])
            yield Text(f"No room for: {names}\n")


def _least_width(column: Column) -> int:
    """The width at which no word of a column of text, or no number, is broken."""
    cells = [str(column.header), *map(str, column.cells)]
    if not column.no_wrap:
        cells = [word for cell in cells for word in cell.split()]
    return max(map(len, cells), default=0)
