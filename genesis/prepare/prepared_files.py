"""Prepared inputs on disk: all files under one prefix, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from genesis._version import __version__
from genesis.io.output_set import OutputSet
from genesis.io.table_text import check_ids, write_table
from genesis.prepare.preparation import Prepared

__all__ = ["SUFFIXES", "save_prepared"]

#: Endings of the outputs; the last one marks a complete set.
SUFFIXES = (
    ".expression.tsv.gz",
    ".covariates.tsv",
    ".variants.txt",
    ".excluded.tsv",
    ".kinship.tsv",
    ".swaps.tsv",
    ".log",
    ".prepare.json",
)


def save_prepared(
    prepared: Prepared,
    prefix: str | Path,
    excluded: pd.DataFrame,
    record: dict[str, Any],
    log_text: Callable[[], str],
    *,
    force: bool = False,
) -> list[Path]:
    """Write what `genesis run` reads, and what was found, as ``PREFIX.*``.

    Numbers are written to the last bit, so that a run on them is a run on what was prepared.

    Parameters
    ----------
    prepared : Prepared
    prefix : str or Path
    excluded : pandas.DataFrame
        Exclusion table of reading and preparing.
    record : dict
        For ``.prepare.json``.
    log_text : callable
        Returns the log when all else is written.
    force : bool
        Outputs that exist are replaced.

    Raises
    ------
    OutputWriteError
        An output exists and `force` is false, or the disk cannot take it.
    MalformedInputError
        A name cannot be written to a table.
    """
    expression, samples = prepared.expression, prepared.expression.samples
    check_ids(samples, "sample")
    check_ids(expression.genes["gene_id"], "gene")
    check_ids(prepared.genotypes.variants["variant_id"], "variant")
    table = pd.DataFrame(expression.values.T, columns=samples)
    table.insert(0, "gene_id", expression.genes["gene_id"].array, allow_duplicates=True)
    covariates = prepared.covariates
    known = pd.DataFrame({"sample": pd.Series(samples, dtype="str")})
    if covariates is not None:
        check_ids([str(name) for name in covariates.columns], "covariate")
        known = pd.concat([known, covariates.reset_index(drop=True)], axis=1)
    with OutputSet(prefix, SUFFIXES, force=force) as outputs:
        write_table(outputs.path(".expression.tsv.gz"), table)
        write_table(outputs.path(".covariates.tsv"), known)
        ids = "".join(f"{name}\n" for name in prepared.genotypes.variants["variant_id"])
        outputs.path(".variants.txt").write_text(ids, encoding="utf-8")
        write_table(outputs.path(".excluded.tsv"), excluded)
        related, swaps = prepared.kinship, prepared.swaps
        write_table(
            outputs.path(".kinship.tsv"),
            pd.DataFrame(columns=["sample_a", "sample_b", "degree", "kinship", "se"], dtype="str")
            if related is None
            else related.pairs,
        )
        write_table(
            outputs.path(".swaps.tsv"),
            pd.DataFrame(columns=["sample", "verdict"], dtype="str")
            if swaps is None
            else swaps.samples,
        )
        outputs.path(".log").write_text(log_text(), encoding="utf-8")
        whole = {"schema": "genesis.prepare", "schema_version": 1,
                 "genesis": __version__, **record}  # fmt: skip
        text = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False, default=str)
        outputs.path(".prepare.json").write_text(text + "\n", encoding="utf-8")
    return outputs.written
