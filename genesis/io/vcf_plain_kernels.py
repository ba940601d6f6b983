"""Loops over the text of a VCF whose records are written plainly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from genesis.jit import kernel

__all__ = ["copy_cells", "find_columns", "plain_calls"]

TAB, NEWLINE, COLON, COMMA, DOT = 9, 10, 58, 44, 46
SLASH, BAR, ZERO, HASH, LETTER_G, LETTER_T = 47, 124, 48, 35, 71, 84
SPACE, LAST_ASCII = 32, 126
#: Columns of a record before those of the samples.
N_COLUMNS = 9
_ALT, _FORMAT = 4, 8
#: Stands where a sample has no second allele, as in BCF.
NO_ALLELE = -2147483647


@kernel
def find_columns(
    text: NDArray[np.uint8],
    line_ends: NDArray[np.int64],
    in_contig: NDArray[np.bool_],
    last_position: int,
    starts: NDArray[np.int64],
    position: NDArray[np.int64],
    n_fields: NDArray[np.int64],
) -> int:
    """Find the columns of records; returns the number of the first line that is not plain.

    A plain line starts with a contig name, of the bytes that `in_contig` marks; a position up to
    `last_position`, six columns of printable ASCII that are not empty, no allele of ALT being empty
    either, and FORMAT, whose first field is GT and no other, follow.

    `starts` has for each line where its columns start, and last where that of the first sample
    does; `n_fields` the number of fields in FORMAT.
    """
    start = 0
    for line in range(line_ends.size):
        i = start
        starts[line, 0] = i
        if text[i] == HASH:
            return line
        while in_contig[text[i]]:
            i += 1
        if i == start or text[i] != TAB:
            return line
        i += 1
        starts[line, 1] = i
        pos = 0
        while ZERO <= text[i] < ZERO + 10 and pos <= last_position:
            pos = 10 * pos + (text[i] - ZERO)
            i += 1
        if i == starts[line, 1] or text[i] != TAB or pos > last_position:
            return line
        position[line] = pos
        for column in range(2, N_COLUMNS):
            i += 1
            starts[line, column] = i
            fields = 1
            while SPACE <= text[i] <= LAST_ASCII:
                if (
                    column == _ALT
                    and text[i] == COMMA
                    and (i == starts[line, column] or text[i + 1] in (COMMA, TAB))
                ):
                    return line
                if column == _FORMAT and text[i] == COLON:
                    fields += 1
                    if text[i + 1] == LETTER_G and text[i + 2] == LETTER_T:
                        return line
                i += 1
            if i == starts[line, column] or text[i] != TAB:
                return line
            n_fields[line] = fields
        first = starts[line, _FORMAT]
        after = text[first + 2]
        if text[first] != LETTER_G or text[first + 1] != LETTER_T:
            return line
        if after != TAB and after != COLON:
            return line
        starts[line, N_COLUMNS] = i + 1
        start = line_ends[line] + 1
    return line_ends.size


@kernel
def plain_calls(
    text: NDArray[np.uint8],
    line_ends: NDArray[np.int64],
    lines: NDArray[np.int64],
    first_cell: NDArray[np.int64],
    n_fields: NDArray[np.int64],
    column: NDArray[np.int64],
    calls: NDArray[np.int32],
) -> int:
    """Read the calls of some lines; returns how many of these lines come before one not plain.

    A plain call has one allele or two, each a dot or a number of up to two digits, and no more
    fields after it than FORMAT has. `calls` is lines x samples x 2 in BCF's coding; the sample
    in the file's column s goes to ``column[s]``, nowhere where that is -1.
    """
    for k in range(lines.size):
        line = lines[k]
        end = line_ends[line]
        i = first_cell[line]
        for s in range(column.size):
            first = second = np.int64(NO_ALLELE)
            for allele in range(2):
                # Not a kernel of its own: one that is handed an array takes several times as long.
                code = np.int64(0)
                if ZERO <= text[i] < ZERO + 10:
                    code += text[i] - ZERO
                    i += 1
                    if ZERO <= text[i] < ZERO + 10:
                        code = 10 * code + text[i] - ZERO
                        i += 1
                    code = 2 * code + 2
                elif text[i] == DOT:
                    i += 1
                else:
                    return k
                if allele == 1:
                    second = code
                    break
                first = code
                if text[i] != SLASH and text[i] != BAR:
                    break
                i += 1
            fields = 1
            if text[i] == COLON:
                while SPACE <= text[i] <= LAST_ASCII:
                    fields += text[i] == COLON
                    i += 1
            last = s == column.size - 1
            if fields > n_fields[line] or text[i] != (NEWLINE if last else TAB):
                return k
            i += 1
            if column[s] >= 0:
                calls[k, column[s], 0] = first
                calls[k, column[s], 1] = second
        if i != end + 1:
            return k
    return lines.size


@kernel
def copy_cells(
    text: NDArray[np.uint8],
    starts: NDArray[np.int64],
    offsets: NDArray[np.int32],
    cells: NDArray[np.uint8],
) -> None:
    """Lay cells of a text end to end; `offsets` say where each goes, and where the last ends."""
    for k in range(starts.size):
        for i in range(offsets[k + 1] - offsets[k]):
            cells[offsets[k] + i] = text[starts[k] + i]
