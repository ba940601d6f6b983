"""The loop over the lines of a VCF's text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = ["check_lines"]

TAB, ZERO, NINE, HASH = 9, 48, 57, 35


@kernel
def check_lines(
    text: NDArray[np.uint8],
    line_ends: NDArray[np.int64],
    first: int,
    n_tabs: int,
    in_contig: NDArray[np.bool_],
    last_position: int,
) -> int:
    """Number of the first line, from `first` on, that is no record; that of lines if all are.

    A record has `n_tabs` tabs, no byte of zero, and starts with a contig name, of the bytes that
    `in_contig` marks, not with ``#``; then come a position up to `last_position`, three columns
    that are not empty, QUAL and FILTER. A line with other than ASCII in these columns is given
    back too, for it may not be UTF-8.
    """
    start = line_ends[first - 1] + 1 if first > 0 else 0
    for line in range(first, line_ends.size):
        end = line_ends[line]
        tabs = 0
        lowest = np.uint8(255)
        for i in range(start, end):
            tabs += text[i] == TAB
            lowest = min(lowest, text[i])
        if tabs != n_tabs or lowest == 0 or text[start] == TAB or text[start] == HASH:
            return line
        i = start
        while text[i] != TAB:
            if not in_contig[text[i]]:
                return line
            i += 1
        i += 1
        position = 0
        if text[i] == TAB:
            return line
        while text[i] != TAB:
            if text[i] < ZERO or text[i] > NINE or position > last_position:
                return line
            position = 10 * position + text[i] - ZERO
            i += 1
        if position > last_position:
            return line
        for column in range(5):
            i += 1
            if column < 3 and text[i] == TAB:
                return line
            while text[i] != TAB:
                if text[i] > 127:
                    return line
                i += 1
        start = end + 1
    return line_ends.size
