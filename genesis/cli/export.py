"""``genesis export``: the claims or constraints of a run in the format of another program."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genesis.cli import options

if TYPE_CHECKING:
    from genesis.result.result import Result

__all__ = ["export"]

_OF_CLAIMS = (
    "graphml", "gml", "sif", "cytoscape-json", "cx2", "edgelist", "regulons", "gmt", "dot",
    "dagitty",
)  # fmt: skip
_OF_CONSTRAINTS = ("causal-learn", "pcalg", "tetrad", "bnlearn", "pgmpy")
#: Writes a file of this name.
_Write = Callable[[Path], Path]


@click.command()
@click.option(
    "--run", "prefix", required=True, metavar="PREFIX", help="What was given to --out of the run."
)
@click.option(
    "--to",
    required=True,
    type=click.Choice([*_OF_CLAIMS, "bed", *_OF_CONSTRAINTS, "multiqc"]),
    help="The format: of the claims as a graph, of the anchors, of the constraints for a causal "
    "learner, or of the counts for a report of MultiQC.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File to write; - is standard output.",
)
@click.option(
    "--direct/--closure",
    default=None,
    help="Claims that are direct, as edges (the default); or all ancestors, those along a path of "
    "others too.",
)
@click.option(
    "--gene",
    "genes",
    multiple=True,
    metavar="GENE",
    help="Only this gene, the genes with an edge to or from it, and the edges among all these; "
    "of regulons and gmt its targets, of bed its anchors. Give it several times for several genes.",
)
@click.option(
    "--signed",
    is_flag=True,
    help="Say of each edge whether a raises or lowers b over all paths (calibrated).",
)
@options.trusted_posterior
@options.trusted_fdr
@options.replace
def export(
    prefix: str,
    to: str,
    out: Path,
    direct: bool | None,
    genes: tuple[str, ...],
    signed: bool,
    min_posterior: float | None,
    fdr: float | None,
    force: bool,
) -> None:
    """Write the claims, the anchors or the constraints of a run for another program.

    An edge a → b stands for a direct claim: a is an ancestor of b, and not only by way of other
    measured genes. That is what programs for networks take edges for. --closure adds what follows
    along paths, and the orders a ⪯ b (b is no ancestor of a) where the format can say which is
    which: graphml, gml, sif, cytoscape-json, cx2 and edgelist do, by the attributes `relation` and
    `direct`, in sif by the name of the interaction (direct, indirect, ancestor where it is not
    known which of the two, nondescendant).

    graphml, gml, sif, cytoscape-json and cx2 open in Cytoscape, cx2 in NDEx too. regulons is a
    table of source, target and weight (the total effect) for decoupler; gmt lists the targets of
    each gene; dot is for DoWhy (graph=) and Graphviz, dagitty for the program of that name: both
    refuse a graph with a cycle. bed holds the anchors, as GENE|VARIANT, with 1000 × posterior as
    score. --min-posterior asks for a posterior of the edge (with --closure: of a before b; bed: of
    the anchor).

    \b
    genesis export --run results/run1 --to sif --out run1.sif             # edges
    genesis export --run results/run1 --to sif --closure --out all.sif    # all ancestors
    genesis export --run results/run1 --to cx2 --signed --gene ACT1 --out act1.cx2
    genesis export --run results/run1 --to regulons --min-posterior 0.9 --out - | head

    The other formats hold what a causal learner may soundly be told before it learns: causal-learn
    a Python file that makes its BackgroundKnowledge, pcalg an R script (fixedGaps, fixedEdges, and
    tiers for tpc), tetrad a knowledge file, bnlearn a CSV of whitelist and blacklist, pgmpy JSON
    for its ExpertKnowledge. `genesis head-start` runs a learner on them. --fdr is for these alone.

    \b
    genesis export --run results/run1 --to pcalg --out run1_constraints.R

    multiqc is one row for the table GENESIS of a MultiQC report, which takes every file that it
    finds with a name like this (the row is called run1):

    \b
    genesis export --run results/run1 --to multiqc --out results/run1_mqc.json
    """
    import genesis
    from genesis.io.output_set import check_outputs

    unchosen = (direct, fdr, min_posterior) == (None, None, None) and not (signed or genes)
    if to == "multiqc" and not unchosen:
        raise click.UsageError("--to multiqc is of the run as it is: nothing can be chosen")
    if to not in _OF_CONSTRAINTS and fdr is not None:
        raise click.UsageError(f"--fdr chooses constraints; --to {to} takes --min-posterior")
    if to not in _OF_CLAIMS and (direct is not None or signed):
        raise click.UsageError(
            f"--direct, --closure and --signed are for edges; --to {to} has none"
        )
    if to in _OF_CONSTRAINTS and genes:
        raise click.UsageError(f"--gene is for claims and anchors; --to {to} is of all genes")
    to_stdout = out == Path("-")
    if not to_stdout:
        check_outputs(out, [""], force=force)
    chosen = {"genes": genes, "min_posterior": min_posterior}
    result = genesis.load(prefix)
    if to in _OF_CLAIMS:
        write, note = _claims(
            result, to, force, direct=direct is not False, signed=signed, **chosen
        )
    elif to == "bed":
        write, note = _anchors(result, force, **chosen)
    elif to == "multiqc":
        write, note = _counts(result, Path(prefix).name, force), ""
    else:
        write, note = _constraints(result, to, force, min_posterior=min_posterior, fdr=fdr)
    if to_stdout:
        with tempfile.TemporaryDirectory() as folder, write(Path(folder) / "x").open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.flush()
        said = "standard output"
    else:
        said = str(write(out))
    click.echo(f"Wrote {said}{note and ': '}{note}.", err=True)


def _claims(result: Result, to: str, force: bool, **chosen: Any) -> tuple[_Write, str]:
    """What writes the claims, and what there is to say of them."""
    from genesis.findings.export import FORMATS, choose_for
    from genesis.io.output_set import write_one

    graph = choose_for(to, result, **chosen)
    write = FORMATS[to].write
    return lambda path: write_one(
        path, lambda target: write(graph, target), force=force
    ), graph.note()


def _anchors(result: Result, force: bool, **chosen: Any) -> tuple[_Write, str]:
    from genesis.findings.anchors_bed import anchors_bed
    from genesis.io.output_set import write_one
    from genesis.io.table_text import write_text

    text, note = anchors_bed(result, **chosen)
    return lambda path: write_one(
        path, lambda target: write_text(target, [text]), force=force
    ), note


def _constraints(result: Result, to: str, force: bool, **level: Any) -> tuple[_Write, str]:
    from genesis.constraints.learner_formats import export_constraints

    constraints = result.constraints(**level)
    return lambda path: export_constraints(constraints, to, path, force=force), ""


def _counts(result: Result, name: str, force: bool) -> _Write:
    from genesis.io.output_set import write_one
    from genesis.io.table_text import write_text
    from genesis.result.multiqc import multiqc_json

    text = multiqc_json(result.run, name)
    return lambda path: write_one(path, lambda target: write_text(target, [text]), force=force)
