"""The directive ``command-line``: every command as its ``--help`` shows it, group by group.

Takes the name of a click group, such as ``genesis.cli.main:cli``, and describes it and all
commands in it, each option as a target that ``{option}`` can link to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from typing import Any

import click
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class CommandLine(SphinxDirective):
    """``.. command-line:: MODULE:GROUP``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The sections of all commands."""
        module, name = self.arguments[0].split(":")
        group = getattr(import_module(module), name)
        return [
            section
            for command in group.commands.values()
            if not command.hidden
            for section in self.sections(command, click.Context(group, info_name="genesis"))
        ]

    def sections(self, command: click.Command, parent: click.Context) -> Iterator[nodes.section]:
        """One section for the command, and one for each of its own commands."""
        context = click.Context(command, info_name=command.name, parent=parent)
        path = context.command_path
        section = nodes.section(ids=[nodes.make_id(path)], names=[nodes.fully_normalize_name(path)])
        section += nodes.title(path, path)
        lines = StringList(list(describe(command, context)), source=path)
        self.state.nested_parse(lines, self.content_offset, section)
        yield section
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                yield from self.sections(inner, context)


def describe(command: click.Command, context: click.Context) -> Iterator[str]:
    """What a command is for, how it is called, and its options, as reStructuredText."""
    yield from literal(" ".join([context.command_path, *command.collect_usage_pieces(context)]))
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        # Click keeps the line breaks of paragraphs that begin so: examples.
        as_typed = paragraph.startswith("\b\n")
        yield from literal(paragraph[2:]) if as_typed else (escape(paragraph), "")
    yield from (f".. program:: {context.command_path}", "")
    groups: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and parameter.name != "help":
            groups.setdefault(getattr(parameter, "group", "Options"), []).append(record)
    for name, records in groups.items():
        yield from (f".. rubric:: {name}", "")
        for option, text in records:
            yield from (f".. option:: {option.replace(' / ', ', ')}", "", f"   {escape(text)}", "")


def literal(text: str) -> Iterator[str]:
    """A block of words to be typed."""
    yield from (".. code-block:: console", "", *(f"   {line}" for line in text.splitlines()), "")


def escape(text: str) -> str:
    """Text on one line that reStructuredText takes as it stands, options as code."""
    plain = re.sub(r"([\\*`_|])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<![\w-])(--[a-z][a-z-]*[a-z])", r"``\1``", plain)


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True}
