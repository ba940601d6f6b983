"""Pieces of work on a Dask cluster: results in order, lost workers made up for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from genesis.engine.extras import load_extra
from genesis.engine.threads import one_blas_thread
from genesis.errors import CommandLineError, InputOpenError

__all__ = ["connect", "map_on_cluster"]

Piece = TypeVar("Piece")
Outcome = TypeVar("Outcome")

#: Pieces under way for each thread of the cluster, and how often lost data are sent again.
_AHEAD = 3
_ATTEMPTS = 5
#: Seconds after which the scheduler knows that a worker is lost.
_PAUSE = 0.5


def connect(address: str) -> Any:
    """A client of the Dask scheduler at an address, such as ``tcp://node1:8786``.

    Raises
    ------
    CommandLineError
        Dask is not installed, or the address is none.
    InputOpenError
        No scheduler answers there.
    """
    distributed = load_extra("distributed", "a Dask scheduler", "dask")
    try:
        return distributed.Client(address, timeout="20s", set_as_default=False)
    except ValueError as error:
        raise CommandLineError(f"{address!r} is no address of a scheduler: {error}") from error
    except OSError as error:
        raise InputOpenError(
            f"no Dask scheduler answers at {address}: start it, or mend the address"
        ) from error


def map_on_cluster(
    client: Any,
    work: Callable[..., Outcome],
    shared: tuple[Any, ...],
    pieces: Sequence[Piece],
) -> Iterator[Outcome]:
    """Begin ``work(*shared, piece)`` for each piece; what is returned yields outcomes in order.

    Every worker gets the shared arguments once. A piece whose worker is lost is done by
    another; where the last copy of the shared arguments is lost too, they are sent again.

    Parameters
    ----------
    client : distributed.Client
    work : function
        Defined at the top of a module.
    shared : tuple
        Arguments that all pieces have in common.
    pieces : sequence
    """
    outcomes = _begun(client, work, shared, pieces)
    next(outcomes)
    return outcomes


def _begun(
    client: Any,
    work: Callable[..., Outcome],
    shared: tuple[Any, ...],
    pieces: Sequence[Piece],
) -> Iterator[Any]:
    """Yield nothing once the first pieces are under way, then the outcomes."""
    distributed = import_module("distributed")
    lost_workers = (distributed.CancelledError, distributed.KilledWorker)

    if not pieces:
        yield None
        return
    sent = _send(client, shared)
    waiting: deque[tuple[Piece, Any]] = deque()
    following = iter(pieces)

    def submit(piece: Piece) -> None:
        # Each piece is lost with its worker at most as often as workers are lost.
        waiting.append(
            (piece, client.submit(_do, work, piece, *sent, pure=False, retries=_ATTEMPTS))
        )

    attempts = 0
    for piece in following:
        submit(piece)
        if len(waiting) >= _AHEAD * max(1, sum(client.nthreads().values())):
            break
    yield None
    while waiting:
        piece, future = waiting[0]
        try:
            found = future.result()
        except lost_workers:
            attempts += 1
            if attempts > _ATTEMPTS:
                raise
            sent = _send(client, shared)
            lost = [piece for piece, _ in waiting]
            waiting.clear()
            for piece in lost:
                submit(piece)
            continue
        waiting.popleft()
        for piece in following:
            submit(piece)
            break
        yield found


def _send(client: Any, shared: tuple[Any, ...]) -> list[Any]:
    """Give the shared arguments to every worker.

    Raises
    ------
    InputOpenError
        There is no worker, and none came in the time that the client waits.
    """
    closed = import_module("distributed").comm.CommClosedError
    scatter = partial(client.scatter, list(shared), broadcast=True, hash=False)
    try:
        for _ in range(_ATTEMPTS):
            try:
                return list(scatter())
            except closed:
                # A worker was lost just now, and the scheduler did not know yet.
                time.sleep(_PAUSE)
        return list(scatter())
    except TimeoutError as error:
        raise InputOpenError(
            "the Dask scheduler has no workers: start some, and run again; where a checkpoint was "
            "asked for, what was done before is in it (--resume)"
        ) from error


def _do(work: Callable[..., Outcome], piece: Piece, *shared: Any) -> Outcome:
    # Never undone: the next piece on this worker wants the same.
    one_blas_thread()
    return work(*shared, piece)
