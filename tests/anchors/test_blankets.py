"""Nearest ancestors against a search that refits every test."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.anchors import blanket_kernels
from genesis.anchors.blankets import NearestAncestors, find_nearest_ancestors
from genesis.linear.unit_rows import unit_rows
from tests import naive


def intercept(n):
    return np.full((n, 1), 1 / np.sqrt(n))


def linked_data(rng, n=150, n_variants=25, n_genes=4):
    """Variants in LD and genes that depend on some of them."""
    z = np.cumsum(rng.normal(size=(n, n_variants)) * rng.uniform(0.3, 2, n_variants), axis=1)
    weights = rng.normal(size=(n_variants, n_genes)) * (rng.random((n_variants, n_genes)) < 0.25)
    return np.hstack([z, z @ weights + 2 * rng.normal(size=(n, n_genes))])


@pytest.mark.parametrize("strongest_first", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_blankets_agree_with_refitting(strongest_first, seed):
    rng = np.random.default_rng(seed)
    data = linked_data(rng)
    rows, _ = unit_rows(data, intercept(len(data)))
    pools = NearestAncestors.from_lists(
        [np.sort(rng.choice(25, size=rng.integers(1, 25), replace=False)) for _ in range(4)]
    )
    found = find_nearest_ancestors(
        rows, np.arange(25, len(rows)), pools, 150, 0.05, strongest_first, threads=1
    )
    correlation = np.corrcoef(data.T)
    for gene in range(4):
        expected = naive.blanket(
            correlation, 150, 25 + gene, list(pools.of(gene)), 0.05, strongest_first
        )
        assert found.of(gene).tolist() == expected


def test_dropping_begins_anew_with_the_first_member():
    """p of the members given the rest: 0.04, 0.26, ...; without the second 0.08 and 0.25.

    So the second goes, and then the first; going on from the second drops the third instead.
    """
    correlation = np.array(
        [[1, 0.71, 0.56, 0.28], [0.71, 1, 0.46, 0.13], [0.56, 0.46, 1, 0.25], [0.28, 0.13, 0.25, 1]]
    )
    stays = np.empty(3, dtype=np.bool_)
    blanket_kernels.shrink(np.linalg.inv(correlation), 100, np.log(0.05), stays)
    assert stays.tolist() == [False, False, True]


def test_number_of_members_is_limited(rng):
    n = 16
    z = rng.normal(size=(n, 12))
    data = np.column_stack([z, z.sum(axis=1)])
    rows, _ = unit_rows(data, intercept(n))
    chosen = np.empty(12, dtype=np.int64)
    size, _, _ = blanket_kernels.grow(rows, 12, np.arange(12), n, -0.001, 4, True, chosen)
    assert size == 4


@pytest.mark.parametrize("strongest_first", [True, False])
def test_of_variants_in_perfect_ld_the_first_is_chosen(rng, strongest_first):
    z = rng.binomial(2, 0.4, size=(200, 3)).astype(float)
    data = np.column_stack([z, 2 - z[:, 1], z[:, 1], z[:, 1] + rng.normal(size=200)])
    rows, _ = unit_rows(data, intercept(200))
    for pool in ([1, 3, 4], [0, 3, 4]):
        pools = NearestAncestors.from_lists([np.array(pool)])
        found = find_nearest_ancestors(
            rows, np.arange(5, len(rows)), pools, 200, 0.05, strongest_first, threads=1
        )
        assert [v for v in found.of(0) if v in (1, 3, 4)] == [min(set(pool) & {1, 3, 4})]


def test_empty_pool_and_explained_target(rng):
    z = rng.normal(size=(50, 3))
    data = np.column_stack([z, z[:, 0] + z[:, 1], rng.normal(size=50)])
    rows, _ = unit_rows(data, intercept(50))
    pools = NearestAncestors.from_lists([np.arange(3), np.empty(0, dtype=np.int64)])
    found = find_nearest_ancestors(rows, np.arange(3, len(rows)), pools, 50, 0.05, True, threads=1)
    assert found.of(0).tolist() == [0, 1]
    assert found.of(1).tolist() == []


def test_threads_change_nothing(rng):
    data = linked_data(rng, n_genes=30)
    rows, _ = unit_rows(data, intercept(len(data)))
    pools = NearestAncestors.from_lists([np.arange(25)] * 30)
    one, three = (
        find_nearest_ancestors(
            rows, np.arange(25, len(rows)), pools, 150, 0.05, True, threads=threads
        )
        for threads in (1, 3)
    )
    assert np.array_equal(one.start, three.start)
    assert np.array_equal(one.member, three.member)
