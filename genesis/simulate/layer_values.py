"""Values of molecules and traits of people, drawn from a network of layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.simulate.expression_model import NOISE_FLOOR, add_error, draw_gene, scale_to
from genesis.simulate.layer_network import LayerModel
from genesis.simulate.loci import Loci

__all__ = ["LayerValues", "draw_values"]

_SIGNS = np.array([-1.0, 1.0])


@dataclass
class LayerValues:
    """What was measured, and the effects behind it.

    Attributes
    ----------
    x : numpy.ndarray of float64, shape (n, n_nodes)
    parents, weights : list of numpy.ndarray
        Of each node its parents, and their effects.
    variants, anchors : list of numpy.ndarray
        Of each node the columns of the variants that act on it, and their effects.
    """

    x: NDArray[np.float64]
    parents: list[NDArray[np.int64]]
    weights: list[NDArray[np.float64]]
    variants: list[NDArray[np.int64]]
    anchors: list[NDArray[np.float64]]


def draw_values(
    model: LayerModel,
    loci: Loci,
    first: NDArray[np.int64],
    parameters: dict[str, Any],
    people: np.random.Generator,
    rng: np.random.Generator,
) -> LayerValues:
    """Draw all nodes, one after the other in causal order.

    Parameters
    ----------
    model : LayerModel
    loci : Loci
    first : (n_molecules,) int64
        The variant of each molecule's locus that may act on a trait.
    parameters : dict
        As of `checked_layers`.
    people, rng : numpy.random.Generator
        The first chooses variants of traits.

    Raises
    ------
    CommandLineError
        There are too few variants for the polygenic part.
    """
    n, molecules = parameters["n"], model.molecules
    n_molecules, n_traits = len(model.locus), parameters["n_traits"]
    factors = rng.standard_normal((n, parameters["n_factors"]))
    common = rng.standard_normal((n, n_traits, parameters["confounded"]))
    shared = _shared_with_traits(model, common)
    own_of_traits = [_polygenic_variants(loci, parameters, people) for _ in range(n_traits)]
    n_nodes = n_molecules + n_traits
    x = np.zeros((n, n_nodes))
    drawn = LayerValues(
        x,
        [*molecules.parents, *(model.mediators(trait) for trait in range(n_traits))],
        [np.empty(0)] * n_nodes,
        [*loci.causal, *([np.empty(0, np.int64)] * n_traits)],
        [np.empty(0)] * n_nodes,
    )
    for node in molecules.order.tolist():
        above = x[:, drawn.parents[node]]
        if node < n_molecules:
            latent = factors @ molecules.loadings[:, node]
            hidden = latent * scale_to(latent, parameters["factor_variance"])
            hidden += shared[:, node] * scale_to(shared[:, node], parameters["confounding"])
            dosages = loci.dosages[:, loci.causal[node]].astype(np.float64)
            x[:, node], drawn.weights[node], drawn.anchors[node] = draw_gene(
                node, molecules, dosages, hidden, above, tail_df=None, rng=rng
            )
            continue
        trait = node - n_molecules
        kinds = ("pleiotropic", "partly_mediated")
        acting = np.unique(first[np.concatenate([model.routes[kind][trait] for kind in kinds])])
        drawn.variants[node] = np.concatenate([acting, own_of_traits[trait]])
        dosages = loci.dosages[:, drawn.variants[node]].astype(np.float64)
        x[:, node], drawn.weights[node], drawn.anchors[node] = _draw_trait(
            dosages, len(acting), above, common[:, trait], parameters, rng
        )
    x[:, :n_molecules] = add_error(x[:, :n_molecules], parameters["measurement_noise"], rng)
    for node in range(n_nodes - parameters["n_binary"], n_nodes):
        ranks = np.argsort(np.argsort(x[:, node]))
        x[:, node] = ranks >= n - round(parameters["prevalence"] * n)
    return drawn


def _shared_with_traits(model: LayerModel, common: NDArray[np.float64]) -> NDArray[np.float64]:
    """What hidden factors of traits add to each molecule, up to scale."""
    shared = np.zeros((len(common), len(model.locus)))
    for trait, found in enumerate(model.routes["confounded"]):
        shared[:, found] += common[:, trait]
    return shared


def _polygenic_variants(
    loci: Loci, parameters: dict[str, Any], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Variants of a trait that act on no molecule."""
    if not parameters["polygenic"]:
        return np.empty(0, np.int64)
    free = np.setdiff1d(np.arange(loci.dosages.shape[1]), np.concatenate(loci.causal))
    if parameters["n_polygenic"] > len(free):
        raise CommandLineError(
            f"n_polygenic is {parameters['n_polygenic']}: there are {len(free)} variants that act "
            "on no molecule; give fewer, or more snps_per_gene"
        )
    return np.sort(rng.choice(free, parameters["n_polygenic"], replace=False))


def _draw_trait(
    dosages: NDArray[np.float64],
    n_direct: int,
    above: NDArray[np.float64],
    common: NDArray[np.float64],
    parameters: dict[str, Any],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Values of a trait, and the effects of its parents and of its variants.

    The first variants are those of loci of molecules, the others its polygenic ones.
    """
    anchors = np.asarray(rng.standard_normal(dosages.shape[1]))
    anchors[:n_direct] = rng.choice(_SIGNS, n_direct)
    anchors /= dosages.std(axis=0)
    for part, share in ((slice(n_direct), "direct"), (slice(n_direct, None), "polygenic")):
        anchors[part] *= scale_to(dosages[:, part] @ anchors[part], parameters[share])
    weights = rng.choice(_SIGNS, above.shape[1]) / above.std(axis=0)
    weights *= scale_to(above @ weights, parameters["molecular"])
    hidden = common @ rng.choice(_SIGNS, common.shape[1])
    hidden *= scale_to(hidden, parameters["confounding"])
    signal = dosages @ anchors + above @ weights + hidden
    spread = np.sqrt(max(1 - signal.var(), NOISE_FLOOR))
    return signal + spread * rng.standard_normal(len(signal)), weights, anchors
