"""``genesis replicate``: are claims seen again in samples that had no part in them?"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from genesis.cli import options
from genesis.cli.layers import describe_layers, layer_options, split_layer_options
from genesis.cli.reading import (
    describe_inputs,
    match_inputs,
    read_gene_places,
    read_inputs,
    warn_of_places,
)
from genesis.options import Options, PreparationOptions

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from genesis.cli.console import RunConsole
    from genesis.cli.layers import LayerFiles
    from genesis.replicating.replication_outcome import Replication

__all__ = ["replicate"]

_TESTED = "What is tested"
_NUMBERS = ["claims", "anchors", "loci", "expected", "seen", "error", "95 % interval"]


@click.command(cls=options.GroupedCommand)
@click.option(
    "--run",
    "prefix",
    cls=options.GroupedOption,
    group=_TESTED,
    metavar="PREFIX",
    help="The claims of this run, in the samples given, which are others (a second cohort).",
)
@click.option(
    "--claims",
    cls=options.GroupedOption,
    group=_TESTED,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Another program's claims: gene_a, gene_b, effect (of a on b, in standard deviations), "
    "and perhaps posterior and rests_on, as TSV or CSV.",
)
@click.option(
    "--splits",
    cls=options.GroupedOption,
    group=_TESTED,
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="K",
    help="Random halves of the samples; every second split exchanges the halves of the one before.",
)
@options.data_of_run
@options.other_inputs
@layer_options
@options.filters
@options.replication
@options.threads
@options.max_memory
@options.seed
@click.option(
    "--out",
    cls=options.GroupedOption,
    group="Running",
    metavar="PREFIX",
    help="Write PREFIX.replication.tsv.gz, the claims that were tested, and "
    "PREFIX.replication.json, all else.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    cls=options.GroupedOption,
    group="Running",
    help="Print everything as JSON.",
)
@options.force
@options.messages
def replicate(**given: Any) -> None:
    """See how much of what claims predict is there in samples that had no part in them.

    A variant that moves gene a also moves gene b where a acts on b, by that much times the effect
    of a on b, in anybody's data; it does not where the two only share a cause. Printed are, by
    bins of posterior, the share of the predicted effects that is seen (1 where claims are true, 0
    where they are confounded), its error, and what was expected; with other layers or traits also
    from each layer to each other.

    Without --run and --claims the samples are split at random: half of them are analysed as by
    "genesis run", with the same options, and the claims tested on the others.

    \b
    genesis replicate --vcf genotypes.vcf.gz --expression expression.tsv.gz \\
        --genes genes.bed --covariates covariates.tsv --splits 2
    genesis replicate --vcf genotypes.vcf.gz --expression expression.tsv.gz \\
        --genes genes.bed --traits traits.tsv
    genesis replicate --run results/run1 --vcf others.vcf.gz --expression others.tsv.gz
    genesis replicate --claims mr_results.tsv --vcf genotypes.vcf.gz \\
        --expression expression.tsv.gz --genes genes.bed --out results/mr
    """
    import json

    from genesis.cli.console import output_console

    if given["prefix"] and given["claims"]:
        raise click.UsageError("--run and --claims exclude each other")
    if given["prefix"]:
        _refuse_beside_run(given)
    layers = split_layer_options(given)
    console = _start(given)
    with console.showing_progress():
        found, record = _replicate(given, layers, console)
    console.say_all(found.notes)
    if as_json := given["as_json"]:
        click.echo(json.dumps(found.record(), indent=2, ensure_ascii=False, allow_nan=False))
    if given["out"]:
        found = dataclasses.replace(found, run={**found.run, **record})
        found.save(given["out"], force=given["force"])
        console.show(f"Outputs: {given['out']}.replication.*")
    if as_json:
        return
    screen = output_console()
    screen.print(_bin_table(found))
    if found.by_layers is not None:
        screen.print(_layer_table(found.by_layers))
    if found.counts["not_tested"]:
        screen.print(_reason_table(found))
    screen.print(found.verdict, soft_wrap=True)


def _refuse_beside_run(given: dict[str, Any]) -> None:
    if given["anchors"] is not None:
        raise click.UsageError("--run has anchors of its own: leave out --anchors")
    if given["splits"] != 1:
        raise click.UsageError("--run is tested in all samples given: leave out --splits")
    for name in ("order", "trait_feedback", "trait_hits"):
        if given[name]:
            option = name.replace("_", "-")
            raise click.UsageError(f"--run was made as it was: leave out --{option}")


def _start(given: dict[str, Any]) -> RunConsole:
    """The console of the command; where outputs are asked for, once they may be written."""
    from genesis.cli.console import RunConsole, start_console
    from genesis.replicating.replication_outcome import SUFFIXES
    from genesis.result.run_log import RunLog

    if given["out"] is not None:
        return start_console(given, SUFFIXES)
    if given["verbose"] and given["quiet"]:
        raise click.UsageError("-v and -q exclude each other")
    log = RunLog(["genesis", *(click.get_current_context().obj or ())])
    return RunConsole(
        log, verbose=given["verbose"], quiet=given["quiet"], progress=given["progress"]
    )


def _replicate(
    given: dict[str, Any], layers: LayerFiles | None, console: RunConsole
) -> tuple[Replication, dict[str, Any]]:
    import genesis

    run = None if given["prefix"] is None else genesis.load(given["prefix"])
    claims = given["claims"]
    if claims is not None:
        from genesis.replicating.claimed import claims_of_table

        claims = claims_of_table(claims)  # said at once where it cannot be read
    genes = read_gene_places(given, console)
    matched = match_inputs(given, console, layers)
    genotypes, expression, covariates, _ = read_inputs(given, console, genes, matched=matched)
    warn_of_places(given, genotypes, expression, genes, console)
    anchors = None if given["anchors"] is None else genesis.read_anchors(given["anchors"])
    prepared_as = _as_typed_or_run(given, run.run["options"]) if run else given
    found = genesis.replicate(
        genotypes,
        expression,
        genes=genes,
        covariates=covariates,
        anchors=anchors,
        **({} if layers is None else layers.arguments(given)),
        run=run,
        claims=claims,
        splits=given["splits"],
        preparation=PreparationOptions.among(prepared_as),
        options=Options.among(given),
        max_memory=given["max_memory"],
        progress=console.progress,
        say=console.detail,
        force=given["force"],
    )
    record = {
        "command": console.log.command,
        "inputs": describe_inputs(given) | describe_layers(layers),
    }
    for name in ("prefix", "claims"):
        if given[name] is not None:
            record["run" if name == "prefix" else name] = str(given[name])
    return found, record


def _as_typed_or_run(given: dict[str, Any], of_run: dict[str, Any]) -> dict[str, Any]:
    """Options of preparation as they are typed, and else as the run had them."""
    context = click.get_current_context()
    names = {one.name for one in dataclasses.fields(PreparationOptions)} - {"threads", "seed"}
    typed = {
        name
        for name in names & set(given)
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    return {**given, **{name: of_run[name] for name in names - typed if name in of_run}}


def _bin_table(found: Replication) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    table = FittedTable(
        "Predicted effects that are seen in other samples",
        ["claims rest on", "posterior"],
        _NUMBERS,
    )
    for row in found.table.to_dict("records"):
        if row["rests_on"] == "all" or row["n_claims"]:
            add_row(table, row["rests_on"], *_cells(row))
    return table


def _layer_table(by_layers: pd.DataFrame) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    table = FittedTable("The same by layers", ["from", "to", "posterior"], _NUMBERS)
    for row in by_layers.to_dict("records"):
        if row["n_claimed"]:
            add_row(table, row["from_layer"], row["to_layer"], *_cells(row))
    return table


def _cells(row: dict[str, Any]) -> list[Any]:
    """A row from its posteriors on."""
    interval = "-" if not row["n_claims"] else f"{row['low']:.2f} to {row['high']:.2f}"
    return [
        f"{row['lower']:g} to {row['upper']:g}",
        row["n_claims"],
        row["n_anchors"],
        row["n_loci"],
        _number(row["mean_posterior"]),
        _number(row["share"]),
        _number(row["se_between"]),
        interval,
    ]


def _reason_table(found: Replication) -> Table:
    from genesis.cli.fitted_table import FittedTable
    from genesis.cli.terminal_summary import add_row

    table = FittedTable("Claims not tested", ["reason"], ["claims"])
    for reason, number in found.counts["not_tested"].items():
        add_row(table, reason, number)
    return table


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < float("inf") else "-"
