"""Tables of pairs, and claims made from them, against the same on whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis.graphs.bit_matrix import as_matrix, bits_of
from genesis.graphs.reachability import transitive_closure
from genesis.posterior.chains.chain_weights import ChainOutcome, deviations
from genesis.posterior.chains.pair_counts import Graphs, counts_of_pairs
from genesis.posterior.claims.claims import claim_ancestors, doubtful_pairs, make_claims
from genesis.posterior.claims.pair_table import Pairs, PairTable, join, spread
from genesis.posterior.model.state import Tally
from tests.posterior.dense import (
    claims_by_matrices,
    columns_of,
    doubt_of_nonancestors,
    matrix_of,
)


def random_dag(rng, n, share):
    order = rng.permutation(n)
    return np.triu(rng.random((n, n)) < share, 1)[np.ix_(order, order)]


def causal_order(edges):
    depth = np.array([transitive_closure(edges)[:, gene].sum() for gene in range(len(edges))])
    return np.argsort(depth, kind="stable")


def graphs_of(dags, loads):
    """As a chain lists them: by target, ancestors first."""
    edges = [
        [
            (cause, target)
            for target in causal_order(dag)
            for cause in np.flatnonzero(dag[:, target])
        ]
        for dag in dags
    ]
    bits = np.zeros((*loads.shape[:2], -(-loads.shape[2] // 64)), dtype=np.uint64)
    for graph, gene, factor in np.argwhere(loads):
        bits[graph, gene, factor // 64] |= np.uint64(1) << np.uint64(factor % 64)
    return Graphs(
        np.array([edge for one in edges for edge in one], dtype=np.int32).reshape(-1, 2).T.copy(),
        np.cumsum([len(one) for one in edges]),
        bits,
    )


@pytest.mark.parametrize(
    ("n_genes", "n_graphs", "n_factors", "share"),
    [(1, 1, 0, 0.5), (7, 3, 2, 0.5), (64, 9, 0, 0.02), (130, 8, 70, 0.03), (70, 255, 3, 0.4)],
)
def test_pairs_are_counted_as_one_by_one(rng, n_genes, n_graphs, n_factors, share):
    dags = [random_dag(rng, n_genes, share) for _ in range(n_graphs)]
    loads = rng.random((n_graphs, n_genes, n_factors)) < 0.1
    ancestor, confounded, direct = np.zeros((3, n_genes, n_genes), dtype=int)
    for dag, factors in zip(dags, loads, strict=True):
        below = transitive_closure(dag)
        ancestor += below
        confounded += below & (factors.astype(int) @ factors.T.astype(int) > 0)
        direct += dag
    asked = np.argwhere(rng.random((n_genes, n_genes)) < 0.1)[:, ::-1]
    asked = asked[asked[:, 0] != asked[:, 1]]
    code = rng.integers(0, 256, len(asked)).astype(np.uint8)
    parts = np.array_split(np.arange(n_graphs), 3)
    graphs = Graphs.of(
        [graphs_of([dags[k] for k in part], loads[part]) for part in parts if len(part)]
    )
    found = counts_of_pairs(graphs, *asked.T.astype(np.int32), code)
    pairs = Pairs(found["start"], found["target"])
    for name, expected in (
        ("ancestor", ancestor), ("confounded", confounded), ("direct", direct)
    ):  # fmt: skip
        assert found[name].dtype == np.uint8
        np.testing.assert_array_equal(matrix_of(pairs, found[name]), expected)
    wanted = np.full((n_genes, n_genes), 255)
    wanted[asked[:, 0], asked[:, 1]] = code
    held = matrix_of(pairs, np.ones(len(pairs.target), dtype=int)) == 1
    is_asked = np.zeros_like(held)
    is_asked[asked[:, 0], asked[:, 1]] = True
    np.testing.assert_array_equal(held, (ancestor > 0) | is_asked)
    np.testing.assert_array_equal(matrix_of(pairs, found["edge_probability"])[held], wanted[held])


def test_tables_are_joined_and_looked_up(rng):
    n = 9
    matrices = [
        rng.integers(1, 200, (n, n)) * (rng.random((n, n)) < share) for share in (0.3, 0.0, 0.7)
    ]
    for matrix in matrices:
        np.fill_diagonal(matrix, 0)
    tables = [Pairs.of(*np.nonzero(matrix), n) for matrix in matrices]
    every = join(tables)
    np.testing.assert_array_equal(
        matrix_of(every, np.ones(len(every.target))), np.any(matrices, axis=0)
    )
    for matrix, table in zip(matrices, tables, strict=True):
        values = matrix[np.nonzero(matrix)].astype(np.uint8)
        found = spread(values, table, every, absent=7)
        expected = np.where(matrix == 0, 7, matrix) * np.any(matrices, axis=0)
        np.testing.assert_array_equal(matrix_of(every, found), expected)
    table = PairTable.from_dense(matrices[0] / 200, effect=matrices[2] - 100.0)
    a, b = np.nonzero(np.ones((n, n)))
    expected = (matrices[0] / 200).astype(np.float32)
    np.testing.assert_array_equal(table.at(table.ancestor, a, b), expected[a, b])
    np.testing.assert_array_equal(
        table.reverse(table.ancestor), expected[table.target, table.cause]
    )
    assert table.effect.dtype == np.float32
    assert not table.direct.any()
    assert table.uncalibrated is table.ancestor


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(1, 14), st.sampled_from([0.01, 0.05, 0.2, 0.6]),
    st.sampled_from([None, 0.5, 0.9]), st.booleans(), st.floats(0.05, 0.6),
)  # fmt: skip
def test_claims_are_those_made_on_matrices(seed, n, fdr, min_posterior, is_calibrated, share):
    """Shares of random graphs, so that there are ties, circles, and pairs in no graph."""
    rng = np.random.default_rng(seed)
    common = random_dag(rng, n, share)
    graphs = [
        transitive_closure(common if rng.random() < 0.7 else random_dag(rng, n, 0.15))
        for _ in range(20)
    ]
    before = np.mean(graphs, axis=0, dtype=np.float32)
    ancestor = (before * np.float32(0.75)) if is_calibrated else before
    unsupported = (rng.random((n, n)) < 0.2) if is_calibrated else None
    pairs = PairTable.from_dense(ancestor, uncalibrated=before)
    found = make_claims(
        pairs, fdr, min_posterior,
        unsupported=None if unsupported is None else unsupported[pairs.cause, pairs.target],
    )  # fmt: skip
    codes, by_closure, least, expected = claims_by_matrices(
        ancestor, fdr, min_posterior, before, unsupported
    )
    np.testing.assert_array_equal(found.codes(), codes)
    np.testing.assert_array_equal(as_matrix(found.by_closure), by_closure)
    for name in ("ancestor", "unrelated", "nondescendant"):
        is_claimed = not np.isnan(expected[name])
        assert found.expected_fdr[name] == pytest.approx(expected[name], nan_ok=True, abs=1e-6)
        assert np.isnan(found.least[name]) != is_claimed
        if is_claimed:
            assert found.least[name] == np.float32(least[name])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(1, 10), st.sampled_from([0.02, 0.3, 0.6]), st.floats(0, 1)
)
def test_the_doubt_is_that_of_the_most_doubtful_relation_ruled_out(seed, n, absent, most):
    """Also where pairs that are not listed may have more than the level."""
    rng = np.random.default_rng(seed)
    precedes = transitive_closure(random_dag(rng, n, 0.3))
    posterior = np.where(rng.random((n, n)) < 0.5, rng.random((n, n)), 0).astype(np.float32)
    np.fill_diagonal(posterior, 0)
    pairs = PairTable.from_dense(posterior)
    reach = bits_of(*np.nonzero(precedes), n)
    posterior[(posterior == 0) & ~np.eye(n, dtype=bool)] = absent
    expected = doubt_of_nonancestors(posterior, precedes) > np.float32(most)
    off = ~np.eye(n, dtype=bool)
    found = as_matrix(doubtful_pairs(pairs, reach, most, absent))
    np.testing.assert_array_equal(found[off], expected[off])


def test_what_is_not_listed_costs_what_it_is_said_to():
    """0 ≺ 2 follows: it is nearly as good as false, or as good as its posterior."""
    posterior = np.array([[0, 0.98, 0], [0, 0, 0.98], [0, 0, 0]])
    pairs = PairTable.from_dense(posterior)
    for absent, n in ((0.0, 1), (0.5, 3)):
        found = claim_ancestors(pairs, 0.2, None, absent=absent)
        # Both have one posterior, and share their fate.
        assert np.bitwise_count(found.reach).sum() == (n if n == 3 else 0)
    assert found.expected_fdr == pytest.approx(0.54 / 3)


def test_deviations_are_those_of_all_pairs(rng):
    n, n_graphs, weights = 8, 50, [255, 255, 90]
    counts = rng.integers(0, n_graphs + 1, (3, n, n)) * (rng.random((3, n, n)) < 0.5)
    for one in counts:
        np.fill_diagonal(one, 0)
    nothing = Tally(*[np.zeros(0)] * len(Tally._fields))._replace(n=np.array([n_graphs]))
    kept = [
        ChainOutcome(0, nothing._replace(**columns_of(n, ancestor=one)), np.zeros(3), None, weight)
        for one, weight in zip(counts, weights, strict=True)
    ]
    shares = counts / n_graphs
    mean = np.average(shares, axis=0, weights=weights)
    deviation = np.sqrt(np.average((shares - mean) ** 2, axis=0, weights=weights))
    relative = deviation[mean >= 0.1].sum() / mean[mean >= 0.1].sum()
    differ = (deviation >= 0.1) & (mean >= 0.1)
    most = np.argsort(-np.where(differ, deviation, 0), axis=None, kind="stable")[:5]
    assert list(deviations(kept).values()) == [
        round(deviation.max(), 4),
        round(relative, 4),
        int((mean >= 0.1).sum()),
        int(differ.sum()),
        [(int(k // n), int(k % n), round(deviation.flat[k], 4)) for k in most],
    ]
    alone = deviations(kept[:1])
    assert set(alone.values()) == {None}
    assert list(alone) == list(deviations(kept))
