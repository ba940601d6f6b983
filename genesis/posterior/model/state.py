"""What the kernels of the sampler work on: named tuples of arrays.

Every gene is regressed on its included candidates. Candidates of a gene are counted locally: the
hidden factors first, then variants and genes. Symbols and numbers in parentheses are those of
docs/model.md.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from genesis.lending import lent

__all__ = [
    "FACTOR",
    "GENE",
    "N_KINDS",
    "OWN",
    "PLEIOTROPIC",
    "POSITIONAL",
    "Chain",
    "Problem",
    "Space",
    "Tally",
]

#: Kinds of candidates, which have a prior each: a gene's own variants; genes; pleiotropic anchors,
#: which are lead variants of another gene that act on this one beside it; hidden factors;
#: positional anchors, which stand for the gene at their locus, whose expression need not show them.
OWN, GENE, PLEIOTROPIC, FACTOR, POSITIONAL = range(5)
N_KINDS = 5


@lent
class Problem(NamedTuple):
    """Data and candidates; the same for all chains but for the factors' part of `gram`.

    Attributes
    ----------
    gram : (n_genes, width, width) float64
        Inner products X X', X x and x'x of each gene's candidates and factors; the gene itself
        comes last. On the diagonal are the degrees of freedom d for variants and genes, whose
        squared length that is, unless they are weighed; factors have the length that was drawn.
    squared_length : (n_genes, width) float64
        The diagonal of `gram`: what is looked at of every candidate lies together.
    n_candidates : (n_genes,) int64
        Variants and genes among the candidates.
    n_factors : int
        They come before the candidates of a gene.
    kind : (n_genes, width) int8
        Kind t of each candidate.
    parent_gene : (n_genes, width) int32
        Gene j of the edge j → i that the candidate makes: of a gene itself, of a positional anchor
        the gene that it stands for; -1 for none.
    reverse_index : (n_genes, width) int32
        For a gene among the candidates: the place of this gene among the candidates of that one,
        -1 where it is none of them.
    paired_candidate : (n_genes, width) int32
        For a gene with a positional anchor: the place of the anchor among the same candidates, and
        the other way round; -1 where there is none.
    has_positional_anchor : (n_genes,) bool
        Genes whose lead variant stands for them.
    lead : (n_genes,) int64
        Lead variant of each gene (row of `data`), -1 for none.
    variable : (n_genes, width) int32
        Row of `data` that the candidate is, -1 for factors and beyond the candidates.
    origin : (n_genes, width) int32
        Where each candidate was before `partition_active` moved it.
    data : (n_variants + n_genes, n_degrees) float64
        Variants, then genes, each of squared length `n_degrees`.
    considered : (N_KINDS,) float64
        N of (27) and (30): how many of each kind could act at once, those included that were
        considered and are no candidates: being taken from many must not make a candidate likelier
        to act.
    weighting : (n_genes,) int32
        Row of `root_weight` that is each gene's, -1 for none.
    root_weight : (n_weighted, n_degrees) float64
        r: of genes of which relatives have a part in common, one over the standard deviation of
        each coordinate in units of σ. Their `gram` is that of coordinates times r: X R² X'.
    """

    gram: np.ndarray
    squared_length: np.ndarray
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
    weighting: np.ndarray
    root_weight: np.ndarray


@lent
class Space(NamedTuple):
    """Arrays that moves of a chain work in; what they hold between two moves is of no account,
    but for `seen`.

    Attributes
    ----------
    work : (2, most) float64
        For `regress_candidate`.
    included : (4, most) int32
        Sets of candidates. The first is A of a gene in a copy, to see what changes would gain; of
        an edge reversal they are those of the child and the parent after the move (A_i', A_j'), and
        the two that the decisions of the way back end with.
    inverse_gram, posterior_mean : (most, most), (most,) float64
        V and m of such a set.
    shared : (most, 2) int64
        The candidates U that both genes of an edge reversal share: their places among those of the
        child, and of the parent.
    must_stay : (most,) bool
    stays : (2, 2, most) bool
        Decisions of an edge reversal: way (there, back), side (child, parent), shared candidate.
    size_after : (2,) int64
        How many candidates act on the child and the parent after it.
    coefficient : (width, most) float64
        Of each candidate on what is included: V X r times β.
    variance, product : (width,) float64
        ρ and ξ of (8) of each candidate.
    seen, stack : (n_genes,) bool, (n_genes + 1,) int64
        For `is_ancestor`, which leaves nothing seen.
    """

    work: np.ndarray
    included: np.ndarray
    inverse_gram: np.ndarray
    posterior_mean: np.ndarray
    shared: np.ndarray
    must_stay: np.ndarray
    stays: np.ndarray
    size_after: np.ndarray
    coefficient: np.ndarray
    variance: np.ndarray
    product: np.ndarray
    seen: np.ndarray
    stack: np.ndarray


@lent
class Chain(NamedTuple):
    """The state of a chain.

    Attributes
    ----------
    included : (n_genes, most) int32
        Candidates (counted locally) that act on each gene, A.
    size : (n_genes,) int64
        How many.
    inverse_gram : (n_genes, most, most) float64
        V: inverse of the inner products of what is included, slab precisions added, (4).
    posterior_mean : (n_genes, most) float64
        m: posterior means of the coefficients, (4).
    penalised_rss : (n_genes,) float64
        S: residual sums of squares, the penalty of the slab included, (4).
    coefficient : (n_genes, most) float64
        b: coefficients drawn from their posterior, (24).
    noise : (n_genes,) float64
        σ²: noise variances drawn from theirs, (24).
    precision : (N_KINDS,) float64
        τ: slab precision of each kind, in units of the noise variance.
    log_odds : (N_KINDS,) float64
        g: prior log odds that a candidate acts.
    offset : (n_genes, width) float64
        o: what a candidate's prior log odds are more than those of its kind, given what else is
        included, (11): a positional anchor goes with its gene, and some genes act on many.
    joint_log_odds : (1,) float64
        λ: log odds that a positional anchor acts beside its gene, where that acts.
    log_propensity : (n_genes,) float64
        log w: log of the factor by which a gene's odds of acting on others exceed those of its
        kind.
    log_shape : (1,) float64
        log κ: log of the shape of the propensities' gamma distribution, which has mean 1.
    n_included : (N_KINDS,) int64
        Included candidates of each kind.
    factors : (n_factors, n_degrees) float64
        Values of the hidden factors.
    n_active : (n_genes,) int64
        Candidates of each gene that come into question, once `partition_active` has put them
        before the others; all of them until then.
    switch_rate : (n_genes, width) float32
        Sum, over the looks taken at it, of the probability with which each candidate would be
        included, and of 1 where it was.
    log_moments : (n_genes,) float64
        Log of the moment part of each gene's evidence, (6).
    gain : (n_genes, width) float64
        By how much the log evidence of the gene would grow if a candidate was switched; NaN where
        that is not known.
    is_stale : (n_genes, width) bool
        Candidates whose inner products with the factors are those of factors drawn before.
    space : Space
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
    log_moments: np.ndarray
    gain: np.ndarray
    is_stale: np.ndarray
    space: Space


