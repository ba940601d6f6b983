"""Constraints as a directed graph for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from genesis.constraints.graph import ConstraintGraph

__all__ = ["constraint_network"]


def constraint_network(graph: ConstraintGraph) -> nx.DiGraph:
    """All constraints as a directed graph; see `ConstraintGraph.to_networkx`.

    Parameters
    ----------
    graph : ConstraintGraph
    """
    network = nx.DiGraph()
    network.add_nodes_from(str(node) for node in graph.nodes)
    for row in graph.forbidden.itertuples():
        known = {} if np.isnan(row.posterior) else {"posterior": float(row.posterior)}
        network.add_edge(row.cause, row.effect, forbidden=True, rule=row.rule, **known)
    for row in graph.required_order.itertuples():
        known = {} if np.isnan(row.posterior) else {"posterior": float(row.posterior)}
        known |= {} if row.direct is pd.NA else {"direct": bool(row.direct)}
        network.add_edge(row.before, row.after, required_order=True, rule=row.rule, **known)
    for number, row in enumerate(graph.absent.itertuples()):
        names = [graph.variable_name(k) for k in graph.separating_members(number)]
        for a, b in ((row.gene_a, row.gene_b), (row.gene_b, row.gene_a)):
            network.add_edge(a, b, absent=True, separating_set=names)
    return network
