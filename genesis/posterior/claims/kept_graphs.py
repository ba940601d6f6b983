"""What is kept of sampled graphs once a run has ended, so that paths can be told from them."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from genesis.findings.gene_names import gene_position
from genesis.findings.sampled_graphs import KEPT_GENES, GraphTables, SampledGraphs, genes_upstream
from genesis.inputs.collect import Inputs
from genesis.inputs.screen import Screened

__all__ = ["kept_graphs", "linked_with_leads", "path_targets", "upstream_edges"]

#: Squared correlation with the lead of a locus from which on a variant belongs to the locus, as
#: for which gene of a locus acts.
LINKED_R2 = 0.3
#: Variants whose correlations with all others of their contig are worked out together.
_BLOCK = 256


def path_targets(genes: pd.DataFrame, paths_to: str | None) -> np.ndarray:
    """Genes up to which graphs are kept: all where these are few, else traits and what is asked.

    Parameters
    ----------
    genes : pandas.DataFrame
        With gene_id, and perhaps layer, which is "trait" for traits.
    paths_to : str, optional
        Ids with commas between them.

    Returns
    -------
    (k,) int64
        Positions.

    Raises
    ------
    CommandLineError
        There is no gene of that id.

    Examples
    --------
    >>> path_targets(pd.DataFrame({"gene_id": ["A", "B", "C"]}), "B")
    array([0, 1, 2])
    """
    ids = pd.Index(genes["gene_id"])
    asked = [gene_position(ids, one.strip()) for one in (paths_to or "").split(",") if one.strip()]
    if len(genes) <= KEPT_GENES:
        return np.arange(len(genes))
    traits = np.flatnonzero(genes["layer"] == "trait") if "layer" in genes else asked
    return np.union1d(np.asarray(asked, dtype=np.int64), np.asarray(traits, dtype=np.int64))


def kept_graphs(
    chains: list[tuple[np.ndarray, int, int]],
    inputs: Inputs,
    screened: Screened,
    targets: np.ndarray,
) -> SampledGraphs | None:
    """The graphs of the chains that count, as far as paths to the targets need them.

    Parameters
    ----------
    chains : list of ((n_edges,) PATH_EDGE, int, int)
        As `Posterior.graphs`.
    inputs : Inputs
    screened : Screened
        Says which variants and genes of the inputs the edges tell of.
    targets : (k,) int64
        As of `path_targets`.

    Returns
    -------
    SampledGraphs or None
        None where there are no targets.
    """
    if not len(targets):
        return None
    numbers = np.cumsum([0, *(n for _, n, _ in chains)])
    found = [edges for edges, _, _ in chains]
    graph = [edges["graph"] + first for edges, first in zip(found, numbers, strict=False)]
    edges = pd.DataFrame(
        {
            "graph": np.concatenate(graph).astype(np.int32),
            "variant": np.concatenate([one["variant"] for one in found]),
            "gene": np.concatenate([one["cause"] for one in found]),
            "target": np.concatenate([one["target"] for one in found]),
            "slope": np.concatenate([one["slope"] for one in found]),
            "draw": np.concatenate([one["draw"] for one in found]),
        }
    )
    weight = np.concatenate([np.full(n, weight, dtype=np.int16) for _, n, weight in chains])
    position = screened.gene.astype(np.int32)
    edges["gene"] = np.where(edges["gene"] >= 0, position[edges["gene"]], np.int32(-1))
    edges["target"] = position[edges["target"]]
    if len(targets) < len(inputs.genes):
        edges = edges[upstream_edges(edges, targets, len(inputs.genes))].reset_index(drop=True)
    activity = weight[edges["graph"]].astype(np.float64)
    is_of_variant = edges["variant"].to_numpy() >= 0
    used, row = np.unique(edges["variant"].to_numpy()[is_of_variant], return_inverse=True)
    edges.loc[is_of_variant, "variant"] = row.astype(np.int32)
    variants = inputs.variants.iloc[screened.variant[used]]
    variants = variants[["variant_id", "chrom", "pos"]].reset_index(drop=True)
    locus, r = linked_with_leads(
        screened.rows[used],
        pd.factorize(variants["chrom"])[0],
        np.bincount(row, activity[is_of_variant], minlength=len(used)),
    )
    tables = GraphTables(
        edges=edges,
        graphs=pd.DataFrame({"weight": weight}),
        variants=variants.assign(locus=locus, r=r),
        targets=pd.DataFrame({"gene": targets.astype(np.int32)}),
    )
    return SampledGraphs(tables)


def upstream_edges(edges: pd.DataFrame, targets: np.ndarray, n_genes: int) -> np.ndarray:
    """Edges that lie on ways to the targets, and all edges of the variants at their beginnings.

    Parameters
    ----------
    edges : pandas.DataFrame
        As of `GraphTables`.
    targets : (k,) int64
    n_genes : int

    Returns
    -------
    (n_edges,) bool
    """
    graph, gene, target = (edges[name].to_numpy() for name in ("graph", "gene", "target"))
    variant = edges["variant"].to_numpy()
    ends = np.searchsorted(graph, np.arange(graph.max(initial=-1) + 2))
    kept = np.zeros(len(edges), dtype=np.bool_)
    for first, last in itertools.pairwise(ends):
        now = slice(first, last)
        # Only the expression of a gene has anything upstream: a variant stands for itself.
        by_expression = (gene[now] >= 0) & (variant[now] < 0)
        is_upstream = genes_upstream(
            gene[now][by_expression], target[now][by_expression], targets, n_genes
        )
        kept[now] = is_upstream[target[now]]
    sources = np.unique(variant[kept & (variant >= 0)])
    return np.asarray(kept | ((variant >= 0) & np.isin(variant, sources)))


def linked_with_leads(
    rows: np.ndarray, contig: np.ndarray, activity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put variants into loci: around the one that acts most, all that are linked with it.

    Parameters
    ----------
    rows : (k, n) float64
        Unit rows of the variants.
    contig : (k,) int
        Of each, -1 where it is not known.
    activity : (k,) float64
        In how many graphs, by weight, each acts on how many genes.

    Returns
    -------
    locus : (k,) int32
        The row that leads the locus of each.
    r : (k,) float64
        Correlation with it.

    Examples
    --------
    >>> rows = np.array([[0.6, 0.8], [1.0, 0.0], [0.0, 1.0]])
    >>> linked_with_leads(rows, np.zeros(3), np.array([1.0, 3.0, 2.0]))
    (array([1, 1, 2], dtype=int32), array([0.6, 1. , 1. ]))
    """
    locus = np.full(len(rows), -1, dtype=np.int32)
    r = np.ones(len(rows))
    for name in np.unique(contig):
        mine = np.flatnonzero(contig == name)
        mine = mine[np.argsort(-activity[mine], kind="stable")]
        of_contig = rows[mine]
        for start in range(0, len(mine), _BLOCK):
            block = np.arange(start, min(start + _BLOCK, len(mine)))
            block = block[locus[mine[block]] < 0]
            for at, along in zip(block, of_contig[block] @ of_contig.T, strict=True):
                free = locus[mine] < 0
                if not free[at]:
                    continue
                along[at] = 1.0
                is_linked = free & (along**2 >= LINKED_R2)
                locus[mine[is_linked]], r[mine[is_linked]] = mine[at], along[is_linked]
    return locus, r
