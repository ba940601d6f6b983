"""How much memory a run over pairs of genes takes, and the tiles that a budget allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from genesis.errors import CommandLineError, MemoryBudgetError

__all__ = ["PROGRAM", "PairWork", "first_that_fits", "human_size", "parse_memory", "plan_tiles"]

#: Genes on one side of a tile, the first that fits the budget.
TILE_SIZES = (256, 128, 64, 32, 16)

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_DOUBLE = 8
#: The interpreter with its libraries and the compiled kernels.
PROGRAM = 400 << 20
#: What a search holds of a pair: entries of the matrix, bits of its closure, how it was filled,
#: and the dependent pairs where these are few.
_BYTES_A_PAIR = 10
#: Votes, tests and claims of a pair of a tile under way, and of one whose turn has not come.
_BYTES_A_TILE_PAIR = 220
_BYTES_A_WAITING_PAIR = 30
#: A pair that is listed in the result: its test, and what assembling it takes.
_BYTES_A_LISTED_PAIR = 106


def parse_memory(text: str) -> int:
    """Bytes of a size such as ``8G``, ``500M`` or ``1.5GiB``; units are powers of 1024.

    Raises
    ------
    CommandLineError
        The text is no size.

    Examples
    --------
    >>> parse_memory("1.5G")
    1610612736
    """
    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    if match is None or float(match[1]) <= 0:
        raise CommandLineError(f"{text!r} is no size of memory: write 8G, 500M or 1.5GiB")
    return int(float(match[1]) * 2 ** _UNITS[match[2].upper()])


def human_size(n_bytes: float) -> str:
    """Bytes for people.

    Examples
    --------
    >>> human_size(3.6e9)
    '3.4 GiB'
    """
    if n_bytes >= 2**30:
        return f"{n_bytes / 2**30:.1f} GiB"
    return f"{max(n_bytes / 2**20, 1):.0f} MiB"


@dataclass(frozen=True)
class PairWork:
    """The size of a search over all pairs of genes.

    Attributes
    ----------
    n_genes, n_variants, n_samples : int
        Genes, variants among the rows, samples.
    input_bytes : int
        Genotypes and expression as they are held.
    threads : int
    listed_genes : int
        The result lists the unrelated pairs of up to so many genes.
    """

    n_genes: int
    n_variants: int
    n_samples: int
    input_bytes: int
    threads: int
    listed_genes: int

    def peak(self, tile_genes: int) -> int:
        """Bytes at the peak of a run with tiles of so many genes.

        Where most pairs depend on one another, their claims take as much again or more.
        """
        n_pairs = self.n_genes * (self.n_genes - 1) // 2
        n_rows = self.n_genes + self.n_variants
        rows = n_rows * self.n_samples * _DOUBLE
        side = min(tile_genes, self.n_genes)
        block = -(-side * n_rows // max(self.n_genes, 1))
        tile = 2 * block * self.n_samples * _DOUBLE + block * block * _DOUBLE
        tile += side * side * (_BYTES_A_TILE_PAIR + 2 * _BYTES_A_WAITING_PAIR)
        search = n_pairs * _BYTES_A_PAIR + self.threads * tile
        n_listed = n_pairs if self.n_genes <= self.listed_genes else 0
        listed = n_listed * _BYTES_A_LISTED_PAIR + n_pairs * _BYTES_A_PAIR
        # Unit rows are put together from those of variants and of genes.
        return PROGRAM + self.input_bytes + max(2 * rows, rows + max(search, listed))


def plan_tiles(work: PairWork, budget: int | None) -> tuple[int, int]:
    """Genes on one side of a tile, and the estimated peak in bytes.

    Parameters
    ----------
    work : PairWork
    budget : int or None
        Bytes that the process may take; None for the largest tiles.

    Raises
    ------
    MemoryBudgetError
        Not even the smallest tiles fit; the message says what would.

    Examples
    --------
    >>> tile, peak = plan_tiles(PairWork(20_000, 40_000, 500, 0, 2, 5_000), 6 << 30)
    >>> tile, human_size(peak)
    (256, '2.5 GiB')
    """

    def least(n_genes: int, n_variants: int) -> int:
        return replace(work, n_genes=n_genes, n_variants=n_variants).peak(TILE_SIZES[-1])

    return first_that_fits(work, TILE_SIZES, budget, "about", least)


class Work(Protocol):
    """The size of a run whose pieces may be larger or smaller."""

    @property
    def n_genes(self) -> int: ...

    @property
    def n_variants(self) -> int: ...

    @property
    def n_samples(self) -> int: ...

    def peak(self, choice: int, /) -> int:
        """Bytes at the peak of a run with pieces of a size, or so many at once."""


def first_that_fits(
    work: Work,
    choices: Sequence[int],
    budget: int | None,
    about: str,
    least: Callable[[int, int], int],
) -> tuple[int, int]:
    """The first of some choices that fits a budget, and the estimated peak in bytes.

    Parameters
    ----------
    work : Work
    choices : sequence of int
        Arguments of ``work.peak``, the largest pieces first.
    budget : int or None
        Bytes; None for the first choice.
    about : str
        How the estimate is called in the error.
    least : callable
        Least bytes that a run with so many genes and variants takes.

    Raises
    ------
    MemoryBudgetError
        None fits; the message says what would.
    """
    for choice in choices:
        peak = work.peak(choice)
        if budget is None or peak <= budget:
            return choice, peak

    def peak_of(n_genes: int) -> int:
        return least(n_genes, work.n_variants * n_genes // max(work.n_genes, 1))

    raise MemoryBudgetError(
        f"{work.n_genes:,} genes with {work.n_variants:,} variants and {work.n_samples:,} samples "
        f"need {about} {human_size(peak_of(work.n_genes))}, and max_memory is "
        f"{human_size(budget or 0)}: {_genes_that_fit(peak_of, work.n_genes, budget or 0)}"
    )


def _genes_that_fit(peak: Callable[[int], int], n_genes: int, budget: int) -> str:
    """What to do where a number of genes does not fit, in a sentence.

    Parameters
    ----------
    peak : callable
        Least bytes that a run with so many genes takes.
    n_genes : int
        Too many.
    budget : int
    """
    low, high = 0, n_genes
    while high - low > 1:
        genes = (low + high) // 2
        if peak(genes) <= budget:
            low = genes
        else:
            high = genes
    if low < 2:
        return "not even two genes fit; allow more memory, or read fewer variants"
    return f"about {low:,} genes would fit; give fewer genes, or allow more memory"
