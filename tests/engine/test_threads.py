"""Results in order, memory bounded, BLAS held to one thread."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import threadpoolctl

from genesis.engine.threads import available_threads, map_ordered, one_blas_thread


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_order(threads):
    def work(piece):
        time.sleep(0.002 * (7 - piece % 7))
        return piece * piece

    assert list(map_ordered(work, range(20), threads)) == [k * k for k in range(20)]


def test_pieces_are_taken_as_they_are_needed():
    taken = []

    def pieces():
        for k in range(100):
            taken.append(k)
            yield k

    outcomes = map_ordered(lambda piece: piece, pieces(), 2)
    next(outcomes)
    assert len(taken) <= 4


def test_an_error_ends_the_work():
    done = []
    lock = threading.Lock()

    def work(piece):
        if piece == 3:
            raise ValueError("piece 3")
        with lock:
            done.append(piece)

    with pytest.raises(ValueError, match="piece 3"):
        list(map_ordered(work, range(1000), 2))
    assert len(done) < 20


def test_long_pieces_are_told_of_an_error():
    stop, began, ended = threading.Event(), threading.Event(), []

    def work(piece):
        if piece == 0:
            began.wait(30)
            raise ValueError("piece 0")
        began.set()
        ended.append(stop.wait(30))

    with pytest.raises(ValueError, match="piece 0"):
        list(map_ordered(work, range(2), 2, stop))
    assert ended == [True]
    stop.clear()
    list(map_ordered(lambda piece: piece, range(5), 2, stop))
    assert not stop.is_set()


def test_long_pieces_are_told_that_no_more_results_are_wanted():
    stop, ended = threading.Event(), []

    def work(piece):
        if piece:
            ended.append(stop.wait(30))
        return piece

    outcomes = map_ordered(work, range(4), 2, stop)
    assert next(outcomes) == 0
    outcomes.close()
    assert ended
    assert all(ended)


def test_blas_is_limited_and_released():
    np.ones((2, 2)) @ np.ones((2, 2))
    before = {lib["filepath"]: lib["num_threads"] for lib in threadpoolctl.threadpool_info()}
    with one_blas_thread():
        inside = [
            lib["num_threads"]
            for lib in threadpoolctl.threadpool_info()
            if lib["user_api"] == "blas"
        ]
    after = {lib["filepath"]: lib["num_threads"] for lib in threadpoolctl.threadpool_info()}
    assert set(inside) == {1}
    assert after == before


def test_available_threads():
    assert available_threads() >= 1
