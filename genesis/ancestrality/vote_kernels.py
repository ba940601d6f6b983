"""Votes of witnesses and how they are settled: compiled numeric code.

The four rules of a pair (i, j), in the order in which they are tried:

    0  R1   i ≺ j    some W with W ⊥̸ j | S-W  and  W ⊥ j | S-W, i
    1  R1   j ≺ i    some W with W ⊥̸ i | S-W  and  W ⊥ i | S-W, j
    2  R2   i ⪯ j    some W with W ⊥ i | S-W  and  W ⊥̸ i | S-W, j
    3  R2   j ⪯ i    some W with W ⊥ j | S-W  and  W ⊥̸ j | S-W, i
"""

from __future__ import annotations

from genesis.jit import kernel

N_RULES = 4


@kernel
def _vote(rule, witness, log_p_significant, log_p_other, count, evidence, strongest, log_p_best):
    count[rule] += 1
    evidence[rule] -= log_p_significant
    if count[rule] == 1 or log_p_significant < log_p_best[rule, 0]:
        strongest[rule] = witness
        log_p_best[rule, 0] = log_p_significant
        log_p_best[rule, 1] = log_p_other


@kernel
def tally(
    witness,
    log_p_i,
    log_p_j,
    log_p_i_given_j,
    log_p_j_given_i,
    log_alpha,
    count,
    evidence,
    strongest,
    log_p_best,
):
    """Add the votes of one witness.

    Parameters
    ----------
    witness : int
        Its variable.
    log_p_i, log_p_j : float
        Log p of W ⊥ i | S-W and of W ⊥ j | S-W.
    log_p_i_given_j, log_p_j_given_i : float
        Log p of W ⊥ i | S-W, j and of W ⊥ j | S-W, i.
    log_alpha : float
        Log of the level.
    count : (4,) int
        Votes so far, by rule; added to, as are the arrays below.
    evidence : (4,) float64
        Sum of -log p of the votes' significant tests.
    strongest : (4,) int
        The witness with the smallest significant p.
    log_p_best : (4, 2) float64
        Its significant log p, and the other one.
    """
    if log_p_j <= log_alpha and log_p_j_given_i > log_alpha:
        _vote(0, witness, log_p_j, log_p_j_given_i, count, evidence, strongest, log_p_best)
    if log_p_i <= log_alpha and log_p_i_given_j > log_alpha:
        _vote(1, witness, log_p_i, log_p_i_given_j, count, evidence, strongest, log_p_best)
    if log_p_i > log_alpha and log_p_i_given_j <= log_alpha:
        _vote(2, witness, log_p_i_given_j, log_p_i, count, evidence, strongest, log_p_best)
    if log_p_j > log_alpha and log_p_j_given_i <= log_alpha:
        _vote(3, witness, log_p_j_given_i, log_p_j, count, evidence, strongest, log_p_best)


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
