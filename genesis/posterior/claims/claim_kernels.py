"""Claims, the most certain first, kept acyclic and closed: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.graphs.closure_kernels import has_bit, lowest_bit, set_bit
from genesis.jit import inlined_kernel, kernel
from genesis.posterior.claims.pair_table_kernels import place_of_pair

_ONE = np.uint64(1)
_WORD = 64


@kernel
def commit_certain(
    cause, effect, start, target, posterior, absent, reach, reached, expected_false, n_claimed
):
    """Commit claims one after the other where they stay acyclic, with all that follows.

    Parameters
    ----------
    cause, effect : (m,) int32
        Claims a ≺ b in the order of their posterior.
    start : (n_genes + 1,) int64
    target : (k,) int32
    posterior : (k,) float32
        Posteriors of pairs, as of `PairTable`.
    absent : float
        That of all other pairs.
    reach, reached : (n_genes, n_words) uint64
        Written: bit b of row a, and bit a of row b, where a ≺ b is claimed or follows; empty
        before.
    expected_false, n_claimed : (m,)
        Written: after each commit, the sum of 1 - posterior over all that is claimed so far,
        and the number of these claims.
    """
    words = reach.shape[1]
    false = 0.0
    count = 0
    above = np.empty(words, dtype=np.uint64)
    for k in range(len(cause)):
        a, b = cause[k], effect[k]
        if not has_bit(reach, a, b) and not has_bit(reach, b, a):
            for word in range(words):
                above[word] = reached[a, word]
            above[a // _WORD] |= _ONE << np.uint64(a % _WORD)
            for word in range(words):
                left = above[word]
                while left != 0:
                    first = word * _WORD + lowest_bit(left)
                    left &= left - _ONE
                    false, count = _claim_below(
                        first, b, start, target, posterior, absent, reach, reached, false, count
                    )
        expected_false[k] = false
        n_claimed[k] = count


@inlined_kernel
def _claim_below(a, b, start, target, posterior, absent, reach, reached, false, count):
    """Claim that a gene precedes another, and all that this one precedes, and count it."""
    for word in range(reach.shape[1]):
        added = reach[b, word]
        if word == b // _WORD:
            added |= _ONE << np.uint64(b % _WORD)
        added &= ~reach[a, word]
        reach[a, word] |= added
        while added != 0:
            below = word * _WORD + lowest_bit(added)
            added &= added - _ONE
            set_bit(reached, below, a)
            place = place_of_pair(start, target, a, below)
            false += 1.0 - (posterior[place] if place >= 0 else absent)
            count += 1
    return false, count
