"""Columns kept as some of their rows, against arrays of all rows."""

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genesis.findings.relations import RELATION_NAMES, Relations
from genesis.findings.sparse_columns import Sparse
from tests.handmade import relations

SOME = st.lists(st.one_of(st.just(np.nan), st.floats(-9, -1)), max_size=12)


def sparse(column: np.ndarray) -> Sparse:
    rows = np.flatnonzero(~np.isnan(column))
    return Sparse(rows, column[rows], np.nan, len(column))


@given(SOME, st.integers(0, 14), st.integers(0, 14), st.randoms(use_true_random=False))
def test_rows_are_those_of_the_array(values, start, stop, random):
    column = np.array(values, dtype=np.float64)
    kept = sparse(column)
    assert len(kept) == len(column)
    np.testing.assert_array_equal(kept.array(), column)
    part = kept[start:stop]
    assert len(part) == len(column[start:stop])
    np.testing.assert_array_equal(part.array(), column[start:stop])
    np.testing.assert_array_equal(part[:2].array(), column[start:stop][:2])
    mask = np.array([random.random() < 0.5 for _ in values], dtype=np.bool_)
    np.testing.assert_array_equal(kept[mask], column[mask])
    at = np.array([random.randrange(len(values)) for _ in values], dtype=np.int64)
    np.testing.assert_array_equal(kept[at], column[at])
    assert kept[at].dtype == np.float64


@given(st.lists(st.tuples(st.integers(0, 2), *[st.sampled_from([np.nan, 1, -2])] * 3), max_size=9))
def test_strongest_is_a_sort_by_three_keys(rows):
    names = ("relation", "posterior", "correlation", "log_p")
    table = relations(
        [{"gene_a": k, "gene_b": 99, **dict(zip(names, row, strict=True))}
         for k, row in enumerate(rows)]
    )  # fmt: skip
    kept = dataclasses.replace(table, log_p=sparse(table.log_p))
    ancestors = np.flatnonzero(table.relation == RELATION_NAMES.index("ancestor"))
    keys = (table.log_p, -np.abs(table.correlation), -table.posterior)
    order = ancestors[np.lexsort([key[ancestors] for key in keys])]
    for n in range(len(rows) + 2):
        assert kept.strongest(n).tolist() == table.strongest(n).tolist() == order[:n].tolist()


def test_columns_are_arrays_whatever_they_are_kept_as():
    pairs = [(1, -3.0), (2, np.nan)]
    table = relations(
        [{"relation": 0, "gene_a": 0, "gene_b": gene, "log_p": log_p} for gene, log_p in pairs]
    )
    kept = dataclasses.replace(table, log_p=sparse(table.log_p))
    for columns in (kept, kept.rows(slice(2)), kept.rows(np.array([0, 1]))):
        assert isinstance(columns, Relations)
        assert columns.log_p.dtype == np.float64
        np.testing.assert_array_equal(columns.log_p, [-3.0, np.nan])
    assert next(kept.chunks(1)).log_p.tolist() == [-3.0]
