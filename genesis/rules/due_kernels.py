"""Bookkeeping over the pairs of a sweep: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.graphs.closure_kernels import pair_position
from genesis.graphs.codes import NONDESCENDANT, NOT_ANCESTOR, UNRESOLVED
from genesis.jit import kernel


@kernel
def _gains_member(i, j, start, member, codes, n_variants, ordered_since, sweep):
    """Whether a gene among the nearest ancestors of i was let in by the sweep before.

    It is let in once it is known to precede j too.
    """
    for k in range(start[i], start[i + 1]):
        gene = member[k] - n_variants
        if (
            gene >= 0
            and gene != j
            and codes[gene, j] >= NONDESCENDANT
            and ordered_since[pair_position(gene, j)] == sweep - 1
        ):
            return True
    return False


@kernel
def _is_due(i, j, codes, start, member, n_variants, renewed, ordered_since, sweep):
    """Whether the guarded set of a pair may be another than in the sweep before."""
    return (
        renewed[i]
        or renewed[j]
        or _gains_member(i, j, start, member, codes, n_variants, ordered_since, sweep)
        or _gains_member(j, i, start, member, codes, n_variants, ordered_since, sweep)
    )


@kernel
def list_due(low_i, low_j, size, codes, start, member, n_variants, renewed, ordered_since, sweep):
    """Unresolved pairs of a tile, j < i, whose guarded set may have changed.

    Parameters
    ----------
    low_i, low_j : int
        First genes of the tile's blocks.
    size : int
        Genes in a block; the last block may have fewer.
    codes, start, member, n_variants, renewed, ordered_since, sweep
        Those of `Question`.

    Returns
    -------
    gene_i, gene_j : (m,) int32
        Ordered by i, then j.
    """
    n = codes.shape[0]
    high_i, high_j = min(low_i + size, n), min(low_j + size, n)
    gene_i = np.empty((high_i - low_i) * (high_j - low_j), dtype=np.int32)
    gene_j = np.empty_like(gene_i)
    total = 0
    for i in range(low_i, high_i):
        for j in range(low_j, min(high_j, i)):
            if codes[i, j] == UNRESOLVED and _is_due(
                i, j, codes, start, member, n_variants, renewed, ordered_since, sweep
            ):
                gene_i[total] = i
                gene_j[total] = j
                total += 1
    return gene_i[:total].copy(), gene_j[:total].copy()


@kernel
def are_due(gene_i, gene_j, codes, start, member, n_variants, renewed, ordered_since, sweep, found):
    """Write into `found` whether the guarded sets of given pairs may have changed."""
    for pair in range(len(gene_i)):
        found[pair] = _is_due(
            gene_i[pair],
            gene_j[pair],
            codes,
            start,
            member,
            n_variants,
            renewed,
            ordered_since,
            sweep,
        )


@kernel
def note_tests(
    gene_i, gene_j, log_p, reason, n_conditioning, dependent_i, dependent_j, codes, sweep, rule,
    all_log_p, all_reason, all_n_conditioning, rule_of, sweep_of,
):  # fmt: skip
    """Note the tests of some pairs, and fill the independent ones as unrelated.

    Parameters
    ----------
    gene_i, gene_j, log_p, reason, n_conditioning : arrays
        Those of `PairBatch`.
    dependent_i, dependent_j : int arrays
        Which of the pairs are dependent, in the same order.
    codes : (n, n) int8
        Ancestrality matrix; written.
    sweep, rule : int
        What filled pairs are noted with.
    all_log_p, all_reason, all_n_conditioning, rule_of, sweep_of : arrays
        Those of `SearchOutcome`; written.

    Returns
    -------
    n_tested, n_filled : int
    """
    tested = 0
    dependent = 0
    for k in range(len(gene_i)):
        i, j = gene_i[k], gene_j[k]
        pair = pair_position(i, j)
        all_reason[pair] = reason[k]
        if len(all_log_p) > 0:
            all_log_p[pair] = log_p[k]
            all_n_conditioning[pair] = n_conditioning[k]
        if reason[k] != 0:
            continue
        tested += 1
        if (
            dependent < len(dependent_i)
            and dependent_i[dependent] == i
            and dependent_j[dependent] == j
        ):
            dependent += 1
            continue
        codes[i, j] = NOT_ANCESTOR
        codes[j, i] = NOT_ANCESTOR
        sweep_of[pair] = sweep
        rule_of[pair] = rule
    return tested, tested - dependent


@kernel
def fill_unrelated(gene_i, gene_j, codes, sweep, rule, rule_of, sweep_of):
    """Fill pairs as unrelated."""
    for k in range(len(gene_i)):
        i, j = gene_i[k], gene_j[k]
        codes[i, j] = NOT_ANCESTOR
        codes[j, i] = NOT_ANCESTOR
        pair = pair_position(i, j)
        sweep_of[pair] = sweep
        rule_of[pair] = rule
