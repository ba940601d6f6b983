"""Edges of sampled graphs with those of variants, and coefficients drawn for each graph."""

from __future__ import annotations

import numpy as np

from genesis.posterior.claims.effects import EDGE, edge_order, moment_mean
from genesis.posterior.model.state import FACTOR, OWN, Chain, Problem

__all__ = ["PATH_EDGE", "coefficient_stream", "path_edges_of"]

#: An edge between genes as of `EDGE`, or of a variant (row of the data) on a gene, whose cause
#: is -1 unless the variant stands for a gene; -1 is the variant of an edge of a gene's expression.
PATH_EDGE = np.dtype([*EDGE.descr, ("variant", np.int32), ("draw", np.float32)])


def coefficient_stream(stream: np.random.SeedSequence) -> np.random.Generator:
    """Random numbers beside those of a chain, none of whose draws they change."""
    spawn_key = (*stream.spawn_key, 0)
    return np.random.default_rng(np.random.SeedSequence(stream.entropy, spawn_key=spawn_key))


def path_edges_of(
    problem: Problem, chain: Chain, number: int, rng: np.random.Generator
) -> np.ndarray:
    """Edges of a chain's graph, those of variants too, each behind all that end in its cause.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    number : int
        What the edges will have for `graph`.
    rng : numpy.random.Generator
        Draws the coefficients.

    Returns
    -------
    (n_edges,) PATH_EDGE
        Those of genes are the edges of `edges_of`, in the same order. Slopes are posterior means
        given the graph, draws are from their posterior.
    """
    is_included = np.arange(chain.included.shape[1]) < chain.size[:, None]
    target, place = np.nonzero(is_included)
    kind = problem.kind[target, chain.included[target, place]]
    target, place, kind = target[kind != FACTOR], place[kind != FACTOR], kind[kind != FACTOR]
    candidate = chain.included[target, place]
    cause = problem.parent_gene[target, candidate]
    variable = problem.variable[target, candidate]
    n_variants = len(problem.data) - len(chain.size)
    variant = np.where(variable < n_variants, variable, -1)
    slope = np.where(
        kind == OWN, chain.posterior_mean[target, place], moment_mean(problem, chain, target, place)
    )
    draw = slope + _deviations(chain, problem.data.shape[1], rng)[target, place] * np.where(
        kind == OWN, 1.0, _narrower(problem, chain, target, place)
    )
    order = edge_order(problem, chain, target, cause, np.where(cause < 0, variant, -1))
    edges = np.empty(len(order), dtype=PATH_EDGE)
    edges["graph"] = number
    edges["cause"], edges["target"] = cause[order], target[order]
    edges["variant"] = variant[order]
    edges["by_anchor"] = (edges["cause"] >= 0) & (edges["variant"] >= 0)
    edges["slope"], edges["draw"] = slope[order], draw[order]
    return edges


def _deviations(chain: Chain, degrees: int, rng: np.random.Generator) -> np.ndarray:
    """Draws of all coefficients less their means, under the normal part of the prior, (24).

    Returns
    -------
    (n_genes, most) float64
    """
    noise = 0.5 * chain.penalised_rss / rng.standard_gamma(0.5 * degrees, len(chain.size))
    drawn = np.zeros_like(chain.posterior_mean)
    for size in np.unique(chain.size[chain.size > 0]):
        genes = np.flatnonzero(chain.size == size)
        value, vector = np.linalg.eigh(chain.inverse_gram[genes, :size, :size])
        normal = rng.standard_normal((len(genes), size))
        scale = np.sqrt(np.maximum(value, 0.0) * noise[genes, None])
        drawn[genes, :size] = np.einsum("gab,gb->ga", vector, scale * normal)
    return drawn


def _narrower(problem: Problem, chain: Chain, target: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Standard deviations of coefficients with the moment part over those without it.

    With b = s√V (t + u), u standard normal, weighed by (t + u)⁴.
    """
    variance = chain.penalised_rss[target] / problem.data.shape[1]
    variance = variance * chain.inverse_gram[target, place, place]
    t2 = chain.posterior_mean[target, place] ** 2 / variance
    fourth = t2**2 + 6 * t2 + 3
    first = (t2**2 + 10 * t2 + 15) / fourth
    second = (t2**3 + 15 * t2**2 + 45 * t2 + 15) / fourth
    return np.asarray(np.sqrt(np.maximum(second - t2 * first**2, 0.0)))
