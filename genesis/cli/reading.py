"""Inputs of the commands: read, matched by sample, described for the record."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.cli.layers import LayerFiles
    from genesis.inputs.align import SampleMatch
    from genesis.io.covariates import Covariates
    from genesis.io.expression import Expression
    from genesis.io.genotype_source import GenotypeSource
    from genesis.io.genotypes import Genotypes
    from genesis.io.near_genes import NearGenes
    from genesis.io.sample_map import SampleMap

__all__ = [
    "READ_AGAIN",
    "describe_inputs",
    "genotypes_of",
    "match_inputs",
    "near_genes",
    "open_genotypes",
    "read_gene_places",
    "read_inputs",
    "warn_of_places",
]

#: Options that name genotypes, with the endings of the files of each.
SOURCES: dict[str, tuple[str, ...]] = {
    "vcf": (),
    "bed": (".bed", ".bim", ".fam"),
    "pfile": (".pgen", ".pvar", ".pvar.zst", ".psam"),
    "bgen": (),
}
SAMPLE_LISTS = ("include_samples", "exclude_samples")
LISTS = (
    *SAMPLE_LISTS,
    *(f"{to_do}_{kind}" for kind in ("variants", "genes") for to_do in ("include", "exclude")),
)
#: Options that name files to be read again for the same data.
READ_AGAIN = (*SOURCES, "sample", "expression", "sample_map", "covariates", "sex", *LISTS)


def read_gene_places(given: dict[str, Any], console: RunConsole) -> pd.DataFrame | None:
    """The positions of genes, if given; read before the genotypes, whose contigs they explain."""
    import genesis

    if given["genes"] is None:
        return None
    genes = genesis.read_genes(given["genes"])
    console.say_all(genes.attrs["notes"])
    return genes


def warn_of_places(
    given: dict[str, Any],
    genotypes: Genotypes,
    expression: Expression,
    genes: pd.DataFrame | None,
    console: RunConsole,
) -> None:
    """Say at once where positions of genes and variants do not fit, and refuse what is hopeless."""
    from genesis.io.gene_places import place_on_contigs

    _, notes = place_on_contigs(
        expression.genes["gene_id"].tolist(),
        expression.genes if genes is None else genes,
        genotypes.variants,
        passed_over=genotypes.passed_over,
        assembly=genotypes.assembly,
        selected=bool(genotypes.regions),
        force=given["force"],
    )
    console.say_all(note for note in notes if note.startswith("Warning:"))


class Matched(NamedTuple):
    """What is known before genotypes are read; `listed` has the ids of lists, as `_read_lists`."""

    source: GenotypeSource
    listed: dict[str, Any]
    sample_map: SampleMap | None
    expression: Expression
    covariates: Covariates | None
    match: SampleMatch
    layers: LayerFiles | None

    @property
    def n_nodes(self) -> int:
        """Genes of the expression, molecules of other layers, and traits."""
        beside = 0 if self.layers is None else self.layers.n_nodes
        return len(self.expression.genes) + beside


def match_inputs(
    given: dict[str, Any], console: RunConsole, layers: LayerFiles | None = None
) -> Matched:
    """Everything but genotypes, of which only the header is read, and the samples in common.

    `layers` are read, too, and hold the samples that all have.
    """
    from genesis.inputs.align import match_samples
    from genesis.inputs.layer_order import EXPRESSION

    source = open_genotypes(given)
    # Before what takes long: a list that cannot be read is said at once.
    listed = _read_lists(given)
    sample_map = _read_sample_map(given, source)
    expression, in_table = _read_expression(given | listed, source, sample_map, console)
    beside = {}
    if layers is not None:
        beside = layers.read(list(source.samples), sample_map, console)
        console.say_all(layers.said_of_lists(listed))
        layers.n_samples[EXPRESSION] = len(expression.samples)
    shared = sorted({*source.samples} & {*expression.samples})
    if not shared:
        # Genotypes and expression of different people: no covariate mends that.
        match_samples(source.samples, expression.samples)
    covariates = _read_covariates(given, shared, sample_map, console)
    at_hand = {*source.samples, *in_table, *expression.samples}
    match = match_samples(
        source.samples,
        expression.samples,
        None if covariates is None else list(covariates.values.index),
        *(_read_samples(given[name], at_hand, sample_map, console) for name in SAMPLE_LISTS),
        others=beside,
        force=given["force"],
    )
    console.say_all(match.notes)
    return Matched(source, listed, sample_map, expression, covariates, match, layers)


def read_inputs(
    given: dict[str, Any],
    console: RunConsole,
    genes: pd.DataFrame | None = None,
    *,
    only_cis: bool = False,
    packed: bool = False,
    matched: Matched | None = None,
) -> tuple[Genotypes, Expression, pd.DataFrame | None, list[pd.DataFrame]]:
    """The inputs, of the samples that all of them have; contigs are named as `genes` does.

    With `only_cis`, variants in no gene's cis window are passed over; with `packed`, called
    genotypes are held as `PackedDosages`. What `match_inputs` has read need not be read again.
    """
    source, listed, sample_map, expression, covariates, match, layers = matched or match_inputs(
        given, console
    )
    named_as = expression.genes if genes is None else genes
    near = near_genes(given, expression, named_as, layers) if only_cis else None
    genotypes = genotypes_of(
        given | listed, source, match.samples, sample_map, named_as, console, near, packed
    )
    expression = expression.take_samples(match.samples)
    parts = [match.excluded, genotypes.excluded, expression.excluded]
    parts += [] if layers is None else layers.take_samples(match.samples)
    if covariates is not None:
        parts.append(covariates.excluded)
    values = None if covariates is None else covariates.values.loc[match.samples]
    return genotypes, expression, values, parts


def _read_sample_map(given: dict[str, Any], source: GenotypeSource) -> SampleMap | None:
    import genesis

    if given["sample_map"] is None:
        return None
    return genesis.read_sample_map(given["sample_map"], source.samples)


def _read_lists(given: dict[str, Any]) -> dict[str, Any]:
    """The ids of each list of variants or genes; None where there is no list."""
    from genesis.io.tables import read_ids

    names = [name for name in LISTS if name not in SAMPLE_LISTS]
    return {name: given[name] and read_ids(given[name]) for name in names}


def _read_expression(
    given: dict[str, Any],
    source: GenotypeSource,
    sample_map: SampleMap | None,
    console: RunConsole,
) -> tuple[Expression, list[str]]:
    """Expression under the names of the genotyped, and the samples as the table names them.

    Of `given` the lists are ids here, as in `genotypes_of`.
    """
    import genesis
    from genesis.io.table_text import check_ids

    console.progress("reading expression", 0, 0)
    expression = genesis.read_expression(
        given["expression"],
        samples=[*source.samples, *(sample_map.genotype_of if sample_map else ())],
        layer=given.get("layer"),
        include_genes=given["include_genes"],
        exclude_genes=given["exclude_genes"],
        max_missing=given["max_missing"],
    )
    check_ids(expression.genes["gene_id"], "gene")
    in_table = expression.samples
    if sample_map is not None:
        expression = sample_map.rename(expression)
    console.say_all(expression.notes)
    return expression, in_table


def _read_covariates(
    given: dict[str, Any],
    samples: list[str],
    sample_map: SampleMap | None,
    console: RunConsole,
) -> Covariates | None:
    import genesis

    if given["covariates"] is None:
        return None
    covariates = genesis.read_covariates(
        given["covariates"],
        samples,
        categorical=given.get("categorical") or (),
        sample_map=sample_map,
    )
    console.say_all(covariates.notes)
    return covariates


def near_genes(
    given: dict[str, Any],
    expression: Expression,
    positions: pd.DataFrame,
    layers: LayerFiles | None,
) -> NearGenes | None:
    """The cis windows of what is measured; None where not one's place is known."""
    import pandas as pd

    from genesis.io.gene_places import place_genes
    from genesis.io.near_genes import NearGenes

    every = [(expression.genes["gene_id"].tolist(), positions)]
    every += [] if layers is None else layers.places_of(positions)
    places = pd.concat([place_genes(*one) for one in every], ignore_index=True)
    known = places["start"].notna().any()
    return NearGenes(places, given["cis_window"]) if known else None


