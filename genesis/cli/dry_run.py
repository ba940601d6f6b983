"""``genesis run --dry-run``: what meets, and what the run will take; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genesis.cli.reading import genotypes_of, match_inputs, near_genes, read_gene_places

if TYPE_CHECKING:
    import pandas as pd

    from genesis.cli.console import RunConsole
    from genesis.cli.layers import LayerFiles
    from genesis.cli.reading import Matched
    from genesis.io.genotypes import Genotypes
    from genesis.io.near_genes import NearGenes

__all__ = ["dry_run"]

#: Records of each file of genotypes that are read.
FIRST_RECORDS = 2_000


def dry_run(
    given: dict[str, Any], console: RunConsole, layers: LayerFiles | None, *, only_cis: bool
) -> None:
    """Say what of the inputs meets, and the memory and time that a run on them will take.

    Tables are read whole, so that what is wrong with them is said; of genotypes the header, the
    index and the first records.
    """
    from genesis.compiling import compile_ahead, is_to_compile, seconds_to_compile
    from genesis.io.gene_places import place_genes

    genes = read_gene_places(given, console)
    if is_to_compile("reading"):
        compile_ahead("reading", progress=console.progress, say=console.say)
    matched = match_inputs(given, console, layers)
    named_as = matched.expression.genes if genes is None else genes
    placed = place_genes(matched.expression.genes["gene_id"].tolist(), named_as)
    near = near_genes(given, matched.expression, named_as, layers)
    console.say()
    _say_samples(matched, console)
    _say_genes(given, matched, placed, console)
    _say_contigs(matched, placed, named_as, console)
    n_variants = _say_variants(given, matched, named_as, near if only_cis else None, console)
    _say_cost(given, matched, near, n_variants, console)
    seconds = seconds_to_compile(given["method"], "reading", "preparing")
    if seconds:
        console.say(f"  Compiling  once before that, about {seconds:.0f} s")
    console.say("Nothing was analysed, and nothing written: leave out --dry-run to run it.")


def _say_samples(matched: Matched, console: RunConsole) -> None:
    n = len(matched.match.samples)
    sides = [
        f"{len(matched.source.samples):,} with genotypes",
        f"{len(matched.expression.samples):,} with expression",
    ]
    if matched.layers is not None:
        sides[1:] = [f"{n:,} with {name}" for name, n in matched.layers.n_samples.items()]
    if matched.covariates is not None:
        sides.append(f"{len(matched.covariates.values):,} with covariates")
    console.say(f"  Samples    {n:,} in common ({', '.join(sides)})")


def _say_genes(
    given: dict[str, Any], matched: Matched, placed: pd.DataFrame, console: RunConsole
) -> None:
    import genesis
    from genesis.io.ids import counted

    n_placed = int(placed["start"].notna().sum())
    said = f"{len(placed):,} with expression, {n_placed:,} of them with a place"
    if given["min_expression"] is not None:
        said += ", before --min-expression"
    if given["anchors"] is not None:
        said += f"; {counted(len(genesis.read_anchors(given['anchors'])), 'anchor', ',')} given"
    console.say(f"  Genes      {said}")
    if matched.layers is not None:
        console.say(f"  Layers     {matched.layers.n_nodes:,} molecules of other layers and traits")


def _say_contigs(
    matched: Matched, placed: pd.DataFrame, named_as: pd.DataFrame, console: RunConsole
) -> None:
    from genesis.io.contigs import match_contigs

    contigs, of_genes = list(matched.source.contigs), placed["chrom"].dropna().unique().tolist()
    if not of_genes:
        return
    if not contigs:
        console.say("  Contigs    the file of genotypes does not say which it has")
        return
    beside = named_as["chrom"].dropna().unique().tolist()
    found, note = match_contigs(contigs, of_genes, beside)
    console.say(
        f"  Contigs    {len(found):,} of {len(of_genes):,} of the genes are among the "
        f"{len(contigs):,} of the genotypes"
    )
    if note is not None:
        console.say(f"             {note}")


def _say_variants(
    given: dict[str, Any],
    matched: Matched,
    named_as: pd.DataFrame,
    near: NearGenes | None,
    console: RunConsole,
) -> int | None:
    """Says what is known of the variants; returns how many there may be in the analysis."""
    from genesis.io.first_records import count_near, count_records, first_records
    from genesis.io.ids import counted

    region = [*given["region"], *given["chrom"]] or None
    matched.source.check_field(given["field"])
    n_all = count_records(matched.source, region)
    n_near = None if near is None else count_near(matched.source, region, near)
    first = first_records(matched.source, FIRST_RECORDS)
    kept, n_read, n_far = _read_first(
        given, matched._replace(source=first), named_as, near, console
    )
    said = "not known before they are read" if n_all is None else f"{counted(n_all, 'record', ',')}"
    if n_near is not None and near is not None:
        said += f", {n_near:,} of them no more than {near.window:,} bp from a gene"
    console.say(f"  Variants   {said}")
    said = f"of the first {counted(n_read, 'record', ',')} "
    if near is not None and n_near is None:
        said += f"{n_read - n_far:,} are near a gene, and "
    console.say(f"             {said}{kept:,} pass the filters")
    n_held = n_near if n_near is not None else n_all
    if n_held is None:
        return None
    of_read = n_read - n_far if n_near is not None else n_read
    return max(round(n_held * kept / max(of_read, 1)), kept)


def _read_first(
    given: dict[str, Any],
    matched: Matched,
    named_as: pd.DataFrame,
    near: NearGenes | None,
    console: RunConsole,
) -> tuple[int, int, int]:
    """Variants kept of the first records, records read, and those of them far from all genes."""
    from genesis.errors import DegenerateDataError

    found: Genotypes | None = None
    try:
        found = genotypes_of(
            given | matched.listed, matched.source, matched.match.samples, matched.sample_map,
            named_as, console, near, True, say=False,
        )  # fmt: skip
    except DegenerateDataError as error:
        console.say(f"Of the first records none would be kept: {error}.")
    if found is None:
        return 0, FIRST_RECORDS, 0
    far = found.counts.get("records_far_from_genes", 0)
    return len(found.variants), found.counts["records_read"] + far, far


def _say_cost(
    given: dict[str, Any],
    matched: Matched,
    near: NearGenes | None,
    n_variants: int | None,
    console: RunConsole,
) -> None:
    from genesis.cli.forecast import bytes_of_a_million, forecast
    from genesis.engine.memory import human_size, parse_memory
    from genesis.engine.threads import available_threads
    from genesis.io.ids import counted

    budget = given["max_memory"]
    expected = forecast(
        given,
        matched,
        has_places=near is not None,
        n_variants=n_variants or 0,
        max_memory=None if budget is None else parse_memory(budget),
    )
    a_million = human_size(bytes_of_a_million(given, matched))
    more = "" if n_variants is not None else (
        f", and about {a_million} for each million variants near genes"
    )  # fmt: skip
    console.say(f"  Memory     up to about {human_size(expected.memory)}{more}")
    threads = counted(given["threads"] or available_threads(), "thread")
    console.say(f"  Time       {expected.time} on {threads}, beside reading the genotypes")
