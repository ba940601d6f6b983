"""``genesis run``: from a VCF and an expression table to all outputs."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genesis.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.io.expression import Expression
    from genesis.io.genotypes import Genotypes
    from genesis.result import Result

__all__ = ["read_inputs", "run"]

_INPUTS = ("vcf", "expression", "genes", "covariates", "samples", "include_genes", "anchors")


@click.command(cls=options.GroupedCommand)
@options.vcf
@options.expression
@options.out
@options.genes
@options.covariates
@options.anchors
@options.region
@options.samples
@options.include_genes
@options.field
@options.maf
@options.max_missing
@options.multiallelic
@options.normalise
@options.method
@options.fdr
@options.min_posterior
@options.keep_posterior
@options.hidden_factors
@options.anchor_kind
@options.profile
@options.cis_window
@options.all_snps
@options.alpha
@options.alpha_blanket
@options.max_sweeps
@options.threads
@options.seed
@options.force
@options.progress
@options.verbose
@options.quiet
def run(**given: Any) -> None:
    """Find which genes lie before which, using genotypes as anchors.

    Messages go to stderr and to PREFIX.log. Outputs appear together at the end, or not at all.

    \b
    genesis run --vcf genotypes.vcf.gz --expression expression.tsv.gz \\
        --genes genes.bed --covariates covariates.tsv --out results/run1
    """
    from genesis.cli.console import RunConsole
    from genesis.cli.report import report_result
    from genesis.io.output_set import check_outputs
    from genesis.io.result_files import SUFFIXES, save_result
    from genesis.io.run_log import RunLog

    if given["verbose"] and given["quiet"]:
        raise click.UsageError("-v and -q exclude each other")
    started = time.perf_counter()
    check_outputs(given["out"], SUFFIXES, force=given["force"])
    log = RunLog(["genesis", *(click.get_current_context().obj or ())])
    console = RunConsole(
        log, verbose=given["verbose"], quiet=given["quiet"], progress=given["progress"]
    )
    console.header(_flags(given))
    with console.showing_progress():
        result = _analyse(given, console)
    report_result(result, console)

    def closing_log() -> str:
        log.add(f"\n{_ending(given, started)}")
        return log.text()

    with console.showing_progress():
        console.progress("writing outputs", 0, 0)
        save_result(
            result,
            given["out"],
            force=given["force"],
            log_text=closing_log,
            threads=given["threads"],
        )
    console.show(_ending(given, started))


def _ending(given: dict[str, Any], started: float) -> str:
    return f"Outputs: {given['out']}.* ({time.perf_counter() - started:.1f} s in all)"


def _flags(given: dict[str, Any]) -> dict[str, Any]:
    """The options in effect as they are typed."""
    return {
        "--" + name.replace("_", "-"): "" if value is True else value
        for name, value in given.items()
        if value is not None and value is not False
    }


def _analyse(given: dict[str, Any], console: RunConsole) -> Result:
    import genesis
    from genesis.ancestrality import pair_kernels
    from genesis.io.exclusions import combine
    from genesis.jit import is_compiled

    genotypes, expression, covariates, excluded = read_inputs(given, console)
    genes = None if given["genes"] is None else genesis.read_genes(given["genes"])
    anchors = None if given["anchors"] is None else genesis.read_anchors(given["anchors"])
    described = _describe_inputs(given)
    if not is_compiled(pair_kernels.evaluate_pairs):
        console.say("Compiling, once after installation.")
    result = genesis.discover(
        genotypes,
        expression,
        method=given["method"],
        profile=given["profile"],
        genes=genes,
        covariates=covariates,
        anchors=anchors,
        cis_window=given["cis_window"],
        all_snps=True if given["all_snps"] else None,
        normalise=given["normalise"],
        alpha=given["alpha"],
        alpha_blanket=given["alpha_blanket"],
        max_sweeps=given["max_sweeps"],
        fdr=given["fdr"],
        min_posterior=given["min_posterior"],
        keep_posterior=given["keep_posterior"],
        hidden_factors=given["hidden_factors"],
        anchor_kind=given["anchor_kind"],
        seed=given["seed"],
        threads=given["threads"],
        progress=console.progress,
    )
    console.say_all(result.run["notes"])
    for stage, seconds in result.run["seconds"].items():
        console.detail(f"{stage}: {seconds:.2f} s")
    record = {
        **result.run,
        "command": console.log.command,
        "options": {**_reading_options(given), **result.run["options"]},
        "inputs": described,
        "reading": dict(genotypes.counts),
    }
    return dataclasses.replace(result, excluded=combine([*excluded, result.excluded]), run=record)


def _reading_options(given: dict[str, Any]) -> dict[str, Any]:
    names = ("region", "field", "maf", "max_missing", "multiallelic", "force")
    return {name: given[name] for name in names}


def read_inputs(
    given: dict[str, Any], console: RunConsole
) -> tuple[Genotypes, Expression, pd.DataFrame | None, list[pd.DataFrame]]:
    """The inputs, of the samples that all of them have."""
    import genesis
    from genesis.io.align import match_samples
    from genesis.io.expression import read_gene_list, read_sample_list
    from genesis.io.table_text import check_ids
    from genesis.io.vcf import vcf_samples

    keep_genes = given["include_genes"] and read_gene_list(given["include_genes"])
    keep_samples = given["samples"] and read_sample_list(given["samples"])
    console.progress("reading expression", 0, 0)
    expression = genesis.read_expression(
        given["expression"], include_genes=keep_genes, max_missing=given["max_missing"]
    )
    check_ids(expression.genes["gene_id"], "gene")
    console.say_all(expression.notes)
    genotyped = vcf_samples(given["vcf"])
    shared = sorted({*genotyped} & {*expression.samples})
    if not shared:
        # Genotypes and expression of different people: no covariate mends that.
        match_samples(genotyped, expression.samples)
    covariates = None
    if given["covariates"] is not None:
        covariates = genesis.read_covariates(given["covariates"], shared)
        console.say_all(covariates.notes)
    match = match_samples(
        genotyped,
        expression.samples,
        None if covariates is None else list(covariates.values.index),
        keep_samples,
        force=given["force"],
    )
    console.say_all(match.notes)
    genotypes = genesis.read_vcf(
        given["vcf"],
        samples=match.samples,
        region=given["region"],
        field=given["field"],
        maf=given["maf"],
        max_missing=given["max_missing"],
        multiallelic=given["multiallelic"],
        progress=console.progress,
    )
    console.say_all(genotypes.notes)
    expression = expression.take_samples(match.samples)
    parts = [match.excluded, genotypes.excluded, expression.excluded]
    if covariates is not None:
        parts.append(covariates.excluded)
    values = None if covariates is None else covariates.values.loc[match.samples]
    return genotypes, expression, values, parts


def _describe_inputs(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Path, size and SHA-256 of every file that was read; of a pipe, which is gone, the path."""
    described: dict[str, dict[str, Any]] = {}
    for name in _INPUTS:
        path: Path | None = given[name]
        if path is None:
            continue
        described[name] = {"path": str(path)}
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            described[name] |= {"bytes": path.stat().st_size, "sha256": digest}
    return described
