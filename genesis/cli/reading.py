"""Inputs of the commands: read, matched by sample, described for the record."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.io.expression import Expression
    from genesis.io.genotype_source import GenotypeSource
    from genesis.io.genotypes import Genotypes

__all__ = ["READ_AGAIN", "describe_inputs", "open_genotypes", "read_inputs"]

#: Options that name genotypes, with the endings of the files of each.
SOURCES: dict[str, tuple[str, ...]] = {
    "vcf": (),
    "bed": (".bed", ".bim", ".fam"),
    "pfile": (".pgen", ".pvar", ".pvar.zst", ".psam"),
    "bgen": (),
}
LISTS = tuple(
    f"{to_do}_{kind}"
    for kind in ("samples", "variants", "genes")
    for to_do in ("include", "exclude")
)
#: Options that name files to be read again for the same data.
READ_AGAIN = (*SOURCES, "sample", "expression", "covariates", "sex", *LISTS)


def read_inputs(
    given: dict[str, Any], console: RunConsole
) -> tuple[Genotypes, Expression, pd.DataFrame | None, list[pd.DataFrame]]:
    """The inputs, of the samples that all of them have."""
    import genesis
    from genesis.io.align import match_samples
    from genesis.io.genotype_source import read_genotypes
    from genesis.io.table_text import check_ids
    from genesis.io.tables import read_ids
    from genesis.io.variant_blocks import RecordFilter

    source = open_genotypes(given)
    lists = {name: given[name] and read_ids(given[name]) for name in LISTS}
    console.progress("reading expression", 0, 0)
    expression = genesis.read_expression(
        given["expression"],
        include_genes=lists["include_genes"],
        exclude_genes=lists["exclude_genes"],
        max_missing=given["max_missing"],
    )
    check_ids(expression.genes["gene_id"], "gene")
    console.say_all(expression.notes)
    shared = sorted({*source.samples} & {*expression.samples})
    if not shared:
        # Genotypes and expression of different people: no covariate mends that.
        match_samples(source.samples, expression.samples)
    covariates = None
    if given["covariates"] is not None:
        covariates = genesis.read_covariates(given["covariates"], shared)
        console.say_all(covariates.notes)
    match = match_samples(
        source.samples,
        expression.samples,
        None if covariates is None else list(covariates.values.index),
        lists["include_samples"],
        lists["exclude_samples"],
        force=given["force"],
    )
    console.say_all(match.notes)
    limits = RecordFilter(
        field=given["field"],
        maf=given["maf"],
        max_missing=given["max_missing"],
        multiallelic=given["multiallelic"],
        include=lists["include_variants"],
        exclude=lists["exclude_variants"],
        pass_only=given.get("pass_only", False),  # runs of earlier versions had no such option
    )
    genotypes = read_genotypes(
        source,
        limits,
        samples=match.samples,
        region=[*given["region"], *given["chrom"]] or None,
        sex=given["sex"],
        progress=console.progress,
    )
    console.say_all(genotypes.notes)
    expression = expression.take_samples(match.samples)
    parts = [match.excluded, genotypes.excluded, expression.excluded]
    if covariates is not None:
        parts.append(covariates.excluded)
    values = None if covariates is None else covariates.values.loc[match.samples]
    return genotypes, expression, values, parts


def open_genotypes(given: dict[str, Any]) -> GenotypeSource:
    """The one source of genotypes that is given."""
    from genesis.errors import CommandLineError
    from genesis.io.bgen_file import BgenSource
    from genesis.io.plink1 import BedSource
    from genesis.io.plink2 import PgenSource
    from genesis.io.vcf import open_vcf

    named = [name for name in SOURCES if given[name] is not None]
    if len(named) != 1:
        said = "none is given" if not named else " and ".join(f"--{name}" for name in named)
        raise CommandLineError(
            f"genotypes come from one of {', '.join(f'--{name}' for name in SOURCES)}: {said}"
        )
    sample = given["sample"]
    if sample is not None and named != ["bgen"]:
        raise CommandLineError("--sample names the samples of a BGEN; give it with --bgen only")
    openers: dict[str, Callable[[Path], GenotypeSource]] = {
        "vcf": open_vcf,
        "bed": BedSource,
        "pfile": PgenSource,
        "bgen": partial(BgenSource, sample=sample),
    }
    return openers[named[0]](given[named[0]])


def describe_inputs(given: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Path, size and SHA-256 of every file that was read.

    A data set of several files has a list of them; a store, which is a directory, its path only.
    """
    described: dict[str, dict[str, Any]] = {}
    for name in (*READ_AGAIN, "genes", "anchors"):
        path: Path | None = given.get(name)
        if path is None:
            continue
        described[name] = describe_file(path)
        if SOURCES.get(name):
            stem = str(path).removesuffix(SOURCES[name][0])
            parts = [Path(f"{stem}{suffix}") for suffix in SOURCES[name]]
            files = [describe_file(part) for part in parts if part.is_file()]
            described[name] = {"path": str(path), "files": files}
    return described


def describe_file(path: Path) -> dict[str, Any]:
    """Path, size and SHA-256 of a file; of a directory the path."""
    if not path.is_file():
        return {"path": str(path)}
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"path": str(path), "bytes": path.stat().st_size, "sha256": digest}
