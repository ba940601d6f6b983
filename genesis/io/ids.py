"""Ids of samples, genes and variants: looking them up and naming them in messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from genesis.errors import DegenerateDataError, InconsistentInputsError

__all__ = ["counted", "first_few", "positions_of", "repeated", "were"]


def were(n: int) -> str:
    """The verb that goes with so many: was, or were."""
    return "was" if n == 1 else "were"


def counted(n: int, noun: str, style: str = "") -> str:
    """Return a number and a noun, with an s where it is not one.

    Parameters
    ----------
    n : int
    noun : str
        In the singular.
    style : str, default ""
        How the number is formatted: ``","`` separates thousands.

    Examples
    --------
    >>> counted(1, "gene"), counted(2, "gene")
    ('1 gene', '2 genes')
    >>> counted(1000, "gene", ",")
    '1,000 genes'
    """
    return f"{n:{style}} {noun}" if n == 1 else f"{n:{style}} {noun}s"


def first_few(ids: Sequence[str], n: int = 5) -> str:
    """Return the first ids for an error message, with a mark where there are more.

    Examples
    --------
    >>> first_few(["a", "b", "c"], n=2)
    'a, b, ...'
    """
    shown = ", ".join(str(name) for name in list(ids)[:n])
    return f"{shown}, ..." if len(ids) > n else shown or "(none)"


def repeated(ids: Iterable[str]) -> list[str]:
    """Return the ids that occur more than once, each once, in order of their second sight.

    Examples
    --------
    >>> repeated(["a", "b", "a", "a"])
    ['a']
    """
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name in ids:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return list(twice)


def positions_of(
    wanted: Sequence[str], available: Sequence[str], what: str, where: str
) -> NDArray[np.int64]:
    """Positions of the wanted ids among the available ones.

    Parameters
    ----------
    wanted, available : sequence of str
        Ids asked for, and ids that there are.
    what, where : str
        For the messages: "samples", "the expression table".

    Returns
    -------
    numpy.ndarray of int64, shape (len(wanted),)

    Raises
    ------
    InconsistentInputsError
        For ids that are not available, or asked for twice.
    DegenerateDataError
        Where nothing is asked for.

    Examples
    --------
    >>> positions_of(["c", "a"], ["a", "b", "c"], "samples", "the table").tolist()
    [2, 0]
    """
    if not wanted:
        raise DegenerateDataError(f"no {what} were asked for from {where}; give at least one id")
    place = {name: position for position, name in enumerate(available)}
    unknown = [name for name in wanted if name not in place]
    if unknown:
        raise InconsistentInputsError(
            f"{len(unknown)} of {len(wanted)} {what} asked for are not in {where}: "
            f"{first_few(unknown)}; there are {len(available)}: {first_few(available)}. "
            "Give ids as they are written there"
        )
    twice = repeated(wanted)
    if twice:
        raise InconsistentInputsError(
            f"{what} asked for more than once: {first_few(twice)}; give each id once"
        )
    return np.array([place[name] for name in wanted], dtype=np.int64)
