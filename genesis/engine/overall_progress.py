"""How far a whole run is, and what time is left, of stages that say how far each of them is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from math import exp

from genesis.engine.progress import Progress

__all__ = ["Overall", "Parts"]

#: A stage that has hardly begun says little of how fast the work goes here: what was expected of it
#: counts as if so large a share of what is left of it had been done at that speed.
_PRIOR = 0.2
#: The time left goes e-fold towards a new estimate in this share of the whole run, and in so many
#: seconds at the least, so that it does not jump.
_SMOOTHING, _SMOOTHING_SECONDS = 0.05, 10.0


class Overall:
    """The share of a run that is done, and the seconds left, by what its stages should take.

    A stage belongs to the first expectation that its name begins with. Without expectations a stage
    is all that there is.

    Parameters
    ----------
    now : callable
        Seconds of a clock.

    Attributes
    ----------
    stage : str
        The last that was heard of; of several that are under way at once, the first.

    Examples
    --------
    >>> clock = iter([0.0, 0.0, 10.0, 10.0, 20.0, 20.0])
    >>> overall = Overall(lambda: next(clock))
    >>> overall.expect({"reading": 10.0, "sampling": 30.0})
    >>> overall.report("reading", 10, 10)
    >>> overall.report("sampling", 1, 3)
    >>> round(overall.share, 1)
    0.5
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.stage = ""
        self._now = now
        self._expected: dict[str, float] = {}
        self._alike: frozenset[str] = frozenset()
        self._done: dict[str, float] = {}
        self._spent: dict[str, float] = {}
        self._current = ""
        self._begun: float | None = None
        self._heard = 0.0
        self._left: float | None = None
        self._share = 0.0
        self._alone: tuple[float, int, int] = (0.0, 0, 0)

    def expect(self, seconds: Mapping[str, float], alike: Iterable[str] = ()) -> None:
        """Expect stages in this order; what is done of one that is named again stays done.

        Parameters
        ----------
        seconds : mapping of str to float
        alike : iterable of str
            Stages whose work is of one kind, and which may be under way at once: where one takes
            longer than expected, so will the others.
        """
        self._expected, self._alike = dict(seconds), frozenset(alike)
        self._begin(self._now())

    def _begin(self, now: float) -> None:
        if self._begun is None:
            self._begun = self._heard = now

    def report(self, stage: str, done: int, total: int) -> None:
        """Hear how far a stage is; `total` is 0 where nobody knows."""
        now = self._now()
        self._begin(now)
        if stage != self.stage or done < self._alone[1]:
            self._alone = now, 0, 0
        key = next((one for one in self._expected if stage.startswith(one)), None)
        if not self._is_beside_others(key):
            self.stage = stage
        self._alone = self._alone[0], done, total
        if not self._expected:
            return
        passed = now - self._heard
        self._spent[self._current] = self._spent.get(self._current, 0.0) + passed
        self._heard = now
        if key is not None:
            self._current = key
            share = done / total if total else 0.0
            self._done[key] = max(self._done.get(key, 0.0), min(share, 1.0))
            # Of stages that are alike one begins before another is at its end.
            for before in self._expected:
                if before == key:
                    break
                if not {before, key} <= self._alike:
                    self._done[before] = 1.0
        self._estimate(passed)

    def _is_beside_others(self, key: str | None) -> bool:
        """Whether a stage is under way beside an earlier one of its kind, which is shown."""
        before = list(self._expected)[: list(self._expected).index(key)] if key else []
        return key in self._alike and any(
            one in self._alike and 0.0 < self._done.get(one, 0.0) < 1.0 for one in before
        )

    def _estimate(self, passed: float) -> None:
        """Bring the time left nearer to what is known now."""
        found = sum(
            seconds * (1.0 - self._done.get(name, 0.0)) * self._slowness(name)
            for name, seconds in self._expected.items()
        )
        if self._left is None:
            self._left = found
        elapsed = self._heard - (self._begun or 0.0)
        counted_down = max(self._left - passed, 0.0)
        span = max(_SMOOTHING * (elapsed + found), _SMOOTHING_SECONDS)
        self._left = counted_down + (found - counted_down) * (1.0 - exp(-passed / span))
        if elapsed + self._left > 0:
            self._share = max(self._share, elapsed / (elapsed + self._left))

    def _slowness(self, name: str) -> float:
        """How many times as long as expected a stage is likely to take, by those of its kind."""
        names = self._alike if name in self._alike else (name,)
        expected = {one: self._expected[one] for one in names if one in self._expected}
        done = sum(seconds * self._done.get(one, 0.0) for one, seconds in expected.items())
        prior = _PRIOR * max(max(expected.values(), default=0.0) - done, 0.0)
        spent = sum(self._spent.get(one, 0.0) for one in expected)
        return (spent + prior) / (done + prior) if done and done + prior > 0 else 1.0

    @property
    def elapsed(self) -> float:
        """Seconds since anything was heard of the run."""
        return 0.0 if self._begun is None else self._now() - self._begun

    @property
    def share(self) -> float | None:
        """Of the run that is done, from 0 to 1; None where nobody knows."""
        if self._expected:
            return self._share
        _, done, total = self._alone
        return done / total if total else None

    @property
    def left(self) -> float | None:
        """Seconds until the end, or that of the stage where no more is known; None if unknown."""
        if self._expected:
            since = self._now() - self._heard
            return None if self._left is None else max(self._left - since, 0.0)
        begun, done, total = self._alone
        return (self._now() - begun) * (total - done) / done if done and total else None


class Parts:
    """Progress of parts that come one after the other, or at once, as that of one whole.

    Parameters
    ----------
    progress : callable
        Told how far the whole is, in `STEPS`, under the stage of the part.

    Examples
    --------
    >>> parts = Parts(lambda *heard: print(*heard))
    >>> first, second = parts.part(cost=1.0, left=3.0), parts.part(cost=2.0, left=1.0)
    >>> first("sampling", 5, 10)
    sampling 1250 10000
    >>> second("sampling with hidden factors", 5, 10)
    sampling with hidden factors 3750 10000
    >>> parts.end()
    sampling with hidden factors 10000 10000
    """

    STEPS = 10_000

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._stage, self._told = "", 0.0
        self._to_do: list[float] = []
        self._left = 0.0
        self._lock = threading.Lock()

    def part(self, cost: float, left: float) -> Progress:
        """Progress of the next part, after which about as much is left, in the unit of the cost."""
        number = len(self._to_do)
        self._to_do.append(cost)
        self._left = left

        def progress(stage: str, done: int, total: int) -> None:
            with self._lock:
                # What was once said to be done stays done, although there may be more to do than
                # was thought: what is done now is a share of what was left.
                left = self._left + sum(self._to_do)
                now = self._to_do[number]
                self._to_do[number] = min(cost * (1.0 - done / max(total, 1)), now)
                self._told += (1.0 - self._told) * (now - self._to_do[number]) / max(left, 1e-300)
                self._stage = stage
                self._progress(stage, round(self.STEPS * self._told), self.STEPS)

        return progress

    def end(self) -> None:
        """Say that all is done, whatever else was expected."""
        if self._stage:
            self._progress(self._stage, self.STEPS, self.STEPS)
