"""Probability of edges given the rest of one graph: compiled numeric code.

A chain that counts some hundred graphs cannot tell one posterior below a hundredth of a percent
from another, nor can it see pairs that are no candidates. The conditional probability of an edge in
the last graph, all else as it is, can: a Rao–Blackwell estimate in place of a count. Numbers in
parentheses are those of equations in docs/model.md.

References
----------
Gelfand & Smith 1990, Journal of the American Statistical Association 85:398, section 2.6
(conditional probabilities in place of counts).
"""

from __future__ import annotations

import math

import numpy as np

from genesis.graphs.closure_kernels import has_bit
from genesis.jit import borrowing_kernel, kernel
from genesis.linear.array_kernels import copy_items, transposed
from genesis.posterior.model.graph_kernels import ancestor_bits
from genesis.posterior.model.regression_kernels import (
    log_evidence_of_gene,
    log_gain_of_adding,
    log_moments,
    regress_candidate,
)
from genesis.posterior.model.state import GENE, POSITIONAL

#: A probability q is kept as -STEPS log q, rounded, in a byte.
STEPS = 8.0
IMPOSSIBLE = 255


@kernel
def encode(log_odds):
    """Byte for the probability (35) that has these log odds."""
    log_probability = min(log_odds, 0.0) - math.log1p(math.exp(-abs(log_odds)))
    return np.uint8(min(-STEPS * log_probability + 0.5, IMPOSSIBLE))


@kernel
def find_edge_probabilities(problem, chain, goes_along, every_pair):
    """The probability of edges given the rest of the graph of a chain, at β = 1.

    Of an edge that is not there it is that of being added, of one that is there that of being
    removed.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    goes_along : float
        Least inner product, by absolute value, of a gene with the positional anchor of another for
        that other to act on it by its expression.
    every_pair : bool
        Of all pairs of genes, whether they are candidates or not, in place of candidates alone.

    Returns
    -------
    cause, target : (m,) int32
        The edges, by target.
    code : (m,) uint8
        -8 log q of each.
    """
    n_genes, most = chain.included.shape
    degrees = problem.data.shape[1]
    bits = ancestor_bits(problem.parent_gene, chain.included, chain.size)
    space = (np.empty((most, most)), np.empty(most), np.empty((2, most)))
    others = np.empty(n_genes, dtype=np.int64)
    place_of = np.empty(n_genes, dtype=np.int64)
    end = np.zeros(n_genes + 1, dtype=np.int64)
    for gene in range(n_genes):
        place_of[gene] = -1
    for gene in range(n_genes):
        end[gene + 1] = end[gene] + _list_others(problem, gene, every_pair, others, place_of)
    target = np.empty(end[-1], dtype=np.int32)
    cause = np.empty(end[-1], dtype=np.int32)
    code = np.empty(end[-1], dtype=np.uint8)
    for gene in range(n_genes):
        n_others = _list_others(problem, gene, every_pair, others, place_of)
        # The inner products of other genes with what acts on this one, by three products of
        # matrices: what is no candidate has no place in `problem.gram`.
        size = chain.size[gene]
        regressors = np.empty((size + 1, degrees))
        genes = np.empty((n_others, degrees))
        anchors = np.empty((n_others, degrees))
        _copy_rows(problem, chain, gene, others[:n_others], regressors, genes, anchors)
        # Every variable has the squared length d.
        lengths = np.empty((n_others, 2))
        for k in range(n_others):
            lengths[k, 0] = lengths[k, 1] = degrees
        for k in range(n_others):
            cause[end[gene] + k] = others[k]
            target[end[gene] + k] = gene
            place_of[others[k]] = k
        columns = transposed(regressors)
        if problem.weighting[gene] >= 0:
            _weigh_rows(
                problem.root_weight[problem.weighting[gene]], columns, genes, anchors, lengths
            )
        regression = (
            np.empty((size + 2, size + 2)), np.empty(size + 2, dtype=np.int8),
            np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int32),
            np.empty(size, dtype=np.int32),
        )  # fmt: skip
        _probabilities_of_gene(
            problem, chain, gene, others[:n_others], place_of, np.dot(regressors, columns),
            np.dot(genes, columns), np.dot(anchors, columns), lengths, bits, goes_along, space,
            regression,
            code[end[gene] : end[gene + 1]],
        )  # fmt: skip
        for k in range(n_others):
            place_of[others[k]] = -1
    return cause, target, code


