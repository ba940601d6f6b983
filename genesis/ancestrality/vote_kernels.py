"""Votes of witnesses and how they are settled: compiled numeric code.

The four rules of a pair (i, j), in the order in which they are tried:

    0  R1   i ≺ j    some W with W ⊥̸ j | S-W  and  W ⊥ j | S-W, i
    1  R1   j ≺ i    some W with W ⊥̸ i | S-W  and  W ⊥ i | S-W, j
    2  R2   i ⪯ j    some W with W ⊥ i | S-W  and  W ⊥̸ i | S-W, j
    3  R2   j ⪯ i    some W with W ⊥ j | S-W  and  W ⊥̸ j | S-W, i
"""

from __future__ import annotations

import math

from genesis.independence.fisher_kernels import fisher_log_p
from genesis.jit import kernel

N_RULES = 4


@kernel
def clear_votes(row, count, evidence, strongest, log_p_best):
    """No votes yet on the pair of a row; the arrays are those of `tally`."""
    for rule in range(N_RULES):
        count[row, rule] = 0
        evidence[row, rule] = 0.0
        strongest[row, rule] = -1
        log_p_best[row, rule, 0] = math.nan
        log_p_best[row, rule, 1] = math.nan


@kernel
def _vote(rule, witness, log_p, other, row, count, evidence, strongest, log_p_best):
    if count[row, rule] == 0 or log_p < log_p_best[row, rule, 0]:
        strongest[row, rule] = witness
        log_p_best[row, rule, 0] = log_p
        log_p_best[row, rule, 1] = other
    count[row, rule] += 1
    evidence[row, rule] -= log_p


@kernel
def tally(
    witness, moments, size, n_effective, critical, row, count, evidence, strongest, log_p_best
):
    """Add the votes of one witness.

    Parameters
    ----------
    witness : int
        Its variable.
    moments : seven floats
        Its correlations as `witness_moments` returns them.
    size : int
        Size of S.
    n_effective : int
        Samples less covariate rank.
    critical : float64 array
        Square of the smallest significant correlation given so many variables.
    row : int
        Row of the pair in the arrays below, which are added to.
    count : (m, 4) int
        Votes so far, by rule.
    evidence : (m, 4) float64
        Sum of -log p of the votes' significant tests.
    strongest : (m, 4) int
        The witness with the smallest significant p, -1 where none.
    log_p_best : (m, 4, 2) float64
        Its significant log p, and its other correlation, for `finish_votes`.
    """
    a, aa, b, bb, c, d, cd = moments
    i = a * a >= critical[size - 1] * aa
    j = b * b >= critical[size - 1] * bb
    i_given_j = c * c >= critical[size] * cd
    j_given_i = d * d >= critical[size] * cd
    if i != i_given_j:
        r, r_given = a / math.sqrt(aa), c / math.sqrt(cd)
        if i:
            log_p = fisher_log_p(r, n_effective, size - 1)
            _vote(1, witness, log_p, r_given, row, count, evidence, strongest, log_p_best)
        else:
            log_p = fisher_log_p(r_given, n_effective, size)
            _vote(2, witness, log_p, r, row, count, evidence, strongest, log_p_best)
    if j != j_given_i:
        r, r_given = b / math.sqrt(bb), d / math.sqrt(cd)
        if j:
            log_p = fisher_log_p(r, n_effective, size - 1)
            _vote(0, witness, log_p, r_given, row, count, evidence, strongest, log_p_best)
        else:
            log_p = fisher_log_p(r_given, n_effective, size)
            _vote(3, witness, log_p, r, row, count, evidence, strongest, log_p_best)


@kernel
def finish_votes(size, n_effective, row, count, log_p_best):
    """Turn the other correlation of the strongest witnesses of a pair into its log p."""
    for rule in range(N_RULES):
        if count[row, rule] > 0:
            given = size if rule < 2 else size - 1
            log_p_best[row, rule, 1] = fisher_log_p(log_p_best[row, rule, 1], n_effective, given)


@kernel
def settle(count, evidence):
    """Settle conflicting votes of pairs in place (method section 5, step 2).

    Where both directions of R1 (or of R2) have votes, the one with less evidence loses its
    votes; equal evidence: both do. R1 votes cancel R2 votes of the same direction.

    Parameters
    ----------
    count : (m, 4) int
    evidence : (m, 4) float64
    """
    for pair in range(count.shape[0]):
        for one in (0, 2):
            other = one + 1
            if count[pair, one] > 0 and count[pair, other] > 0:
                mine = evidence[pair, one]
                theirs = evidence[pair, other]
                # The same sum in another order must still count as equal.
                level = abs(mine - theirs) <= 1e-9 * max(abs(mine), abs(theirs))
                if level or mine < theirs:
                    count[pair, one] = 0
                if level or theirs < mine:
                    count[pair, other] = 0
        for direction in range(2):
            if count[pair, direction] > 0:
                count[pair, 2 + direction] = 0
