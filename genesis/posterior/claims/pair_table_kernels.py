"""Sparse tables of ordered pairs of genes: joined, spread and looked up: compiled numeric code.

Row a of a table holds the genes b of its pairs (a, b), ascending, at `start[a]` to `start[a + 1]`
of `target`.
"""

from __future__ import annotations

import numpy as np

from genesis.jit import kernel


@kernel
def join_rows(start, target, other_start, other_target, joined_start, joined_target):
    """Write the pairs that are in one of two tables; count them.

    Parameters
    ----------
    start, other_start : (n_genes + 1,) int64
    target, other_target : (m,) int32
    joined_start : (n_genes + 1,) int64
        Written.
    joined_target : (m,) int32
        Written, with room for the pairs of both.
    """
    n_joined = 0
    for row in range(len(start) - 1):
        joined_start[row] = n_joined
        one, other = start[row], other_start[row]
        while one < start[row + 1] or other < other_start[row + 1]:
            if other == other_start[row + 1]:
                is_first, is_second = True, False
            elif one == start[row + 1]:
                is_first, is_second = False, True
            else:
                is_first = target[one] <= other_target[other]
                is_second = target[one] >= other_target[other]
            joined_target[n_joined] = target[one] if is_first else other_target[other]
            n_joined += 1
            one += is_first
            other += is_second
    joined_start[-1] = n_joined
    return n_joined


@kernel
def spread_values(start, target, values, all_start, all_target, spread):
    """Write the values of the pairs of one table where they are in a table that has all of them.

    Parameters
    ----------
    start, all_start : (n_genes + 1,) int64
    target, all_target : (m,) int32
    values : (m,) uint8
    spread : (m_all,) uint8
        Written at the pairs of the first table.
    """
    for row in range(len(start) - 1):
        at = all_start[row]
        for k in range(start[row], start[row + 1]):
            while all_target[at] != target[k]:
                at += 1
            spread[at] = values[k]


@kernel
def place_of_pair(start, target, a, b):
    """Where a table holds the pair (a, b), -1 where it does not."""
    low, high = start[a], start[a + 1]
    while low < high:
        middle = (low + high) // 2
        if target[middle] < b:
            low = middle + 1
        else:
            high = middle
    return low if low < start[a + 1] and target[low] == b else -1


@kernel
def find_pairs(start, target, first, second, found):
    """Write into found[k] where a table holds the pair first[k], second[k], -1 for nowhere."""
    for k in range(len(first)):
        found[k] = place_of_pair(start, target, np.int64(first[k]), np.int64(second[k]))
