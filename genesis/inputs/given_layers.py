"""Layers as a caller gives them: beside a matrix of expression, in its place, or as MuData."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import CommandLineError
from genesis.inputs.layer_order import EXPRESSION, TRAIT, check_layer_name, ranks_of
from genesis.io.expression_stores import is_anndata

__all__ = ["GivenLayers", "Layer", "layers_given"]


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer.

    Attributes
    ----------
    name : str
    values : table as `genesis.discover` takes it for expression
    places : pandas.DataFrame, optional
        gene_id, chrom, start, end of its molecules.
    steps : str, optional
        Steps of normalisation.
    """

    name: str
    values: Any
    places: pd.DataFrame | None = None
    steps: str | None = None

    @property
    def is_trait(self) -> bool:
        """Whether it is that of traits."""
        return self.name == TRAIT


@dataclass(frozen=True, eq=False)
class GivenLayers:
    """What there is beside the first layer, and what is known of the order.

    Attributes
    ----------
    first : str
        What the first layer is called.
    others : list of Layer
        Traits, where there are any, come last.
    ranks : (1 + n_others,) int64
        Of the layers, the first one first; see `ranks_of`.
    is_firm : bool
        Whether graphs are bound by them: an order that the caller gives.
    trait_hits : pandas.DataFrame, optional
        trait, variant_id: variants that act on traits.
    """

    first: str = EXPRESSION
    others: list[Layer] = field(default_factory=list)
    ranks: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    is_firm: bool = False
    trait_hits: pd.DataFrame | None = None


def layers_given(
    expression: Any,
    layers: Mapping[str, Any] | None,
    traits: Any,
    order: str | None,
    trait_feedback: bool,
    trait_hits: pd.DataFrame | None,
) -> tuple[Layer, GivenLayers]:
    """The first layer, and what there is beside it.

    Parameters
    ----------
    expression, layers, traits, order, trait_feedback, trait_hits : as for `genesis.discover`

    Raises
    ------
    CommandLineError
        No layer is given, a name is no name or occurs twice, the order cannot be used, or something
        is said of traits or an order where there are none.
    """
    several = _by_name(expression)
    if several is None:
        first, others = Layer(EXPRESSION, expression), []
    else:
        if not several:
            raise CommandLineError("expression is an empty dict: give at least one layer")
        every = [_layer(name, one) for name, one in several.items()]
        first = next((one for one in every if one.name == EXPRESSION), every[0])
        others = [one for one in every if one is not first]
    others += [_layer(name, one) for name, one in (layers or {}).items()]
    names = [first.name, *(one.name for one in others)]
    if len(set(names)) < len(names):
        raise CommandLineError(f"two layers have one name, of {', '.join(names)}: rename one")
    if TRAIT in names:
        raise CommandLineError(f"a layer is called {TRAIT!r}: give it as traits, not as a layer")
    if traits is not None:
        others.append(Layer(TRAIT, traits))
    elif trait_feedback or trait_hits is not None:
        what = "trait_feedback" if trait_feedback else "trait_hits"
        raise CommandLineError(f"{what} is given and there are no traits: give traits, too")
    if order is not None and not others:
        raise CommandLineError(f"an order of layers, {order!r}, and there is one layer: leave it")
    ranks = ranks_of([first.name, *(one.name for one in others)], order, trait_feedback)
    return first, GivenLayers(first.name, others, ranks, order is not None, trait_hits)


def _by_name(given: Any) -> Mapping[str, Any] | None:
    """The layers of a dict, or of MuData, which holds one AnnData a modality; else None."""
    held = getattr(given, "mod", None)
    if isinstance(held, Mapping) and all(is_anndata(one) for one in held.values()):
        return held
    return given if isinstance(given, Mapping) else None


def _layer(name: Any, given: Any) -> Layer:
    """A layer from a table, or from (table, places) or (table, places, steps)."""
    name = check_layer_name(name)
    parts = given if isinstance(given, tuple) else (given,)
    if not 1 <= len(parts) <= 3:
        raise CommandLineError(
            f"layer {name!r} is a tuple of {len(parts)}: give a table, (table, places), or "
            "(table, places, steps of normalisation)"
        )
    return Layer(name, *parts)
