"""A network of transcripts, proteins and traits: all that does not depend on the people drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.simulate.expression_model import ExpressionModel
from genesis.simulate.loci import SHARE_WITH_TWO
from genesis.simulate.molecular_parameters import KINDS
from genesis.simulate.networks import Parents
from genesis.simulate.simulation import closure, numbered

__all__ = ["LayerModel", "draw_layer_model"]

_SIGNS = np.array([-1.0, 1.0])


@dataclass
class LayerModel:
    """Nodes, which are transcripts, then proteins, then traits; and what acts on what.

    Attributes
    ----------
    nodes : pandas.DataFrame
        ``gene_id``, ``chrom``, ``start``, ``end``, ``layer``; traits have no place.
    molecules : ExpressionModel
        Of transcripts and proteins; its `order` holds all nodes, and parents may be traits.
    locus : numpy.ndarray of int64, shape (n_molecules,)
        The molecule whose variants act on each: itself, or the transcript of a protein without
        any of its own; -1 where there is none.
    routes : dict of str to list of numpy.ndarray of int64
        Of each kind the molecules of each trait.
    """

    nodes: pd.DataFrame
    molecules: ExpressionModel
    locus: NDArray[np.int64]
    routes: dict[str, list[NDArray[np.int64]]]

    def mediators(self, trait: int) -> NDArray[np.int64]:
        """Molecules that act on a trait, ascending."""
        kinds = ("mediated", "partly_mediated")
        return np.sort(np.concatenate([self.routes[kind][trait] for kind in kinds]))


def draw_layer_model(
    parameters: dict[str, Any], genes: pd.DataFrame, rng: np.random.Generator
) -> LayerModel:
    """Draw the network, and how much of each molecule everything explains.

    Parameters
    ----------
    parameters : dict
        As of `checked_layers`.
    genes : pandas.DataFrame
        As of `place_genes`.
    rng : numpy.random.Generator

    Raises
    ------
    CommandLineError
        The network has no room for the edges, or for the molecules of the traits.
    """
    n_genes, n_proteins = parameters["n_genes"], parameters["n_proteins"]
    n_molecules = n_genes + n_proteins
    coded_by = np.sort(rng.choice(n_genes, n_proteins, replace=False))
    follows = rng.permutation(n_proteins) < round(parameters["fraction_follow"] * n_proteins)
    order = _order(n_genes, coded_by, follows, rng)
    parents = _network(parameters, order, coded_by, rng)
    least, most = parameters["r2_parents"]
    effects = [
        rng.choice(_SIGNS, len(above)) * np.sqrt(rng.uniform(least, most, len(above)))
        for above in parents
    ]
    least, most = parameters["r2_follow"]
    shares = rng.uniform(least, most, n_proteins)
    for protein in np.flatnonzero(follows):
        node = n_genes + protein
        parents[node] = np.append(parents[node], coded_by[protein])
        effects[node] = np.append(effects[node], np.sqrt(shares[protein]))
    regulated = np.concatenate(
        [
            rng.permutation(n_genes) < round(parameters["fraction_cis"] * n_genes),
            rng.permutation(n_proteins) < round(parameters["fraction_pqtl"] * n_proteins),
        ]
    )
    lowest, highest = parameters["h2"]
    molecules = ExpressionModel(
        order=order,
        parents=parents,
        parent_effects=effects,
        cis_share=regulated * rng.uniform(lowest, highest, n_molecules),
        has_two=rng.random(n_molecules) < SHARE_WITH_TWO,
        cis_signs=rng.choice(_SIGNS, (n_molecules, 2)),
        loadings=rng.standard_normal((parameters["n_factors"], n_molecules)),
    )
    locus = np.where(regulated, np.arange(n_molecules), -1)
    through = np.flatnonzero(follows & ~regulated[n_genes:] & regulated[coded_by])
    locus[n_genes + through] = coded_by[through]
    nodes = _node_table(genes, coded_by, parameters["n_traits"])
    model = LayerModel(nodes, molecules, locus, {})
    _choose_molecules(model, parameters, rng)
    return model


def _order(
    n_genes: int,
    coded_by: NDArray[np.int64],
    follows: NDArray[np.bool_],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """A causal order of molecules at random, a transcript before the protein that follows it."""
    place = rng.permutation(n_genes + len(coded_by))
    proteins = n_genes + np.flatnonzero(follows)
    both = np.column_stack([coded_by[follows], proteins])
    place[both] = np.sort(place[both], axis=1)
    return np.argsort(place)


def _network(
    parameters: dict[str, Any],
    order: NDArray[np.int64],
    coded_by: NDArray[np.int64],
    rng: np.random.Generator,
) -> Parents:
    """Parents of molecules by layer; a protein and its own transcript are no pair here."""
    n_genes = parameters["n_genes"]
    n = len(order)
    place = np.argsort(order)
    earlier = place[:, None] < place[None, :]
    proteins = n_genes + np.arange(len(coded_by))
    earlier[coded_by, proteins] = earlier[proteins, coded_by] = False
    is_protein = np.arange(n) >= n_genes
    edge = np.zeros((n, n), dtype=np.bool_)
    for name, from_protein, to_protein in (
        ("genes_on_genes", False, False),
        ("genes_on_proteins", False, True),
        ("proteins_on_genes", True, False),
    ):
        allowed = earlier & (is_protein == from_protein)[:, None] & (is_protein == to_protein)
        n_allowed = np.count_nonzero(allowed)
        n_targets = np.count_nonzero(is_protein == to_protein)
        wanted = parameters[name] * n_targets
        # Without proteins there is nothing that could be asked for of them.
        if wanted > n_allowed and len(proteins) * n_targets:
            raise CommandLineError(
                f"{name} is {parameters[name]:g}: without a cycle the mean here is at most "
                f"{n_allowed / n_targets:.2g}; give no more, or more molecules"
            )
        if n_allowed:
            edge |= allowed & (rng.random((n, n)) < wanted / n_allowed)
    return [np.flatnonzero(column) for column in edge.T]


def _node_table(genes: pd.DataFrame, coded_by: NDArray[np.int64], n_traits: int) -> pd.DataFrame:
    proteins = genes.iloc[coded_by].assign(layer="protein")
    proteins["gene_id"] += "@protein"
    traits = pd.DataFrame({"gene_id": numbered("T", n_traits)}, dtype=genes["gene_id"].dtype)
    # Without a place: these are missing.
    traits = traits.reindex(columns=genes.columns).astype(genes.dtypes[["gene_id", "chrom"]])
    tables = [genes.assign(layer="expression"), proteins, traits.assign(layer="trait")]
    whole = [table.astype({"start": "Int64", "end": "Int64"}) for table in tables]
    return pd.concat(whole, ignore_index=True)


def _choose_molecules(
    model: LayerModel, parameters: dict[str, Any], rng: np.random.Generator
) -> None:
    """Choose the molecules of each trait, and put traits into the causal order."""
    n_traits, molecules = parameters["n_traits"], model.molecules
    n_molecules = len(molecules.parents)
    reached = np.flatnonzero(model.locus >= 0)
    children = np.repeat(np.arange(n_molecules), [len(above) for above in molecules.parents])
    descends = closure(np.concatenate(molecules.parents), children, n_molecules)
    np.fill_diagonal(descends, True)  # from here on "itself or a descendant"
    routes: dict[str, list[NDArray[np.int64]]] = {kind: [] for kind in KINDS}
    for _ in range(n_traits):
        mediating = _some("mediated", parameters["mediated"], reached, rng)
        others = np.setdiff1d(reached, mediating)
        routes["mediated"].append(mediating)
        routes["partly_mediated"].append(
            _some("partly_mediated", parameters["partly_mediated"], others, rng)
        )
    model.routes = routes
    acting = [
        np.asarray(descends[:, model.mediators(trait)].any(axis=1)) for trait in range(n_traits)
    ]
    # What a trait acts on lies before no trait, so that no circle can close.
    any_acting = np.zeros(n_molecules, dtype=np.bool_)
    for found in acting:
        any_acting |= found
    for trait in range(n_traits):
        driven = _some("reverse", parameters["reverse"], reached[~any_acting[reached]], rng)
        routes["reverse"].append(driven)
        related = acting[trait] | np.asarray(descends[driven].any(axis=0))
        for kind in ("pleiotropic", "confounded"):
            free = reached[~related[reached]]
            chosen = _some(kind, parameters[kind], free, rng)
            routes[kind].append(chosen)
            related[chosen] = True
        _add_parent(molecules, driven, n_molecules + trait, parameters["r2_parents"], rng)
    driven = np.unique(np.concatenate([np.empty(0, np.int64), *routes["reverse"]]))
    late = np.asarray(descends[driven].any(axis=0))[molecules.order]
    traits = np.arange(n_molecules, n_molecules + n_traits)
    molecules.order = np.concatenate([molecules.order[~late], traits, molecules.order[late]])


def _add_parent(
    molecules: ExpressionModel,
    children: NDArray[np.int64],
    parent: int,
    r2: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Let a node act on molecules, of whose variance it explains a share in this range."""
    for child in children:
        effect = rng.choice(_SIGNS) * np.sqrt(rng.uniform(*r2))
        molecules.parents[child] = np.append(molecules.parents[child], parent)
        molecules.parent_effects[child] = np.append(molecules.parent_effects[child], effect)


def _some(
    kind: str, count: int, free: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    if count > len(free):
        raise CommandLineError(
            f"{kind} is {count}: there are {len(free)} molecules with a variant left for it, "
            "beside those that act on the trait or have another part; give fewer, or more genes"
        )
    return np.sort(rng.choice(free, count, replace=False))
