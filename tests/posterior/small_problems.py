"""Small problems for the sampler, and the slow obvious evidence of a regression."""

from __future__ import annotations

import numpy as np
from scipy import stats

from genesis.posterior import self_test
from genesis.posterior.chains import chain, sampling
from genesis.posterior.model.candidates import Candidates, build_problem
from genesis.posterior.model.state import FACTOR, GENE, N_KINDS, OWN, POSITIONAL


def shorten_chains(set_attribute=setattr):
    """Few chains, which are short, and no self-test; for good, if nothing undoes it."""
    set_attribute(self_test, "FEWEST_SAMPLES", 10**9)
    set_attribute(sampling, "MORE_CHAINS", ())
    set_attribute(chain, "TEMPERING_STEPS", 1)
    set_attribute(chain, "STEPS_A_FOLD", 0)
    set_attribute(chain, "COUNTED_ROUNDS", 30)


def standardised(values):
    """Rows of variables × samples with mean zero and squared length of the sample number."""
    # In the order that the kernels get from everyone else: for another they are compiled anew.
    rows = np.ascontiguousarray(values.T) - values.T.mean(axis=1, keepdims=True)
    return rows * np.sqrt(rows.shape[1] / (rows**2).sum(axis=1, keepdims=True))


def candidates_of(z, x, positional=False):
    """Every variant is every gene's own, and every other gene a candidate.

    Positional: variant k stands for gene k where it acts on another one.
    """
    n_variants, n_genes = z.shape[1], x.shape[1]
    variable, kind, parent_gene = [], [], []
    for gene in range(n_genes):
        others = np.delete(np.arange(n_genes), gene)
        variable.append(np.concatenate([np.arange(n_variants), n_variants + others]))
        kind.append(np.repeat([OWN, GENE], [n_variants, n_genes - 1]).astype(np.int8))
        parent_gene.append(np.concatenate([np.full(n_variants, -1), others]))
        if positional:
            others = np.flatnonzero(np.arange(n_variants) != gene)
            kind[-1][others], parent_gene[-1][others] = POSITIONAL, others
    has_own = np.arange(n_genes) < n_variants
    lead = np.where(has_own, np.arange(n_genes), -1)
    has_positional_anchor = positional & has_own
    considered = np.zeros(N_KINDS)
    considered[OWN] = n_genes * n_variants
    considered[GENE] = n_genes * (n_genes - 1)
    return Candidates(variable, kind, parent_gene, has_positional_anchor, lead, considered)


def problem_of(z, x, n_factors=0, positional=False, weights=None):
    data = standardised(np.column_stack([z, x]))
    return build_problem(data, z.shape[1], candidates_of(z, x, positional), n_factors, weights)


def log_evidence(y, regressors, precision):
    """Log marginal likelihood of y ~ N(X b, s²), b ~ N(0, s²/D), p(s²) ∝ 1/s²; up to a constant.

    By the density of y itself, a multivariate t, and no algebra on normal equations.
    """
    n = len(y)
    covariance = np.eye(n)
    if len(regressors):
        covariance += regressors.T @ np.diag(1.0 / np.asarray(precision)) @ regressors
    sign, log_det = np.linalg.slogdet(covariance)
    assert sign > 0
    return -0.5 * log_det - 0.5 * n * np.log(y @ np.linalg.solve(covariance, y))


def log_moment_part(y, regressors, precision, kinds):
    """Log of the product of E[b⁴] D² / 3 s⁴ over all but factors and own variants, one by one."""
    if not len(regressors):
        return 0.0
    inverse = np.linalg.inv(regressors @ regressors.T + np.diag(precision))
    mean = inverse @ (regressors @ y)
    noise = (y @ y - mean @ (regressors @ y)) / len(y)
    sd = np.sqrt(noise * np.diag(inverse))
    fourth = np.array([stats.norm(*pair).moment(4) for pair in zip(mean, sd, strict=True)])
    terms = fourth / noise**2 * np.asarray(precision) ** 2 / 3
    return float(np.log(terms[~np.isin(kinds, [OWN, FACTOR])]).sum())
