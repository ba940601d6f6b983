"""Expression of genes in samples, from any format that labs have."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    InputOpenError,
)
from genesis.io.exclusions import combine, exclusions, no_exclusions
from genesis.io.expression_stores import is_anndata, read_anndata, read_parquet
from genesis.io.expression_table import ExpressionTable, read_table
from genesis.io.ids import counted, first_few, positions_of
from genesis.io.tables import file_of
from genesis.showing import Shown

__all__ = ["Expression", "read_expression"]

# Rows that count reads, not a gene: of HTSeq, STAR and featureCounts.
_NO_GENE = re.compile(
    r"__\w+|N_(unmapped|multimapping|noFeature|ambiguous)|Unassigned_\w+|"
    r"no_feature|ambiguous|too_low_aQual|not_aligned|alignment_not_unique"
)


@dataclass(frozen=True, eq=False, repr=False)
class Expression(Shown):
    """Expression of genes in samples.

    Attributes
    ----------
    values : numpy.ndarray of float64, shape (n_samples, n_genes)
        NaN where missing.
    samples : list of str
        Sample ids, the rows.
    genes : pandas.DataFrame
        One row a column of `values`: ``gene_id`` (unique), ``chrom`` (str, missing where
        unknown), ``start`` and ``end`` (Int64, 1-based, both included).
    excluded : pandas.DataFrame
        Exclusion table: genes that were read and dropped, with their reasons.
    notes : list of str
        What was done, in sentences.
    """

    values: NDArray[np.float64]
    samples: list[str]
    genes: pd.DataFrame
    excluded: pd.DataFrame = field(default_factory=no_exclusions)
    notes: list[str] = field(default_factory=list)

    @property
    def has_positions(self) -> bool:
        """Whether any gene has a position."""
        return bool(self.genes["chrom"].notna().any())

    def take_samples(self, samples: Sequence[str]) -> Expression:
        """Return the expression of these samples, in this order.

        Genes without two different values among them are excluded with reason ``constant``.

        Raises
        ------
        InconsistentInputsError
            For an id that is not among the samples, or is repeated.
        DegenerateDataError
            Where no sample is asked for or no gene varies.

        Examples
        --------
        >>> genes = pd.DataFrame({"gene_id": ["g"], "chrom": [None], "start": [pd.NA],
        ...     "end": [pd.NA]})
        >>> Expression(np.array([[1.0], [2.0]]), ["a", "b"], genes).take_samples(["b", "a"]).samples
        ['b', 'a']
        """
        wanted = list(samples)
        if wanted == self.samples:
            return self
        rows = positions_of(wanted, self.samples, "samples", "the expression table")
        values = self.values[rows]
        constant = ~varying(values)
        if constant.all():
            raise DegenerateDataError(
                f"none of the {len(self.genes)} genes varies among the {len(wanted)} samples "
                "taken; take more samples"
            )
        lost = exclusions(
            "gene",
            self.genes.loc[constant, "gene_id"].tolist(),
            "constant",
            f"does not vary among the {len(wanted)} samples taken",
        )
        notes = list(self.notes)
        if len(lost):
            notes.append(
                f"{counted(len(lost), 'gene')} without variation among the {len(wanted)} samples "
                "taken: excluded."
            )
        return Expression(
            values=values[:, ~constant],
            samples=wanted,
            genes=self.genes[~constant].reset_index(drop=True),
            excluded=combine([self.excluded, lost]),
            notes=notes,
        )

    def take_genes(self, gene_ids: Sequence[str]) -> Expression:
        """Return the expression of these genes, in this order.

        Raises
        ------
        InconsistentInputsError
            For an id that is not among the genes, or is repeated.
        DegenerateDataError
            Where no gene is asked for.

        Examples
        --------
        >>> genes = pd.DataFrame({"gene_id": ["g", "h"], "chrom": [None, None],
        ...     "start": [pd.NA, pd.NA], "end": [pd.NA, pd.NA]})
        >>> Expression(np.array([[1.0, 2.0]]), ["a"], genes).take_genes(["h"]).values
        array([[2.]])
        """
        available = self.genes["gene_id"].tolist()
        columns = positions_of(list(gene_ids), available, "genes", "the expression table")
        return Expression(
            values=self.values[:, columns],
            samples=self.samples,
            genes=self.genes.iloc[columns].reset_index(drop=True),
            excluded=self.excluded,
            notes=self.notes,
        )


def varying(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which columns have two different values, NaN left out."""
    low = np.fmin.reduce(values, axis=0)
    high = np.fmax.reduce(values, axis=0)
    return low < high


