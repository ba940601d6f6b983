"""Which variants and genes are candidates of a gene: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import borrowing_kernel, kernel
from genesis.posterior.model.state import GENE, POSITIONAL


@kernel
def prune_linked(rows, pool, order, largest_r2, most, kept):
    """Keep variants, the strongest first, that are not in LD with one kept before.

    Parameters
    ----------
    rows : (n_variables, n) float64
        Unit rows.
    pool : (m,) int64
        Rows of the variants.
    order : (m,) int64
        Positions in the pool, the strongest first.
    largest_r2 : float
    most : int
    kept : (>= most,) int64
        Written: rows kept.

    Returns
    -------
    int
        How many.
    """
    size = 0
    for position in order:
        if size == most:
            break
        variant = pool[position]
        linked = False
        for k in range(size):
            r = 0.0
            for s in range(rows.shape[1]):
                r += rows[variant, s] * rows[kept[k], s]
            if r * r > largest_r2:
                linked = True
                break
        if not linked:
            kept[size] = variant
            size += 1
    return size


@kernel
def pair_up(first, second, most, partner, n_partners):
    """Take pairs, the strongest first, while both genes have room.

    Both sides get the pair or none does: an edge that could not be reversed would be claimed for
    want of a choice.

    Parameters
    ----------
    first, second : (m,) int64
        Pairs in the order of their strength; repeated ones count once.
    most : int
        Room of a gene.
    partner : (n_genes, most) int64
        Written.
    n_partners : (n_genes,) int64
        Written, zero before.
    """
    for k in range(len(first)):
        a, b = first[k], second[k]
        if n_partners[a] >= most or n_partners[b] >= most:
            continue
        known = False
        for place in range(n_partners[a]):
            if partner[a, place] == b:
                known = True
                break
        if not known:
            partner[a, n_partners[a]] = b
            partner[b, n_partners[b]] = a
            n_partners[a] += 1
            n_partners[b] += 1


@kernel
def find_paired_candidates(kind, parent_gene, n_factors, n_candidates, paired_candidate):
    """For every gene among the candidates, find its positional anchor, and the other way round.

    Parameters
    ----------
    kind, parent_gene : (n_genes, width) int8, (n_genes, width) int32
    n_factors : int
    n_candidates : (n_genes,) int64
    paired_candidate : (n_genes, width) int32
        Written where there is one; -1 before.
    """
    for gene in range(len(n_candidates)):
        last = n_factors + n_candidates[gene]
        for candidate in range(n_factors, last):
            if kind[gene, candidate] != POSITIONAL:
                continue
            for place in range(n_factors, last):
                same = parent_gene[gene, place] == parent_gene[gene, candidate]
                if same and kind[gene, place] == GENE:
                    paired_candidate[gene, candidate] = place
                    paired_candidate[gene, place] = candidate


@kernel
def find_reverse_index(variable, n_factors, n_candidates, n_variants, reverse_index):
    """For every gene among the candidates of a gene, find the gene among its candidates.

    Parameters
    ----------
    variable : (n_genes, width) int32
        Rows of the data, variants first.
    n_factors : int
    n_candidates : (n_genes,) int64
    n_variants : int
    reverse_index : (n_genes, width) int32
        Written: the place among the candidates of the other gene, -1 where there is none.
    """
    n_genes = len(n_candidates)
    for gene in range(n_genes):
        for candidate in range(n_factors, n_factors + n_candidates[gene]):
            reverse_index[gene, candidate] = -1
            other = variable[gene, candidate] - n_variants
            if other >= 0:
                for place in range(n_factors, n_factors + n_candidates[other]):
                    if variable[other, place] == n_variants + gene:
                        reverse_index[gene, candidate] = place
                        break


@borrowing_kernel
def _place_of_smallest(values):
    at = 0
    for k in range(1, len(values)):
        if values[k] < values[at]:
            at = k
    return at


@kernel
def strongest_of_row(correlation, most, own, chosen):
    """Positions of the largest |correlation| of a row but its own, in no order; for long rows.

    Parameters
    ----------
    correlation : (n_genes,) float64
    most : int
    own : int
        Position that is passed over.
    chosen : (most,) int64
        Written.

    Returns
    -------
    int
        How many.
    """
    size = 0
    smallest = -1.0
    at = -1
    values = np.empty(most)
    for k in range(len(correlation)):
        if k == own:
            continue
        value = abs(correlation[k])
        if size < most:
            chosen[size] = k
            values[size] = value
            size += 1
            if size == most:
                at = _place_of_smallest(values)
                smallest = values[at]
        # The smallest of those chosen goes; in a long row that is seldom.
        elif value > smallest:
            chosen[at] = k
            values[at] = value
            at = _place_of_smallest(values)
            smallest = values[at]
    return size
