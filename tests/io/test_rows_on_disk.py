"""Rows in a temporary file are those that were put there, whatever is asked of them."""

from __future__ import annotations

import errno
import gc
import os
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.engine.threads import map_ordered
from genesis.errors import OutputWriteError
from genesis.io import dosage_matrix, rows_on_disk
from genesis.io.dosage_matrix import GrowingRows
from genesis.io.rows_on_disk import RowsOnDisk, marked_rows, places_of


@pytest.fixture
def table(rng):
    """A table in a file, and the same in memory."""
    whole = rng.integers(0, 256, size=(200, 7)).astype(np.uint8)
    found = RowsOnDisk(7, np.uint8)
    for first, last in ((0, 3), (3, 3), (3, 150), (150, 200)):
        found.append(whole[first:last])
    return found, whole


@pytest.mark.parametrize("apart", [1, 20, 1 << 20])
def test_all_that_is_asked_of_it(table, rng, monkeypatch, apart):
    monkeypatch.setattr(rows_on_disk, "_APART", apart)
    monkeypatch.setattr(rows_on_disk, "_AT_ONCE", 90)
    found, whole = table
    assert (len(found), found.shape, found.dtype, found.nbytes) == (200, (200, 7), np.uint8, 0)
    drawn = rng.integers(-200, 200, size=60)
    for key in (slice(None), slice(5, 9), slice(9, 5), slice(-3, None), slice(0, 200, 7), drawn,
                rng.random(200) < 0.3, [], [199, 0, 199], np.array([-1])):  # fmt: skip
        np.testing.assert_array_equal(found[key], whole[key if len_of(key) else slice(0, 0)])
    np.testing.assert_array_equal(np.asarray(found), whole)
    np.testing.assert_array_equal(np.asarray(found, dtype=np.int64), whole)
    for wrong in ([200], [-201], np.ones(199, dtype=bool)):
        with pytest.raises(IndexError):
            found[wrong]


def test_what_is_between_is_not_read_at_once(table, monkeypatch):
    """Of rows that lie near each other all over the table no more than a piece is in memory."""
    monkeypatch.setattr(rows_on_disk, "_AT_ONCE", 10 * 7)
    found, whole = table
    sizes, read = [], found._read
    monkeypatch.setattr(found, "_read", lambda a, b: (sizes.append(b - a), read(a, b))[1])
    wanted = np.arange(0, 200, 3)
    np.testing.assert_array_equal(found[wanted], whole[wanted])
    assert max(sizes) <= 10
    assert len(sizes) == 20


def len_of(key):
    return 1 if isinstance(key, slice) else len(key)


@given(st.integers(1, 8), st.lists(st.integers(-8, 7), max_size=6), st.slices(8))
def test_places_are_those_of_an_array(n, positions, some):
    every = np.arange(n)
    np.testing.assert_array_equal(places_of(some, n), every[some])
    inside = [one for one in positions if -n <= one < n]
    np.testing.assert_array_equal(places_of(inside, n), every[np.array(inside, dtype=int)])
    marks = every % 3 == 1
    np.testing.assert_array_equal(places_of(marks, n), every[marks])


def test_marked_rows_stay_where_they_are(table, rng, monkeypatch):
    monkeypatch.setattr(rows_on_disk, "_AT_A_TIME", 33)
    found, whole = table
    kept = rng.random(200) < 0.5
    some = marked_rows(found, kept)
    assert isinstance(some, RowsOnDisk)
    np.testing.assert_array_equal(some[:], whole[kept])
    np.testing.assert_array_equal(marked_rows(whole, kept), whole[kept])


def test_it_may_be_read_by_several_threads(table):
    found, whole = table
    starts = list(range(0, 190, 3))
    parts = map_ordered(lambda first: found[[first + 9, first]], starts, 4)
    for first, rows in zip(starts, parts, strict=True):
        np.testing.assert_array_equal(rows, whole[[first + 9, first]])


@pytest.mark.parametrize("to_disk", [False, True])
def test_rows_that_grow(rng, monkeypatch, to_disk):
    """A table of one step stays in memory; a larger one goes to disk where it may."""
    monkeypatch.setattr(dosage_matrix, "STEP_BYTES", 160)
    whole = rng.integers(0, 99, size=(60, 4)).astype(np.float32)

    def grown(n):
        rows = GrowingRows(4, np.float32, to_disk=to_disk)
        for first in range(0, n, 7):
            rows.room(7)[: min(7, n - first)] = whole[first : min(first + 7, n)]
            rows.keep(min(7, n - first))
            assert len(rows) == min(first + 7, n)
        return rows

    for n, is_large in ((0, False), (7, False), (60, True)):
        rows = grown(n).take_rows()
        assert isinstance(rows, RowsOnDisk) == (to_disk and is_large)
        np.testing.assert_array_equal(rows[:], whole[:n])
    for n in (7, 35):
        joined = grown(n)
        joined.append(grown(60).take_rows())
        assert len(joined) == n + 60
        np.testing.assert_array_equal(joined.take_rows()[:], np.concatenate([whole[:n], whole]))
        assert len(joined) == 0


def test_no_file_is_left_and_none_stays_open(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    table = RowsOnDisk(2, np.uint8)
    table.append(np.ones((5, 2), dtype=np.uint8))
    assert not list(tmp_path.iterdir())
    number = table._file
    assert os.fstat(number).st_size == 10
    del table
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_a_full_disk_is_said(monkeypatch):
    table = RowsOnDisk(1 << 10, np.uint8)

    def full(_file, _some):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputWriteError, match=r"No space left on device.*set TMPDIR"):
        table.append(np.zeros((1 << 10, 1 << 10), dtype=np.uint8))


def test_a_directory_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(OutputWriteError, match=r"absent.*set TMPDIR"):
        RowsOnDisk(1, np.uint8)
