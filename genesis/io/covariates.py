"""Covariates of samples: numbers as they are, categories as indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.io.exclusions import exclusions, no_exclusions
from genesis.io.ids import counted, first_few, repeated
from genesis.io.sample_ids import explain_mismatch
from genesis.io.tables import MISSING, read_rows

if TYPE_CHECKING:
    from genesis.io.sample_map import SampleMap

__all__ = ["Covariates", "read_covariates"]


@dataclass(frozen=True, eq=False)
class Covariates:
    """Covariates of samples.

    Attributes
    ----------
    values : pandas.DataFrame of float64, shape (n_samples, n_covariates)
        Index: sample ids; columns: covariates, finite numbers.
    excluded : pandas.DataFrame
        Exclusion table: covariates that were dropped, with their reasons.
    notes : list of str
        What was done, in sentences.
    """

    values: pd.DataFrame
    excluded: pd.DataFrame = field(default_factory=no_exclusions)
    notes: list[str] = field(default_factory=list)


def read_covariates(
    path: str | Path, samples: Sequence[str], *, sample_map: SampleMap | None = None
) -> Covariates:
    """Read covariates, samples x covariates or covariates x samples.

    Parameters
    ----------
    path : str or Path
        TSV or CSV, gzipped or not. Which way it lies is told by which side has the samples' ids.
    samples : sequence of str
        Samples of the analysis.
    sample_map : SampleMap, optional
        Of `genesis.read_sample_map`; the file may have expression ids then.

    Returns
    -------
    Covariates
        The samples that the file has, in the order of `samples`. A covariate of words (sex,
        batch) becomes one indicator a level but the first in alphabetical order, named
        ``sex=male``. Constant ones are dropped with reason ``constant``.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For rows of unequal length, repeated ids, missing values (naming the sample) and
        covariates of numbers and words.
    InconsistentInputsError
        If neither side has ids of the samples, or both have.
    DegenerateDataError
        If there is nothing in it.

    Examples
    --------
    >>> read_covariates("covariates.tsv", ["HG00096"]).values    # doctest: +SKIP
    """
    if sample_map is not None:
        names = sample_map.names_of(samples)
        return sample_map.rename_covariates(read_covariates(path, names), str(path))
    table = read_cells(path)
    wanted = set(samples)
    in_rows = [name for name in table.index if name in wanted]
    in_columns = [name for name in table.columns if name in wanted]
    if bool(in_rows) == bool(in_columns):
        which = "both its rows and its columns have" if in_rows else "neither side of it has"
        sides = ([], []) if in_rows else (list(table.index), list(table.columns))
        hints = (explain_mismatch(samples, ids, ("samples", "covariates")) for ids in sides)
        hint = next((f". {hint}" for hint in hints if hint), "")
        raise InconsistentInputsError(
            f"{path}: {which} ids of the samples; its rows are {first_few(list(table.index))}, "
            f"its columns {first_few(list(table.columns))}, the samples "
            f"{first_few(list(samples))}. Use the samples' ids on one side only{hint}"
        )
    if in_columns:
        table = table.T
    table = table.loc[[name for name in samples if name in table.index]]
    notes = [
        f"{path}: {counted(table.shape[1], 'covariate')} of "
        f"{counted(table.shape[0], 'sample')} read."
    ]
    columns: dict[str, np.ndarray] = {}
    for name in table.columns:
        columns.update(encode(name, table[name], notes, path))
    constant = [name for name, values in columns.items() if (values == values[0]).all()]
    if constant:
        notes.append(
            f"{counted(len(constant), 'constant covariate')} dropped: {first_few(constant)}."
        )
    kept = {name: values for name, values in columns.items() if name not in constant}
    return Covariates(
        values=pd.DataFrame(kept, index=pd.Index(table.index, name="sample"), dtype=np.float64),
        excluded=exclusions("covariate", constant, "constant"),
        notes=notes,
    )


def read_cells(path: str | Path) -> pd.DataFrame:
    """Cells as text, with the ids of rows and columns."""
    header, *rows = read_rows(path)
    if not rows:
        raise DegenerateDataError(f"{path}: no covariates after the header")
    n_columns = len(rows[0].cells)
    names = [cell.strip() for cell in header.cells]
    # R's write.table leaves out the name of the column of row names.
    names = names if len(names) == n_columns - 1 else names[1:]
    for row in rows:
        if len(row.cells) != len(names) + 1:
            raise MalformedInputError(
                f"{path}, line {row.line}: {counted(len(row.cells), 'column')} where the header "
                f"calls for {len(names) + 1}"
            )
    ids = [row.cells[0].strip() for row in rows]
    for side, found in (("rows", ids), ("columns", names)):
        twice = repeated(found)
        if twice or "" in found:
            what = f"repeated ids: {first_few(twice)}" if twice else "an empty id"
            raise MalformedInputError(f"{path}: the {side} have {what}; make them unique")
    cells = [[cell.strip() for cell in row.cells[1:]] for row in rows]
    return pd.DataFrame(cells, index=ids, columns=names, dtype=object)


def encode(
    name: str, cells: pd.Series, notes: list[str], path: str | Path
) -> dict[str, np.ndarray]:
    """Numbers of one covariate, or one indicator for each of its levels but the first."""
    missing = [str(sample) for sample, cell in cells.items() if cell in MISSING]
    if missing:
        raise MalformedInputError(
            f"{path}: covariate {name} is missing for {counted(len(missing), 'sample')}: "
            f"{first_few(missing)}; fill it in, or leave the samples or the covariate out"
        )
    numbers = [as_number(cell) for cell in cells]
    words = [
        (sample, cell)
        for (sample, cell), n in zip(cells.items(), numbers, strict=True)
        if n is None
    ]
    if not words:
        values = np.array(numbers, dtype=np.float64)
        if not np.isfinite(values).all():
            sample = cells.index[int(np.argmin(np.isfinite(values)))]
            raise MalformedInputError(
                f"{path}: covariate {name} of sample {sample} is not a finite number"
            )
        return {name: values}
    if len(words) < len(cells):
        raise MalformedInputError(
            f"{path}: covariate {name} has both numbers and words, e.g. {words[0][1]!r} for "
            f"sample {words[0][0]}; use one of them"
        )
    levels = sorted(set(cells))
    if len(levels) > max(2, len(cells) // 2):
        raise MalformedInputError(
            f"{path}: covariate {name} has {len(levels)} different words in {len(cells)} samples "
            f"({first_few(levels)}); that is no category, leave it out"
        )
    if len(levels) == 1:
        return {name: np.zeros(len(cells))}
    notes.append(
        f"Covariate {name} has levels {first_few(levels)}: indicators against {levels[0]}."
    )
    return {f"{name}={level}": (cells == level).to_numpy(dtype=np.float64) for level in levels[1:]}


def as_number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
