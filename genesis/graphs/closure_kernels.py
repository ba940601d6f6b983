"""Acyclic commits and transitive closure on bit matrices: compiled numeric code.

A bit matrix `reach` (n_genes, n_words) uint64 holds in row a, bit b, that a path leads
from a to b.
"""

from __future__ import annotations

import numpy as np

from genesis.graphs.codes import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, UNRESOLVED
from genesis.jit import kernel

_ONE = np.uint64(1)
_WORD = 64


@kernel
def pair_position(a, b):
    """Position of a pair of genes among all pairs, in either order."""
    i = np.int64(max(a, b))
    return i * (i - 1) // 2 + min(a, b)


@kernel
def has_bit(reach, a, b):
    """Whether bit b of row a is set."""
    return (reach[a, b // _WORD] >> np.uint64(b % _WORD)) & _ONE != 0


@kernel
def set_bit(reach, a, b):
    """Set bit b of row a."""
    reach[a, b // _WORD] |= _ONE << np.uint64(b % _WORD)


@kernel
def _merge(bits, target, extra, bit):
    """Add to one row the bits of a row of another matrix, and one bit more."""
    for word in range(bits.shape[1]):
        bits[target, word] |= extra[word]
    set_bit(bits, target, bit)


@kernel
def add_edge(reach, reached, a, b):
    """Add a → b to a reachability matrix that stays transitively closed.

    `reached` is its transpose: row b holds all that reach b. Only rows of what reaches a and
    of what b reaches are visited.
    """
    if has_bit(reach, a, b):
        return
    below = reach[b].copy()
    above = reached[a].copy()
    _merge(reach, a, below, b)
    _merge(reached, b, above, a)
    for word in range(reach.shape[1]):
        bits = above[word]
        while bits != 0:
            _merge(reach, word * _WORD + lowest_bit(bits), below, b)
            bits &= bits - _ONE
        bits = below[word]
        while bits != 0:
            _merge(reached, word * _WORD + lowest_bit(bits), above, a)
            bits &= bits - _ONE


@kernel
def lowest_bit(bits):
    """Position of the lowest set bit of a word that is not zero."""
    at = 0
    while bits & np.uint64(0xFF) == 0:
        bits >>= np.uint64(8)
        at += 8
    while bits & _ONE == 0:
        bits >>= _ONE
        at += 1
    return at


@kernel
def commit(claim_i, claim_j, rule, start, order, codes, orders, strict, committed):
    """Commit claims of dependent pairs one pair after the other, where they stay acyclic.

    Parameters
    ----------
    claim_i, claim_j : (c,) int
        The genes i and j of each claim, those of one pair together.
    rule : (c,) int8
        What is claimed, by rule of `vote_kernels`; the claims of a pair in the order in which
        they are tried.
    start : (m + 1,) int
        Pair k has the claims ``start[k]:start[k + 1]``.
    order : (m,) int
        The order in which the pairs get their turn.
    codes : (n, n) int8
        Ancestrality matrix, row a before column b; written.
    orders, strict : (2, n, n_words) uint64
        Reachability over the entries {⪯, ≺} of `codes` and over those ≺ alone, each with its
        transpose; kept up to date.
    committed : (m,) int64
        Written: the claim that was committed for each pair, or -1.
    """
    for turn in order:
        committed[turn] = -1
        for claim in range(start[turn], start[turn + 1]):
            a, b = claim_i[claim], claim_j[claim]
            if rule[claim] % 2 == 1:
                a, b = b, a
            if has_bit(orders[0], b, a):
                continue
            codes[b, a] = NOT_ANCESTOR
            add_edge(orders[0], orders[1], a, b)
            if rule[claim] < 2:
                codes[a, b] = ANCESTOR
                add_edge(strict[0], strict[1], a, b)
            else:
                codes[a, b] = NONDESCENDANT
            committed[turn] = claim
            break


@kernel
def close_transitively(reach):
    """Close a bit matrix of edges under paths, in place (Warshall on words)."""
    n, words = reach.shape
    for via in range(n):
        for a in range(n):
            if has_bit(reach, a, via):
                for word in range(words):
                    reach[a, word] |= reach[via, word]


@kernel
def mark_edges(first, second, reach):
    """Set the bit of every edge first[k] → second[k]."""
    for k in range(len(first)):
        set_bit(reach, np.int64(first[k]), np.int64(second[k]))


@kernel
def apply_closure(reach, codes, sweep, rule, rule_of, sweep_of, ordered_since, touched):
    """Make a ≺ b every entry whose bit is set, and note those that were not ≺ before.

    No acyclicity test is needed: a path a → b over ≺ entries of an acyclic matrix excludes
    b → a.

    Parameters
    ----------
    reach : (n, n_words) uint64
    codes : (n, n) int8
        Ancestrality matrix, row a before column b; written.
    sweep, rule : int
        What pairs are noted with.
    rule_of, sweep_of, ordered_since : (n_pairs,) int8
        Those of `SearchOutcome`; written.
    touched : (n,) bool
        Written: true for every gene b.

    Returns
    -------
    n_claimed : int
    n_unresolved : int
        How many of the pairs were unresolved before.
    """
    n_claimed = 0
    n_unresolved = 0
    for a in range(reach.shape[0]):
        for word in range(reach.shape[1]):
            bits = reach[a, word]
            while bits != 0:
                b = word * _WORD + lowest_bit(bits)
                bits &= bits - _ONE
                if codes[a, b] == ANCESTOR:
                    continue
                n_claimed += 1
                n_unresolved += codes[a, b] == UNRESOLVED
                codes[a, b] = ANCESTOR
                codes[b, a] = NOT_ANCESTOR
                pair = pair_position(a, b)
                rule_of[pair] = rule
                sweep_of[pair] = sweep
                if ordered_since[pair] == 0:
                    ordered_since[pair] = sweep
                touched[b] = True
    return n_claimed, n_unresolved


@kernel
def read_bits(reach, first, second, found):
    """Write 1 into found[k] where bit second[k] of row first[k] is set, else 0."""
    for k in range(len(first)):
        found[k] = 1 if has_bit(reach, np.int64(first[k]), np.int64(second[k])) else 0


@kernel
def raise_rows(gives, values):
    """Raise every row b of `values` to row a at least, entry by entry, where gives[a, b]; in place.

    Parameters
    ----------
    gives : (n, n) bool
        Transitively closed, so that the order in which rows are raised makes no difference.
    values : (n, m) uint8
        Written.
    """
    for a in range(len(gives)):
        for b in range(len(gives)):
            if gives[a, b]:
                for k in range(values.shape[1]):
                    values[b, k] = max(values[b, k], values[a, k])