@lent
class Tally(NamedTuple):
    """What the graphs of a chain that count say, most of it summed over them.

    Attributes
    ----------
    n : (1,) int64
        Graphs counted.
    start : (n_genes + 1,) int64
    target : (m,) int32
        Pairs of a gene and a target of which the graphs say something, as of `Pairs`; none while
        graphs are counted. Those without a count are edges whose probability was asked for.
    ancestor, confounded, direct : (m,) uint8
        In how many of them the first gene is an ancestor of the target, one that shares a hidden
        factor with it, a parent.
    edge_probability : (m,) uint8
        Conditional probability q of each edge in the last graph, as -8 log q, (35).
    acts : (n_genes, width) uint8
        In how many each candidate acts on each gene; in the end in the original order.
    edges : (n_edges,) EDGE
        Edges between genes of some of the graphs, with their coefficients.
    log_density : (n_counted, n_degrees) float64
        Log density (37) of each coordinate in each of them, one row a graph.
    unseen_log_density : (n_kept, n_unseen) float64
        The same of coordinates that the chain did not learn from, in the graphs whose edges are
        kept.
    n_included, precision : (N_KINDS,) float64
    log_shape : (1,) float64
        Sums of those of the chain.
    """

    n: np.ndarray
    start: np.ndarray
    target: np.ndarray
    ancestor: np.ndarray
    confounded: np.ndarray
    direct: np.ndarray
    edge_probability: np.ndarray
    acts: np.ndarray
    edges: np.ndarray
    log_density: np.ndarray
    unseen_log_density: np.ndarray
    n_included: np.ndarray
    precision: np.ndarray
    log_shape: np.ndarray
