"""The correlations that the strongest claims rest on, before and after conditioning."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.ancestrality.inputs import Inputs
from genesis.prepare.standardise import UnitRows
from genesis.result import Result

__all__ = ["claim_evidence", "given_third"]

#: Claims whose correlations are kept.
MOST_CLAIMS = 5_000
_ROUNDING = 1e-12


def claim_evidence(
    inputs: Inputs, genes: np.ndarray, rows: np.ndarray, result: Result
) -> pd.DataFrame:
    """Correlations of the witness and the two genes of each of the strongest ancestor claims.

    Parameters
    ----------
    inputs : Inputs
    genes : (n_genes,) int64
        Positions in the inputs of the genes that vary.
    rows : (n_genes, n_samples) float64
        Their unit rows.
    result : Result

    Returns
    -------
    pandas.DataFrame
        See `Diagnostics.evidence`; the strongest claim first.
    """
    claims = result.pairs.rows(result.pairs.strongest(MOST_CLAIMS))
    n_variants = len(result.variables) - len(result.genes)
    row_of = np.full(len(inputs.genes), -1, dtype=np.int64)
    row_of[genes] = np.arange(len(genes))
    a, b = rows[row_of[claims.gene_a]], rows[row_of[claims.gene_b]]
    witness = np.full(a.shape, np.nan)
    is_gene = claims.witness >= n_variants
    witness[is_gene] = rows[row_of[claims.witness[is_gene] - n_variants]]
    is_variant = (claims.witness >= 0) & ~is_gene
    if is_variant.any():
        used, which = np.unique(claims.witness[is_variant], return_inverse=True)
        names = result.variables.take(used)
        columns = pd.Index(inputs.variants["variant_id"]).get_indexer(names)
        witness[is_variant] = UnitRows(inputs.dosages, inputs.basis)(columns)[0][which]
    wa, wb, ab = (np.einsum("ij,ij->i", x, y) for x, y in ((witness, a), (witness, b), (a, b)))
    return pd.DataFrame(
        {
            "gene_a": claims.gene_a,
            "gene_b": claims.gene_b,
            "witness": claims.witness,
            "witness_a": wa,
            "witness_b": wb,
            "witness_b_given_a": given_third(wb, wa, ab),
            "a_b": ab,
            "a_b_given_witness": given_third(ab, wa, wb),
        }
    )


def given_third(xy: np.ndarray, xz: np.ndarray, yz: np.ndarray) -> np.ndarray:
    """Partial correlation of x and y given z; NaN where z leaves nothing of either.

    Examples
    --------
    >>> given_third(np.array([0.25]), np.array([0.5]), np.array([0.5])).tolist()
    [0.0]
    """
    left = (1.0 - xz * xz) * (1.0 - yz * yz)
    known = left > _ROUNDING
    return np.where(known, (xy - xz * yz) / np.sqrt(np.where(known, left, 1.0)), np.nan)
