"""Anchors that the user already has: pairs of a gene and a variant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.ids import counted
from genesis.io.tables import read_rows

__all__ = ["read_anchors", "read_pairs"]

GENE_NAMES = ("gene_id", "phenotype_id")


def read_anchors(path: str | Path) -> pd.DataFrame:
    """Read anchors, such as lead eQTLs, from a TSV or CSV with a header.

    Parameters
    ----------
    path : str or Path
        Columns ``gene_id`` (or ``phenotype_id``, as tensorQTL names it) and ``variant_id``;
        others are passed over.

    Returns
    -------
    pandas.DataFrame
        ``gene_id`` and ``variant_id``, each pair once, in the order of the file.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        If a column is missing or a line has no id; with the line.
    DegenerateDataError
        If there are no anchors.

    Examples
    --------
    >>> read_anchors("lead_eqtls.tsv").columns.tolist()     # doctest: +SKIP
    ['gene_id', 'variant_id']
    """
    return read_pairs(path, GENE_NAMES, "gene", "anchors")


def read_pairs(path: str | Path, first_names: Sequence[str], kind: str, what: str) -> pd.DataFrame:
    """Each pair of something and a variant once, in the order of the file.

    Parameters
    ----------
    path : str or Path
    first_names : sequence of str
        What the column of the first may be called; the table has the first of these.
    kind : str
        What the first is.
    what : str
        What the pairs are, for messages.
    """
    header, *rows = read_rows(path)
    names = [cell.strip().lstrip("#") for cell in header.cells]
    gene_name = next((name for name in first_names if name in names), None)
    if gene_name is None or "variant_id" not in names:
        raise MalformedInputError(
            f"{path}, line {header.line}: columns {first_names[0]} and variant_id are needed; "
            f"there are {', '.join(names)}"
        )
    gene_column, variant_column = names.index(gene_name), names.index("variant_id")
    pairs: dict[tuple[str, str], None] = {}
    for row in rows:
        if len(row.cells) != len(names):
            raise MalformedInputError(
                f"{path}, line {row.line}: {counted(len(row.cells), 'column')} where the header "
                f"has {len(names)}"
            )
        pair = row.cells[gene_column].strip(), row.cells[variant_column].strip()
        if not all(pair):
            raise MalformedInputError(
                f"{path}, line {row.line}: no {'variant' if pair[0] else kind} id; complete "
                "or remove the line"
            )
        pairs[pair] = None
    if not pairs:
        raise DegenerateDataError(f"{path}: no {what} after the header")
    return pd.DataFrame(list(pairs), columns=[first_names[0], "variant_id"], dtype="str")
