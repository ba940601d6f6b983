"""The tables that sum up a result: relations by kind and rule, exclusions by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis.io.exclusions import count_reasons
from genesis.io.ids import counted
from genesis.report.summary_lines import direct_line, relation_rows, sampling_lines

if TYPE_CHECKING:
    from rich.table import Table

    from genesis.cli.console import RunConsole
    from genesis.result.result import Result

__all__ = ["add_row", "exclusion_table", "relation_table", "say_result"]


def add_row(table: Table, *cells: Any) -> None:
    """A row of plain text: brackets in ids are not markup."""
    from rich.text import Text

    table.add_row(*(Text(f"{c:,}" if isinstance(c, int) else str(c)) for c in cells))


def relation_table(result: Result) -> Table:
    """Pairs by relation and rule; of the rules only those that found something."""
    from genesis.cli.fitted_table import FittedTable

    title, head, rows = relation_rows(result)
    table = FittedTable(title, head[:1], head[1:])
    for row in rows:
        add_row(table, *row)
    return table


def exclusion_table(result: Result) -> Table:
    """What was left out, by kind and reason."""
    from genesis.cli.fitted_table import FittedTable

    table = FittedTable("Left out", ["kind", "reason"], ["count"])
    for (kind, reason), count in count_reasons(result.excluded).items():
        add_row(table, kind, reason, count)
    return table


def say_result(result: Result, console: RunConsole) -> None:
    """Say what a run found, what it left out, and whether to trust it."""
    if len(result.excluded):
        console.table(exclusion_table(result))
    console.table(relation_table(result))
    console.say(direct_line(result))
    if result.n_unlisted:
        console.say(
            f"{counted(result.n_unlisted, 'unrelated pair', ',')}: 0 in the matrix, not listed "
            "in the relations and constraints."
        )
    for line in (*sampling_lines(result), "", *result.verdict.lines):
        console.say(line)
