"""The text files of a PLINK data set: samples (.fam, .psam) and variants (.bim, .pvar)."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from genesis.errors import (
    DegenerateDataError,
    InputOpenError,
    InputReadError,
    MalformedInputError,
)
from genesis.io.assembly import Assembly, read_assembly
from genesis.io.genotype_source import RecordTable
from genesis.io.ids import first_few, repeated
from genesis.io.sex import sex_of
from genesis.io.tables import not_found, read_text, require_file
from genesis.io.vcf_header import LAST_POSITION

__all__ = ["find_file", "read_bim", "read_fam", "read_psam", "read_pvar"]

FAM = ("fid", "iid", "father", "mother", "sex", "phenotype")
BIM = ("chrom", "name", "centimorgan", "pos", "a1", "a2")


def read_fam(path: str | Path) -> tuple[list[str], dict[str, str]]:
    """Sample ids (second column) of a .fam file, and their sexes.

    Raises
    ------
    InputOpenError, DegenerateDataError
        If the file cannot be opened or is empty.
    MalformedInputError
        For lines of another number of columns than six, repeated ids, or a sex that is none.
    """
    table = _read_columns(read_text(path), path, FAM, 1)
    return _samples(table["iid"].tolist(), table["sex"].tolist(), path, 1)


def read_psam(path: str | Path) -> tuple[list[str], dict[str, str]]:
    """Sample ids (IID) of a .psam file and their sexes (SEX), where it has these.

    Raises
    ------
    InputOpenError, DegenerateDataError, MalformedInputError
        As `read_fam`.
    """
    data = read_text(path)
    names, start = _header(data, ("#FID", "#IID"))
    if not names:
        n_columns = len(data.split(b"\n", 1)[0].split())
        names = list(FAM[:n_columns]) if n_columns >= 5 else ["iid"]
    names = [name.lstrip("#").lower() for name in names]
    if "iid" not in names:
        raise MalformedInputError(f"{path}: the header has no column IID; name the sample ids so")
    line = data.count(b"\n", 0, start) + 1
    table = _read_columns(data[start:], path, names, line)
    sexes = table["sex"].tolist() if "sex" in names else [""] * len(table)
    return _samples(table["iid"].tolist(), sexes, path, line)


def _samples(
    ids: list[str], sexes: Sequence[str], path: str | Path, line: int
) -> tuple[list[str], dict[str, str]]:
    twice = repeated(ids)
    if twice:
        raise MalformedInputError(
            f"{path}: sample ids (IID) occur more than once: {first_few(twice)}; make them unique"
        )
    known = {name: sex_of(sex) if sex else "" for name, sex in zip(ids, sexes, strict=True)}
    for number, (name, sex) in enumerate(known.items()):
        if sex is None:
            raise MalformedInputError(
                f"{path}, line {line + number}, sample {name}: {sexes[number]!r} is no sex; "
                "write 1 (male), 2 (female) or 0"
            )
    return ids, {name: str(sex) for name, sex in known.items()}


def read_bim(path: str | Path) -> RecordTable:
    """Variants of a .bim file.

    The first allele (A1) is taken as ALT and the second (A2) as REF, as plink2 does.

    Raises
    ------
    InputOpenError, DegenerateDataError
        If the file cannot be opened or is empty.
    MalformedInputError
        For lines of another number of columns than six, and positions that are no whole numbers.
    """
    table = _read_columns(read_text(path), path, BIM, 1)
    alt = table["a1"].mask(table["a1"] == "0", ".")
    return _records(table["chrom"], table["pos"], table["name"], table["a2"], alt, path, 1)


def read_pvar(path: str | Path) -> tuple[RecordTable, Assembly]:
    """Variants of a .pvar file (may be compressed by zstd), and what it says of the genome.

    Raises
    ------
    InputOpenError, InputReadError, DegenerateDataError
        If the file cannot be opened, is damaged or empty.
    MalformedInputError
        For a header without the columns needed, lines that do not fit it, or positions that are
        no whole numbers.
    """
    data = _decompressed(path) if str(path).endswith(".zst") else read_text(path)
    names, start = _header(data, ("#CHROM",))
    line = data.count(b"\n", 0, start) + 1
    if not names:
        # Without a header, it has the columns of a .bim file.
        table = _read_columns(data, path, BIM, 1)
        table = table.rename(columns={"a2": "ref", "a1": "alt", "name": "id"})
    else:
        names = [name.lstrip("#").lower() for name in names]
        lacking = [name for name in ("chrom", "pos", "id", "ref", "alt") if name not in names]
        if lacking:
            raise MalformedInputError(
                f"{path}, line {line - 1}: the header has no column {lacking[0].upper()}"
            )
        table = _read_columns(data[start:], path, names, line)
    records = _records(
        table["chrom"], table["pos"], table["id"], table["ref"], table["alt"], path, line
    )
    if "filter" in table:
        filters = pa.array(table["filter"], pa.string())
        if isinstance(filters, pa.ChunkedArray):
            filters = filters.combine_chunks()
        records = dataclasses.replace(records, filter=filters)
    return records, read_assembly(data[:start].decode().splitlines())


def _decompressed(path: str | Path) -> bytes:
    require_file(path, "variants")
    try:
        with pa.OSFile(str(path)) as raw, pa.CompressedInputStream(raw, "zstd") as stream:
            data: bytes = stream.read()
    except OSError as error:
        raise InputReadError(f"{path}: the compressed file is damaged ({error})") from error
    if not data.strip():
        raise DegenerateDataError(f"{path}: the file is empty")
    return data


def _header(data: bytes, starts: tuple[str, ...]) -> tuple[list[str], int]:
    """The names of the columns, none where there is no header, and where the rows start."""
    start = 0
    for line in io.BytesIO(data):
        if not line.startswith(b"#"):
            break
        start += len(line)
        if line.decode().startswith(starts):
            return line.decode().split(), start
    return [], start


def _read_columns(
    data: bytes, path: str | Path, names: Sequence[str], first_line: int
) -> pd.DataFrame:
    """Cells as text, of columns separated by blanks."""
    # One more column than there should be, so that a cell too many is seen.
    columns = [*names, "surplus"]
    try:
        table = pd.read_csv(
            io.BytesIO(data), sep=r"\s+", header=None, names=columns, index_col=False, dtype="str",
            keep_default_na=False, na_values=[], quoting=3, skip_blank_lines=False,
        )  # fmt: skip
    except pd.errors.EmptyDataError:
        raise DegenerateDataError(f"{path}: there is nothing after the header") from None
    except pd.errors.ParserError as error:
        raise MalformedInputError(
            f"{path}: the columns cannot be told apart ({error}); {len(names)} are needed a line"
        ) from None
    if table.empty:
        raise DegenerateDataError(f"{path}: there is nothing after the header")
    short, long = table[names[-1]].isna(), table["surplus"].notna()
    bad = np.flatnonzero(short | (long & (table["surplus"] != "")))
    blank = table[names[0]].isna() | (table[names[0]] == "")
    bad = np.union1d(bad, np.flatnonzero(blank | (table[names[-1]] == "")))
    if len(bad):
        n = int((table.loc[bad[0]].notna() & (table.loc[bad[0]] != "")).sum())
        more = " or more" if n > len(names) else ""
        raise MalformedInputError(
            f"{path}, line {first_line + int(bad[0])}: {n}{more} columns where {len(names)} are "
            "needed"
        )
    return table[list(names)]


def _records(
    chrom: pd.Series, pos: pd.Series, name: pd.Series, ref: pd.Series, alt: pd.Series,
    path: str | Path, line: int,
) -> RecordTable:  # fmt: skip
    whole = pos.str.fullmatch(r"[0-9]{1,10}")
    bad = np.flatnonzero(~whole)
    if not len(bad):
        positions = pos.astype(np.int64).to_numpy()
        bad = np.flatnonzero(positions > LAST_POSITION)
    if len(bad):
        raise MalformedInputError(
            f"{path}, line {line + int(bad[0])}: position {pos.iloc[bad[0]]!r} is no whole number "
            f"up to {LAST_POSITION}"
        )
    texts = [pa.array(column, pa.string()) for column in (chrom, name, ref, alt)]
    texts = [text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text for text in texts]
    return RecordTable(texts[0], positions, texts[1], texts[2], texts[3])


def find_file(prefix: str | Path, suffixes: Sequence[str], what: str) -> Path:
    """The file of a data set with the first of these endings that there is."""
    paths = [Path(f"{prefix}{suffix}") for suffix in suffixes]
    for path in paths:
        try:
            if path.exists():
                return path
        except OSError as error:
            raise InputOpenError(f"{path}: it cannot be opened ({error.strerror})") from error
    raise not_found(paths[0], f"give the {what} by the name that its files share")
