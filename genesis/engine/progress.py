"""How far the work is: what is called as it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["Progress", "Say", "no_progress", "one_at_a_time", "say_nothing"]

#: Called with the name of a stage, how much of it is done, and how much there is (0: not known).
Progress = Callable[[str, int, int], None]
#: Called with a sentence of what is done.
Say = Callable[[str], None]


def no_progress(stage: str, done: int, total: int) -> None:
    """Show nothing."""


def one_at_a_time(progress: Progress) -> Progress:
    """The same for stages that are under way at once: while one is told of, others wait."""
    lock = threading.Lock()

    def told(stage: str, done: int, total: int) -> None:
        with lock:
            progress(stage, done, total)

    return told


def say_nothing(sentence: str) -> None:
    """Keep it."""
