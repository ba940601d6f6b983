"""Results in order, memory bounded, BLAS held to one thread."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
import threadpoolctl

from genesis.engine.threads import Crew, available_threads, map_ordered, one_blas_thread


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


@pytest.mark.parametrize("threads", [1, 3])
def test_a_crew_does_several_computations(threads):
    with Crew(threads) as crew:
        begun = [crew.begin(lambda k, n=n: n * k, range(5)) for n in range(4)]
        assert [list(one) for one in reversed(begun)] == [
            [n * k for k in range(5)] for n in (3, 2, 1, 0)
        ]


def test_no_thread_waits_for_the_last_piece_of_a_computation():
    """Both pieces are under way at once, although the first computation has one alone."""
    both = threading.Barrier(2, timeout=30)
    with Crew(2) as crew:
        begun = [crew.begin(lambda _: both.wait() >= 0, [0]) for _ in range(2)]
        assert [list(one) for one in begun] == [[True], [True]]


def test_an_error_ends_what_nobody_has_asked_for_yet():
    stop, began, done = threading.Event(), threading.Event(), []

    def long(piece):
        began.set()
        done.append(stop.wait(30))
        time.sleep(0.01)

    def fails(_):
        began.wait(30)
        raise ValueError("no")

    def work():
        with Crew(2) as crew:
            failing = crew.begin(fails, [0])
            crew.begin(long, range(100), stop)
            list(failing)

    with pytest.raises(ValueError, match="no"):
        work()
    # Told to end where it was under way, and never begun elsewhere.
    assert all(done)
    assert 1 <= len(done) < 50


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
    assert {path: after[path] for path in before} == before


def test_available_threads():
    assert available_threads() >= 1
