"""Covariates of samples: numbers as they are, categories as indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.io.exclusions import exclusions, no_exclusions
from genesis.io.ids import counted, first_few, repeated
from genesis.io.sample_ids import explain_mismatch
from genesis.io.table_columns import (
    GENE_WORDS,
    ROW_WORDS,
    SAMPLE_WORDS,
    header_word,
    named_columns,
    share_known,
)
from genesis.io.tables import MISSING, Row, read_rows
from genesis.showing import Shown

if TYPE_CHECKING:
    from genesis.io.sample_map import SampleMap

__all__ = ["Covariates", "read_covariates"]

# What stands over the names of covariates, beside the words for samples and genes.
_CORNERS = ("covariate", "covariates", "cov", "factor", "pc", "fid", "variable")
# Columns about samples that are no covariates: families, and PLINK's sources of samples.
_BESIDE_IDS = ("fid", "sid", "family", "family_id")
# Batches are more in few studies, and ages fewer.
_MOST_LABELS = 12


@dataclass(frozen=True, eq=False, repr=False)
class Covariates(Shown):
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
    path: str | Path,
    samples: Sequence[str],
    *,
    categorical: Sequence[str] = (),
    sample_map: SampleMap | None = None,
) -> Covariates:
    """Read covariates, samples x covariates or covariates x samples.

    Parameters
    ----------
    path : str or Path
        Separated by tabs, commas or blanks, gzipped or not. Which way it lies is told by which
        side has the samples' ids. In files of PLINK and regenie (``FID IID`` and then covariates)
        samples are matched by IID. Without a header, as PLINK's ``.eigenvec``, covariates are
        numbered.
    samples : sequence of str
        Samples of the analysis.
    categorical : sequence of str
        Covariates whose numbers are labels, such as those of batches.
    sample_map : SampleMap, optional
        Of `genesis.read_sample_map`; the file may have expression ids then.

    Returns
    -------
    Covariates
        The samples that the file has, in the order of `samples`. A covariate of words (sex,
        batch) becomes one indicator a level but the first in order, named ``sex=male``. Numbers
        that may be labels, being few and whole, are named in the notes. Constant ones are
        dropped with reason ``constant``.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For rows of unequal length, repeated ids, missing values (naming the sample) and
        covariates of numbers and words.
    InconsistentInputsError
        If neither side has ids of the samples, or both have.
    CommandLineError
        If there is no covariate of a name in `categorical`.
    DegenerateDataError
        If there is nothing in it.

    Examples
    --------
    >>> read_covariates("covariates.tsv", ["HG00096"]).values    # doctest: +SKIP
    """
    if sample_map is not None:
        known = sample_map.names_of(samples)
        covariates = read_covariates(path, known, categorical=categorical)
        return sample_map.rename_covariates(covariates, str(path))
    wanted = frozenset(samples)
    table, notes = read_cells(path, wanted)
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
    unknown = [name for name in categorical if name not in table.columns]
    if unknown:
        raise CommandLineError(
            f"{path}: there is no covariate {unknown[0]!r} to be categorical; there are "
            f"{first_few(list(table.columns), 20)}"
        )
    notes.insert(
        0,
        f"{path}: {counted(table.shape[1], 'covariate')} of "
        f"{counted(table.shape[0], 'sample')} read.",
    )
    columns: dict[str, np.ndarray] = {}
    for name in table.columns:
        columns.update(encode(name, table[name], name in categorical, notes, path))
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


def read_cells(path: str | Path, known: frozenset[str]) -> tuple[pd.DataFrame, list[str]]:
    """Cells as text, with the ids of rows and columns, and what was left out."""
    header, *rows = read_rows(path, blanks=True)
    notes: list[str] = []
    headless = is_headless(header, rows, known)
    if headless:
        rows = [header, *rows]
        names = [""] * len(header.cells)
        notes.append(f"{path}: there is no header, so covariates are numbered.")
    elif not rows:
        raise DegenerateDataError(f"{path}: no covariates after the header")
    else:
        names = named_columns(header, rows, known, (*SAMPLE_WORDS, *GENE_WORDS, *_CORNERS), path)
    for row in rows:
        if len(row.cells) != len(names):
            raise MalformedInputError(
                f"{path}, line {row.line}: {counted(len(row.cells), 'column')} where the header "
                f"calls for {len(names)}"
            )
    at = id_column(names, rows, known, path)
    cells = [[cell.strip() for cell in row.cells] for row in rows]
    filled = [k for k in range(len(names)) if names[k] or any(row[k] for row in cells)]
    kept = [k for k in filled if k > at] if headless else covariate_columns(names, at, known)
    kept = [k for k in kept if k in filled]
    columns = [f"covariate{k - at}" if headless else names[k] for k in kept]
    beside = [names[k] or ("FID" if headless else "row numbers") for k in filled
              if k not in (at, *kept)]  # fmt: skip
    if at or beside:
        left_out = f", {first_few(beside)} left out" if beside else ""
        notes.append(
            f"{path}: samples are named by column {at + 1} ({names[at] or 'IID'}){left_out}."
        )
    ids = [row[at] for row in cells]
    for side, found in (("rows", ids), ("columns", columns)):
        twice = repeated(found)
        if twice or "" in found:
            what = f"repeated ids: {first_few(twice)}" if twice else "an empty id"
            raise MalformedInputError(f"{path}: the {side} have {what}; make them unique")
    values = [[row[k] for k in kept] for row in cells]
    return pd.DataFrame(values, index=ids, columns=columns, dtype=object), notes


def is_headless(header: Row, rows: Sequence[Row], known: frozenset[str]) -> bool:
    """Whether the first row is one of a sample, and not the names of columns."""
    cells = [cell.strip() for cell in header.cells]
    for column in (0, 1)[: len(cells)]:
        if cells[column] in known:
            others = cells[column + 1 :]
            below = [row.cells[column].strip() for row in rows if column < len(row.cells)]
            return share_known(below or cells[:1], known) > share_known(others, known)
    return False


def id_column(
    names: Sequence[str], rows: Sequence[Row], known: frozenset[str], path: str | Path
) -> int:
    """The column of the samples' ids: the first, unless the header says that it is another."""
    if len(names) < 2:
        return 0
    if any(names):
        words = ["" if name in known else header_word(name) for name in names]
        if words[0] in SAMPLE_WORDS:
            return 0
        bearing = (
            k
            for k in range(1, len(names))
            if words[k] in SAMPLE_WORDS
            and share_known([row.cells[k].strip() for row in rows], known) > 0
        )
        return int(words[:2] == ["fid", "iid"]) or next(bearing, 0)
    if len(names) < 3:
        return 0
    first, second = ([row.cells[k].strip() for row in rows] for k in (0, 1))
    shares = share_known(first, known), share_known(second, known)
    if first != second and min(shares) > 0 and 2 * min(shares) >= max(shares):
        raise MalformedInputError(
            f"{path}: without a header it cannot be told which of the first two columns names the "
            f"samples ({first_few(first, 3)} or {first_few(second, 3)}); write one, such as FID IID"
        )
    return int(first == second or shares[1] > shares[0])


