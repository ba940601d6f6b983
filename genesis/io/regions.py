"""Regions of the genome, as a user writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.io.ids import first_few

__all__ = ["Region", "UnknownContigError", "find_contigs", "parse_regions", "same_contig"]

END_OF_CONTIG = (1 << 31) - 1
PATTERN = re.compile(r"(?P<chrom>.+):(?P<start>\d[\d,]*)-(?P<end>\d[\d,]*)")


class UnknownContigError(InconsistentInputsError):
    """A region lies on a contig that a file does not have."""


@dataclass(frozen=True)
class Region:
    """Positions `start` to `end` of a contig, 1-based, both included."""

    chrom: str
    start: int
    end: int


def parse_regions(text: str | Sequence[str], contigs: Sequence[str] = ()) -> list[Region]:
    """Read regions of the form ``chrom`` or ``chrom:start-end``.

    Parameters
    ----------
    text : str or sequence of str
        One region, or several. Thousands separators are allowed (``1:1,000-2,000``).
    contigs : sequence of str, optional
        Contigs known to exist: a name among them is taken whole, colons and all.

    Returns
    -------
    list of Region

    Raises
    ------
    CommandLineError
        For anything of another form.

    Examples
    --------
    >>> parse_regions("chr2:10-20")
    [Region(chrom='chr2', start=10, end=20)]
    """
    regions = []
    for one in [text] if isinstance(text, str) else text:
        match = PATTERN.fullmatch(one)
        if one in contigs or (one and ":" not in one and not re.search(r"\s", one)):
            regions.append(Region(one, 1, END_OF_CONTIG))
        elif match:
            start, end = (int(match[part].replace(",", "")) for part in ("start", "end"))
            if not 1 <= start <= end:
                raise CommandLineError(
                    f"region {one!r}: positions start at 1 and the end is not before the start"
                )
            regions.append(Region(match["chrom"], start, min(end, END_OF_CONTIG)))
        else:
            raise CommandLineError(f"region {one!r} is not of the form chrom or chrom:start-end")
    if not regions:
        raise CommandLineError("the list of regions is empty; leave it out to read everything")
    return regions


def other_spelling(chrom: str) -> str:
    """The contig name with its chr prefix removed, or one added."""
    return chrom[3:] if chrom.startswith("chr") else f"chr{chrom}"


def same_contig(one: str, other: str) -> bool:
    """Whether two contig names differ by a chr prefix at most."""
    return one == other or other_spelling(one) == other


def find_contigs(regions: Sequence[Region], contigs: Sequence[str], where: str) -> list[Region]:
    """Spell the regions' contigs as the file does, with or without the chr prefix.

    Raises
    ------
    UnknownContigError
        For a contig that the file does not have; the message names its first contigs.

    Examples
    --------
    >>> find_contigs([Region("chr2", 1, 9)], ["1", "2"], "the file")
    [Region(chrom='2', start=1, end=9)]
    """
    known = set(contigs)
    found = []
    for region in regions:
        spellings = [region.chrom, other_spelling(region.chrom)]
        name = next((name for name in spellings if name in known), None)
        if name is None:
            raise UnknownContigError(
                f"region {region.chrom}: {where} has no such contig; "
                f"its contigs are {first_few(contigs)}"
            )
        found.append(Region(name, region.start, region.end))
    return found
