"""``genesis export``: the claims or constraints of a run in the format of another program."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import click

from genesis.cli import options

__all__ = ["export"]

_OF_CLAIMS = ("graphml", "gml", "sif", "cytoscape-json", "edgelist")
_OF_CONSTRAINTS = ("causal-learn", "pcalg", "tetrad", "bnlearn", "pgmpy")


@click.command()
@click.option(
    "--run", "prefix", required=True, metavar="PREFIX", help="What was given to --out of the run."
)
@click.option(
    "--to",
    required=True,
    type=click.Choice([*_OF_CLAIMS, *_OF_CONSTRAINTS]),
    help="The format: of the claims as a graph, or of the constraints for a causal learner.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File to write; - is standard output.",
)
@options.trusted_posterior
@options.trusted_fdr
@options.replace
def export(
    prefix: str,
    to: str,
    out: Path,
    min_posterior: float | None,
    fdr: float | None,
    force: bool,
) -> None:
    """Write the claims or the constraints of a run for another program.

    graphml, gml, sif, cytoscape-json and edgelist hold the claims: an edge a → b stands for
    a ≺ b (a is an ancestor of b) and for a ⪯ b (a is not a descendant of b); the attribute
    `relation` says which. They hold posteriors where the format has room for them (sif has none).

    The others hold what the program may soundly be told before it learns: causal-learn a Python
    file that makes its BackgroundKnowledge, pcalg an R script (fixedGaps, fixedEdges, and tiers
    for tpc), tetrad a knowledge file, bnlearn a CSV of whitelist and blacklist, pgmpy JSON for its
    ExpertKnowledge. `genesis head-start` runs a learner on them. --min-posterior and --fdr are for
    these alone.

    \b
    genesis export --run results/run1 --to sif --out run1.sif
    genesis export --run results/run1 --to pcalg --out run1_constraints.R
    """
    import genesis
    from genesis.io.output_set import check_outputs

    if to in _OF_CLAIMS and (min_posterior is not None or fdr is not None):
        raise click.UsageError(
            f"--min-posterior and --fdr choose constraints; --to {to} writes all claims"
        )
    to_stdout = out == Path("-")
    if not to_stdout:
        check_outputs(out, [""], force=force)
    result = genesis.load(prefix)

    def write(path: Path) -> Path:
        if to in _OF_CLAIMS:
            from genesis.findings.export import export as write_claims

            return write_claims(result, to, path, force=force)
        from genesis.constraints.learner_formats import export_constraints

        constraints = result.constraints(min_posterior=min_posterior, fdr=fdr)
        return export_constraints(constraints, to, path, force=force)

    if not to_stdout:
        click.echo(f"Wrote {write(out)}.", err=True)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "export")
        with path.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
