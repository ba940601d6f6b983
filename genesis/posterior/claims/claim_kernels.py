"""Claims, the most certain first, kept acyclic and closed: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.graphs.closure_kernels import has_bit
from genesis.jit import kernel

_ONE = np.uint64(1)
_WORD = 64


@kernel
def commit_certain(cause, effect, posterior, reach, expected_false, n_claimed):
    """Commit claims one after the other where they stay acyclic, with all that follows.

    Parameters
    ----------
    cause, effect : (m,) int64
        Claims a ≺ b in the order of their posterior.
    posterior : (n_genes, n_genes) float32
        Row before column.
    reach : (n_genes, n_words) uint64
        Written: bit b of row a where a ≺ b is claimed or follows; empty before.
    expected_false, n_claimed : (m,)
        Written: after each commit, the sum of 1 - posterior over all that is claimed so far,
        and the number of these claims.
    """
    false = 0.0
    count = 0
    for k in range(len(cause)):
        a, b = cause[k], effect[k]
        if not has_bit(reach, a, b) and not has_bit(reach, b, a):
            for above in range(len(reach)):
                if above != a and not has_bit(reach, above, a):
                    continue
                for word in range(reach.shape[1]):
                    added = reach[b, word]
                    if word == b // _WORD:
                        added |= _ONE << np.uint64(b % _WORD)
                    added &= ~reach[above, word]
                    if added == 0:
                        continue
                    reach[above, word] |= added
                    for offset in range(_WORD):
                        if (added >> np.uint64(offset)) & _ONE != 0:
                            false += 1.0 - posterior[above, word * _WORD + offset]
                            count += 1
        expected_false[k] = false
        n_claimed[k] = count


@kernel
def write_claims(reach, codes, ancestor, not_ancestor):
    """Write `ancestor` into codes[a, b] and `not_ancestor` into codes[b, a] for every bit."""
    for a in range(len(reach)):
        for b in range(len(reach)):
            if has_bit(reach, a, b):
                codes[a, b] = ancestor
                codes[b, a] = not_ancestor
