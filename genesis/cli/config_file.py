"""``genesis run --config``: options from a file, a TOML of them or the record of a run."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from genesis.cli.reading import SOURCES
from genesis.errors import CommandLineError, InconsistentInputsError, MalformedInputError

__all__ = ["check_recorded", "read_config", "settled"]

#: Where the context keeps how the record of a run describes the files of the options it gave.
_RECORDED = "genesis.recorded"
#: Of the record of a run it is not taken that outputs may be replaced.
_NOT_AGAIN = ("force",)
#: Options that are paths, though not by their type.
_PATHS = ("out",)


def read_config(ctx: click.Context, _option: click.Parameter, path: Path | None) -> None:
    """Let the options of a file be what they are where the command line does not say it."""
    if path is None or ctx.resilient_parsing:
        return
    text = _text(path)
    options = _options(ctx.command)
    if path.suffix == ".json" or text.lstrip().startswith("{"):
        ctx.default_map = _from_record(text, path, options, ctx)
    else:
        ctx.default_map = _from_toml(text, path, options, ctx)


def settled(given: dict[str, Any]) -> dict[str, Any]:
    """The options in effect: genotypes of the command line replace those of a file, of any kind."""
    ctx = click.get_current_context()
    typed = {name for name in given if _source(ctx, name) == ParameterSource.COMMANDLINE}
    if not typed & set(SOURCES):
        return given
    dropped = {name: () for name in SOURCES if given[name] and name not in typed}
    if "sample" not in typed and dropped:
        dropped["sample"] = None  # type: ignore[assignment]  # it belongs to the BGEN
    for name in dropped:
        ctx.meta.get(_RECORDED, {}).pop(name, None)
    return {**given, **dropped}


def check_recorded() -> None:
    """Refuse files of a run that is repeated which are not what they were.

    Raises
    ------
    InputOpenError, InconsistentInputsError
        As `unchanged`. What the command line names instead is as good as any.
    """
    from genesis.cli.recorded_inputs import unchanged

    ctx = click.get_current_context()
    for name, (described, directory) in ctx.meta.get(_RECORDED, {}).items():
        if _source(ctx, name) == ParameterSource.DEFAULT_MAP:
            for one in described if isinstance(described, list) else [described]:
                unchanged(one, directory)


def _source(ctx: click.Context, name: str) -> ParameterSource | None:
    return ctx.get_parameter_source(name)


def _text(path: Path) -> str:
    from genesis.io.tables import read_text

    return read_text(path).decode()


def _options(command: click.Command) -> dict[str, click.Option]:
    return {
        one.name: one
        for one in command.params
        if isinstance(one, click.Option) and one.name not in ("config", "help", None)
    }


def _from_toml(
    text: str, path: Path, options: dict[str, click.Option], ctx: click.Context
) -> dict[str, Any]:
    """Options by name; relative paths start at the file's own directory."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MalformedInputError(
            f"{path}: not TOML ({error}); write a line such as maf = 0.01 for each option"
        ) from error
    found: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name in found:
            raise CommandLineError(f"{path}: {key} is given twice, with - and with _")
        if name not in options:
            raise CommandLineError(f"{path}: {_unknown(key, options)}")
        option = options[name]
        found[name] = _checked(option, key, value, path, ctx)
        if isinstance(option.type, click.Path) or name in _PATHS:
            found[name] = _each(
                found[name], lambda one: one if "://" in one else str(path.parent / one)
            )
        elif name == "layer":
            found[name] = _each(
                found[name], lambda one: _layer_beside(options["layer"], one, path.parent)
            )
    return found


def _layer_beside(option: click.Option, typed: str, directory: Path) -> str:
    """A layer whose files are in a directory, as it is typed."""
    from genesis.cli.recorded_inputs import typed_layer

    layer = option.type.convert(typed, option, None)
    if isinstance(layer, str):  # of the .h5ad
        return layer
    genes = None if layer.genes is None else str(directory / layer.genes)
    return typed_layer(layer.name, str(directory / layer.path), genes, layer.steps)


