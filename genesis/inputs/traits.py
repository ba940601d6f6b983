"""Traits as numbers: quantities, ranks and counts as they are, two values as 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.inputs.missing_values import complete_expression
from genesis.inputs.named_tables import NamedTable, as_table, upright
from genesis.io.ids import counted, were
from genesis.io.trait_table import Traits, trait_numbers

__all__ = ["complete_traits", "trait_table", "without_covariates"]

#: What covariates leave of a trait that they are made of, as a share of its sum of squares.
_NOTHING_LEFT = 1e-9


def trait_table(given: Any, genotypes: NamedTable, notes: list[str]) -> NamedTable:
    """Traits as numbers with names, samples in rows.

    Parameters
    ----------
    given : Traits, pandas.DataFrame, pandas.Series or (n_samples, n_traits) array
        Columns of a DataFrame may be words, of which there are two, or ordered categories.
    genotypes : NamedTable
        Whose samples tell which side of a table has samples.
    notes : list of str
        What was done is added.

    Raises
    ------
    MalformedInputError
        A trait is neither numbers nor two words nor ordered categories.
    """
    if isinstance(given, Traits):
        notes += given.notes
        return upright(as_table(given.values, "trait"), genotypes, "trait", notes)
    if isinstance(given, pd.Series):
        given = given.to_frame("trait1" if given.name is None else given.name)
    if not isinstance(given, pd.DataFrame):
        return upright(as_table(given, "trait"), genotypes, "trait", notes)
    frame = _upright(given, genotypes, notes)
    numbers = {
        str(name): trait_numbers(str(name), frame.iloc[:, k], notes)
        for k, name in enumerate(frame.columns)
    }
    if len(numbers) < frame.shape[1]:
        as_table(frame * np.nan, "trait")  # says which name occurs twice
    return as_table(pd.DataFrame(numbers, index=frame.index), "trait")


def _upright(frame: pd.DataFrame, genotypes: NamedTable, notes: list[str]) -> pd.DataFrame:
    """The table with samples in its rows, by the same rule as for other tables."""
    samples, names = [str(one) for one in frame.index], [str(one) for one in frame.columns]
    bare = NamedTable(np.empty((len(samples), len(names))), samples, names)
    if upright(bare, genotypes, "trait", notes) is bare:
        return frame
    return frame.T.infer_objects()


def complete_traits(table: NamedTable, notes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Traits of the samples used, NaN where missing until they are normalised.

    Parameters
    ----------
    table : NamedTable
    notes : list of str
        Says of each trait how many values are missing, and of which two values it is.

    Returns
    -------
    values : (n_samples, n_traits) float64
    is_binary : (n_traits,) bool
        Traits of two values, which are 0 and 1 now.

    Raises
    ------
    MalformedInputError
        An infinite value.
    """
    gaps = np.isnan(table.values.astype(np.float64))
    values = complete_expression(table, [], kind="trait")
    is_binary = np.zeros(len(table.names), dtype=np.bool_)
    for k, name in enumerate(table.names):
        n_missing = int(gaps[:, k].sum())
        if n_missing == len(values):
            notes.append(f"trait {name} has no value in the samples used, and is left out")
        elif n_missing:
            notes.append(
                f"trait {name}: {counted(n_missing, 'missing value')} of {len(values)} "
                f"{were(n_missing)} replaced by the mean of the trait"
            )
        levels = np.unique(values[~np.isnan(values[:, k]), k])
        if len(levels) == 2:
            is_binary[k] = True
            known = ~np.isnan(values[:, k])
            values[known, k] = values[known, k] == levels[1]
            notes.append(
                f"trait {name} has two values: 1 is {levels[1]:g}, 0 is {levels[0]:g}; effects on "
                "it are changes of the probability of 1, as in a linear probability model"
            )
    return values, is_binary


def without_covariates(
    values: np.ndarray, names: list[str], basis: np.ndarray, notes: list[str]
) -> None:
    """Make constants of traits that are covariates, or combinations of them.

    Normalised, such a trait would differ from its covariate, by nothing that means anything.

    Parameters
    ----------
    values : (n_samples, n_traits) float64
        Before they are normalised, NaN where missing; changed in place.
    names : list of str
    basis : (n_samples, q + 1) float64
        Of the covariates and the intercept.
    notes : list of str
        Says of which traits this is so.
    """
    for k, name in enumerate(names):
        known = ~np.isnan(values[:, k])
        trait = values[known, k]
        spread = float(((trait - trait.mean()) ** 2).sum()) if known.any() else 0.0
        if spread == 0.0 or known.sum() <= basis.shape[1]:
            continue
        rest = trait - basis[known] @ np.linalg.lstsq(basis[known], trait, rcond=None)[0]
        if rest @ rest <= _NOTHING_LEFT * spread:
            values[:, k] = 0.0
            notes.append(f"trait {name} says what the covariates say, and is left out")
