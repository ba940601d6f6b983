"""Inputs of the commands: read, matched by sample, described for the record."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.io.expression import Expression
    from genesis.io.genotypes import Genotypes

__all__ = ["describe_inputs", "flags", "read_inputs"]

_INPUTS = ("vcf", "expression", "genes", "covariates", "samples", "include_genes", "anchors")


def flags(given: dict[str, Any]) -> dict[str, Any]:
    """The options in effect as they are typed."""
    return {
        "--" + name.replace("_", "-"): "" if value is True else value
        for name, value in given.items()
        if value is not None and value is not False
    }


def read_inputs(
    given: dict[str, Any], console: RunConsole
) -> tuple[Genotypes, Expression, pd.DataFrame | None, list[pd.DataFrame]]:
    """The inputs, of the samples that all of them have."""
    import genesis
    from genesis.io.align import match_samples
    from genesis.io.expression import read_gene_list, read_sample_list
    from genesis.io.table_text import check_ids
    from genesis.io.vcf import open_vcf

    keep_genes = given["include_genes"] and read_gene_list(given["include_genes"])
    keep_samples = given["samples"] and read_sample_list(given["samples"])
    console.progress("reading expression", 0, 0)
    expression = genesis.read_expression(
        given["expression"], include_genes=keep_genes, max_missing=given["max_missing"]
    )
    check_ids(expression.genes["gene_id"], "gene")
    console.say_all(expression.notes)
    genotyped = open_vcf(given["vcf"]).samples
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


def describe_inputs(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Path, size and SHA-256 of every file that was read; of a pipe, which is gone, the path."""
    described: dict[str, dict[str, Any]] = {}
    for name in _INPUTS:
        path: Path | None = given.get(name)
        if path is None:
            continue
        described[name] = {"path": str(path)}
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            described[name] |= {"bytes": path.stat().st_size, "sha256": digest}
    return described
