"""Polygenic backgrounds of traits: weighed regressions against the dense model, and relatives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

import genesis
from genesis.linear.heritability import find_heritability
from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model import backgrounds
from genesis.posterior.model.backgrounds import Weights
from genesis.posterior.model.candidates import build_problem
from genesis.posterior.model.factor_kernels import log_density, renew_gram, renew_stale
from genesis.posterior.moves.active_kernels import partition_active
from tests.inner_kernels import called
from tests.posterior.sampler_kernels import draw_coefficients, draw_factors, refit_all, sweep
from tests.posterior.small_problems import candidates_of, shorten_chains, standardised

N_GENES, N_FACTORS, WEIGHED = 4, 2, 3


@pytest.fixture
def state(rng):
    """A chain in which factors act on a gene whose coordinates have weights."""
    z, x = rng.normal(size=(60, 3)), rng.normal(size=(60, N_GENES))
    factors = rng.normal(size=(N_FACTORS, 60))
    x[:, 1] += 0.6 * x[:, 0]
    x += 2.0 * factors[:1].T
    weights = Weights(
        np.array([WEIGHED]), np.sqrt(rng.uniform(0.3, 3.0, size=(1, 60))), np.empty((0, 0))
    )
    data = standardised(np.column_stack([z, x]))
    problem = build_problem(data, 3, candidates_of(z, x), N_FACTORS, weights)
    chain = start_chain(problem, factors)
    renew_gram(problem, chain)
    random = np.random.default_rng(2)
    for _ in range(3):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, random)
        draw_coefficients(problem, chain, 1.0, random)
        draw_factors(problem, chain, random)
    assert (chain.included[WEIGHED, : chain.size[WEIGHED]] < N_FACTORS).any()
    return problem, chain


def dense(problem, chain):
    """Residuals, loadings, and noise variances of each gene at each coordinate."""
    rows, n = problem.data, problem.data.shape[1]
    left, loading = rows[-N_GENES:].copy(), np.zeros((N_GENES, N_FACTORS))
    for gene in range(N_GENES):
        for place in range(chain.size[gene]):
            candidate, slope = chain.included[gene, place], chain.coefficient[gene, place]
            if candidate < N_FACTORS:
                loading[gene, candidate] = slope
            else:
                left[gene] -= slope * rows[problem.variable[gene, candidate]]
    noise = np.repeat(chain.noise[:, None], n, axis=1)
    noise[WEIGHED] /= problem.root_weight[0] ** 2
    return left, loading, noise


def test_inner_products_are_weighed(state):
    problem, chain = state
    n_candidates = N_FACTORS + problem.n_candidates[WEIGHED]
    chain.is_stale[WEIGHED, N_FACTORS:n_candidates] = True
    problem.gram[WEIGHED, :N_FACTORS, N_FACTORS:n_candidates] = np.nan
    renew = called(renew_stale)
    for candidate in range(N_FACTORS, n_candidates):
        renew(problem, chain, WEIGHED, candidate)
    own = problem.data[problem.variable[WEIGHED, N_FACTORS:n_candidates]]
    rows = np.concatenate([chain.factors, own, problem.data[[-N_GENES + WEIGHED]]])
    rows = rows * problem.root_weight
    at = [*range(n_candidates), problem.gram.shape[1] - 1]
    np.testing.assert_allclose(problem.gram[WEIGHED][np.ix_(at, at)], rows @ rows.T, atol=1e-9)
    np.testing.assert_array_equal(problem.squared_length[WEIGHED], problem.gram[WEIGHED].diagonal())
    # And when candidates have changed places.
    chain.switch_rate[WEIGHED, N_FACTORS + 1] = 1.0
    before = problem.squared_length[WEIGHED].copy()
    partition_active(problem, chain, 1)
    assert (problem.squared_length[WEIGHED] != before).any()
    np.testing.assert_array_equal(problem.squared_length[WEIGHED], problem.gram[WEIGHED].diagonal())
    np.testing.assert_allclose(problem.gram[WEIGHED], problem.gram[WEIGHED].T, atol=1e-9)


def test_density_is_that_of_the_dense_model(state):
    problem, chain = state
    left, loading, noise = dense(problem, chain)
    expected = [
        multivariate_normal.logpdf(e, cov=np.diag(variances) + loading @ loading.T)
        for e, variances in zip(left.T, noise.T, strict=True)
    ]
    np.testing.assert_allclose(log_density(problem, chain), expected)


def test_factors_are_drawn_from_the_dense_posterior(state):
    problem, chain = state
    left, loading, noise = dense(problem, chain)
    random, draws = np.random.default_rng(5), []
    for _ in range(2_000):
        draw_factors(problem, chain, random)
        draws.append(chain.factors.copy())
    draws = np.array(draws)
    for s in range(0, 60, 7):
        covariance = np.linalg.inv(np.eye(N_FACTORS) + loading.T / noise[:, s] @ loading)
        mean = covariance @ (loading.T / noise[:, s]) @ left[:, s]
        np.testing.assert_allclose(draws[:, :, s].mean(axis=0), mean, atol=0.1)
        np.testing.assert_allclose(np.cov(draws[:, :, s].T), covariance, atol=0.12)


def test_heritability_by_sibs(rng):
    """Of five sibs of each family, who have half of their genes in common."""
    family = np.repeat(np.eye(200), 5, axis=0)
    spread, axes = np.linalg.eigh(0.5 * np.eye(1000) + 0.5 * family @ family.T)
    common, own = rng.normal(size=(200, 40)), rng.normal(size=(1000, 40))
    heritable = np.sqrt(0.5) * (family @ common + own)
    values = np.sqrt(0.6) * heritable + np.sqrt(0.4) * rng.normal(size=(1000, 40))
    shares = [find_heritability(axes.T @ one, spread).share for one in values.T]
    assert np.mean(shares) == pytest.approx(0.6, abs=0.03)
    nothing = [find_heritability(axes.T @ one, spread).p for one in rng.normal(size=(100, 1000))]
    assert 0.0 <= np.mean(np.array(nothing) <= 0.05) <= 0.12


def lines(seed, n_lines, n_of_each, n_traits=6):
    """Lines with several animals each. The last trait is the mediated one, all are heritable."""
    rng = np.random.default_rng(seed)
    n, n_genes, n_variants = n_lines * n_of_each, 12, 600
    dosages = 2.0 * np.repeat(rng.random((n_lines, n_variants)) < 0.5, n_of_each, axis=0)
    z = (dosages - dosages.mean(axis=0)) / dosages.std(axis=0)

    def background(k):
        values = z @ rng.normal(size=(n_variants, k))
        return values / values.std(axis=0)

    own = np.arange(n_genes) * (n_variants // n_genes)
    x = np.sqrt(0.4) * background(n_genes) + 0.6 * z[:, own]
    x += np.sqrt(0.35) * rng.normal(size=x.shape)
    y = np.sqrt(0.6) * background(n_traits) + np.sqrt(0.4) * rng.normal(size=(n, n_traits))
    y[:, -1] += 0.7 * x[:, 0]
    samples = [f"s{k:03d}" for k in range(n)]
    at = np.arange(n_variants)
    genes = pd.DataFrame(
        {
            "gene_id": [f"g{k:02d}" for k in range(n_genes)],
            "chrom": [str(k + 1) for k in range(n_genes)],
            "start": 5_000,
            "end": 6_000,
        }
    )
    variants = pd.DataFrame(
        {
            "variant_id": [f"v{k:03d}" for k in at],
            "chrom": [str(k // (n_variants // n_genes) + 1) for k in at],
            # Fifteen in the cis window of each gene, of which the first acts.
            "pos": np.where(at % 50 < 15, 5_000 + at % 50, 50_000_000 + at % 50),
        }
    )
    return {
        "genotypes": pd.DataFrame(dosages, samples, variants["variant_id"]),
        "expression": pd.DataFrame(x, samples, genes["gene_id"]),
        "variants": variants,
        "genes": genes,
        "traits": pd.DataFrame(y, samples, [f"t{k}" for k in range(n_traits)]),
        "hidden_factors": "none",
    }


def claimed(result):
    """Pairs of a molecule and a trait that are claimed."""
    claims = result.relations.query("relation == 'ancestor'").astype({"gene_a": str, "gene_b": str})
    pairs = claims.loc[claims["gene_b"].str.startswith("t"), ["gene_a", "gene_b"]]
    return set(pairs.itertuples(index=False, name=None))


def test_what_is_heritable_does_not_act_on_what_is_heritable(monkeypatch):
    """Of three times 60 pairs, none of which is one of a cause."""
    shorten_chains(monkeypatch.setattr)
    results = [genesis.discover(**lines(seed, 40, 8)) for seed in (3, 5, 6)]
    assert claimed(results[0]) == {("g00", "t5")}
    assert [one.posterior.loc["g00", "t5"] > 0.7 for one in results] == [True] * 3
    assert sum(map(false_posterior, results)) < 0.1
    found = results[0].run["layers"]["heritability"]
    assert {f"t{k}" for k in range(6)} < set(found)
    assert np.mean([found[f"t{k}"] for k in range(5)]) == pytest.approx(0.6, abs=0.1)
    assert any(
        note.startswith("trait t0: relatives are alike (heritability 0.")
        for note in results[0].run["notes"]
    )
    # What would be said of animals taken for independent.
    monkeypatch.setattr(backgrounds, "LEVEL", 0.0)
    results = [genesis.discover(**lines(seed, 40, 8)) for seed in (3, 5, 6)]
    assert sum(map(false_posterior, results)) > 1.0
    assert "heritability" not in results[0].run["layers"]


def false_posterior(result):
    """What posteriors of the pairs of a molecule and a trait that it does not act on add up to."""
    return np.nansum(result.posterior.loc["g00":"g11", "t0":"t4"].to_numpy(dtype=np.float64))


def test_few_variants_make_no_relatives_of_people(monkeypatch):
    """What variants do is not taken for a background: people with the same alleles look related."""
    shorten_chains(monkeypatch.setattr)
    rng = np.random.default_rng(4)
    z = rng.binomial(2, 0.4, size=(300, 4)).astype(float)
    x = z + rng.normal(size=z.shape)
    trait = x[:, :1] + 2.0 * z[:, 1:2] + rng.normal(size=(300, 1))
    result = genesis.discover(z, x, traits=trait, hidden_factors="none")
    assert "heritability" not in result.run["layers"]
    assert result.posterior.loc["gene1", "trait1"] > 0.9


def test_what_is_not_heritable_has_no_background(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data = lines(3, 40, 6)
    order = np.random.default_rng(1).permutation(240)
    data["traits"] = data["traits"].iloc[order].set_axis(data["traits"].index)
    result = genesis.discover(**data)
    assert "heritability" not in result.run["layers"]
    assert not any("relatives" in note for note in result.run["notes"])


def test_halves_predict_each_other_with_backgrounds(monkeypatch):
    """The self-test has weights in the half that graphs are from, and in the other."""
    shorten_chains(monkeypatch.setattr)
    data = lines(4, 40, 6, n_traits=3)
    result = genesis.discover(**{**data, "hidden_factors": "auto"}, self_test=1)
    compared = result.run["self_test"]["hidden_factors"]
    # Lines stay whole, so that halves may differ by a line; the intercept takes one from each.
    assert 180 < compared["samples_predicted"] <= 238
    assert np.isfinite(compared["gain_in_unseen_samples"])
