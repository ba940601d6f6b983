"""Threads: pieces of work in parallel, their results in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from types import TracebackType
from typing import TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["Crew", "available_threads", "map_ordered", "one_blas_thread"]

Piece = TypeVar("Piece")
Outcome = TypeVar("Outcome")


def available_threads() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _controller() -> ThreadpoolController:
    # Finding the loaded libraries takes milliseconds, so it is done once a process.
    import scipy.linalg  # noqa: F401  (SciPy brings a BLAS of its own)

    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Limit BLAS to one thread for as long as the context is open.

    Parallelism comes from our own threads alone, so that nothing is oversubscribed and no
    product depends on how BLAS would have split it.
    """
    return _controller().limit(limits=1, user_api="blas")


def map_ordered(
    work: Callable[[Piece], Outcome],
    pieces: Iterable[Piece],
    threads: int,
    stop: threading.Event | None = None,
) -> Generator[Outcome]:
    """Apply `work` to each piece in `threads` threads; yield the results in order.

    At most two pieces a thread are under way at once, so memory stays bounded. The work
    must release the GIL to gain anything; each piece must be independent of the others,
    so that the outcome cannot depend on `threads`. Where an error, an interruption
    or a caller that wants no more results ends the work early, `stop` is set, so that long
    pieces under way can end too.
    """
    if threads <= 1:
        yield from map(work, pieces)
        return
    waiting: deque[Future[Outcome]] = deque()
    with ThreadPoolExecutor(threads) as pool, _ending(waiting, stop):
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) >= 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def _ending(waiting: deque[Future[Outcome]], stop: threading.Event | None) -> Iterator[None]:
    """Where the block ends early, `stop` is set and what waits is not begun any more."""
    try:
        yield
    except BaseException:
        if stop is not None:
            stop.set()
        raise
    finally:
        for future in waiting:
            future.cancel()


class Crew:
    """Threads that do the pieces of several computations, in the order in which these are begun.

    A computation whose outcome is wanted later can be begun before others are at their end, so that
    no thread waits for the last piece of one of them. With one thread a piece is done when its
    outcome is asked for.

    Parameters
    ----------
    threads : int

    Examples
    --------
    >>> with Crew(2) as crew:
    ...     squares, doubles = crew.begin(lambda k: k * k, range(3)), crew.begin(str, range(2))
    ...     print(list(doubles), list(squares))
    ['0', '1'] [0, 1, 4]
    """

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._stops: list[threading.Event] = []

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is not None:
            for stop in self._stops:
                stop.set()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(
        self,
        work: Callable[[Piece], Outcome],
        pieces: Iterable[Piece],
        stop: threading.Event | None = None,
    ) -> Generator[Outcome]:
        """Begin to apply `work` to each piece; what is returned yields the results in order.

        `stop` is set as in `map_ordered`, and where an error ends the work of the crew.
        """
        if self._pool is None:
            return (work(piece) for piece in pieces)
        if stop is not None:
            self._stops.append(stop)
        return _in_order(deque(self._pool.submit(work, piece) for piece in pieces), stop)


def _in_order(waiting: deque[Future[Outcome]], stop: threading.Event | None) -> Generator[Outcome]:
    """Results of pieces that are under way; those that nobody wants any more are not done."""
    with _ending(waiting, stop):
        while waiting:
            yield waiting.popleft().result()
