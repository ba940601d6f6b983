"""Options that take one value are given once: elsewhere the last would win in silence."""

from __future__ import annotations

import copy
from typing import Any

import click

__all__ = ["OnceGroup"]


class OnceGroup(click.Group):
    """A group whose commands, all of them, refuse a second value of an option that takes one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is named; its words are looked through before it sees them."""
        name, command, words = super().resolve_command(ctx, args)
        if command is not None and not ctx.resilient_parsing:
            _check(command, click.Context(command, info_name=name, parent=ctx), words)
        return name, command, words


def _check(command: click.Command, ctx: click.Context, words: list[str]) -> None:
    """A usage error for an option of one value that has several, or for both of an on and off."""
    single = [
        option
        for option in command.get_params(ctx)
        if isinstance(option, click.Option) and not option.multiple and not option.count
    ]
    # The parser keeps every value of an option that may be repeated.
    collecting = copy.copy(command)
    collecting.params = [_repeatable(one) if one in single else one for one in command.params]
    given, _, _ = collecting.make_parser(ctx).parse_args(list(words))
    for option in single:
        values = given.get(option.name)
        if not isinstance(values, list) or len(values) < 2:
            continue
        name = max(option.opts, key=len)
        if not option.is_flag:
            said = " and ".join(_as_typed(value) for value in values)
            times = "twice" if len(values) == 2 else f"{len(values)} times"
            raise click.UsageError(f"{name} takes one value and is given {times}: {said}", ctx)
        if len(set(values)) > 1:
            other = max(option.secondary_opts, key=len)
            raise click.UsageError(f"{name} and {other} exclude each other", ctx)


def _repeatable(option: click.Parameter) -> click.Parameter:
    twin = copy.copy(option)
    twin.multiple = True
    return twin


def _as_typed(value: Any) -> str:
    return " ".join(value) if isinstance(value, tuple) else str(value)
