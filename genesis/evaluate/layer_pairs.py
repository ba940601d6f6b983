"""Claims from each molecular layer to each other one, held against the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.evaluate.comparison import Comparison
from genesis.evaluate.counts import ratio
from genesis.evaluate.ranking import average_precision

__all__ = ["layer_table"]


def layer_table(both: Comparison) -> pd.DataFrame | None:
    """How claims fare by the layers of cause and effect.

    Parameters
    ----------
    both : Comparison

    Returns
    -------
    pandas.DataFrame or None
        One row an ordered pair of layers with pairs of nodes, in the order in which the gene table
        has the layers: ``from_layer``, ``to_layer``, ``n_pairs``, ``n_true``, ``n_claimed``,
        ``n_correct`` (int64), ``aupr`` (NaN without scores or where nothing is true), ``f1`` (NaN
        where nothing is true and nothing claimed), ``true_fdr`` (NaN without claims). None where
        the gene table has no layers.

    Examples
    --------
    >>> from genesis.evaluate.comparison import compare
    >>> from dataclasses import replace
    >>> claims = pd.DataFrame([[0, 1], [0, 0]], index=["g", "t"], columns=["g", "t"])
    >>> both = replace(compare(claims, claims), layers=np.array(["expression", "trait"]))
    >>> layer_table(both)[["from_layer", "to_layer", "n_true", "f1"]]
       from_layer    to_layer  n_true   f1
    0  expression       trait       1  1.0
    1       trait  expression       0  NaN
    """
    if both.layers is None:
        return None
    names = pd.unique(both.layers)
    rows = [_row(both, first, second) for first in names for second in names]
    return pd.DataFrame([row for row in rows if row["n_pairs"]]).reset_index(drop=True)


def _row(both: Comparison, first: str, second: str) -> dict[str, object]:
    at: NDArray[np.bool_] = both.keep & np.outer(both.layers == first, both.layers == second)
    claims, truth = both.claims[at], both.truth[at]
    n_true, n_claimed, n_correct = (
        int(np.count_nonzero(which)) for which in (truth, claims, claims & truth)
    )
    aupr = float("nan") if both.scores is None else average_precision(both.scores[at], truth)
    return {
        "from_layer": first,
        "to_layer": second,
        "n_pairs": int(np.count_nonzero(at)),
        "n_true": n_true,
        "n_claimed": n_claimed,
        "n_correct": n_correct,
        "aupr": aupr,
        "f1": ratio(2 * n_correct, n_claimed + n_true),
        "true_fdr": ratio(n_claimed - n_correct, n_claimed),
    }
