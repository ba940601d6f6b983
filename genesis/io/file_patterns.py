"""Paths that stand for one file a chromosome: ``chr{chrom}.vcf.gz``, or ``chr@`` as in PLINK."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path

from genesis.errors import CommandLineError, InputOpenError
from genesis.io.ids import counted, first_few
from genesis.io.remote import url_of

__all__ = ["Paths", "find_files"]

Paths = str | Path | Sequence[str | Path]
MARKS = ("{chrom}", "@")
# What may stand where the mark does: 1, 01, 2L, X, MT, XIV, with or without chr.
CHROMOSOME = r"(?:chr)?(?:\d{1,3}[a-z]?|[ivx]+|[xyzwm]|xy|mt|mito|par[12]?)"
AFTER_NUMBERS = ("x", "y", "w", "z", "xy", "par", "par1", "par2", "m", "mt", "mito")
_TENS, _UNITS = ("", "x", "xx", "xxx"), ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
ROMAN = {f"{ten}{unit}": 10 * i + k for i, ten in enumerate(_TENS) for k, unit in enumerate(_UNITS)}


def find_files(given: Paths, ending: str = "") -> tuple[list[str | Path], list[str]]:
    """The files that paths name, and notes on what was found where one stands for several.

    Parameters
    ----------
    given : str, Path or sequence of these
        A path with ``{chrom}``, or else ``@``, stands for every file that has a chromosome there,
        in their natural order; but a path that is there as it is written is taken so.
    ending : str, default ""
        Ending of the file that must be there, which may be left out.

    Raises
    ------
    InputOpenError
        Where a path stands for no file.
    CommandLineError
        Where a file is named twice, or two are of one chromosome.

    Examples
    --------
    >>> find_files("chr{chrom}.vcf.gz")                     # doctest: +SKIP
    ([PosixPath('chr1.vcf.gz'), PosixPath('chr2.vcf.gz')],
     ['chr{chrom}.vcf.gz: 2 files found, of the chromosomes 1, 2.'])
    """
    paths: list[str | Path] = []
    notes: list[str] = []
    for one in [given] if isinstance(given, str | Path) else given:
        url = url_of(one)
        if url is not None:  # as it is written: nobody can tell what else is there
            paths.append(url)
            continue
        stem = str(one).removesuffix(ending)
        pattern = _pattern(stem, ending)
        if pattern is None:
            paths.append(Path(one))
        else:
            found, note = _matching(*pattern, ending)
            paths += found
            notes.append(f"{one}: {note}")
    if not paths:
        raise CommandLineError("the list of files with genotypes is empty; give at least one")
    seen: set[str] = set()
    for path in paths:
        real = os.path.realpath(str(path).removesuffix(ending))
        if real in seen:
            raise CommandLineError(f"{path} is given twice; give each file of genotypes once")
        seen.add(real)
    return paths, notes


def _pattern(stem: str, ending: str) -> tuple[str, str, str] | None:
    """Folder, pattern below it, and its mark; None for a path that is taken as it is written."""
    mark = next((mark for mark in MARKS if mark in stem), None)
    if mark is None or os.path.lexists(f"{stem}{ending}"):
        return None
    parts = stem.split("/")
    for k, part in enumerate(parts):
        is_file = k == len(parts) - 1
        # A folder whose name has the mark is a folder.
        if mark in part and (is_file or not os.path.lexists("/".join(parts[: k + 1]))):
            return "/".join([*parts[:k], ""]), "/".join(parts[k:]), mark
    return None


def _matching(folder: str, pattern: str, mark: str, ending: str) -> tuple[list[Path], str]:
    """The files of a pattern in order, and what is said of them."""
    pieces = f"{pattern}{ending}".split(mark)
    paths = Path(folder).glob("*".join(map(glob.escape, pieces)))
    there = [path.relative_to(folder).as_posix() for path in paths]
    # The same chromosome at every mark.
    first, *others = map(re.escape, pieces)
    text = f"{first}(?P<chrom>{CHROMOSOME}){'(?P=chrom)'.join(others)}"
    matches = {name: re.fullmatch(text, name, re.IGNORECASE) for name in there}
    found = {name: match["chrom"] for name, match in matches.items() if match}
    left = sorted(name for name in there if name not in found)
    left_out = f"; not taken, as no chromosome stands there: {first_few(left)}" if left else ""
    if not found:
        raise InputOpenError(
            f"{folder}{pattern}{ending}: there is no such file, with a chromosome such as 1 or X "
            f"in the place of {mark}{left_out}; check the path"
        )
    names = sorted(found, key=lambda name: _rank(found[name], list(found.values())))
    ranks = [_rank(found[name], list(found.values())) for name in names]
    for k in range(1, len(names)):
        if ranks[k] == ranks[k - 1]:
            raise CommandLineError(
                f"{folder}{names[k - 1]} and {names[k]} are both of chromosome {found[names[k]]}; "
                "give the files one by one"
            )
    chromosomes = ", ".join(found[name] for name in names)
    note = f"{counted(len(names), 'file')} found, of the chromosomes {chromosomes}{left_out}."
    return [Path(f"{folder}{name.removesuffix(ending)}") for name in names], note


def _rank(chromosome: str, all_of_them: list[str]) -> tuple[int, int, str]:
    """The place of a chromosome: 1, 2, ..., 10, ..., X, Y, MT; I, II, ..., X among such."""
    names = [name.lower().removeprefix("chr") for name in (chromosome, *all_of_them)]
    name = {"m": "mt", "mito": "mt"}.get(names[0], names[0])
    are_roman = any(one in ROMAN and one not in AFTER_NUMBERS for one in names)
    if name in ROMAN and are_roman:
        return 0, ROMAN[name], ""
    number = re.fullmatch(r"(\d+)([a-z]?)", name)
    if number:
        return 0, int(number[1]), number[2]
    return 1, AFTER_NUMBERS.index(name), ""
