"""The tables that sum up a result: relations by kind and rule, exclusions by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genesis.ancestrality.relations import RELATION_NAMES, RULE_NAMES
from genesis.constraints.graphml import drawn_claims, implied_note
from genesis.io.exclusions import count_reasons
from genesis.io.ids import counted

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
    """Pairs by relation and rule; of the rules only those that found something."""
    n_genes, pairs = len(result.genes), result.pairs
    n_pairs = n_genes * (n_genes - 1) // 2
    n_rules = len(RULE_NAMES)
    cells = np.bincount(
        pairs.relation.astype(np.int64) * n_rules + pairs.rule,
        minlength=len(RELATION_NAMES) * n_rules,
    ).reshape(len(RELATION_NAMES), n_rules)
    cells = cells[: len(_MEANING)]
    cells[RELATION_NAMES.index("unrelated"), RULE_NAMES.index("R3")] += result.n_unlisted
    by_rules = result.run.get("options", {}).get("method", "rules") == "rules"
    used = [at for at, name in enumerate(RULE_NAMES) if (name != "calibrated") == by_rules
            or name == "closure"]  # fmt: skip
    expected = result.run.get("calibrated", {}).get("expected_fdr", {})
    table = new_table(
        f"Relations of {counted(n_genes, 'gene', ',')}, {counted(n_pairs, 'pair', ',')}",
        ["relation of a and b"],
        ["pairs", "share", *(RULE_NAMES[at] for at in used), *(["expected FDR"] * bool(expected))],
    )
    for name, by_rule in zip(_MEANING, cells.tolist(), strict=True):
        total = sum(by_rule)
        rate = expected.get(name)
        shown = [] if not expected else ["-" if rate is None else f"{rate:.3f}"]
        add_row(table, _MEANING[name], total, _share(total, n_pairs),
                *(by_rule[at] for at in used), *shown)  # fmt: skip
    unresolved = result.counts["unresolved"]
    why = "no rule applies" if by_rules else "not certain enough"
    add_row(table, f"unresolved: {why}", unresolved, _share(unresolved, n_pairs))
    return table


def factor_line(result: Result) -> str | None:
    """What was decided on hidden factors, and how well the chains agree."""
    found = result.run.get("calibrated")
    if not found:
        return None
    n_used, n_tried = found["hidden_factors_used"], found["hidden_factors_tried"]
    if n_used:
        text = f"Hidden factors: up to {n_used} fitted beside the genetic effects."
    elif n_tried:
        text = f"Hidden factors: none; a model with {n_tried} predicts no better."
    else:
        text = "Hidden factors: none."
    n_count = sum(chain["counts"] for chain in found["chains"])
    deviation = found["largest_deviation_between_chains"]
    if deviation is None:
        return f"{text} One chain explains the data best: its posteriors stand alone."
    return (
        f"{text} {n_count} chains count; a posterior deviates between them by {deviation:.2f} "
        "(standard deviation) at most."
    )


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
    if result.n_unlisted:
        console.say(
            f"{counted(result.n_unlisted, 'unrelated pair', ',')}: 0 in the matrix, not listed "
            "in the relations and constraints."
        )
    factors = factor_line(result)
    if factors:
        console.say(factors)
    _, n_implied = drawn_claims(result)
    if n_implied:
        console.say(f"{implied_note(n_implied)}.")