def _from_record(
    text: str, path: Path, options: dict[str, click.Option], ctx: click.Context
) -> dict[str, Any]:
    """Options and inputs of a run; relative paths start where it was started."""
    from genesis.cli.recorded_inputs import located

    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedInputError(f"{path}: not JSON ({error}); give a PREFIX.run.json") from error
    if not isinstance(record, dict) or record.get("schema") != "genesis.run":
        raise MalformedInputError(
            f"{path}: not the record of a run; give a PREFIX.run.json, or a TOML file of options"
        )
    made, inputs = record.get("options"), record.get("inputs")
    if not isinstance(made, dict):
        raise MalformedInputError(f"{path}: there are no options in it; give a PREFIX.run.json")
    if not isinstance(inputs, dict) or not inputs:
        raise InconsistentInputsError(
            f"{path} does not say which files the run was made from: it was made in Python, and "
            "can be repeated there"
        )
    directory = record.get("environment", {}).get("directory")
    found: dict[str, Any] = {}
    for name, value in made.items():
        if value is None or value == [] or name in _NOT_AGAIN:
            continue
        if name not in options:
            raise CommandLineError(
                f"{path}: {_unknown(name, options)}; the run was made by GENESIS "
                f"{record.get('genesis', 'of an unknown version')}"
            )
        found[name] = _checked(options[name], name, value, path, ctx)
    layers = _layers(inputs.pop("layers", {}), path, directory)
    if layers:
        found["layer"] = [*_each(found.get("layer", []), str), *layers]
    for name, described in inputs.items():
        if name not in options:
            raise CommandLineError(f"{path}: {_unknown(name, options)}")
        many = described if isinstance(described, list) else [described]
        try:
            paths = [str(located(one["path"], directory)) for one in many]
        except (TypeError, KeyError) as error:
            raise MalformedInputError(f"{path}: the input {name} has no path in it") from error
        found[name] = paths if options[name].multiple else paths[0]
    ctx.meta[_RECORDED] = {name: (described, directory) for name, described in inputs.items()}
    return found


def _layers(described: Any, path: Path, directory: str | None) -> list[str]:
    """What is to be given to --layer for the molecular layers of a run, whose files are unchanged.

    They are held against the record here: what the command line says of layers takes the place of
    all of them, and they are of one option.
    """
    from genesis.cli.recorded_inputs import typed_layer, unchanged

    if not isinstance(described, dict):
        raise MalformedInputError(f"{path}: the input layers is no list of layers by name")
    typed = []
    for name, one in described.items():
        try:
            files = {
                key: str(unchanged(one[key], directory)) for key in ("table", "genes") if key in one
            }
            typed.append(
                typed_layer(name, files["table"], files.get("genes"), one.get("normalise"))
            )
        except (TypeError, KeyError) as error:
            raise MalformedInputError(f"{path}: the layer {name} has no table in it") from error
    return typed


def _unknown(key: str, names: Iterable[str]) -> str:
    """Say that there is no option of this name, and which it may be."""
    close = difflib.get_close_matches(key.replace("-", "_"), names, n=3)
    hint = f"; did you mean {' or '.join(one.replace('_', '-') for one in close)}?" if close else ""
    return f"{key} is no option of genesis run{hint}"


def _checked(
    option: click.Option, key: str, value: Any, path: Path, ctx: click.Context
) -> bool | str | list[str]:
    """A value as it would be typed, of which the option can make something."""
    if option.is_flag or isinstance(option.type, click.types.BoolParamType):
        if not isinstance(value, bool):
            raise CommandLineError(f"{path}: {key} is {value!r}: it is either true or false")
        return value
    if isinstance(value, list) and not option.multiple:
        raise CommandLineError(f"{path}: {key} takes one value and has a list of {len(value)}")
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise CommandLineError(
                f"{path}: {key} is {one!r}, and takes a number or text such as it is typed"
            )
    typed = [str(one) for one in value] if isinstance(value, list) else str(value)
    if option.multiple and isinstance(typed, str):
        typed = [typed]
    try:
        option.type_cast_value(ctx, typed)
    except click.BadParameter as error:
        raise CommandLineError(f"{path}: {key}: {error.message}") from error
    return typed


def _each(value: Any, change: Any) -> Any:
    return [change(one) for one in value] if isinstance(value, list) else change(value)
