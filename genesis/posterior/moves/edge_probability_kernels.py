"""Chances that an edge is switched, for all pairs of genes: compiled numeric code.

A chain that counts some hundred graphs cannot tell one posterior below a hundredth of a percent
from another, nor can it see pairs that are no candidates. The chance with which an edge would be
switched in the last graph, all else as it is, can.

References
----------
Gelfand & Smith 1990, Journal of the American Statistical Association 85:398, section 2.6
(conditional probabilities in place of counts).
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.posterior.model.graph_kernels import ancestor_bits
from genesis.posterior.model.regression_kernels import (
    log_evidence_of_gene,
    log_gain_of_adding,
    log_moments,
    regress_candidate,
)
from genesis.posterior.model.state import GENE, POSITIONAL

#: A chance p is kept as -STEPS log p, rounded, in a byte.
STEPS = 8.0
_IMPOSSIBLE = 255


@kernel
def encode(log_odds):
    """Byte that stands for the chance with these log odds."""
    log_probability = min(log_odds, 0.0) - math.log1p(math.exp(-abs(log_odds)))
    return np.uint8(min(-STEPS * log_probability + 0.5, _IMPOSSIBLE))


@kernel
def find_edge_probabilities(problem, chain, goes_along, edge_probability):
    """Chances that each edge is switched in the graph of a chain, at full heat.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    goes_along : float
        Least inner product, by absolute value, of a gene with an anchor that stands for another
        for that other to act on it by its expression.
    edge_probability : (n_genes, n_genes) uint8
        Written; row before column.
    """
    n_genes, most = chain.included.shape
    data = problem.data
    n_variants = len(data) - n_genes
    anchors = np.zeros((n_genes, data.shape[1]))
    for gene in range(n_genes):
        if problem.lead[gene] >= 0 and problem.has_positional_anchor[gene]:
            anchors[gene] = data[problem.lead[gene]]
    genes = np.ascontiguousarray(data[n_variants:])
    bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
    space = (np.empty((most, most)), np.empty(most), np.empty((2, most)))
    for gene in range(n_genes):
        regressors = np.empty((chain.size[gene] + 1, data.shape[1]))
        for place in range(chain.size[gene]):
            candidate = chain.included[gene, place]
            if candidate < problem.n_factors:
                regressors[place] = chain.factors[candidate]
            else:
                regressors[place] = data[problem.variable[gene, candidate]]
        regressors[-1] = genes[gene]
        columns = np.ascontiguousarray(regressors.T)
        _probabilities_of_gene(
            problem, chain, gene, np.dot(regressors, columns), np.dot(genes, columns),
            np.dot(anchors, columns), bits, goes_along, space, edge_probability[:, gene],
        )  # fmt: skip


@inlined_kernel
def _probabilities_of_gene(
    problem, chain, gene, among, with_genes, with_anchors, bits, goes_along, space, edge_probability
):
    """The same for the edges to one gene.

    `among` are inner products of its members and, last, the gene itself; `with_genes` and
    `with_anchors` those of all genes, and of their anchors, with the same.
    """
    inverse_gram, posterior_mean, work = space
    size = chain.size[gene]
    degrees = float(problem.data.shape[1])
    # Members, the candidate looked at, the gene.
    gram = np.empty((size + 2, size + 2))
    kind = np.empty(size + 2, dtype=np.int8)
    parent_gene = np.full(size, -1, dtype=np.int64)
    included = np.arange(size, dtype=np.int32)
    for a in range(size):
        kind[a] = problem.kind[gene, chain.included[gene, a]]
        parent_gene[a] = problem.parent_gene[gene, chain.included[gene, a]]
    places = np.append(included, size + 1)
    for a in range(size + 1):
        for b in range(size + 1):
            gram[places[a], places[b]] = among[a, b]
    evidence, penalised_rss = log_evidence_of_gene(
        gram, kind, 1.0, degrees, chain.precision, included, size, inverse_gram, posterior_mean
    )
    moments = log_moments(
        kind, degrees, chain.precision, included, size, inverse_gram, posterior_mean, penalised_rss
    )
    log_alone = -math.log1p(math.exp(chain.joint_log_odds[0]))
    gram[size, size] = degrees
    for other in range(len(with_genes)):
        word, bit = other // 64, np.uint64(other % 64)
        is_below = (bits[other, gene // 64] >> np.uint64(gene % 64)) & np.uint64(1) != 0
        if other == gene or is_below:
            edge_probability[other] = _IMPOSSIBLE
            continue
        if (bits[gene, word] >> bit) & np.uint64(1) != 0 and np.any(parent_gene == other):
            continue
        log_odds = -np.inf
        for way in range(2):
            is_positional = problem.has_positional_anchor[other]
            if way == 0 and is_positional and abs(with_anchors[other, size]) < goes_along:
                continue
            if way == 1 and not is_positional:
                continue
            products = with_genes[other] if way == 0 else with_anchors[other]
            for a in range(size):
                gram[size, a] = products[a]
            gram[size, size + 1] = products[size]
            kind[size] = GENE if way == 0 else POSITIONAL
            variance, product = regress_candidate(
                gram, 1.0, chain.precision[kind[size]], size, included, size, inverse_gram,
                posterior_mean, work,
            )  # fmt: skip
            gain = chain.log_odds[kind[size]] + chain.log_propensity[other] + log_gain_of_adding(
                kind, degrees, chain.precision, size, included, size, inverse_gram, posterior_mean,
                penalised_rss, moments, work[0], variance, product,
            )  # fmt: skip
            if way == 0 and is_positional:
                gain += log_alone
            larger, smaller = max(gain, log_odds), min(gain, log_odds)
            log_odds = larger + math.log1p(math.exp(smaller - larger))
        edge_probability[other] = encode(log_odds) if log_odds > -np.inf else _IMPOSSIBLE
    rest = np.empty(size, dtype=np.int32)
    for a in range(size):
        other = parent_gene[a]
        if other < 0:
            continue
        n_rest = np.int64(0)
        log_odds = -evidence
        for b in range(size):
            if parent_gene[b] != other:
                rest[n_rest] = b
                n_rest += 1
            else:
                candidate = chain.included[gene, b]
                log_odds -= chain.log_odds[kind[b]]
                # With both, the offset of the gene is what it adds to its anchor.
                is_gene = kind[b] == GENE
                log_odds -= (
                    chain.offset[gene, candidate] if is_gene else chain.log_propensity[other]
                )
        log_odds += log_evidence_of_gene(
            gram, kind, 1.0, degrees, chain.precision, rest, n_rest, inverse_gram, posterior_mean
        )[0]
        edge_probability[other] = encode(log_odds)
