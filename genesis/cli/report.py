"""The tables that sum up a result: relations by kind and rule, exclusions by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.ancestrality.relations import RELATION_NAMES, RULE_NAMES
from genesis.constraints.graphml import drawn_claims, implied_note
from genesis.io.exclusions import count_reasons

if TYPE_CHECKING:
    from rich.table import Table

    from genesis.cli.console import RunConsole
    from genesis.result import Result

__all__ = ["exclusion_table", "relation_table", "report_result"]

_MEANING = {
    "ancestor": "ancestor: a before b",
    "nondescendant": "nondescendant: b not before a",
    "unrelated": "unrelated: neither",
}


def new_table(title: str, left: list[str], right: list[str]) -> Table:
    """An empty table with columns of text, then columns of numbers."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for name in left:
        table.add_column(name, overflow="fold")
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def add_row(table: Table, *cells: Any) -> None:
    """A row of plain text: brackets in ids are not markup."""
    from rich.text import Text

    table.add_row(*(Text(f"{c:,}" if isinstance(c, int) else str(c)) for c in cells))


def relation_table(result: Result) -> Table:
    """Pairs by relation and rule."""
    n_genes, pairs = len(result.genes), result.pairs
    n_pairs = n_genes * (n_genes - 1) // 2
    table = new_table(
        f"Relations of {n_genes:,} genes, {n_pairs:,} pairs",
        ["relation of a and b"],
        ["pairs", "share", *(rule for rule in RULE_NAMES)],
    )
    n_rules = len(RULE_NAMES)
    cells = np.bincount(
        pairs.relation.astype(np.int64) * n_rules + pairs.rule,
        minlength=len(RELATION_NAMES) * n_rules,
    ).reshape(len(RELATION_NAMES), n_rules)
    for name, by_rule in zip(RELATION_NAMES, cells.tolist(), strict=True):
        total = sum(by_rule)
        add_row(table, _MEANING[name], total, _share(total, n_pairs), *by_rule)
    unresolved = result.counts["unresolved"]
    add_row(table, "unresolved: no rule applies", unresolved, _share(unresolved, n_pairs))
    return table


def _share(part: int, whole: int) -> str:
    if not whole:
        return "-"
    percent = 100 * part / whole
    return "<0.1 %" if 0 < percent < 0.05 else f"{percent:.1f} %"


def direct_line(result: Result) -> str:
    """How many of the ancestral claims are direct."""
    is_ancestor = result.pairs.relation == RELATION_NAMES.index("ancestor")
    direct = result.pairs.direct[is_ancestor]
    counts = [int(np.count_nonzero(direct == code)) for code in (1, 0, -1)]
    verb = "is" if counts[0] == 1 else "are"
    text = f"Of the ancestors {counts[0]:,} {verb} direct, {counts[1]:,} indirect"
    return text + (f", {counts[2]:,} undetermined." if counts[2] else ".")


def exclusion_table(result: Result) -> Table:
    """What was left out, by kind and reason."""
    table = new_table("Left out", ["kind", "reason"], ["count"])
    for (kind, reason), count in count_reasons(result.excluded).items():
        add_row(table, kind, reason, count)
    return table


def report_result(result: Result, console: RunConsole) -> None:
    """Say what a run found and what it left out."""
    if len(result.excluded):
        console.table(exclusion_table(result))
    console.table(relation_table(result))
    console.say(direct_line(result))
    _, n_implied = drawn_claims(result)
    if n_implied:
        console.say(f"{implied_note(n_implied)}.")
