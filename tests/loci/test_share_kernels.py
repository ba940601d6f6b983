"""Evidence for genes of a locus, held against densities worked out the long way."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.loci.share_kernels import (
    log_evidence_of_anchor,
    log_evidence_of_genes,
    log_evidence_of_one,
    log_evidence_of_two,
)

SLABS, SPREAD, WEIGHT = np.array([0.1, 0.5]), np.array([0.0, 0.2]), np.array([0.7, 0.3])
FAITHFUL, SHARE = np.array([1.0, 0.5]), np.array([0.6, 0.4])
VARIANCE = 0.2


def unit(x):
    return x / np.sqrt(x @ x)


def log_evidence(target, regressors, covariance):
    """Density of a target, up to what all models share: noise integrated over 1 / σ².

    Given the noise it is normal with the covariance σ² (I + D P D'), D the regressors as columns
    with squared length d.
    """
    d = len(target)
    columns = np.stack([np.sqrt(d) * unit(x) for x in regressors], axis=1)
    whole = np.eye(d) + columns @ covariance @ columns.T
    b = unit(target)
    _, determinant = np.linalg.slogdet(whole)
    return -determinant / 2 - d / 2 * np.log(b @ np.linalg.solve(whole, b))


@pytest.fixture
def draws():
    return np.random.default_rng(3).normal(size=(8, 30))


def test_evidence_of_one_regressor_is_the_density_of_the_target(draws):
    target, z = draws[:2]
    expected = log_evidence(target, [z], np.array([[0.4]]))
    assert log_evidence_of_one(30.0, 0.4, unit(target) @ unit(z)) == pytest.approx(expected)


def test_evidence_of_two_regressors_is_the_density_of_the_target(draws):
    target, z, x = draws[:3]
    x = x - unit(z) * (unit(z) @ x)
    covariance = np.array([[0.4, 0.1], [0.1, 0.3]])
    expected = log_evidence(target, [z, x], covariance)
    r = [unit(target) @ unit(one) for one in (z, x)]
    assert log_evidence_of_two(30.0, 0.4, 0.1, 0.3, *r) == pytest.approx(expected)


def naive_evidence(target, genes, variants, prior, prior_none):
    """Equations (2) to (5) of docs/loci.md, one term after the other."""
    target = unit(target)
    found = np.zeros(len(genes) + 1)
    for v, variant in enumerate(variants):
        z = unit(variant)
        by_any = np.mean([np.exp(log_evidence(target, [z], [[s * VARIANCE]])) for s in SLABS])
        found[-1] += prior_none[v] * by_any
        for g, expression in enumerate(genes):
            x = unit(expression)
            a = x @ z
            left = x - a * z
            own = np.sqrt(left @ left)
            by_it = beside_it = 0.0
            for slab in SLABS:
                for spread, weight in zip(SPREAD, WEIGHT, strict=True):
                    apart = np.diag([slab * VARIANCE, spread])
                    beside_it += weight * np.exp(log_evidence(target, [z, left], apart))
                    for faithful, share in zip(FAITHFUL, SHARE, strict=True):
                        effect = np.array([a, faithful * own])
                        joint = slab * np.outer(effect, effect) + np.diag([0.0, spread])
                        by_it += weight * share * np.exp(log_evidence(target, [z, left], joint))
            found[g] += prior[g, v] * by_any * by_it / beside_it
    return np.log(found)


def test_evidence_of_the_genes_of_a_locus_is_that_of_a_slow_twin(draws):
    rng = np.random.default_rng(4)
    variants = [unit(z) for z in draws[:3]]
    genes = [unit(0.5 * unit(draws[3 + k]) + 0.4 * variants[k]) for k in range(2)]
    targets = [unit(unit(rng.normal(size=30)) + genes[k]) for k in range(2)]
    prior = np.array([[0.3, 0.0, 0.2], [0.1, 0.5, 0.05]])
    prior_none = np.array([0.1, 0.2, 0.3])
    z, x, b = np.array(variants), np.array(genes), np.array(targets)
    out = np.empty((2, 3))
    log_evidence_of_genes(
        30.0, x @ z.T, prior, prior_none, b @ z.T, b @ x.T, SLABS, VARIANCE, SPREAD, WEIGHT,
        FAITHFUL, SHARE, out,
    )  # fmt: skip
    with np.errstate(divide="ignore"):
        expected = [naive_evidence(one, genes, variants, prior, prior_none) for one in targets]
    assert out == pytest.approx(np.array(expected), rel=1e-9)


def test_a_gene_that_is_its_variant_all_over_says_as_much_as_the_variant():
    """Expression without variance beyond the variant: perfect correlation divides by nothing."""
    r = np.array([[0.5]])
    out = np.empty((1, 2))
    log_evidence_of_genes(
        50.0, np.array([[1.0]]), np.array([[1.0]]), np.array([1.0]), r, r, SLABS, 1.0, SPREAD,
        WEIGHT, FAITHFUL, SHARE, out,
    )  # fmt: skip
    assert out[0, 0] == pytest.approx(out[0, 1])
    assert out[0, 1] == pytest.approx(log_evidence_of_anchor(50.0, SLABS, 1.0, 0.5))


def test_a_target_that_equals_a_gene_has_finite_evidence():
    out = np.empty((1, 2))
    log_evidence_of_genes(
        50.0, np.array([[0.4]]), np.array([[1.0]]), np.array([1.0]), np.array([[0.4]]),
        np.array([[1.0]]), SLABS, VARIANCE, SPREAD, WEIGHT, FAITHFUL, SHARE, out,
    )  # fmt: skip
    assert np.isfinite(out).all()
    assert out[0, 0] > out[0, 1]
