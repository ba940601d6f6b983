"""``genesis show``: what a run found, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from genesis.result.result import Result

__all__ = ["show"]


@click.command()
@click.argument("prefix")
@click.option("--gene", metavar="ID", help="Say what was found for this gene, and why.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Most relations of each kind to show.",
)
def show(prefix: str, gene: str | None, limit: int) -> None:
    """Show what the run with this PREFIX found.

    \b
    genesis show results/run1
    genesis show results/run1 --gene ACT1
    """
    import genesis
    from genesis.cli.console import output_console

    result = genesis.load(prefix)
    console = output_console()
    if gene is None:
        _show_run(result, prefix, limit, console)
    else:
        from genesis.report.gene_story import gene_story

        for line in gene_story(result, gene, limit):
            console.print(line, soft_wrap=True)


def _show_run(result: Result, prefix: str, limit: int, console: Console) -> None:
    from genesis.cli.terminal_summary import exclusion_table, relation_table
    from genesis.report.summary_lines import direct_line, sampling_lines

    used = result.run.get("options", {})
    method = used.get("method", "?")
    names = ("profile", "alpha") if method == "rules" else ("fdr", "min_posterior")
    levels = ", ".join(f"{name} {used[name]}" for name in names if used.get(name) is not None)
    version = result.run.get("genesis", "?")
    console.print(f"{prefix}: GENESIS {version}, method {method}, {levels}", soft_wrap=True)
    if len(result.excluded):
        console.print(exclusion_table(result))
    console.print(relation_table(result))
    console.print(direct_line(result))
    for line in sampling_lines(result):
        console.print(line)
    console.print()
    for line in result.verdict.lines:
        console.print(line, soft_wrap=True)
    console.print()
    _show_top_claims(result, limit, console)
    _show_traits(result, prefix, limit, console)


def _show_top_claims(result: Result, limit: int, console: Console) -> None:
    import numpy as np

    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row
    from genesis.io.ids import counted
    from genesis.report.gene_story import probability

    pairs = result.pairs
    strongest = pairs.strongest(limit)
    if not len(strongest):
        return
    claims = pairs.rows(strongest)
    calibrated = not np.isnan(claims.posterior).any()
    frame = claims.frame(result.gene_ids, result.variables).assign(log_p=claims.log_p)
    certain = "the highest posterior" if calibrated else "the strongest dependence"
    table = FittedTable(
        f"The {counted(len(frame), 'ancestor claim')} with {certain}",
        [
            "a",
            "b",
            "direct",
            *(["likeliest anchor of a"] if calibrated else ["rule", "strongest witness"]),
        ],
        ["posterior", "effect", "anchors"] if calibrated else ["witnesses", "p of the pair"],
    )
    for row in frame.itertuples():
        direct = {True: "direct", False: "indirect"}.get(row.direct, "undetermined")
        witness = row.witness if isinstance(row.witness, str) else "-"
        if calibrated:
            last = [witness, f"{row.posterior:.3f}", f"{row.effect:+.2f}", row.n_witnesses]
        else:
            last = [row.rule, witness, row.n_witnesses, probability(row.log_p)]
        add_row(table, row.gene_a, row.gene_b, direct, *last)
    console.print(table)


def _show_traits(result: Result, prefix: str, limit: int, console: Console) -> None:
    """What surest acts on each trait, and where the loci are told."""
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row
    from genesis.report.trait_pages import trait_rows

    rows, n = trait_rows(result, limit)
    if not rows:
        return
    title = "What acts on traits" + ("" if n <= limit else f" (first {limit:,} of {n:,})")
    table = FittedTable(title, ["trait", "the surest"], ["posterior", "effect", "ancestors"])
    for row in rows:
        numbers = [
            "-" if row[name] is None or row[name] != row[name] else format(row[name], form)
            for name, form in (("posterior", ".3f"), ("effect", "+.2f"))
        ]
        add_row(table, row["name"], row["surest"] or "-", *numbers, row["n_ancestors"])
    console.print(table)
    console.print(
        f"genesis paths --run {prefix} --to {rows[0]['name']} tells by which loci, through which "
        "molecules or beside them.",
        soft_wrap=True,
    )
