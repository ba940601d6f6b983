"""Paired candidates, a gene and its positional anchor, which act together: compiled numeric code.

Let e^g be the odds that a gene acts on another, and e^j those that its anchor acts beside it: by
what the variant does to the gene's product and its expression does not show. Where the gene's
expression does not act, the anchor acts for it with odds e^p. The four cases weigh 1, e^p,
e^g / (1 + e^j) and e^(g + j) / (1 + e^j), all but the first times the gene's own factor, its
propensity. Offsets say what that makes of a candidate's prior log odds, given whether the candidate
that it is paired with acts (docs/model.md#inclusion).
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import borrowing_kernel, kernel
from genesis.posterior.model.regression_kernels import place_of
from genesis.posterior.model.state import GENE, POSITIONAL


@borrowing_kernel
def set_offset_of_paired(problem, chain, gene, candidate, acts):
    """Set the offset of the candidate that one is paired with, (11).

    Parameters
    ----------
    problem : Problem
    chain : Chain
        `offset` is written.
    gene, candidate : int
    acts : bool
        Whether the candidate (not the paired one) is included now.
    """
    paired_candidate = problem.paired_candidate[gene, candidate]
    if paired_candidate < 0:
        return
    if acts:
        offset = chain.joint_log_odds[0] - chain.log_odds[POSITIONAL]
    else:
        offset = chain.log_propensity[problem.parent_gene[gene, paired_candidate]]
    if problem.kind[gene, paired_candidate] == GENE:
        offset -= math.log1p(math.exp(chain.joint_log_odds[0]))
    chain.offset[gene, paired_candidate] = offset


@borrowing_kernel
def set_offsets_of_gene(problem, chain, gene):
    """Set the offsets of a gene's candidates, by what is included and by the prior odds now."""
    log_alone = -math.log1p(math.exp(chain.joint_log_odds[0]))
    for candidate in range(problem.n_factors + problem.n_candidates[gene]):
        parent_gene = problem.parent_gene[gene, candidate]
        offset = chain.log_propensity[parent_gene] if parent_gene >= 0 else 0.0
        if problem.kind[gene, candidate] == GENE and problem.has_positional_anchor[parent_gene]:
            offset += log_alone
        chain.offset[gene, candidate] = offset
    for place in range(chain.size[gene]):
        set_offset_of_paired(
            problem, chain, gene, np.int64(chain.included[gene, place]), np.bool_(True)
        )


@kernel
def set_offsets(problem, chain):
    """Set the offsets of all candidates."""
    for gene in range(len(chain.size)):
        set_offsets_of_gene(problem, chain, gene)


@borrowing_kernel
def paired_candidate_acts(problem, chain, gene, candidate):
    """Whether a candidate is paired with one that acts on the gene."""
    paired_candidate = problem.paired_candidate[gene, candidate]
    return (
        paired_candidate >= 0
        and place_of(chain.included[gene], chain.size[gene], paired_candidate) >= 0
    )


@borrowing_kernel
def count_paired_genes(problem, chain):
    """Edges from genes with a positional anchor by expression: without the anchor, and with it."""
    n_alone = 0.0
    n_joint = 0.0
    for gene in range(len(chain.size)):
        for place in range(chain.size[gene]):
            candidate = chain.included[gene, place]
            parent_gene = problem.parent_gene[gene, candidate]
            if (
                problem.kind[gene, candidate] != GENE
                or not problem.has_positional_anchor[parent_gene]
            ):
                continue
            if paired_candidate_acts(problem, chain, gene, candidate):
                n_joint += 1.0
            else:
                n_alone += 1.0
    return n_alone, n_joint