def genotypes_of(
    given: dict[str, Any],
    source: GenotypeSource,
    samples: list[str],
    sample_map: SampleMap | None,
    named_as: pd.DataFrame,
    console: RunConsole,
    near: NearGenes | None,
    packed: bool,
    *,
    say: bool = True,
) -> Genotypes:
    """The genotypes of these samples, their contigs named as those of a table of genes."""
    from genesis.engine.threads import available_threads
    from genesis.io.genotype_source import read_genotypes
    from genesis.io.variant_blocks import RecordFilter

    limits = RecordFilter(
        field=given["field"],
        maf=given["maf"],
        max_missing=given["max_missing"],
        multiallelic=given["multiallelic"],
        include=given["include_variants"],
        exclude=given["exclude_variants"],
        pass_only=given.get("pass_only", False),  # runs of earlier versions had no such option
    )
    genotypes = read_genotypes(
        source,
        limits,
        samples=samples,
        region=[*given["region"], *given["chrom"]] or None,
        sex=given["sex"],
        progress=console.progress,
        contigs=named_as["chrom"].dropna().unique().tolist(),
        sample_map=sample_map,
        near=near,
        packed=packed,
        threads=given.get("threads") or available_threads(),
    )
    if say:
        console.say_all(genotypes.notes)
    return genotypes


