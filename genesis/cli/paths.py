"""``genesis paths``: through which molecules loci act on a gene or a trait."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genesis.cli import options

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from genesis.paths.tell import Paths

__all__ = ["paths"]

#: Letters of a line, as on the smallest terminal.
_WIDTH = 80
#: Tables that are written, by the endings of their names.
_TABLES = {f".{name}.tsv": name for name in ("loci", "molecules", "paths", "others")}


@click.command()
@click.option(
    "--run", "prefix", required=True, metavar="PREFIX", help="What was given to --out of the run."
)
@click.option("--to", required=True, metavar="TARGET", help="A gene or trait of the run.")
@click.option(
    "--from",
    "source",
    metavar="VARIANT|GENE|REGION",
    help="Where paths begin: a variant, the variants that act on a gene, or those of a region "
    "(chrom:start-end). By default all loci that act on the target.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Most loci, molecules and paths to show, and most paths to list.",
)
@click.option(
    "-o",
    "--out",
    metavar="PREFIX",
    help="Write the tables, too: PREFIX.loci.tsv, PREFIX.molecules.tsv, PREFIX.paths.tsv and "
    "PREFIX.others.tsv.",
)
@options.replace
def paths(
    prefix: str, to: str, source: str | None, limit: int, out: str | None, force: bool
) -> None:
    """Show through which molecules loci act on a gene or a trait.

    Of each locus: the posterior that it acts on TARGET, that it does so through a molecule, and
    that it does so directly, beside all that was measured; its effect, and the share of it that
    goes through each molecule; then the likeliest paths, and what else the same variants do. All
    is counted in the graphs that the run sampled (docs/paths.md). Of more than 2,000 genes a run
    keeps them only up to traits and to the genes named by `genesis run --paths-to`.

    \b
    genesis paths --run results/run1 --to ACT1
    genesis paths --run results/run1 --to ACT1 --from chr2:1-500000 -o act1
    """
    import genesis
    from genesis.cli.console import output_console
    from genesis.io.output_set import OutputSet, check_outputs
    from genesis.io.table_text import write_table

    if out is not None:
        check_outputs(out, _TABLES, force=force)
    found = genesis.load(prefix).paths(to, source, limit=limit)
    console = output_console()
    console.width = min(console.width, _WIDTH)
    _show(found, limit, console)
    if out is not None:
        with OutputSet(out, _TABLES, force=force) as outputs:
            for suffix, name in _TABLES.items():
                write_table(outputs.path(suffix), getattr(found, name))
        click.echo(f"Wrote {out}.*.tsv.", err=True)


def _show(found: Paths, limit: int, console: Console) -> None:
    from genesis.io.ids import counted

    begin = "" if found.source is None else f" from {found.source}"
    console.print(f"Paths to {found.to}{begin}, in {counted(found.n_graphs, 'sampled graph', ',')}")
    if not len(found.loci):
        console.print("No locus acts on it there.")
    else:
        for table in (_loci(found, limit), _molecules(found, limit), _paths(found, limit)):
            console.print(table)
        if len(found.others):
            console.print(_others(found, limit))
    console.print(
        f"Not listed: {found.n_more_loci:,} of the loci that act in some graph, and "
        f"{found.said_of_more_paths()} of the paths from those listed."
    )


def _new(title: str, left: list[str], right: list[str], n: int, limit: int) -> Table:
    from genesis.cli.fitted_table import FittedTable

    return FittedTable(title if n <= limit else f"{title} (first {limit:,} of {n:,})", left, right)


def _loci(found: Paths, limit: int) -> Table:
    from genesis.cli.terminal_summary import add_row

    head = ["through", "beside", "effect (90 %)"]
    table = _new("Loci", ["locus", "verdict"], head, len(found.loci), limit)
    for row in found.loci.head(limit).itertuples():
        numbers = [f"{share:.2f}" for share in (row.through, row.beside)]
        add_row(table, row.locus, row.verdict, *numbers, _interval(row, "effect"))
    return table


def _molecules(found: Paths, limit: int) -> Table:
    from genesis.cli.terminal_summary import add_row

    title = "Through which molecules (* in the credible set of where it begins)"
    head = ["posterior", "share (90 %)"]
    table = _new(title, ["locus", "molecule"], head, len(found.molecules), limit)
    for row in found.molecules.head(limit).itertuples():
        name = row.gene_id if isinstance(row.gene_id, str) else "none"
        name += (" (product)" if row.product else "") + (" *" if row.in_credible_set else "")
        add_row(table, row.locus, name, f"{row.posterior:.2f}", _interval(row, "share"))
    return table


def _paths(found: Paths, limit: int) -> Table:
    from genesis.cli.terminal_summary import add_row

    table = _new("Paths", ["path"], ["posterior", "effect (90 %)"], len(found.paths), limit)
    for row in found.paths.head(limit).itertuples():
        add_row(table, row.path, f"{row.posterior:.2f}", _interval(row, "effect"))
    return table


def _others(found: Paths, limit: int) -> Table:
    from genesis.cli.terminal_summary import add_row

    title = f"What else these variants do directly, and whether it leads to {found.to}"
    head = ["posterior", "leads on", "effect (90 %)"]
    table = _new(title, ["locus", "gene"], head, len(found.others), limit)
    for row in found.others.head(limit).itertuples():
        numbers = [f"{share:.2f}" for share in (row.posterior, row.upstream)]
        add_row(table, row.locus, row.gene_id, *numbers, _interval(row, "effect"))
    return table


def _interval(row: object, name: str) -> str:
    """A mean with its interval, as far as these are known."""
    mean, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    if low != low:
        return "-" if mean != mean else f"{mean:+.2f}"
    return f"{mean:+.2f} ({low:+.2f}, {high:+.2f})"
