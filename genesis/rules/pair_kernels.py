"""Evidence on the pairs of a tile of genes × genes: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np

from genesis.graphs.codes import NONDESCENDANT
from genesis.jit import inlined_kernel, kernel
from genesis.linear.cholesky_kernels import factor, invert_factor
from genesis.linear.fisher_kernels import COLLINEAR_TOLERANCE, fisher_log_p
from genesis.linear.partial_kernels import (
    COLLINEAR,
    TESTED,
    TOO_FEW_SAMPLES,
    residual_correlation,
    witness_moments,
)
from genesis.rules.vote_kernels import N_RULES, count_votes, note_votes

#: Votes that are counted together.
_VOTES = 1024


@inlined_kernel
def _is_guarded_out(gene, i, j, codes):
    """Whether a gene may not be in the conditioning set of the pair (i, j).

    It may only be there if it is known to precede both: else it could be a mediator.
    """
    if gene in (i, j):
        return True
    return codes[gene, i] < NONDESCENDANT or codes[gene, j] < NONDESCENDANT


@inlined_kernel
def guarded_set(
    i, j, members_i, first_i, last_i, members_j, first_j, last_j, codes, n_variants,
    variables, sides, places,
):  # fmt: skip
    """Union of the nearest ancestors of i and j without what the guard forbids.

    Parameters
    ----------
    i, j : int
        Genes.
    members_i, first_i, last_i : int64 array, int, int
        The nearest ancestors of i are ``members_i[first_i:last_i]`` (variables: variants,
        then genes), ascending; those of j likewise.
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    n_variants : int
        Number of variants among the variables.
    variables : int64 array
        Written: the set, ascending.
    sides : int64 array
        Written: 0 for a member that came from i, 1 from j (0 where from both).
    places : int64 array
        Written: its position in the array of that side.

    Returns
    -------
    int
        Size of the set.
    """
    size = 0
    a = first_i
    b = first_j
    while a < last_i or b < last_j:
        if b == last_j or (a < last_i and members_i[a] <= members_j[b]):
            variable, side, place = members_i[a], 0, a
            if b < last_j and members_j[b] == variable:
                b += 1
            a += 1
        else:
            variable, side, place = members_j[b], 1, b
            b += 1
        if variable < n_variants or not _is_guarded_out(variable - n_variants, i, j, codes):
            variables[size] = variable
            sides[size] = side
            places[size] = place
            size += 1
    return size


@kernel
def own_correlations(rows, genes, gene_row, start, member_row, own_start, own):
    """Correlations among a gene and its nearest ancestors, gene by gene of a block.

    Parameters
    ----------
    rows : (v, n_samples) float64
        Unit rows of the variables of the block.
    genes : (g,) int64
        Genes of the block (positions) that are wanted.
    gene_row : (b,) int64
        Row of each gene.
    start : (b + 1,) int64
        Gene k has its members at ``start[k]:start[k + 1]``.
    member_row : int64 array
        Row of each member.
    own_start : (b + 1,) int64
        Where the square matrix of each gene begins in `own`.
    own : float64 array
        Written: members, then the gene, row by row.
    """
    for gene in genes:
        first = start[gene]
        size = start[gene + 1] - first + 1
        block = np.empty((size, rows.shape[1]))
        for k in range(size - 1):
            block[k] = rows[member_row[first + k]]
        block[size - 1] = rows[gene_row[gene]]
        square = np.dot(block, block.T)
        at = own_start[gene]
        for k in range(size):
            for m in range(size):
                own[at + k * size + m] = square[k, m]


@inlined_kernel
def _gather(
    size, variables, sides, places, first_i, width_i, own_start_i, own_i, rows_i,
    first_j, width_j, own_start_j, own_j, rows_j, row_i, row_j, across, to_i, to_j, matrix,
):  # fmt: skip
    """Write the correlations of a set, among its members and with i and j.

    Of variants in perfect LD the first is kept. Returns the size that is left; `variables`,
    `sides` and `places` are compacted alike.
    """
    kept = 0
    for u in range(size):
        place = places[u]
        duplicate = False
        if sides[u] == 0:
            row = rows_i[place]
            own = own_start_i + (place - first_i) * width_i
            for v in range(kept):
                if sides[v] == 0:
                    r = own_i[own + places[v] - first_i]
                else:
                    r = across[row, rows_j[places[v]]]
                matrix[kept, v] = r
                duplicate |= 1.0 - r * r < COLLINEAR_TOLERANCE
            to_i[kept] = own_i[own + width_i - 1]
            to_j[kept] = across[row, row_j]
        else:
            row = rows_j[place]
            own = own_start_j + (place - first_j) * width_j
            for v in range(kept):
                if sides[v] == 1:
                    r = own_j[own + places[v] - first_j]
                else:
                    r = across[rows_i[places[v]], row]
                matrix[kept, v] = r
                duplicate |= 1.0 - r * r < COLLINEAR_TOLERANCE
            to_i[kept] = across[row_i, row]
            to_j[kept] = own_j[own + width_j - 1]
        if not duplicate:
            variables[kept] = variables[u]
            sides[kept] = sides[u]
            places[kept] = place
            matrix[kept, kept] = 1.0
            kept += 1
    return kept


@kernel
def evaluate_pairs(
    gene_i,
    gene_j,
    low_i,
    low_j,
    side_i,
    side_j,
    across,
    codes,
    n_variants,
    n_effective,
    log_alpha,
    critical,
    log_p,
    reason,
    n_conditioning,
    dependent,
    dependent_log_p,
    count,
    evidence,
    strongest,
    log_p_best,
):
    """Test pairs of one tile given their guarded sets; let witnesses of dependent pairs vote.

    All that a pair needs comes from one Cholesky factor of its set, in arrays that are made
    once a tile.

    Parameters
    ----------
    gene_i, gene_j : (m,) int64
        The pairs: i in the tile's first block of genes, j in its second.
    low_i, low_j : int
        First gene of the blocks.
    side_i, side_j : Block
        The nearest ancestors of the blocks' genes and their correlations with those genes.
    across : float64 matrix
        Correlations of the variables of block i (rows) with those of block j (columns).
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    n_variants : int
        Number of variants among the variables.
    n_effective : int
        Samples less covariate rank.
    log_alpha : float
        Log of the level; pairs above it get no votes.
    critical : (largest set + 1,) float64
        Square of the smallest significant correlation given so many variables.
    log_p : (m,) float32
        Written: log p of i ⊥ j given the set, NaN where it could not be tested.
    reason : (m,) int8
        Written: 0, or why not.
    n_conditioning : (m,) uint16
        Written: size of the set.
    dependent, dependent_log_p : (m,) int64, (m,) float64
        Written: positions of the pairs with log_p <= log_alpha, one after the other, and
        their log p.
    count, evidence, strongest, log_p_best : (m, 4[, 2])
        Written: votes of the witnesses of the dependent pairs, see `count_votes`; the last two
        only where there are any.

    Returns
    -------
    int
        Number of dependent pairs.
    """
    most = 1
    for pair in range(len(gene_i)):
        i, j = gene_i[pair] - low_i, gene_j[pair] - low_j
        members = side_i.start[i + 1] - side_i.start[i] + side_j.start[j + 1] - side_j.start[j]
        most = max(most, members)
    variables = np.empty(most, dtype=np.int64)
    sides = np.empty(most, dtype=np.int64)
    places = np.empty(most, dtype=np.int64)
    matrix = np.empty((most, most))
    inverse = np.empty((most, most))
    to_i = np.empty(most)
    to_j = np.empty(most)
    start_i, member_i, rows_i, own_start_i, own_i = (
        side_i.start, side_i.member, side_i.member_row, side_i.own_start, side_i.own
    )  # fmt: skip
    start_j, member_j, rows_j, own_start_j, own_j = (
        side_j.start, side_j.member, side_j.member_row, side_j.own_start, side_j.own
    )  # fmt: skip
    gene_row_i, gene_row_j = side_i.gene_row, side_j.gene_row
    vote = np.empty((_VOTES + 1 + 2 * most, 4), dtype=np.int64)
    vote_rho = np.empty((_VOTES + 1 + 2 * most, 2))
    n_votes = 0
    n_dependent = 0
    for pair in range(len(gene_i)):
        i, j = gene_i[pair] - low_i, gene_j[pair] - low_j
        first_i, last_i = start_i[i], start_i[i + 1]
        first_j, last_j = start_j[j], start_j[j + 1]
        size = guarded_set(
            low_i + i, low_j + j, member_i, first_i, last_i, member_j, first_j, last_j,
            codes, n_variants, variables, sides, places,
        )  # fmt: skip
        row_i, row_j = gene_row_i[i], gene_row_j[j]
        size = _gather(
            size, variables, sides, places,
            first_i, last_i - first_i + 1, own_start_i[i], own_i, rows_i,
            first_j, last_j - first_j + 1, own_start_j[j], own_j, rows_j,
            row_i, row_j, across, to_i, to_j, matrix,
        )  # fmt: skip
        n_conditioning[pair] = size
        log_p[pair] = math.nan
        if n_effective - size - 3 < 1:
            reason[pair] = TOO_FEW_SAMPLES
            continue
        reason[pair] = COLLINEAR
        if factor(matrix, size) >= 0:
            continue
        rho, scale_i, scale_j = residual_correlation(matrix, size, to_i, to_j, across[row_i, row_j])
        if math.isnan(rho):
            continue
        reason[pair] = TESTED
        exact = fisher_log_p(rho, n_effective, size)
        log_p[pair] = exact
        if exact > log_alpha:
            continue
        dependent[n_dependent] = pair
        dependent_log_p[n_dependent] = exact
        for rule in range(N_RULES):
            count[n_dependent, rule] = 0
            evidence[n_dependent, rule] = 0.0
        invert_factor(matrix, size, inverse)
        for w in range(size):
            moments = witness_moments(matrix, inverse, size, w, to_i, to_j, scale_i, scale_j, rho)
            n_votes = note_votes(
                variables[w], moments, size, critical, n_dependent, n_votes, vote, vote_rho
            )
        n_dependent += 1
        if n_votes > _VOTES:
            count_votes(
                n_votes, vote, vote_rho, n_effective, count, evidence, strongest, log_p_best
            )
            n_votes = 0
    count_votes(n_votes, vote, vote_rho, n_effective, count, evidence, strongest, log_p_best)
    return n_dependent
