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
from genesis.cli.main import cli
from genesis.cli.run import run
from genesis.errors import CommandLineError
from genesis.option_fields import about, meaning
from genesis.options import (
    CalibratedOptions,
    CommonOptions,
    Options,
    PreparationOptions,
    RulesOptions,
    checkpointed,
    options_of,
)
from genesis.rules.search import PROFILES
from tests.rules.simulated import two_tier

FIELDS = {one.name: one for one in dataclasses.fields(Options)}
TAKE_OPTIONS = pytest.mark.parametrize(
    ("function", "options"),
    [(genesis.discover, Options), (genesis.prepare.prepare, PreparationOptions)],
)


@TAKE_OPTIONS
def test_every_option_is_a_keyword_with_its_default(function, options):
    signature = inspect.signature(function).parameters
    assert signature["options"].default is None
    for one in dataclasses.fields(options):
        assert signature[one.name].kind is inspect.Parameter.KEYWORD_ONLY
        assert signature[one.name].default == one.default
        assert signature[one.name].annotation == one.type


@TAKE_OPTIONS
def test_docstrings_say_what_every_option_means(function, options):
    for described in (function, options):
        listed = inspect.getdoc(described).split("Parameters\n----------\n")[1].split("\n\n")[0]
        entries = dict(re.findall(r"^(\w+) : .*\n((?:    .*(?:\n|$))*)", listed, re.MULTILINE))
        for one in dataclasses.fields(options):
            assert " ".join(entries[one.name].split()).startswith(meaning(one))
        assert list(entries) == (
            [one.name for one in dataclasses.fields(options)]
            if described is options
            else list(inspect.signature(function).parameters)
        )


@TAKE_OPTIONS
def test_every_option_is_one_of_the_command_with_its_default_and_meaning(function, options):
    command = {one.name: one for one in run.params}
    for one in dataclasses.fields(options):
        known, option = about(one), command[one.name]
        assert option.opts == ["--" + one.name.replace("_", "-")]
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
    words = ["--vcf", "a", "--expression", "b", "--out", "c"]
    parent = click.Context(cli, **cli.context_settings)
    given = run.make_context("run", words, parent=parent).params
    for options in (Options, PreparationOptions):
        assert dataclasses.replace(options.among(given), normalise=None) == options()


def test_names_of_other_rooms():
    assert about(FIELDS["profile"]).choices == tuple(PROFILES)


def test_a_method_sees_what_is_common_and_its_own():
    # In the words of the help, and in the class that the method gets.
    common = {one.name for one in dataclasses.fields(CommonOptions)}
    own = {name: {one.name for one in options_of(name)} for name in ("calibrated", "rules")}
    assert {one.name for one in dataclasses.fields(CalibratedOptions)} == common | own["calibrated"]
    assert {one.name for one in dataclasses.fields(RulesOptions)} == common | own["rules"]
    assert not own["calibrated"] & own["rules"]
    # Claims are made anew from the same chains.
    assert own["calibrated"] - {*checkpointed("calibrated")} == {
        "fdr", "min_posterior", "keep_posterior", "paths_to",
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
    with pytest.raises(CommandLineError, match=r"must be made by Options\(...\)"):
        genesis.discover(z, x, options={"alpha": 0.2})
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


def test_the_preparation_takes_options_too(rng):
    z, x, _ = two_tier(rng, n=40)
    z, x = pd.DataFrame(1.0 + np.sign(z)), pd.DataFrame(x)
    one = genesis.prepare.prepare(z, x, options=PreparationOptions(genotype_pcs=2))
    other = genesis.prepare.prepare(z, x, genotype_pcs=2, normalise="int")
    pd.testing.assert_frame_equal(one.covariates, other.covariates)
    np.testing.assert_array_equal(one.expression.values, other.expression.values)
    assert one.record == other.record
    with pytest.raises(CommandLineError, match="hwe: given beside options"):
        genesis.prepare.prepare(z, x, hwe=None, options=PreparationOptions())
    with pytest.raises(CommandLineError, match=r"min_expression is -1.0: it must not be negative"):
        genesis.prepare.prepare(z, x, min_expression=-1)
    with pytest.raises(CommandLineError, match="'many': it may be none, permutation, elbow, or a"):
        genesis.prepare.prepare(z, x, expression_pcs="many")


def test_options_need_no_library():
    code = "import sys, genesis.options; print({'numpy', 'pandas', 'click'} & {*sys.modules})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
