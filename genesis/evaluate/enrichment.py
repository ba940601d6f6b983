"""How much more is true among the pairs of the highest scores than among all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError, DegenerateDataError, InconsistentInputsError
from genesis.evaluate.comparison import Unnamed, compare
from genesis.evaluate.counts import ratio
from genesis.evaluate.labelled import square
from genesis.evaluate.truth import Level
from genesis.io.ids import counted, first_few

__all__ = ["enrichment", "top_share"]


def top_share(scores: NDArray[np.float64], labels: NDArray[np.bool_], top: int) -> float:
    """Share of what is true among the highest scores.

    Where equal scores stand at the cut, what is expected if as many of them are drawn at random
    as there is room for.

    Parameters
    ----------
    scores : numpy.ndarray of float64, shape (n,)
        The higher, the sooner; no NaN.
    labels : numpy.ndarray of bool, shape (n,)
        What is true.
    top : int
        How many to take; all where there are fewer.

    Returns
    -------
    float
        NaN where there are no scores.

    Raises
    ------
    CommandLineError
        `top` is less than 1.

    Examples
    --------
    >>> top_share(np.array([3.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False]), 2)
    0.75
    """
    if top < 1:
        raise CommandLineError(f"top is {top}: it must be 1 or more")
    top = min(top, len(scores))
    if not top:
        return float("nan")
    cut = np.partition(scores, len(scores) - top)[len(scores) - top]
    above, tied = scores > cut, scores == cut
    room = top - np.count_nonzero(above)
    expected = np.count_nonzero(labels & tied) * room / np.count_nonzero(tied)
    return float((np.count_nonzero(labels & above) + expected) / top)


def enrichment(
    scores: Any,
    truth: Any,
    top: int = 500,
    rows: Sequence[Any] | None = None,
    *,
    level: Level = "ancestors",
    exclude: Any = None,
    unnamed: Unnamed = "drop",
) -> float:
    """Share of what is true among the best ordered pairs, divided by its share among all.

    Parameters
    ----------
    scores : pandas.DataFrame or numpy.ndarray of float64, shape (n_genes, n_genes)
        [a, b]: the higher, the more certain is a ≺ b. NaN counts as 0. The genes of an array are
        called 0, 1 and so on.
    truth : pandas.DataFrame, networkx.DiGraph or numpy.ndarray
        As of `genesis.evaluate.evaluate`. For responses to knockouts, a table with ``ancestor``
        (the knocked-out gene) and ``descendant`` is taken as it is.
    top : int
        How many pairs to look at. Equal scores at the cut count by expectation.
    rows : sequence, optional
        Regulators: only pairs whose first gene is one of them count, above and below the line.
        Those that are not among the genes compared are passed over.
    level, exclude, unnamed
        As of `genesis.evaluate.evaluate`.

    Returns
    -------
    float
        1 by chance; NaN where nothing is true.

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.
    MalformedInputError
        An input has a form or a value that cannot be used.
    InconsistentInputsError
        Inputs have no gene in common, or none of `rows` is among those of the scores and truth.
    DegenerateDataError
        No pair is left.

    Examples
    --------
    Of six pairs two are true, and one of these has the highest score.

    >>> truth = np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0]], dtype=bool)
    >>> scores = np.array([[0, 0.9, 0.1], [0.2, 0, 0.3], [0, 0, 0]])
    >>> enrichment(scores, truth, top=1)
    3.0
    """
    genes, values = square(scores, "scores")
    nothing: Any = np.zeros(values.shape, dtype=np.bool_)
    if isinstance(scores, pd.DataFrame):
        nothing = pd.DataFrame(nothing, index=genes, columns=genes)
    both = compare(nothing, truth, scores=scores, level=level, exclude=exclude, unnamed=unnamed)
    assert both.scores is not None
    used = both.keep
    if rows is not None:
        is_row = both.genes.isin(list(rows))
        if not is_row.any():
            raise InconsistentInputsError(
                f"none of the {counted(len(rows), 'regulator')} ({first_few(list(rows))}) is among "
                f"the genes compared ({first_few(both.genes)}); give the same ids"
            )
        used = used & is_row[:, np.newaxis]
    labels = both.truth[used]
    if not len(labels):
        raise DegenerateDataError("no pairs are left to rank; exclude fewer")
    share = top_share(both.scores[used], labels, top)
    return ratio(share, float(np.count_nonzero(labels) / len(labels)))
