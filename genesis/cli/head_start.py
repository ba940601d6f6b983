"""``genesis head-start``: a causal learner that starts from the constraints of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from genesis.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from genesis.constraints.graph import ConstraintGraph

__all__ = ["head_start"]

_OF_TESTS, _OF_SCORES = ("pc", "fci"), ("ges", "boss", "grasp")


@click.command(name="head-start")
@click.option(
    "--run", "prefix", required=True, metavar="PREFIX", help="What was given to --out of the run."
)
@click.option(
    "--learner",
    required=True,
    type=click.Choice([*_OF_TESTS, *_OF_SCORES]),
    help="fci allows hidden common causes; the others assume that there are none.",
)
@click.option(
    "--out", required=True, metavar="PREFIX2", help="Outputs are PREFIX2.edges.tsv and so on."
)
@options.trusted_posterior
@options.trusted_fdr
@click.option(
    "--alpha",
    type=options.LEVEL,
    metavar="LEVEL",
    help="Level of the tests of pc and fci.  [default: 0.01]",
)
@click.option(
    "--max-conditioning",
    type=click.IntRange(min=0),
    metavar="N",
    help="Largest number of variables that pc and fci condition on beyond known parents and "
    "ancestors.  [default: 3]",
)
@click.option(
    "--penalty",
    type=options.FiniteRange(0, min_open=True),
    metavar="FACTOR",
    help="Multiple of the penalty of BIC for an edge, of ges, boss and grasp.  [default: 1]",
)
@options.replace
def head_start(prefix: str, learner: str, out: str, force: bool, **given: Any) -> None:
    """Learn a causal graph of genes and their anchors, starting from what a run found.

    Reads the inputs of the run again, with its options. Writes PREFIX2.edges.tsv (a, b and the
    marks of the edge between them, such as --> or o->), PREFIX2.learned.graphml,
    PREFIX2.excluded.tsv and PREFIX2.learner.json: all of them, or none.

    \b
    genesis head-start --run results/run1 --learner fci --out results/run1_fci
    """
    import genesis
    from genesis.io.output_set import check_outputs
    from genesis.learners.learned_graph import SUFFIXES
    from genesis.learners.learners import LEARNERS

    settings = _settings(learner, given)
    check_outputs(out, SUFFIXES, force=force)
    result = genesis.load(prefix)
    constraints = result.constraints(min_posterior=given["min_posterior"], fdr=given["fdr"])
    click.echo(f"{constraints}", err=True)
    data, covariates = _read_again(result.run, prefix, constraints)
    learned = LEARNERS[learner](data, constraints, covariates=covariates, **settings)
    click.echo(f"{learned}, {learned.run['seconds']:.1f} s", err=True)
    for marks, number in learned.edges["marks"].value_counts().sort_index().items():
        click.echo(f"  {marks}  {number:,}", err=True)
    if len(learned.excluded):
        click.echo(f"{len(learned.excluded):,} variables took no part.", err=True)
    learned.save(out, force=force)
    click.echo(f"Outputs: {out}.*", err=True)


def _settings(learner: str, given: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the learner; an option that it does not have is refused."""
    mine, others = ["alpha", "max_conditioning"], ["penalty"]
    if learner in _OF_SCORES:
        mine, others = others, mine
    for name in others:
        if given[name] is not None:
            raise click.UsageError(
                f"--{name.replace('_', '-')} is not an option of --learner {learner}"
            )
    return {name: given[name] for name in mine if given[name] is not None}


def _read_again(
    run: dict[str, Any], prefix: str, constraints: ConstraintGraph
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Samples × variables as the run saw them, and its covariates."""
    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.cli.preparing import prepare_inputs
    from genesis.cli.reading import READ_AGAIN, read_inputs
    from genesis.cli.recorded_inputs import files_of, unchanged
    from genesis.constraints.needed_variables import needed_variables
    from genesis.errors import InconsistentInputsError
    from genesis.inputs.collect import collect_inputs
    from genesis.io.genes import read_genes
    from genesis.result.run_log import RunLog

    inputs = run.get("inputs")
    if not inputs:
        raise InconsistentInputsError(
            f"{prefix} does not say which files it was made from: it was made in Python. Use "
            "genesis.constraints.run_pc and its like with the data"
        )
    if "layers" in run:
        raise InconsistentInputsError(
            f"{prefix} is of several layers ({', '.join(run['layers']['genes'])}), which are not "
            "read again here: use genesis.constraints.run_pc and its like with the data"
        )
    directory = run.get("environment", {}).get("directory")
    paths = {
        name: files_of(inputs[name], directory) if name in inputs else None for name in READ_AGAIN
    }
    reading = {**run["options"], **paths}
    console = RunConsole(RunLog(["genesis", "head-start"]), quiet=True)
    genes = read_genes(unchanged(inputs["genes"], directory)) if "genes" in inputs else None
    genotypes, expression, covariates, _ = read_inputs(reading, console, genes)
    settings = {**run["options"], "check_samples": False}
    prepared = prepare_inputs(settings, genotypes, expression, covariates, genes)
    whole = collect_inputs(prepared.genotypes, prepared.expression, None, None, None, None)
    wanted = needed_variables(constraints)
    position = pd.Index(whole.variants["variant_id"]).get_indexer(wanted)
    variants = [name for name, at in zip(wanted, position, strict=True) if at >= 0]
    samples = list(genotypes.samples)
    data = pd.concat(
        [
            pd.DataFrame(whole.dosages[:, position[position >= 0]], samples, variants),
            pd.DataFrame(whole.expression, samples, whole.genes["gene_id"].tolist()),
        ],
        axis=1,
    )
    return data, prepared.covariates
