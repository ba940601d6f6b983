"""Evidence on the pairs of a tile of genes × genes: compiled numeric code."""

from __future__ import annotations

import math
from typing import NamedTuple

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


class Setting(NamedTuple):
    """What is the same for all pairs of a sweep.

    Attributes
    ----------
    n_variants : int
        Number of variants among the variables.
    n_effective : int
        Samples less covariate rank.
    log_alpha : float
        Log of the level; pairs above it get no votes.
    critical : (largest set + 1,) float64
        Square of the smallest significant correlation given so many variables.
    """

    n_variants: int
    n_effective: int
    log_alpha: float
    critical: np.ndarray


class Tests(NamedTuple):
    """Outcomes of the tests of some pairs.

    Attributes
    ----------
    log_p : (m,) float32
        Log p of i ⊥ j given the set, NaN where it could not be tested.
    reason : (m,) int8
        0, or why not.
    n_conditioning : (m,) uint16
        Size of the set.
    """

    log_p: np.ndarray
    reason: np.ndarray
    n_conditioning: np.ndarray

    @classmethod
    def empty(cls, m: int) -> Tests:
        """Room for so many pairs."""
        return cls(np.empty(m, np.float32), np.empty(m, np.int8), np.empty(m, np.uint16))


class Dependent(NamedTuple):
    """Pairs with log_p <= log_alpha, one after the other.

    Attributes
    ----------
    position : (m,) int64
        Their positions among the pairs tested.
    log_p : (m,) float64
    """

    position: np.ndarray
    log_p: np.ndarray

    @classmethod
    def empty(cls, m: int) -> Dependent:
        """Room for so many pairs."""
        return cls(np.empty(m, np.int64), np.empty(m))


class Votes(NamedTuple):
    """Votes of the witnesses of dependent pairs, see `count_votes`.

    Attributes
    ----------
    number, evidence : (m, 4) int64, (m, 4) float64
    strongest, log_p_best : (m, 4) int64, (m, 4, 2) float64
        Only where there are any votes.
    """

    number: np.ndarray
    evidence: np.ndarray
    strongest: np.ndarray
    log_p_best: np.ndarray

    @classmethod
    def empty(cls, m: int) -> Votes:
        """Room for so many pairs."""
        shape = m, N_RULES
        return cls(
            np.empty(shape, np.int64),
            np.empty(shape),
            np.empty(shape, np.int64),
            np.empty((*shape, 2)),
        )


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

    Of variants in perfect LD the first is kept. Two members of one side are looked up in the
    matrix of that side's gene, others in `across`.

    Parameters
    ----------
    size, variables, sides, places
        Of `guarded_set`; the arrays are compacted to what is kept.
    first_i, width_i, own_start_i, own_i, rows_i
        Of gene i: its first member, the width of its matrix and where that begins in `own_i`, and
        the row of each member of the block. The same of gene j.
    row_i, row_j : int
        Rows of the genes in `across`.
    across : (v_i, v_j) float64
    to_i, to_j : (most,) float64
        Written: correlations of the set with i and with j.
    matrix : (most, most) float64
        Written: the lower triangle of the correlations of the set.

    Returns
    -------
    int
        Size that is left.
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


@inlined_kernel
def _test_pair(matrix, size, to_i, to_j, r_ij, n_effective):
    """Whether i and j can be tested given a set, and their partial correlation.

    Parameters
    ----------
    matrix : (., .) float64
        Correlations R[S, S], whose lower triangle is read; its Cholesky factors afterwards.
    size : int
        Size of S.
    to_i, to_j : float64 arrays
        R[S, i] and R[S, j]; changed, see `residual_correlation`.
    r_ij : float
    n_effective : int

    Returns
    -------
    reason : int
        `TESTED`, or why not.
    rho, scale_i, scale_j : float
        Of `residual_correlation`; rho is NaN where it is not tested.
    """
    if n_effective - size - 3 < 1:
        return TOO_FEW_SAMPLES, math.nan, 0.0, 0.0
    if factor(matrix, size) >= 0:
        return COLLINEAR, math.nan, 0.0, 0.0
    rho, scale_i, scale_j = residual_correlation(matrix, size, to_i, to_j, r_ij)
    return COLLINEAR if math.isnan(rho) else TESTED, rho, scale_i, scale_j


