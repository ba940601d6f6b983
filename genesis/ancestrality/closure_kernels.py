"""Acyclic commits and transitive closure on bit matrices: compiled numeric code.

A bit matrix `reach` (n_genes, n_words) uint64 holds in row a, bit b, that a path leads
from a to b.
"""

from __future__ import annotations

import numpy as np

from genesis.ancestrality.matrix import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, UNRESOLVED
from genesis.jit import kernel

_ONE = np.uint64(1)
_WORD = 64


@kernel
def has_bit(reach, a, b):
    """Whether bit b of row a is set."""
    return (reach[a, b // _WORD] >> np.uint64(b % _WORD)) & _ONE != 0


@kernel
def _set_bit(reach, a, b):
    reach[a, b // _WORD] |= _ONE << np.uint64(b % _WORD)


@kernel
def add_edge(reach, a, b):
    """Add a → b to a reachability matrix that stays transitively closed."""
    if has_bit(reach, a, b):
        return
    for x in range(reach.shape[0]):
        if x == a or has_bit(reach, x, a):
            _set_bit(reach, x, b)
            for word in range(reach.shape[1]):
                reach[x, word] |= reach[b, word]


@kernel
def commit(first, second, rule, order, codes, reach, committed):
    """Commit claims on unresolved pairs one after the other, where they stay acyclic.

    Parameters
    ----------
    first, second : (m,) int
        The genes i and j of each claim's pair.
    rule : (m,) int
        The rule of each claim, 0 to 3.
    order : (m,) int
        The order in which the claims get their turn; the first that can be committed
        resolves its pair.
    codes : (n, n) int8
        Ancestrality matrix, row a before column b; written.
    reach : (n, n_words) uint64
        Reachability over the entries {⪯, ≺} of `codes`; kept up to date.
    committed : (m,) bool
        Written: which claims were committed.
    """
    for turn in order:
        a, b = first[turn], second[turn]
        if rule[turn] % 2 == 1:
            a, b = b, a
        committed[turn] = codes[a, b] == UNRESOLVED and not has_bit(reach, b, a)
        if committed[turn]:
            codes[a, b] = ANCESTOR if rule[turn] < 2 else NONDESCENDANT
            codes[b, a] = NOT_ANCESTOR
            add_edge(reach, a, b)


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
def mark_code(codes, code, reach):
    """Set bit b of row a where codes[a, b] is at least `code`."""
    n = codes.shape[0]
    for a in range(n):
        for b in range(n):
            if a != b and codes[a, b] >= code:
                _set_bit(reach, a, b)


@kernel
def mark_edges(first, second, reach):
    """Set the bit of every edge first[k] → second[k]."""
    for k in range(len(first)):
        _set_bit(reach, first[k], second[k])


@kernel
def apply_closure(reach, codes, changed):
    """Make a ≺ b every entry whose bit is set; count them, and mark them in `changed`.

    `changed` (n, n_words) uint64 gets the bits of the entries that were not ≺ before. No
    acyclicity test is needed: a path a → b over ≺ entries of an acyclic matrix excludes b → a.
    """
    n = codes.shape[0]
    total = 0
    for a in range(n):
        for b in range(n):
            if has_bit(reach, a, b) and codes[a, b] != ANCESTOR:
                codes[a, b] = ANCESTOR
                codes[b, a] = NOT_ANCESTOR
                _set_bit(changed, a, b)
                total += 1
    return total


@kernel
def list_bits(reach, total):
    """Rows and columns of the set bits, in order; `total` is how many there are."""
    first = np.empty(total, dtype=np.int32)
    second = np.empty(total, dtype=np.int32)
    k = 0
    for a in range(reach.shape[0]):
        for word in range(reach.shape[1]):
            bits = reach[a, word]
            if bits != 0:
                for offset in range(_WORD):
                    if (bits >> np.uint64(offset)) & _ONE != 0:
                        first[k] = a
                        second[k] = word * _WORD + offset
                        k += 1
    return first, second


@kernel
def read_bits(reach, first, second, found):
    """Write 1 into found[k] where bit second[k] of row first[k] is set, else 0."""
    for k in range(len(first)):
        found[k] = 1 if has_bit(reach, first[k], second[k]) else 0
