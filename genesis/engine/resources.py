"""Where a run is done and what it may take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genesis.engine.checkpoint import Checkpoint
from genesis.engine.progress import Say
from genesis.engine.runner import Runner
from genesis.engine.threads import Crew

__all__ = ["Resources"]


@dataclass(frozen=True)
class Resources:
    """Where a run is done and what it may take; no outcome depends on it.

    Attributes
    ----------
    threads : int
    client : distributed.Client, optional
    checkpoint : Path, optional
        Directory of finished pieces.
    resume : bool
        Go on with the pieces that are there.
    max_memory : int, optional
        Bytes.
    say : callable
        Told what is about to be done.
    """

    threads: int
    client: Any
    checkpoint: Path | None
    resume: bool
    max_memory: int | None
    say: Say

    def runner(
        self,
        threads: int,
        fingerprint: Callable[[], Mapping[str, Any]],
        crew: Crew | None = None,
    ) -> Runner:
        """What does the pieces of a run, and keeps them where there is a checkpoint.

        Parameters
        ----------
        threads : int
        fingerprint : callable
            Returns what the pieces depend on; called where there is a checkpoint.
        crew : Crew, optional
            Does the pieces, where they are to be begun before others are at their end.
        """
        checkpoint = None
        if self.checkpoint is not None:
            checkpoint = Checkpoint(self.checkpoint, fingerprint(), resume=self.resume)
        return Runner(threads, self.client, checkpoint, self.say, crew)
