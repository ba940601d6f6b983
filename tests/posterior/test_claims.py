"""Claims from posteriors."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis.evaluate.truth import transitive_closure
from genesis.graphs.bit_matrix import as_matrix, pairs_of
from genesis.graphs.codes import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, UNRESOLVED
from genesis.graphs.nonancestors import implied_nonancestors
from genesis.posterior.claims.claims import make_claims
from genesis.posterior.claims.pair_table import PairTable
from tests.posterior.dense import doubt_of_nonancestors


def claims_of(posterior, fdr, min_posterior):
    return make_claims(PairTable.from_dense(posterior), fdr, min_posterior)


def posterior_of(n, entries):
    matrix = np.zeros((n, n), dtype=np.float32)
    for (a, b), value in entries.items():
        matrix[a, b] = value
    return matrix


def test_expected_false_discoveries_set_the_cut():
    posterior = posterior_of(6, {(0, 1): 1.0, (2, 3): 0.9, (4, 5): 0.6})
    claimed = claims_of(posterior, 0.06, None).codes() == ANCESTOR
    assert set(zip(*np.nonzero(claimed), strict=True)) == {(0, 1), (2, 3)}
    claims = claims_of(posterior, 0.2, None)
    assert np.count_nonzero(claims.codes() == ANCESTOR) == 3
    assert claims.expected_fdr["ancestor"] == pytest.approx(0.5 / 3)
    assert claims.least["ancestor"] == pytest.approx(0.6)
    above = claims_of(posterior, 0.05, 0.9).codes() == ANCESTOR
    assert set(zip(*np.nonzero(above), strict=True)) == {(0, 1), (2, 3)}


def test_what_follows_is_claimed_with_its_own_posterior():
    posterior = posterior_of(3, {(0, 1): 0.95, (1, 2): 0.95, (0, 2): 0.4})
    claims = claims_of(posterior, 0.3, None)
    assert claims.codes()[0, 2] == ANCESTOR
    assert list(zip(*pairs_of(claims.by_closure), strict=True)) == [(0, 2)]
    assert claims.expected_fdr["ancestor"] == pytest.approx((0.05 + 0.05 + 0.6) / 3)
    # The doubt about what follows counts: at a stricter level the second link is not claimed.
    strict = claims_of(posterior, 0.06, None)
    assert np.count_nonzero(strict.codes() == ANCESTOR) < 3


def test_what_follows_counts_with_its_own_posterior():
    """The rate that is stated is that of all claims; without what follows it would be too low."""
    rng = np.random.default_rng(3)
    n_genes, stated, without, false, variance, n_followed = 12, 0.0, 0.0, 0, 0.0, 0
    for _ in range(1500):
        # The truth is drawn as the graphs are whose mean the posterior is.
        names = rng.permutation(n_genes)
        chance = rng.uniform(0.3, 1.0, size=(n_genes,) * 2) * (rng.random((n_genes,) * 2) < 0.15)
        graphs = [
            transitive_closure(np.triu(rng.random((n_genes,) * 2) < chance, 1))[
                np.ix_(names, names)
            ]
            for _ in range(60)
        ]
        truth = graphs.pop()
        posterior = np.mean(graphs, axis=0, dtype=np.float32)
        claims = claims_of(posterior, 0.3, None)
        claimed = claims.codes() == ANCESTOR
        by_closure = as_matrix(claims.by_closure)
        by_themselves = claimed & ~by_closure
        assert (transitive_closure(by_themselves) == claimed).all()
        if not by_closure.any():
            continue
        stated += claims.expected_fdr["ancestor"] * np.count_nonzero(claimed)
        without += (1.0 - posterior[by_themselves]).sum()
        false += np.count_nonzero(claimed & ~truth)
        variance += (posterior[claimed] * (1.0 - posterior[claimed])).sum()
        n_followed += np.count_nonzero(by_closure)
    assert n_followed > 500
    # Pairs of one data set are not independent: they vary by more than this says.
    assert abs(stated - false) < 4 * np.sqrt(variance)
    assert without < false - 4 * np.sqrt(variance)


def test_pairs_of_one_posterior_share_their_fate():
    posterior = posterior_of(8, {(0, 1): 1.0, (2, 3): 0.9, (4, 5): 0.9, (6, 7): 0.9})
    assert np.count_nonzero(claims_of(posterior, 0.06, None).codes() == ANCESTOR) == 1
    assert np.count_nonzero(claims_of(posterior, 0.08, None).codes() == ANCESTOR) == 4


def test_unrelated_and_nondescendants():
    posterior = posterior_of(3, {(0, 1): 0.6, (1, 0): 0.01, (0, 2): 0.02, (1, 2): 0.5, (2, 1): 0.4})
    codes = claims_of(posterior, 0.05, 0.9).codes()
    assert (codes[0, 1], codes[1, 0]) == (NONDESCENDANT, NOT_ANCESTOR)
    assert (codes[0, 2], codes[2, 0]) == (NOT_ANCESTOR, NOT_ANCESTOR)
    assert (codes[1, 2], codes[2, 1]) == (UNRESOLVED, UNRESOLVED)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9), st.floats(0.01, 0.5))
def test_claims_never_contradict_each_other(seed, n, fdr):
    rng = np.random.default_rng(seed)
    posterior = rng.random((n, n)).astype(np.float32)
    np.fill_diagonal(posterior, 0)
    posterior = np.where(posterior > posterior.T, posterior, np.minimum(posterior, 1 - posterior.T))
    claims = claims_of(posterior.astype(np.float32), fdr, None)
    codes = claims.codes()
    graph = nx.from_numpy_array(codes == ANCESTOR, create_using=nx.DiGraph)
    assert nx.is_directed_acyclic_graph(graph)
    assert set(nx.transitive_closure(graph).edges) == set(graph.edges)
    assert (codes.T[codes == ANCESTOR] == NOT_ANCESTOR).all()
    assert ((codes == UNRESOLVED) == (codes.T == UNRESOLVED)).all()
    expected = claims.expected_fdr["ancestor"]
    assert np.isnan(expected) or expected <= fdr + 1e-6
    order = rng.permutation(n)
    shuffled = claims_of(posterior[np.ix_(order, order)].astype(np.float32), fdr, None).codes()
    np.testing.assert_array_equal(shuffled, codes[np.ix_(order, order)])


def test_sure_pairs_do_not_pay_for_doubtful_ones():
    """Each ruled-out direction is as sure as the level by itself, however many are surer."""
    n = 40
    posterior = np.zeros((n, n), dtype=np.float32)
    posterior[0, 1], posterior[2, 3], posterior[3, 2] = 0.45, 0.03, 0.03
    posterior[4, 5], posterior[6, 7], posterior[7, 6] = 0.05, 0.3, 0.05
    claims = claims_of(posterior, 0.05, None)
    codes = claims.codes()
    # Neither of 0 and 1, but 1 is not an ancestor of 0.
    assert (codes[0, 1], codes[1, 0]) == (NONDESCENDANT, NOT_ANCESTOR)
    # One direction of 2 and 3 alone could be ruled out, and none is likelier than the other.
    assert (codes[2, 3], codes[3, 2]) == (UNRESOLVED, UNRESOLVED)
    assert (codes[4, 5], codes[5, 4]) == (NOT_ANCESTOR, NOT_ANCESTOR)
    assert (codes[6, 7], codes[7, 6]) == (NONDESCENDANT, NOT_ANCESTOR)
    assert claims.least["unrelated"] == pytest.approx(0.95)
    assert claims.least["nondescendant"] == pytest.approx(0.95)
    n_unrelated = n * (n - 1) // 2 - 3
    assert np.count_nonzero(np.triu((codes == 0) & (codes.T == 0), 1)) == n_unrelated
    assert claims.expected_fdr["unrelated"] == pytest.approx(0.05 / n_unrelated)
    assert claims.expected_fdr["nondescendant"] == pytest.approx(0.05 / 2)
    # At any level a claim is likelier than not.
    lenient = claims_of(posterior, 0.9, None).codes()
    assert (lenient[0, 1], lenient[1, 0]) == (NOT_ANCESTOR, NOT_ANCESTOR)
    posterior[0, 1] = 0.5
    assert claims_of(posterior, 0.9, None).codes()[0, 1] == NONDESCENDANT


def test_nothing_is_ruled_out_that_rules_out_more_than_is_sure():
    # More genes, so that open pairs are few.
    posterior = posterior_of(9, {(0, 1): 0.97, (1, 2): 0.3, (0, 2): 0.01, (3, 1): 0.2})
    codes = claims_of(posterior, 0.05, None).codes()
    assert codes[0, 1] == ANCESTOR
    # That 0 is not an ancestor of 2 would say the same of 1; the other way round nothing follows.
    assert (codes[0, 2], codes[2, 0]) == (NONDESCENDANT, NOT_ANCESTOR)
    assert (codes[1, 2], codes[2, 1]) == (NONDESCENDANT, NOT_ANCESTOR)
    # 3 may be an ancestor of 1 without being one of 0.
    assert (codes[0, 3], codes[3, 0]) == (NOT_ANCESTOR, NOT_ANCESTOR)
    posterior[0, 1] = 0.4
    assert claims_of(posterior, 0.05, None).codes()[0, 2] == NOT_ANCESTOR


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0.01, 0.4), st.booleans())
def test_all_that_is_ruled_out_is_as_sure_as_the_level(seed, n, level, by_posterior):
    """What follows from claims of all kinds together too, but for what ancestors alone rule out."""
    rng = np.random.default_rng(seed)
    graphs = [
        transitive_closure(np.triu(rng.random((n, n)) < 0.1 + 0.2 * (k > 2), 1)) for k in range(8)
    ]
    posterior = np.mean(graphs, axis=0, dtype=np.float32)
    if by_posterior:
        claims = claims_of(posterior, 0.05, 1.0 - level)
    else:
        claims = claims_of(posterior, level, None)
    codes = claims.codes()
    precedes = codes == ANCESTOR
    neither = (codes == NOT_ANCESTOR) & (codes.T == NOT_ANCESTOR)
    np.fill_diagonal(neither, False)
    stated = neither | (codes == NONDESCENDANT).T
    by_ancestors = implied_nonancestors(np.zeros_like(stated), precedes)
    ruled_out = implied_nonancestors(stated, precedes) & ~by_ancestors
    assert (posterior[ruled_out] <= np.float32(level)).all()
    assert not (ruled_out & precedes).any()
    # And nothing is left out that could have been said.
    doubt = doubt_of_nonancestors(posterior, precedes)
    either = posterior + posterior.T
    rather = np.triu((either < 0.5) & ~(precedes | precedes.T), 1)
    missed = either[rather].mean() if rather.any() else 0.0
    either = np.maximum(np.maximum(either, missed), np.maximum(doubt, doubt.T))
    claimed = stated | stated.T | precedes | precedes.T
    assert (claimed | (either > np.float32(level)) | np.eye(n, dtype=bool)).all()


def test_no_pair_is_surely_unrelated_where_most_are_doubtful():
    n = 12
    posterior = np.triu(np.full((n, n), 0.0625, dtype=np.float32), 1)
    posterior[0, 1:3] = 0.03125
    codes = claims_of(posterior, 0.05, None).codes()
    assert not ((codes == NOT_ANCESTOR) & (codes.T == NOT_ANCESTOR) & ~np.eye(n, dtype=bool)).any()
    # One direction is ruled out all the same.
    assert (codes[np.triu_indices(n, 1)] == NONDESCENDANT).all()
    assert (codes[0, 1], codes[1, 0]) == (NONDESCENDANT, NOT_ANCESTOR)
    # A pair whose direction alone is open says nothing of what is missed.
    posterior[:] = 0
    posterior[0, 1:3], posterior[3, 4:], posterior[4:, 3] = 0.03125, 0.5, 0.46875
    codes = claims_of(posterior, 0.05, None).codes()
    assert (codes[0, 1], codes[1, 0]) == (NOT_ANCESTOR, NOT_ANCESTOR)
    assert (codes[3, 4], codes[4, 3]) == (UNRESOLVED, UNRESOLVED)
