"""What lies upstream of a target in every sampled graph, and what each locus does along it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.findings.sampled_graphs import GraphTables, genes_upstream

__all__ = ["Upstream", "upstream_of"]


@dataclass(frozen=True, eq=False)
class Upstream:
    """The graphs upstream of a target.

    A node is a gene by its expression (its position) or, where a positional anchor stands for it,
    a gene by its product (its position plus the number of genes). Effects are pairs: by posterior
    means of the coefficients, and by coefficients drawn from their posterior.

    Attributes
    ----------
    weight : (n_graphs,) float64
        Weights of the graphs, which add up to 1.
    target : int
    n_genes : int
    edges : pandas.DataFrame
        graph, cause, target (nodes), slope, draw: between nodes upstream of the target.
    entries : pandas.DataFrame
        graph, locus, node, slope, draw: direct effects of loci on nodes upstream of the target, or
        on itself, for one standard deviation of the dosage of the variant that leads the locus; and
        effect: what that does to the target.
    reached : pandas.DataFrame
        graph, locus, node, effect, draw: what each locus does to the target by way of a node that
        it reaches; of the target itself, all that it does.
    """

    weight: np.ndarray
    target: int
    n_genes: int
    edges: pd.DataFrame
    entries: pd.DataFrame
    reached: pd.DataFrame

    def gene(self, node: np.ndarray) -> np.ndarray:
        """The gene that each node is, -1 for the target itself, which no locus goes through."""
        return np.where(node == self.target, -1, node % self.n_genes)


def upstream_of(tables: GraphTables, target: int, n_genes: int) -> Upstream:
    """Follow all loci to a target, in each graph by itself.

    Parameters
    ----------
    tables : GraphTables
    target : int
        Position of a gene.
    n_genes : int

    Returns
    -------
    Upstream
    """
    weight = tables.graphs["weight"].to_numpy(dtype=np.float64)
    columns = {name: tables.edges[name].to_numpy() for name in tables.edges}
    locus, r = (tables.variants[name].to_numpy() for name in ("locus", "r"))
    edges, entries, reached = [], [], []
    ends = np.searchsorted(columns["graph"], np.arange(len(weight) + 1))
    for first, last in itertools.pairwise(ends):
        graph = {name: column[first:last] for name, column in columns.items()}
        links, starts = _split(graph, target, n_genes, locus, r)
        starts, ways = _follow(links, starts, target)
        edges.append(links)
        entries.append(starts)
        reached.append(ways)
    return Upstream(
        weight / weight.sum(),
        target,
        n_genes,
        *(pd.concat(one, ignore_index=True) for one in (edges, entries, reached)),
    )


def _split(
    graph: dict[str, np.ndarray], target: int, n_genes: int, locus: np.ndarray, r: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The edges upstream of the target between nodes of one graph, and those from loci."""
    variant, gene, end = graph["variant"], graph["gene"], graph["target"]
    of_variant = variant >= 0
    by_product = of_variant & (gene >= 0)
    ends = np.array([target])
    kept = genes_upstream(gene[~of_variant], end[~of_variant], ends, n_genes)[end]
    links = kept & (gene >= 0)
    node = np.where(by_product, gene + n_genes, gene)
    coefficients = np.column_stack([graph["slope"], graph["draw"]]).astype(np.float64)
    between = _table(
        graph["graph"][links], coefficients[links], cause=node[links], target=end[links]
    )
    # A variant moves the product of the gene that it stands for as it is; others have a slope.
    starts = kept & of_variant
    size = np.where(by_product[starts, None], 1.0, coefficients[starts])
    size *= r[variant[starts]][:, None]
    at = np.where(by_product, gene + n_genes, end)[starts]
    # That a variant stands for a gene is said of each gene that this acts on.
    alone = pd.DataFrame({"variant": variant[starts], "node": at})
    once = ~(alone.duplicated().to_numpy() & by_product[starts])
    entries = _table(
        graph["graph"][starts][once], size[once], locus=locus[variant[starts]][once], node=at[once]
    )
    if len(entries):
        entries = entries.groupby(["graph", "locus", "node"], as_index=False).sum()
    return between, entries


def _table(graph: np.ndarray, coefficients: np.ndarray, **ends: np.ndarray) -> pd.DataFrame:
    numbers = {name: values.astype(np.int64) for name, values in ends.items()}
    slope, draw = coefficients.T
    return pd.DataFrame({"graph": graph, **numbers, "slope": slope, "draw": draw})


def _follow(
    links: pd.DataFrame, entries: pd.DataFrame, target: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The entries with what they do to the target, and that by way of each node, in one graph.

    The effect along all paths through a node is what the locus does to the node, summed over the
    paths to it, times what the node does to the target. Edges are in an order in which causes come
    first, so that one walk along them finds the one and one walk back the other.
    """
    loci, row = np.unique(entries["locus"], return_inverse=True)
    nodes = np.unique(np.concatenate([links["cause"], links["target"], entries["node"], [target]]))
    cause, end = (np.searchsorted(nodes, links[name]) for name in ("cause", "target"))
    coefficient = links[["slope", "draw"]].to_numpy()
    to_target = np.zeros((len(nodes), 2))
    to_target[np.searchsorted(nodes, target)] = 1.0
    for k in range(len(links) - 1, -1, -1):
        to_target[cause[k]] += coefficient[k] * to_target[end[k]]
    done = np.zeros((len(nodes), len(loci), 2))
    is_reached = np.zeros((len(nodes), len(loci)), dtype=np.bool_)
    at = np.searchsorted(nodes, entries["node"])
    done[at, row] = entries[["slope", "draw"]].to_numpy()
    is_reached[at, row] = True
    for k in range(len(links)):
        done[end[k]] += coefficient[k] * done[cause[k]]
        is_reached[end[k]] |= is_reached[cause[k]]
    node, locus = np.nonzero(is_reached)
    effect = done[node, locus] * to_target[node]
    number = entries["graph"].iloc[0] if len(entries) else 0
    entries = entries.assign(effect=entries["slope"].to_numpy() * to_target[at, 0])
    return entries, pd.DataFrame(
        {
            "graph": np.full(len(node), number),
            "locus": loci[locus].astype(np.int64),
            "node": nodes[node].astype(np.int64),
            "effect": effect[:, 0],
            "draw": effect[:, 1],
        }
    )
