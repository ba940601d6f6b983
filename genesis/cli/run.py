"""``genesis run``: from a VCF and an expression table to all outputs."""

from __future__ import annotations

import dataclasses
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from genesis.cli import options
from genesis.cli.config_file import check_recorded, settled
from genesis.cli.dry_run import dry_run
from genesis.cli.forecast import seconds_of_run
from genesis.cli.layers import describe_layers, layer_options, split_layer_options
from genesis.cli.preparing import prepare_inputs
from genesis.cli.reading import (
    describe_inputs,
    match_inputs,
    read_gene_places,
    read_inputs,
    warn_of_places,
)
from genesis.options import Options, PreparationOptions, options_of

if TYPE_CHECKING:
    from genesis.cli.console import RunConsole
    from genesis.cli.layers import LayerFiles
    from genesis.result.result import Result

__all__ = ["run"]


@click.command(cls=options.GroupedCommand)
@options.data_of_run
@options.out
@options.config
@options.other_inputs
@layer_options
@options.filters
@options.method
@options.preparation
@options.threads
@options.max_memory
@options.checkpoint
@options.resume
@options.dask_scheduler
@options.seed
@options.dry_run
@options.paths_to
@options.report
@options.force
@options.messages
def run(**given: Any) -> None:
    """Find which genes lie before which, using genotypes as anchors.

    Messages go to stderr and to PREFIX.log. Outputs appear together at the end, or not at all.

    \b
    genesis run --vcf genotypes.vcf.gz --expression expression.tsv.gz \\
        --genes genes.bed --covariates covariates.tsv --out results/run1
    genesis run --config results/run1.run.json --out results/again
    genesis run --vcf genotypes.vcf.gz --expression expression.tsv.gz \\
        --genes genes.bed --layer protein=olink.tsv --traits traits.tsv \\
        --order "expression < protein" --out results/run2
    """
    from genesis.cli.console import start_console
    from genesis.cli.terminal_summary import say_result
    from genesis.engine.checkpoint import require_checkpoint
    from genesis.result.files import output_suffixes, save_result

    started = time.perf_counter()
    given = settled(given)
    if given["report"]:
        from genesis.engine.extras import check_report_extras

        check_report_extras()
    if given["resume"] and given["checkpoint"] is not None:
        # Before the inputs are read, which can take long.
        require_checkpoint(given["checkpoint"])
    check_recorded()
    layers = split_layer_options(given)
    written, replaced = output_suffixes(report=given["report"], graphs=True)
    console = start_console(given, [*written, *replaced], writes=not given["dry_run"])
    if given["dry_run"]:
        with console.showing_progress():
            dry_run(given, console, layers, only_cis=_needs_only_cis(given))
        return
    with console.showing_progress():
        result = _analyse(given, layers, console)
    say_result(result, console)

    def closing_log() -> str:
        console.log.add(f"\n{_ending(given, started)}")
        return console.log.text()

    with console.showing_progress():
        console.progress("writing outputs", 0, 0)
        save_result(
            result,
            given["out"],
            force=given["force"],
            log_text=closing_log,
            threads=given["threads"],
            report=given["report"],
        )
    console.show(_ending(given, started))


def _ending(given: dict[str, Any], started: float) -> str:
    return f"Outputs: {given['out']}.* ({time.perf_counter() - started:.1f} s in all)"


