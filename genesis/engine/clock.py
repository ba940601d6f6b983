"""Seconds by stage, for the record of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

__all__ = ["Clock", "about_time"]


def about_time(seconds: float) -> str:
    """A span of time for people, as well as an estimate can say it.

    Examples
    --------
    >>> about_time(20), about_time(720), about_time(9000), about_time(400_000)
    ('less than a minute', 'about 12 minutes', 'about 2.5 hours', 'about 4.6 days')
    """
    if seconds < 55:
        return "less than a minute"
    if seconds < 90:
        return "about a minute"
    if seconds < 5400:
        return f"about {round(seconds / 60)} minutes"
    if seconds < 48 * 3600:
        return f"about {seconds / 3600:.1f} hours"
    return f"about {seconds / 86400:.1f} days"


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
