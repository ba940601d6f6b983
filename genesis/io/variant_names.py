"""One name for every variant, and one copy of every record."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genesis.io.text_columns import compact, hashes_of, occur_again

__all__ = ["PLACEHOLDERS", "find_copies", "name_variants", "place_names"]

# ALT values that stand for no allele of their own, with the reason to leave them out.
PLACEHOLDERS = {
    "*": "spanning_deletion",
    "<NON_REF>": "placeholder_allele",
    "<*>": "placeholder_allele",
}
IDENTITY = ["chrom", "pos", "ref", "alt"]


def name_variants(table: pd.DataFrame, taken: NDArray[np.bool_] | bool = False) -> pd.Series:
    """Names that tell all variants apart: the record's id, else ``chrom:pos:ref:alt``.

    A variant gets the second form where its record has no id or several ALT alleles, where its
    ALT is a placeholder, or where another variant has the same id. Copies of one
    record share a name.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``chrom``, ``pos``, ``ref``, ``alt``, ``name`` ("." for none) and ``split``.
    taken : (n_variants,) bool
        Whose id a variant that is not in the table has too.

    Returns
    -------
    pandas.Series of str

    Examples
    --------
    >>> table = pd.DataFrame({"chrom": ["1", "1"], "pos": [5, 7], "ref": ["A", "C"],
    ...     "alt": ["T", "T"], "name": ["rs1", "."], "split": [False, False]})
    >>> name_variants(table).tolist()
    ['rs1', '1:7:C:T']
    """
    names = compact(table["name"].array.copy())
    stands_for_none = table["alt"].isin(PLACEHOLDERS)
    placed = ((table["name"] == ".") | table["split"] | stands_for_none).to_numpy(dtype=bool)
    placed = placed | taken
    new = placed
    while True:
        if new.any():
            names[new] = compact(place_names(table.loc[new, IDENTITY])).array
        new = shared_names(table, names) & ~placed
        if not new.any():
            return names
        placed = placed | new


def shared_names(table: pd.DataFrame, names: pd.Series) -> NDArray[np.bool_]:
    """Which rows have a name that a different variant has too."""
    shared = occur_again(hashes_of(names))
    if shared.any():
        variants = table.loc[shared, IDENTITY].assign(name=names.array[shared])
        distinct = variants.drop_duplicates()
        clashing = distinct.loc[distinct["name"].duplicated(keep=False), "name"]
        shared[shared] = variants["name"].isin(clashing)
    return shared


def find_copies(table: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which variants are copies of another, and which of these disagree with it.

    Of the variants of one position and alleles, the first that passed the filters is the
    original, or the first of all where none did; the others are copies.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``chrom``, ``pos``, ``ref``, ``alt``, ``reason`` (0 for variants that passed),
        ``compared`` (whether there are dosages) and ``fingerprint`` (equal where those are).

    Returns
    -------
    copy, disagrees : numpy.ndarray of bool, shape (n_variants,)
        A variant that was not compared is neither.

    Examples
    --------
    >>> table = pd.DataFrame({"chrom": ["1", "1"], "pos": [5, 5], "ref": ["A", "A"],
    ...     "alt": ["T", "T"], "reason": [4, 0], "compared": [True, True],
    ...     "fingerprint": [17, 23]})
    >>> copy, disagrees = find_copies(table)
    >>> copy.tolist(), disagrees.tolist()
    ([True, False], [True, False])
    """
    # Comparing places first spares the comparison of texts for nearly all variants.
    place = pd.factorize(table["chrom"])[0]
    place <<= 40
    place += table["pos"].to_numpy()
    rows = np.flatnonzero(occur_again(place) & table["compared"])
    failed = table["reason"].to_numpy()[rows] != 0
    rows = np.concatenate([rows[~failed], rows[failed]])
    group = table.iloc[rows].groupby(IDENTITY, sort=False, observed=True).ngroup().to_numpy()
    original = rows[np.unique(group, return_index=True)[1]][group]
    fingerprint = table["fingerprint"].to_numpy()
    copy, disagrees = np.zeros((2, len(table)), dtype=np.bool_)
    copy[rows] = rows != original
    disagrees[rows] = fingerprint[rows] != fingerprint[original]
    return copy, disagrees


def place_names(columns: Any) -> pa.Array:
    """``chrom:pos:ref:alt`` of each row of a table, or of a mapping to columns."""
    text = pa.large_string()
    texts = []
    for name in IDENTITY:
        column = pa.array(columns[name])
        decoded = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        texts.append(decoded.cast(text))
    return pc.binary_join_element_wise(*texts, pa.scalar(":", text))
