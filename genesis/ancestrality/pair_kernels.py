"""Evidence on the pairs of a tile of genes × genes: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.ancestrality.matrix import NONDESCENDANT
from genesis.ancestrality.vote_kernels import tally
from genesis.independence.fisher_kernels import COLLINEAR_TOLERANCE, fisher_log_p
from genesis.independence.partial_kernels import (
    COLLINEAR,
    TESTED,
    TOO_FEW_SAMPLES,
    factor,
    invert_factor,
    residual_correlation,
    witness_correlations,
)
from genesis.jit import kernel


@kernel
def _is_guarded_out(variable, i, j, codes, n_variants):
    """Whether a variable may not be in the conditioning set of the pair (i, j).

    A gene may only be there if it is known to precede both: else it could be a mediator.
    """
    if variable < n_variants:
        return False
    gene = variable - n_variants
    if gene in (i, j):
        return True
    return codes[gene, i] < NONDESCENDANT or codes[gene, j] < NONDESCENDANT


@kernel
def guarded_set(i, j, members_i, members_j, codes, n_variants, variables, sides):
    """Union of the nearest ancestors of i and j without what the guard forbids.

    Parameters
    ----------
    i, j : int
        Genes.
    members_i, members_j : int64 arrays
        Their nearest ancestors (variables: variants, then genes), ascending.
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    n_variants : int
        Number of variants among the variables.
    variables : int64 array
        Written: the set, ascending.
    sides : int64 array
        Written: 0 for a member that came from i, 1 from j (0 where from both).

    Returns
    -------
    int
        Size of the set.
    """
    size = 0
    a = 0
    b = 0
    while a < len(members_i) or b < len(members_j):
        from_i = b == len(members_j) or (a < len(members_i) and members_i[a] <= members_j[b])
        if from_i:
            variable, side = members_i[a], 0
            if b < len(members_j) and members_j[b] == variable:
                b += 1
            a += 1
        else:
            variable, side = members_j[b], 1
            b += 1
        if not _is_guarded_out(variable, i, j, codes, n_variants):
            variables[size] = variable
            sides[size] = side
            size += 1
    return size


@kernel
def _correlation(side_u, u, side_v, v, within_i, within_j, across):
    if side_u == 0:
        return within_i[u, v] if side_v == 0 else across[u, v]
    return across[v, u] if side_v == 0 else within_j[u, v]


@kernel
def _gather(variables, sides, locals_, size, within_i, within_j, across, matrix):
    """Write the correlations of the set into `matrix`; of variants in perfect LD keep the first.

    Returns the size that is left; the other arrays are compacted alike.
    """
    kept = 0
    for row in range(size):
        duplicate = False
        for column in range(kept):
            r = _correlation(
                sides[row],
                locals_[row],
                sides[column],
                locals_[column],
                within_i,
                within_j,
                across,
            )
            matrix[kept, column] = r
            if 1.0 - r * r < COLLINEAR_TOLERANCE:
                duplicate = True
                break
        if not duplicate:
            variables[kept] = variables[row]
            sides[kept] = sides[row]
            locals_[kept] = locals_[row]
            matrix[kept, kept] = 1.0
            kept += 1
    return kept


@kernel
def _count_votes(
    matrix,
    inverse,
    size,
    variables,
    to_i,
    to_j,
    sd_i,
    sd_j,
    rho,
    n_effective,
    log_alpha,
    count,
    evidence,
    strongest,
    log_p_best,
):
    """Let every witness of one pair vote, from the factor that its test left behind."""
    invert_factor(matrix, size, inverse)
    for w in range(size):
        r_i, r_j, r_i_given_j, r_j_given_i = witness_correlations(
            inverse, size, w, to_i, to_j, sd_i, sd_j, rho
        )
        tally(
            variables[w],
            fisher_log_p(r_i, n_effective, size - 1),
            fisher_log_p(r_j, n_effective, size - 1),
            fisher_log_p(r_i_given_j, n_effective, size),
            fisher_log_p(r_j_given_i, n_effective, size),
            log_alpha,
            count,
            evidence,
            strongest,
            log_p_best,
        )


@kernel
def evaluate_pairs(
    gene_i,
    gene_j,
    row_of_i,
    row_of_j,
    start,
    member,
    codes,
    n_variants,
    within_i,
    within_j,
    across,
    n_effective,
    log_alpha,
    log_p,
    reason,
    n_conditioning,
    count,
    evidence,
    strongest,
    log_p_best,
):
    """Test pairs of one tile given their guarded sets; let witnesses of dependent pairs vote.

    Parameters
    ----------
    gene_i, gene_j : (m,) int64
        The pairs: i in the tile's first block of genes, j in its second.
    row_of_i, row_of_j : (n_variables,) int64
        Row of each variable among the correlations of the first and of the second block.
    start, member : int64 arrays
        Nearest ancestors of all genes (`NearestAncestors`).
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    n_variants : int
        Number of variants among the variables.
    within_i, within_j, across : float64 matrices
        Correlations within block i, within block j, and block i (rows) × block j (columns).
    n_effective : int
        Samples less covariate rank.
    log_alpha : float
        Log of the level; pairs above it get no votes.
    log_p : (m,) float64
        Written: log p of i ⊥ j given the set, NaN where it could not be tested.
    reason : (m,) int8
        Written: 0, or why not.
    n_conditioning : (m,) int32
        Written: size of the set.
    count, evidence, strongest, log_p_best : (m, 4[, 2])
        Votes of the witnesses, see `tally`; written where log_p <= log_alpha.
    """
    largest_i = 0
    largest_j = 0
    for pair in range(len(gene_i)):
        largest_i = max(largest_i, start[gene_i[pair] + 1] - start[gene_i[pair]])
        largest_j = max(largest_j, start[gene_j[pair] + 1] - start[gene_j[pair]])
    most = largest_i + largest_j + 1
    variables = np.empty(most, dtype=np.int64)
    sides = np.empty(most, dtype=np.int64)
    locals_ = np.empty(most, dtype=np.int64)
    matrix = np.empty((most, most))
    inverse = np.empty((most, most))
    to_i = np.empty(most)
    to_j = np.empty(most)
    for pair in range(len(gene_i)):
        i, j = gene_i[pair], gene_j[pair]
        size = guarded_set(
            i,
            j,
            member[start[i] : start[i + 1]],
            member[start[j] : start[j + 1]],
            codes,
            n_variants,
            variables,
            sides,
        )
        for k in range(size):
            locals_[k] = row_of_i[variables[k]] if sides[k] == 0 else row_of_j[variables[k]]
        size = _gather(variables, sides, locals_, size, within_i, within_j, across, matrix)
        n_conditioning[pair] = size
        log_p[pair] = math.nan
        if n_effective - size - 3 < 1:
            reason[pair] = TOO_FEW_SAMPLES
            continue
        row_i, row_j = row_of_i[n_variants + i], row_of_j[n_variants + j]
        for k in range(size):
            to_i[k] = _correlation(0, row_i, sides[k], locals_[k], within_i, within_j, across)
            to_j[k] = _correlation(1, row_j, sides[k], locals_[k], within_i, within_j, across)
        reason[pair] = COLLINEAR
        if factor(matrix, size) >= 0:
            continue
        rho, sd_i, sd_j = residual_correlation(matrix, size, to_i, to_j, across[row_i, row_j])
        if math.isnan(rho):
            continue
        reason[pair] = TESTED
        log_p[pair] = fisher_log_p(rho, n_effective, size)
        if log_p[pair] <= log_alpha:
            _count_votes(
                matrix,
                inverse,
                size,
                variables,
                to_i,
                to_j,
                sd_i,
                sd_j,
                rho,
                n_effective,
                log_alpha,
                count[pair],
                evidence[pair],
                strongest[pair],
                log_p_best[pair],
            )
