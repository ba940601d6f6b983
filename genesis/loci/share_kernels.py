"""Evidence for each gene of a locus, and for none of them, of acting on a target: compiled code.

Numbers in parentheses are those of equations in docs/loci.md.
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import kernel

#: A fit is never taken for perfect, and expression with less variance beyond its anchor has none.
_LEAST_LEFT = 1e-9


@kernel
def log_evidence_of_one(d, variance, r):
    """Evidence (1) of a regressor of squared length d whose coefficient has this prior variance.

    `r` is its correlation with the target; the prior variance is in units of the noise.
    """
    grown = 1.0 + d * variance
    left = max(1.0 - r * r * (d * variance / grown), _LEAST_LEFT)
    return -0.5 * math.log(grown) - 0.5 * d * math.log(left)


@kernel
def log_evidence_of_two(d, p11, p12, p22, r1, r2):
    """The same of two orthogonal regressors; p11, p12 and p22 are their prior covariance."""
    a, b, c = 1.0 + d * p11, d * p12, 1.0 + d * p22
    determinant = a * c - b * b
    kept = (c * r1 * r1 - 2.0 * b * r1 * r2 + a * r2 * r2) / determinant
    left = max(1.0 - r1 * r1 - r2 * r2 + kept, _LEAST_LEFT)
    return -0.5 * math.log(determinant) - 0.5 * d * math.log(left)


@kernel
def log_evidence_of_anchor(d, slabs, variance, r):
    """Evidence (2) that a variant acts on a target by whatever gene."""
    total = -np.inf
    for slab in slabs:
        total = np.logaddexp(total, log_evidence_of_one(d, slab * variance, r))
    return total - math.log(len(slabs))


@kernel
def _log_ratio_of_gene(d, a, r_variant, r_gene, slabs, variance, spread, weight, faithful, share):
    """How much likelier (4) gene and target are if the variant acts by way of this gene."""
    left = 1.0 - a * a
    own, r_own = 0.0, 0.0
    if left > _LEAST_LEFT:
        own = math.sqrt(left)
        r_own = (r_gene - a * r_variant) / own
    by_it, beside_it = -np.inf, -np.inf
    for k in range(len(spread)):
        for slab in slabs:
            apart = log_evidence_of_two(d, slab * variance, 0.0, spread[k], r_variant, r_own)
            beside_it = np.logaddexp(beside_it, math.log(weight[k]) + apart)
            for h in range(len(faithful)):
                passed = faithful[h] * own
                joint = log_evidence_of_two(
                    d,
                    slab * a * a,
                    slab * a * passed,
                    slab * passed * passed + spread[k],
                    r_variant,
                    r_own,
                )
                by_it = np.logaddexp(by_it, math.log(weight[k] * share[h]) + joint)
    return by_it - beside_it


@kernel
def log_evidence_of_genes(
    d, cis, prior, prior_none, r_variants, r_genes, slabs, variance, spread, weight, faithful,
    share, out,
):  # fmt: skip
    """Log of prior times evidence (3, 5) of each gene of a locus, and of none, for its targets.

    Parameters
    ----------
    d : float
        Degrees of freedom.
    cis : (n_genes, n_variants) float64
        Correlations of the genes of the locus with its variants.
    prior : (n_genes, n_variants) float64
        Prior that the gene is the one that acts, and this its variant; 0 where it cannot be.
    prior_none : (n_variants,) float64
        The same of genes that were not measured.
    r_variants : (n_targets, n_variants) float64
    r_genes : (n_targets, n_genes) float64
        Correlations of the targets with variants and genes.
    slabs : (k,) float64
        Prior variances of the effect of a gene, equally likely.
    variance : float
        Mean share of a gene's variance that its own variant explains.
    spread, weight : (k,) float64
        Prior variances of what is shared by two genes for other reasons, and their weights.
    faithful, share : (k,) float64
        Shares of the variance of expression beyond the anchor that are passed on, and weights.
    out : (n_targets, n_genes + 1) float64
        Where the outcome goes; the last column is that of none.
    """
    n_genes, n_variants = cis.shape
    for target in range(len(out)):
        for gene in range(n_genes + 1):
            out[target, gene] = -np.inf
        for v in range(n_variants):
            r = r_variants[target, v]
            by_any = log_evidence_of_anchor(d, slabs, variance, r)
            none = by_any + math.log(prior_none[v])
            out[target, n_genes] = np.logaddexp(out[target, n_genes], none)
            for gene in range(n_genes):
                if prior[gene, v] > 0.0:
                    found = math.log(prior[gene, v]) + by_any
                    found += _log_ratio_of_gene(
                        d, cis[gene, v], r, r_genes[target, gene], slabs, variance, spread,
                        weight, faithful, share,
                    )  # fmt: skip
                    out[target, gene] = np.logaddexp(out[target, gene], found)
