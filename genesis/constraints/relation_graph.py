"""Claims of a result, and constraints, as directed graphs for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from genesis.ancestrality.relations import RELATION_NAMES

if TYPE_CHECKING:
    from genesis.constraints.graph import ConstraintGraph
    from genesis.result import Result

__all__ = ["constraint_network", "node_table", "relation_graph"]


def relation_graph(result: Result) -> nx.DiGraph:
    """A directed graph with an edge a → b for every claim a ≺ b and a ⪯ b.

    Parameters
    ----------
    result : Result
        A result of `genesis.discover` or `genesis.load`.

    Returns
    -------
    networkx.DiGraph
        As `Result.to_networkx` says.

    Examples
    --------
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> relation_graph(result).edges["gene1", "gene2"]["relation"]
    'ancestor'
    """
    graph = nx.DiGraph()
    for node in _records(node_table(result)):
        graph.add_node(node["name"], **node)
    is_claim = result.pairs.relation < RELATION_NAMES.index("unrelated")
    claims = result.pairs.rows(is_claim).frame(result.gene_ids, result.variables)
    for claim in _records(claims):
        graph.add_edge(claim.pop("gene_a"), claim.pop("gene_b"), **claim)
    return graph


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


def node_table(result: Result) -> pd.DataFrame:
    """name, chrom, start, end and anchors (with commas between them) of every gene."""
    anchors = result.anchors.groupby("gene_id", sort=False)["variant_id"].agg(",".join)
    table = result.genes[["gene_id", "chrom", "start", "end"]].rename(columns={"gene_id": "name"})
    return table.assign(anchors=table["name"].map(anchors))


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain Python values, without the missing ones."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        columns[name] = [
            value.item() if isinstance(value, np.generic) else value
            for value in column.astype(object).tolist()
        ]
        for at in np.flatnonzero(column.isna().to_numpy()):
            columns[name][at] = None
    names = list(columns)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*columns.values(), strict=True)
    ]
