"""The strongest claims as a drawing: which genes and arrows, and where they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["WIDE", "Drawing", "Shape", "draw_claims", "lay_out", "strongest_claims"]

_SPACE = 1.0
_SWEEPS = 12
_BEND = 0.15


class Shape(NamedTuple):
    """What a drawing aims at, in steps.

    Attributes
    ----------
    aspect : float
        Width over height of the whole.
    part_aspect : float
        The same of each part.
    narrowest : int
        Genes in a row before it is broken, whatever their number.
    """

    aspect: float = 2.5
    part_aspect: float = 1.5
    narrowest: int = 8


WIDE = Shape()


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


def draw_claims(result: Findings, n: int, *, gene: int | None = None) -> Drawing:
    """Lay out the n strongest ancestor claims, as `strongest_claims` and `lay_out` do.

    Parameters
    ----------
    result : Findings
    n : int
        Most arrows.
    gene : int, optional
        Only this gene and its neighbours.
    """
    return lay_out(result, *strongest_claims(result, n, gene=gene), WIDE)


def strongest_claims(
    result: Findings, n: int, *, gene: int | None = None
) -> tuple[np.ndarray, bool]:
    """The n strongest direct ancestor claims; of all of them where none is called direct.

    Indirect claims follow along the arrows, and would hide them.

    Parameters
    ----------
    result : Findings
    n : int
        Most claims.
    gene : int, optional
        Only claims about this gene, and then those among its neighbours.

    Returns
    -------
    rows : (k,) int64
        In `Findings.pairs`, the strongest first; those about the gene before all others.
    only_direct : bool
        Whether indirect claims were left out.
    """
    pairs = result.pairs
    row = pairs.strongest(len(pairs))
    direct = row[pairs.direct[row] == 1]
    only_direct = len(direct) > 0
    row = direct if only_direct else row
    if gene is not None:
        a, b = pairs.gene_a[row], pairs.gene_b[row]
        about = (a == gene) | (b == gene)
        near = np.unique([a[about], b[about]])
        among = np.isin(a, near) & np.isin(b, near) & ~about
        row = np.concatenate([row[about], row[among]])
    return row[:n], only_direct


def lay_out(result: Findings, row: np.ndarray, only_direct: bool, shape: Shape) -> Drawing:
    """Places of the genes of some claims: ancestors above descendants.

    Every connected part is laid out by itself in rows such that all arrows point down, and the
    parts are set side by side, the largest first.

    Parameters
    ----------
    result : Findings
    row : (k,) int64
    only_direct : bool
        As of `strongest_claims`.
    shape : Shape

    References
    ----------
    Sugiyama, Tagawa & Toda 1981, IEEE Trans. Systems, Man and Cybernetics 11:109.
    """
    pairs = result.pairs
    ends = np.stack([pairs.gene_a[row], pairs.gene_b[row]], axis=1).astype(np.int64)
    gene, flat = np.unique(ends, return_inverse=True)
    arrows = flat.reshape(ends.shape)
    leaves = np.bincount(arrows[:, 0], minlength=len(gene)) > 0
    reached = np.bincount(arrows[:, 1], minlength=len(gene)) > 0
    role = [
        "between" if a and b else "upstream" if a else "downstream"
        for a, b in zip(leaves, reached, strict=True)
    ]
    xy = _places(len(gene), arrows, shape)
    over_rows = np.abs(xy[arrows[:, 1], 1] - xy[arrows[:, 0], 1]) > 1
    bend = np.where(over_rows, _BEND, 0.0)
    return Drawing(gene, xy, role, arrows, bend, row, only_direct)


def _places(n: int, arrows: np.ndarray, shape: Shape) -> np.ndarray:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(arrows.tolist())
    parts = sorted(nx.weakly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    blocks = [(sorted(part), _part_places(graph.subgraph(sorted(part)), shape)) for part in parts]
    xy = np.zeros((n, 2))
    area = sum(float(np.prod(block.max(axis=0) + _SPACE)) for _, block in blocks)
    width = max(
        [np.sqrt(area * shape.aspect), *(block[:, 0].max() + _SPACE for _, block in blocks)]
    )
    x = y = height = 0.0
    for members, block in blocks:
        size = block.max(axis=0) + _SPACE
        if x > 0 and x + size[0] > width:
            x, y, height = 0.0, y + height, 0.0
        xy[members] = block + np.array([x, y])
        x, height = x + size[0], max(height, size[1])
    return xy


def _part_places(part: nx.DiGraph, shape: Shape) -> np.ndarray:
    """Places of a connected part, from zero on; its genes in ascending order."""
    layer = _layers(part)
    rows: list[list[int]] = []
    widest = max(shape.narrowest, round(shape.part_aspect * np.sqrt(len(layer))))
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
