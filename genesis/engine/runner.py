"""Where pieces of work are done: threads of this process or a Dask cluster, with a checkpoint."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from genesis.engine.checkpoint import Checkpoint, Stage
from genesis.engine.cluster import map_on_cluster
from genesis.engine.progress import Say, say_nothing
from genesis.engine.threads import Crew, map_ordered

__all__ = ["Runner"]

Piece = TypeVar("Piece")
Outcome = TypeVar("Outcome", bound=tuple[Any, ...])


@dataclass(frozen=True)
class Runner:
    """Does the pieces of a computation; no outcome depends on where.

    Attributes
    ----------
    threads : int
        Threads of this process.
    client : distributed.Client, optional
        Cluster that does the pieces instead.
    checkpoint : Checkpoint, optional
        Where outcomes are kept, and taken from in a run that is resumed.
    say : callable
        Told how much was taken from there.
    crew : Crew, optional
        Threads that begin what is asked for at once; without them it is begun with its first
        outcome, and no more of it is under way than these are taken.
    """

    threads: int
    client: Any = None
    checkpoint: Checkpoint | None = None
    say: Say = say_nothing
    crew: Crew | None = None

    def map(
        self,
        stage: str,
        work: Callable[..., Outcome | None],
        shared: tuple[Any, ...],
        pieces: Sequence[Piece],
        outcome: type[Outcome],
        stop: threading.Event | None = None,
        called: str = "pieces",
    ) -> Generator[Outcome | None]:
        """``work(*shared, piece)`` for each piece in order.

        Parameters
        ----------
        stage : str
            Names the computation in the checkpoint, so it must be new each time.
        work : function
            Defined at the top of a module. It must release the GIL to gain from threads.
        shared : tuple
            Arguments that all pieces have in common; sent to a cluster once.
        pieces : sequence
            Independent of one another, the same in every run on the same data.
        outcome : type
            NamedTuple of arrays that `work` returns; or it returns None.
        stop : threading.Event, optional
            Set where the work ends early, so that long pieces in threads can raise an error.
        called : str
            What the pieces are, for people.
        """
        kept = self.checkpoint.stage(stage, outcome) if self.checkpoint else None
        numbered = list(enumerate(pieces))
        if kept is not None and self.checkpoint is not None and self.checkpoint.resumed:
            n_kept = sum(number in kept for number, _ in numbered)
            self.say(
                f"{n_kept:,} of {len(numbered):,} {called} taken from {self.checkpoint.directory}."
            )

        def do(item: tuple[int, Piece]) -> Outcome | None:
            number, piece = item
            if kept is not None and number in kept:
                return kept.load(number)
            found = work(*shared, piece)
            if kept is not None:
                kept.save(number, found)
            return found

        if self.client is None:
            if self.crew is not None:
                return self.crew.begin(do, numbered, stop)
            return map_ordered(do, numbered, self.threads, stop)
        missing = [item for item in numbered if kept is None or item[0] not in kept]
        computed = map_on_cluster(self.client, work, shared, [piece for _, piece in missing])
        return _with_kept(len(numbered), computed, kept)


def _with_kept(
    n_pieces: int, computed: Iterator[Outcome | None], kept: Stage[Outcome] | None
) -> Generator[Outcome | None]:
    """Outcomes of all pieces, of which some are kept and the others are kept from now on."""
    for number in range(n_pieces):
        if kept is not None and number in kept:
            yield kept.load(number)
            continue
        found = next(computed)
        if kept is not None:
            kept.save(number, found)
        yield found
