"""Whether constraints contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genesis.errors import InconsistentInputsError

if TYPE_CHECKING:
    from genesis.constraints.graph import ConstraintGraph

__all__ = ["check_consistency"]

_SHOWN = 5


def check_consistency(graph: ConstraintGraph) -> None:
    """Raise where a pair is both required and forbidden, or the required order has a cycle.

    Parameters
    ----------
    graph : ConstraintGraph
        The constraints.

    Raises
    ------
    InconsistentInputsError
        The genes of the contradiction are named.
    """
    before, after = (graph.claims[name].to_numpy() for name in ("before", "after"))
    # Strict claims come first, and are ordered by gene.
    n_strict = int(graph.claims["strict"].sum())
    first, second = (graph.absences[name].to_numpy() for name in ("gene_a", "gene_b"))
    forbidden = np.zeros((len(graph.nodes), len(graph.nodes)), dtype=bool)
    forbidden[after, before] = True
    forbidden[first, second] = forbidden[second, first] = True
    _refuse_overlap(graph, before[:n_strict], after[:n_strict], forbidden)
    _refuse_cycle(graph, before[:n_strict], after[:n_strict])


def _refuse_overlap(
    graph: ConstraintGraph, before: np.ndarray, after: np.ndarray, forbidden: np.ndarray
) -> None:
    both = np.flatnonzero(forbidden[before, after])
    if len(both):
        named = ", ".join(
            f"{graph.nodes[before[at]]} before {graph.nodes[after[at]]}" for at in both[:_SHOWN]
        )
        raise InconsistentInputsError(
            f"{len(both)} orders are both required and forbidden: {named}"
            f"{', ...' if len(both) > _SHOWN else ''}. The relations contradict each other: "
            "remove one of each two"
        )


def _refuse_cycle(graph: ConstraintGraph, before: np.ndarray, after: np.ndarray) -> None:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n = len(graph.nodes)
    start = np.searchsorted(before, np.arange(n + 1))
    edges = csr_array((np.ones(len(before), dtype=np.int8), after, start), shape=(n, n))
    n_components, component = connected_components(edges, connection="strong")
    if n_components == n and not (before == after).any():
        return
    import networkx as nx

    inside = component[before] == component[after]
    cycle = nx.find_cycle(
        nx.DiGraph(zip(before[inside].tolist(), after[inside].tolist(), strict=True))
    )
    named = " before ".join(str(graph.nodes[edge[0]]) for edge in [*cycle, cycle[0]])
    raise InconsistentInputsError(
        f"the required order has a cycle: {named}. The relations contradict each other: "
        "remove one of them"
    )
