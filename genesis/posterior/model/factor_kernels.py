"""Hidden factors: drawn given the graph, and integrated out of the likelihood."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import inner_kernel, kernel
from genesis.linear.array_kernels import copy_items, transposed
from genesis.linear.cholesky_kernels import cholesky

_LOG_2PI = math.log(2.0 * math.pi)


@inner_kernel
def residuals(problem, chain):
    """What variants and genes leave of every gene (e), and the loadings of the factors (Λ).

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
    return left, loading


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


@kernel
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
    values = np.dot(scaled, left)
    n_factors, degrees = values.shape
    for s in range(degrees):
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
    variants = np.empty((n_rows, problem.data.shape[1]))
    for k in range(n_rows):
        copy_items(problem.data[rows[k]], variants[k])
    with_variants = np.dot(variants, factors)
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
        for at in range(chain.size[gene]):
            renew_stale(problem, chain, gene, np.int64(chain.included[gene, at]))


@inner_kernel
def renew_stale(problem, chain, gene, candidate):
    """Write the factors' inner products with one candidate of a gene, if they are stale."""
    if not chain.is_stale[gene, candidate]:
        return
    products = np.dot(chain.factors, problem.data[problem.variable[gene, candidate]])
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
    if loading.shape[1] > 0:
        scaled, precision = _information(loading, chain.noise)
        lower = cholesky(precision)
        for a in range(len(lower)):
            constant += 2.0 * math.log(lower[a, a])
        # By Woodbury: e' (Ψ + Λ Λ')⁻¹ e = e' Ψ⁻¹ e - |L⁻¹ Λ' Ψ⁻¹ e|².
        values = np.dot(scaled, left)
        for s in range(degrees):
            for a in range(len(lower)):
                rest = values[a, s]
                for b in range(a):
                    rest -= lower[a, b] * values[b, s]
                values[a, s] = rest / lower[a, a]
                total[s] -= values[a, s] * values[a, s]
    for s in range(degrees):
        total[s] = -0.5 * (total[s] + constant)
    return total
