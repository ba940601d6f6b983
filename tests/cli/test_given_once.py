"""Options that take one value are refused a second one, in every command."""

from __future__ import annotations

import click
import pytest

from genesis.cli.given_once import OnceGroup
from genesis.cli.main import cli


def commands(group, words=()):
    """Every command with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            # Only such a group looks through the words of its commands.
            assert isinstance(command, OnceGroup), name
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


SINGLE = [
    (words, option)
    for words, command in commands(cli)
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag and not option.multiple
]


@pytest.mark.parametrize(
    ("words", "option"), SINGLE, ids=[" ".join((*words, one.name)) for words, one in SINGLE]
)
def test_an_option_given_twice_names_both_values(words, option, genesis_command):
    name = max(option.opts, key=len)
    first, second = ([f"{one}{k}" for k in range(option.nargs)] for one in ("one", "two"))
    code, _, said = genesis_command(*words, name, *first, name, *second)
    assert code == 8
    values = f"{' '.join(first)} and {' '.join(second)}"
    assert f"{name} takes one value and is given twice: {values}. See 'genesis {words[0]}" in said


def test_other_ways_of_saying_it_twice(genesis_command):
    code, _, said = genesis_command("run", "--out=a", "--maf", "0.1", "--out", "a", "--out=b")
    assert code == 8
    assert "--out takes one value and is given 3 times: a and a and b" in said
    code, _, said = genesis_command("run", "--no-check-samples", "--check-samples")
    assert code == 8
    assert "--check-samples and --no-check-samples exclude each other" in said


def test_flags_and_options_that_may_be_repeated_are_left_alone(genesis_command):
    words = ["--quiet", "-q", "--force", "--force", "--chrom", "1", "--chrom", "1"]
    code, _, said = genesis_command("run", *words, "--no-progress", "--no-progress")
    assert code == 8
    assert "Missing option '--expression'" in said
