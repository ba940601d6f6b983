"""``genesis export``: the claims of a run in the format of another program."""

from __future__ import annotations

from pathlib import Path

import click

from genesis.cli import options

__all__ = ["export"]


@click.command()
@click.option(
    "--run", "prefix", required=True, metavar="PREFIX", help="What was given to --out of the run."
)
@click.option(
    "--to",
    required=True,
    type=click.Choice(["graphml", "gml", "sif", "cytoscape-json", "edgelist"]),
    help="The format.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="File to write."
)
@options.replace
def export(prefix: str, to: str, out: Path, force: bool) -> None:
    """Write the claims of a run for another program.

    An edge a → b stands for a ≺ b (a is an ancestor of b) and for a ⪯ b (a is not a descendant
    of b); the attribute `relation` says which.

    \b
    genesis export --run results/run1 --to sif --out run1.sif
    """
    import genesis
    from genesis.constraints.export import export as write_export
    from genesis.io.output_set import check_outputs

    check_outputs(out, [""], force=force)
    path = write_export(genesis.load(prefix), to, out, force=force)
    click.echo(f"Wrote {path}.", err=True)
