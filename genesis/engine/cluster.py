"""Pieces of work on a Dask cluster: results in order, lost workers made up for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from genesis.engine.threads import one_blas_thread

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["map_on_cluster"]

Piece = TypeVar("Piece")
Outcome = TypeVar("Outcome")

#: Pieces under way for each thread of the cluster, and how often lost data are sent again.
_AHEAD = 3
_ATTEMPTS = 5


def map_on_cluster(
    client: Client,
    work: Callable[..., Outcome],
    shared: tuple[Any, ...],
    pieces: Sequence[Piece],
) -> Iterator[Outcome]:
    """Yield ``work(*shared, piece)`` for each piece, in order.

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
    from distributed import CancelledError, KilledWorker
    from distributed.client import FutureCancelledError

    if not pieces:
        return
    sent = client.scatter(list(shared), broadcast=True, hash=False)
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
    while waiting:
        piece, future = waiting[0]
        try:
            found = future.result()
        except (CancelledError, FutureCancelledError, KilledWorker):
            attempts += 1
            if attempts > _ATTEMPTS:
                raise
            sent = client.scatter(list(shared), broadcast=True, hash=False)
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


def _do(work: Callable[..., Outcome], piece: Piece, *shared: Any) -> Outcome:
    # Never undone: the next piece on this worker wants the same.
    one_blas_thread()
    return work(*shared, piece)
