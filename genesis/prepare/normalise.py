"""Bringing expression to a scale that tests of correlation can trust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from genesis.errors import CommandLineError, DegenerateDataError, MalformedInputError
from genesis.inputs.collect import Inputs
from genesis.inputs.given_layers import GivenLayers
from genesis.inputs.missing_values import column_means
from genesis.io.expression import Expression
from genesis.io.expression_stores import is_anndata
from genesis.io.trait_table import Traits
from genesis.options import OF_TABLES
from genesis.prepare.library_size import counts_per_million, tmm_factors

__all__ = [
    "STEPS",
    "normalise",
    "normalise_inputs",
    "steps_for",
    "steps_of",
    "with_steps",
]

BLOM = 3 / 8


def steps_of(method: str) -> list[str]:
    """The steps that a text such as ``"tmm,log2,int"`` names, in their order.

    Raises
    ------
    CommandLineError
        For a step that is not known.

    Examples
    --------
    >>> steps_of("tmm,int")
    ['tmm', 'int']
    """
    steps = [step.strip() for step in method.split(",")]
    unknown = [step for step in steps if step not in STEPS]
    if unknown:
        raise CommandLineError(
            f"normalise {unknown[0]!r}: use {', '.join(STEPS)}, or several with commas between "
            "them, such as tmm,int"
        )
    return [step for step in steps if step != "none"]


def normalise(values: ArrayLike, method: str = "int") -> NDArray[np.float64]:
    """Normalise expression and fill its missing values.

    Parameters
    ----------
    values : array_like of float, shape (n, m)
        Samples x genes, NaN where missing.
    method : str, default "int"
        A step, or several with commas between them, done from left to right:

        ==============  ====================================================================
        ``cpm``         counts per million of the sample's sum over these genes
        ``tmm``         the same with library sizes scaled by TMM factors (Robinson 2010)
        ``log2``        log2(1 + x)
        ``quantile``    every sample gets the same distribution over genes (Bolstad 2003)
        ``int``         each gene: rank-based inverse normal transform with the offset of Blom
                        (1958), ties at their average rank
        ``zscore``      each gene: mean 0, standard deviation 1 (n - 1 in the denominator)
        ``none``        as it is
        ==============  ====================================================================

    Returns
    -------
    numpy.ndarray of float64, shape (n, m)
        No NaN: what was missing is the mean of its column after the last step. A constant
        column is 0 with ``int`` and ``zscore``.

    Raises
    ------
    CommandLineError
        For another method.
    MalformedInputError
        For infinite values; for negative or missing ones where a step is for counts, and
        missing ones where it is ``quantile``.
    DegenerateDataError
        For a column without any value, and for samples without a count.

    References
    ----------
    Blom 1958, Statistical Estimates and Transformed Beta-Variables, Wiley; Robinson & Oshlack
    2010, Genome Biology 11:R25; Bolstad et al. 2003, Bioinformatics 19:185.

    Examples
    --------
    >>> normalise([[3.0], [1.0], [2.0]], "zscore").ravel().tolist()
    [1.0, -1.0, 0.0]
    >>> normalise([[1.0, 3.0], [10.0, 30.0]], "cpm,log2").round(2).tolist()
    [[17.93, 19.52], [17.93, 19.52]]
    """
    steps = steps_of(method)
    given: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if np.isinf(given).any():
        column = int(np.flatnonzero(np.isinf(given).any(axis=0))[0])
        raise MalformedInputError(f"column {column} has infinite values; remove or repair it")
    present = ~np.isnan(given)
    n_present = present.sum(axis=0)
    if given.size and not n_present.all():
        column = int(np.argmin(n_present))
        raise DegenerateDataError(f"column {column} has no values at all; leave it out")
    result: NDArray[np.float64] = np.array(given)
    if not given.size:
        return result
    for step in steps:
        result = STEPS[step](result)
    gaps = np.flatnonzero(n_present < len(given))
    if gaps.size:
        with_gaps, missing = result[:, gaps], ~present[:, gaps]
        result[:, gaps] = np.where(missing, column_means(with_gaps, missing), with_gaps)
    return result


def inverse_normal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtri
    from scipy.stats import rankdata

    n_present = (~np.isnan(values)).sum(axis=0)
    # NaN sort last, so the ranks of the others are as if there were none.
    ranks = rankdata(np.where(np.isnan(values), np.inf, values), axis=0)
    scores: NDArray[np.float64] = ndtri((ranks - BLOM) / (n_present - 2 * BLOM + 1))
    return scores


def zscore(values: NDArray[np.float64]) -> NDArray[np.float64]:
    present = ~np.isnan(values)
    n_present = present.sum(axis=0)
    centred = values - column_means(values, ~present)
    squares = np.where(present, centred**2, 0.0).sum(axis=0)
    sd = np.sqrt(squares / np.maximum(n_present - 1, 1))
    low, high = np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)
    return np.where(low < high, centred / np.where(sd > 0, sd, 1.0), 0.0)


def log2_of_one_more(values: NDArray[np.float64]) -> NDArray[np.float64]:
    if (values < 0).any():
        raise MalformedInputError(
            "log2 of negative expression: it is for counts, CPM and TPM; where the values are "
            "logarithms already, leave the step out"
        )
    logs: NDArray[np.float64] = np.log2(1 + values)
    return logs


def quantile(values: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.stats import rankdata

    if np.isnan(values).any():
        raise MalformedInputError(
            "quantile normalisation needs every value: leave genes with missing values out "
            "(--max-missing 0)"
        )
    if not values.size:
        return values
    common = np.sort(values, axis=1).mean(axis=0)
    places = np.arange(1.0, values.shape[1] + 1)
    # Ties share the mean rank, which may lie between two places.
    return np.array([np.interp(rankdata(row), places, common) for row in values])


def cpm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts_per_million(values)


def tmm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return counts_per_million(values, tmm_factors(values))


def as_it_is(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values


#: What each step does to samples x genes.
STEPS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "int": inverse_normal,
    "zscore": zscore,
    "log2": log2_of_one_more,
    "quantile": quantile,
    "cpm": cpm,
    "tmm": tmm,
    "none": as_it_is,
}


def steps_for(expression: Any, steps: str | None) -> str:
    """The steps asked for, or else those that an expression of this kind gets.

    Tables with names come from files or from AnnData and hold what was measured: "int", as in the
    commands. A bare array is taken as it is: it is from a simulation, or somebody's own work.

    Parameters
    ----------
    expression : Expression, AnnData, pandas.DataFrame or array
    steps : str or None

    Examples
    --------
    >>> steps_for(np.ones((3, 1)), None), steps_for(pd.DataFrame([[1.0]]), None)
    ('none', 'int')
    >>> steps_for(pd.DataFrame([[1.0]]), "zscore")
    'zscore'
    """
    if steps is not None:
        return steps
    is_table = isinstance(expression, (Expression, pd.DataFrame, pd.Series, Traits))
    is_table = is_table or is_anndata(expression)
    return OF_TABLES if is_table else "none"


def with_steps(given: GivenLayers) -> GivenLayers:
    """The layers beside the first with their steps of normalisation settled; see `steps_for`."""
    others = [replace(one, steps=steps_for(one.values, one.steps)) for one in given.others]
    return replace(given, others=others)


def normalise_inputs(inputs: Inputs, steps: str) -> Inputs:
    """The same inputs, their expression after these steps; see `normalise`.

    Parameters
    ----------
    inputs : Inputs
    steps : str
        Those of layers that have none of their own.

    Raises
    ------
    CommandLineError
        As `normalise`.
    """
    if inputs.layers is None:
        return replace(inputs, expression=normalise(inputs.expression, steps))
    values = np.empty_like(inputs.expression)
    for columns, its_steps in inputs.layers.blocks(steps):
        values[:, columns] = normalise(inputs.expression[:, columns], its_steps)
    return replace(inputs, expression=values)
