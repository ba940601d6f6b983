"""How expression comes about: a network of genes, variants of their own, and hidden factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.simulate.loci import SHARE_WITH_TWO, Loci
from genesis.simulate.networks import Parents, add_hotspots, scale_free_parents, uniform_parents

__all__ = [
    "NOISE_FLOOR",
    "ExpressionModel",
    "add_error",
    "draw_expression",
    "draw_gene",
    "draw_model",
    "draw_noise",
    "scale_to",
]

#: Least share of a gene's variance that is noise of its own.
NOISE_FLOOR = 0.1


@dataclass
class ExpressionModel:
    """All choices that do not depend on the people drawn.

    Attributes
    ----------
    order : numpy.ndarray of int64, shape (n_genes,)
        Genes in causal order.
    parents, parent_effects : list of numpy.ndarray
        For each gene its parents, and the signed square roots of the shares they explain.
    cis_share : numpy.ndarray of float64, shape (n_genes,)
        Share that variants explain; 0 where none acts on the gene.
    has_two : numpy.ndarray of bool, shape (n_genes,)
        Genes with two causal variants.
    cis_signs : numpy.ndarray of float64, shape (n_genes, 2)
        Signs of the effects of the variants.
    loadings : numpy.ndarray of float64, shape (n_factors, n_genes)
        Effects of the factors, up to scale.
    """

    order: NDArray[np.int64]
    parents: Parents
    parent_effects: list[NDArray[np.float64]]
    cis_share: NDArray[np.float64]
    has_two: NDArray[np.bool_]
    cis_signs: NDArray[np.float64]
    loadings: NDArray[np.float64]


def draw_model(parameters: dict[str, Any], rng: np.random.Generator) -> ExpressionModel:
    """Draw the network, and how much of each gene everything explains.

    Parameters
    ----------
    parameters : dict
        As of `checked_parameters`.
    rng : numpy.random.Generator
    """
    n_genes = parameters["n_genes"]
    order = rng.permutation(n_genes)
    if parameters["graph"] == "sparse":
        parents = uniform_parents(order, 2 * parameters["n_parents"] / (n_genes - 1), rng)
    else:
        parents = scale_free_parents(order, parameters["n_parents"], rng)
    n_hotspots = parameters["hotspots"]
    if n_hotspots:
        parents = add_hotspots(parents, order, n_hotspots, parameters["hotspot_targets"], rng)
    signs = np.array([-1.0, 1.0])
    least, most = parameters["r2_parents"]
    effects = [
        rng.choice(signs, len(above)) * np.sqrt(rng.uniform(least, most, len(above)))
        for above in parents
    ]
    regulated = rng.permutation(n_genes) < round(parameters["fraction_cis"] * n_genes)
    regulated[order[:n_hotspots]] = True
    lowest, highest = parameters["h2"]
    return ExpressionModel(
        order=order,
        parents=parents,
        parent_effects=effects,
        cis_share=regulated * rng.uniform(lowest, highest, n_genes),
        has_two=rng.random(n_genes) < SHARE_WITH_TWO,
        cis_signs=rng.choice(signs, (n_genes, 2)),
        loadings=rng.standard_normal((parameters["n_factors"], n_genes)),
    )


def draw_expression(
    model: ExpressionModel, loci: Loci, parameters: dict[str, Any], rng: np.random.Generator
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Draw expression, gene after gene in causal order.

    Parameters
    ----------
    model : ExpressionModel
    loci : Loci
    parameters : dict
        As of `checked_parameters`.
    rng : numpy.random.Generator

    Returns
    -------
    expression : (n, n_genes) float64
    weights, anchors : list of float64 arrays
        Of each gene the effects of its parents, and of its causal variants.
    """
    n, n_genes = parameters["n"], parameters["n_genes"]
    factors = rng.standard_normal((n, parameters["n_factors"]))
    x = np.zeros((n, n_genes))
    weights, anchors = [np.empty(0)] * n_genes, [np.empty(0)] * n_genes
    for gene in model.order:
        latent = factors @ model.loadings[:, gene]
        x[:, gene], weights[gene], anchors[gene] = draw_gene(
            gene,
            model,
            loci.dosages[:, loci.causal[gene]].astype(np.float64),
            latent * scale_to(latent, parameters["factor_variance"]),
            x[:, model.parents[gene]],
            tail_df=parameters["tail_df"],
            rng=rng,
        )
    return add_error(x, parameters["measurement_noise"], rng), weights, anchors


def draw_gene(
    gene: int,
    model: ExpressionModel,
    dosages: NDArray[np.float64],
    hidden: NDArray[np.float64],
    above: NDArray[np.float64],
    *,
    tail_df: float | None,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Draw one gene from its variants, hidden factors, parents and noise.

    Parameters
    ----------
    gene : int
    model : ExpressionModel
    dosages : (n, n_causal) float64
        Of the variants that act on it.
    hidden : (n,) float64
        What hidden factors add to it.
    above : (n, n_parents) float64
        Its parents.
    tail_df : float or None
    rng : numpy.random.Generator

    Returns
    -------
    values : (n,) float64
    weights, anchors : float64 arrays
        Effects of the parents, and of the variants.
    """
    effects = model.cis_signs[gene, : dosages.shape[1]] / dosages.std(axis=0)
    anchors = effects * scale_to(dosages @ effects, model.cis_share[gene])
    own = dosages @ anchors + hidden
    weights = model.parent_effects[gene] / above.std(axis=0)
    weights *= _shrinkage(own, above @ weights)
    signal = own + above @ weights
    spread = np.sqrt(max(1 - signal.var(), NOISE_FLOOR))
    return signal + spread * draw_noise(len(signal), tail_df, rng), weights, anchors


def add_error(
    x: NDArray[np.float64], share: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Columns with measurement error, which has this share of the variance that results."""
    error = np.sqrt(share / (1 - share)) * x.std(axis=0) * rng.standard_normal(x.shape)
    return np.asarray(x + error)


def scale_to(signal: NDArray[np.float64], variance: float) -> float:
    """Factor that gives a signal this variance; 0 for a signal that does not vary."""
    found = signal.var()
    return float(np.sqrt(variance / found)) if found > 0 else 0.0


def _shrinkage(own: NDArray[np.float64], inherited: NDArray[np.float64]) -> float:
    """Largest factor up to 1 for what parents pass on that leaves the noise its floor."""
    a, b = inherited.var(), float(np.mean((own - own.mean()) * (inherited - inherited.mean())))
    excess = own.var() - (1 - NOISE_FLOOR)
    if a == 0 or a + 2 * b + excess <= 0:
        return 1.0
    # Positive root of a c² + 2 b c + excess = 0: there is one, as the excess is negative.
    return float((np.sqrt(b**2 - a * min(excess, 0)) - b) / a)


def draw_noise(n: int, tail_df: float | None, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise of variance one."""
    if tail_df is None:
        return rng.standard_normal(n)
    return np.asarray(rng.standard_t(tail_df, n) * np.sqrt((tail_df - 2) / tail_df))
