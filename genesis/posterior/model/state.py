"""What the kernels of the sampler work on: two named tuples of arrays.

Every gene is regressed on the candidates that are switched on. Candidates of a gene are counted
locally: the hidden factors first, then variants and genes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = [
    "FACTOR",
    "GENE",
    "N_KINDS",
    "OWN",
    "PLEIOTROPIC",
    "POSITIONAL",
    "Chain",
    "Problem",
    "Tally",
]

#: Kinds of candidates, which have a prior each: a gene's own variants; genes; anchors of another
#: gene that act on this one beside it; hidden factors; anchors that stand for the gene at their
#: locus, whose expression need not show them.
OWN, GENE, PLEIOTROPIC, FACTOR, POSITIONAL = range(5)
N_KINDS = 5


class Problem(NamedTuple):
    """Data and candidates; the same for all chains but for the factors' part of `gram`.

    Attributes
    ----------
    gram : (n_genes, width, width) float64
        Inner products of each gene's candidates and factors; the gene itself comes last.
        The diagonal is the number of degrees of freedom for every candidate.
    n_candidates : (n_genes,) int64
        Variants and genes among the candidates.
    n_factors : int
        They come before the candidates of a gene.
    kind : (n_genes, width) int8
        Kind of each candidate.
    parent_gene : (n_genes, width) int32
        Gene that comes before this one where the candidate acts on it, -1 for none.
    reverse_index : (n_genes, width) int32
        For a gene among the candidates: the place of this gene among its own candidates, -1
        where it is not.
    paired_candidate : (n_genes, width) int32
        For a gene whose anchor stands for it: the place of the anchor, and the other way round;
        -1 where there is none.
    has_positional_anchor : (n_genes,) bool
        Genes whose anchor stands for them.
    lead : (n_genes,) int64
        Anchor of each gene (row of `data`), -1 for none.
    variable : (n_genes, width) int32
        Row of `data` that the candidate is, -1 for factors and beyond the candidates.
    origin : (n_genes, width) int32
        Where each candidate was before `partition_active` moved it.
    data : (n_variants + n_genes, n_degrees) float64
        Variants, then genes, each of squared length `n_degrees`.
    considered : (N_KINDS,) float64
        How many of each kind could act at once, those included that were considered and are no
        candidates: being taken from many must not make a candidate likelier to act.
    """

    gram: np.ndarray
    n_candidates: np.ndarray
    n_factors: int
    kind: np.ndarray
    parent_gene: np.ndarray
    reverse_index: np.ndarray
    paired_candidate: np.ndarray
    has_positional_anchor: np.ndarray
    lead: np.ndarray
    variable: np.ndarray
    origin: np.ndarray
    data: np.ndarray
    considered: np.ndarray


class Chain(NamedTuple):
    """The state of a chain.

    Attributes
    ----------
    included : (n_genes, most) int32
        Candidates (counted locally) that act on each gene.
    size : (n_genes,) int64
        How many.
    inverse_gram : (n_genes, most, most) float64
        Inverse of the members' inner products, slab precisions added.
    posterior_mean : (n_genes, most) float64
        Posterior means of the coefficients.
    penalised_rss : (n_genes,) float64
        Residual sums of squares, the penalty of the slab included.
    coefficient : (n_genes, most) float64
        Coefficients drawn from their posterior.
    noise : (n_genes,) float64
        Noise variances drawn from theirs.
    precision : (N_KINDS,) float64
        Slab precision of each kind, in units of the noise variance.
    log_odds : (N_KINDS,) float64
        Prior log odds that a candidate acts.
    offset : (n_genes, width) float64
        What a candidate's prior log odds are more than those of its kind, given the other
        members: an anchor that stands for a gene goes with it, and some genes act on many.
    joint_log_odds : (1,) float64
        Log odds that an anchor acts beside the gene that it stands for, where that acts.
    log_propensity : (n_genes,) float64
        Log of the factor by which a gene's odds of acting on another exceed those of its kind.
    log_shape : (1,) float64
        Log of the shape of these factors' gamma distribution, which has mean 1.
    n_included : (N_KINDS,) int64
        Members of each kind.
    factors : (n_factors, n_degrees) float64
        Values of the hidden factors.
    n_active : (n_genes,) int64
        Candidates of each gene that come into question; they are its first ones.
    switch_rate : (n_genes, width) float32
        Sum of the probabilities with which each candidate would have been switched.
    """

    included: np.ndarray
    size: np.ndarray
    inverse_gram: np.ndarray
    posterior_mean: np.ndarray
    penalised_rss: np.ndarray
    coefficient: np.ndarray
    noise: np.ndarray
    precision: np.ndarray
    log_odds: np.ndarray
    offset: np.ndarray
    joint_log_odds: np.ndarray
    log_propensity: np.ndarray
    log_shape: np.ndarray
    n_included: np.ndarray
    factors: np.ndarray
    n_active: np.ndarray
    switch_rate: np.ndarray


class Tally(NamedTuple):
    """Sums over the graphs of a chain that count.

    Attributes
    ----------
    n : (1,) int64
        Graphs counted.
    ancestor, confounded, direct : (n_genes, n_genes) uint8
        Row before column: in how many of them the row's gene is an ancestor of the column's,
        one that shares a hidden factor with it, a parent.
    edge_probability : (n_genes, n_genes) uint8
        Of each edge to be switched in the last graph, in the code of `edge_probability_kernels`.
    acts : (n_genes, width) uint8
        In how many each candidate acts on each gene; in the end in the original order.
    edges : (n_edges,) EDGE
        Edges between genes of some of the graphs, with their slopes.
    first, largest, sum_exp, sum_less, sum_squares : (n_degrees,) float64
        Of the log density of each sample: the first value, the largest, the sum of exponentials
        of values less the largest, and sums of values less the first and of their squares.
    n_included, precision : (N_KINDS,) float64
    log_shape : (1,) float64
        Sums of those of the chain.
    """

    n: np.ndarray
    ancestor: np.ndarray
    confounded: np.ndarray
    direct: np.ndarray
    edge_probability: np.ndarray
    acts: np.ndarray
    edges: np.ndarray
    first: np.ndarray
    largest: np.ndarray
    sum_exp: np.ndarray
    sum_less: np.ndarray
    sum_squares: np.ndarray
    n_included: np.ndarray
    precision: np.ndarray
    log_shape: np.ndarray