def read_expression(
    path: Any,
    *,
    samples: Sequence[str] | None = None,
    layer: str | None = None,
    include_genes: Sequence[str] | None = None,
    exclude_genes: Sequence[str] | None = None,
    max_missing: float = 0.1,
) -> Expression:
    """Read expression from a table or store, whose format is told by its content.

    Parameters
    ----------
    path : str, Path or anndata.AnnData
        One of these; tables may be gzipped.

        - Genes x samples, separated by tabs, commas, semicolons or blanks. Columns of annotation
          beside the samples (names, transcripts, positions, descriptions, as nf-core, RSEM,
          Salmon and BioMart have them) are left out and named, as are R's row numbers.
        - Samples x genes, and long tables (a gene, a sample and a value a row).
        - The BED of FastQTL, tensorQTL and QTLtools (``#chr start end gene_id`` and then the
          samples), which brings the positions along.
        - GCT 1.2, as GTEx has it; the series matrix of GEO.
        - The table of featureCounts, which brings the positions along; samples are named by the
          alignment files, without directory, ``.bam`` and STAR's ending, or by their folders.
        - Parquet of genes x samples, its index or first column the gene ids; or of tensorQTL's BED.
        - AnnData (``.h5ad`` or in memory) of samples (obs) x genes (var), dense or sparse; needs
          the extra ``anndata``.
    samples : sequence of str, optional
        Ids of the genotyped samples. A column that bears one of them is a sample; without them
        the header and the cells decide alone.
    layer : str, optional
        Layer of AnnData to read instead of X.
    include_genes, exclude_genes : sequence of str, optional
        Genes to keep and to leave out; ids that the table does not have are noted.
    max_missing : float, default 0.1
        Largest fraction of samples without a value that a gene may have.

    Returns
    -------
    Expression
        Genes in the order of the file. Genes that do not vary (reason ``constant``) or miss
        too many values (``missing_values``) are in its exclusion table, and so are rows that
        count reads of no gene, such as ``__no_feature`` (``not_a_gene``).

    Raises
    ------
    InputOpenError, InputReadError
        If the file cannot be opened, or is damaged.
    MalformedInputError
        For rows of unequal length, values that are no finite numbers, repeated gene or sample
        ids; with the line, gene and sample. Also where it cannot be told which columns are
        samples; with the beginning of the table.
    CommandLineError
        If `max_missing` is not a fraction, or there is no such layer.
    DegenerateDataError
        If the file is empty or no gene is left.

    Examples
    --------
    >>> expression = read_expression("expression.tsv.gz")   # doctest: +SKIP
    >>> expression.values.shape                             # doctest: +SKIP
    (300, 150)
    """
    if not 0 <= max_missing <= 1:
        raise CommandLineError(f"max_missing {max_missing} is not a fraction; use 0 to 1")
    table = open_table(path, frozenset(samples or ()), layer)
    genes = pd.DataFrame({"gene_id": pd.Series(table.genes, dtype="str")})
    genes["chrom"] = pd.array(table.chrom, dtype="string")
    genes["start"] = pd.array(table.start, dtype="Int64")
    genes["end"] = pd.array(table.end, dtype="Int64")
    where = "AnnData" if is_anndata(path) else str(path)
    read = (
        f"{where}: {counted(len(genes), 'gene')} in {counted(len(table.samples), 'sample')} read "
        f"from {table.kind}."
    )
    whole = Expression(table.values, table.samples, genes, notes=[read, *table.notes])
    return drop_genes(whole, include_genes, exclude_genes, max_missing, where)


