"""What one check says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AMBER", "GREEN", "LEVELS", "RED", "UNCHECKED", "Check", "worst"]

GREEN, AMBER, RED, UNCHECKED = "green", "amber", "red", "unchecked"
#: From good to bad. What could not be checked speaks neither for a run nor against it.
LEVELS = (UNCHECKED, GREEN, AMBER, RED)


@dataclass(frozen=True)
class Check:
    """One check of a run.

    Attributes
    ----------
    name : str
        What is checked.
    level : {"green", "amber", "red", "unchecked"}
    found : str
        Sentences with the numbers.
    advice : str
        What to do about it; empty where there is nothing to do.
    """

    name: str
    level: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        return f"[{self.level}] {self.name}: {' '.join(filter(None, (self.found, self.advice)))}"


def worst(levels: Sequence[str]) -> str:
    """The worst of some levels; green where there is none.

    Examples
    --------
    >>> worst(["green", "unchecked"]), worst(["green", "amber"]), worst([])
    ('green', 'amber', 'green')
    """
    return max([GREEN, *levels], key=LEVELS.index)
