"""Bookkeeping over all pairs of a sweep: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.ancestrality.matrix import NONDESCENDANT, NOT_ANCESTOR, UNRESOLVED
from genesis.jit import kernel


@kernel
def mark_unrelated(codes, log_p, log_threshold, sweep, rule, sweep_of, rule_of):
    """Fill the unresolved pairs whose log p is above the threshold as unrelated; count them.

    `log_p`, `sweep_of` and `rule_of` run over the pairs (i, j), j < i, ordered by i, then j;
    NaN log p leaves a pair as it is.
    """
    total = 0
    pair = 0
    for i in range(codes.shape[0]):
        for j in range(i):
            if codes[i, j] == UNRESOLVED and log_p[pair] > log_threshold:
                codes[i, j] = NOT_ANCESTOR
                codes[j, i] = NOT_ANCESTOR
                sweep_of[pair] = sweep
                rule_of[pair] = rule
                total += 1
            pair += 1
    return total


@kernel
def tests_up_to(codes, log_p, limit):
    """Log p of the unresolved pairs at or below a limit, in the order of the pairs."""
    n_found = 0
    for run in range(2):
        found = np.empty(n_found)
        n_found = 0
        pair = 0
        for i in range(codes.shape[0]):
            for j in range(i):
                if codes[i, j] == UNRESOLVED and log_p[pair] <= limit:
                    if run == 1:
                        found[n_found] = log_p[pair]
                    n_found += 1
                pair += 1
    return found


@kernel
def note_order(codes, sweep, ordered_since):
    """Note the sweep in which each pair first got an order (⪯ or ≺ in either direction)."""
    pair = 0
    for i in range(codes.shape[0]):
        for j in range(i):
            is_ordered = codes[i, j] >= NONDESCENDANT or codes[j, i] >= NONDESCENDANT
            if is_ordered and ordered_since[pair] == 0:
                ordered_since[pair] = sweep
            pair += 1
