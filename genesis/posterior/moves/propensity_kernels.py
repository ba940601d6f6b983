"""Genes that act on many others, and genes that act on none: compiled numeric code.

The odds that a gene acts on another are those of its kind times its own factor w, its propensity,
the same whether its expression or its anchor acts. Propensities have a gamma distribution of mean
1 whose shape is learned: near 1 and below where few genes do most of the regulating, large where
all act on as many. So an edge costs less where its gene has many others.

The number of genes that one acts on is taken to have a Poisson distribution given w, which makes
w gamma and the number negative binomial.

References
----------
Richardson, Bottolo & Rosenthal 2010, Bayesian Statistics 9:539, and Bottolo et al. 2011, Genetics
189:1449 (propensities of variants to act on many genes).
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, inner_kernel
from genesis.posterior.model.graph_kernels import count_bits
from genesis.posterior.model.state import GENE, POSITIONAL
from genesis.posterior.moves.paired_kernels import paired_candidate_acts

#: The log of the shape has a normal prior.
_SHAPE_MEAN, _SHAPE_SD = 1.0, 1.5
#: Metropolis steps for it a draw, and their size.
_STEPS, _STEP = 5, 0.4


@inner_kernel
def count_targets(problem, chain):
    """T of (28): on how many genes each acts, by its expression, its anchor, or both."""
    n_targets = np.zeros(len(chain.size))
    for gene in range(len(chain.size)):
        for place in range(chain.size[gene]):
            candidate = chain.included[gene, place]
            parent_gene = problem.parent_gene[gene, candidate]
            if parent_gene < 0:
                continue
            # Of a gene and its anchor, which both act, the gene counts.
            is_anchor = problem.kind[gene, candidate] == POSITIONAL
            if not (is_anchor and paired_candidate_acts(problem, chain, gene, candidate)):
                n_targets[parent_gene] += 1.0
    return n_targets


@inner_kernel
def open_shares(bits):
    """a of (26): share of the other genes that each could act on without closing a cycle.

    Parameters
    ----------
    bits : (n_genes, n_words) uint64
        Ancestors of every gene.
    """
    n_genes = len(bits)
    share = np.empty(n_genes)
    for gene in range(n_genes):
        share[gene] = 1.0 - count_bits(bits[gene]) / max(n_genes - 1, 1)
    return share


@inner_kernel
def expected_targets(problem, chain, share):
    """E of (27): on how many genes each gene would act were its propensity 1."""
    n_genes = len(chain.size)
    n_positional = np.int64(0)
    for gene in range(n_genes):
        n_positional += problem.has_positional_anchor[gene]
    by_gene = problem.considered[GENE] / n_genes
    by_gene /= 1.0 + math.exp(-chain.log_odds[GENE])
    by_anchor = problem.considered[POSITIONAL] / max(n_positional, 1)
    by_anchor /= 1.0 + math.exp(-chain.log_odds[POSITIONAL])
    expected = np.empty(n_genes)
    for gene in range(n_genes):
        expected[gene] = share[gene] * (
            by_gene + (by_anchor if problem.has_positional_anchor[gene] else 0.0)
        )
    return expected


@borrowing_kernel
def log_density_of_shape(log_shape, n_targets, expected):
    """Log density (28) of the shape's log given the numbers of targets, up to a constant.

    Parameters
    ----------
    log_shape : float
        log κ.
    n_targets, expected : (n_genes,) float64
        T and E.
    """
    shape = math.exp(log_shape)
    total = -0.5 * ((log_shape - _SHAPE_MEAN) / _SHAPE_SD) ** 2
    constant = shape * log_shape - math.lgamma(shape)
    for gene in range(len(n_targets)):
        total += constant + math.lgamma(shape + n_targets[gene])
        total -= (shape + n_targets[gene]) * math.log(shape + expected[gene])
    return total


@inner_kernel
def draw_propensities(problem, chain, share, rng):
    """Draw the shape, with the propensities integrated out, (28), and then these, (29).

    Parameters
    ----------
    problem : Problem
    chain : Chain
        `log_shape` and `log_propensity` are written.
    share : (n_genes,) float64
        Of `open_shares`.
    rng : numpy.random.Generator
    """
    n_targets, expected = count_targets(problem, chain), expected_targets(problem, chain, share)
    log_shape = chain.log_shape[0]
    density = log_density_of_shape(log_shape, n_targets, expected)
    for _ in range(_STEPS):
        other = log_shape + _STEP * rng.standard_normal()
        its_density = log_density_of_shape(other, n_targets, expected)
        if math.log(rng.random()) < its_density - density:
            log_shape, density = other, its_density
    chain.log_shape[0] = log_shape
    shape = math.exp(log_shape)
    for gene in range(len(expected)):
        factor = rng.standard_gamma(shape + n_targets[gene]) / (shape + expected[gene])
        chain.log_propensity[gene] = math.log(max(factor, 1e-300))


@borrowing_kernel
def mean_propensity(problem, chain, share, kind):
    """Mean of propensity times open share over the parent genes of a kind of candidates, (30)."""
    total = 0.0
    count = 0.0
    for gene in range(len(chain.log_propensity)):
        if kind == GENE or problem.has_positional_anchor[gene]:
            total += math.exp(chain.log_propensity[gene]) * share[gene]
            count += 1.0
    return total / max(count, 1.0)