def _analyse(given: dict[str, Any], layers: LayerFiles | None, console: RunConsole) -> Result:
    import genesis
    from genesis.analysis import ALIKE
    from genesis.compiling import compile_ahead, is_to_compile
    from genesis.engine.clock import Clock
    from genesis.engine.cluster import connect
    from genesis.inputs.layer_order import EXPRESSION
    from genesis.io.exclusions import combine

    clock = Clock()
    genes = read_gene_places(given, console)
    # Before their time; those of the method are compiled once the inputs are known to be good.
    if is_to_compile("reading", "preparing"):
        with clock.apart("compiling"):
            compile_ahead("reading", "preparing", progress=console.progress, say=console.say)
    matched = match_inputs(given, console, layers)
    places = matched.expression.genes if genes is None else genes
    console.expect(seconds_of_run(given, matched, bool(places["start"].notna().any())), ALIKE)
    genotypes, expression, covariates, excluded = read_inputs(
        given, console, genes, only_cis=_needs_only_cis(given), packed=True, matched=matched
    )
    warn_of_places(given, genotypes, expression, genes, console)
    anchors = None if given["anchors"] is None else genesis.read_anchors(given["anchors"])
    described = describe_inputs(given) | describe_layers(layers)
    prepared = prepare_inputs(given, genotypes, expression, covariates, genes, console.progress)
    console.say_all(prepared.notes)
    _warn_of_two_ways(given, console)
    _say_what_is_not_used(given["method"], console)
    address = given["dask_scheduler"]
    # Normalised in the preparation.
    asked = Options.among({**given, "normalise": "none"})
    with connect(address) if address else nullcontext() as client:
        result = genesis.discover(
            prepared.genotypes,
            prepared.expression,
            genes=genes,
            covariates=prepared.covariates,
            anchors=anchors,
            **({} if layers is None else layers.arguments(given)),
            options=asked,
            client=client,
            checkpoint=given["checkpoint"],
            resume=given["resume"],
            max_memory=given["max_memory"],
            progress=console.progress,
            say=console.say,
            force=given["force"],
        )
    # Warnings were said before the work began.
    console.say_all(
        note
        for note in result.run["notes"]
        if not note.startswith("Warning:") or note.startswith("Warning: layer ")
    )
    seconds = _with_compiling(clock.seconds, result.run["seconds"])
    for stage, took in seconds.items():
        console.detail(f"{stage}: {took:.2f} s")
    record = {
        **result.run,
        "command": console.log.command,
        "started": clock.started,
        "options": {
            **_reading_options(given),
            **dataclasses.asdict(PreparationOptions.among(given)),
            **result.run["options"],
            "normalise": given["normalise"],
        },
        "seconds": seconds,
        "inputs": described,
        "reading": dict(genotypes.counts),
        "preparation": prepared.record,
    }
    if layers is not None:
        known = record["layers"]
        steps = {**known["normalise"], EXPRESSION: given["normalise"]}
        samples = {name: layers.n_samples[name] for name in known["samples"]}
        record["layers"] = {**known, "normalise": steps, "samples": samples}
        record["options"] |= {name: given[name] for name in ("order", "trait_feedback")}
    return dataclasses.replace(
        result, excluded=combine([*excluded, prepared.excluded, result.excluded]), run=record
    )


def _with_compiling(before: dict[str, float], then: dict[str, float]) -> dict[str, float]:
    """Seconds by stage, with those of compiling before the analysis."""
    together = {stage: took + then.get(stage, 0.0) for stage, took in before.items()}
    return {**together, **{stage: took for stage, took in then.items() if stage not in before}}


def _needs_only_cis(given: dict[str, Any]) -> bool:
    """Whether nothing that was asked for looks at variants far from all genes.

    Related and exchanged samples are as well told by variants near genes. A list of variants is
    held against all that there are, and so are traits.
    """
    of_all = ("all_snps", "anchors", "genotype_pcs", "ld_prune", "include_variants", "traits")
    return not any(given[name] for name in of_all)


def _warn_of_two_ways(given: dict[str, Any], console: RunConsole) -> None:
    fits_factors = given["method"] == "calibrated" and given["hidden_factors"] not in ("none", 0)
    if given["expression_pcs"] not in ("none", 0) and fits_factors:
        console.say(
            "Hidden factors are dealt with twice: expression components were taken out, and the "
            "calibrated method fits factors of its own; leave out --expression-pcs, or add "
            "--hidden-factors none."
        )


def _say_what_is_not_used(method: str, console: RunConsole) -> None:
    context = click.get_current_context()
    given = [
        "--" + one.name.replace("_", "-")
        for one in options_of("rules" if method == "calibrated" else "calibrated")
        if context.get_parameter_source(one.name) is ParameterSource.COMMANDLINE
    ]
    if given:
        console.say(f"Of no effect with --method {method}: {', '.join(given)}.")


def _reading_options(given: dict[str, Any]) -> dict[str, Any]:
    names = (
        "region", "chrom", "pass_only", "field", "maf", "max_missing", "multiallelic", "layer",
        "categorical", "force",
    )  # fmt: skip
    return {name: given[name] for name in names}
