"""The likeliest paths from loci to a target, without looking at all that there are."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.paths.upstream import Upstream

__all__ = ["MOST_STEPS", "GraphPath", "likeliest_paths"]

#: Beginnings of paths that are looked at, at the most, while the paths that are not listed are
#: counted.
MOST_STEPS = 20_000


@dataclass(frozen=True, eq=False)
class GraphPath:
    """A path from a locus to the target.

    Attributes
    ----------
    locus : int
    nodes : tuple of int
        From the first that the locus acts on to the target.
    posterior : float
        Share of the graphs, by weight, that have all its edges.
    graphs : (k,) int64
        Those graphs.
    effects : (k, 2) float64
        The product of the coefficients in each: posterior means, and draws.
    """

    locus: int
    nodes: tuple[int, ...]
    posterior: float
    graphs: np.ndarray
    effects: np.ndarray

    def mean(self, weight: np.ndarray) -> float:
        """Mean effect over the graphs that have the path, by the weights of all."""
        return float(np.average(self.effects[:, 0], weights=weight[self.graphs]))


def likeliest_paths(
    found: Upstream, loci: np.ndarray, most: int
) -> tuple[list[GraphPath], int, bool]:
    """The paths that the most graphs have, and how many others there are.

    Ends of paths are made longer from the target back, the one first that the most graphs have
    that also lead some locus to its beginning: no longer one is in more graphs than a part of it.

    Parameters
    ----------
    found : Upstream
    loci : (k,) int64
        Those where paths may begin.
    most : int

    Returns
    -------
    paths : list of GraphPath
        The likeliest first, of equals those with the largest effect.
    n_others : int
        Paths that are in at least one graph and not among these.
    is_all : bool
        Whether the others were counted to the end.
    """
    starts = _Edges(found.entries[found.entries["locus"].isin(loci)], "locus", "node")
    links = _Edges(found.edges, "cause", "target")
    n_graphs = len(found.graphs)
    leads_here: dict[int, np.ndarray] = {}
    for number, graph in enumerate(found.graphs):
        for node in graph.has_path_from(loci).tolist():
            leads_here.setdefault(node, np.zeros(n_graphs, dtype=np.bool_))[number] = True
    paths: list[GraphPath] = []
    n_others = n_steps = 0
    queue: list[tuple[float, int, tuple[int, ...], int, np.ndarray]] = []

    def push(nodes: tuple[int, ...], locus: int, within: np.ndarray) -> None:
        share = float(found.weight[within].sum())
        if share > 0:
            # Of equals the longest first, so that paths are ended before others are begun.
            heapq.heappush(queue, (-round(share, 12), -len(nodes), (*nodes, locus), locus, within))

    if found.target in leads_here:
        push((found.target,), -1, leads_here[found.target])
    while queue and n_steps < MOST_STEPS:
        n_steps += 1
        share, _, (*way, _), locus, within = heapq.heappop(queue)
        nodes = tuple(way)
        if locus >= 0:
            # Those that are as likely as the last one that is listed may have a larger effect.
            if len(paths) < most or -share == paths[-1].posterior:
                paths.append(_path(nodes, locus, -share, within, starts, links))
            else:
                n_others += 1
            continue
        for cause, graphs in starts.into(nodes[0]):
            push(nodes, cause, within & _members(graphs, n_graphs))
        for cause, graphs in links.into(nodes[0]):
            if cause in leads_here:
                push((cause, *nodes), -1, within & _members(graphs, n_graphs) & leads_here[cause])
    paths.sort(key=lambda one: (-one.posterior, -abs(round(one.mean(found.weight), 9)), one.nodes))
    return paths[:most], n_others + len(paths[most:]), not queue


class _Edges:
    """Edges of all graphs, by both ends."""

    def __init__(self, table: pd.DataFrame, cause: str, end: str) -> None:
        ordered = table.sort_values([end, cause, "graph"], kind="stable")
        self._graph = ordered["graph"].to_numpy(dtype=np.int64)
        self._coefficient = ordered[["slope", "draw"]].to_numpy()
        ends, causes = ordered[end].to_numpy(), ordered[cause].to_numpy()
        is_first = np.ones(len(ordered), dtype=np.bool_)
        is_first[1:] = (np.diff(ends) != 0) | (np.diff(causes) != 0)
        bounds = np.append(np.flatnonzero(is_first), len(ordered))
        self._rows: dict[int, dict[int, slice]] = {}
        for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            causes_of = self._rows.setdefault(int(ends[first]), {})
            causes_of[int(causes[first])] = slice(first, last)

    def into(self, end: int) -> Iterator[tuple[int, np.ndarray]]:
        """Causes with an edge to a node, and the graphs that have it."""
        for cause, rows in self._rows.get(end, {}).items():
            yield cause, self._graph[rows]

    def coefficients(self, cause: int, end: int, graphs: np.ndarray) -> np.ndarray:
        """Coefficients of an edge in graphs that have it."""
        rows = self._rows[end][cause]
        return self._coefficient[rows][np.searchsorted(self._graph[rows], graphs)]


def _members(graphs: np.ndarray, n_graphs: int) -> np.ndarray:
    is_member = np.zeros(n_graphs, dtype=np.bool_)
    is_member[graphs] = True
    return is_member


def _path(
    nodes: tuple[int, ...], locus: int, share: float, within: np.ndarray,
    starts: _Edges, links: _Edges,
) -> GraphPath:  # fmt: skip
    graphs = np.flatnonzero(within)
    effects = starts.coefficients(locus, nodes[0], graphs)
    for cause, end in itertools.pairwise(nodes):
        effects = effects * links.coefficients(cause, end, graphs)
    return GraphPath(locus, nodes, share, graphs, effects)