@borrowing_kernel
def _copy_rows(problem, chain, gene, others, regressors, genes, anchors):
    """Copy the data of what is included on a gene, then itself, other genes, and their anchors."""
    data, n_genes = problem.data, len(chain.size)
    n_variants = len(data) - n_genes
    for place in range(chain.size[gene]):
        candidate = chain.included[gene, place]
        if candidate < problem.n_factors:
            copy_items(chain.factors[candidate], regressors[place])
        else:
            copy_items(data[problem.variable[gene, candidate]], regressors[place])
    copy_items(data[n_variants + gene], regressors[chain.size[gene]])
    for k in range(len(others)):
        other = others[k]
        copy_items(data[n_variants + other], genes[k])
        if problem.lead[other] >= 0 and problem.has_positional_anchor[other]:
            copy_items(data[problem.lead[other]], anchors[k])
        else:
            for s in range(data.shape[1]):
                anchors[k, s] = 0.0


@borrowing_kernel
def _weigh_rows(root, columns, genes, anchors, lengths):
    """Weigh what a gene is regressed on, given by columns, and the lengths of other rows."""
    for s in range(len(root)):
        for a in range(columns.shape[1]):
            columns[s, a] *= root[s] * root[s]
    for k in range(len(genes)):
        of_gene = of_anchor = 0.0
        for s in range(len(root)):
            of_gene += genes[k, s] * genes[k, s] * root[s] * root[s]
            of_anchor += anchors[k, s] * anchors[k, s] * root[s] * root[s]
        lengths[k, 0] = of_gene
        lengths[k, 1] = of_anchor


@borrowing_kernel
def _list_others(problem, gene, every_pair, others, place_of):
    """Write the genes whose edges to a gene are asked for, each once; return their number.

    `place_of` is -1 for all genes, and left so.
    """
    n_others = np.int64(0)
    if every_pair:
        for other in range(len(others)):
            if other != gene:
                others[n_others] = other
                n_others += 1
        return n_others
    for candidate in range(problem.n_factors + problem.n_candidates[gene]):
        other = problem.parent_gene[gene, candidate]
        if other >= 0 and place_of[other] < 0:
            others[n_others] = other
            place_of[other] = n_others
            n_others += 1
    for k in range(n_others):
        place_of[others[k]] = -1
    return n_others


@borrowing_kernel
def _probabilities_of_gene(
    problem, chain, gene, others, place_of, among, with_genes, with_anchors, lengths, bits,
    goes_along, space, regression, code,
):  # fmt: skip
    """The same for the edges to one gene.

    Parameters
    ----------
    problem : Problem
    chain : Chain
    gene : int
    others : (n_others,) int64
        The genes that they come from.
    place_of : (n_genes,) int64
        Where each of these is among the others.
    among : (size + 1, size + 1) float64
        Inner products of what is included on the gene and, last, the gene itself.
    with_genes, with_anchors : (n_others, size + 1) float64
        Those of the other genes, and of their positional anchors, with the same.
    lengths : (n_others, 2) float64
        Squared lengths of both.
    bits : (n_genes, n_words) uint64
        Ancestors of every gene.
    goes_along : float
    space : (most, most), (most,), (2, most) float64
        To work in.
    regression : (size + 2, size + 2) float64, (size + 2,) int8, (size,) int64, two (size,) int32
        To work in: inner products, kinds and parent genes of what is included, counted from 0, with
        one more place for the candidate looked at; the gene comes last.
    code : (n_others,) uint8
        Written.
    """
    inverse_gram, posterior_mean, work = space
    gram, kind, parent_gene, included, rest = regression
    size = chain.size[gene]
    degrees = float(problem.data.shape[1])
    for a in range(size):
        included[a] = a
        kind[a] = problem.kind[gene, chain.included[gene, a]]
        parent_gene[a] = problem.parent_gene[gene, chain.included[gene, a]]
    for a in range(size + 1):
        for b in range(size + 1):
            # The gene goes one place farther.
            gram[a + (a == size), b + (b == size)] = among[a, b]
    evidence, penalised_rss = log_evidence_of_gene(
        gram, kind, 1.0, degrees, chain.precision, included, size, inverse_gram, posterior_mean
    )
    moments = log_moments(
        kind, degrees, chain.precision, included, size, inverse_gram, posterior_mean, penalised_rss
    )
    for k in range(len(others)):
        other = others[k]
        if has_bit(bits, other, gene):
            code[k] = IMPOSSIBLE
        # Parents are among the ancestors, of which there are few: what follows is seldom reached.
        elif not (has_bit(bits, gene, other) and _is_among(parent_gene, other)):
            log_odds = _log_odds_of_adding(
                problem, chain, other, with_genes[k], with_anchors[k], lengths[k], goes_along,
                gram, kind, degrees, included, size, inverse_gram, posterior_mean, penalised_rss,
                moments, work,
            )  # fmt: skip
            code[k] = encode(log_odds) if log_odds > -np.inf else IMPOSSIBLE
    # Last, for fits of fewer candidates are written over that of all.
    for a in range(size):
        if parent_gene[a] >= 0:
            log_odds = _log_odds_of_removing(
                chain, gene, parent_gene, parent_gene[a], kind, rest, evidence, gram,
                degrees, inverse_gram, posterior_mean,
            )  # fmt: skip
            code[place_of[parent_gene[a]]] = encode(log_odds)


