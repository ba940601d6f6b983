"""Lists of samples, one a line: ids, or family and id as PLINK has them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.ids import counted
from genesis.io.tables import read_text

__all__ = ["read_sample_list"]


def read_sample_list(path: str | Path, samples: Collection[str]) -> tuple[list[str], list[str]]:
    """Read a list of samples; the samples at hand tell which column has the ids.

    Parameters
    ----------
    path : str or Path
        One sample a line: its id, maybe with a remark behind it; or FID and IID, the id being the
        second. A header with ``IID`` says which column it is. Other lines that begin with ``#``
        are comments.
    samples : collection of str
        Every id that the samples at hand go by.

    Returns
    -------
    ids, notes : list of str
        Each id once; and what was made of two columns.

    Raises
    ------
    MalformedInputError
        For a line whose first two columns are ids of two samples.
    DegenerateDataError
        If the list has no id; other errors as `read_text`.

    Examples
    --------
    >>> read_sample_list("related.txt", ["S1", "S2"])       # doctest: +SKIP
    (['S2'], [])
    """
    lines = enumerate(read_text(path).decode().split("\n"), start=1)
    rows = [(number, line.split()) for number, line in lines if line.strip()]
    names = [cell.upper().lstrip("#") for cell in rows[0][1]]
    notes: list[str] = []
    if names[0] == "IID" or names[:2] == ["FID", "IID"]:
        column = names.index("IID")
        rows = [(number, cells) for number, cells in rows[1:] if not cells[0].startswith("#")]
        for number, cells in rows:
            if len(cells) <= column:
                raise MalformedInputError(f"{path}, line {number}: one column; write FID and IID")
        ids = [cells[column] for _, cells in rows]
    else:
        rows = [(number, cells) for number, cells in rows if not cells[0].startswith("#")]
        ids, notes = _by_samples(rows, set(samples), path)
    if not ids:
        raise DegenerateDataError(f"{path}: the list has no ids; write one a line")
    return list(dict.fromkeys(ids)), notes


def _by_samples(
    rows: list[tuple[int, list[str]]], known: set[str], path: str | Path
) -> tuple[list[str], list[str]]:
    """The first or the second cell of each line, whichever is a sample."""
    found = []
    for number, cells in rows:
        met = [place for place, cell in enumerate(cells[:2]) if cell in known]
        if len(met) == 2 and cells[0] != cells[1]:
            raise MalformedInputError(
                f"{path}, line {number}: both {cells[0]} and {cells[1]} are samples; write one id "
                "a line, or FID and IID below a header of these words"
            )
        found.append(met[-1] if met else None)
    pairs = [place for (_, cells), place in zip(rows, found, strict=True) if len(cells) == 2]
    n_first = pairs.count(0)
    # Of a pair that names nobody, IID is what it is missed by.
    absent = 1 if pairs.count(1) or not n_first else 0
    ids = []
    for (_, cells), place in zip(rows, found, strict=True):
        if place is None:
            place = absent if len(cells) == 2 else 0
        ids.append(cells[place])
    if not n_first:
        return ids, []
    return ids, [
        f"{path}: of {counted(n_first, 'line')} with two columns the first was taken as the id, "
        "for the second (IID in PLINK's lists) is no sample."
    ]
