"""Sex of the samples, and where males have one allele: X outside its pseudo-autosomal regions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.io.contigs import ContigNames, contig_key
from genesis.io.ids import counted, first_few
from genesis.io.sample_ids import ADVICE, explain_mismatch
from genesis.io.table_columns import SAMPLE_WORDS, header_word
from genesis.io.tables import read_text

if TYPE_CHECKING:
    from genesis.io.sample_map import SampleMap

__all__ = ["MaleX", "known_sexes", "males_on_x", "read_sexes"]

MALE, FEMALE, UNKNOWN = "male", "female", ""
WORDS = {
    **dict.fromkeys(("1", "m", "male"), MALE),
    **dict.fromkeys(("2", "f", "female"), FEMALE),
    **dict.fromkeys(("0", "-9", "na", "nan", "u", "unknown", "."), UNKNOWN),
}
# Pseudo-autosomal regions of X (first and last position) by the length of X in a build.
GRCH37, GRCH38 = 155_270_560, 156_040_895
PAR = {
    GRCH37: ((60_001, 2_699_520), (154_931_044, 155_260_560)),
    GRCH38: ((10_001, 2_781_479), (155_701_383, 156_030_895)),
}


class MaleX:
    """Which samples are male, and which variants lie where males have one allele of X.

    Parameters
    ----------
    is_male : numpy.ndarray of bool, shape (n_samples,)
    x_length : int or None
        Length of the contig X, which tells the build; where it is none of a known build, the
        pseudo-autosomal regions of GRCh37 and of GRCh38 both count as such.
    """

    def __init__(self, is_male: NDArray[np.bool_], x_length: int | None) -> None:
        self.is_male = is_male
        builds = [x_length] if x_length in PAR else list(PAR)
        self._regions = [region for build in builds for region in PAR[build or 0]]

    def on_x(self, chrom: pa.Array) -> NDArray[np.bool_]:
        """Which of these contigs are X."""
        coded = chrom.dictionary_encode()
        is_x = np.array([contig_key(name) == "X" for name in coded.dictionary.to_pylist()], bool)
        found: NDArray[np.bool_] = is_x[coded.indices.to_numpy()]
        return found

    def outside_par(self, pos: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these positions on X lie outside the pseudo-autosomal regions."""
        outside = np.ones(len(pos), dtype=np.bool_)
        for first, last in self._regions:
            outside &= (pos < first) | (pos > last)
        return outside


def males_on_x(
    sexes: Mapping[str, str],
    samples: Sequence[str],
    lengths: Mapping[str, int],
    names: ContigNames,
) -> MaleX | None:
    """The males among samples, or None where there is none; `lengths` are those of contigs."""
    is_male = np.array([sexes.get(sample) == MALE for sample in samples], dtype=np.bool_)
    of_x = [length for name, length in lengths.items() if contig_key(names.called(name)) == "X"]
    x_length = next((length for length in of_x if length in PAR), None)
    return MaleX(is_male, x_length) if is_male.any() else None


def sex_of(word: str) -> str | None:
    """Male, female or unknown (empty) as it is written; None for anything else.

    Examples
    --------
    >>> sex_of("1"), sex_of("F"), sex_of("NA"), sex_of("blue")
    ('male', 'female', '', None)
    """
    return WORDS.get(word.strip().lower())


