"""A gene and the anchor that stands for it, which act together: compiled numeric code.

Let e^g be the odds that a gene acts on another, and e^j those that its anchor acts beside it: by
what the variant does to the gene's product and its expression does not show. Where the gene's
expression does not act, the anchor acts for it with odds e^p. The four cases weigh 1, e^p,
e^g / (1 + e^j) and e^(g + j) / (1 + e^j), all but the first times the gene's own factor, its reach.
Offsets say what that makes of a candidate's prior log odds, given whether its mate acts.
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.posterior.model.regression_kernels import place_of
from genesis.posterior.model.state import GENE, POSITIONAL


@kernel
def set_offset_of_mate(problem, chain, gene, candidate, acts):
    """Tell a candidate's mate whether the candidate acts."""
    mate = problem.mate[gene, candidate]
    if mate < 0:
        return
    if acts:
        offset = chain.joined[0] - chain.log_odds[POSITIONAL]
    else:
        offset = chain.reach[problem.owner[gene, mate]]
    if problem.kind[gene, mate] == GENE:
        offset -= math.log1p(math.exp(chain.joined[0]))
    chain.offset[gene, mate] = offset


@kernel
def set_offsets_of_gene(problem, chain, gene):
    """Set the offsets of a gene's candidates, by its members and by the prior odds in force."""
    alone = -math.log1p(math.exp(chain.joined[0]))
    for candidate in range(problem.n_factors + problem.n_candidates[gene]):
        owner = problem.owner[gene, candidate]
        offset = chain.reach[owner] if owner >= 0 else 0.0
        if problem.kind[gene, candidate] == GENE and problem.stands[owner]:
            offset += alone
        chain.offset[gene, candidate] = offset
    for place in range(chain.size[gene]):
        set_offset_of_mate(problem, chain, gene, np.int64(chain.member[gene, place]), True)


@kernel
def set_offsets(problem, chain):
    """Set the offsets of all candidates."""
    for gene in range(len(chain.size)):
        set_offsets_of_gene(problem, chain, gene)


@kernel
def mate_acts(problem, chain, gene, candidate):
    """Whether a candidate has a mate that acts on the gene."""
    mate = problem.mate[gene, candidate]
    return mate >= 0 and place_of(chain.member[gene], chain.size[gene], mate) >= 0


@kernel
def count_joined(problem, chain):
    """Genes that act and whose anchor stands for them: without the anchor, and with it."""
    alone = 0.0
    joined = 0.0
    for gene in range(len(chain.size)):
        for place in range(chain.size[gene]):
            candidate = chain.member[gene, place]
            owner = problem.owner[gene, candidate]
            if problem.kind[gene, candidate] != GENE or not problem.stands[owner]:
                continue
            if mate_acts(problem, chain, gene, candidate):
                joined += 1.0
            else:
                alone += 1.0
    return alone, joined
