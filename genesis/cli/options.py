"""Options of the commands: module-level objects that the commands share."""

from __future__ import annotations

import os
import re
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from genesis.option_fields import about, meaning
from genesis.options import Options, PreparationOptions

__all__ = ["LEVEL", "FiniteRange", "GroupedCommand", "GroupedOption"]


class GroupedOption(click.Option):
    """An option that belongs to a group of the help text."""

    def __init__(self, *args: Any, group: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists its options by group."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, one section a group, in the order of their first option."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(parameter, "group", "Other"), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


class FiniteRange(click.FloatRange):
    """A number in a range; NaN, which no comparison refuses, is in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number, or a usage error."""
        number: float = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"{value} is not a number.", param, ctx)
        return number


class NormaliseSteps(click.ParamType):  # type: ignore[type-arg]
    """Steps of normalisation with commas between them."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The steps as typed, or a usage error."""
        from genesis.errors import CommandLineError
        from genesis.prepare.normalise import steps_of

        try:
            steps_of(value)
        except CommandLineError as error:
            self.fail(str(error), param, ctx)
        return str(value)


class FactorNumber(click.ParamType):  # type: ignore[type-arg]
    """A whole number, or one of some words."""

    name = "number"

    def __init__(self, *words: str) -> None:
        self._words = words

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """The word or the number, or a usage error."""
        if value in self._words:
            return str(value)
        try:
            number = int(value)
        except ValueError:
            number = -1
        if number < 0:
            words = ", ".join(self._words)
            self.fail(f"{value!r} is neither {words} nor a number from 0 on.", param, ctx)
        return number


def _option(*names: str, group: str, **settings: Any) -> Any:
    settings.setdefault("show_default", True)
    return click.option(*names, cls=GroupedOption, group=group, **settings)


def _together(*several: Any) -> Any:
    """Options that commands take as one."""

    def decorate(command: Any) -> Any:
        for one in reversed(several):
            command = one(command)
        return command

    return decorate


