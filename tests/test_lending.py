"""Tuples that kernels take by their address."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import NamedTuple

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.jit import borrowing_kernel, inner_kernel, kernel
from genesis.lending import lent


@lent
class Inside(NamedTuple):
    weight: np.ndarray


@lent
class Given(NamedTuple):
    values: np.ndarray
    count: int
    is_marked: np.ndarray
    table: np.ndarray
    inside: Inside


@inner_kernel
def _own_copy(given, row):
    """A part that owns arrays of its own, and looks up those of the tuple in a loop."""
    copied = np.empty(given.table.shape[1])
    for k in range(given.table.shape[1]):
        copied[k] = given.table[row, k]
    return copied


@borrowing_kernel
def _weighed(given, k):
    return given.values[k] * given.inside.weight[k] if given.is_marked[k] else 0.0


@kernel
def work(given):
    total = 0.0
    for k in range(given.count):
        given.table[0, k] += 1.0
        total += _weighed(given, k) + _own_copy(given, 0)[k]
    return total


def plainly(given):
    total = 0.0
    for k in range(given.count):
        given.table[0, k] += 1.0
        total += given.values[k] * given.inside.weight[k] if given.is_marked[k] else 0.0
        total += given.table[0, k]
    return total


def given_of(seed, size=7):
    rng = np.random.default_rng(seed)
    return Given(
        rng.normal(size=size),
        size,
        rng.random(size) < 0.5,
        rng.normal(size=(2, size)),
        Inside(rng.normal(size=size)),
    )


@given(st.integers(0, 1000), st.integers(0, 9))
def test_kernels_read_and_write_what_is_lent(seed, size):
    mine, others = given_of(seed, size), given_of(seed, size)
    for _ in range(2):
        assert work(mine) == pytest.approx(plainly(others), rel=1e-12, abs=1e-12)
    np.testing.assert_array_equal(mine.table, others.table)


def test_nothing_is_kept_of_what_was_lent():
    mine = given_of(1)
    work(mine)
    arrays = [*(part for part in mine if isinstance(part, np.ndarray)), mine.inside.weight]
    before = [sys.getrefcount(array) for array in arrays]
    for _ in range(100):
        work(mine)
    assert [sys.getrefcount(array) for array in arrays] == before
    gone = weakref.ref(mine.inside.weight)
    del mine, arrays
    gc.collect()
    assert gone() is None


@kernel
def look_at_number(given):
    return given.count


class Plain(NamedTuple):
    weight: np.ndarray


@pytest.mark.parametrize("unread", [["a"], object(), Plain(np.zeros(2)), np.random.default_rng(1)])
@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="without the JIT tuples are what they are")
def test_a_field_of_another_kind_is_refused_even_where_it_is_not_read(unread):
    assert look_at_number(given_of(1)) == 7
    with pytest.raises(TypeError, match="table of Given cannot be lent"):
        look_at_number(given_of(1)._replace(table=unread))
