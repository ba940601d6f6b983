"""Columns of millions of texts, such as ids of variants, as Arrow holds them: end to end.

A Python string takes four times as much, and what is made of all of them, a set say, more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from genesis.io.text_kernels import hash_texts

__all__ = [
    "compact",
    "compact_text",
    "find_texts",
    "hashes_of",
    "is_among",
    "occur_again",
    "order_of_texts",
]

#: Values that are looked up at a time.
_AT_A_TIME = 1 << 20


@cache
def compact_text() -> Any:
    """The type of a pandas column of text that Arrow holds; missing values are NaN."""
    try:
        return pd.StringDtype("pyarrow", na_value=np.nan)
    except TypeError:  # pandas 2.2 has another name for it
        return pd.StringDtype("pyarrow_numpy")


def compact(texts: Any) -> pd.Series:
    """A column of text, from a sequence of str, a column, or a pyarrow array.

    Examples
    --------
    >>> compact(pa.array(["rs1", "rs2"])).tolist()
    ['rs1', 'rs2']
    """
    if isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = pd.array(texts, dtype=compact_text())
    return pd.Series(texts, dtype=compact_text())


def hashes_of(texts: Any) -> NDArray[np.uint64]:
    """A number for each text, the same for equal texts, and hardly ever for others.

    Parameters
    ----------
    texts : pandas.Series or pyarrow array
        Without missing ones.

    Examples
    --------
    >>> a, b, c = hashes_of(compact(["rs1", "rs2", "rs1"])).tolist()
    >>> a == c, a == b
    (True, False)
    """
    column = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(texts)
    hashes = np.empty(len(column), dtype=np.uint64)
    done = 0
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        chunk = chunk.cast(pa.large_string())
        _, offsets, text = chunk.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64)[chunk.offset :][: len(chunk) + 1]
        held = np.frombuffer(text or b"", dtype=np.uint8)
        # As most are: of both kinds the kernel would be compiled twice.
        held.flags.writeable = ends.flags.writeable = False
        hash_texts(held, ends, hashes[done : done + len(chunk)])
        done += len(chunk)
    return hashes


def find_texts(column: pd.Series, wanted: Sequence[str]) -> NDArray[np.int64]:
    """Where in a column each of a few texts is, the first time; −1 for one that is not there.

    Examples
    --------
    >>> find_texts(compact(["rs1", "rs2", "rs3"]), ["rs3", "rs9"]).tolist()
    [2, -1]
    """
    few = np.sort(hashes_of(compact(list(wanted))))
    rows = np.flatnonzero(is_among(hashes_of(column), few))
    place: dict[str, int] = {}
    for row, text in zip(rows.tolist(), column.iloc[rows], strict=True):
        place.setdefault(text, row)
    return np.array([place.get(text, -1) for text in wanted], dtype=np.int64)


def order_of_texts(column: pd.Series) -> NDArray[np.int64]:
    """Positions in the order of the texts, as Python compares them; equal ones stay in theirs.

    Examples
    --------
    >>> order_of_texts(compact(["b", "a", "c"])).tolist()
    [1, 0, 2]
    """
    if not len(column):
        return np.empty(0, dtype=np.int64)
    order: NDArray[np.int64] = pc.sort_indices(pa.array(column)).to_numpy().astype(np.int64)
    return order


def occur_again(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Which numbers occur more than once.

    Examples
    --------
    >>> occur_again(np.array([3, 1, 3, 2])).tolist()
    [True, False, True, False]
    """
    ordered = np.sort(values)
    return is_among(values, np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))


def is_among(values: NDArray[Any], ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Which numbers are among others, which are ascending; a part at a time.

    Examples
    --------
    >>> is_among(np.array([5, 1, 4]), np.array([1, 2, 5])).tolist()
    [True, True, False]
    """
    found = np.zeros(len(values), dtype=np.bool_)
    for first in range(0, len(values) if len(ordered) else 0, _AT_A_TIME):
        some = values[first : first + _AT_A_TIME]
        at = np.minimum(np.searchsorted(ordered, some), len(ordered) - 1)
        found[first : first + _AT_A_TIME] = ordered[at] == some
    return found
