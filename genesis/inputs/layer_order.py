"""Layers of one analysis, and which of them may act on which.

Genes, proteins, metabolites and traits of the same people are nodes of one graph. What is known
of their order beforehand is about layers: a trait acts on no molecule, or nothing in a later layer
acts on anything in an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from genesis.errors import CommandLineError
from genesis.io.ids import first_few, repeated

__all__ = ["EXPRESSION", "TRAIT", "GeneOrder", "Layers", "check_layer_name", "node_ids", "ranks_of"]

#: What the layer of an expression matrix is called, and that of traits.
EXPRESSION, TRAIT = "expression", "trait"

_NAME = re.compile(r"[^\W\d][\w.-]*")


class GeneOrder(NamedTuple):
    """What is known of the order of the genes of a search, in the order of these.

    Attributes
    ----------
    rank : (n_genes,) int64
        No gene acts on one of a lower rank, directly or by way of others.
    is_trait : (n_genes,) bool
        Traits lie nowhere on the genome, so that no variant stands for them.
    is_firm : bool
        Whether graphs are bound by the order. If not, claims alone are: a graph in which a trait
        acts on a molecule then competes with that in which the molecule acts on it, so that the
        molecule is not blamed for what the trait does.
    """

    rank: np.ndarray
    is_trait: np.ndarray
    is_firm: bool

    def may_act(self, causes: Any, targets: Any) -> np.ndarray:
        """Whether, in graphs, some genes (rows) may act on others (columns, or the only one)."""
        allowed = np.less_equal.outer(self.rank[causes], self.rank[targets])
        return allowed if self.is_firm else np.ones_like(allowed)

    def take(self, genes: np.ndarray) -> GeneOrder:
        """The same of some of the genes."""
        return GeneOrder(self.rank[genes], self.is_trait[genes], self.is_firm)


@dataclass(frozen=True, eq=False)
class Layers:
    """The layers of collected inputs.

    Attributes
    ----------
    names : list of str
        In the order of the gene table, that of the expression first.
    ranks : (n_layers,) int64
        A layer may act on those of its own rank and of higher ones.
    is_firm : bool
        See `GeneOrder`.
    of_gene : (n_genes,) int64
        Position in `names` of each gene.
    steps : list of str or None
        Steps of normalisation of each layer; None for those that the run has for expression.
    as_it_is : (n_genes,) bool
        Traits of two values, which are not normalised.
    own_variants : list of int64 arrays, optional
        Variants that the caller names for the traits, as positions; one list a gene.
    samples : list of int
        Samples of each layer before they were matched.
    """

    names: list[str]
    ranks: np.ndarray
    is_firm: bool
    of_gene: np.ndarray
    steps: list[str | None]
    as_it_is: np.ndarray
    own_variants: list[np.ndarray] | None
    samples: list[int]

    @property
    def order(self) -> GeneOrder:
        """What is known of the order of the genes."""
        named = np.array([name == TRAIT for name in self.names])
        return GeneOrder(self.ranks[self.of_gene], named[self.of_gene], self.is_firm)

    def blocks(self, steps: str) -> Iterator[tuple[np.ndarray, str]]:
        """Columns of the expression that are normalised together, and by which steps.

        Parameters
        ----------
        steps : str
            Of the layers that have none of their own.
        """
        for number, own in enumerate(self.steps):
            here = self.of_gene == number
            yield np.flatnonzero(here & ~self.as_it_is), steps if own is None else own
        yield np.flatnonzero(self.as_it_is), "none"

    def record(self, steps: str) -> dict[str, Any]:
        """What the record of a run says: the order, and what there was of each layer."""
        in_order = [
            [name for name, rank in zip(self.names, self.ranks, strict=True) if rank == one]
            for one in np.unique(self.ranks)
        ]
        return {
            "order": in_order,
            "binds": "graphs" if self.is_firm else "claims",
            "genes": dict(zip(self.names, np.bincount(self.of_gene).tolist(), strict=True)),
            "samples": dict(zip(self.names, self.samples, strict=True)),
            "normalise": {
                name: steps if own is None else own
                for name, own in zip(self.names, self.steps, strict=True)
            },
        }


def check_layer_name(name: Any) -> str:
    """The name of a layer, or an error.

    Raises
    ------
    CommandLineError
        It is no word, which ids and an order could hold.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise CommandLineError(
            f"layer {name!r}: give a name of letters, digits, '_', '-' and '.', such as protein"
        )
    return name


def node_ids(layers: Sequence[str], names: Sequence[Sequence[str]]) -> list[list[str]]:
    """Ids that differ throughout: what several layers have becomes ``ID@layer``.

    Those of the layer ``expression`` stay as they are.

    Parameters
    ----------
    layers : sequence of str
    names : sequence of sequences of str
        Of each layer, each name once.

    Raises
    ------
    CommandLineError
        A name of another layer is already so called.

    Examples
    --------
    >>> node_ids(["expression", "protein"], [["TP53", "LDLR"], ["LDLR", "APOB"]])
    [['TP53', 'LDLR'], ['LDLR@protein', 'APOB']]
    """
    shared = set(repeated([name for some in names for name in some]))
    ids = [
        [f"{one}@{layer}" if one in shared and layer != EXPRESSION else one for one in some]
        for layer, some in zip(layers, names, strict=True)
    ]
    twice = repeated([one for some in ids for one in some])
    if twice:
        raise CommandLineError(
            f"{first_few(twice)}: two layers have this id, with the layer's name beside it; "
            "rename one"
        )
    return ids


def ranks_of(names: Sequence[str], order: str | None, trait_feedback: bool) -> np.ndarray:
    """Ranks of layers: one may act on those of its own rank and of higher ones.

    Parameters
    ----------
    names : sequence of str
        The layers.
    order : str or None
        Such as ``"methylation < expression, metabolite < protein"``: layers with a comma between
        them may act on each other. It names every molecular layer. Traits come last where it does
        not name them.
    trait_feedback : bool
        Without an order: traits may act on molecules, too.

    Returns
    -------
    (n_layers,) int64

    Raises
    ------
    CommandLineError
        The order leaves a layer out, names one twice or one that is not there, or is given
        beside `trait_feedback`.

    Examples
    --------
    >>> ranks_of(["expression", "protein", "trait"], None, False)
    array([0, 0, 1])
    >>> ranks_of(["expression", "protein", "trait"], "expression < protein", False)
    array([0, 1, 2])
    >>> ranks_of(["expression", "trait"], "expression, trait", False)
    array([0, 0])
    """
    if order is None:
        last = 0 if trait_feedback else 1
        return np.array([last if name == TRAIT else 0 for name in names], dtype=np.int64)
    if trait_feedback:
        raise CommandLineError(
            "an order of layers and trait feedback are both given: put the traits into the order, "
            f"such as {order!r} with ', {TRAIT}' beside the layers that they may act on"
        )
    groups = [[name.strip() for name in group.split(",")] for group in order.split("<")]
    listed = [name for group in groups for name in group]
    known = ", ".join(names)
    for what, wrong in (
        ("names a layer twice", repeated(listed)),
        ("names what is no layer", [name for name in listed if name not in names]),
        ("leaves out a layer", [n for n in names if n not in listed and n != TRAIT]),
    ):
        if wrong:
            raise CommandLineError(
                f"the order {order!r} {what}: {first_few(wrong)}. Name each of {known} once, such "
                "as 'methylation < expression, metabolite < protein' (with a comma between those "
                "that may act on each other)"
            )
    rank = {name: number for number, group in enumerate(groups) for name in group}
    return np.array([rank.get(name, len(groups)) for name in names], dtype=np.int64)
