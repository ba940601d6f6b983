"""A result as an object of other libraries: AnnData and igraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from genesis.engine.extras import load_extra
from genesis.findings.claim_graph import ClaimGraph, choose_claims, node_table

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["as_anndata", "as_igraph"]


def as_anndata(result: Findings, record: str) -> Any:
    """An AnnData without observations whose variables are the genes.

    Parameters
    ----------
    result : Findings
    record : str
        The record of the run as JSON.
    """
    anndata = load_extra("anndata", "to_anndata", "anndata")
    claims = choose_claims(result, direct=False, order_alone=False).claims
    n = len(result.genes)

    def matrix(a: np.ndarray, b: np.ndarray, values: np.ndarray) -> Any:
        return sparse.csr_matrix((values, (a, b)), shape=(n, n))

    ends = claims.gene_a, claims.gene_b
    is_edge = claims.direct == 1
    pairwise = {
        "ancestor": matrix(*ends, np.ones(len(claims), dtype=np.bool_)),
        "direct": matrix(ends[0][is_edge], ends[1][is_edge], is_edge[is_edge]),
    }
    if not np.isnan(claims.effect).all():
        pairwise["effect"] = matrix(*ends, np.nan_to_num(claims.effect))
    if result.run.get("options", {}).get("method") == "calibrated":
        pairwise["posterior"] = matrix(*_listed_posteriors(result))
    genes = node_table(result).set_index("name")
    genes.index = genes.index.astype("str")
    genes.index.name = None
    for name in ("chrom", "anchors"):
        genes[name] = genes[name].astype("object").where(genes[name].notna(), "")
    for name in ("start", "end"):
        genes[name] = genes[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return anndata.AnnData(
        obs=pd.DataFrame(index=pd.Index([], dtype="str")),
        var=genes,
        varp=pairwise,
        uns={"genesis_run": record},
    )


def _listed_posteriors(result: Findings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and value of the posteriors from the floor of the run on."""
    floor = max(result.run.get("options", {}).get("keep_posterior", 0.0), np.finfo("f4").tiny)
    pairs = result.pairs
    ahead = np.flatnonzero(pairs.posterior >= floor)
    back = np.flatnonzero(pairs.posterior_reverse >= floor)
    a = np.concatenate([pairs.gene_a[ahead], pairs.gene_b[back]])
    b = np.concatenate([pairs.gene_b[ahead], pairs.gene_a[back]])
    values = np.concatenate([pairs.posterior[ahead], pairs.posterior_reverse[back]])
    # A pair that has a row each way says the same in both.
    _, first = np.unique(a.astype(np.int64) * len(result.genes) + b, return_index=True)
    return a[first], b[first], values[first]


def as_igraph(graph: ClaimGraph) -> Any:
    """A directed igraph.Graph; vertices have the attributes of genes, edges those of claims."""
    igraph = load_extra("igraph", "to_igraph", "igraph")
    nodes = node_table(graph.result).iloc[graph.nodes]
    place = np.full(len(graph.result.genes), -1)
    place[graph.nodes] = np.arange(len(graph.nodes))
    ends = np.column_stack([place[graph.claims.gene_a], place[graph.claims.gene_b]])
    drawn = igraph.Graph(n=len(nodes), edges=ends.tolist(), directed=True)
    claims = graph.frame().drop(columns=["gene_a", "gene_b"])
    for elements, table in ((drawn.vs, nodes), (drawn.es, claims)):
        for name in table.columns:
            column = table[name].astype(object)
            elements[name] = column.where(column.notna(), None).tolist()
    return drawn
