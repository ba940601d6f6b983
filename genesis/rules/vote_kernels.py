"""Votes of witnesses and how they are settled: compiled numeric code.

The four rules of a pair (i, j), in the order in which they are tried:

    0  R1   i ≺ j    some W with W ⊥̸ j | S-W  and  W ⊥ j | S-W, i
    1  R1   j ≺ i    some W with W ⊥̸ i | S-W  and  W ⊥ i | S-W, j
    2  R2   i ⪯ j    some W with W ⊥ i | S-W  and  W ⊥̸ i | S-W, j
    3  R2   j ⪯ i    some W with W ⊥ j | S-W  and  W ⊥̸ j | S-W, i
"""

from __future__ import annotations

import math

from genesis.jit import inlined_kernel, kernel
from genesis.linear.fisher_kernels import fisher_log_p

N_RULES = 4


@inlined_kernel
def note_votes(witness, moments, size, critical, row, n_votes, vote, rho):
    """Note the votes of one witness, at most two, for `count_votes`.

    Parameters
    ----------
    witness : int
        Its variable.
    moments : seven floats
        Its correlations as `witness_moments` returns them.
    size : int
        Size of S.
    critical : float64 array
        Square of the smallest significant correlation given so many variables.
    row : int
        Row of the pair in the arrays of `count_votes`.
    n_votes : int
        Votes noted before.
    vote : (., 4) int64
        Written: row, rule, witness, size of S.
    rho : (., 2) float64
        Written: the significant correlation, and the other one.

    Returns
    -------
    int
        Votes noted.
    """
    a, aa, b, bb, c, d, cd = moments
    i = a * a >= critical[size - 1] * aa
    j = b * b >= critical[size - 1] * bb
    i_given_j = c * c >= critical[size] * cd
    j_given_i = d * d >= critical[size] * cd
    if i != i_given_j:
        vote[n_votes, 0] = row
        vote[n_votes, 1] = 1 if i else 2
        vote[n_votes, 2] = witness
        vote[n_votes, 3] = size
        r, r_given = a / math.sqrt(aa), c / math.sqrt(cd)
        rho[n_votes, 0] = r if i else r_given
        rho[n_votes, 1] = r_given if i else r
        n_votes += 1
    if j != j_given_i:
        vote[n_votes, 0] = row
        vote[n_votes, 1] = 0 if j else 3
        vote[n_votes, 2] = witness
        vote[n_votes, 3] = size
        r, r_given = b / math.sqrt(bb), d / math.sqrt(cd)
        rho[n_votes, 0] = r if j else r_given
        rho[n_votes, 1] = r_given if j else r
        n_votes += 1
    return n_votes


@kernel
def count_votes(n_votes, vote, rho, n_effective, count, evidence, strongest, log_p_best):
    """Count the votes that were noted, those of a pair in the order of its witnesses.

    One loop computes nothing but p-values, so that these overlap in the processor.

    Parameters
    ----------
    n_votes, vote, rho
        As `note_votes` left them, all votes of a pair together; `rho` is written to.
    n_effective : int
        Samples less covariate rank.
    count : (m, 4) int64
        Zero in the rows of the votes; written, as are the arrays below.
    evidence : (m, 4) float64
        Sum of -log p of the votes' significant tests.
    strongest : (m, 4) int64
        The witness with the smallest significant p.
    log_p_best : (m, 4, 2) float64
        Its significant log p, and the other one.
    """
    for k in range(n_votes):
        # R1 is significant without the other gene in the set, R2 with it.
        given = vote[k, 3] - 1 if vote[k, 1] < 2 else vote[k, 3]
        rho[k, 0] = fisher_log_p(rho[k, 0], n_effective, given)
    for k in range(n_votes):
        row, rule = vote[k, 0], vote[k, 1]
        if count[row, rule] == 0 or rho[k, 0] < log_p_best[row, rule, 0]:
            strongest[row, rule] = vote[k, 2]
            log_p_best[row, rule, 0] = rho[k, 0]
            log_p_best[row, rule, 1] = rho[k, 1]
        count[row, rule] += 1
        evidence[row, rule] -= rho[k, 0]
    for k in range(n_votes):
        row = vote[k, 0]
        if k == 0 or vote[k - 1, 0] != row:
            for rule in range(N_RULES):
                if count[row, rule] > 0:
                    given = vote[k, 3] if rule < 2 else vote[k, 3] - 1
                    other = fisher_log_p(log_p_best[row, rule, 1], n_effective, given)
                    log_p_best[row, rule, 1] = other


@kernel
def settle(count, evidence):
    """Settle conflicting votes of pairs in place (docs/rules.md#sweeps, step 2).

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