def open_table(path: Any, known: frozenset[str], layer: str | None) -> ExpressionTable:
    """Read a table or store, by its first bytes."""
    if is_anndata(path):
        return read_anndata(path, layer)
    local = file_of(path, "table")
    try:
        with local.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise InputOpenError(f"{path}: it cannot be opened ({error.strerror})") from error
    if start == b"\x89HDF":
        return read_anndata(local, layer)
    if layer is not None:
        raise CommandLineError(f"{path}: only AnnData has layers; leave layer {layer!r} out")
    return read_parquet(local, known) if start == b"PAR1" else read_table(path, known)


def drop_genes(
    whole: Expression,
    include_genes: Sequence[str] | None,
    exclude_genes: Sequence[str] | None,
    max_missing: float,
    path: str,
) -> Expression:
    """Leave out what is no gene, and genes not asked for, constant, or missing in too many."""
    ids = whole.genes["gene_id"]
    no_gene = ids.str.fullmatch(_NO_GENE).to_numpy(dtype=bool)
    included, unwanted, notes = _listed(ids, include_genes, exclude_genes, path)
    n_samples = len(whole.samples)
    n_missing = np.isnan(whole.values).sum(axis=0)
    gaps = (n_missing == n_samples) | (n_missing / n_samples > max_missing)
    # The first that is true of a gene is its reason.
    reasons = {
        "not_a_gene": no_gene,
        "excluded_by_list": unwanted,
        "not_included": ~included,
        "missing_values": gaps,
        "constant": ~varying(whole.values),
    }
    kept = np.ones(len(ids), dtype=np.bool_)
    frames = []
    for reason in reasons:
        rows = reasons[reason] = reasons[reason] & kept
        kept &= ~rows
        details: str | list[str] = ""
        if reason == "missing_values":
            details = [f"{gap} of {n_samples} values missing" for gap in n_missing[rows]]
        frames.append(exclusions("gene", ids[rows].tolist(), reason, details))
        notes += _left_out(reason, ids[rows].tolist())
    if not kept.any():
        raise _none_left(ids.tolist(), reasons, max_missing, path)
    n_gaps = int(n_missing[kept].sum())
    if n_gaps:
        notes.append(f"{counted(n_gaps, 'missing value')} in the genes kept.")
    return Expression(
        values=whole.values[:, kept],
        samples=whole.samples,
        genes=whole.genes[kept].reset_index(drop=True),
        excluded=combine(frames),
        notes=[*whole.notes, *notes],
    )


def _listed(
    ids: pd.Series, include: Sequence[str] | None, exclude: Sequence[str] | None, path: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], list[str]]:
    """Which genes are to be included and excluded by lists, and what these have besides."""
    notes = []
    included = np.ones(len(ids), dtype=np.bool_)
    if include is not None:
        included = ids.isin(list(include)).to_numpy()
        if not included.any():
            raise InconsistentInputsError(
                f"{path}: none of the genes asked for is in the table; asked for are "
                f"{first_few(list(include), 3)}, the table has {first_few(ids.tolist(), 3)}"
            )
    for asked, what in ((include, "asked for"), (exclude, "to exclude")):
        absent = sorted(set(asked or ()) - set(ids))
        if absent:
            notes.append(
                f"{counted(len(absent), 'gene')} {what} but not in the table: {first_few(absent)}."
            )
    return included, ids.isin(list(exclude or ())).to_numpy(), notes


def _left_out(reason: str, ids: list[str]) -> list[str]:
    """What to say of genes, or of rows that are none, left out for a reason."""
    if not ids:
        return []
    if reason == "not_a_gene":
        return [
            f"{counted(len(ids), 'row')} of reads that belong to no gene left out: "
            f"{first_few(ids)}."
        ]
    return [f"{counted(len(ids), 'gene')} excluded: {reason}."]


def _none_left(
    ids: list[str], reasons: dict[str, NDArray[np.bool_]], max_missing: float, path: str
) -> DegenerateDataError:
    listed = ", ".join(f"{reason} {int(rows.sum())}" for reason, rows in reasons.items())
    advice = ""
    if reasons["missing_values"].any():
        advice = (
            "; a gene may miss its value in a fraction --max-missing (max_missing) of the samples, "
            f"which is {max_missing:g}"
        )
    return DegenerateDataError(
        f"{path}: none of {len(ids)} genes is left ({listed}), e.g. {first_few(ids, 3)}{advice}"
    )
