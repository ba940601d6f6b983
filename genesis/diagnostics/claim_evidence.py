"""The correlations that the strongest claims rest on, before and after conditioning."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.findings.findings import Findings
from genesis.inputs.collect import Inputs
from genesis.io.text_columns import find_texts
from genesis.linear.unit_rows import UnitRows

__all__ = ["claim_evidence", "given_third"]

#: Claims whose correlations are kept.
MOST_CLAIMS = 5_000
#: Claims whose values are held at once.
_BLOCK = 512
_ROUNDING = 1e-12


def claim_evidence(
    inputs: Inputs, genes: np.ndarray, rows: np.ndarray, result: Findings
) -> pd.DataFrame:
    """Correlations of the witness and the two genes of each of the strongest ancestor claims.

    Parameters
    ----------
    inputs : Inputs
    genes : (n_genes,) int64
        Positions in the inputs of the genes that vary.
    rows : (n_genes, n_samples) float64
        Their unit rows.
    result : Findings

    Returns
    -------
    pandas.DataFrame
        See `Diagnostics.evidence`; the strongest claim first.
    """
    claims = result.pairs.rows(result.pairs.strongest(MOST_CLAIMS))
    row_of = np.full(len(inputs.genes), -1, dtype=np.int64)
    row_of[genes] = np.arange(len(genes))
    variants = UnitRows(inputs.dosages, inputs.basis)
    n_variants = len(result.variables) - len(result.genes)
    column_of = find_texts(inputs.variants["variant_id"], result.variables[:n_variants])
    correlations = np.empty((len(claims), 3))
    for start in range(0, len(claims), _BLOCK):
        some = claims.rows(slice(start, start + _BLOCK))
        a, b = rows[row_of[some.gene_a]], rows[row_of[some.gene_b]]
        witness = np.full(a.shape, np.nan)
        is_gene = some.witness >= n_variants
        witness[is_gene] = rows[row_of[some.witness[is_gene] - n_variants]]
        is_variant = (some.witness >= 0) & ~is_gene
        witness[is_variant] = variants(column_of[some.witness[is_variant]])[0]
        for k, (x, y) in enumerate([(witness, a), (witness, b), (a, b)]):
            correlations[start : start + _BLOCK, k] = np.einsum("ij,ij->i", x, y)
    wa, wb, ab = correlations.T
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
