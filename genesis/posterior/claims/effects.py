"""How strongly a gene acts on another: total effects, averaged over sampled graphs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from genesis.posterior.claims import effect_kernels
from genesis.posterior.model.graph_kernels import causal_order
from genesis.posterior.model.state import POSITIONAL, Chain, Problem

__all__ = ["EDGE", "edge_order", "edges_of", "moment_mean", "total_effects"]

#: An edge of one of the graphs that a chain keeps.
EDGE = np.dtype(
    [
        ("graph", np.int16),
        ("cause", np.int32),
        ("target", np.int32),
        ("by_anchor", np.bool_),
        ("slope", np.float32),
    ]
)
#: Genes whose effects are followed at a time.
_BLOCK = 64


def edges_of(problem: Problem, chain: Chain, number: int) -> np.ndarray:
    """Edges of a chain's graph, each behind all that end in its cause.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    number : int
        What the edges will have for `graph`.

    Returns
    -------
    (n_edges,) EDGE
        Slopes are posterior means given the graph, under the approximation (6).
    """
    is_included = np.arange(chain.included.shape[1]) < chain.size[:, None]
    target, place = np.nonzero(is_included)
    candidate = chain.included[target, place]
    cause = problem.parent_gene[target, candidate]
    kept = np.flatnonzero(cause >= 0)
    kept = kept[edge_order(problem, chain, target[kept], cause[kept])]
    edges = np.empty(len(kept), dtype=EDGE)
    edges["graph"] = number
    edges["cause"], edges["target"] = cause[kept], target[kept]
    edges["by_anchor"] = problem.kind[target, candidate][kept] == POSITIONAL
    edges["slope"] = moment_mean(problem, chain, target[kept], place[kept])
    return edges


def edge_order(
    problem: Problem,
    chain: Chain,
    target: np.ndarray,
    cause: np.ndarray,
    variant: np.ndarray | int = 0,
) -> np.ndarray:
    """Positions of edges, each behind all that end in its cause; those to one gene by cause.

    By their place among what is included no two runs need agree on the order.
    """
    rank = np.empty(len(chain.size), dtype=np.int64)
    rank[causal_order(problem.parent_gene, chain.included, chain.size)] = np.arange(len(rank))
    return np.lexsort((np.broadcast_to(variant, cause.shape), cause, rank[target]))


def moment_mean(
    problem: Problem, chain: Chain, target: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Means of coefficients whose normal posterior is multiplied by their fourth power.

    With b = s√V (t + u), u standard normal, the mean is s√V E[(t + u)⁵] / E[(t + u)⁴].
    """
    mean = chain.posterior_mean[target, place]
    variance = chain.penalised_rss[target] / problem.data.shape[1]
    variance = variance * chain.inverse_gram[target, place, place]
    t2 = mean**2 / variance
    return np.asarray(mean * (t2**2 + 10 * t2 + 15) / (t2**2 + 6 * t2 + 3))


def total_effects(
    graphs: Iterable[tuple[np.ndarray, int]], start: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Mean total effects of genes on others.

    Parameters
    ----------
    graphs : iterable of ((n_edges,) EDGE, int)
        Edges of one graph each, in the order of `edges_of`, and its weight.
    start : (n_genes + 1,) int64
    target : (m,) int32
        The pairs that are asked for, as of `Pairs`.

    Returns
    -------
    (m,) float32
        Standard deviations of the target for one of the cause. Where the positional anchor of the
        cause does more than its expression, for one standard deviation of the anchor's dosage.
    """
    names = ("cause", "target", "slope", "by_anchor")
    columns, total_weight = [], 0.0
    for edges, weight in graphs:
        columns.append((*(np.ascontiguousarray(edges[name]) for name in names), float(weight)))
        total_weight += weight
    n_genes = len(start) - 1
    effects = np.zeros(len(target), dtype=np.float32)
    reached = np.zeros(n_genes, dtype=np.bool_)
    for low in range(0, n_genes, _BLOCK):
        width = min(_BLOCK, n_genes - low)
        now, total = (np.zeros((n_genes, 2, width), dtype=np.float32) for _ in range(2))
        for graph in columns:
            effect_kernels.add_effects(*graph, low, reached, now, total)
        asked = slice(start[low], start[low + width])
        cause = np.repeat(np.arange(width), np.diff(start[low : low + width + 1]))
        by_expression, by_anchors = (total[target[asked], way, cause] for way in range(2))
        larger = np.abs(by_anchors) > np.abs(by_expression)
        effects[asked] = np.where(larger, by_anchors, by_expression)
    effects /= max(total_weight, 1.0)
    return effects
