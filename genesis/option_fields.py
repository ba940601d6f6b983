"""Options as fields of dataclasses: what is known of each, in words, and how values are checked."""

from __future__ import annotations

import functools
import math
import numbers
import re
import textwrap
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from typing import Any, ParamSpec, TypeVar

from genesis.errors import CommandLineError

__all__ = ["About", "about", "checked", "list_options", "meaning", "option", "takes_options"]

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class About:
    """What is known of an option beside its name, its type and its default.

    Attributes
    ----------
    text : str
        What it means, in sentences for the command line and for Python. The name of another option
        stands between backticks.
    method : str
        The one method that takes it; none is named where both do.
    group : str
        Where the help of a command lists it.
    metavar : str, optional
        What its value is called there.
    least, most : float, optional
        Its limits.
    is_open : bool
        The limits themselves are beyond it.
    why : str
        Why a value beyond the limits is refused, where that is not plain.
    choices : tuple of str
        The words that it may be.
    by_default : str
        What is done where it is None, where the text does not say so.
    in_commands : str, optional
        The default of the commands, which know what they read, where it is None in Python.
    in_checkpoint : bool
        Whether what a method keeps in a checkpoint depends on it.
    """

    text: str
    method: str = ""
    group: str = "Method"
    metavar: str | None = None
    least: float | None = None
    most: float | None = None
    is_open: bool = False
    why: str = ""
    choices: tuple[str, ...] = ()
    by_default: str = ""
    in_commands: str | None = None
    in_checkpoint: bool = True


def option(default: Any, text: str, **more: Any) -> Any:
    """A field of a dataclass that is an option, with what is known of it; see `About`."""
    return field(default=default, metadata={"about": About(text, **more)})


def about(one: Field[Any]) -> About:
    """What is known of an option."""
    known: About = one.metadata["about"]
    return known


def _type_in_words(one: Field[Any]) -> str:
    """The type of an option as docstrings have it, such as ``float, optional``."""
    kind, choices = str(one.type), about(one).choices
    if choices:
        words = "{" + ", ".join(f'"{word}"' for word in choices) + "}"
        return f"int or {words}" if kind.startswith("int") else words
    return re.sub(r" \| None$", ", optional", kind)


def meaning(one: Field[Any]) -> str:
    """What an option means, and of which method it is."""
    text, method = about(one).text.removesuffix("."), about(one).method
    return f"{text} ({method})." if method else f"{text}."


def _parameters(options: type) -> str:
    """The options of a dataclass as a docstring lists its parameters."""
    lines = []
    for one in fields(options):
        known = about(one)
        text = meaning(one)
        if known.by_default:
            text += f" By default {known.by_default}."
        lines += [
            f"{one.name} : {_type_in_words(one)}",
            *textwrap.wrap(text, 90, initial_indent="    ", subsequent_indent="    "),
        ]
    return "\n".join(lines)


def list_options(described: Any, options: type) -> None:
    """Put the parameters where a docstring leaves room for them."""
    if described.__doc__:  # there are none under python -OO
        parameters = _parameters(options)
        # Docstrings are indented as they are written, but for Python 3.13 on.
        described.__doc__ = re.sub(
            r"^( *)\{options\}",
            lambda room: textwrap.indent(parameters, room[1]),
            described.__doc__,
            flags=re.MULTILINE,
        )


def takes_options(options: type) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For a function that takes each of these options by name, or all of them as `options`.

    Its docstring gets an entry for each of them, in the place of ``{options}``; to give both is
    an error.
    """
    names = [one.name for one in fields(options)]

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def either(*args: P.args, **given: P.kwargs) -> R:
            at_once = given.get("options")
            if at_once is not None and not isinstance(at_once, options):
                raise CommandLineError(
                    f"options is {at_once!r}: it must be made by {options.__name__}(...)"
                )
            twice = [name for name in names if name in given]
            if twice and at_once is not None:
                raise CommandLineError(
                    f"{', '.join(twice)}: given beside options; put all of them into one of the "
                    "two, such as options=dataclasses.replace(options, ...)"
                )
            return function(*args, **given)

        list_options(either, options)
        return either

    return decorate


def checked(one: Field[Any], value: Any) -> Any:
    """The value of an option as Python's own type, which the record of a run can hold.

    Raises
    ------
    CommandLineError
        It is of another type, or beyond its limits.
    """
    kind, known = str(one.type), about(one)
    if value is None and kind.endswith("| None"):
        return None
    if kind.startswith("bool"):
        return bool(value)
    if known.choices and isinstance(value, str) and value in known.choices:
        return value
    if kind == "int | str":
        is_count = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        if is_count and value >= 0:
            return int(value)
        words = ", ".join(known.choices)
        raise CommandLineError(f"{one.name} is {value!r}: it may be {words}, or a number from 0 on")
    if known.choices:
        words = ", ".join(known.choices)
        raise CommandLineError(f"{one.name} {value!r} is unknown: it may be {words}")
    if kind.startswith("str"):
        if isinstance(value, str):
            return value
        raise CommandLineError(f"{one.name} is {value!r}: it must be text")
    whole = kind.startswith("int")
    number = _plain_number(one.name, value, whole=whole)
    _check_limits(one.name, number, known, whole=whole)
    return number


def _plain_number(name: str, value: Any, *, whole: bool) -> float:
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    try:
        plain = float(value) if is_number else math.nan
    except OverflowError:
        plain = math.inf
    if not math.isfinite(plain) or (whole and not plain.is_integer()):
        what = "a whole number" if whole else "a number"
        raise CommandLineError(f"{name} is {value!r}: it must be {what}")
    return int(value) if whole else plain


def _check_limits(name: str, number: float, known: About, *, whole: bool) -> None:
    least = -math.inf if known.least is None else known.least
    most = math.inf if known.most is None else known.most
    if least < number < most or (not known.is_open and number in (least, most)):
        return
    if known.most is None or (whole and number < least):
        limits = "not be negative" if least == 0 else f"be {least} or more"
    else:
        limits = f"be at most {most}" if whole else f"lie between {least} and {most}"
        limits += f"; {known.why}" if known.why else ""
    raise CommandLineError(f"{name} is {number}: it must {limits}")
