"""What a method may be asked for: every option once, with its default, its limits and its meaning.

All else follows from the fields below: the options of the commands with their help
(`genesis/cli/options.py`), the lines on them in the docstring of `genesis.discover`, what is said
of a value that cannot be used, what a method is handed, and the options in the record of a run.

To add an option of a method: a field of its class here, a keyword of `genesis.discover`
(``name: float = Options.name``), and its use in the method.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, ParamSpec, TypeVar

from genesis.errors import CommandLineError
from genesis.option_fields import about, checked, option, type_in_words

__all__ = [
    "OF_TABLES",
    "CalibratedOptions",
    "CommonOptions",
    "Options",
    "RulesOptions",
    "checkpointed",
    "meaning",
    "options_of",
    "parameters",
    "takes_options",
]

P = ParamSpec("P")
R = TypeVar("R")

#: Steps of normalisation where none are asked for and the expression is a table with names.
OF_TABLES = "int"


@dataclass(frozen=True)
class CommonOptions:
    """What both methods take.

    Parameters
    ----------
    {options}
    """

    method: str = option(
        "calibrated",
        "calibrated: causal graphs of all genes are sampled from their joint posterior, hidden "
        "factors included, and what they agree on is claimed; every claim has a posterior. rules: "
        "the paper's rules R1, R2 and R3, whose errors are not calibrated.",
        choices=("calibrated", "rules"),
    )
    normalise: str | None = option(
        None,
        "Steps of normalisation from left to right: cpm or tmm (counts), log2, quantile, int "
        "(rank-based inverse normal of each gene), zscore; or none.",
        metavar="STEP[,STEP]",
        by_default=f"{OF_TABLES} where the expression carries names (a data frame, Expression or "
        "AnnData), while a bare array is taken as it is",
        in_commands=OF_TABLES,
    )
    cis_window: int = option(
        1_000_000,
        "Base pairs around a gene within which a variant may anchor it.",
        metavar="BP",
        least=0,
    )
    all_snps: bool | None = option(
        None, "Anchors from anywhere; the default where genes or variants have no positions."
    )
    seed: int = option(
        1,
        "Seed of the random numbers (calibrated, and permutations of `expression_pcs`).",
        group="Running",
        metavar="N",
        least=0,
    )
    threads: int | None = option(
        None,
        "Number of threads; the result is the same to the bit for any.",
        group="Running",
        metavar="N",
        least=1,
        by_default="all cores",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be used; numbers become Python's own, whatever made them.

        Raises
        ------
        CommandLineError
            An option has a value that cannot be used.
        """
        for one in fields(self):
            object.__setattr__(self, one.name, checked(one, getattr(self, one.name)))


@dataclass(frozen=True)
class CalibratedOptions(CommonOptions):
    """What the method `calibrated` takes.

    Parameters
    ----------
    {options}
    """

    fdr: float = option(
        0.05,
        "Expected share of false claims among those of a kind.",
        metavar="RATE",
        least=0,
        most=1,
        is_open=True,
        in_checkpoint=False,
    )
    min_posterior: float | None = option(
        None,
        "Claim whatever has this posterior, in place of `fdr`.",
        metavar="PROBABILITY",
        least=0.5,
        most=1,
        why="below one half a claim would be false more often than true",
        in_checkpoint=False,
    )
    keep_posterior: float = option(
        0.01,
        "List unresolved pairs from this posterior on.",
        metavar="PROBABILITY",
        least=0,
        most=1,
        in_checkpoint=False,
    )
    hidden_factors: int | str = option(
        "auto",
        "Number of hidden common causes fitted beside the genetic effects; auto compares none with "
        "as many as parallel analysis finds, by their predictive density.",
        metavar="auto|none|K",
        choices=("auto", "none"),
    )
    anchor_kind: str = option(
        "effect",
        "What a variant that acts on another gene says of the gene at its own locus. effect: "
        "nothing, unless through that gene's expression; positional: the gene acts on the other, "
        "by its product; both: the latter where the variant has no established effect on the "
        "expression of its gene. All but the first need anchors from cis windows, or `anchors`.",
        choices=("effect", "positional", "both"),
    )


