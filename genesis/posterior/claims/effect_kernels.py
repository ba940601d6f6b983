"""Total effects of genes along the edges of sampled graphs: compiled numeric code."""

from __future__ import annotations

from genesis.jit import borrowing_kernel, kernel


@kernel
def add_effects(cause, target, slope, by_anchor, weight, low, reached, now, total):
    """Add the total effects of some genes in one graph.

    An effect is the sum over all paths of the product of the slopes along each. A path starts by
    the gene's expression, or by its positional anchor, and goes on by expression.

    Parameters
    ----------
    cause, target : (n_edges,) int32
        Edges, sorted so that all that end in a gene come before those that start from it.
    slope : (n_edges,) float32
        What one standard deviation more of the cause adds to the target, in its own.
    by_anchor : (n_edges,) bool
        Edges by the positional anchor of the cause.
    weight : float
        Of the graph: its effects are added so many times.
    low : int
        First of the genes whose effects are asked for; their number is the width of `total`.
    reached : (n_genes,) bool
        All false; left so.
    now : (n_genes, 2, width) float32
        Space to work in.
    total : (n_genes, 2, width) float32
        Added to: effects on each gene (row), by expression and by anchor, of each source.
    """
    width = total.shape[2]
    for source in range(width):
        _clear(now[low + source])
        now[low + source, 0, source] = weight
        reached[low + source] = True
    for edge in range(len(cause)):
        above, below = cause[edge], target[edge]
        if by_anchor[edge] and not low <= above < low + width:
            continue
        if not reached[above]:
            continue
        if not reached[below]:
            reached[below] = True
            _clear(now[below])
        if by_anchor[edge]:
            now[below, 1, above - low] += weight * slope[edge]
            continue
        for way in range(2):
            for source in range(width):
                now[below, way, source] += slope[edge] * now[above, way, source]
    for gene in range(len(reached)):
        if reached[gene]:
            reached[gene] = False
            for way in range(2):
                for source in range(width):
                    total[gene, way, source] += now[gene, way, source]


@borrowing_kernel
def _clear(values):
    for way in range(values.shape[0]):
        for source in range(values.shape[1]):
            values[way, source] = 0.0
