"""Traits of samples: a table of numbers and words, samples × traits or the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.io.anchor_list import read_pairs
from genesis.io.covariates import as_number, read_cells
from genesis.io.ids import counted, first_few, repeated
from genesis.io.sample_ids import explain_mismatch
from genesis.io.tables import MISSING
from genesis.showing import Shown

if TYPE_CHECKING:
    from genesis.io.sample_map import SampleMap

__all__ = ["Traits", "read_trait_hits", "read_traits", "trait_numbers"]

_TRAIT_NAMES = ("trait", "phenotype", "phenotype_id", "gene_id")

#: What PLINK writes for a phenotype that is missing.
_PLINK_MISSING = -9.0


@dataclass(frozen=True, eq=False, repr=False)
class Traits(Shown):
    """Traits of samples.

    Attributes
    ----------
    values : pandas.DataFrame of float64, shape (n_samples, n_traits)
        Index: sample ids; columns: traits; NaN where missing.
    notes : list of str
        What was done, in sentences.
    """

    values: pd.DataFrame
    notes: list[str] = field(default_factory=list)


def read_traits(
    path: str | Path, samples: Sequence[str], *, sample_map: SampleMap | None = None
) -> Traits:
    """Read traits, samples × traits or traits × samples.

    Parameters
    ----------
    path : str or Path
        Separated by tabs, commas or blanks, gzipped or not. Which way it lies is told by which
        side has the samples' ids. In files of PLINK and regenie (``FID IID`` and then phenotypes)
        samples are matched by IID.
    samples : sequence of str
        Ids of the genotyped samples.
    sample_map : SampleMap, optional
        Of `genesis.read_sample_map`; the file may have expression ids then.

    Returns
    -------
    Traits
        The samples that the file has, in the order of `samples`. Two words (case, control) become
        0 and 1 in alphabetical order, as the notes say. A -9 among values that are otherwise not
        negative is missing, as in PLINK's files.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For rows of unequal length, repeated ids, and a trait of numbers and words or of several
        words; with the sample.
    InconsistentInputsError
        If neither side has ids of the samples, or both have.
    DegenerateDataError
        If there is nothing in it.

    Examples
    --------
    >>> read_traits("traits.tsv", ["HG00096"]).values    # doctest: +SKIP
    """
    known = list(samples) if sample_map is None else sample_map.names_of(samples)
    table, notes = read_cells(path, frozenset(known))
    table = _upright(table, known, path)
    if not table.shape[1]:
        raise DegenerateDataError(f"{path}: there is no column of a trait")
    numbers = {name: trait_numbers(name, table[name], notes, f"{path}: ") for name in table.columns}
    values = pd.DataFrame(numbers, index=table.index)
    if sample_map is not None:
        ids, said = sample_map.genotype_ids(list(values.index), str(path))
        notes += said
        if repeated(ids):
            raise InconsistentInputsError(
                f"{path}: {first_few(repeated(ids))} stands there under both of its ids: keep one"
            )
        values.index = pd.Index(ids)
    order = [one for one in samples if one in values.index]
    first = f"{path}: {counted(values.shape[1], 'trait')} of {counted(len(order), 'sample')} read."
    return Traits(values.loc[order], [first, *notes])


def read_trait_hits(path: str | Path) -> pd.DataFrame:
    """Read variants that act on traits, such as hits of a GWAS, from a TSV or CSV with a header.

    Parameters
    ----------
    path : str or Path
        Columns ``trait`` (or ``phenotype``) and ``variant_id``; others are passed over.

    Returns
    -------
    pandas.DataFrame
        ``trait`` and ``variant_id``, each pair once, in the order of the file.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        If a column is missing or a line has no id; with the line.
    DegenerateDataError
        If there are no hits.

    Examples
    --------
    >>> read_trait_hits("gwas_hits.tsv").columns.tolist()     # doctest: +SKIP
    ['trait', 'variant_id']
    """
    return read_pairs(path, _TRAIT_NAMES, "trait", "hits of traits")


def _upright(table: pd.DataFrame, samples: Sequence[str], path: str | Path) -> pd.DataFrame:
    """The rows of samples that are known, from a table that lies either way."""
    wanted = frozenset(samples)
    in_rows = [name for name in table.index if name in wanted]
    in_columns = [name for name in table.columns if name in wanted]
    if bool(in_rows) == bool(in_columns):
        which = "both its rows and its columns have" if in_rows else "neither side of it has"
        sides = ([], []) if in_rows else (list(table.index), list(table.columns))
        hints = (explain_mismatch(samples, ids, ("samples", "traits")) for ids in sides)
        hint = next((f". {hint}" for hint in hints if hint), "")
        raise InconsistentInputsError(
            f"{path}: {which} ids of the samples; its rows are {first_few(list(table.index))}, "
            f"its columns {first_few(list(table.columns))}, the samples "
            f"{first_few(list(samples))}. Use the samples' ids on one side only{hint}"
        )
    return table.loc[in_rows] if in_rows else table.T.loc[in_columns]


def trait_numbers(name: str, column: pd.Series, notes: list[str], where: str = "") -> np.ndarray:
    """The values of one trait as numbers, NaN where missing.

    Parameters
    ----------
    name : str
    column : pandas.Series
        Numbers, text of numbers, two different words, or ordered categories.
    notes : list of str
        Which word is which number is added, and what is taken as missing.
    where : str
        What to say first in messages: the file.

    Returns
    -------
    (n_samples,) float64

    Raises
    ------
    MalformedInputError
        Anything else.

    Examples
    --------
    >>> notes = []
    >>> trait_numbers("gout", pd.Series(["case", "control", None, "case"]), notes)
    array([ 0.,  1., nan,  0.])
    >>> notes
    ['trait gout: control is 1, case is 0']
    """
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        codes = column.cat.codes.to_numpy(np.float64)
        return np.where(codes < 0, np.nan, codes)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return _without_plink_missing(name, column.to_numpy(np.float64, na_value=np.nan), notes)
    cells = ["" if pd.isna(cell) else str(cell).strip() for cell in column]
    words = {cell for cell in cells if cell not in MISSING and as_number(cell) is None}
    if not words:
        numbers = [np.nan if cell in MISSING else as_number(cell) for cell in cells]
        return _without_plink_missing(name, np.array(numbers, dtype=np.float64), notes)
    levels = sorted({cell for cell in cells if cell not in MISSING})
    if len(words) < len(levels):
        at = next(k for k, cell in enumerate(cells) if cell in words)
        raise MalformedInputError(
            f"{where}trait {name} has both numbers and words, e.g. {cells[at]!r} for sample "
            f"{column.index[at]}; use one of them, and NA where it is missing"
        )
    if len(levels) > 2:
        raise MalformedInputError(
            f"{where}trait {name} has {len(levels)} different words ({first_few(levels)}): write "
            "numbers in their order where they have one, or one column of 0 and 1 for each"
        )
    if len(levels) == 2:
        notes.append(f"trait {name}: {levels[1]} is 1, {levels[0]} is 0")
    place = {level: float(number) for number, level in enumerate(levels)}
    return np.array([place.get(cell, np.nan) for cell in cells])


def _without_plink_missing(name: str, values: np.ndarray, notes: list[str]) -> np.ndarray:
    """Numbers without PLINK's -9, where nothing else is negative."""
    is_gap = values == _PLINK_MISSING
    others = values[~is_gap & ~np.isnan(values)]
    if not is_gap.any() or not len(others) or (others < 0).any():
        return values
    notes.append(
        f"Warning: trait {name} is -9 in {counted(int(is_gap.sum()), 'sample')} and not negative "
        "in others: taken as missing, as in PLINK's files."
    )
    return np.where(is_gap, np.nan, values)