@inlined_kernel
def _let_witnesses_vote(
    size, variables, matrix, inverse, to_i, to_j, scale_i, scale_j, rho, critical, row, n_votes,
    vote, vote_rho,
):  # fmt: skip
    """Note the votes of every member of the set of a dependent pair; return how many there are.

    What a witness has to do with i and j given the other members follows from the factors that the
    test of the pair has left in `matrix`, and from their inverse, which is written.
    """
    invert_factor(matrix, size, inverse)
    for w in range(size):
        moments = witness_moments(matrix, inverse, size, w, to_i, to_j, scale_i, scale_j, rho)
        n_votes = note_votes(variables[w], moments, size, critical, row, n_votes, vote, vote_rho)
    return n_votes


@inlined_kernel
def _largest_set(gene_i, gene_j, low_i, low_j, start_i, start_j):
    """The most members that the set of any of the pairs can have, at least 1."""
    most = 1
    for pair in range(len(gene_i)):
        i, j = gene_i[pair] - low_i, gene_j[pair] - low_j
        most = max(most, start_i[i + 1] - start_i[i] + start_j[j + 1] - start_j[j])
    return most


@kernel
def evaluate_pairs(
    gene_i, gene_j, low_i, low_j, block_i, block_j, across, codes, setting, tests, dependent, votes
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
    block_i, block_j : Block
        The nearest ancestors of the blocks' genes and their correlations with those genes.
    across : (v_i, v_j) float64
        Correlations of the variables of block i (rows) with those of block j (columns).
    codes : (n, n) int8
        Ancestrality matrix, row a before column b.
    setting : Setting
    tests : Tests
        Written.
    dependent : Dependent
        Written.
    votes : Votes
        Written, in the rows of `dependent`.

    Returns
    -------
    int
        Number of dependent pairs.
    """
    n_variants, n_effective, log_alpha, critical = setting
    log_p, reason, n_conditioning = tests
    position, dependent_log_p = dependent
    count, evidence, strongest, log_p_best = votes
    # Looked up once: a look-up in a tuple counts references, which takes longer than what is done
    # with an element of an array.
    start_i, member_i, rows_i, own_start_i, own_i, gene_row_i = (
        block_i.start, block_i.member, block_i.member_row, block_i.own_start, block_i.own,
        block_i.gene_row,
    )  # fmt: skip
    start_j, member_j, rows_j, own_start_j, own_j, gene_row_j = (
        block_j.start, block_j.member, block_j.member_row, block_j.own_start, block_j.own,
        block_j.gene_row,
    )  # fmt: skip
    most = _largest_set(gene_i, gene_j, low_i, low_j, start_i, start_j)
    variables = np.empty(most, dtype=np.int64)
    sides = np.empty(most, dtype=np.int64)
    places = np.empty(most, dtype=np.int64)
    matrix = np.empty((most, most))
    inverse = np.empty((most, most))
    to_i = np.empty(most)
    to_j = np.empty(most)
    # A pair notes two votes a member at the most, and notes are counted once there are _VOTES.
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
        why, rho, scale_i, scale_j = _test_pair(
            matrix, size, to_i, to_j, across[row_i, row_j], n_effective
        )
        reason[pair] = why
        if why != TESTED:
            continue
        exact = fisher_log_p(rho, n_effective, size)
        log_p[pair] = exact
        if exact > log_alpha:
            continue
        position[n_dependent] = pair
        dependent_log_p[n_dependent] = exact
        for rule in range(N_RULES):
            count[n_dependent, rule] = 0
            evidence[n_dependent, rule] = 0.0
        n_votes = _let_witnesses_vote(
            size, variables, matrix, inverse, to_i, to_j, scale_i, scale_j, rho, critical,
            n_dependent, n_votes, vote, vote_rho,
        )  # fmt: skip
        n_dependent += 1
        if n_votes > _VOTES:
            count_votes(
                n_votes, vote, vote_rho, n_effective, count, evidence, strongest, log_p_best
            )
            n_votes = 0
    count_votes(n_votes, vote, vote_rho, n_effective, count, evidence, strongest, log_p_best)
    return n_dependent