def _read_samples(
    path: Path | None,
    at_hand: Collection[str],
    sample_map: SampleMap | None,
    console: RunConsole,
) -> list[str] | None:
    """Genotype ids of a list of samples."""
    from genesis.io.sample_list import read_sample_list

    if path is None:
        return None
    ids, notes = read_sample_list(path, at_hand)
    console.say_all(notes)
    if sample_map is not None:
        ids, notes = sample_map.genotype_ids(ids, str(path))
        console.say_all(notes)
    return ids


def open_genotypes(given: dict[str, Any]) -> GenotypeSource:
    """The genotypes that are given, of one kind of file."""
    from genesis.errors import CommandLineError
    from genesis.io.bgen_file import BgenSource
    from genesis.io.joined_source import open_source
    from genesis.io.plink1 import BedSource
    from genesis.io.plink2 import PgenSource
    from genesis.io.vcf import open_vcf

    named = [name for name in SOURCES if given[name]]
    if len(named) != 1:
        said = "none is given" if not named else " and ".join(f"--{name}" for name in named)
        raise CommandLineError(
            f"genotypes come from one of {', '.join(f'--{name}' for name in SOURCES)}: {said}"
        )
    sample = given["sample"]
    if sample is not None and named != ["bgen"]:
        raise CommandLineError("--sample names the samples of a BGEN; give it with --bgen only")
    openers: dict[str, Callable[[str | Path], GenotypeSource]] = {
        "vcf": open_vcf,
        "bed": BedSource,
        "pfile": PgenSource,
        "bgen": partial(BgenSource, sample=sample),
    }
    kind = named[0]
    return open_source(given[kind], openers[kind], _ending(kind))


def _ending(kind: str) -> str:
    return SOURCES[kind][0] if SOURCES[kind] else ""


def describe_inputs(given: dict[str, Any]) -> dict[str, Any]:
    """Path, size and SHA-256 of every file that was read.

    Genotypes in several files have a list of these; a data set of several files has a list of
    them; a store, which is a directory, its path only.
    """
    from genesis.io.file_patterns import find_files

    described: dict[str, Any] = {}
    for name in (*READ_AGAIN, "genes", "anchors", "traits", "trait_hits"):
        if not given.get(name):
            continue
        if name in SOURCES:
            paths, _ = find_files(given[name], _ending(name))
            sets = [_describe_set(path, name) for path in paths]
            described[name] = sets if len(sets) > 1 else sets[0]
        else:
            described[name] = describe_file(given[name])
    return described


def _describe_set(path: str | Path, kind: str) -> dict[str, Any]:
    """One of the sources of genotypes."""
    if not SOURCES[kind]:
        return describe_file(path)
    stem = str(path).removesuffix(_ending(kind))
    parts = [Path(f"{stem}{suffix}") for suffix in SOURCES[kind]]
    return {"path": str(path), "files": [describe_file(part) for part in parts if part.is_file()]}


def describe_file(path: str | Path) -> dict[str, Any]:
    """Path, size and SHA-256 of a file, or of the copy that was read; of all else the path."""
    from genesis.io.output_set import file_digest
    from genesis.io.remote import copy_made

    file = copy_made(path) or Path(path)
    if not file.is_file():
        return {"path": str(path)}
    return {"path": str(path), "bytes": file.stat().st_size, "sha256": file_digest(file)}
