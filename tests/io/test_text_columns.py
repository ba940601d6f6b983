"""Texts that are held end to end are found, ordered and told apart as Python strings are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.io import text_columns, variant_names
from genesis.io.exclusions import combine, exclusions
from genesis.io.text_columns import (
    compact,
    compact_text,
    find_texts,
    hashes_of,
    is_among,
    occur_again,
    order_of_texts,
)
from genesis.io.variant_names import name_variants, place_names

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=30)


def columns_of(texts):
    """The same texts in one piece, in several, as Python strings, and as a part of a column."""
    pieces = pa.chunked_array([texts[:3], texts[3:]], pa.string())
    return [
        compact(texts),
        compact(pieces),
        pd.Series(texts, dtype=object),
        compact(["before", *texts])[1:],
    ]


@given(TEXTS)
def test_as_python_has_them(texts):
    order = sorted(range(len(texts)), key=texts.__getitem__)
    again = [texts.count(one) > 1 for one in texts]
    wanted = [*texts[::2], "not there"]
    places = [texts.index(one) if one in texts else -1 for one in wanted]
    for column in columns_of(texts):
        assert column.tolist() == texts
        assert order_of_texts(column).tolist() == order
        assert occur_again(hashes_of(column)).tolist() == again
        assert find_texts(column, wanted).tolist() == places
        assert find_texts(column, []).tolist() == []


@given(st.lists(st.integers(0, 9), max_size=12), st.sets(st.integers(0, 9)))
def test_numbers_among_others(values, others):
    few = np.array(sorted(others), dtype=np.int64)
    found = is_among(np.array(values, dtype=np.int64), few)
    assert found.tolist() == [one in others for one in values]


def test_numbers_are_looked_up_a_part_at_a_time(monkeypatch):
    monkeypatch.setattr(text_columns, "_AT_A_TIME", 2)
    found = is_among(np.array([5, 1, 4, 2, 2]), np.array([2, 5]))
    assert found.tolist() == [True, False, False, True, True]


def test_texts_of_one_hash_are_told_apart(monkeypatch):
    """Of variants whose ids only look alike by their numbers none is named anew."""
    table = pd.DataFrame(
        {"chrom": "1", "pos": [1, 2, 3], "ref": "A", "alt": "C", "name": ["rs1", "rs2", "rs2"],
         "split": False}
    )  # fmt: skip
    monkeypatch.setattr(variant_names, "hashes_of", lambda texts: np.zeros(len(texts), np.uint64))
    assert name_variants(table).tolist() == ["rs1", "1:2:A:C", "1:3:A:C"]


@pytest.mark.parametrize("kind", ["str", "category", object])
def test_places_of_any_kind_of_column(kind):
    texts = {"chrom": ["1", "X"], "ref": ["A", "AT"], "alt": ["C", "G"]}
    table = pd.DataFrame({**texts, "pos": [5, 70]}).astype(dict.fromkeys(texts, kind))
    assert place_names(table).to_pylist() == ["1:5:A:C", "X:70:AT:G"]


def test_exclusions_stay_compact_side_by_side():
    few = exclusions("gene", ["G1"], "constant")
    many = exclusions("variant", compact(["rs1", "rs2"])[1:], "low_maf", ["d"])
    for frames in ([few, many], [many, few]):
        both = combine(frames)
        assert both["id"].dtype == compact_text()
        assert sorted(both["id"]) == ["G1", "rs2"]
        assert both.index.tolist() == [0, 1]
    assert few["id"].tolist() == ["G1"]