@dataclass(frozen=True)
class RulesOptions(CommonOptions):
    """What the method `rules` takes: the paper's rules R1, R2 and R3 (docs/rules.md).

    Parameters
    ----------
    {options}
    """

    profile: str = option(
        "stable",
        "stable depends on no order of samples, genes or variants. paper (grow–shrink, first valid "
        "witness, no BH) and ascend (IAMB, votes, BH) reproduce published programs, and depend on "
        "the order of the columns by definition.",
        choices=("stable", "paper", "ascend"),
    )
    alpha: float = option(
        0.05,
        "Level of the tests of R1, R2 and R3.",
        metavar="LEVEL",
        least=0,
        most=1,
        is_open=True,
    )
    alpha_blanket: float = option(
        0.05,
        "Level of the tests in the search for nearest ancestors.",
        metavar="LEVEL",
        least=0,
        most=1,
        is_open=True,
    )
    max_sweeps: int = option(
        10,
        "Largest number of sweeps over the pairs.",
        metavar="N",
        least=1,
        most=126,  # sweeps are counted in one byte a pair
        why="a search ends by itself where a sweep finds nothing new",
    )


@dataclass(frozen=True)
class Options(RulesOptions, CalibratedOptions):
    """What `genesis.discover` may be asked for; a method looks at what is common and at its own.

    Parameters
    ----------
    {options}

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.

    Examples
    --------
    >>> options = Options(fdr=0.1, seed=3)
    >>> options.fdr, options.hidden_factors
    (0.1, 'auto')
    >>> Options(fdr=1.5)
    Traceback (most recent call last):
    genesis.errors.CommandLineError: fdr is 1.5: it must lie between 0 and 1
    """

    @classmethod
    def among(cls, given: Mapping[str, Any]) -> Options:
        """The options among what was given by name to a function or a command."""
        return cls(**{one.name: given[one.name] for one in fields(cls)})


_CLASSES: dict[str, type[CommonOptions]] = {"calibrated": CalibratedOptions, "rules": RulesOptions}


def options_of(method: str) -> list[Field[Any]]:
    """The options that one method alone takes.

    Examples
    --------
    >>> [one.name for one in options_of("rules")]
    ['profile', 'alpha', 'alpha_blanket', 'max_sweeps']
    """
    return fields(_CLASSES[method])[len(fields(CommonOptions)) :]  # type: ignore[return-value]


def checkpointed(method: str) -> list[str]:
    """Those that what the method keeps in a checkpoint depends on.

    Examples
    --------
    >>> checkpointed("calibrated")
    ['hidden_factors', 'anchor_kind']
    """
    return [one.name for one in options_of(method) if about(one).in_checkpoint]


def meaning(one: Field[Any]) -> str:
    """What an option means, and of which method it is.

    Examples
    --------
    >>> meaning(options_of("rules")[-1])
    'Largest number of sweeps over the pairs (rules).'
    """
    text = about(one).text.removesuffix(".")
    methods = [name for name in _CLASSES if any(one.name == o.name for o in options_of(name))]
    return f"{text} ({methods[0]})." if methods else f"{text}."


def parameters(options: type[CommonOptions]) -> str:
    """The options as a docstring lists its parameters.

    Examples
    --------
    >>> print(parameters(RulesOptions).splitlines()[-2])
    max_sweeps : int
    """
    lines = []
    for one in fields(options):
        known = about(one)
        text = meaning(one)
        if known.by_default:
            text += f" By default {known.by_default}."
        lines += [
            f"{one.name} : {type_in_words(one)}",
            *textwrap.wrap(text, 90, initial_indent="    ", subsequent_indent="    "),
        ]
    return "\n".join(lines)


def _list_options(described: Any, options: type[CommonOptions]) -> None:
    """Put the parameters where a docstring leaves room for them."""
    if described.__doc__:  # there are none under python -OO
        listed = textwrap.indent(parameters(options), "    ")
        described.__doc__ = described.__doc__.replace("    {options}", listed)


for _one in (CommonOptions, CalibratedOptions, RulesOptions, Options):
    _list_options(_one, _one)


def takes_options(function: Callable[P, R]) -> Callable[P, R]:
    """A function that takes each of `Options` by name, or all of them as `options`.

    Its docstring gets a line on each of them, in the place of ``{options}``.

    Raises
    ------
    CommandLineError
        Where it is called with both.
    """
    names = [one.name for one in fields(Options)]

    @functools.wraps(function)
    def either(*args: P.args, **given: P.kwargs) -> R:
        twice = [name for name in names if name in given]
        if twice and given.get("options") is not None:
            raise CommandLineError(
                f"{', '.join(twice)}: given beside options; put all of them into one of the two, "
                "such as options=dataclasses.replace(options, ...)"
            )
        return function(*args, **given)

    _list_options(either, Options)
    return either
