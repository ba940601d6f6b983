"""The kernels of the learners against slow obvious versions."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from genesis.learners.independence_tests import FisherTests
from genesis.learners.scores import BICScores
from genesis.linear.partial_correlation import independence_test


@pytest.fixture
def correlation(rng):
    x = rng.normal(size=(60, 7)) @ rng.normal(size=(7, 7))
    x[:, 6] = x[:, 0] + x[:, 1]
    return np.corrcoef(x.T)


def test_subsets_are_tried_in_order_and_counted(correlation):
    alpha = 0.3
    for x, y in combinations(range(6), 2):
        for fixed in ([], [4]):
            free = [k for k in range(7) if k not in (x, y, *fixed)]
            for size in range(4):
                if set(fixed) & {x, y}:
                    continue
                tests = FisherTests(correlation, 60, alpha)
                expected, n_tests, n_untestable = None, 0, 0
                for chosen in combinations(free, size):
                    log_p = independence_test(correlation, 60, x, y, [*fixed, *chosen]).log_p
                    if np.isnan(log_p):
                        n_untestable += 1
                        continue
                    n_tests += 1
                    if log_p > np.log(alpha):
                        expected = frozenset([*fixed, *chosen])
                        break
                assert tests.separate(x, y, fixed, free, size) == expected
                assert (tests.n_tests, tests.n_untestable) == (n_tests, n_untestable)


def test_margins_are_those_of_single_tests(correlation):
    tests = FisherTests(correlation, 60, 0.3)
    first, second = np.triu_indices(6, 1)
    expected = [
        independence_test(correlation, 60, x, y).log_p > np.log(0.3)
        for x, y in zip(first, second, strict=True)
    ]
    assert tests.independent_pairs(first, second).tolist() == expected
    assert tests.n_tests == len(first)


def test_too_few_samples_are_no_independence(correlation):
    tests = FisherTests(correlation, 5, 0.3)
    assert tests.separate(0, 1, [], [2, 3], 2) is None
    assert (tests.n_tests, tests.n_untestable) == (0, 1)


def naive_score(correlation, n, penalty, target, parents):
    parents = list(parents)
    inner = correlation[np.ix_(parents, parents)]
    to = correlation[parents, target]
    variance = 1.0 - to @ np.linalg.solve(inner, to) if parents else 1.0
    return -0.5 * n * np.log(variance) - 0.5 * penalty * np.log(n) * len(parents)


def test_scores_are_those_of_regressions(correlation):
    scores = BICScores(correlation, 60, 1.5)
    for size in range(4):
        for parents in combinations([0, 1, 2, 4, 5], size):
            expected = naive_score(correlation, 60, 1.5, 3, parents)
            assert scores.score(3, frozenset(parents)) == pytest.approx(expected, rel=1e-9)
    made = scores.n_scores
    scores.score(3, frozenset((0, 1)))
    assert scores.n_scores == made
    assert scores.score(3, frozenset((0, 1, 6))) == -np.inf


def naive_grow_shrink(correlation, n, penalty, target, required, candidates):
    parents = list(required)

    def score(members):
        return naive_score(correlation, n, penalty, target, members)

    while True:
        rest = [k for k in candidates if k not in parents]
        best = max(rest, key=lambda k: score([*parents, k]), default=None)
        if best is None or score([*parents, best]) <= score(parents):
            break
        parents.append(best)
    while True:
        rest = [k for k in parents if k not in required]
        fewer = {k: score([one for one in parents if one != k]) for k in rest}
        best = max(fewer, key=fewer.get, default=None)
        if best is None or fewer[best] <= score(parents):
            return score(parents), sorted(parents)
        parents.remove(best)


def test_grow_and_shrink_choose_as_the_obvious_way_does(rng):
    dropped = 0
    for _ in range(100):
        x = rng.normal(size=(80, 9)) @ np.where(rng.random((9, 9)) < 0.3, 1, np.eye(9))
        x += rng.normal(size=(80, 9))
        correlation = np.corrcoef(x.T)
        required, candidates = np.zeros((2, 9), dtype=bool)
        required[rng.choice(8, 1)] = rng.random() < 0.5
        candidates[:8] = rng.random(8) < 0.8
        free = np.flatnonzero(candidates & ~required).tolist()
        scores = BICScores(correlation, 80, 0.7)
        score, parents = scores.best_parents(8, required, candidates)
        fixed = np.flatnonzero(required).tolist()
        expected, members = naive_grow_shrink(correlation, 80, 0.7, 8, fixed, free)
        assert sorted(parents.tolist()) == members
        assert score == pytest.approx(expected, rel=1e-9, abs=1e-9)
        dropped += scores.n_scores > 1
    assert dropped > 50