class InputFile(click.Path):
    """A path, or an address of the web as it is typed."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """A `Path`, which would take one slash from an address, or text."""
        if isinstance(value, str) and "://" in value:
            return value
        return super().convert(value, param, ctx)


_FILE = InputFile(path_type=Path)
_INPUTS, _SAMPLES = "Inputs", "Samples, genes and variants"
_METHOD, _RUNNING = "Method", "Running"

vcf_file = _option(
    "--vcf",
    required=True,
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="Genotypes: VCF, VCF.gz or BCF.",
)


def _genotypes(kind: str, metavar: str, text: str) -> Any:
    return _option(
        f"--{kind}", type=_FILE, multiple=True, metavar=metavar, group=_INPUTS, help=text
    )


genotypes = _together(
    _genotypes(
        "vcf",
        "FILE",
        "Genotypes: VCF, VCF.gz or BCF, or a Zarr store. One file a chromosome: give it several "
        "times, or with {chrom} (or @) in the place of the chromosome. Tables, VCF and BCF may be "
        "at an address (https, s3, gs).",
    ),
    _genotypes("bed", "PREFIX", "Or of PLINK 1: PREFIX.bed, PREFIX.bim and PREFIX.fam."),
    _genotypes("pfile", "PREFIX", "Or of PLINK 2: PREFIX.pgen, PREFIX.pvar and PREFIX.psam."),
    _genotypes("bgen", "FILE", "Or a BGEN, of which --field GP is read."),
)
expression_table = _option(
    "--expression",
    required=True,
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="Genes × samples as TSV, CSV, Parquet or GCT, the BED of FastQTL/tensorQTL, the "
    "output of featureCounts, a GEO series matrix, or an .h5ad (samples × genes).",
)
stored_layer = _option(
    "--layer",
    metavar="NAME",
    group=_INPUTS,
    help="Layer of the .h5ad to read instead of X.",
)
bgen_samples = _option(
    "--sample",
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="The .sample file of the BGEN, where it is of another name; ID_2 names the samples.",
)
sample_map = _option(
    "--sample-map",
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="Genotype id and expression id of each sample, where these differ; covariates, sexes and "
    "lists may have either.",
)
out = _option(
    "--out",
    required=True,
    metavar="PREFIX",
    group=_INPUTS,
    help="Directory and beginning of the names of all outputs, such as results/run1.",
)


def _read_config(ctx: click.Context, option: click.Parameter, path: Path | None) -> None:
    from genesis.cli.config_file import read_config

    read_config(ctx, option, path)


config = _option(
    "--config",
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    is_eager=True,
    expose_value=False,
    callback=_read_config,
    help="Options as TOML (maf = 0.01; relative paths start at the file), or the PREFIX.run.json "
    "of a run that is to be repeated. What the command line says goes before.",
)
genes = _option(
    "--genes",
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="Gene positions: GTF, GFF3, BED, an export of BioMart, or TSV with gene_id, chrom, start, "
    "end (or pos).",
)
covariates = _together(
    _option(
        "--covariates",
        type=_FILE,
        metavar="FILE",
        group=_INPUTS,
        help="Samples × covariates, or the other way round; projected out of both sides. Files "
        "with FID and IID, as of PLINK and regenie, are matched by IID.",
    ),
    _option(
        "--categorical",
        multiple=True,
        metavar="NAME",
        group=_INPUTS,
        help="A covariate whose numbers are labels, such as batch; may be given several times.",
    ),
)
anchors = _option(
    "--anchors",
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="Anchors you already have (gene_id, variant_id), used instead of a search.",
)
sex = _option(
    "--sex",
    type=_FILE,
    metavar="FILE",
    group=_INPUTS,
    help="Sex of the samples (id, and 1, 2, M, F, male or female), for calls on X.",
)


def _list(kind: str, to_do: str) -> Any:
    texts = {"include": f"Analyse these {kind} only", "exclude": f"Leave these {kind} out"}
    return _option(
        f"--{to_do}-{kind}",
        type=_FILE,
        metavar="FILE",
        group=_SAMPLES,
        help=f"{texts[to_do]}, one id a line{' (or FID and IID)' if kind == 'samples' else ''}.",
    )


selection = _together(
    _option(
        "--region",
        multiple=True,
        metavar="CHROM[:START-END]",
        group=_SAMPLES,
        help="Read variants of this region only; may be given several times.",
    ),
    _option(
        "--chrom",
        multiple=True,
        metavar="CHROM",
        group=_SAMPLES,
        help="Read variants of this contig only; may be given several times.",
    ),
    _option(
        "--pass-only",
        is_flag=True,
        show_default=False,
        group=_SAMPLES,
        help="Leave out variants whose FILTER is not PASS or '.'; they are kept and counted "
        "otherwise, as by plink2 and tensorQTL, for --maf and --max-missing judge these samples.",
    ),
    *(
        _list(kind, to_do)
        for kind in ("samples", "variants", "genes")
        for to_do in ("include", "exclude")
    ),
)
field = _option(
    "--field",
    type=click.Choice(["GT", "DS", "GP", "PL", "GL"]),
    default="GT",
    group=_SAMPLES,
    help="Read calls (GT), imputed dosages (DS), genotype probabilities (GP), or genotype "
    "likelihoods (PL, GL), each genotype being as likely beforehand.",
)
maf = _option(
    "--maf",
    type=FiniteRange(0, 0.5),
    metavar="FRACTION",
    default=0.05,
    group=_SAMPLES,
    help="Smallest minor allele frequency.",
)
max_missing = _option(
    "--max-missing",
    type=FiniteRange(0, 1),
    metavar="FRACTION",
    default=0.1,
    group=_SAMPLES,
    help="Largest fraction of missing calls of a variant, or of values of a gene.",
)
multiallelic = _option(
    "--multiallelic",
    type=click.Choice(["split", "drop", "error"]),
    default="split",
    group=_SAMPLES,
    help="Variants with several ALT alleles: one variant each, left out, or refused.",
)
#: What commands that read data have in common. Data come first, then where outputs go.
data = _together(genotypes, expression_table, stored_layer, bgen_samples, sample_map)
#: The same for a run, whose --layer may be another molecular layer.
data_of_run = _together(genotypes, expression_table, bgen_samples, sample_map)
other_inputs = _together(genes, covariates, anchors, sex)
filters = _together(selection, field, maf, max_missing, multiallelic)


def _of_field(one: Field[Any]) -> Any:
    """The option of a command that a field of `Options` describes."""
    known = about(one)
    name = "--" + one.name.replace("_", "-")
    settings: dict[str, Any] = {"show_default": known.by_default or True}
    if known.in_commands is not None:
        settings = {"default": known.in_commands}
    if one.type == "bool | None":
        settings = {"is_flag": True, "show_default": False}
    if one.type == "bool":
        name = f"{name}/--no-{name[2:]}"
    return _option(
        name,
        **{"default": one.default, **settings},
        type=_kind_of(one),
        metavar=known.metavar,
        group=known.group,
        help=re.sub(r"`(\w+)`", lambda name: "--" + name[1].replace("_", "-"), meaning(one)),
    )


def _kind_of(one: Field[Any]) -> Any:
    """What click is to make of the text that is typed."""
    kind, known = str(one.type).removesuffix(" | None"), about(one)
    limits: dict[str, Any] = {"min": known.least, "max": known.most}
    if kind == "bool":
        return bool
    if kind == "int | str":
        return FactorNumber(*known.choices)
    if known.choices:
        return click.Choice(known.choices)
    if kind == "str":
        return NormaliseSteps() if one.name == "normalise" else str
    if kind == "int":
        return click.IntRange(**limits)
    return FiniteRange(**limits, min_open=known.is_open, max_open=known.is_open)


_FIELDS = {one.name: one for one in fields(Options)}
normalise = _of_field(_FIELDS["normalise"])
cis_window = _of_field(_FIELDS["cis_window"])
threads = _of_field(_FIELDS["threads"])
seed = _of_field(_FIELDS["seed"])
paths_to = _of_field(_FIELDS["paths_to"])
#: All options of the methods but those of running, which other commands have too.
method = _together(*(_of_field(one) for one in _FIELDS.values() if about(one).group == _METHOD))
#: What the preparation alone takes.
preparation = _together(
    *(_of_field(one) for one in fields(PreparationOptions) if one.name not in _FIELDS)
)
#: What is done anew on each half of the samples: samples are checked by the run, and the rules
#: predict nothing that could be seen again.
replication = _together(
    *(
        _of_field(one)
        for one in _FIELDS.values()
        if about(one).group == _METHOD and about(one).method != "rules" and one.name != "method"
    ),
    *(
        _of_field(one)
        for one in fields(PreparationOptions)
        if one.name not in (*_FIELDS, "check_samples")
    ),
)
LEVEL = FiniteRange(0, 1, min_open=True, max_open=True)
pval = _option(
    "--pval",
    type=FiniteRange(0, 1, min_open=True),
    metavar="P",
    default=1e-5,
    group=_METHOD,
    help="List pairs with a p-value up to this.",
)
max_memory = _option(
    "--max-memory",
    metavar="SIZE",
    group=_RUNNING,
    help="Memory that the run may take, such as 8G; the work is cut to fit.",
)
checkpoint = _option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    group=_RUNNING,
    help="Keep finished pieces of work there, for --resume after a run was killed.",
)
resume = _option(
    "--resume",
    is_flag=True,
    show_default=False,
    group=_RUNNING,
    help="Go on with the run in the checkpoint; inputs and options must be the same.",
)
dask_scheduler = _option(
    "--dask-scheduler",
    metavar="ADDRESS",
    group=_RUNNING,
    help="Do the work on this Dask cluster, such as tcp://node1:8786.",
)
dry_run = _option(
    "--dry-run",
    is_flag=True,
    show_default=False,
    group=_RUNNING,
    help="Say what of the inputs meets, and what memory and time the run will take, and stop: "
    "tables are read, and of genotypes the header and the first records; nothing is written.",
)
report = _option(
    "--report",
    is_flag=True,
    show_default=False,
    group=_RUNNING,
    help="Write PREFIX.report.html too, to look at in a browser (needs the extra report).",
)
force = _option(
    "--force",
    is_flag=True,
    show_default=False,
    group=_RUNNING,
    help="Replace outputs that exist, accept a small overlap of samples, and genes most of which "
    "lie on contigs without a variant.",
)
replace = _option(
    "--force", is_flag=True, show_default=False, group="Options", help="Replace a file that exists."
)
trusted_posterior = click.option(
    "--min-posterior",
    type=FiniteRange(0.5, 1),
    metavar="PROBABILITY",
    help="Use only claims of the run with this posterior (calibrated).",
)
trusted_fdr = click.option(
    "--fdr",
    type=FiniteRange(0, 1, max_open=True),
    metavar="RATE",
    help="Use the most certain claims, up to this expected share of false ones (calibrated).",
)
progress = _option(
    "--progress/--no-progress",
    default=True,
    group=_RUNNING,
    help="Show how far the work is: a bar on a terminal, lines elsewhere.",
)
verbose = _option(
    "-v", "--verbose", is_flag=True, show_default=False, group=_RUNNING, help="Say more."
)
quiet = _option(
    "-q",
    "--quiet",
    is_flag=True,
    show_default=False,
    group=_RUNNING,
    help="Say nothing but errors.",
)
messages = _together(progress, verbose, quiet)
