"""The strongest claims as a drawing: which genes and arrows, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["Drawing", "draw_claims"]

_SPACE = 1.0
#: Width over height that each part aims at, in steps.
_PART_ASPECT = 1.5
#: Genes in a row before it is broken, whatever their number.
_NARROWEST = 8
_SWEEPS = 12
_BEND = 0.15


@dataclass(frozen=True, eq=False)
class Drawing:
    """Genes and arrows with their places.

    Attributes
    ----------
    gene : (n,) int64
        Positions in the gene table.
    xy : (n, 2) float64
        Places; y grows downwards, neighbours are one apart or more.
    role : (n,) list of str
        "upstream" (arrows leave it only), "between" or "downstream" (arrows reach it only).
    arrows : (k, 2) int64
        Positions in `gene`: from, to; the strongest claim first.
    bend : (k,) float64
        How far each arrow swings out, as a share of its length: those over several rows do, so
        that they do not hide behind the genes between.
    row : (k,) int64
        Rows of the claims in `Findings.pairs`.
    only_direct : bool
        Whether indirect claims were left out.
    """

    gene: np.ndarray
    xy: np.ndarray
    role: list[str]
    arrows: np.ndarray
    bend: np.ndarray
    row: np.ndarray
    only_direct: bool


def draw_claims(result: Findings, n: int, *, aspect: float = 2.5) -> Drawing:
    """Lay out the n strongest direct ancestor claims; all of them where none is called direct.

    Indirect claims follow along the arrows, and would hide them. Every connected part is laid
    out by itself in rows such that all arrows point down, and the parts are set side by side,
    the largest first.

    Parameters
    ----------
    result : Findings
    n : int
        Most arrows.
    aspect : float
        Width over height that the whole aims at, in steps.

    References
    ----------
    Sugiyama, Tagawa & Toda 1981, IEEE Trans. Systems, Man and Cybernetics 11:109.
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
    xy = _places(len(gene), arrows, aspect)
    over_rows = np.abs(xy[arrows[:, 1], 1] - xy[arrows[:, 0], 1]) > 1
    bend = np.where(over_rows, _BEND, 0.0)
    return Drawing(gene, xy, role, arrows, bend, row, only_direct)


def _places(n: int, arrows: np.ndarray, aspect: float) -> np.ndarray:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(arrows.tolist())
    parts = sorted(nx.weakly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    blocks = [(sorted(part), _part_places(graph.subgraph(sorted(part)))) for part in parts]
    xy = np.zeros((n, 2))
    area = sum(float(np.prod(block.max(axis=0) + _SPACE)) for _, block in blocks)
    width = max([np.sqrt(area * aspect), *(block[:, 0].max() + _SPACE for _, block in blocks)])
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
    layer = _layers(part)
    rows: list[list[int]] = []
    widest = max(_NARROWEST, round(_PART_ASPECT * np.sqrt(len(layer))))
    for number in range(max(layer.values()) + 1):
        genes = [gene for gene in sorted(layer) if layer[gene] == number]
        n_rows = -(-len(genes) // widest)
        rows += [genes[k::n_rows] for k in range(n_rows)]
    x = {gene: at - (len(genes) - 1) / 2 for genes in rows for at, gene in enumerate(genes)}
    for sweep in range(_SWEEPS):
        near = part.predecessors if sweep % 2 == 0 else part.successors
        for genes in rows if sweep % 2 == 0 else rows[::-1]:
            wish = {g: float(np.mean([x[n] for n in near(g)] or [x[g]])) for g in genes}
            genes.sort(key=lambda gene: (wish[gene], gene))
            for at, gene in enumerate(genes):
                x[gene] = at - (len(genes) - 1) / 2
    y = {gene: at for at, genes in enumerate(rows) for gene in genes}
    xy = np.array([(x[gene], y[gene]) for gene in sorted(layer)], dtype=np.float64)
    return np.asarray(xy - xy.min(axis=0))


def _layers(part: nx.DiGraph) -> dict[int, int]:
    """Length of the longest way to each gene; genes without a way to them just above the next.

    Genes on a circle, which only a result made by hand can have, share a layer.
    """
    condensed = nx.condensation(part)
    layer: dict[int, int] = {}
    for number, generation in enumerate(nx.topological_generations(condensed)):
        layer |= dict.fromkeys(generation, number)
    for node in condensed:
        if not condensed.in_degree(node) and condensed.out_degree(node):
            layer[node] = min(layer[below] for below in condensed.successors(node)) - 1
    return {gene: layer[node] for gene, node in condensed.graph["mapping"].items()}
