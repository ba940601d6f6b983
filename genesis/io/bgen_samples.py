"""The .sample file beside a BGEN: which samples its genotypes are of."""

from __future__ import annotations

from pathlib import Path

from genesis.errors import DegenerateDataError, MalformedInputError
from genesis.io.ids import first_few, repeated
from genesis.io.tables import read_text

__all__ = ["read_sample_file"]

TYPES = set("0DCPBS")


def read_sample_file(path: str | Path) -> list[str]:
    """Read the ids of a .sample file of Oxford's formats, in the order of the genotypes.

    ID_1 is the family and ID_2 the sample, as FID and IID are of PLINK; a file without ID_2 has
    the samples in its first column.

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    DegenerateDataError
        If there is no sample in it.
    MalformedInputError
        Where the second line is not that of the columns' types, a line is short, or an id is
        there twice.

    Examples
    --------
    >>> read_sample_file("cohort.sample")                   # doctest: +SKIP
    ['HG00096', 'HG00097']
    """
    lines = read_text(path).decode().split("\n")
    rows = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()]
    (_, header), *rest = rows
    if not rest or not set(rest[0][1]) <= TYPES:
        raise MalformedInputError(
            f"{path}, line 2: no .sample file: the types of its columns belong there (0 for ids, "
            "D, C, P or B)"
        )
    names = [name.lower() for name in header]
    column = names.index("id_2") if "id_2" in names else 0
    ids = []
    for number, cells in rest[1:]:
        if len(cells) != len(header):
            raise MalformedInputError(
                f"{path}, line {number}: {len(cells)} columns where the header has {len(header)}"
            )
        ids.append(cells[column])
    if not ids:
        raise DegenerateDataError(f"{path}: no sample in it")
    twice = repeated(ids)
    if twice:
        raise MalformedInputError(
            f"{path}: sample ids ({header[column]}) occur more than once: {first_few(twice)}; make "
            "them unique"
        )
    return ids
