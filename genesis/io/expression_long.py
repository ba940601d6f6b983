"""Expression as a long table: a gene, a sample and a value a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import MalformedInputError
from genesis.io.expression_values import read_columns, value_fault
from genesis.io.ids import counted, first_few
from genesis.io.table_columns import (
    GENE_WORDS,
    SAMPLE_WORDS,
    content_of,
    header_word,
)
from genesis.io.tables import DelimitedText, Row

__all__ = ["LongColumns", "long_columns", "parse_long"]

_VALUE_WORDS = (
    "value", "expression", "expr", "level", "tpm", "fpkm", "rpkm", "cpm", "count", "counts",
    "raw_count", "raw_counts", "abundance", "intensity", "est_counts", "numreads",
    "normalized_count", "normalised_count",
)  # fmt: skip
#: A table of genes x samples has more columns as a rule, and a long one hardly.
_MOST_COLUMNS = 15

LongColumns = tuple[int, int, int]


def long_columns(
    names: Sequence[str], rows: Sequence[Row], known: frozenset[str], where: str
) -> LongColumns | None:
    """The columns of genes, samples and values of a long table; None where it is none.

    Raises
    ------
    MalformedInputError
        Where several columns may hold the values.
    """
    if len(names) > _MOST_COLUMNS or (known and not known.isdisjoint(names)):
        return None
    words = [header_word(name) for name in names]
    cells = [
        [row.cells[k].strip() for row in rows if k < len(row.cells)] for k in range(len(names))
    ]
    samples = [k for k, word in enumerate(words) if word in SAMPLE_WORDS]
    if known:
        # Numbers of genes and values may be ids of samples too; the header's word tells then.
        met = [sum(cell in known for cell in column) for column in cells]
        bearing = [k for k in range(len(names)) if 2 * met[k] >= len(rows) > 0 < met[k]]
        samples = [k for k in samples if k in bearing] or bearing or samples
    genes = [words.index(word) for word in GENE_WORDS if word in words]
    if len(samples) != 1 or not genes or genes[0] == samples[0]:
        return None
    numbers = [
        k
        for k in range(len(names))
        if k not in (*genes, *samples) and content_of(cells[k]) in ("number", "mixed", "none")
    ]
    values = [k for k in numbers if words[k] in _VALUE_WORDS] or numbers
    if not values:
        return None
    if len(values) > 1:
        raise MalformedInputError(
            f"{where}: a long table (a row a gene and sample) with several columns of values: "
            f"{first_few([names[k] for k in values])}; keep one of them"
        )
    return genes[0], samples[0], values[0]


def parse_long(
    text: DelimitedText, names: Sequence[str], columns: LongColumns
) -> tuple[list[str], list[str], NDArray[np.float64], list[str]]:
    """Genes, samples, values (samples x genes, NaN where there is no row), and what was done.

    Raises
    ------
    MalformedInputError
        For a pair of gene and sample with two rows, a missing id, or a value that is no number.
    """
    roles = dict(zip(columns, ("text", "text", "number"), strict=True))
    table = read_columns(text, len(names), roles)
    if table is None:
        raise _fault(text, len(names), columns) or MalformedInputError(
            f"{text.path}: the table cannot be read"
        )
    gene, sample = (
        pd.Series(table.column(at).to_pylist(), dtype=object).str.strip() for at in range(2)
    )
    gene_codes, genes = pd.factorize(gene)
    sample_codes, samples = pd.factorize(sample)
    place = sample_codes.astype(np.int64) * len(genes) + gene_codes
    values = np.full(len(samples) * len(genes), np.nan)
    values[place] = table.column(2).to_numpy()
    is_odd = "" in genes or "" in samples or np.isinf(values).any()
    if is_odd or len(np.unique(place)) < len(place):
        fault = _fault(text, len(names), columns)
        if fault is not None:
            raise fault
    notes = ["A long table (a row a gene and sample) was made one of genes × samples."]
    absent = values.size - len(place)
    if absent:
        notes.append(f"{counted(absent, 'pair')} of a gene and a sample without a row are missing.")
    others = [name for k, name in enumerate(names) if k not in columns]
    if others:
        notes.append(f"{counted(len(others), 'column')} left out: {first_few(others)}.")
    return list(genes), list(samples), values.reshape(len(samples), len(genes)), notes


def _fault(text: DelimitedText, n_columns: int, columns: LongColumns) -> MalformedInputError | None:
    """The first thing wrong with the rows."""
    lines: dict[tuple[str, str], int] = {}
    for row in text.rows():
        where = f"{text.path}, line {row.line}"
        if len(row.cells) != n_columns:
            if row.cells[0].startswith("#"):
                continue
            return MalformedInputError(
                f"{where}: {counted(len(row.cells), 'column')} where the header calls for "
                f"{n_columns}"
            )
        gene, sample, value = (row.cells[k] for k in columns)
        gene, sample = gene.strip(), sample.strip()
        if not gene or not sample:
            return MalformedInputError(f"{where}: no {'sample' if gene else 'gene'} id")
        fault = value_fault(value)
        if fault:
            return MalformedInputError(
                f"{where}, gene {gene}, sample {sample}: {value!r} is {fault}; write a number, or "
                "NA where it is missing"
            )
        if (gene, sample) in lines:
            return MalformedInputError(
                f"{where}: gene {gene} of sample {sample} was already in line "
                f"{lines[gene, sample]}; keep one of them"
            )
        lines[gene, sample] = row.line
    return None
