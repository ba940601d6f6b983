"""Layers and traits of ``genesis run``: their options, and how they are read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genesis.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.io.expression import Expression
    from genesis.io.sample_map import SampleMap
    from genesis.io.trait_table import Traits

__all__ = ["LayerFile", "LayerFiles", "describe_layers", "layer_options", "split_layer_options"]

_GROUP = "Layers and traits"
_FORM = "NAME=FILE[,genes=FILE][,normalise=STEPS]"
#: Where a further part of the value of --layer begins; other commas belong to names and steps.
_PART = re.compile(r",(?=(?:genes|normalise)=)")


@dataclass(frozen=True)
class LayerFile:
    """A layer as it is typed: its name, its table, places of its molecules, and steps."""

    name: str
    path: Path
    genes: Path | None = None
    steps: str | None = None


class LayerValue(click.ParamType):  # type: ignore[type-arg]
    """A layer of the .h5ad by its name, or ``NAME=FILE[,genes=FILE][,normalise=STEPS]``."""

    name = "layer"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | LayerFile:
        """The name, or the layer with its files; or a usage error."""
        if isinstance(value, LayerFile) or "=" not in value:
            return value if isinstance(value, LayerFile) else str(value)
        from genesis.errors import CommandLineError
        from genesis.inputs.layer_order import check_layer_name

        first, *rest = _PART.split(value)
        called, _, path = first.partition("=")
        named = {key: text for key, _, text in (part.partition("=") for part in rest)}
        if len(named) < len(rest) or not all((path, *named.values())):
            self.fail(f"{value!r} is not of the form {_FORM}, each once.", param, ctx)
        try:
            name = check_layer_name(called)
        except CommandLineError as error:
            self.fail(str(error), param, ctx)
        steps = named.get("normalise")
        if steps is not None:
            steps = options.NormaliseSteps().convert(steps, param, ctx)
        genes = named.get("genes")
        return LayerFile(name, Path(path), None if genes is None else Path(genes), steps)


def _option(*names: str, **settings: Any) -> Any:
    return click.option(*names, cls=options.GroupedOption, group=_GROUP, **settings)


_FILE = click.Path(path_type=Path)
_LAYER_OPTIONS = (
    _option(
        "--traits",
        type=_FILE,
        metavar="FILE",
        help="Traits of the same people, samples × traits or the other way round: numbers, or two "
        "words such as case and control. That they act on molecules is not claimed.",
    ),
    _option(
        "--layer",
        "layer",
        multiple=True,
        type=LayerValue(),
        metavar=_FORM,
        help="Another molecular layer, such as protein=olink.tsv,genes=coding.bed; may be given "
        "several times. Only the samples of all layers are used. Without = it is the layer of the "
        ".h5ad to read instead of X.",
    ),
    _option(
        "--order",
        metavar="ORDER",
        help="Which layer acts on which, such as 'methylation < expression < protein': none acts "
        "on one before it, and those with a comma between them may act on each other. Graphs are "
        "bound by it. By default any molecule may act on any. Traits come last unless named, as "
        "trait.",
    ),
    _option(
        "--trait-feedback",
        is_flag=True,
        help="That traits act on molecules may be claimed, too.",
    ),
    _option(
        "--trait-hits",
        type=_FILE,
        metavar="FILE",
        help="Variants that act on traits (trait, variant_id), such as hits of a GWAS; by default "
        "those with a p-value of at most 0.05 / the number of variants.",
    ),
)


def layer_options(command: Any) -> Any:
    """The options of layers and traits."""
    for one in reversed(_LAYER_OPTIONS):
        command = one(command)
    return command


def split_layer_options(given: dict[str, Any]) -> LayerFiles | None:
    """Take apart what --layer was given: ``given["layer"]`` is that of the .h5ad then.

    Raises
    ------
    click.UsageError
        Two layers have one name, or two layers of the .h5ad are asked for.
    CommandLineError
        What is said of layers is about none.
    """
    from genesis.errors import CommandLineError
    from genesis.inputs.layer_order import EXPRESSION, TRAIT, ranks_of

    stored = [one for one in given["layer"] if isinstance(one, str)]
    files = [one for one in given["layer"] if not isinstance(one, str)]
    if len(stored) > 1:
        raise click.UsageError(
            f"--layer names two layers of the .h5ad, {' and '.join(stored)}: one is read. Another "
            f"molecular layer is --layer {_FORM}"
        )
    names = [EXPRESSION, *(one.name for one in files)]
    if len(set(names)) < len(names) or TRAIT in names:
        raise click.UsageError(
            f"--layer: of {', '.join(names)} each must be another name, and none {TRAIT!r}"
        )
    given["layer"] = stored[0] if stored else None
    if given["traits"] is None:
        for name in ("trait_feedback", "trait_hits"):
            if given[name]:
                option = name.replace("_", "-")
                raise CommandLineError(f"--{option} is about traits: give --traits, too")
    else:
        names.append(TRAIT)
    if len(names) == 1:
        if given["order"] is not None:
            raise CommandLineError("--order is about layers: give --layer or --traits, too")
        return None
    ranks_of(names, given["order"], given["trait_feedback"])  # refused before anything is read
    return LayerFiles(files, given["traits"], given["trait_hits"], given["max_missing"])


@dataclass
class LayerFiles:
    """Layers and traits of a run, first as files, then as they were read.

    Attributes
    ----------
    files : list of LayerFile
    traits_path, hits_path : Path or None
    max_missing : float
        Largest fraction of values that a molecule may miss.
    tables : dict of str to Expression
        Of each layer, once it is read.
    places : dict of str to pandas.DataFrame
        Of those layers that have places of their own.
    traits : Traits or None
    hits : pandas.DataFrame or None
    n_samples : dict of str to int
        Of each of these layers, before they were matched.
    """

    files: list[LayerFile]
    traits_path: Path | None
    hits_path: Path | None
    max_missing: float
    tables: dict[str, Expression] = field(default_factory=dict)
    places: dict[str, pd.DataFrame] = field(default_factory=dict)
    traits: Traits | None = None
    hits: pd.DataFrame | None = None
    n_samples: dict[str, int] = field(default_factory=dict)

    def read(
        self, samples: list[str], sample_map: SampleMap | None, console: RunConsole
    ) -> dict[str, list[str]]:
        """Read everything, and tell the samples of each layer, as the genotypes call them.

        Parameters
        ----------
        samples : list of str
            Those of the genotypes.
        sample_map : SampleMap, optional
        console : RunConsole
        """
        import genesis
        from genesis.inputs.layer_order import TRAIT
        from genesis.io.table_text import check_ids
        from genesis.io.trait_table import read_trait_hits, read_traits

        if self.hits_path is not None:
            self.hits = read_trait_hits(self.hits_path)
        known = [*samples, *(sample_map.genotype_of if sample_map else ())]
        for one in self.files:
            console.progress(f"reading {one.name}", 0, 0)
            table = genesis.read_expression(one.path, samples=known, max_missing=self.max_missing)
            check_ids(table.genes["gene_id"], "gene")
            self.tables[one.name] = table if sample_map is None else sample_map.rename(table)
            console.say_all(self.tables[one.name].notes)
            if one.genes is not None:
                self.places[one.name] = genesis.read_genes(one.genes)
                console.say_all(self.places[one.name].attrs["notes"])
        found = {name: table.samples for name, table in self.tables.items()}
        if self.traits_path is not None:
            self.traits = read_traits(self.traits_path, samples, sample_map=sample_map)
            console.say_all(self.traits.notes)
            found[TRAIT] = [str(one) for one in self.traits.values.index]
        self.n_samples = {name: len(ids) for name, ids in found.items()}
        return found

    @property
    def n_nodes(self) -> int:
        """Molecules and traits of all these layers, once they are read."""
        n_traits = 0 if self.traits is None else self.traits.values.shape[1]
        return sum(len(table.genes) for table in self.tables.values()) + n_traits

    def said_of_lists(self, listed: dict[str, Any]) -> list[str]:
        """What to say of lists of genes that name molecules of these layers, which all stay.

        Parameters
        ----------
        listed : dict
            The ids of ``include_genes`` and ``exclude_genes``, or None.
        """
        from genesis.io.ids import counted, first_few

        notes = []
        for option in ("include_genes", "exclude_genes"):
            asked = set(listed[option] or ())
            for name, table in self.tables.items():
                here = [one for one in table.genes["gene_id"].tolist() if one in asked]
                if here:
                    notes.append(
                        f"--{option.replace('_', '-')} is about the expression: it names "
                        f"{counted(len(here), 'molecule')} of {name}, too ({first_few(here)}), of "
                        "which all stay."
                    )
        return notes

    def take_samples(self, samples: list[str]) -> list[pd.DataFrame]:
        """Keep these samples of every layer; returns the exclusions of each."""
        self.tables = {name: one.take_samples(samples) for name, one in self.tables.items()}
        if self.traits is not None:
            self.traits = replace(self.traits, values=self.traits.values.loc[samples])
        return [one.excluded for one in self.tables.values()]

    def places_of(self, of_expression: pd.DataFrame) -> list[tuple[list[str], pd.DataFrame]]:
        """Ids and positions of each layer; those of the expression where it has none itself."""
        found = []
        for name, table in self.tables.items():
            places = self.places.get(name)
            if places is None:
                places = table.genes if table.has_positions else of_expression
            found.append((table.genes["gene_id"].tolist(), places))
        return found

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments of `genesis.discover`."""
        steps = {one.name: one.steps for one in self.files}
        return {
            "layers": {
                name: (table, self.places.get(name), steps[name])
                for name, table in self.tables.items()
            },
            "traits": None if self.traits is None else self.traits.values,
            "order": given["order"],
            "trait_feedback": given["trait_feedback"],
            "trait_hits": self.hits,
        }


def describe_layers(layers: LayerFiles | None) -> dict[str, Any]:
    """The files of each layer, and steps of its own, under ``layers``; nothing of none."""
    from genesis.cli.reading import describe_file

    if layers is None or not layers.files:
        return {}
    return {
        "layers": {
            one.name: {
                "table": describe_file(one.path),
                **({} if one.genes is None else {"genes": describe_file(one.genes)}),
                **({} if one.steps is None else {"normalise": one.steps}),
            }
            for one in layers.files
        }
    }
