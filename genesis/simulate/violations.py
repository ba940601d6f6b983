"""Data that break what the method assumes of its two tiers."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.simulate.arguments import check_choice, check_number
from genesis.simulate.simulation import Simulation, closure
from genesis.simulate.two_tier import (
    LOWEST_FREQUENCY,
    as_dosages,
    as_simulation,
    check_parameters,
    draw_tiers,
    unlinked_variants,
)

__all__ = ["tier_violation"]

KINDS = ("feedback", "hidden-snps", "mislabelled")


def tier_violation(
    kind: str = "feedback",
    *,
    fraction: float = 0.2,
    strength: float = 0.5,
    n: int = 1000,
    d_z: int = 20,
    d_x: int = 15,
    r2: float = 0.5,
    sparsity: float = 0.5,
    p_zx: float = 0.15,
    effect: float = 1.0,
    background: str = "independent",
    scaled_effects: bool = True,
    genotypes: str = "continuous",
    seed: int = 0,
) -> Simulation:
    """Draw from the two-tier model and break the tiers.

    ``feedback``
        Background variables that are partly driven by a gene each (X → Z) and act on none.
    ``hidden-snps``
        Background variables that act on genes are missing from the genotypes.
    ``mislabelled``
        Genes are handed over as background variables, cut into dosages where the others are.
        Edges through them are edges of the genes that are left, so that ancestors stay
        ancestors.

    Parameters
    ----------
    kind : {"feedback", "hidden-snps", "mislabelled"}
        What is broken.
    fraction : float
        Share that it concerns: of all background variables, of those that act on a gene, or of
        the genes; at least one unless it is 0, which gives the data of `two_tier` as they are.
    strength : float
        For ``feedback``: share of such a variable's variance that its gene explains.
    n, d_z, d_x, r2, sparsity, p_zx, effect, background, scaled_effects, genotypes, seed
        As in `genesis.simulate.two_tier`. The violation has random numbers of its own: all else
        is as `two_tier` draws it from the same seed.

    Returns
    -------
    Simulation
        ``parameters["affected"]`` names what was changed, removed or handed over. `anchors`
        lists columns of the genotypes only, among them genes that were handed over, with
        weights by unit of the gene.

    Raises
    ------
    CommandLineError
        An argument has a value that cannot be used, or nothing would be left.

    Examples
    --------
    >>> simulation = tier_violation("hidden-snps", fraction=0.5, n=200, d_z=10, d_x=4, seed=1)
    >>> simulation.genotypes.shape[1] + len(simulation.parameters["affected"])
    10
    """
    check_choice("kind", kind, KINDS)
    fraction = check_number("fraction", fraction, 0, 1)
    strength = check_number("strength", strength, 0, 1)
    parameters = check_parameters(
        n=n, d_z=d_z, d_x=d_x, r2=r2, sparsity=sparsity, p_zx=p_zx, effect=effect,
        background=background, scaled_effects=scaled_effects, genotypes=genotypes, seed=seed,
    )  # fmt: skip
    rng = np.random.default_rng(parameters["seed"])
    # A stream of its own: the tiers are drawn as they are without a violation.
    own = rng.spawn(1)[0]
    about = {"design": "tier-violation", "kind": kind, "fraction": fraction}
    if kind == "feedback":
        about["strength"] = strength
        return _feedback(rng, own, {**about, **parameters})
    base = as_simulation(draw_tiers(rng, parameters), {**about, **parameters})
    change = _hide_variants if kind == "hidden-snps" else _mislabel_genes
    return change(base, fraction, own)


def _some(names: NDArray[Any], fraction: float, rng: np.random.Generator) -> NDArray[Any]:
    """A random share of the names, in their order; at least one unless the share is 0."""
    count = 0 if fraction == 0 else min(len(names), max(1, round(fraction * len(names))))
    return names[np.sort(rng.permutation(len(names))[:count])]


def _feedback(
    rng: np.random.Generator, own: np.random.Generator, parameters: dict[str, Any]
) -> Simulation:
    driven = _some(np.arange(parameters["d_z"]), parameters["fraction"], own)
    tiers = draw_tiers(rng, parameters, without_effect=driven)
    drivers = tiers.x[:, own.integers(parameters["d_x"], size=len(driven))]
    share, signs = parameters["strength"], own.choice([-1.0, 1.0], size=len(driven))
    z = tiers.z.copy()
    z[:, driven] = np.sqrt(1 - share) * z[:, driven] + np.sqrt(share) * signs * _scaled(drivers)
    simulation = as_simulation(dataclasses.replace(tiers, z=z), parameters)
    affected = simulation.genotypes.columns[driven].tolist()
    return dataclasses.replace(simulation, parameters={**parameters, "affected": affected})


def _scaled(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))


def _hide_variants(base: Simulation, fraction: float, own: np.random.Generator) -> Simulation:
    names = base.genotypes.columns
    acting = names[names.isin(base.anchors["variant_id"])].to_numpy()
    hidden = _some(acting, fraction, own).tolist()
    if len(hidden) == len(names):
        raise CommandLineError(
            f"fraction is {fraction:g}: all {len(names)} background variables act on genes and "
            "would be hidden; choose a smaller fraction or a larger d_z"
        )
    variants = base.variants
    if variants is not None:
        variants = variants[~variants["variant_id"].isin(hidden)].reset_index(drop=True)
    seen = ~base.anchors["variant_id"].isin(hidden)
    return dataclasses.replace(
        base,
        genotypes=base.genotypes.drop(columns=hidden),
        variants=variants,
        anchors=base.anchors[seen].reset_index(drop=True),
        parameters={**base.parameters, "affected": hidden},
    )


def _mislabel_genes(base: Simulation, fraction: float, own: np.random.Generator) -> Simulation:
    names = base.expression.columns
    moved = _some(names.to_numpy(), fraction, own).tolist()
    if len(moved) == len(names):
        raise CommandLineError(
            f"fraction is {fraction:g}: all {len(names)} genes would be handed over as "
            "background variables; choose a smaller fraction or a larger d_x"
        )
    columns = base.expression[moved]
    variants = base.variants
    if variants is not None:
        frequency = own.uniform(LOWEST_FREQUENCY, 0.5, size=len(moved))
        scaled = _scaled(columns.to_numpy())
        columns = pd.DataFrame(
            as_dosages(scaled, frequency), index=columns.index, columns=columns.columns
        )
        variants = unlinked_variants([*variants["variant_id"], *moved])
    from_moved = base.truth["parent"].isin(moved)
    to_moved = base.truth["child"].isin(moved)
    handed = base.truth[from_moved & ~to_moved].rename(
        columns={"parent": "variant_id", "child": "gene_id"}
    )
    kept = base.anchors[~base.anchors["gene_id"].isin(moved)]
    anchors = pd.concat([kept, handed[["gene_id", "variant_id", "weight"]]])
    return dataclasses.replace(
        base,
        genotypes=pd.concat([base.genotypes, columns], axis=1),
        expression=base.expression.drop(columns=moved),
        variants=variants,
        truth=_edges_without(base, moved),
        anchors=anchors.sort_values(["gene_id", "variant_id"], ignore_index=True),
        parameters={**base.parameters, "affected": moved},
    )


def _edges_without(base: Simulation, moved: list[str]) -> pd.DataFrame:
    """Edges among the genes left, with those that led through genes moved as direct ones."""
    names = base.expression.columns
    parent, child = (names.get_indexer(base.truth[end]) for end in ("parent", "child"))
    n_genes = len(names)
    weights = np.zeros((n_genes, n_genes))
    weights[parent, child] = base.truth["weight"]
    inner = names.isin(moved)
    through = weights[np.ix_(inner, inner)]
    # Sum over all paths whose inner genes are moved ones: W + W (I + W + W² + ...) W.
    detour = np.linalg.solve(np.eye(len(moved)) - through, weights[np.ix_(inner, ~inner)])
    total = weights[np.ix_(~inner, ~inner)] + weights[np.ix_(~inner, inner)] @ detour
    # Which of them are edges is asked of the graph: rounding may leave or cancel a weight.
    among = inner[parent] & inner[child]
    reach = closure(parent[among], child[among], n_genes)
    reach |= np.eye(n_genes, dtype=np.bool_)
    edge = weights != 0
    detours = (edge[np.ix_(~inner, inner)].astype(int) @ reach[np.ix_(inner, inner)]) > 0
    edges = edge[np.ix_(~inner, ~inner)] | (
        (detours.astype(int) @ edge[np.ix_(inner, ~inner)].astype(int)) > 0
    )
    first, second = np.nonzero(edges)
    left = names[~inner]
    return pd.DataFrame(
        {"parent": left[first], "child": left[second], "weight": total[first, second]}
    )
