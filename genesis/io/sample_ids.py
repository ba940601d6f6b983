"""Why sample ids of two inputs do not meet: the usual ways in which programs write them anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from genesis.io.ids import counted

__all__ = ["ADVICE", "explain_mismatch"]

ADVICE = (
    "Rename the samples of one input to the ids of the other, or give a table of genotype id and "
    "expression id (--sample-map)"
)
Change = Callable[[str], str]
_ORDINALS = ("first", "second", "third")


def _undoubled(name: str) -> str:
    half = len(name) // 2
    return name[:half] if name == f"{name[:half]}_{name[:half]}" else name


def _within_family(name: str) -> str:
    return name.partition("_")[2] or name


def _without_zeros(name: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", name)


def _as_r_names(name: str) -> str:
    name = re.sub(r"[^\w.]", ".", name)
    return name if re.match(r"[^\W\d_]|\.(?!\d)", name) else f"X{name}"


def _beginning(mark: str, n: int) -> Change:
    def change(name: str) -> str:
        return mark.join(name.split(mark)[:n])

    return change


# What is said of each, what it does, and whether it is done to both sides or to one of them.
_CHANGES: list[tuple[str, Change, bool]] = [
    ("written once where PLINK doubled them (FID_IID)", _undoubled, False),
    ('cut to what follows the first "_" (IID of FID_IID)', _within_family, False),
    ("without leading zeros", _without_zeros, True),
    ("as R writes them (X before a digit, . for other characters)", _as_r_names, False),
    *(
        (f'cut at the {_ORDINALS[n - 1]} "{mark}"', _beginning(mark, n), False)
        for n in (1, 2, 3)
        for mark in "_-."
    ),
    ("without regard to case", str.lower, True),
]


@dataclass(frozen=True)
class _Match:
    """What a change of the ids of one side would do."""

    said: str
    changed: str
    n_matched: int
    n_shared: int
    example: tuple[str, str]


def explain_mismatch(
    one: Sequence[str], other: Sequence[str], names: tuple[str, str] = ("genotypes", "expression")
) -> str:
    """Say which of the usual changes of ids would bring two inputs together; changes nothing.

    Parameters
    ----------
    one, other : sequence of str
        Sample ids of the two inputs.
    names : tuple of str
        What the two are called.

    Returns
    -------
    str
        A sentence with the change that matches most ids, how many, and an example of both; empty
        where none matches more than the ids do as they are, or hardly any.

    Examples
    --------
    >>> explain_mismatch(["S1", "S2"], ["S1_liver", "S2_liver"])
    'Cut at the first "_", 2 of 2 ids of the expression would match (S1_liver: S1 of the genotypes)'
    """
    sides = {names[0]: list(dict.fromkeys(one)), names[1]: list(dict.fromkeys(other))}
    smaller = min(map(len, sides.values()))
    least = max(len(set(one) & set(other)) + 1, min(2, smaller), smaller // 10)
    found = [match for match in _matches(sides) if match.n_matched >= least]
    if not found:
        return ""
    best = max(found, key=lambda match: (match.n_matched, -match.n_shared))
    fixed = next(name for name in names if name != best.changed)
    several = f", {counted(best.n_shared, 'id')} with one that another has" if best.n_shared else ""
    return (
        f"{best.said[0].upper()}{best.said[1:]}, {best.n_matched} of {len(sides[best.changed])} "
        f"ids of the {best.changed} would match ({best.example[0]}: {best.example[1]} of the "
        f"{fixed}){several}"
    )


def _matches(sides: dict[str, list[str]]) -> Iterator[_Match]:
    for said, change, both in _CHANGES:
        for changed, fixed in ((1, 0), (0, 1)):
            names = list(sides)
            ids, others = sides[names[changed]], sides[names[fixed]]
            known = {change(name) if both else name: name for name in reversed(others)}
            hits = [(name, known[change(name)]) for name in ids if change(name) in known]
            if hits:
                n_targets = len({target for _, target in hits})
                example = next((hit for hit in hits if hit[0] != hit[1]), hits[0])
                yield _Match(said, names[changed], len(hits), len(hits) - n_targets, example)