def read_sexes(path: str | Path) -> dict[str, str]:
    """Read the sex of samples: sample id and sex, with or without a header.

    Parameters
    ----------
    path : str or Path
        Columns separated by tabs, commas or blanks: an id and its sex, or those of a header that
        names the sex (``FID IID SEX``, ``.psam``); without a header also ``FID IID SEX`` and
        ``.fam``. Samples are named by IID. Sex is 1, M or male; 2, F or female; or 0, NA or
        unknown.

    Returns
    -------
    dict of str to str
        ``"male"``, ``"female"`` or ``""`` where it is not known.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For a line without these columns, another word, or a sample with two sexes; and where it
        cannot be told which columns they are.
    DegenerateDataError
        If the file is empty.

    Examples
    --------
    >>> read_sexes("sex.tsv")                               # doctest: +SKIP
    {'HG00096': 'male', 'HG00097': 'female'}
    """
    lines = enumerate(read_text(path).decode().splitlines(), start=1)
    rows = [(number, re.split(r"[,\t ]+", line.strip())) for number, line in lines if line.strip()]
    id_column, sex_column, n_head = _columns([cells for _, cells in rows], path)
    sexes: dict[str, str] = {}
    for number, cells in rows[n_head:]:
        where = f"{path}, line {number}"
        if len(cells) <= max(id_column, sex_column):
            raise MalformedInputError(
                f"{where}: {counted(len(cells), 'column')}; write a sample's id and its sex "
                "(1, 2, M, F)"
            )
        name, sex = cells[id_column], sex_of(cells[sex_column])
        if sex is None:
            raise MalformedInputError(
                f"{where}, sample {name}: {cells[sex_column]!r} is no sex; write 1, M or male, 2, "
                "F or female, or NA"
            )
        if sexes.setdefault(name, sex) != sex:
            raise MalformedInputError(
                f"{where}: sample {name} has another sex in an earlier line; keep one"
            )
    if not sexes:
        raise MalformedInputError(f"{path}: no sample in it; write a sample's id and sex a line")
    return sexes


def _columns(rows: Sequence[Sequence[str]], path: str | Path) -> tuple[int, int, int]:
    """The columns of ids and of sexes, and how many rows are comments and header."""
    n_head = 0
    for cells in rows:
        words = [header_word(cell) for cell in cells]
        of_sex = [k for k, word in enumerate(words) if word in ("sex", "gender")]
        if of_sex and all(sex_of(cell) is None for cell in cells):
            others = [k for k, word in enumerate(words) if k not in of_sex and word != "fid"]
            ids = [k for k in others if words[k] in SAMPLE_WORDS] or others
            return ids[0] if ids else 0, of_sex[0], n_head + 1
        if not cells[0].startswith("#"):
            break
        n_head += 1
    body = rows[n_head:]
    widths = {len(cells) for cells in body}
    if widths == {6}:  # .fam of PLINK
        return 1, 4, n_head
    if widths == {3}:
        second, third = (all(sex_of(cells[k]) is not None for cells in body) for k in (1, 2))
        if second and third:
            raise MalformedInputError(
                f"{path}: without a header it cannot be told which of the last two columns is the "
                "sex; write one (FID IID SEX), or an id and its sex a line"
            )
        if third:
            return 1, 2, n_head
    return 0, 1, n_head


def known_sexes(
    path: str | Path, samples: Sequence[str], sample_map: SampleMap | None
) -> tuple[Mapping[str, str], list[str]]:
    """The sexes of a file by genotype id, and notes; refuses a file of other samples."""
    sexes: Mapping[str, str] = read_sexes(path)
    notes: list[str] = []
    if sample_map is not None:
        sexes, notes = sample_map.rename_sexes(sexes, str(path))
    if not any(sample in sexes for sample in samples):
        hint = explain_mismatch(samples, list(sexes), ("genotypes", "sexes"))
        raise InconsistentInputsError(
            f"{path}: it has the sex of no sample of the genotypes; its ids are "
            f"{first_few(list(sexes), 3)}, the genotypes' {first_few(samples, 3)}. "
            f"{f'{hint}. ' if hint else ''}{ADVICE}"
        )
    return sexes, notes


def sex_notes(sexes: Mapping[str, str], samples: Sequence[str], path: str | Path) -> list[str]:
    """How many samples are of which sex, and whose sex is not known."""
    known = [sexes.get(sample, UNKNOWN) for sample in samples]
    males, females = counted(known.count(MALE), "male"), counted(known.count(FEMALE), "female")
    notes = [f"{path}: {males} and {females} among the samples read."]
    lacking = [sample for sample, sex in zip(samples, known, strict=True) if sex == UNKNOWN]
    if lacking:
        notes.append(
            f"{counted(len(lacking), 'sample')} without a known sex, whose calls on X are taken as "
            f"they are: {first_few(lacking)}."
        )
    if 2 * len(lacking) > len(samples):
        hint = explain_mismatch(samples, list(sexes), ("genotypes", "sexes"))
        notes += [f"{hint}."] if hint else []
    return notes
