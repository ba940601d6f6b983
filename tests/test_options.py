"""Options are written down once: in `genesis.options`; all else is held against it."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys

import click
import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.cli.run import run
from genesis.errors import CommandLineError
from genesis.option_fields import about
from genesis.options import (
    CalibratedOptions,
    CommonOptions,
    Options,
    RulesOptions,
    checkpointed,
    meaning,
    options_of,
)
from genesis.rules.search import PROFILES
from tests.rules.simulated import two_tier

FIELDS = {one.name: one for one in dataclasses.fields(Options)}
COMMAND = {one.name: one for one in run.params if one.name in FIELDS}


def test_every_option_is_a_keyword_of_discover_with_its_default():
    signature = inspect.signature(genesis.discover).parameters
    assert signature["options"].default is None
    for name, one in FIELDS.items():
        assert signature[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert signature[name].default == one.default
        assert signature[name].annotation == one.type


@pytest.mark.parametrize("described", [genesis.discover, Options])
def test_docstrings_say_what_every_option_means(described):
    listed = inspect.getdoc(described).split("Parameters\n----------\n")[1].split("\n\n")[0]
    entries = dict(re.findall(r"^(\w+) : .*\n((?:    .*(?:\n|$))+)", listed, re.MULTILINE))
    assert list(FIELDS) == [name for name in entries if name in FIELDS]
    for name, one in FIELDS.items():
        assert " ".join(entries[name].split()).startswith(meaning(one))
    if described is genesis.discover:
        assert {"options", *entries} >= {*inspect.signature(described).parameters}


def test_every_option_is_one_of_the_command_with_its_default_and_meaning():
    assert set(COMMAND) == set(FIELDS)
    for name, one in FIELDS.items():
        known, option = about(one), COMMAND[name]
        assert option.opts == ["--" + name.replace("_", "-")]
        # The commands read tables: what Python does with those is their default.
        assert option.default == (known.in_commands if one.default is None else one.default)
        text = re.sub(r"`(\w+)`", lambda found: "--" + found[1].replace("_", "-"), meaning(one))
        assert option.help == text
        assert option.group == known.group
        if isinstance(option.type, click.IntRange | click.FloatRange):
            assert (option.type.min, option.type.max) == (known.least, known.most)
            assert option.type.min_open == option.type.max_open == known.is_open
        elif isinstance(option.type, click.Choice):
            assert tuple(option.type.choices) == known.choices


def test_the_command_asks_for_what_python_does_by_itself():
    given = run.make_context("run", ["--vcf", "a", "--expression", "b", "--out", "c"]).params
    assert dataclasses.replace(Options.among(given), normalise=None) == Options()


def test_names_of_other_rooms():
    assert about(FIELDS["profile"]).choices == tuple(PROFILES)


def test_a_method_sees_what_is_common_and_its_own():
    common = {one.name for one in dataclasses.fields(CommonOptions)}
    own = {name: {one.name for one in options_of(name)} for name in ("calibrated", "rules")}
    assert {one.name for one in dataclasses.fields(CalibratedOptions)} == common | own["calibrated"]
    assert {one.name for one in dataclasses.fields(RulesOptions)} == common | own["rules"]
    assert not own["calibrated"] & own["rules"]
    # Claims are made anew from the same chains.
    assert own["calibrated"] - {*checkpointed("calibrated")} == {
        "fdr", "min_posterior", "keep_posterior",
    }  # fmt: skip
    assert own["rules"] == {*checkpointed("rules")}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fdr": 1}, "fdr is 1.0: it must lie between 0 and 1"),
        ({"alpha": np.nan}, "alpha is nan: it must be a number"),
        ({"min_posterior": 0.4}, "it must lie between 0.5 and 1; below one half a claim would be"),
        ({"keep_posterior": -0.1}, "keep_posterior is -0.1: it must lie between 0 and 1"),
        ({"cis_window": -5}, "cis_window is -5: it must not be negative"),
        ({"threads": 0}, "threads is 0: it must be 1 or more"),
        ({"max_sweeps": 127}, "max_sweeps is 127: it must be at most 126; a search ends by itself"),
        ({"max_sweeps": 0}, "max_sweeps is 0: it must be 1 or more$"),
        ({"hidden_factors": 2.0}, "hidden_factors is 2.0: it may be auto, none, or a number from"),
        ({"hidden_factors": True}, "hidden_factors is True: it may be"),
        ({"profile": None}, "profile None is unknown: it may be stable, paper, ascend"),
        ({"normalise": 1}, "normalise is 1: it must be text"),
    ],
)
def test_values_that_cannot_be_used_are_refused_where_they_are_given(given, message):
    with pytest.raises(CommandLineError, match=message):
        Options(**given)


def test_options_by_name_or_all_at_once(rng):
    z, x, _ = two_tier(rng, n=80)
    asked = Options(method="rules", alpha=0.2, profile="paper", threads=1)
    one = genesis.discover(z, x, options=asked)
    other = genesis.discover(z, x, method="rules", alpha=0.2, profile="paper", threads=1)
    pd.testing.assert_frame_equal(one.relations, other.relations)
    assert one.run["options"] == other.run["options"]
    assert one.run["options"] == {
        **dataclasses.asdict(asked), "all_snps": True, "normalise": "none",
    }  # fmt: skip
    # Also where it says what would be done without it.
    with pytest.raises(CommandLineError, match="fdr, alpha: given beside options"):
        genesis.discover(z, x, alpha=0.2, fdr=Options.fdr, options=asked)
    assert genesis.discover(z, x, options=None, method="rules").run["options"]["alpha"] == 0.05


def test_tables_are_normalised_and_arrays_are_taken_as_they_are(rng):
    z, x, _ = two_tier(rng, n=80)
    x = np.exp(x)
    table = pd.DataFrame(x, columns=[f"gene{k + 1}" for k in range(x.shape[1])])

    def found(expression, **asked):
        result = genesis.discover(z, expression, method="rules", **asked)
        return result.run["options"]["normalise"], result.anchors["slope"].tolist()

    assert found(table) == found(x, normalise="int")
    assert found(x) == found(table, normalise="none")
    assert found(x) != found(table)
    expected = genesis.scan(z, x, normalise="int", pval=0.5)
    pd.testing.assert_frame_equal(genesis.scan(z, table, pval=0.5), expected)


def test_options_need_no_library():
    code = "import sys, genesis.options; print({'numpy', 'pandas', 'click'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
