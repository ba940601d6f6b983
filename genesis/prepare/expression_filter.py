"""Expression as preparation needs it: from tables too, with places of the genes; its filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError, InconsistentInputsError, MalformedInputError
from genesis.inputs.named_tables import as_table
from genesis.inputs.places import unplaced_genes
from genesis.io.expression import Expression
from genesis.io.gene_places import place_genes
from genesis.io.ids import first_few

__all__ = ["as_expression", "filter_expression", "gene_places", "require_same_samples"]


def as_expression(expression: Any) -> Expression:
    """Expression as it is, or of a table, samples × genes."""
    if isinstance(expression, Expression):
        return expression
    if not isinstance(expression, pd.DataFrame):
        raise MalformedInputError("expression is neither Expression nor a table of numbers")
    table = as_table(expression, "gene")
    values = table.values.astype(np.float64)
    return Expression(values, table.samples or [], unplaced_genes(table.names))


def gene_places(expression: Expression, genes: pd.DataFrame | None) -> pd.DataFrame:
    """gene_id, chrom, start, end of each gene: as given, or as the expression has them."""
    if genes is None:
        return expression.genes
    return place_genes(expression.genes["gene_id"].tolist(), genes)


def require_same_samples(expression: Sequence[str], genotypes: Sequence[str]) -> None:
    """Refuse samples that differ, or are in another order."""
    if list(expression) != list(genotypes):
        raise InconsistentInputsError(
            f"expression has samples {first_few(list(expression), 3)}, genotypes "
            f"{first_few(list(genotypes), 3)}: give the same in the same order (genesis.align)"
        )


def filter_expression(
    expression: Any, min_expression: float, min_fraction: float = 0.2
) -> NDArray[np.bool_]:
    """Which genes are expressed in enough samples.

    Parameters
    ----------
    expression : Expression or pandas.DataFrame, shape (n_samples, n_genes)
        TPM or counts, not yet normalised; a missing value is not above any threshold.
    min_expression : float
        Least value that counts as expressed: GTEx takes 0.1 TPM, and 6 reads.
    min_fraction : float
        Least share of the samples that express the gene.

    Returns
    -------
    numpy.ndarray of bool, shape (n_genes,)

    Raises
    ------
    CommandLineError
        `min_fraction` is no fraction, or `min_expression` no finite number.

    Examples
    --------
    >>> table = pd.DataFrame({"on": [1.0, 2, 0, 3], "off": [0.0, 0, 0, 1]})
    >>> filter_expression(table, 0.1, 0.5).tolist()
    [True, False]
    """
    if not 0 <= min_fraction <= 1:
        raise CommandLineError(f"min_fraction is {min_fraction}: it must lie between 0 and 1")
    if not np.isfinite(min_expression):
        raise CommandLineError(f"min_expression is {min_expression}: give a number")
    values = as_expression(expression).values
    n_expressed = (values >= min_expression).sum(axis=0)
    # In whole samples: 0.2 of 15 samples are 3, not 3.0000000000000004.
    enough: NDArray[np.bool_] = n_expressed >= np.ceil(round(min_fraction * len(values), 9))
    return enough
