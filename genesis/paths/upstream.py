"""What lies upstream of a target in every sampled graph, and what each locus does along it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from genesis.findings.sampled_graphs import GraphTables, genes_upstream

__all__ = ["GraphUpstream", "Upstream", "upstream_of"]

#: Rows of a table of what loci do by way of nodes, in all graphs together: so many loci are looked
#: at together that it has no more.
_MOST_ROWS = 8_000_000


class GraphUpstream(NamedTuple):
    """One graph upstream of a target.

    Effects are pairs: by posterior means of the coefficients, and by coefficients drawn from their
    posterior.

    Attributes
    ----------
    nodes : (k,) int64
        A gene by its expression (its position) or, where a positional anchor stands for it, a gene
        by its product (its position plus the number of genes); in ascending order.
    cause, end : (n_edges,) int64
        Edges between nodes (positions in `nodes`), each behind all that end in its cause.
    coefficient : (n_edges, 2) float64
    to_target : (k, 2) float64
        What each node does to the target, along all paths; 1 of the target itself.
    locus : (m,) int64
    first : (m,) int64
        The node (position in `nodes`) that the locus acts on directly, once for each pair of them.
    slope : (m, 2) float64
        How strongly, for one standard deviation of the dosage of the locus' lead variant.
    """

    nodes: np.ndarray
    cause: np.ndarray
    end: np.ndarray
    coefficient: np.ndarray
    to_target: np.ndarray
    locus: np.ndarray
    first: np.ndarray
    slope: np.ndarray

    def reached(self, loci: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What loci do to each node along all paths, and whether there is a path.

        Returns
        -------
        done : (k, n_loci, 2) float64
        is_reached : (k, n_loci) bool
        """
        row = np.searchsorted(loci, self.locus)
        is_asked = np.isin(self.locus, loci)
        done = np.zeros((len(self.nodes), len(loci), 2))
        is_reached = np.zeros(done.shape[:2], dtype=np.bool_)
        done[self.first[is_asked], row[is_asked]] = self.slope[is_asked]
        is_reached[self.first[is_asked], row[is_asked]] = True
        for cause, end, coefficient in zip(self.cause, self.end, self.coefficient, strict=True):
            done[end] += coefficient * done[cause]
            is_reached[end] |= is_reached[cause]
        return done, is_reached

    def has_path_from(self, loci: np.ndarray) -> np.ndarray:
        """Nodes to which a path from any of these loci leads."""
        leads_here = np.zeros(len(self.nodes), dtype=np.bool_)
        leads_here[self.first[np.isin(self.locus, loci)]] = True
        for cause, end in zip(self.cause, self.end, strict=True):
            leads_here[end] |= leads_here[cause]
        return self.nodes[leads_here]


