"""Tables, arrays and what was read, in one form: numbers with names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.errors import MalformedInputError
from genesis.inputs.missing_values import column_means
from genesis.inputs.named_tables import as_table
from genesis.prepare.expression_filter import as_expression
from genesis.prepare.genotype_table import as_genotypes


def test_missing_values_of_nullable_columns_are_nan():
    frame = pd.DataFrame({"a": pd.array([1, pd.NA], dtype="Int64"), "b": [0.5, 2.0]}, ["s", "t"])
    table = as_table(frame, "gene")
    assert (table.samples, table.names) == (["s", "t"], ["a", "b"])
    np.testing.assert_array_equal(table.values, [[1.0, 0.5], [np.nan, 2.0]])


@pytest.mark.parametrize("adapt", [as_expression, as_genotypes])
def test_preparation_refuses_what_discover_refuses(adapt):
    with pytest.raises(MalformedInputError, match="'a' occurs more than once among the"):
        adapt(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]))
    with pytest.raises(MalformedInputError, match="sample '0' occurs more than once among the"):
        adapt(pd.DataFrame({"a": [1.0, 2.0]}, index=[0, "0"]))
    with pytest.raises(MalformedInputError, match="hold a value that is not a number"):
        adapt(pd.DataFrame({"a": ["one"]}))


def test_genotypes_of_a_table_hold_means_and_say_which():
    genotypes = as_genotypes(pd.DataFrame({"v": [0.0, np.nan, 1.0], "w": [2.0, 2.0, 1.0]}))
    assert genotypes.dosages.dtype == np.float32
    assert genotypes.dosages[:, 0].tolist() == [0.0, 0.5, 1.0]
    assert genotypes.variants["af"].tolist() == [0.25, 5 / 6]
    assert genotypes.variants["n_missing"].tolist() == [1, 0]
    assert genotypes.missing.tolist() == [[0b0100_0000], [0]]


def test_means_leave_out_what_is_missing_whatever_stands_there():
    values = np.array([[1.0, 7.0, np.nan], [4.0, 9.0, np.nan]])
    missing = np.array([[False, True, True], [False, False, True]])
    assert column_means(values, missing).tolist() == [2.5, 9.0, 0.0]