def covariate_columns(names: Sequence[str], at: int, known: frozenset[str]) -> list[int]:
    """The columns of covariates: neither ids, nor PLINK's families and sources, nor row numbers."""
    is_of_samples = at > 0 or header_word(names[0]) in SAMPLE_WORDS
    if not is_of_samples or names[at] in known:
        return [k for k in range(len(names)) if k != at]
    return [
        k
        for k, name in enumerate(names)
        if k != at
        and header_word(name) not in _BESIDE_IDS
        and (k > at or header_word(name) not in ROW_WORDS)
    ]


def encode(
    name: str, cells: pd.Series, is_categorical: bool, notes: list[str], path: str | Path
) -> dict[str, np.ndarray]:
    """Numbers of one covariate, or one indicator for each of its levels but the first."""
    missing = [str(sample) for sample, cell in cells.items() if cell in MISSING]
    if missing:
        raise MalformedInputError(
            f"{path}: covariate {name} is missing for {counted(len(missing), 'sample')}: "
            f"{first_few(missing)}; fill it in, or leave the samples or the covariate out"
        )
    numbers = [as_number(cell) for cell in cells]
    words = [cell for cell, number in zip(cells, numbers, strict=True) if number is None]
    if not words and not is_categorical:
        values = np.array(numbers, dtype=np.float64)
        if not np.isfinite(values).all():
            sample = cells.index[int(np.argmin(np.isfinite(values)))]
            raise MalformedInputError(
                f"{path}: covariate {name} of sample {sample} is not a finite number"
            )
        is_minus_nine = values == -9
        if is_minus_nine.any() and (values[~is_minus_nine] >= 0).all():
            notes.append(
                f"Warning: covariate {name} is -9 in {counted(int(is_minus_nine.sum()), 'sample')} "
                "and taken as this number; where it means missing, as in PLINK's files, write NA."
            )
        if may_be_labels(values):
            notes.append(
                f"Covariate {name} has {counted(len(set(numbers)), 'whole value')} "
                f"({', '.join(f'{value:g}' for value in np.unique(values))}) and is taken as a "
                f"number; where these are labels, give --categorical {name} (categorical=)."
            )
        return {name: values}
    if words and len(words) < len(cells) and not is_categorical:
        raise MalformedInputError(
            f"{path}: covariate {name} has both numbers and words, e.g. {words[0]!r} for sample "
            f"{cells.index[list(cells).index(words[0])]}; use one of them, or give --categorical "
            f"{name}"
        )
    return indicators(name, cells, notes, path)


def may_be_labels(values: np.ndarray) -> bool:
    """Whether numbers are few and whole, as those of batches.

    Two values are the same either way.
    """
    levels = np.unique(values)
    return 3 <= len(levels) <= min(_MOST_LABELS, len(values) // 2) and bool(
        (levels == np.rint(levels)).all()
    )


def indicators(
    name: str, cells: pd.Series, notes: list[str], path: str | Path
) -> dict[str, np.ndarray]:
    """One indicator for each level but the first."""
    levels = sorted(set(cells), key=lambda level: (as_number(level) or 0.0, level))
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
    """The number that a cell holds, None where it holds none."""
    if "_" in cell or not cell.isascii():  # Python reads these, other programs do not
        return None
    try:
        return float(cell)
    except ValueError:
        return None
