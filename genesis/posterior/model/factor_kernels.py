"""Hidden factors: drawn given the graph, and integrated out of the likelihood."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, inner_kernel, kernel
from genesis.linear.array_kernels import copy_items, transposed
from genesis.linear.cholesky_kernels import cholesky

_LOG_2PI = math.log(2.0 * math.pi)
#: Variants whose products with the factors are worked out together.
_ROWS_AT_A_TIME = 64


@inner_kernel
def residuals(problem, chain):
    """What variants and genes leave of every gene (e), and the loadings of the factors (Λ).

    Of a gene that is weighed it is that of its coordinates times the root of their weights (r e).

    Returns
    -------
    left : (n_genes, n_degrees) float64
    loading : (n_genes, n_factors) float64
    """
    n_genes, degrees = len(chain.size), problem.data.shape[1]
    n_variants = len(problem.data) - n_genes
    left = np.empty((n_genes, degrees))
    loading = np.zeros((n_genes, problem.n_factors))
    for gene in range(n_genes):
        copy_items(problem.data[n_variants + gene], left[gene])
        for place in range(chain.size[gene]):
            candidate = chain.included[gene, place]
            coefficient = chain.coefficient[gene, place]
            if candidate < problem.n_factors:
                loading[gene, candidate] = coefficient
            else:
                row = problem.data[problem.variable[gene, candidate]]
                for s in range(degrees):
                    left[gene, s] -= coefficient * row[s]
    _weigh(problem, left)
    return left, loading


@borrowing_kernel
def _weigh(problem, values):
    """Multiply values of genes that are weighed by the roots of their weights."""
    for gene in range(len(values)):
        if problem.weighting[gene] >= 0:
            for s in range(values.shape[1]):
                values[gene, s] *= problem.root_weight[problem.weighting[gene], s]


@inner_kernel
def _weigh_information(problem, loading, scaled, precision, s):
    """The factors' posterior precision at a coordinate, where genes that are weighed say more or
    less than at others."""
    weighed = np.empty(precision.shape)
    for a in range(len(precision)):
        copy_items(precision[a], weighed[a])
    for gene in range(len(loading)):
        if problem.weighting[gene] >= 0:
            root = problem.root_weight[problem.weighting[gene], s]
            for a in range(len(scaled)):
                for b in range(len(scaled)):
                    weighed[a, b] += (root * root - 1.0) * scaled[a, gene] * loading[gene, b]
    return weighed


@inner_kernel
def _information(loading, noise):
    """Loadings over noise variances, and the factors' posterior precision, (32).

    Parameters
    ----------
    loading : (n_genes, n_factors) float64
        Λ.
    noise : (n_genes,) float64
        σ².

    Returns
    -------
    scaled : (n_factors, n_genes) float64
        Λ' Ψ⁻¹.
    precision : (n_factors, n_factors) float64
        Φ.
    """
    n_genes, n_factors = loading.shape
    scaled = np.empty((n_factors, n_genes))
    for gene in range(n_genes):
        for k in range(n_factors):
            scaled[k, gene] = loading[gene, k] / noise[gene]
    precision = np.dot(scaled, loading)
    for k in range(n_factors):
        precision[k, k] += 1.0
    return scaled, precision


@inner_kernel
def draw_factors(problem, chain, rng):
    """Draw the factors given all else, (32), and renew the inner products that they are part of.

    With Φ = L L' and v = Λ' Ψ⁻¹ e a draw is L'⁻¹ (L⁻¹ v + u) with u standard normal: its mean is
    Φ⁻¹ v and its covariance Φ⁻¹.

    Parameters
    ----------
    problem : Problem
        The factors' part of `gram` is written.
    chain : Chain
        `factors` is written, and which inner products are stale.
    rng : numpy.random.Generator
    """
    left, loading = residuals(problem, chain)
    scaled, precision = _information(loading, chain.noise)
    lower = cholesky(precision)
    _weigh(problem, left)
    values = np.dot(scaled, left)
    n_factors, degrees = values.shape
    for s in range(degrees):
        if len(problem.root_weight) > 0:
            lower = cholesky(_weigh_information(problem, loading, scaled, precision, s))
        # L⁻¹ v, normal numbers added, then L'⁻¹ of that, in the place of v.
        for a in range(n_factors):
            total = values[a, s]
            for b in range(a):
                total -= lower[a, b] * values[b, s]
            values[a, s] = total / lower[a, a]
        for a in range(n_factors):
            values[a, s] += rng.standard_normal()
        for a in range(n_factors - 1, -1, -1):
            total = values[a, s]
            for b in range(a + 1, n_factors):
                total -= lower[b, a] * values[b, s]
            values[a, s] = total / lower[a, a]
    for k in range(n_factors):
        copy_items(values[k], chain.factors[k])
    renew_gram(problem, chain)


@kernel
def renew_gram(problem, chain):
    """Write the factors' inner products into every gene's `gram`, as far as they are needed.

    With active candidates, that is, with what is included, and with the gene. Those with inactive
    candidates, by far the most and seldom looked at, become stale: see `renew_stale`.
    """
    n_genes, n_factors = len(chain.size), problem.n_factors
    n_variants = len(problem.data) - n_genes
    target = problem.gram.shape[1] - 1
    factors = transposed(chain.factors)
    # Rows of the data that active candidates are; genes are all needed.
    place = np.empty(n_variants, dtype=np.int64)
    rows = np.empty(n_variants, dtype=np.int64)
    for row in range(n_variants):
        place[row] = -1
    n_rows = 0
    for gene in range(n_genes):
        for candidate in range(n_factors, chain.n_active[gene]):
            row = problem.variable[gene, candidate]
            if row < n_variants and place[row] < 0:
                place[row] = n_rows
                rows[n_rows] = row
                n_rows += 1
    with_variants = np.empty((n_rows, n_factors))
    # A few at a time, which stay in the caches of the processor.
    variants = np.empty((_ROWS_AT_A_TIME, problem.data.shape[1]))
    for first in range(0, n_rows, _ROWS_AT_A_TIME):
        n_now = min(n_rows - first, _ROWS_AT_A_TIME)
        for k in range(n_now):
            copy_items(problem.data[rows[first + k]], variants[k])
        products = np.dot(variants[:n_now], factors)
        for k in range(n_now):
            copy_items(products[k], with_variants[first + k])
    with_genes = np.dot(problem.data[n_variants:], factors)
    among = np.dot(chain.factors, factors)
    for gene in range(n_genes):
        gram, n_active = problem.gram[gene], chain.n_active[gene]
        for candidate in range(n_factors, n_active):
            row = problem.variable[gene, candidate]
            chain.is_stale[gene, candidate] = False
            for k in range(n_factors):
                if row >= n_variants:
                    gram[k, candidate] = with_genes[row - n_variants, k]
                else:
                    gram[k, candidate] = with_variants[place[row], k]
                gram[candidate, k] = gram[k, candidate]
        for candidate in range(n_active, n_factors + problem.n_candidates[gene]):
            chain.is_stale[gene, candidate] = n_factors > 0
        for k in range(n_factors):
            for other in range(n_factors):
                gram[k, other] = among[k, other]
            gram[k, target] = with_genes[gene, k]
            gram[target, k] = gram[k, target]
        if problem.weighting[gene] >= 0:
            _renew_weighed(problem, chain, gene)
        for k in range(n_factors):
            problem.squared_length[gene, k] = gram[k, k]
        for at in range(chain.size[gene]):
            renew_stale(problem, chain, gene, np.int64(chain.included[gene, at]))


@borrowing_kernel
def _weighed_product(row, other, root):
    total = 0.0
    for s in range(len(row)):
        total += row[s] * other[s] * root[s] * root[s]
    return total


@borrowing_kernel
def _renew_weighed(problem, chain, gene):
    """The same inner products of a gene that is weighed: written over those without weights."""
    gram, target = problem.gram[gene], problem.gram.shape[1] - 1
    root = problem.root_weight[problem.weighting[gene]]
    own = len(problem.data) - len(chain.size) + gene
    for k in range(problem.n_factors):
        factor = chain.factors[k]
        for other in range(problem.n_factors):
            gram[k, other] = _weighed_product(factor, chain.factors[other], root)
        for candidate in range(problem.n_factors, chain.n_active[gene]):
            row = problem.data[problem.variable[gene, candidate]]
            gram[k, candidate] = _weighed_product(factor, row, root)
            gram[candidate, k] = gram[k, candidate]
        gram[k, target] = _weighed_product(factor, problem.data[own], root)
        gram[target, k] = gram[k, target]


@inner_kernel
def renew_stale(problem, chain, gene, candidate):
    """Write the factors' inner products with one candidate of a gene, if they are stale."""
    if not chain.is_stale[gene, candidate]:
        return
    row = problem.data[problem.variable[gene, candidate]]
    products = np.dot(chain.factors, row)
    if problem.weighting[gene] >= 0:
        root = problem.root_weight[problem.weighting[gene]]
        for k in range(problem.n_factors):
            products[k] = _weighed_product(chain.factors[k], row, root)
    for k in range(problem.n_factors):
        problem.gram[gene, k, candidate] = problem.gram[gene, candidate, k] = products[k]
    chain.is_stale[gene, candidate] = False


