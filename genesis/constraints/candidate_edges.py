"""The pairs of a constraint graph that may have an edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from genesis.constraints.graph import ConstraintGraph

__all__ = ["candidate_table"]

_INDIRECT = 0


def candidate_table(graph: ConstraintGraph) -> pd.DataFrame:
    """One row a pair that may have an edge; see `ConstraintGraph.candidates`.

    Parameters
    ----------
    graph : ConstraintGraph
    """
    claims = _open_claims(graph)
    open_pairs = [graph.unresolved_partners(gene) for gene in range(len(graph.nodes))]
    n_open = np.array([len(partners) for partners in open_pairs], dtype=np.int64)
    gene = np.repeat(np.arange(len(graph.nodes)), n_open)
    partner = np.concatenate([np.empty(0, dtype=np.int64), *open_pairs])
    a = np.concatenate([claims["before"].to_numpy(np.int64), gene])
    b = np.concatenate([claims["after"].to_numpy(np.int64), partner])
    n_claims = len(claims)
    a_to_b, posterior = _listed(graph, a, b)
    b_to_a, reverse = _listed(graph, b, a)
    b_to_a[:n_claims] = False
    # A pair that is possible one way only is named that way round.
    swap = b_to_a & ~a_to_b
    a[swap], b[swap] = b[swap], a[swap]
    posterior[swap] = reverse[swap]
    own = claims["posterior_direct"].to_numpy()
    posterior[:n_claims] = np.where(np.isnan(own), posterior[:n_claims], own)
    because = np.full(len(a), 2)
    because[:n_claims] = np.where(claims["strict"], 0, 1)
    table = pd.DataFrame(
        {
            "gene_a": pd.Categorical.from_codes(a, graph.nodes),
            "gene_b": pd.Categorical.from_codes(b, graph.nodes),
            "a_to_b": a_to_b | swap,
            "b_to_a": b_to_a & ~swap,
            "posterior": posterior,
            "because": pd.Categorical.from_codes(
                because, ["ancestor", "nondescendant", "unresolved"]
            ),
        }
    )
    return table[a_to_b | b_to_a].reset_index(drop=True)


def _listed(graph: ConstraintGraph, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether edges a → b agree with tiers and candidates by hand, and their posteriors."""
    tier = np.full(len(graph.nodes), -1)
    for number, members in enumerate(graph.tiers):
        tier[members] = number
    possible = (tier[a] <= tier[b]) | (tier[a] < 0) | (tier[b] < 0)
    posterior = np.full(len(a), np.nan, dtype=np.float32)
    if graph.listed is None:
        return possible, posterior
    n = len(graph.nodes)
    key = graph.listed["before"].to_numpy(np.int64) * n + graph.listed["after"].to_numpy()
    at = np.minimum(np.searchsorted(key, a * n + b), max(len(key) - 1, 0))
    found = key[at] == a * n + b if len(key) else np.zeros(len(a), dtype=bool)
    posterior[found] = graph.listed["posterior"].to_numpy()[at[found]]
    return possible & found, posterior


def _open_claims(graph: ConstraintGraph) -> pd.DataFrame:
    """Rows of `claims` whose direction may be an edge.

    All but the indirect ones, and those that another claim or an absence forbids.
    """
    strict = graph.claims["strict"].to_numpy()
    before, after = (graph.claims[name].to_numpy(np.int64) for name in ("before", "after"))
    n = len(graph.nodes)
    forbidden = np.isin(before * n + after, after[~strict] * n + before[~strict])
    absent = graph.absences["gene_a"].to_numpy(np.int64) * n + graph.absences["gene_b"].to_numpy()
    forbidden |= np.isin(np.minimum(before, after) * n + np.maximum(before, after), absent)
    indirect = strict & (graph.claims["direct"] == _INDIRECT).to_numpy()
    return graph.claims[~(indirect | forbidden)]
