"""What a chain under way tells others in this process, and is told by them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

__all__ = ["FirstLooks", "Interrupted", "Watch"]

_SECONDS = 0.05


class Interrupted(Exception):
    """A chain was stopped before its end; what it has counted is of no use."""


class FirstLooks:
    """What the first graphs of one chain predict, for another that waits for it.

    Examples
    --------
    >>> first = FirstLooks()
    >>> first.tell(np.array([[-1.5]]))
    >>> first.wait(threading.Event())
    array([[-1.5]])
    """

    def __init__(self) -> None:
        self._is_told = threading.Event()
        self._log_densities = np.empty((0, 0))

    def tell(self, log_densities: np.ndarray) -> None:
        """Hand over log densities of unseen coordinates, one row a graph."""
        self._log_densities = log_densities
        self._is_told.set()

    def wait(self, stop: threading.Event) -> np.ndarray:
        """Wait for them.

        Raises
        ------
        Interrupted
            `stop` was set before they came.
        """
        while not self._is_told.wait(_SECONDS):
            if stop.is_set():
                raise Interrupted
        return self._log_densities


def _unwatched(_: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Watch:
    """Reports how far a chain is, and can stop it.

    Attributes
    ----------
    progress : callable
        Called with sweeps done since the last call, by whatever thread did them.
    stop : threading.Event
        Once set, chains under way raise `Interrupted`.
    tells, to_beat : FirstLooks, optional
        What the first graphs predict, of the chain itself and of the one that it is held against.
    """

    progress: Callable[[int], None] = _unwatched
    stop: threading.Event = field(default_factory=threading.Event)
    tells: FirstLooks | None = None
    to_beat: FirstLooks | None = None

    def after(self, n_sweeps: int) -> None:
        """Report sweeps that are done.

        Raises
        ------
        Interrupted
            The chain is to stop.
        """
        if self.stop.is_set():
            raise Interrupted
        self.progress(n_sweeps)
