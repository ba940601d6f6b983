"""One name for every variant, and one copy of every record."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["PLACEHOLDERS", "find_copies", "name_variants"]

# ALT values that stand for no allele of their own, with the reason to leave them out.
PLACEHOLDERS = {
    "*": "spanning_deletion",
    "<NON_REF>": "placeholder_allele",
    "<*>": "placeholder_allele",
}
IDENTITY = ["chrom", "pos", "ref", "alt"]


def name_variants(table: pd.DataFrame) -> pd.Series:
    """Names that tell all variants apart: the record's id, else ``chrom:pos:ref:alt``.

    A variant gets the second form where its record has no id or several ALT alleles, where its
    ALT is a placeholder, or where another variant has the same id. Copies of one
    record share a name.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``chrom``, ``pos``, ``ref``, ``alt``, ``name`` ("." for none) and ``split``.

    Returns
    -------
    pandas.Series of str, index as `table`

    Examples
    --------
    >>> table = pd.DataFrame({"chrom": ["1", "1"], "pos": [5, 7], "ref": ["A", "C"],
    ...     "alt": ["T", "T"], "name": ["rs1", "."], "split": [False, False]})
    >>> name_variants(table).tolist()
    ['rs1', '1:7:C:T']
    """
    names = table["name"].copy()
    stands_for_none = table["alt"].isin(PLACEHOLDERS)
    placed = ((table["name"] == ".") | table["split"] | stands_for_none).to_numpy(dtype=bool)
    new = placed
    while True:
        at = table.loc[new]
        names[new] = at["chrom"] + ":" + at["pos"].astype("str") + ":" + at["ref"] + ":" + at["alt"]
        new = shared_names(table, names) & ~placed
        if not new.any():
            return names
        placed = placed | new


def shared_names(table: pd.DataFrame, names: pd.Series) -> NDArray[np.bool_]:
    """Which rows have a name that a different variant has too."""
    shared = names.duplicated(keep=False).to_numpy(copy=True)
    if shared.any():
        variants = table.loc[shared, IDENTITY].assign(name=names[shared])
        distinct = variants.drop_duplicates()
        clashing = distinct.loc[distinct["name"].duplicated(keep=False), "name"]
        shared[shared] = variants["name"].isin(clashing)
    return shared


def find_copies(
    table: pd.DataFrame, dosages: NDArray[np.float32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which variants repeat an earlier one, and which of these disagree with it.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``chrom``, ``pos``, ``ref``, ``alt``.
    dosages : numpy.ndarray of float32, shape (n_variants, n_samples)

    Returns
    -------
    copy, disagrees : numpy.ndarray of bool, shape (n_variants,)

    Examples
    --------
    >>> table = pd.DataFrame({"chrom": ["1", "1"], "pos": [5, 5], "ref": ["A", "A"],
    ...     "alt": ["T", "T"]})
    >>> copy, disagrees = find_copies(table, np.array([[0, 1], [0, 2]], dtype=np.float32))
    >>> copy.tolist(), disagrees.tolist()
    ([False, True], [False, True])
    """
    # Comparing positions first spares the comparison of texts for nearly all variants.
    rows = np.flatnonzero(table["pos"].duplicated(keep=False))
    group = table.iloc[rows].groupby(IDENTITY, sort=False).ngroup().to_numpy()
    original = rows[np.unique(group, return_index=True)[1]][group]
    copy = np.zeros(len(table), dtype=np.bool_)
    copy[rows] = rows != original
    disagrees = np.zeros(len(table), dtype=np.bool_)
    for row, kept in zip(rows, original, strict=True):
        if row != kept:
            disagrees[row] = not np.array_equal(dosages[row], dosages[kept])
    return copy, disagrees
