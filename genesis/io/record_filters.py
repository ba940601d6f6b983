"""The column FILTER: which records the caller of the variants did not let pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.io.ids import were

__all__ = ["FilterCodes", "filter_note"]

PASSED = (None, "PASS", ".", "")


class FilterCodes:
    """Numbers for what FILTER says, counted up as it is met; 0 is PASS, or nothing said.

    Attributes
    ----------
    texts : list of str
        What each number stands for; names of several filters in alphabetical order.
    """

    def __init__(self) -> None:
        self.texts = ["PASS"]
        self._known: dict[str | None, int] = dict.fromkeys(PASSED, 0)

    def code(self, filters: Any) -> NDArray[np.int64]:
        """The numbers of a column, a sequence of str or a pyarrow array.

        Examples
        --------
        >>> FilterCodes().code(["PASS", "q10", None, "s50;q10", "q10;s50"]).tolist()
        [0, 1, 0, 2, 2]
        """
        column = filters if isinstance(filters, pa.Array) else pa.array(filters, pa.string())
        encoded = column.dictionary_encode(null_encoding="encode")
        numbers = [self._number(text) for text in encoded.dictionary.to_pylist()]
        if not any(numbers):
            return np.zeros(len(column), dtype=np.int64)
        return np.array(numbers, dtype=np.int64)[encoded.indices.to_numpy()]

    def of(self, other: FilterCodes) -> NDArray[np.int64]:
        """The numbers that the numbers of another stand for."""
        return np.array([self._number(text) for text in other.texts], dtype=np.int64)

    def _number(self, text: str | None) -> int:
        if text not in self._known:
            assert text is not None
            # A Zarr store does not keep their order.
            name = ";".join(sorted(text.split(";")))
            if name != text:
                self._known[text] = self._number(name)
            else:
                self._known[text] = len(self.texts)
                self.texts.append(text)
        return self._known[text]


def filter_note(texts: list[str], codes: Iterable[int], left_out: bool) -> list[str]:
    """A sentence on variants whose FILTER is not PASS; none where there is none.

    Examples
    --------
    >>> filter_note(["PASS", "q10"], np.array([0, 1, 1]), False)
    ['2 variants have a FILTER other than PASS and were kept: q10 2.']
    """
    counts = np.bincount(np.asarray(codes, dtype=np.int64), minlength=len(texts))
    counts[0] = 0
    n = int(counts.sum())
    if not n:
        return []
    order = sorted(np.flatnonzero(counts), key=lambda code: (-counts[code], texts[code]))
    listed = ", ".join(f"{texts[code]} {counts[code]}" for code in order[:10])
    more = f" and {len(order) - 10} others" if len(order) > 10 else ""
    subject = "1 variant has" if n == 1 else f"{n} variants have"
    done = "left out" if left_out else "kept"
    return [f"{subject} a FILTER other than PASS and {were(n)} {done}: {listed}{more}."]
