"""Loci and the genes that may act there, as rows for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["NONE_MEASURED", "locus_rows"]

#: What stands in place of a gene that was not measured.
NONE_MEASURED = "none of the measured"


def locus_rows(result: Findings, most: int) -> tuple[list[dict[str, Any]], int]:
    """The surest pairs of a locus and a gene that it acts on, each with its credible set.

    Parameters
    ----------
    result : Findings
    most : int
        Rows at the most: by posterior to three digits, then the smaller set first.

    Returns
    -------
    rows : list of dict
        locus, place, n_genes, target, posterior, and members: pairs of a name and its share.
    n_pairs : int
        How many pairs there are in all.
    """
    loci = result.loci
    first = np.flatnonzero(~loci.duplicated(["locus", "target"]))
    rank = np.lexsort((loci["n_members"].iloc[first], -loci["posterior"].iloc[first].round(3)))
    rows = []
    for start in first[rank[:most]]:
        row = loci.iloc[start]
        members = loci.iloc[start : start + row["n_members"]]
        names = members["gene_id"].fillna(NONE_MEASURED)
        rows.append(
            {
                "locus": row["locus"],
                "place": _place(row),
                "n_genes": int(row["n_genes"]),
                "target": row["target"],
                "posterior": float(row["posterior"]),
                "members": list(zip(names, members["share"], strict=True)),
            }
        )
    return rows, len(first)


def _place(row: pd.Series) -> str:
    if pd.isna(row["chrom"]) or pd.isna(row["start"]):
        return "place unknown"
    return f"{row['chrom']}:{row['start']:,}–{row['end']:,}"
