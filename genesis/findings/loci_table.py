"""The table that says which gene of a locus acts: its columns, and it as a matrix."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["empty_loci", "weighed_by_locus"]

_TYPES = {
    "locus": "str",
    "chrom": "string",
    "start": "Int64",
    "end": "Int64",
    "n_genes": "int64",
    "target": "str",
    "posterior": "float64",
    "n_members": "int64",
    "gene_id": "string",
    "share": "float64",
    "cis_correlation": "float64",
    "partial_correlation": "float64",
    "mediated": "float64",
    "posterior_ancestor": "float64",
}


def empty_loci() -> pd.DataFrame:
    """A table of loci without rows; see `genesis.findings.findings.Findings`."""
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in _TYPES.items()})


def weighed_by_locus(loci: pd.DataFrame, gene_ids: pd.Index) -> pd.DataFrame:
    """Posteriors that a gene is the one by which its locus acts.

    Parameters
    ----------
    loci : pandas.DataFrame
        As `empty_loci` has its columns.
    gene_ids : pandas.Index

    Returns
    -------
    pandas.DataFrame of float32, shape (n_genes, n_genes)
        Row a, column b: the posterior that the locus of a acts on b, times the share of a; the
        larger one where a is a candidate at two loci beside each other. NaN where there is none.
    """
    matrix = np.full((len(gene_ids),) * 2, np.nan, dtype=np.float32)
    a, b = gene_ids.get_indexer(loci["gene_id"]), gene_ids.get_indexer(loci["target"])
    weighed = (loci["posterior"] * loci["share"]).to_numpy(dtype=np.float32)
    known = a >= 0
    np.fmax.at(matrix, (a[known], b[known]), weighed[known])
    return pd.DataFrame(matrix, index=gene_ids, columns=gene_ids.rename(None))
