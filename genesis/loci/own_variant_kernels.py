"""The strongest of a gene's variants, and the evidence that one of them acts: compiled code."""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel
from genesis.loci.share_kernels import log_evidence_of_one


@kernel
def weigh_variants(r, column, start, degrees, slabs, alike, best, strength, log_factor):
    """Weigh the variants of each of some genes.

    Parameters
    ----------
    r : (n_genes, n_variants) float64
        Correlations.
    column : (m,) int64
        Columns of `r`: gene g may have the variants ``column[start[g]:start[g + 1]]``.
    start : (n_genes + 1,) int64
    degrees : float
        Degrees of freedom.
    slabs : (k,) float64
        Prior variances of the effect, in units of the noise, equally likely.
    alike : float
        Squared correlations that differ by no more are alike.
    best : (n_genes,) int64
        Written: where in `column` the first of the strongest is; -1 where none is correlated.
    strength, log_factor : (n_genes,) float64
        Written where there is one: its squared correlation, and the log of the mean Bayes factor
        of all variants of the gene against no effect.
    """
    for gene in range(len(best)):
        first, last = start[gene], start[gene + 1]
        most = 0.0
        for at in range(first, last):
            most = max(most, abs(r[gene, column[at]]))
        best[gene] = -1
        if most == 0.0:
            continue
        # No term of the sum is larger, so that it can be taken without logarithms.
        top = -np.inf
        for slab in slabs:
            top = max(top, log_evidence_of_one(degrees, slab, min(most, 1.0)))
        total = 0.0
        for at in range(first, last):
            size = min(abs(r[gene, column[at]]), 1.0)
            if best[gene] < 0 and r[gene, column[at]] ** 2 >= most * most - alike:
                best[gene] = at
                strength[gene] = r[gene, column[at]] ** 2
            for slab in slabs:
                total += math.exp(log_evidence_of_one(degrees, slab, size) - top)
        log_factor[gene] = top + math.log(total / ((last - first) * len(slabs)))
