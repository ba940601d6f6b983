"""``genesis scan``: every variant against every gene."""

from __future__ import annotations

from typing import Any

import click

from genesis.cli import options
from genesis.cli.reading import read_inputs

__all__ = ["scan"]

#: The last one marks a complete set.
SUFFIXES = (".scan.parquet", ".scan.tsv.gz", ".scan.excluded.tsv", ".scan.log")


@click.command(cls=options.GroupedCommand)
@options.data
@options.out
@options.covariates
@options.sex
@options.filters
@options.normalise
@options.pval
@options.threads
@options.force
@options.messages
def scan(**given: Any) -> None:
    """Regress every gene on every variant and list what is significant.

    PREFIX.scan.parquet and PREFIX.scan.tsv.gz hold one row a pair of variant and gene, in
    the column names of tensorQTL's trans mode: variant_id, phenotype_id, pval, b, b_se, af;
    effect_allele (ALT, of which b is per allele and af the frequency) and other_allele; and
    log10_pval, exact also where the p-value is too small for a number.

    \b
    genesis scan --vcf genotypes.vcf.gz --expression expression.tsv.gz \\
        --covariates covariates.tsv --pval 1e-5 --out results/scan1
    """
    import genesis
    from genesis.cli.console import start_console
    from genesis.io.exclusions import combine
    from genesis.io.ids import counted
    from genesis.io.output_set import OutputSet
    from genesis.io.table_text import write_table

    console = start_console(given, SUFFIXES)
    with console.showing_progress():
        genotypes, expression, covariates, excluded = read_inputs(given, console)
        table = genesis.scan(
            genotypes,
            expression,
            covariates=covariates,
            normalise=given["normalise"],
            pval=given["pval"],
            threads=given["threads"],
            progress=console.progress,
        )
    n_pairs = len(genotypes.variants) * len(expression.genes)
    console.say(
        f"{counted(len(table), 'pair', ',')} of {n_pairs:,} with a p-value up to {given['pval']:g}."
    )
    with OutputSet(given["out"], SUFFIXES, force=given["force"]) as outputs:
        table.to_parquet(outputs.path(".scan.parquet"), index=False, compression="zstd")
        write_table(outputs.path(".scan.tsv.gz"), table)
        write_table(outputs.path(".scan.excluded.tsv"), combine(excluded))
        outputs.path(".scan.log").write_text(console.log.text(), encoding="utf-8")
    console.show(f"Outputs: {given['out']}.scan.*")
