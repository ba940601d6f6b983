"""``genesis man``: the help of every command as manual pages, for those who package it."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click

from genesis._version import __version__

__all__ = ["man_pages", "pages"]


@click.command("man", hidden=True)
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Such as ~/.local/share/man/man1; it is made where it is not there.",
)
@click.pass_context
def man_pages(context: click.Context, out: Path) -> None:
    """Write the manual page of every command, such as DIR/genesis-run.1.

    \b
    genesis man --out ~/.local/share/man/man1
    """
    from genesis.errors import OutputWriteError

    root = context.find_root()
    written = dict(pages(root.command, root.info_name or "genesis"))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            (out / f"{name}.1").write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputWriteError(f"cannot write {out}: {error.strerror}") from error
    click.echo(f"Wrote {len(written)} pages to {out}.", err=True)


def pages(
    command: click.Command, name: str, parent: click.Context | None = None
) -> Iterator[tuple[str, str]]:
    """Name and text of the page of a command, and of those of all commands in it.

    Parameters
    ----------
    command : click.Command
    name : str
        What is typed for it.
    parent : click.Context, optional
        Of the command that it belongs to.
    """
    # With its settings: a command keeps the help option that it is first asked for.
    context = click.Context(command, parent, name, **command.context_settings)
    yield context.command_path.replace(" ", "-"), "\n".join(_lines(command, context)) + "\n"
    for inner in _inner(command):
        yield from pages(inner, inner.name or "", context)


def _inner(command: click.Command) -> list[click.Command]:
    commands = command.commands.values() if isinstance(command, click.Group) else ()
    return [one for one in commands if not one.hidden]


def _lines(command: click.Command, context: click.Context) -> Iterator[str]:
    name = context.command_path
    help_text = cleandoc(command.help or "")
    summary = " ".join(help_text.split("\n\n")[0].split()).rstrip(".")
    yield f'.TH {name.replace(" ", "-").upper()} 1 "" "genesis {__version__}" "GENESIS"'
    yield from (".SH NAME", f"{_escaped(name.replace(' ', '-'))} \\- {_escaped(summary)}")
    yield from (".SH SYNOPSIS", f".B {_escaped(name)}")
    yield _escaped(" ".join(command.collect_usage_pieces(context)))
    yield ".SH DESCRIPTION"
    yield from _paragraphs(help_text)
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            groups.setdefault(getattr(parameter, "group", ""), []).append(record)
    yield ".SH OPTIONS"
    # Those without a group, such as --help, last.
    for group in sorted(groups, key=lambda one: not one):
        if group:
            yield f'.SS "{_escaped(group)}"'
        for option, text in groups[group]:
            # A line may break between choices, of which some options have many.
            typed = _escaped(option).replace("|", "|\\:")
            yield from (".TP", f".B {typed}", _escaped(" ".join(text.split())))
    if inner := _inner(command):
        yield ".SH COMMANDS"
        for one in inner:
            about = one.get_short_help_str(limit=200)
            yield from (".TP", f".B {_escaped(f'{name} {one.name}')}", _escaped(about))
    if command.epilog:
        yield from (".SH EXIT STATUS", _escaped(command.epilog.removeprefix("Exit codes: ")))
    others = [name.rpartition(" ")[0]] if " " in name else []
    others += [f"{name} {one.name}" for one in inner]
    if others:
        named = (f".BR {_escaped(one.replace(' ', '-'))} (1)" for one in others)
        yield from (".SH SEE ALSO", *named)


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs, of which those that click keeps as they are typed are examples."""
    for number, paragraph in enumerate(text.split("\n\n")):
        if paragraph.startswith("\b\n"):
            yield from (".PP", ".RS 4", ".nf")
            yield from (_escaped(line) for line in paragraph[2:].splitlines())
            yield from (".fi", ".RE")
        else:
            yield from ([".PP"] if number else [])
            yield _escaped(" ".join(paragraph.split()))


def _escaped(text: Any) -> str:
    r"""Text that troff takes as it stands.

    Examples
    --------
    >>> print(_escaped(r"--maf \d"))
    \-\-maf \ed
    >>> print(_escaped(".TH"))
    \&.TH
    """
    plain = str(text).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