@borrowing_kernel
def _is_among(genes, gene):
    found = False
    for a in range(len(genes)):
        found = found or genes[a] == gene
    return found


@borrowing_kernel
def _log_odds_of_adding(
    problem, chain, other, with_gene, with_anchor, lengths, goes_along, gram, kind, degrees,
    included, size, inverse_gram, posterior_mean, penalised_rss, moments, work,
):  # fmt: skip
    """Log odds that another gene acts, by its expression (way 0) or its positional anchor (way 1).

    -inf where it can do so in neither way. `gram` and `kind` are written to where the candidate
    has its place.
    """
    has_anchor = problem.has_positional_anchor[other]
    log_odds = -np.inf
    for way in range(2):
        if way == 0 and has_anchor and abs(with_anchor[size]) < goes_along:
            continue
        if way == 1 and not has_anchor:
            continue
        products = with_gene if way == 0 else with_anchor
        for a in range(size):
            gram[a, size] = products[a]
        gram[size + 1, size] = products[size]
        kind[size] = GENE if way == 0 else POSITIONAL
        variance, product = regress_candidate(
            gram, 1.0, lengths[way], chain.precision[kind[size]], size, included, size,
            inverse_gram, posterior_mean, work,
        )  # fmt: skip
        gain = chain.log_odds[kind[size]] + chain.log_propensity[other] + log_gain_of_adding(
            kind, degrees, chain.precision, size, included, size, inverse_gram, posterior_mean,
            penalised_rss, moments, work[0], variance, product,
        )  # fmt: skip
        if way == 0 and has_anchor:
            # Without its anchor beside it.
            gain += -math.log1p(math.exp(chain.joint_log_odds[0]))
        # Log of the sum of odds.
        larger, smaller = max(gain, log_odds), min(gain, log_odds)
        log_odds = larger + math.log1p(math.exp(smaller - larger))
    return log_odds


@borrowing_kernel
def _log_odds_of_removing(
    chain, gene, parent_gene, parent, kind, rest, evidence, gram, degrees, inverse_gram,
    posterior_mean,
):  # fmt: skip
    """Log odds of the graph without a parent of the gene, and its anchor, against that with them.

    `rest` is written: what is left of the included candidates.
    """
    n_rest = np.int64(0)
    log_odds = -evidence
    for b in range(len(parent_gene)):
        if parent_gene[b] != parent:
            rest[n_rest] = b
            n_rest += 1
        else:
            candidate = chain.included[gene, b]
            log_odds -= chain.log_odds[kind[b]]
            # With both, the offset of the gene is what it adds to its anchor.
            is_gene = kind[b] == GENE
            log_odds -= chain.offset[gene, candidate] if is_gene else chain.log_propensity[parent]
    return log_odds + log_evidence_of_gene(
        gram, kind, 1.0, degrees, chain.precision, rest, n_rest, inverse_gram, posterior_mean
    )[0]  # fmt: skip
