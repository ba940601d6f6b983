"""The strongest claims as a drawing: which genes and arrows, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from genesis.result import Result

__all__ = ["Drawing", "draw_claims"]

_SPACE = 1.0
_ASPECT = 1.5
_SPRING_STEPS = 200


@dataclass(frozen=True, eq=False)
class Drawing:
    """Genes and arrows with their places.

    Attributes
    ----------
    gene : (n,) int64
        Positions in the gene table.
    xy : (n, 2) float64
        Places; y grows downwards, neighbours are about one apart.
    role : (n,) list of str
        "upstream" (arrows leave it only), "between" or "downstream" (arrows reach it only).
    arrows : (k, 2) int64
        Positions in `gene`: from, to; the strongest claim first.
    row : (k,) int64
        Rows of the claims in `Result.pairs`.
    only_direct : bool
        Whether indirect claims were left out.
    """

    gene: np.ndarray
    xy: np.ndarray
    role: list[str]
    arrows: np.ndarray
    row: np.ndarray
    only_direct: bool


def draw_claims(result: Result, n: int) -> Drawing:
    """Lay out the n strongest direct ancestor claims; all of them where none is called direct.

    Indirect claims follow along the arrows, and would hide them. Every connected part is laid
    out by itself with springs, turned so that arrows point down as far as they can, and the
    parts are set side by side, the largest first.

    Parameters
    ----------
    result : Result
    n : int
        Most arrows.

    References
    ----------
    Fruchterman & Reingold 1991, Software: Practice and Experience 21:1129.
    """
    pairs = result.pairs
    row = pairs.strongest(len(pairs))
    direct = row[pairs.direct[row] == 1]
    only_direct = len(direct) > 0
    row = (direct if only_direct else row)[:n]
    ends = np.stack([pairs.gene_a[row], pairs.gene_b[row]], axis=1).astype(np.int64)
    gene, flat = np.unique(ends, return_inverse=True)
    arrows = flat.reshape(ends.shape)
    leaves = np.bincount(arrows[:, 0], minlength=len(gene)) > 0
    reached = np.bincount(arrows[:, 1], minlength=len(gene)) > 0
    role = [
        "between" if a and b else "upstream" if a else "downstream"
        for a, b in zip(leaves, reached, strict=True)
    ]
    return Drawing(gene, _places(len(gene), arrows), role, arrows, row, only_direct)


def _places(n: int, arrows: np.ndarray) -> np.ndarray:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(arrows.tolist())
    parts = sorted(nx.weakly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    blocks = [(sorted(part), _part_places(graph.subgraph(sorted(part)))) for part in parts]
    xy = np.zeros((n, 2))
    area = sum(float(np.prod(block.max(axis=0) + _SPACE)) for _, block in blocks)
    width = max([np.sqrt(area * _ASPECT), *(block[:, 0].max() + _SPACE for _, block in blocks)])
    x = y = height = 0.0
    for members, block in blocks:
        size = block.max(axis=0) + _SPACE
        if x > 0 and x + size[0] > width:
            x, y, height = 0.0, y + height, 0.0
        xy[members] = block + np.array([x, y])
        x, height = x + size[0], max(height, size[1])
    return xy


def _part_places(part: nx.DiGraph) -> np.ndarray:
    """Places of a connected part, from zero on; its genes in ascending order."""
    genes = sorted(part)
    if len(genes) == 1:
        return np.zeros((1, 2))
    # A graph of its own whose order of genes and arrows is known: the springs depend on it.
    graph = nx.Graph()
    graph.add_nodes_from(genes)
    graph.add_edges_from(sorted(part.edges))
    found = nx.spring_layout(graph, seed=1, iterations=_SPRING_STEPS, method="force")
    xy = np.array([found[gene] for gene in genes])
    place = {gene: k for k, gene in enumerate(genes)}
    ends = np.array([(place[a], place[b]) for a, b in sorted(part.edges)])
    steps = xy[ends[:, 1]] - xy[ends[:, 0]]
    down = steps.sum(axis=0)
    length = float(np.hypot(*down))
    if length > 1e-9:
        x, y = down / length
        xy = xy @ np.array([[y, x], [-x, y]])
    # As wide as the number of genes asks for: neighbours are about one apart.
    distance = np.median(np.hypot(*(xy[ends[:, 1]] - xy[ends[:, 0]]).T))
    xy = xy / max(float(distance), 1e-9)
    return np.asarray(xy - xy.min(axis=0))
