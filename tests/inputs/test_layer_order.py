"""Which layer may act on which, ids of several layers, and layers in any form."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import CommandLineError
from genesis.inputs.given_layers import layers_given
from genesis.inputs.layer_order import GeneOrder, node_ids, ranks_of


def test_traits_come_last_by_default():
    assert ranks_of(["expression", "protein", "trait"], None, False).tolist() == [0, 0, 1]
    assert ranks_of(["expression", "protein", "trait"], None, True).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("order", "ranks"),
    [
        ("expression < protein", [0, 1, 2]),
        ("protein<expression", [1, 0, 2]),
        ("expression, protein", [0, 0, 1]),
        ("expression < protein, trait", [0, 1, 1]),
        ("trait < protein < expression", [2, 1, 0]),
    ],
)
def test_an_order_gives_ranks(order, ranks):
    assert ranks_of(["expression", "protein", "trait"], order, False).tolist() == ranks


@pytest.mark.parametrize(
    ("order", "feedback", "message"),
    [
        ("expression", False, "leaves out a layer: protein"),
        ("expression < protein < expression", False, "names a layer twice: expression"),
        ("expression < protein < lipid", False, "names what is no layer: lipid"),
        ("expression < < protein", False, "names what is no layer"),
        ("expression < protein", True, "trait feedback are both given"),
    ],
)
def test_orders_that_cannot_be_used(order, feedback, message):
    with pytest.raises(CommandLineError, match=message):
        ranks_of(["expression", "protein", "trait"], order, feedback)


@given(st.lists(st.integers(0, 3), min_size=2, max_size=8))
def test_what_may_act_is_closed_under_paths(ranks):
    may_act = GeneOrder(np.array(ranks), np.zeros(len(ranks), dtype=bool), True).may_act(
        slice(None), slice(None)
    )
    steps = may_act.astype(int)
    assert (((steps @ steps) > 0) == may_act).all()


def test_ids_of_two_layers_bear_the_name_of_theirs():
    ids = node_ids(
        ["expression", "protein", "lipid", "trait"],
        [["A", "B"], ["B", "C"], ["C", "D"], ["A", "T"]],
    )
    assert ids == [["A", "B"], ["B@protein", "C@protein"], ["C@lipid", "D"], ["A@trait", "T"]]
    with pytest.raises(CommandLineError, match="A@protein: two layers have this id"):
        node_ids(["expression", "protein"], [["A", "A@protein"], ["A"]])


class MuData:
    def __init__(self, mod):
        self.mod = mod


def test_layers_in_any_form():
    anndata = pytest.importorskip("anndata")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = anndata.AnnData(pd.DataFrame([[1.0]], index=["s"], columns=["g"]))
    first, rest = layers_given(MuData({"rna": one, "prot": one}), None, None, None, False, None)
    assert (first.name, [layer.name for layer in rest.others]) == ("rna", ["prot"])
    first, rest = layers_given({"protein": 1, "expression": 2}, {"lipid": (3, None, "zscore")}, 4,
                               None, False, None)  # fmt: skip
    assert (first.name, first.values) == ("expression", 2)
    assert [(one.name, one.values, one.steps) for one in rest.others] == [
        ("protein", 1, None), ("lipid", 3, "zscore"), ("trait", 4, None)
    ]  # fmt: skip
    assert rest.others[-1].is_trait
    first, rest = layers_given({"protein": (1, "places")}, None, None, None, False, None)
    assert (first.name, first.places, rest.others) == ("protein", "places", [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({}, None, None, None, False, None), "at least one layer"),
        ((1, {"expression": 2}, None, None, False, None), "two layers have one name"),
        ((1, {"trait": 2}, None, None, False, None), "give it as traits"),
        ((1, {"a<b": 2}, None, None, False, None), "layer 'a<b': give a name of letters"),
        ((1, {"a": (1, 2, 3, 4)}, None, None, False, None), "'a' is a tuple of 4"),
        ((1, None, None, None, True, None), "trait_feedback is given and there are no traits"),
        ((1, None, None, None, False, 1), "trait_hits is given and there are no traits"),
        ((1, None, None, "a < b", False, None), "there is one layer"),
    ],
)
def test_layers_that_cannot_be_used(arguments, message):
    with pytest.raises(CommandLineError, match=message):
        layers_given(*arguments)
