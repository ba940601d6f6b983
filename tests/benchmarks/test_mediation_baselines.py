"""The other methods of the benchmark, against integrals, enumeration and textbook formulas."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate
from scipy.stats import norm

from tests.benchmarks import mediation_baselines as baselines


def correlations(x, m, y):
    r = np.corrcoef([x, m, y])
    return r[0, 1], r[0, 2], r[1, 2]


def residual(y, *columns):
    basis = np.column_stack([np.ones(len(y)), *columns])
    found, *_ = np.linalg.lstsq(basis, y, rcond=None)
    return y - basis @ found, found, basis


@pytest.fixture
def triple(rng):
    x = rng.binomial(2, 0.4, 60).astype(float)
    m = 0.5 * x + rng.normal(size=60)
    return x, m, 0.4 * m + 0.3 * x + rng.normal(size=60)


def test_marginal_likelihood_is_the_integral_over_effects_and_variance(rng):
    """Brute integration over σ² and one or two effects, at few samples."""
    n = 8
    predictors = rng.normal(size=(n, 2))
    predictors -= predictors.mean(axis=0)
    y = 0.8 * predictors[:, 0] + rng.normal(size=n)
    y -= y.mean()

    def log_density(rest, log_variance):
        # The flat intercept takes one of the n dimensions; 1/σ² is flat on the log scale.
        return -0.5 * (n - 1) * log_variance - 0.5 * rest / np.exp(log_variance)

    none, _ = integrate.quad(lambda u: np.exp(log_density(y @ y, u)), -12, 25, limit=200)
    log_variance = np.linspace(-6, 14, 161)
    for k in (1, 2):
        x = predictors[:, :k]
        gram = x.T @ x
        # Effects in units of their prior's spread, on a grid that holds the likelihood's peak.
        spread = np.linalg.cholesky(n * np.linalg.inv(gram))
        grid = np.linspace(-6, 6, 481 if k == 1 else 161)
        units = np.stack(np.meshgrid(*[grid] * k, indexing="ij"), axis=-1).reshape(-1, k)
        prior = norm.pdf(units).prod(axis=1) * (grid[1] - grid[0]) ** k
        inner = []
        for u in log_variance:
            effects = units @ spread.T * np.exp(u / 2)
            rest = (
                y @ y - 2 * effects @ (x.T @ y) + np.einsum("ij,jk,ik->i", effects, gram, effects)
            )
            inner.append((np.exp(log_density(rest, u)) * prior).sum())
        some = integrate.simpson(inner, x=log_variance)
        r2 = 1 - (residual(y, *x.T)[0] ** 2).sum() / (y @ y)
        assert baselines.log_bayes_factor(r2, n, k) == pytest.approx(np.log(some / none), abs=1e-4)


def test_posteriors_are_shares_of_products_of_marginal_likelihoods(triple):
    x, m, y = triple
    named = {"x": x, "m": m, "y": y}
    r = correlations(x, m, y)
    for models in (baselines.FORWARD, tuple(baselines.MODELS)):
        found = baselines.triple_posteriors(*r, 60, models)
        weight = {}
        for name in models:
            weight[name] = 1.0
            for target, parents in zip((m, y), baselines.MODELS[name], strict=True):
                left, *_ = residual(target, *(named[parent] for parent in parents))
                r2 = 1 - (left**2).sum() / (residual(target)[0] ** 2).sum()
                k = len(parents)
                weight[name] *= 61 ** ((59 - k) / 2) / (1 + 60 * (1 - r2)) ** (59 / 2)
        total = sum(weight.values())
        assert {name: float(share) for name, share in found.items()} == pytest.approx(
            {name: share / total for name, share in weight.items()}
        )
        assert sum(found.values()) == pytest.approx(1)
    assert len(baselines.FORWARD) == 8


def test_large_samples_choose_the_model_that_holds(rng):
    n = 20_000
    x = rng.binomial(2, 0.4, n).astype(float)
    m = 0.5 * x + rng.normal(size=n)
    trait = {
        "variant on molecule": rng.normal(size=n),
        "co-local": 0.4 * x + rng.normal(size=n),
        "complete mediation": 0.4 * m + rng.normal(size=n),
        "partial mediation": 0.4 * m - 0.5 * x + rng.normal(size=n),
    }
    for name, y in trait.items():
        found = baselines.triple_posteriors(*correlations(x, m, y), n)
        assert found[name] > 0.9
    y = 0.5 * x + rng.normal(size=n)
    reacts = 0.4 * y + rng.normal(size=n)
    found = baselines.triple_posteriors(*correlations(x, reacts, y), n, tuple(baselines.MODELS))
    assert found["complete reactive"] > 0.9


def test_sobel_is_that_of_two_regressions(triple):
    x, m, y = triple
    left, a, basis = residual(m, x)
    var_a = (left @ left / 58 * np.linalg.inv(basis.T @ basis))[1, 1]
    left, b, basis = residual(y, m, x)
    var_b = (left @ left / 57 * np.linalg.inv(basis.T @ basis))[1, 1]
    expected = a[1] * b[1] / np.sqrt(a[1] ** 2 * var_b + b[1] ** 2 * var_a)
    assert baselines.sobel(*correlations(x, m, y), 60) == pytest.approx(expected)


def test_two_stages_see_through_a_hidden_factor(rng):
    n = 20_000
    z = rng.binomial(2, 0.3, (n, 2)).astype(float)
    hidden = rng.normal(size=n)
    m = z @ [0.5, 0.3] + hidden + rng.normal(size=n)
    y = np.column_stack([0.3 * m + hidden, hidden]) + rng.normal(size=(n, 2))
    z, m, y = (values - values.mean(axis=0) for values in (z, m, y))
    effect, error = baselines.two_stage(z, m, y)
    projection = z @ (np.linalg.inv(z.T @ z) @ (z.T @ m))
    assert effect == pytest.approx(projection @ y / (projection @ m))
    assert np.abs(effect - [0.3, 0]).max() < 4 * error.max()
    assert abs(m @ y[:, 1] / (m @ m)) > 10 * error[1]
    rest = y[:, 0] - effect[0] * m
    assert error[0] == pytest.approx(np.sqrt(rest @ rest / (n - 2) / (projection @ projection)))


def test_instruments_are_variants_with_effects_beside_each_other(rng):
    n = 2000
    z = rng.binomial(2, 0.3, (n, 5)).astype(float)
    z = np.column_stack([z, z[:, 1]])  # the last is a copy
    m = z[:, 1] - 0.5 * z[:, 3] + rng.normal(size=n)
    z, m = z - z.mean(axis=0), m - m.mean()
    first, second = baselines.chosen_instruments(z, m)
    assert first in (1, 5)
    assert second == 3
    assert len(baselines.chosen_instruments(z, rng.normal(size=n))) == 1


def test_an_approximate_bayes_factor_is_an_integral_over_the_effect():
    for effect, variance in ((0.1, 0.01), (-0.3, 0.004), (0.0, 0.02)):
        alternative, _ = integrate.quad(
            lambda beta, b=effect, v=variance: (
                norm.pdf(b, beta, np.sqrt(v)) * norm.pdf(beta, 0, 0.15)
            ),
            -2,
            2,
            points=[effect, 0],
        )
        null = norm.pdf(effect, 0, np.sqrt(variance))
        found = baselines.log_abf(np.array(effect), np.array(variance))
        assert found == pytest.approx(np.log(alternative / null), abs=1e-8)


def test_colocalisation_is_a_sum_over_pairs_of_variants(rng):
    first, second = rng.normal(3, 3, size=(2, 6))
    one, both = 1e-3, 1e-4
    weight = {"none": 1.0, "first": 0.0, "second": 0.0, "apart": 0.0, "same": 0.0}
    for i, j in itertools.product([None, *range(6)], repeat=2):
        if i is None and j is None:
            continue
        f1, f2 = (1.0 if k is None else np.exp(log[k]) for k, log in ((i, first), (j, second)))
        if j is None:
            weight["first"] += one * f1
        elif i is None:
            weight["second"] += one * f2
        elif i == j:
            weight["same"] += both * f1 * f2
        else:
            weight["apart"] += one**2 * f1 * f2
    expected = weight["same"] / sum(weight.values())
    assert baselines.colocalisation(first, second, one, both) == pytest.approx(expected)
    # One variant alone: there are no two that differ.
    alone = baselines.colocalisation(first[:1], second[:1], one, both)
    f1, f2 = np.exp(first[0]), np.exp(second[0])
    assert alone == pytest.approx(both * f1 * f2 / (1 + one * (f1 + f2) + both * f1 * f2))
