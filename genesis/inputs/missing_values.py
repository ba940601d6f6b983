"""What is missing, replaced by means: of a variant's dosages, of a gene's expression."""

from __future__ import annotations

import numpy as np
import pandas as pd

from genesis.errors import MalformedInputError
from genesis.inputs.named_tables import NamedTable
from genesis.io.exclusions import exclusions
from genesis.io.ids import counted, were

__all__ = ["column_means", "complete_dosages", "complete_expression"]

_VARIANT_BLOCK = 4096


def column_means(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """The mean of what is there of each column; 0 where nothing is.

    Parameters
    ----------
    values : (n, m) float
        What stands at a missing place does not matter.
    missing : (n, m) bool

    Examples
    --------
    >>> values = np.array([[1.0, np.nan], [2.0, 4.0]])
    >>> column_means(values, np.isnan(values)).tolist()
    [1.5, 4.0]
    """
    count = (~missing).sum(axis=0)
    means: np.ndarray = np.where(missing, 0, values).sum(axis=0) / np.maximum(count, 1)
    return means


def complete_dosages(table: NamedTable, notes: list[str]) -> tuple[np.ndarray, list[pd.DataFrame]]:
    """Mean-impute missing dosages; list the variants that do not vary."""
    values = table.values if table.values.dtype.kind == "f" else table.values.astype(np.float32)
    flat: list[int] = []
    n_missing = 0
    copied = False
    for start in range(0, values.shape[1], _VARIANT_BLOCK):
        block = values[:, start : start + _VARIANT_BLOCK]
        if np.isinf(block).any():
            column = start + int(np.isinf(block).any(axis=0).argmax())
            raise MalformedInputError(f"variant {table.names[column]!r} holds an infinite dosage")
        missing = np.isnan(block)
        if missing.any():
            if not copied:
                values, copied = values.copy(order="F"), True
                block = values[:, start : start + _VARIANT_BLOCK]
            n_missing += int(missing.sum())
            block[...] = np.where(missing, column_means(block, missing), block)
        if len(block):
            flat.extend((start + np.flatnonzero((block == block[0]).all(axis=0))).tolist())
    if n_missing:
        notes.append(
            f"{counted(n_missing, 'missing dosage')} {were(n_missing)} replaced by the mean of "
            "the variant"
        )
    if not flat:
        return values, []
    names = [table.names[k] for k in flat]
    detail = "no variance among the samples used"
    return values, [exclusions("variant", names, "monomorphic", detail)]


def complete_expression(table: NamedTable, notes: list[str], kind: str = "gene") -> np.ndarray:
    """Expression as numbers, NaN where missing until it is normalised; says how many are.

    `kind` is what a column is, for messages.
    """
    values = table.values.astype(np.float64)
    if np.isinf(values).any():
        gene = table.names[int(np.isinf(values).any(axis=0).argmax())]
        raise MalformedInputError(f"{kind} {gene!r} holds an infinite value")
    missing = np.isnan(values)
    empty = missing.all(axis=0)
    if empty.any() and len(values):
        # Nothing to put in: it becomes a constant and is excluded as one.
        values[:, empty], missing[:, empty] = 0.0, False
    if missing.any():
        n_missing, n_genes = int(missing.sum()), int(missing.any(axis=0).sum())
        notes.append(
            f"{counted(n_missing, 'missing expression value')} in {counted(n_genes, kind)} "
            f"{were(n_missing)} replaced by the mean of the {kind}"
        )
    return values
