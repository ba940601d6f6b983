"""Genes of a network that act and are not in the expression."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.simulate.simulation import Simulation, anchor_table, edge_table

__all__ = ["leave_out"]


def leave_out(simulation: Simulation, gene_ids: list[str]) -> Simulation:
    """Take genes out of the expression, and find the truth of those that are left.

    What passes through genes that are left out alone becomes a direct effect: an edge a → b where
    a path from a to b has no other measured gene, with the sum over these paths of the products
    of their weights; and alike for the variants. Ancestors among the measured genes stay the same.

    Parameters
    ----------
    simulation : Simulation
        With positions of genes.
    gene_ids : list of str
        Genes to leave out.

    Returns
    -------
    Simulation
        Its `unmeasured` has the rows of these genes.

    Examples
    --------
    >>> from genesis.simulate import two_tier
    >>> whole = two_tier(n=50, d_x=4, sparsity=0, seed=1)
    >>> part = leave_out(whole, [whole.expression.columns[1]])
    >>> part.expression.shape[1], len(part.truth)
    (3, 3)
    """
    names = simulation.expression.columns
    variants = simulation.genotypes.columns
    weight = np.zeros((len(names), len(names)))
    above, below = (names.get_indexer(simulation.truth[end]) for end in ("parent", "child"))
    weight[above, below] = simulation.truth["weight"]
    own = simulation.anchors
    rows = np.unique(variants.get_indexer(own["variant_id"]))
    acts = np.zeros((len(rows), len(names)))
    at = np.searchsorted(rows, variants.get_indexer(own["variant_id"]))
    acts[at, names.get_indexer(own["gene_id"])] = own["weight"]
    left_out = names.isin(gene_ids)
    for gene in np.flatnonzero(left_out):
        # What came in goes on to what it acts on; sums that cancel are no edges any more.
        acts += np.outer(acts[:, gene], weight[gene])
        weight += np.outer(weight[:, gene], weight[gene])
        weight[gene] = weight[:, gene] = acts[:, gene] = 0.0
    kept = np.flatnonzero(~left_out)
    parents, weights = _columns(weight[np.ix_(kept, kept)])
    regulating, effects = _columns(acts[:, kept])
    gene_of = np.repeat(np.arange(len(kept)), [len(found) for found in regulating])
    genes = simulation.genes
    if genes is None:
        genes = pd.DataFrame({"gene_id": names.astype("str")})
    is_out = genes["gene_id"].isin(gene_ids)
    return replace(
        simulation,
        expression=simulation.expression.iloc[:, kept],
        genes=None if simulation.genes is None else genes[~is_out].reset_index(drop=True),
        truth=edge_table(names[kept].tolist(), parents, weights),
        anchors=anchor_table(
            names[kept].tolist(),
            variants.tolist(),
            gene_of,
            rows[np.concatenate([np.empty(0, np.int64), *regulating])],
            np.concatenate([np.empty(0), *effects]),
        ),
        unmeasured=genes[is_out].reset_index(drop=True),
    )


def _columns(
    matrix: NDArray[np.float64],
) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float64]]]:
    """Of each column the rows that are not zero, and their values."""
    rows = [np.flatnonzero(column) for column in matrix.T]
    return rows, [column[found] for column, found in zip(matrix.T, rows, strict=True)]
