"""Hidden factors: drawn given the graph, and integrated out of the likelihood."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.linear.cholesky_kernels import cholesky

_LOG_2PI = math.log(2.0 * math.pi)


@kernel
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
    left = problem.data[n_variants:].copy()
    loading = np.zeros((n_genes, problem.n_factors))
    for gene in range(n_genes):
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


@kernel
def _weigh(problem, values):
    """Multiply values of genes that are weighed by the roots of their weights."""
    if len(problem.root_weight) == 0:
        return
    for gene in range(len(values)):
        if problem.weighting[gene] >= 0:
            values[gene] *= problem.root_weight[problem.weighting[gene]]


@kernel
def _weigh_information(problem, loading, scaled, precision, s):
    """The factors' posterior precision at a coordinate, where genes that are weighed say more or
    less than at others."""
    weighed = precision.copy()
    for gene in range(len(loading)):
        if problem.weighting[gene] >= 0:
            root = problem.root_weight[problem.weighting[gene], s]
            for a in range(len(scaled)):
                for b in range(len(scaled)):
                    weighed[a, b] += (root * root - 1.0) * scaled[a, gene] * loading[gene, b]
    return weighed


@kernel
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
    scaled = np.empty_like(loading)
    for gene in range(len(loading)):
        for k in range(loading.shape[1]):
            scaled[gene, k] = loading[gene, k] / noise[gene]
    precision = np.dot(np.ascontiguousarray(scaled.T), loading)
    for k in range(loading.shape[1]):
        precision[k, k] += 1.0
    return np.ascontiguousarray(scaled.T), precision


@inlined_kernel
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
    chain.factors[:] = values
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
    factors = np.ascontiguousarray(chain.factors.T)
    # Rows of the data that active candidates are; genes are all needed.
    place = np.full(n_variants, -1, dtype=np.int64)
    rows = np.empty(n_variants, dtype=np.int64)
    n_rows = 0
    for gene in range(n_genes):
        for candidate in range(n_factors, chain.n_active[gene]):
            row = problem.variable[gene, candidate]
            if row < n_variants and place[row] < 0:
                place[row] = n_rows
                rows[n_rows] = row
                n_rows += 1
    with_variants = np.dot(problem.data[rows[:n_rows]], factors)
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
        for at in range(chain.size[gene]):
            renew_stale(problem, chain, gene, np.int64(chain.included[gene, at]))


@kernel
def _renew_weighed(problem, chain, gene):
    """The same inner products of a gene that is weighed: written over those without weights."""
    gram, target = problem.gram[gene], problem.gram.shape[1] - 1
    weighed = chain.factors * problem.root_weight[problem.weighting[gene]] ** 2
    gram[: problem.n_factors, : problem.n_factors] = np.dot(
        weighed, np.ascontiguousarray(chain.factors.T)
    )
    own = len(problem.data) - len(chain.size) + gene
    for candidate in range(problem.n_factors, chain.n_active[gene] + 1):
        is_own = candidate == chain.n_active[gene]
        at = target if is_own else candidate
        products = np.dot(weighed, problem.data[own if is_own else problem.variable[gene, at]])
        for k in range(problem.n_factors):
            gram[k, at] = gram[at, k] = products[k]


@kernel
def renew_stale(problem, chain, gene, candidate):
    """Write the factors' inner products with one candidate of a gene, if they are stale."""
    if not chain.is_stale[gene, candidate]:
        return
    row = problem.data[problem.variable[gene, candidate]]
    if problem.weighting[gene] >= 0:
        row = row * problem.root_weight[problem.weighting[gene]] ** 2
    products = np.dot(chain.factors, row)
    for k in range(problem.n_factors):
        problem.gram[gene, k, candidate] = problem.gram[gene, candidate, k] = products[k]
    chain.is_stale[gene, candidate] = False


@inlined_kernel
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
            total -= 2.0 * np.log(problem.root_weight[problem.weighting[gene]])
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
    return -0.5 * (total + constant)
