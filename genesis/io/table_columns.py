"""Which column of a table is what: the ids of its rows, annotation, values of a sample, or surplus.

The ids of the genotyped samples are the referee wherever they are at hand: a column that bears
one of them holds that sample. Otherwise the header's words and the cells decide, and what they
leave open is refused rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from genesis.errors import MalformedInputError
from genesis.io.ids import counted, first_few
from genesis.io.tables import MISSING, Row

__all__ = [
    "GENE_WORDS",
    "ROW_WORDS",
    "SAMPLE_WORDS",
    "ColumnRoles",
    "column_roles",
    "content_of",
    "corner",
    "header_word",
    "named_columns",
    "share_known",
]

#: What the header calls the ids of genes, the most specific first.
GENE_WORDS = (
    "gene_id", "geneid", "gene_ids", "gene_stable_id", "gene_stable_id_version",
    "ensembl_gene_id", "ensembl_gene_id_version", "ensembl_id", "ensembl", "ensg",
    "phenotype_id", "pid", "transcript_id", "tx", "transcript", "target_id", "feature_id",
    "feature", "probe_id", "probe", "probeset_id", "probe_set_id", "probeset", "id_ref",
    "targetid", "transcriptid", "phenotypeid", "featureid", "probeid",
    "gene", "genes", "id", "name", "locus_tag", "orf", "entrez_id", "entrezid", "entrez",
    "entrez_gene_id", "ncbi_gene_id", "ncbi_gene_formerly_entrezgene_id", "gene_symbol",
    "symbol", "hgnc_symbol", "hugo_symbol", "gene_name", "genename", "external_gene_name",
    "gid",
)  # fmt: skip
#: What the header calls the ids of samples.
SAMPLE_WORDS = (
    "sample", "sample_id", "sampleid", "sample_name", "samples", "iid", "individual",
    "individual_id", "donor", "donor_id", "subject", "subject_id", "participant",
    "participant_id",
)  # fmt: skip
#: What programs write over row names and row numbers, if anything.
ROW_WORDS = ("", "unnamed_0", "row_names", "rownames", "rowname", "index", "x")
_SYMBOL_WORDS = GENE_WORDS[GENE_WORDS.index("gene_symbol") :]
_ANNOTATION_WORDS = frozenset((
    "description", "gene_description", "definition", "title", "biotype", "gene_biotype",
    "gene_type", "transcript_type", "transcript_biotype", "type", "class", "chr", "chrom",
    "chromosome", "chromosome_name", "chromosome_scaffold_name", "contig", "seqname",
    "seqnames", "scaffold", "start", "end", "stop", "gene_start", "gene_end", "gene_start_bp",
    "gene_end_bp", "transcript_start_bp", "transcript_end_bp", "start_position",
    "end_position", "strand", "length", "gene_length", "transcript_length", "effective_length",
    "effectivelength", "width", "tss", "transcription_start_site_tss", "pos", "position",
    "coord", "score", "info", "karyotype_band", "cytoband", "band", "source", "gene_source",
    "gc_content", "gene_gc_content", "synonyms", "gene_synonym", "aliases", "transcript_id_s",
    "transcript_ids", "transcript_stable_id", "transcript_stable_id_version", "gene_id_s",
))  # fmt: skip
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?(inf|infinity)", re.IGNORECASE)


def header_word(cell: str) -> str:
    """A cell of a header in lower case, everything but letters and digits as underscores.

    Examples
    --------
    >>> header_word("Gene start (bp)"), header_word("#chr")
    ('gene_start_bp', 'chr')
    """
    return re.sub(r"[^a-z0-9]+", "_", cell.lower()).strip("_")


def content_of(cells: Sequence[str]) -> str:
    """What cells hold: ``"number"``, ``"text"``, both (``"mixed"``), or nothing (``"none"``).

    Text that is made of a number's characters, such as ``1,5``, counts as both, since it hardly
    is annotation.

    Examples
    --------
    >>> content_of(["1", "NA"]), content_of(["BRCA2", ""]), content_of(["1", "X"]), content_of([""])
    ('number', 'text', 'mixed', 'none')
    """
    filled = [cell.strip() for cell in cells if cell.strip() not in MISSING]
    numbers = [_NUMBER.fullmatch(cell) is not None for cell in filled]
    if all(numbers):
        return "number" if filled else "none"
    if any(numbers) or any(re.fullmatch(r"[-+\d.,eE ]*\d[-+\d.,eE ]*", cell) for cell in filled):
        return "mixed"
    return "text"


@dataclass(frozen=True)
class ColumnRoles:
    """What the columns of a table are.

    Attributes
    ----------
    names : list of str
        One a column, empty where the header has none.
    id_column : int
        The column with the ids of the rows.
    values : list of int
        Columns with the values of one sample each (of one gene each, where rows are samples).
    annotation, surplus : list of int
        Columns that say something else of the rows; and nameless ones, to be empty throughout.
    """

    names: list[str]
    id_column: int
    values: list[int]
    annotation: list[int]
    surplus: list[int]

    @property
    def value_names(self) -> list[str]:
        """Names of the columns with values."""
        return [self.names[column] for column in self.values]

    def left_out(self) -> list[str]:
        """What was left out by name, in a sentence, if any."""
        notes = []
        if self.annotation:
            names = [self.names[column] or f"column {column + 1}" for column in self.annotation]
            notes.append(
                f"{counted(len(names), 'column')} left out as annotation: {first_few(names)}."
            )
        if self.surplus:
            notes.append(
                f"{counted(len(self.surplus), 'empty column')} without a name passed over."
            )
        return notes


def share_known(ids: Sequence[str], known: frozenset[str]) -> float:
    """Which share of ids is known; of none it is 0."""
    return sum(name in known for name in ids) / max(1, len(ids))


def corner(names: Sequence[str], rows: Sequence[Row]) -> str:
    """The first two columns of a header and of the first two rows, for an error message."""
    lines = [list(names), *(row.cells for row in rows[:2])]
    return " / ".join(", ".join(repr(cell[:40]) for cell in cells[:2]) for cells in lines)


def named_columns(
    header: Row, rows: Sequence[Row], known: frozenset[str], words: Sequence[str], path: str | Path
) -> list[str]:
    """A name for each column of the rows, where rows and header differ in their number too.

    R's ``write.table`` leaves out the name of the column of row names, so that the header is one
    cell short; and tabs at the end of lines make columns of nothing.

    Parameters
    ----------
    header : Row
    rows : sequence of Row
        The first rows.
    known : frozenset of str
        Ids of the genotyped samples, maybe none.
    words : sequence of str
        What a header calls the ids of rows.
    path : str or Path
        For messages.

    Raises
    ------
    MalformedInputError
        Where it cannot be told which column a name belongs to.
    """
    names = [cell.strip() for cell in header.cells]
    if not rows:
        return names
    width = len(rows[0].cells)
    while len(names) > width and not names[-1]:
        names.pop()
    n_surplus = width - len(names)
    if n_surplus <= 0:
        return names
    where = f"{path}, line {rows[0].line}"
    said = (
        f"the rows have {counted(width, 'column')} and the header {len(names)} "
        f"({corner(names, rows)})"
    )
    is_id = header_word(names[0]) in ("", *words)
    is_empty = all(not any(cell.strip() for cell in row.cells[len(names) :]) for row in rows)
    if is_empty:
        # The last sample may have no values; then the names belong one column further on.
        if is_id or (known and names[0] not in known and not known.isdisjoint(names)):
            return names + [""] * n_surplus
    elif n_surplus == 1 and (not is_id or _is_counter(rows)):
        return ["", *names]
    raise MalformedInputError(
        f"{where}: {said}, and it cannot be told which column has no name; write one name a column"
    )


def _is_counter(rows: Sequence[Row]) -> bool:
    """Whether rows are numbered from 0 or 1, and what follows the number is text."""
    first = [row.cells[0].strip() for row in rows]
    counts = [[str(start + k) for k in range(len(rows))] for start in (0, 1)]
    return first in counts and content_of([row.cells[1] for row in rows if row.cells[1:]]) == "text"


def column_roles(
    names: Sequence[str],
    rows: Sequence[Row],
    known: frozenset[str],
    where: str,
    n_leading: int = 0,
    id_column: int = 0,
) -> ColumnRoles:
    """Tell ids, annotation, values and surplus apart.

    Parameters
    ----------
    names : sequence of str
        One a column.
    rows : sequence of Row
        The first rows.
    known : frozenset of str
        Ids of the genotyped samples, maybe none.
    where : str
        File and line of the header, for messages.
    n_leading, id_column : int
        How many columns at the beginning are none of samples by the format, and which of them
        has the ids; without any, that is found too.

    Raises
    ------
    MalformedInputError
        For a column with values and no name, and one that is neither numbers nor annotation.
    """
    cells = [[row.cells[k] for row in rows if k < len(row.cells)] for k in range(len(names))]
    contents = [content_of(column) for column in cells]
    known_met = not known.isdisjoint(names)
    if not n_leading:
        id_column = _id_column(names, rows, known)
    values: list[int] = []
    annotation: list[int] = []
    surplus: list[int] = []
    for column, (name, content) in enumerate(zip(names, contents, strict=True)):
        if column == id_column or column < n_leading:
            continue
        if not name and content != "none" and column > id_column:
            raise MalformedInputError(
                f"{where}: column {column + 1} has no sample id, but values; name it"
            )
        is_before_ids = not name or column < id_column
        by_word = is_before_ids or header_word(name) in (*_ANNOTATION_WORDS, *GENE_WORDS)
        by_content = content == "text" and not values
        # Where other columns bear ids of the samples, one of words and numbers need not be told.
        by_referee = known_met and content in ("text", "mixed")
        if not name and content == "none":
            surplus.append(column)
        elif name in known:
            values.append(column)
        elif by_word or by_content or by_referee:
            annotation.append(column)
        elif content == "text":
            raise MalformedInputError(
                f"{where}: column {column + 1} ({name}) lies among the samples and has no numbers "
                f"({cells[column][0][:40]!r}; the table begins {corner(names, rows)}); leave it "
                "out of the table"
            )
        else:
            values.append(column)
    return ColumnRoles(list(names), id_column, values, annotation, surplus)


def _id_column(names: Sequence[str], rows: Sequence[Row], known: frozenset[str]) -> int:
    """The column that names the rows: the first, unless another bears the word for it."""
    words = ["" if name in known else header_word(name) for name in names]
    ids = set(GENE_WORDS) - set(_SYMBOL_WORDS)
    bears_row_names = words[0] in ROW_WORDS and names[0] not in known
    # Rows that were filtered keep their numbers, which are no longer 1, 2, 3.
    is_numbered = all(re.fullmatch(r"\d+", row.cells[0].strip()) for row in rows)
    is_counted = (
        len(names) > 1
        and bears_row_names
        and (_is_counter(rows) or (is_numbered and not ids.isdisjoint(words[1:])))
    )
    if not is_counted and (bears_row_names or words[0] in ids):
        return 0
    for word in GENE_WORDS:
        if word in words:
            return words.index(word)
    return 1 if is_counted else 0
