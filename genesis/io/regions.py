"""Regions of the genome, as a user writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.io.contigs import ContigNames
from genesis.io.ids import first_few

__all__ = ["Region", "UnknownContigError", "find_contigs", "parse_regions"]

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


def find_contigs(regions: Sequence[Region], names: ContigNames, where: str) -> list[Region]:
    """Spell the regions' contigs as the file does; those of X with its pseudo-autosomal parts.

    Parameters
    ----------
    regions : sequence of Region
    names : ContigNames
        Those of the file.
    where : str
        The file, for the message.

    Raises
    ------
    UnknownContigError
        For a contig that the file does not have; the message names its first contigs.
    InconsistentInputsError
        For one that it has in several spellings.

    Examples
    --------
    >>> find_contigs([Region("chr2", 1, 9)], ContigNames(["01", "02"]), "the file")
    [Region(chrom='02', start=1, end=9)]
    """
    asked = ContigNames([region.chrom for region in regions], names.contigs)
    found = []
    for region in regions:
        contig = region.chrom if region.chrom in names else asked.called(region.chrom)
        meant = names.find(contig)
        if not meant:
            alike = sorted(names.spellings(contig))
            if alike:
                raise InconsistentInputsError(
                    f"region {region.chrom}: {where} has {' and '.join(alike)}, any of which it "
                    "could be; write it as it is there"
                )
            raise UnknownContigError(
                f"region {region.chrom}: {where} has no such contig; its contigs are "
                f"{first_few(names.contigs)}"
            )
        found += [Region(name, region.start, region.end) for name in meant]
    return found
