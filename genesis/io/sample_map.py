"""Which genotype sample each expression sample is of, where the two have ids of their own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.io.ids import counted, first_few
from genesis.io.sample_ids import explain_mismatch
from genesis.io.tables import read_text

if TYPE_CHECKING:
    from genesis.io.covariates import Covariates
    from genesis.io.expression import Expression

__all__ = ["SampleMap", "read_sample_map"]

_OF_GENOTYPES, _OF_EXPRESSION = "genotypes?|geno|dna|wgs|wes|vcf", "expression|expr|rna|rnaseq|run"
_ID = r"[ _.-]?(?:sample)?[ _.-]?(?:ids?|names?)?"


@dataclass(frozen=True)
class SampleMap:
    """Which genotype sample each expression sample is of.

    Attributes
    ----------
    path : str
        For messages.
    genotype_of : mapping of str to str
        Expression id to genotype id.
    samples : frozenset of str
        Samples of the genotypes.
    """

    path: str
    genotype_of: Mapping[str, str]
    samples: frozenset[str]

    def rename(self, expression: Expression) -> Expression:
        """Return the expression with its samples called as in the genotypes.

        Samples that are not in the map keep their ids; that, and ids of the map that match
        nothing, are said in the notes.

        Raises
        ------
        InconsistentInputsError
            If no id of the map is in the table, or two of its samples are of one genotype sample.
        """
        ids = expression.samples
        known = set(ids)
        met = [name for name in ids if name in self.genotype_of]
        if not met:
            mapped = list(self.genotype_of)
            hint = explain_mismatch(mapped, ids, ("map", "expression"))
            raise InconsistentInputsError(
                f"{self.path}: none of its expression ids (second column) is a sample of the "
                f"expression; it has {first_few(mapped, 3)}, the expression {first_few(ids, 3)}. "
                f"{hint or 'Write genotype id and expression id'}"
            )
        renamed = [self.genotype_of.get(name, name) for name in ids]
        self._refuse_shared(ids, renamed, "expression samples", "the map or the table")
        notes = [
            f"{self.path}: {counted(len(met), 'expression sample')} named as in the genotypes."
        ]
        kept = [name for name in ids if name not in self.genotype_of]
        unused = [name for name in self.genotype_of if name not in known]
        unknown = [name for name in dict.fromkeys(self.genotype_of.values())
                   if name not in self.samples]  # fmt: skip
        for what, found in (
            ("expression sample{s} not in it, which keep{v} the id", kept),
            ("expression id{s} of it not in the table", unused),
            ("genotype id{s} of it not among the genotypes", unknown),
        ):
            if found:
                one = len(found) == 1
                said = what.format(s="" if one else "s", v="s" if one else "")
                notes.append(f"{self.path}: {len(found)} {said}: {first_few(found)}.")
        return replace(expression, samples=renamed, notes=[*expression.notes, *notes])

    def names_of(self, samples: Sequence[str]) -> list[str]:
        """The ids that these genotype samples may go by in other files: both kinds."""
        wanted = set(samples)
        others = (one for one, genotype in self.genotype_of.items() if genotype in wanted)
        return [*samples, *(one for one in others if one not in self.samples)]

    def genotype_ids(self, ids: Sequence[str], where: str) -> tuple[list[str], list[str]]:
        """Genotype ids of samples named by either kind of id, and notes.

        What is an id of the genotypes is taken as such, also where an expression sample of
        another person has it; that is said. Ids of neither kind stay as they are.
        """
        double = [
            one for one in ids if one in self.samples and self.genotype_of.get(one, one) != one
        ]
        named = [one if one in self.samples else self.genotype_of.get(one, one) for one in ids]
        notes = []
        n_changed = sum(old != new for old, new in zip(ids, named, strict=True))
        if n_changed:
            notes.append(f"{where}: {counted(n_changed, 'expression id')} taken for genotype ids.")
        if double:
            notes.append(
                f"{where}: {counted(len(double), 'id')} of a genotype sample and of an expression "
                f"sample that is another's, taken as of the genotypes: {first_few(double)}."
            )
        return named, notes

    def rename_covariates(self, covariates: Covariates, where: str) -> Covariates:
        """Covariates read by either kind of id, by genotype id.

        Raises
        ------
        InconsistentInputsError
            If both ids of a sample are there.
        """
        ids = [str(name) for name in covariates.values.index]
        named, notes = self.genotype_ids(ids, where)
        self._refuse_shared(ids, named, f"samples in {where}", "that file")
        values = covariates.values.set_axis(named, axis="index").rename_axis("sample")
        return replace(covariates, values=values, notes=[*covariates.notes, *notes])

    def rename_sexes(
        self, sexes: Mapping[str, str], where: str
    ) -> tuple[dict[str, str], list[str]]:
        """Sexes read by either kind of id, by genotype id, and notes.

        Raises
        ------
        InconsistentInputsError
            If both ids of a sample are there, with another sex.
        """
        named, notes = self.genotype_ids(list(sexes), where)
        found: dict[str, str] = {}
        for old, new in zip(sexes, named, strict=True):
            if found.setdefault(new, sexes[old]) != sexes[old]:
                raise InconsistentInputsError(
                    f"{where}: sample {new} has another sex under its expression id {old}; keep one"
                )
        return found, notes

    def _refuse_shared(self, old: Sequence[str], new: Sequence[str], what: str, out: str) -> None:
        """Refuse two ids that are of one genotype sample."""
        groups: dict[str, list[str]] = {}
        for one, name in zip(old, new, strict=True):
            groups.setdefault(name, []).append(one)
        shared = {name: ids for name, ids in groups.items() if len(ids) > 1}
        if shared:
            name, ids = next(iter(shared.items()))
            more = f", and {len(shared) - 1} more such" if len(shared) > 1 else ""
            raise InconsistentInputsError(
                f"{self.path}: {what} {' and '.join(ids)} are of one genotype sample, "
                f"{name}{more}; take all but one of them out of {out}"
            )


def read_sample_map(path: str | Path, samples: Sequence[str]) -> SampleMap:
    """Read which genotype sample each expression sample is of.

    Parameters
    ----------
    path : str or Path
        Two columns, genotype id and expression id, separated by tabs, commas or blanks, with or
        without a header.
    samples : sequence of str
        Samples of the genotypes.

    Returns
    -------
    SampleMap
        Its `rename` gives expression the ids of the genotypes; `read_covariates` takes it.

    Raises
    ------
    InputOpenError, InputReadError, DegenerateDataError
        If the file cannot be opened, is damaged, or empty.
    MalformedInputError
        For a line without two ids, an expression id of two genotype samples, or a header that
        names the columns the other way round; with the line.
    InconsistentInputsError
        If no genotype id is among the samples.

    Examples
    --------
    >>> sample_map = read_sample_map("map.tsv", genotypes.samples)         # doctest: +SKIP
    >>> expression = sample_map.rename(read_expression("expression.tsv"))  # doctest: +SKIP
    """
    lines = enumerate(read_text(path).decode().splitlines(), start=1)
    rows = [(number, line) for number, line in lines if line.strip()]
    delimiter = next((mark for mark in "\t,;" if any(mark in line for _, line in rows)), None)
    cells = [(number, [one.strip() for one in line.split(delimiter)]) for number, line in rows]
    heads = itertools.takewhile(lambda one: _is_head(one[1], f"{path}, line {one[0]}"), cells)
    cells = cells[len(list(heads)) :]
    if not cells:
        raise MalformedInputError(f"{path}: no ids in it; write genotype id and expression id")
    genotype_of: dict[str, str] = {}
    for number, row in cells:
        where = f"{path}, line {number}"
        if len(row) != 2 or "" in row:
            what = "an empty cell" if len(row) == 2 else counted(len(row), "column")
            raise MalformedInputError(f"{where}: {what}; write a genotype id and an expression id")
        if genotype_of.setdefault(row[1], row[0]) != row[0]:
            raise MalformedInputError(
                f"{where}: expression sample {row[1]} is of genotype sample {row[0]} here and of "
                f"{genotype_of[row[1]]} in an earlier line; keep one"
            )
    found = SampleMap(str(path), genotype_of, frozenset(samples))
    _check_genotype_ids(found, list(samples))
    return found


def _is_head(row: list[str], where: str) -> bool:
    """Whether a row is a comment or names the columns; in the other order they are refused."""
    words = [cell.lower().lstrip("#").strip() for cell in row]
    kinds = [[re.fullmatch(f"(?:{kind}){_ID}", word) is not None for word in words]
             for kind in (_OF_GENOTYPES, _OF_EXPRESSION)]  # fmt: skip
    if kinds == [[False, True], [True, False]]:
        raise MalformedInputError(
            f"{where}: the header names the expression first; the genotype id is the first column"
        )
    return row[0].startswith("#") or kinds == [[True, False], [False, True]]


def _check_genotype_ids(found: SampleMap, samples: list[str]) -> None:
    ids = list(dict.fromkeys(found.genotype_of.values()))
    if any(name in found.samples for name in ids):
        return
    hint = explain_mismatch(samples, ids, ("genotypes", "map"))
    if any(name in found.samples for name in found.genotype_of):
        hint = "Those of the second are: exchange the columns"
    raise InconsistentInputsError(
        f"{found.path}: none of its genotype ids (first column) is a sample of the genotypes; it "
        f"has {first_few(ids, 3)}, the genotypes {first_few(samples, 3)}. "
        f"{hint or 'Write genotype id and expression id'}"
    )
