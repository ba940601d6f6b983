"""The share of predicted effects that is seen again, by the layers of cause and target."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.replication.bins import COLUMNS, EDGES, in_bin, rows_of_bins
from genesis.replication.statistic import AnchoredClaims

__all__ = ["LAYER_COLUMNS", "ClaimedLayers", "replication_by_layers"]

LAYER_COLUMNS = ("from_layer", "to_layer", "lower", "upper", "n_claimed", *COLUMNS[3:])
_BINS = tuple(itertools.pairwise(EDGES))


class ClaimedLayers:
    """How many claims there are from each layer to each, by bins of posterior, tested or not.

    Parameters
    ----------
    names : sequence of str
        The layers, in the order in which they are listed.

    Examples
    --------
    >>> claimed = ClaimedLayers(["expression", "trait"])
    >>> claimed.add(np.array([0, 0]), np.array([1, 1]), np.array([0.95, 0.2]))
    >>> claimed.number[0, 1].tolist()
    [1, 0, 1]
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self.number = np.zeros((len(self.names), len(self.names), len(_BINS)), dtype=np.int64)

    def add(
        self,
        first: NDArray[np.integer],
        second: NDArray[np.integer],
        posterior: NDArray[np.float64],
    ) -> None:
        """Count claims from layers `first` to layers `second`, by their positions in `names`."""
        for number, (lower, upper) in enumerate(_BINS):
            here = in_bin(posterior, lower, upper)
            np.add.at(self.number[:, :, number], (first[here], second[here]), 1)


def replication_by_layers(
    claims: AnchoredClaims,
    from_layer: ArrayLike,
    to_layer: ArrayLike,
    claimed: ClaimedLayers,
    variants: NDArray[np.float64],
    genes: NDArray[np.float64],
    anchor_names: ArrayLike | None = None,
    claim_names: ArrayLike | None = None,
) -> pd.DataFrame:
    """λ by bins of posterior, for claims from each layer to each other and within it.

    Parameters
    ----------
    claims : AnchoredClaims
    from_layer, to_layer : (m,) int
        Layers of a and b, as positions in the names of `claimed`.
    claimed : ClaimedLayers
        Also of claims that cannot be tested.
    variants, genes, anchor_names, claim_names :
        As for `genesis.replication.bins.replication_table`.

    Returns
    -------
    pandas.DataFrame
        `LAYER_COLUMNS`: one row a bin for each pair of layers with a claim in any of them, in the
        order of the names; ``n_claimed`` counts claims, ``n_claims`` those that were tested.
    """
    first, second = np.asarray(from_layer), np.asarray(to_layer)
    rows = []
    for a, b in np.argwhere(claimed.number.any(axis=2)):
        of_pair = np.asarray((first == a) & (second == b))
        bins = rows_of_bins(claims, of_pair, variants, genes, anchor_names, claim_names)
        for row, number in zip(bins, claimed.number[a, b].tolist(), strict=True):
            layers = {"from_layer": claimed.names[a], "to_layer": claimed.names[b]}
            rows.append({**layers, **row, "n_claimed": number})
    return pd.DataFrame(rows, columns=list(LAYER_COLUMNS))
