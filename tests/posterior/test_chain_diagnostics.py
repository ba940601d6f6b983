"""What chains predict, how well they mix, and where that cannot be said."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from genesis.posterior.chains.chain import graphs_counted, start_tally
from genesis.posterior.chains.chain_diagnostics import bulk_ess, elpd_loo, elpd_waic, r_hat
from genesis.posterior.chains.chain_memory import ChainWork
from genesis.posterior.chains.chain_weights import ChainOutcome, mixing
from genesis.posterior.chains.posterior import combine_chains
from tests.posterior.small_problems import candidates_of, problem_of

N_DRAWS = 200


def densities_of_a_mean(rng, y, n_draws=N_DRAWS):
    """Log densities of y under N(mean, 1), the mean drawn from its posterior under a flat prior."""
    means = rng.normal(y.mean(), 1 / np.sqrt(len(y)), size=n_draws)
    return stats.norm(means[:, None], 1).logpdf(y)


def test_waic_is_the_density_less_the_variance(rng):
    # Far from 0, as the log density of many genes is.
    found = rng.normal(-1400, 3, size=(N_DRAWS, 7))
    expected = np.logaddexp.reduce(found, axis=0) - np.log(N_DRAWS) - found.var(axis=0, ddof=1)
    np.testing.assert_allclose(elpd_waic(found), expected, rtol=0, atol=1e-9)


def test_waic_is_what_running_sums_give(rng):
    """Draw by draw: the largest value, exponentials less it, and squares less the first value."""
    found = rng.normal(-90, 2, size=(N_DRAWS, 5))
    for s, draws in enumerate(found.T):
        largest, sum_exp, sum_less, sum_squares = draws[0], 0.0, 0.0, 0.0
        for draw in draws:
            if draw > largest:
                sum_exp *= np.exp(largest - draw)
                largest = draw
            sum_exp += np.exp(draw - largest)
            sum_less += draw - draws[0]
            sum_squares += (draw - draws[0]) ** 2
        parameters = (sum_squares - sum_less**2 / N_DRAWS) / (N_DRAWS - 1)
        expected = largest + np.log(sum_exp / N_DRAWS) - parameters
        assert elpd_waic(found)[s] == pytest.approx(expected, abs=1e-10)


def test_loo_is_leaving_out_one_sample_at_a_time(rng):
    y = rng.normal(size=150)
    n = len(y)
    others = (y.sum() - y) / (n - 1)
    exact = stats.norm(others, np.sqrt(1 + 1 / (n - 1))).logpdf(y).sum()
    draws = densities_of_a_mean(rng, y)
    density, pareto_k = elpd_loo(draws)
    assert density == pytest.approx(exact, abs=0.3)
    assert density == pytest.approx(elpd_waic(draws).sum(), abs=0.05)
    assert pareto_k < 0.57


def test_a_sample_that_rests_on_few_draws_has_a_large_pareto_k(rng):
    y = rng.normal(size=20)
    y[0] = 15.0
    assert elpd_loo(densities_of_a_mean(rng, y))[1] > 0.7


@pytest.mark.parametrize(
    "draws",
    [
        np.zeros((N_DRAWS, 3)),
        np.random.default_rng(1).normal(size=(24, 3)),
        np.full((N_DRAWS, 3), -np.inf),
        np.zeros((N_DRAWS, 0)),
        # One coordinate is the same in all graphs.
        np.column_stack([np.random.default_rng(1).normal(size=N_DRAWS), np.ones(N_DRAWS)]),
    ],
)
def test_loo_is_silent_where_there_is_no_tail(draws):
    assert elpd_loo(draws) is None


def test_chains_that_agree_and_chains_that_do_not(rng):
    agreeing = rng.normal(-500, 4, size=(4, N_DRAWS))
    assert r_hat(agreeing) == pytest.approx(1.0, abs=0.02)
    assert bulk_ess(agreeing) == pytest.approx(4 * N_DRAWS, rel=0.25)
    apart = agreeing + np.array([[0.0], [0.0], [40.0], [40.0]])
    assert r_hat(apart) > 1.5
    assert bulk_ess(apart) < 10
    # Half as many independent draws as there are, and less: each follows from the one before.
    slow = np.zeros((4, N_DRAWS))
    for at in range(1, N_DRAWS):
        slow[:, at] = 0.8 * slow[:, at - 1] + rng.normal(size=4)
    assert bulk_ess(slow) == pytest.approx(4 * N_DRAWS * 0.2 / 1.8, rel=0.5)


@pytest.mark.parametrize(
    ("series", "r_hat_is_none", "ess_is_none"),
    [
        (np.random.default_rng(1).normal(size=(1, N_DRAWS)), True, False),
        (np.random.default_rng(1).normal(size=(4, 24)), True, True),
        (np.random.default_rng(1).normal(size=(4, 25)), False, False),
        (np.ones((4, N_DRAWS)), True, True),
        (np.zeros((4, 0)), True, True),
        # Chains that stand still, each elsewhere.
        (np.ones((4, N_DRAWS)) * np.arange(4)[:, None], True, True),
    ],
)
def test_what_mixing_cannot_be_told_from(series, r_hat_is_none, ess_is_none):
    assert (r_hat(series) is None) == r_hat_is_none
    assert (bulk_ess(series) is None) == ess_is_none


@pytest.fixture
def data(rng):
    return rng.normal(size=(30, 2)), rng.normal(size=(30, 3))


def outcome(rng, data, mean=0.0, weight=0):
    tally = start_tally(problem_of(*data))
    tally.n[0] = graphs_counted()
    tally.log_density[:] = rng.normal(-4, 0.2, size=tally.log_density.shape) + mean / 30
    return ChainOutcome(0, tally, elpd_waic(tally.log_density), elpd_loo(tally.log_density), weight)


def test_chains_that_weigh_are_compared(rng, data):
    same, apart = (
        mixing([outcome(rng, data, mean, 255) for mean in (0.0, 0.0, *means)])
        for means in ((0.0, 0.0), (30.0, 30.0))
    )
    assert same["r_hat_of_log_density"] == pytest.approx(1.0, abs=0.02)
    assert same["bulk_ess_of_log_density"] > 300
    assert apart["r_hat_of_log_density"] > 1.5
    # One has all of the weight but for a trifle.
    alone = mixing([outcome(rng, data, 0.0, 255), outcome(rng, data, 30.0, 3)])
    assert alone["r_hat_of_log_density"] is None
    one = mixing([outcome(rng, data, 0.0, 255)])
    assert one["r_hat_of_log_density"] is None
    assert one["bulk_ess_of_log_density"] == pytest.approx(graphs_counted(), rel=0.4)


def test_a_run_keeps_what_its_chains_say_of_themselves(rng, data):
    chains = [outcome(rng, data) for _ in range(4)]
    found = combine_chains(chains, [outcome(rng, data)], candidates_of(*data), 0).summary
    assert found["r_hat_of_log_density"] == pytest.approx(1.0, abs=0.03)
    assert len(found["chains"]) == 5
    for one, chain in zip(chains, found["chains"], strict=False):
        loo, pareto_k = elpd_loo(one.tally.log_density)
        assert chain["elpd_waic"] == round(float(one.elpd_waic.sum()), 2)
        assert (chain["elpd_loo"], chain["largest_pareto_k"]) == (round(loo, 2), round(pareto_k, 2))
        assert chain["elpd_loo"] == pytest.approx(chain["elpd_waic"], abs=0.1)


def test_what_is_kept_is_counted_in_the_memory():
    problem = problem_of(np.zeros((1000, 0)), np.random.default_rng(1).normal(size=(1000, 2)))
    kept = start_tally(problem).log_density.nbytes
    assert kept == 8_000 * graphs_counted() == 800_000
    # Twelve chains that count at the most with so few genes, and four of the other model.
    small, large = (
        ChainWork(30, 0, n_samples, 0, 1, True, True, "effect", "none", False)
        for n_samples in (20_000, 40_000)
    )
    rows = 2 * 30 * 20_000 * 8
    assert large.peak(0) - small.peak(0) == rows + 16 * 20 * kept


def test_sampling_is_imported_without_the_diagnostics_package():
    script = "import sys, genesis.posterior.chains.posterior; print('arviz_stats' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
