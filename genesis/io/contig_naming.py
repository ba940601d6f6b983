"""What the contigs of genotypes are called while they are read, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import pyarrow as pa

from genesis.errors import MalformedInputError
from genesis.io.assembly import Assembly
from genesis.io.contigs import ContigNames, contig_key
from genesis.io.ids import first_few
from genesis.io.regions import Region

__all__ = ["ContigNaming", "undeclared"]


class ContigNaming:
    """Calls the contigs of a file as other files do, where PLINK numbers or divides them.

    Parameters
    ----------
    path : str
        The file, for messages.
    contigs : sequence of str
        Its contigs, as far as they are known.
    assembly : Assembly
        What it says of the genome.
    others : sequence of str
        Contigs as the genes' positions call them.
    asked : sequence of Region
        What is to be read.
    """

    def __init__(
        self,
        path: str,
        contigs: Sequence[str],
        assembly: Assembly,
        others: Sequence[str],
        asked: Sequence[Region],
    ) -> None:
        self.path = path
        # A number that is asked for says nothing of what it means.
        letters = [one.chrom for one in asked if not contig_key(one.chrom).isdecimal()]
        self.names = ContigNames(contigs, [*others, *letters], is_human=assembly.is_human)
        self._assembly = assembly
        self._met: dict[str, None] = {}

    def anew(self) -> ContigNaming:
        """The same, of another part of the records, to be joined to this one."""
        other = copy(self)
        other._met = {}
        return other

    def join(self, part: ContigNaming) -> None:
        """Know the contigs that a part met too."""
        self._met.update(part._met)

    def call(self, chrom: Any) -> pa.Array:
        """What the contigs of a block of records are called."""
        column = chrom if isinstance(chrom, pa.Array) else pa.array(chrom, pa.string())
        coded = column.dictionary_encode()
        contigs = coded.dictionary.to_pylist()
        self._met.update(dict.fromkeys(contigs))
        called = [self.names.called(name) for name in contigs]
        return column if called == contigs else pa.array(called, pa.string()).take(coded.indices)

    def notes(self, *, with_males: bool) -> list[str]:
        """Which contigs are called otherwise than in the file, and which numbers say nothing.

        Raises
        ------
        MalformedInputError
            Contigs that the header does not declare would have been called otherwise, had they
            been known from the start.
        """
        met = list(self._met)
        called = [self.names.called(name) for name in met]
        whole = self.names.including(met)
        if [whole.called(name) for name in met] != called:
            raise undeclared(self.path, met)
        notes = []
        renamed = [
            f"{one} = {other}" for one, other in zip(met, called, strict=True) if one != other
        ]
        if renamed:
            notes.append(f"{self.path}: contigs by PLINK's codes: {', '.join(renamed)}.")
        numbers = whole.undecided(met)
        if numbers:
            warn = with_males and any(contig_key(name) == "23" for name in numbers)
            notes.append(
                f"{'Warning: ' if warn else ''}{self.path}: nothing says whether "
                f"{', '.join(numbers)} {'is a contig' if len(numbers) == 1 else 'are contigs'} of "
                "a human by PLINK's numbers (23 is X, 24 Y, 25 XY, 26 MT), so they stay as "
                f"they are called{', with two copies in males' if warn else ''}. If of a human, "
                "give positions of genes some of which lie on X, or write the file again with "
                "plink2 --output-chr M."
            )
        return notes

    def assembly(self) -> Assembly:
        """What the file says of the genome, its contigs as they are called."""
        lengths = self._assembly.lengths.items()
        called = {self.names.called(name): length for name, length in lengths}
        return replace(self._assembly, lengths=called)


def undeclared(path: str, contigs: Sequence[str]) -> MalformedInputError:
    """Contigs that cannot be told apart while records are read one after the other."""
    return MalformedInputError(
        f"{path}: the header does not declare all contigs, and what a name means is only known "
        f"with all of them ({first_few(contigs, 30)}); add ##contig lines (bcftools reheader --fai)"
    )
