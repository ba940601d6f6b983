"""Threads: pieces of work in parallel, their results in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

__all__ = ["available_threads", "map_ordered", "one_blas_thread"]

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
) -> Iterator[Outcome]:
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
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Outcome]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:
            if stop is not None:
                stop.set()
            raise
        finally:
            for future in waiting:
                future.cancel()
