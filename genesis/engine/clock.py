"""Seconds by stage, for the record of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

__all__ = ["Clock"]


class Clock:
    """Seconds by stage, from the making of the clock on.

    Attributes
    ----------
    started : str
        When that was: ISO 8601, in UTC.
    seconds : dict of str to float
    """

    def __init__(self) -> None:
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """Count the time since the last call as that of a stage."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 4)
        self._last = now

    @contextmanager
    def apart(self, stage: str) -> Iterator[None]:
        """Count the block as a stage, and not as part of the one that is under way."""
        start = time.perf_counter()
        yield
        took = time.perf_counter() - start
        self.seconds[stage] = round(took, 4)
        self._last += took
