"""Whether constraints contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genesis.constraints.pair_marks import are_marked, mark, pieces
from genesis.constraints.reasons import REASONS
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
    # Strict claims come first.
    strict = slice(int(graph.claims["strict"].sum()))
    # An edge that is absent by hand says nothing of ancestors.
    unrelated = graph.absences[graph.absences["given"] < 0]
    first, second = (unrelated[name].to_numpy() for name in ("gene_a", "gene_b"))
    forbidden = np.zeros((len(graph.nodes), len(graph.nodes)), dtype=bool)
    for a, b in ((after, before), (first, second), (second, first)):
        mark(forbidden, a, b)
    for number, tier in enumerate(graph.tiers):
        for earlier in graph.tiers[:number]:
            forbidden[np.ix_(tier, earlier)] = True
    _refuse_overlap(graph, before[strict], after[strict], forbidden)
    _refuse_cycle(graph, before[strict], after[strict])
    _refuse_absent_edges(graph)
    if (graph.claims["rule"] == REASONS.index("given")).any():
        # The rules decide pair by pair, so that a run need not be closed in itself.
        _refuse_forbidden_paths(graph, before[strict], after[strict], forbidden)


def _refuse_overlap(
    graph: ConstraintGraph, before: np.ndarray, after: np.ndarray, forbidden: np.ndarray
) -> None:
    both = np.flatnonzero(are_marked(forbidden, before, after))
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
    if _rises(before, after, len(graph.nodes)):
        return
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(graph.nodes)
    edges = coo_array((np.ones(len(before), dtype=np.int8), (before, after)), shape=(n, n))
    n_components, component = connected_components(edges.tocsr(), connection="strong")
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


def _rises(before: np.ndarray, after: np.ndarray, n: int) -> bool:
    """Whether every claim leads to a gene that more genes come before: then there is no cycle.

    It does where the order is closed, as that of the rules is, which has most claims.
    """
    n_before = np.zeros(n, dtype=np.int64)
    for _, below in pieces(before, after):
        n_before += np.bincount(below, minlength=n)
    return all((n_before[a] < n_before[b]).all() for a, b in pieces(before, after))


def _refuse_forbidden_paths(
    graph: ConstraintGraph, before: np.ndarray, after: np.ndarray, forbidden: np.ndarray
) -> None:
    """What follows from the required order by transitivity must not be forbidden either."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    n = len(graph.nodes)
    edges = coo_array((np.ones(len(before), dtype=np.int8), (before, after)), shape=(n, n)).tocsr()
    for start in np.unique(before):
        reached, predecessor = breadth_first_order(edges, start)
        wrong = reached[forbidden[start, reached]]
        if len(wrong):
            path = [int(wrong[0])]
            while path[-1] != start:
                path.append(int(predecessor[path[-1]]))
            named = " before ".join(str(graph.nodes[node]) for node in reversed(path))
            raise InconsistentInputsError(
                f"{graph.nodes[start]} before {graph.nodes[path[0]]} is forbidden and follows "
                f"from what is required: {named}. The relations contradict each other: remove "
                "one of them"
            )


def _refuse_absent_edges(graph: ConstraintGraph) -> None:
    """An edge is not both required and absent."""
    direct = graph.claims[graph.claims["direct"] == 1]
    low, high = np.sort(direct[["before", "after"]].to_numpy(np.int64), axis=1).T
    n = len(graph.nodes)
    absent = graph.absences["gene_a"].to_numpy(np.int64) * n + graph.absences["gene_b"].to_numpy()
    both = np.flatnonzero(np.isin(low * n + high, absent))
    if len(both):
        row = direct.iloc[both[0]]
        raise InconsistentInputsError(
            f"the edge {graph.nodes[row['before']]} → {graph.nodes[row['after']]} is both "
            "required and absent: remove one of the two"
        )
