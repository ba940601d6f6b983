"""``genesis convert``: genotypes into a store that is read many times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from genesis.cli import options

__all__ = ["convert"]


@click.command(cls=options.GroupedCommand)
@options.vcf_file
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="STORE.zarr",
    cls=options.GroupedOption,
    group="Inputs",
    help="A directory that does not exist yet.",
)
@options.threads
@options.quiet
def convert(**given: Any) -> None:
    """Write the genotypes of a VCF to a Zarr store (VCF Zarr layout).

    A store is given to the other commands as a VCF is, and gives the same result. Needs
    pip install 'genesis-causal[zarr]'.

    \b
    genesis convert --vcf genotypes.vcf.gz --out genotypes.zarr
    genesis run --vcf genotypes.zarr --expression expression.tsv.gz --out results/run1
    """
    from genesis.engine.threads import available_threads
    from genesis.io.vcf_zarr import convert_vcf

    path = convert_vcf(given["vcf"], given["out"], threads=given["threads"] or available_threads())
    if not given["quiet"]:
        click.echo(f"Output: {path}", err=True)
