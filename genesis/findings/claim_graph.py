"""Claims as a directed graph for networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

from genesis.findings.relations import RELATION_NAMES

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["node_table", "relation_graph"]


def relation_graph(result: Findings) -> nx.DiGraph:
    """A directed graph with an edge a → b for every claim a ≺ b and a ⪯ b.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.

    Returns
    -------
    networkx.DiGraph
        As `Findings.to_networkx` says.

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


def node_table(result: Findings) -> pd.DataFrame:
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
