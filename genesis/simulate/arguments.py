"""Checks of the arguments of simulators; every message names the argument."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

from genesis.errors import CommandLineError

__all__ = ["check_choice", "check_count", "check_number", "check_range", "check_seed"]


def check_count(name: str, value: Any, minimum: int = 1) -> int:
    """Return a whole number that is not below a minimum.

    Raises
    ------
    CommandLineError
        It is no whole number, or too small.

    Examples
    --------
    >>> check_count("n", 300)
    300
    """
    try:
        count = operator.index(value)
    except TypeError:
        count = minimum - 1
    if count < minimum:
        raise CommandLineError(f"{name} is {value!r}: give a whole number of at least {minimum}")
    return count


def check_number(
    name: str,
    value: Any,
    low: float,
    high: float = math.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> float:
    """Return a finite number within limits, which belong to the range unless they are open.

    Raises
    ------
    CommandLineError
        It is no number, not finite, or out of the range.

    Examples
    --------
    >>> check_number("r2", 0.5, 0, 1)
    0.5
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    above = number > low if open_low else number >= low
    below = number < high if open_high else number <= high
    if not (above and below and math.isfinite(number)):
        lower = f"above {low:g}" if open_low else f"of at least {low:g}"
        upper = f"below {high:g}" if open_high else f"at most {high:g}"
        limits = lower if math.isinf(high) else f"{lower} and {upper}"
        what = "a finite number" if math.isinf(number) else "a number"
        raise CommandLineError(f"{name} is {value!r}: give {what} {limits}")
    return number


def check_range(name: str, value: Any, low: float, high: float) -> tuple[float, float]:
    """Return two numbers, the first not above the second, both within limits.

    Raises
    ------
    CommandLineError
        They are no such pair.

    Examples
    --------
    >>> check_range("h2", (0.03, 0.25), 0, 1)
    (0.03, 0.25)
    """
    try:
        smallest, largest = (float(part) for part in value)
    except (TypeError, ValueError):
        smallest = largest = math.nan
    if not low <= smallest <= largest <= high:
        raise CommandLineError(
            f"{name} is {value!r}: give two numbers from {low:g} to {high:g}, the smaller first"
        )
    return smallest, largest


def check_choice(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of several words.

    Raises
    ------
    CommandLineError
        It is none of them.

    Examples
    --------
    >>> check_choice("graph", "sparse", ["sparse", "scale-free"])
    'sparse'
    """
    if value not in choices:
        raise CommandLineError(f"{name} is {value!r}: choose one of {', '.join(choices)}")
    return str(value)


def check_seed(value: Any) -> int:
    """Return a seed of random numbers.

    Raises
    ------
    CommandLineError
        It is no whole number, or negative.

    Examples
    --------
    >>> check_seed(0)
    0
    """
    return check_count("seed", value, 0)
