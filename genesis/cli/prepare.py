"""``genesis prepare``: filtered, normalised inputs and their covariates as files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from genesis.cli import options
from genesis.cli.preparing import prepare_inputs
from genesis.cli.reading import describe_inputs, read_gene_places, read_inputs, warn_of_places
from genesis.options import PreparationOptions

__all__ = ["prepare"]


@click.command(cls=options.GroupedCommand)
@options.data
@options.out
@options.genes
@options.covariates
@options.sex
@options.filters
@options.normalise
@options.cis_window
@options.preparation
@options.threads
@options.seed
@options.force
@options.messages
def prepare(**given: Any) -> None:
    """Filter and normalise the inputs of a run, find covariates, and check the samples.

    "genesis run" takes the same options and does the same by itself. Writes
    PREFIX.expression.tsv.gz and PREFIX.covariates.tsv (for "genesis run --normalise none"),
    PREFIX.variants.txt (ids of the variants kept), PREFIX.excluded.tsv, PREFIX.kinship.tsv
    (related samples), PREFIX.swaps.tsv (how each sample's expression fits its genotypes),
    PREFIX.log and PREFIX.prepare.json: all of them, or none.

    \b
    genesis prepare --vcf genotypes.vcf.gz --expression counts.tsv.gz --genes genes.bed \\
        --covariates covariates.tsv --min-expression 6 --normalise tmm,int \\
        --genotype-pcs 5 --out results/prepared
    """
    from genesis.cli.console import start_console
    from genesis.io.exclusions import combine
    from genesis.prepare.prepared_files import SUFFIXES, save_prepared

    console = start_console(given, SUFFIXES)
    with console.showing_progress():
        genes = read_gene_places(given, console)
        genotypes, expression, covariates, excluded = read_inputs(given, console, genes)
        warn_of_places(given, genotypes, expression, genes, console)
        prepared = prepare_inputs(given, genotypes, expression, covariates, genes, console.progress)
    console.say_all(prepared.notes)
    record = {
        "command": console.log.command,
        "options": asdict(PreparationOptions.among(given)),
        "inputs": describe_inputs(given),
        "preparation": prepared.record,
    }
    save_prepared(
        prepared,
        given["out"],
        combine([*excluded, prepared.excluded]),
        record,
        console.log.text,
        force=given["force"],
    )
    console.show(f"Outputs: {given['out']}.*")
