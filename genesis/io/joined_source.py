"""Genotypes in several files, one a chromosome say, that are read as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from genesis.engine.progress import Progress
from genesis.errors import InconsistentInputsError
from genesis.io.assembly import Assembly
from genesis.io.contigs import ContigNames
from genesis.io.file_patterns import Paths, find_files
from genesis.io.genotype_source import STAGE, GenotypeSource, Regions
from genesis.io.ids import counted, first_few, positions_of
from genesis.io.regions import Region, UnknownContigError, find_contigs, parse_regions
from genesis.io.variant_blocks import RecordBlock

__all__ = ["JoinedSource", "open_source"]


def open_source(
    given: Paths, opener: Callable[[str | Path], GenotypeSource], ending: str = ""
) -> GenotypeSource:
    """Open the file, or files, that paths name; `ending` is as in `find_files`."""
    paths, notes = find_files(given, ending)
    if len(paths) == 1 and not notes:
        return opener(paths[0])
    return JoinedSource([opener(path) for path in paths], notes)


class JoinedSource(GenotypeSource):
    """Several sources of the same samples: their records one below the other, as if of one file.

    Parameters
    ----------
    parts : sequence of GenotypeSource
        In the order of the records. Samples are matched by id; they may lie in another order.
    notes : sequence of str
        How the files were found.

    Raises
    ------
    InconsistentInputsError
        Where the parts differ in their samples, in a sample's sex, or in their build of the genome.
    """

    def __init__(self, parts: Sequence[GenotypeSource], notes: Sequence[str] = ()) -> None:
        self.parts = list(parts)
        paths = [part.path for part in parts]
        self.path = paths[0] if len(paths) == 1 else f"{len(paths)} files ({first_few(paths, 3)})"
        self.samples = parts[0].samples
        _check_samples(self.parts)
        self.fields = tuple(
            field for field in parts[0].fields if all(field in part.fields for part in parts)
        )
        self.sexes = _join_sexes(self.parts)
        # None where one of the parts does not say.
        every = [part.contigs for part in self.parts]
        self.contigs = list(dict.fromkeys(chain.from_iterable(every))) if all(every) else []
        self.assembly = _join_assemblies(self.parts)
        self.notes = [*notes, *(note for part in parts for note in part.notes)]

    def check_field(self, field: str) -> None:
        """Refuse a field that one of the parts lacks."""
        for part in self.parts:
            part.check_field(field)

    def select(self, wanted: list[str]) -> list[str]:
        """Read these samples only; returns their order in the blocks, that of the first file."""
        among = set(wanted)
        self._wanted = wanted
        self._order = [sample for sample in self.samples if sample in among]
        return self._order

    def read(
        self,
        field: str,
        region: Regions,
        take: Callable[[RecordBlock], None],
        progress: Progress | None,
    ) -> int:
        """Hand the records of the regions to `take`, part by part.

        The records of a part without any in the regions are not counted as passed over, for it
        need not be opened. `progress` is told of whole files.
        """
        outside = n_taken = 0
        absent: UnknownContigError | None = None

        def count(block: RecordBlock) -> None:
            nonlocal n_taken
            n_taken += len(block.pos)
            take(block)

        for number, part, asked in self._touched(region):
            report_file = None if progress is None else _of_files(progress, number, len(self.parts))
            before = n_taken
            try:
                passed = part.read(field, asked, self.in_order(part, count), report_file)
                outside += passed if region is None or n_taken > before else 0
            except UnknownContigError as error:
                # A part may declare a contig, or not say which it has, whose records another has.
                if n_taken > before:
                    raise
                absent = absent or error
        if absent is not None and not n_taken:
            raise UnknownContigError(f"{self.path}: no file has records there; {absent}")
        return outside

    def _touched(self, region: Regions) -> Iterator[tuple[int, GenotypeSource, Regions]]:
        """The parts that may have records of the regions, with the regions of each."""
        for part in self.parts:
            part.names, part.near = self.names, self.near
        if region is None:
            yield from ((number, part, None) for number, part in enumerate(self.parts))
            return
        texts = [region] if isinstance(region, str) else list(region)
        names = self.names.including([name for part in self.parts for name in part.contigs])
        asked = parse_regions(texts, names.contigs)
        if self.contigs:
            find_contigs(asked, names, self.path)
        found = [_spelled(one, names, self.path) for one in asked]
        for number, part in enumerate(self.parts):
            mine = [
                text
                for text, contigs in zip(texts, found, strict=True)
                if not part.contigs or not contigs.isdisjoint(part.contigs)
            ]
            if mine:
                yield number, part, mine

    def in_order(
        self, part: GenotypeSource, take: Callable[[RecordBlock], None]
    ) -> Callable[[RecordBlock], None]:
        """What a part hands out, with the samples in the order of the first file."""
        order = part.select(self._wanted)
        if order == self._order:
            return lambda block: take(replace(block, path=part.path))
        columns = positions_of(self._order, order, "samples", part.path)
        return lambda block: take(
            replace(block, path=part.path, values=np.take(block.values, columns, axis=1))
        )


def _of_files(progress: Progress, number: int, n_files: int) -> Progress:
    def report_file(_stage: str, _done: int, _total: int) -> None:
        progress(STAGE, number, n_files)

    return report_file


def _check_samples(parts: Sequence[GenotypeSource]) -> None:
    everyone = dict.fromkeys(sample for part in parts for sample in part.samples)
    lacking = []
    for part in parts:
        known = set(part.samples)
        absent = [sample for sample in everyone if sample not in known]
        if absent:
            lacking.append(
                f"{part.path} lacks {counted(len(absent), 'sample')}: {first_few(absent)}"
            )
    if lacking:
        raise InconsistentInputsError(
            "the files of genotypes are not of the same samples, which are matched by id. "
            f"{'; '.join(lacking)}. Leave these samples out of every file, or leave out the file"
        )


def _join_sexes(parts: Sequence[GenotypeSource]) -> dict[str, str]:
    sexes: dict[str, str] = {}
    said_by: dict[str, str] = {}
    for part in parts:
        for sample, sex in part.sexes.items():
            if sex and sexes.get(sample, sex) != sex:
                raise InconsistentInputsError(
                    f"sample {sample} is {sexes[sample]} in {said_by[sample]} and {sex} in "
                    f"{part.path}; correct the sex in one of them"
                )
            if sex:
                sexes[sample], said_by[sample] = sex, part.path
    return sexes


def _join_assemblies(parts: Sequence[GenotypeSource]) -> Assembly:
    """What the parts say of the genome, who must not contradict each other."""
    build = ""
    lengths: dict[str, int] = {}
    said_by: dict[str, str] = {}
    for part in parts:
        said = part.assembly
        if said.build and build and said.build != build:
            raise _of_two_builds(build, said_by[""], said.build, part.path)
        if said.build:
            build, said_by[""] = said.build, part.path
        for name, length in said.lengths.items():
            if lengths.setdefault(name, length) != length:
                one, other = (f"{name} of length {n}" for n in (lengths[name], length))
                raise _of_two_builds(one, said_by[name], other, part.path)
            said_by.setdefault(name, part.path)
    return Assembly(build, any(part.assembly.is_human for part in parts), lengths)


def _of_two_builds(one: str, by: str, other: str, and_by: str) -> InconsistentInputsError:
    return InconsistentInputsError(
        f"{by} says {one} and {and_by} says {other}: the files are of different builds of the "
        "genome; bring them to one"
    )


def _spelled(region: Region, names: ContigNames, path: str) -> set[str]:
    """The contigs of a region as the parts spell them; none where no part says that it has it."""
    try:
        return {one.chrom for one in find_contigs([region], names, path)}
    except UnknownContigError:
        return set()