@kernel
def log_density(problem, chain):
    """Log density (37) of each coordinate of the expression, factors integrated out.

    The graph is acyclic, so the residuals have the density of the expression.

    Returns
    -------
    (n_degrees,) float64
    """
    left, loading = residuals(problem, chain)
    n_genes, degrees = left.shape
    total = np.zeros(degrees)
    constant = n_genes * _LOG_2PI
    for gene in range(n_genes):
        constant += math.log(chain.noise[gene])
        for s in range(degrees):
            total[s] += left[gene, s] * left[gene, s] / chain.noise[gene]
        if problem.weighting[gene] >= 0:
            for s in range(degrees):
                total[s] -= 2.0 * math.log(problem.root_weight[problem.weighting[gene], s])
    if loading.shape[1] > 0:
        scaled, precision = _information(loading, chain.noise)
        lower = cholesky(precision)
        is_weighed = len(problem.root_weight) > 0
        if not is_weighed:
            for a in range(len(lower)):
                constant += 2.0 * math.log(lower[a, a])
        # By Woodbury: e' (Ψ + Λ Λ')⁻¹ e = e' Ψ⁻¹ e - |L⁻¹ Λ' Ψ⁻¹ e|².
        _weigh(problem, left)
        values = np.dot(scaled, left)
        for s in range(degrees):
            if is_weighed:
                lower = cholesky(_weigh_information(problem, loading, scaled, precision, s))
                for a in range(len(lower)):
                    total[s] += 2.0 * math.log(lower[a, a])
            for a in range(len(lower)):
                rest = values[a, s]
                for b in range(a):
                    rest -= lower[a, b] * values[b, s]
                values[a, s] = rest / lower[a, a]
                total[s] -= values[a, s] * values[a, s]
    for s in range(degrees):
        total[s] = -0.5 * (total[s] + constant)
    return total