@dataclass(frozen=True, eq=False)
class Upstream:
    """All graphs upstream of a target.

    Attributes
    ----------
    weight : (n_graphs,) float64
        Weights of the graphs, which add up to 1.
    target : int
    n_genes : int
    graphs : list of GraphUpstream
    """

    weight: np.ndarray
    target: int
    n_genes: int
    graphs: list[GraphUpstream]

    @cached_property
    def edges(self) -> pd.DataFrame:
        """graph, cause, target (nodes), slope, draw: between nodes upstream of the target."""
        return self._table(
            lambda one: {
                "cause": one.nodes[one.cause],
                "target": one.nodes[one.end],
                "slope": one.coefficient[:, 0],
                "draw": one.coefficient[:, 1],
            }
        )

    @cached_property
    def entries(self) -> pd.DataFrame:
        """graph, locus, node, slope, draw: direct effects of loci on nodes.

        And what these do to the target: effect and effect_draw.
        """

        def of_graph(one: GraphUpstream) -> dict[str, np.ndarray]:
            effect = one.slope * one.to_target[one.first]
            return {
                "locus": one.locus,
                "node": one.nodes[one.first],
                "slope": one.slope[:, 0],
                "draw": one.slope[:, 1],
                "effect": effect[:, 0],
                "effect_draw": effect[:, 1],
            }

        return self._table(of_graph)

    @cached_property
    def totals(self) -> pd.DataFrame:
        """graph, locus, effect, draw: all that each locus does to the target."""
        columns = {"effect": "effect", "effect_draw": "draw"}
        summed = self.entries.groupby(["graph", "locus"])[list(columns)].sum()
        return summed.rename(columns=columns).reset_index()

    @cached_property
    def nodes(self) -> pd.DataFrame:
        """graph, node, effect, draw: what each node upstream does to the target, on all paths."""
        return self._table(
            lambda one: {
                "node": one.nodes,
                "effect": one.to_target[:, 0],
                "draw": one.to_target[:, 1],
            }
        )

    def reached(self, loci: np.ndarray) -> Iterator[tuple[int, pd.DataFrame]]:
        """What each locus does to the target by way of each node that it reaches on its way.

        Parameters
        ----------
        loci : (k,) int64
            In ascending order.

        Yields
        ------
        locus : int
        table : pandas.DataFrame
            graph, node, effect, draw: what the locus does to the node, along all paths, times what
            the node does to the target. That is the sum over all paths through the node.
        """
        n_rows = sum(len(one.nodes) for one in self.graphs)
        at_once = max(_MOST_ROWS // max(n_rows, 1), 1)
        for low in range(0, len(loci), at_once):
            now = loci[low : low + at_once]

            def of_graph(one: GraphUpstream, now: np.ndarray = now) -> dict[str, np.ndarray]:
                done, is_reached = one.reached(now)
                is_reached[one.nodes == self.target] = False
                node, locus = np.nonzero(is_reached)
                effect = done[node, locus] * one.to_target[node]
                return {
                    "locus": now[locus],
                    "node": one.nodes[node],
                    "effect": effect[:, 0],
                    "draw": effect[:, 1],
                }

            table = self._table(of_graph).sort_values(["locus", "graph"], kind="stable")
            bounds = np.searchsorted(table["locus"], np.append(now, now[-1] + 1))
            for locus, (first, last) in zip(now, itertools.pairwise(bounds), strict=True):
                yield int(locus), table.iloc[first:last]

    def _table(self, of_graph: Callable[[GraphUpstream], dict[str, np.ndarray]]) -> pd.DataFrame:
        """Columns of all graphs, and the graph that each row is of."""
        found = [of_graph(one) for one in self.graphs]
        columns = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
        sizes = [len(next(iter(one.values()))) for one in found]
        return pd.DataFrame({"graph": np.repeat(np.arange(len(found)), sizes), **columns})


def upstream_of(tables: GraphTables, target: int, n_genes: int) -> Upstream:
    """What lies upstream of a target, in each graph by itself.

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
    ends = np.searchsorted(columns["graph"], np.arange(len(weight) + 1))
    graphs = [
        _upstream_in(
            {name: column[first:last] for name, column in columns.items()},
            target,
            n_genes,
            locus.astype(np.int64),
            r,
        )
        for first, last in itertools.pairwise(ends)
    ]
    return Upstream(weight / weight.sum(), target, n_genes, graphs)


def _upstream_in(
    graph: dict[str, np.ndarray], target: int, n_genes: int, locus: np.ndarray, r: np.ndarray
) -> GraphUpstream:
    """What lies upstream of a target in one graph, whose edges are given."""
    variant, gene, end = (graph[name].astype(np.int64) for name in ("variant", "gene", "target"))
    of_variant, of_gene = variant >= 0, gene >= 0
    by_product = of_variant & of_gene
    ends = np.array([target])
    kept = genes_upstream(gene[~of_variant], end[~of_variant], ends, n_genes)[end]
    coefficient = np.column_stack([graph["slope"], graph["draw"]]).astype(np.float64)
    node = np.where(by_product, gene + n_genes, gene)
    link, start = kept & of_gene, kept & of_variant
    # A variant moves the product of the gene that it stands for as it is; others have a slope.
    slope = np.where(by_product[:, None], 1.0, coefficient)[start] * r[variant[start], None]
    first = np.where(by_product, node, end)[start]
    # That it stands for the gene is said of each gene that this acts on.
    is_new = ~(pd.DataFrame({"variant": variant[start], "first": first}).duplicated().to_numpy())
    is_new |= ~by_product[start]
    nodes = np.unique(np.concatenate([node[link], end[link], first, ends]))
    cause, effect_on = np.searchsorted(nodes, node[link]), np.searchsorted(nodes, end[link])
    # From the last edge back, whatever an edge ends in has all its effects before.
    to_target = np.zeros((len(nodes), 2))
    to_target[np.searchsorted(nodes, target)] = 1.0
    size = coefficient[link]
    for k in range(len(cause) - 1, -1, -1):
        to_target[cause[k]] += size[k] * to_target[effect_on[k]]
    pairs, row = np.unique(
        np.stack([locus[variant[start]][is_new], np.searchsorted(nodes, first)[is_new]]),
        axis=1,
        return_inverse=True,
    )
    summed = np.zeros((pairs.shape[1], 2))
    np.add.at(summed, row.ravel(), slope[is_new])
    return GraphUpstream(nodes, cause, effect_on, size, to_target, pairs[0], pairs[1], summed)
