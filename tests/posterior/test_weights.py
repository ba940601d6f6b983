"""Chains weigh less the worse they predict."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.posterior.chains.chain import start_tally
from genesis.posterior.chains.chain_weights import ChainOutcome, agree, is_ahead, weight_of
from genesis.posterior.chains.posterior import combine_chains
from genesis.posterior.chains.sampling import _while_ahead
from genesis.posterior.claims.effects import EDGE
from tests.posterior.dense import columns_of
from tests.posterior.small_problems import candidates_of, problem_of

N_GRAPHS, N_SAMPLES = 40, 30


@pytest.fixture
def data(rng):
    return rng.normal(size=(N_SAMPLES, 2)), rng.normal(size=(N_SAMPLES, 3))


def outcome(data, n_ancestor, elpd_diff, effect=0.0):
    """A chain in which gene 0 acts on gene 1 in so many of 40 graphs, and what it predicts."""
    tally = start_tally(problem_of(*data))
    tally.n[0] = N_GRAPHS
    ancestor, direct = np.zeros((2, 3, 3))
    ancestor[0, 1] = direct[0, 1] = n_ancestor
    ancestor[1, 0] = N_GRAPHS - n_ancestor
    columns = columns_of(3, ancestor=ancestor, direct=direct)
    columns["edge_probability"][:] = 255
    tally = tally._replace(**columns)
    edges = np.array([(0, 0, 1, False, effect)], dtype=EDGE)
    # The same shortfall in every sample: nothing is uncertain about it.
    return ChainOutcome(0, tally._replace(edges=edges), np.full(N_SAMPLES, -elpd_diff / N_SAMPLES))


def combined(data, *outcomes):
    return combine_chains(list(outcomes), [], candidates_of(*data), 0)


def value(found, name, a, b):
    """What is found of a pair."""
    pairs = found.pairs
    return pairs.at(getattr(pairs, name), np.array([a]), np.array([b]))[0]


def test_a_chain_loses_by_its_shortfall_in_standard_errors(rng):
    best = rng.normal(size=400)
    assert weight_of(best, best) == 255
    noise = rng.normal(size=400)
    noise -= noise.mean()
    for error, n_errors in ((30.0, 1.0), (30.0, 2.5), (0.1, 10.0)):
        worse = best - noise * error / (np.sqrt(400) * noise.std()) - n_errors * error / 400
        # What is off by less than 4 nats cannot be told apart, however small the error.
        scale = max(error, 4.0)
        assert weight_of(worse, best) == round(255 * np.exp(-n_errors * error / scale))


def test_posteriors_and_effects_are_weighed(data):
    chains = [(40, 0.0, 0.5), (10, 4.0, -0.2), (0, 8.0, 1.0), (20, 100.0, 9.0)]
    found = combined(data, *(outcome(data, *chain) for chain in chains))
    weights = np.array([255, 94, 35, 0])
    assert value(found, "ancestor", 0, 1) == pytest.approx(
        np.average([1, 0.25, 0, 0.5], weights=weights)
    )
    assert value(found, "ancestor", 0, 1) + value(found, "ancestor", 1, 0) == pytest.approx(
        1.0, abs=1e-6
    )
    assert value(found, "effect", 0, 1) == pytest.approx(
        np.average([0.5, -0.2, 1.0, 9.0], weights=weights)
    )
    shares = [chain["weight"] for chain in found.summary["chains"]]
    assert shares == pytest.approx(weights / weights.sum(), abs=1e-4)
    equals = weights.sum() ** 2 / (weights**2).sum()
    assert found.summary["chains_of_equal_weight"] == pytest.approx(equals, abs=0.05)


def test_equal_chains_weigh_the_same(data):
    found = combined(data, outcome(data, 40, 7.0), outcome(data, 0, 7.0))
    assert value(found, "ancestor", 0, 1) == 0.5
    assert found.summary["largest_deviation_between_chains"] == 0.5


def test_one_chain_has_nothing_to_compare_with(data):
    found = combined(data, outcome(data, 40, 0.0), outcome(data, 0, 50.0))
    assert found.summary["largest_deviation_between_chains"] is None
    # All graphs of the only chain that weighs have the edge: that leaves 1 / 41 open at the most.
    assert 40 / 41 <= value(found, "direct", 0, 1) <= 1.0
    assert value(found, "ancestor", 0, 1) == 1.0


def test_order_of_chains_is_of_no_account(data, rng):
    chains = [outcome(data, n, elpd_diff) for n, elpd_diff in ((13, 0.0), (40, 3.0), (2, 11.0))]
    first = combined(data, *chains)
    again = combined(data, *(chains[k] for k in rng.permutation(3)))
    for name, column in vars(first.pairs).items():
        np.testing.assert_array_equal(column, getattr(again.pairs, name))


@pytest.mark.parametrize(
    ("chains", "says"),
    [
        ([(38, 0.0), (39, 1.0), (40, 2.0), (38, 0.5)], True),
        ([(38, 0.0), (20, 1.0), (40, 2.0), (38, 0.5)], False),
        # Those that disagree weigh nothing.
        ([(38, 0.0), (0, 50.0), (39, 1.0), (39, 0.0)], True),
        # One is ahead of all others, and may yet be behind.
        ([(38, 0.0), (38, 8.0), (38, 9.0), (38, 10.0)], False),
        ([(38, 0.0)], False),
    ],
)
def test_chains_agree_where_enough_of_them_say_the_same(data, chains, says):
    assert agree([outcome(data, n, elpd_diff) for n, elpd_diff in chains]) == says


@pytest.mark.parametrize(
    ("chains", "says"),
    [
        # What they weigh is of no account where they say the same.
        ([(38, 0.0), (38, 8.0), (38, 9.0), (38, 10.0)], True),
        ([(38, 0.0), (39, 50.0), (40, 50.0), (38, 50.0)], True),
        ([(38, 0.0), (20, 50.0), (40, 50.0), (38, 50.0)], False),
        # As without traits: those that disagree weigh nothing.
        ([(38, 0.0), (0, 50.0), (39, 1.0), (39, 0.0)], True),
        ([(38, 0.0)], False),
    ],
)
def test_with_traits_chains_agree_whatever_they_weigh(data, chains, says):
    chains = [outcome(data, n, elpd_diff) for n, elpd_diff in chains]
    assert agree(chains, with_traits=True) == says


@pytest.mark.parametrize(
    ("ahead", "n_taken", "asked_for"),
    [
        ([True, True, False, True], 4, True),
        ([True, False, True, False], 4, False),
        ([False, True, True, True], 4, True),
        ([False, False, True, True], 2, False),
        ([True, True], 2, True),
        ([False, True], 1, False),
    ],
)
def test_chains_with_factors_are_waited_for_while_they_may_be_chosen(
    data, ahead, n_taken, asked_for
):
    without = [outcome(data, 40, 0.0), outcome(data, 38, 60.0)]
    # Those that are as good as the best without factors are not ahead of it.
    chains = [outcome(data, 40, -0.1 if one else 0.0) for one in ahead]
    taken, closed = [], []

    def under_way():
        try:
            for one in chains:
                taken.append(one)
                yield one
        finally:
            closed.append(True)

    within, found = _while_ahead(under_way(), len(chains), without)
    assert found == asked_for
    assert len(within) == len(taken) == n_taken
    assert all(one is other for one, other in zip(within, chains[:n_taken], strict=True))
    assert closed == [True]


def test_models_are_compared_by_loo_where_all_chains_have_it(data):
    """WAIC would take the other one."""
    without = [outcome(data, 40, 0.0)._replace(elpd_loo=(-50.0, 0.2)) for _ in range(2)]
    within = outcome(data, 40, 9.0)._replace(elpd_loo=(-49.5, 0.4))
    assert is_ahead(within, without)
    assert not is_ahead(within._replace(elpd_loo=(-50.0, 0.4)), without)
    assert not is_ahead(within, [*without, outcome(data, 40, 0.0)])
    assert is_ahead(outcome(data, 40, -0.1), without)
