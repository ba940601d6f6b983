"""``genesis simulate``: data whose network is known, as files that ``genesis run`` reads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genesis.cli import options
from genesis.cli.given_once import OnceGroup

if TYPE_CHECKING:
    from genesis.simulate import Simulation

__all__ = ["simulate"]

#: What may be taken of a gene's variance by its variants and hidden factors together, and by one
#: parent: the limits of `genesis.simulate.cis_eqtl`, which takes long to import.
MOST_WITHOUT_PARENTS, MOST_OF_A_PARENT = 0.8, 0.9
_POSITIVE = options.FiniteRange(0, min_open=True)


def _option(*names: str, **settings: Any) -> Any:
    settings.setdefault("show_default", True)
    return click.option(*names, **settings)


# No simulator could hold more, and larger numbers overflow in the libraries below.
_MOST = 1_000_000_000


def _count(name: str, default: int | None, text: str, least: int = 1, **settings: Any) -> Any:
    kind = click.IntRange(least, _MOST)
    return _option(name, type=kind, metavar="N", default=default, help=text, **settings)


def _share(name: str, default: float, text: str, most: float = 1, **limits: bool) -> Any:
    kind = options.FiniteRange(0, most, **limits)
    return _option(name, type=kind, metavar="SHARE", default=default, help=text)


def _shares(name: str, default: tuple[float, float], text: str, most: float) -> Any:
    kind = options.FiniteRange(0, most)
    return _option(name, type=kind, nargs=2, metavar="FROM TO", default=default, help=text)


def _mean(name: str, default: float, text: str) -> Any:
    kind = options.FiniteRange(0)
    return _option(name, type=kind, metavar="MEAN", default=default, help=text)


_maf = _option(
    "--maf",
    type=options.FiniteRange(0, 0.5, min_open=True),
    metavar="FRACTION",
    default=0.05,
    help="Smallest minor allele frequency.",
)
_out = _option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder for the files; made where it does not exist.",
)
_seed = _count("--seed", 0, "Seed of the random numbers: the same seed gives the same files.", 0)
_force = _option(
    "--force", is_flag=True, show_default=False, help="Replace files of these names that exist."
)
_TWO_TIER = (
    _count("--n", 1000, "Samples.", 2),
    _count("--d-z", 20, "Variants."),
    _count("--d-x", 15, "Genes."),
    _share(
        "--r2",
        0.5,
        "Share of a gene's variance that its parents explain.",
        min_open=True,
        max_open=True,
    ),
    _share("--sparsity", 0.5, "Probability that a pair of genes has no edge."),
    _share("--p-zx", 0.15, "Probability that a variant acts on a gene."),
    _option(
        "--effect",
        type=_POSITIVE,
        metavar="SIZE",
        default=1.0,
        help="Size of every effect, by standard deviation of the cause.",
    ),
    _option(
        "--background",
        type=click.Choice(["independent", "network"]),
        default="independent",
        help="Variants are independent, or correlated through a network of their own.",
    ),
    _option(
        "--scaled-effects/--unit-effects",
        default=True,
        help="Effects of genes are by standard deviation, or by unit.",
    ),
    _out,
    _seed,
    _force,
)


def _two_tier_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_TWO_TIER):
        command = option(command)
    return command


@click.group(cls=OnceGroup, no_args_is_help=False, invoke_without_command=True)
@click.pass_context
def simulate(context: click.Context) -> None:
    """Simulate data whose network is known.

    Writes genotypes.vcf.gz, expression.tsv.gz and, where genes have positions, genes.bed, for
    genesis run; the truth as truth.tsv, ancestors.tsv and anchors.tsv; and simulation.json, which
    says how they were made.

    \b
    genesis simulate cis-eqtl --n 300 --n-genes 100 --seed 1 --out simulated
    genesis run --vcf simulated/genotypes.vcf.gz --expression simulated/expression.tsv.gz \\
        --genes simulated/genes.bed --out results/simulated
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        raise click.UsageError("a design is missing", context)


@simulate.command("two-tier", short_help="Variants and genes in a linear model.")
@_two_tier_options
def two_tier(out: Path, force: bool, **given: Any) -> None:
    """Simulate a linear model of variants and genes without positions.

    \b
    genesis simulate two-tier --n 500 --sparsity 0.7 --seed 1 --out simulated
    """
    import genesis.simulate

    _write(lambda: genesis.simulate.two_tier(**given, genotypes="binomial"), out, force)


@simulate.command("tier-violation", short_help="The same with its assumptions broken.")
@_option(
    "--kind",
    type=click.Choice(["feedback", "hidden-snps", "mislabelled"]),
    default="feedback",
    help="Genes act on variants, acting variants are missing, or genes stand among the variants.",
)
@_share("--fraction", 0.2, "Share of variants or genes that it concerns.")
@_share("--strength", 0.5, "For feedback: share of the variant's variance that a gene explains.")
@_two_tier_options
def tier_violation(out: Path, force: bool, **given: Any) -> None:
    """Simulate two tiers and break what the method assumes of them.

    \b
    genesis simulate tier-violation --kind hidden-snps --fraction 0.3 --out simulated
    """
    import genesis.simulate

    _write(lambda: genesis.simulate.tier_violation(**given, genotypes="binomial"), out, force)


@simulate.command("cis-eqtl", short_help="Variants in LD near the genes of a network.")
@_count("--n", 300, "People.", 10)
@_count("--n-genes", 50, "Genes.", 2)
@_shares(
    "--h2",
    (0.03, 0.25),
    "Share of a gene's variance that its own variants explain.",
    MOST_WITHOUT_PARENTS,
)
@_share("--fraction-cis", 0.8, "Share of genes that variants act on.")
@_option(
    "--graph",
    type=click.Choice(["sparse", "scale-free"]),
    default="sparse",
    help="Edges equally likely for all pairs, or few regulators with many targets.",
)
@_mean("--n-parents", 1.5, "Mean number of parents of a gene.")
@_shares(
    "--r2-parents",
    (0.1, 0.4),
    "Share of a gene's variance that one parent explains.",
    MOST_OF_A_PARENT,
)
@_count("--n-factors", 5, "Latent factors, each of which acts on every gene.")
@_share(
    "--factor-variance",
    0.0,
    "Share of a gene's variance that the factors explain together.",
    MOST_WITHOUT_PARENTS,
)
@_share(
    "--measurement-noise",
    0.0,
    "Share of the measured variance that is measurement error.",
    max_open=True,
)
@_option(
    "--tail-df",
    type=options.FiniteRange(2, min_open=True),
    metavar="DF",
    default=None,
    show_default="normal noise",
    help="Noise of the genes from Student's t with these degrees of freedom.",
)
@_count(
    "--n-chromosomes",
    None,
    "Chromosomes, which are short.",
    show_default="one for 5 genes, 25 in a cross",
)
@_count("--snps-per-gene", 30, "Mean number of variants for each gene.")
@_maf
@_option(
    "--population",
    type=click.Choice(["natural", "ril", "f2"]),
    default="natural",
    help="Unrelated people, recombinant inbred lines, or an F2 of two inbred strains.",
)
@_count(
    "--gene-spacing",
    None,
    "Base pairs from gene to gene.",
    100,
    show_default="5,000 in a cross, else about 300,000",
)
@_option(
    "--cm-per-kb",
    type=_POSITIVE,
    metavar="CM",
    default=0.35,
    help="Centimorgans a thousand base pairs in a cross.",
)
@_count("--hotspots", 0, "Genes with a variant that act on many others.", 0)
@_count("--hotspot-targets", 20, "Genes that each of them acts on.")
@_share("--unmeasured", 0.0, "Share of the genes that act and are not in the expression.")
@_out
@_seed
@_force
def cis_eqtl(out: Path, force: bool, **given: Any) -> None:
    """Simulate variants in linkage disequilibrium that act on genes nearby, in a gene network.

    \b
    genesis simulate cis-eqtl --n 300 --n-genes 100 --factor-variance 0.3 --out simulated
    genesis simulate cis-eqtl --population ril --hotspots 2 --unmeasured 0.2 --out simulated
    """
    import genesis.simulate

    _write(lambda: genesis.simulate.cis_eqtl(**given), out, force)


@simulate.command("layers", short_help="Transcripts, proteins and traits in one network.")
@_count("--n", 300, "People.", 10)
@_count("--n-genes", 60, "Transcripts.", 2)
@_count("--n-proteins", 40, "Proteins: each of another one of these genes.", 0)
@_count("--n-traits", 5, "Traits.", 0)
@_shares(
    "--h2",
    (0.03, 0.25),
    "Share of a molecule's variance that its own variants explain.",
    MOST_WITHOUT_PARENTS,
)
@_share("--fraction-cis", 0.8, "Share of transcripts that variants act on.")
@_share("--fraction-pqtl", 0.4, "Share of proteins that variants of their own act on.")
@_share("--fraction-follow", 0.7, "Share of proteins that follow their transcript.")
@_shares(
    "--r2-follow",
    (0.1, 0.4),
    "Share of such a protein's variance that its transcript explains.",
    MOST_OF_A_PARENT,
)
@_mean("--genes-on-genes", 0.8, "Mean number of transcripts that act on a transcript.")
@_mean("--genes-on-proteins", 0.3, "Mean number of other transcripts that act on a protein.")
@_mean("--proteins-on-genes", 0.3, "Mean number of proteins that act on a transcript.")
@_shares(
    "--r2-parents",
    (0.1, 0.4),
    "Share of a molecule's variance that one parent explains.",
    MOST_OF_A_PARENT,
)
@_count("--n-factors", 5, "Latent factors, each of which acts on every molecule.")
@_share(
    "--factor-variance",
    0.0,
    "Share of a molecule's variance that the factors explain together.",
    MOST_WITHOUT_PARENTS,
)
@_share(
    "--measurement-noise",
    0.0,
    "Share of the variance of measured molecules that is measurement error.",
    max_open=True,
)
@_count("--mediated", 2, "Molecules of a trait: SNP to molecule to trait.", 0)
@_count("--partly-mediated", 1, "The same, and the SNP acts on the trait by itself as well.", 0)
@_count(
    "--pleiotropic", 2, "SNP to molecule and SNP to trait, which the molecule does not reach.", 0
)
@_count("--confounded", 2, "SNP to molecule, and a hidden factor of molecule and trait.", 0)
@_count("--reverse", 0, "SNP to molecule, and the trait acts on it.", 0)
@_share(
    "--molecular",
    0.3,
    "Share of a trait's variance from the molecules that act on it.",
    MOST_WITHOUT_PARENTS,
)
@_share(
    "--direct",
    0.1,
    "Share from variants of these loci that act by themselves.",
    MOST_WITHOUT_PARENTS,
)
@_share(
    "--confounding",
    0.1,
    "Share of hidden factors, of the trait and of each molecule that has one with it.",
    MOST_WITHOUT_PARENTS,
)
@_share("--polygenic", 0.1, "Share from the trait's own variants.", MOST_WITHOUT_PARENTS)
@_count("--n-polygenic", 20, "Number of these variants.")
@_count("--n-binary", 0, "The last so many traits are 0 and 1, by a threshold of liability.", 0)
@_share("--prevalence", 0.3, "Share of the people who have a 1.", min_open=True, max_open=True)
@_count("--n-chromosomes", None, "Chromosomes, which are short.", show_default="one for 5 genes")
@_count("--snps-per-gene", 30, "Mean number of variants for each gene.")
@_maf
@_out
@_seed
@_force
def layers(out: Path, force: bool, **given: Any) -> None:
    """Simulate a network of transcripts, proteins and traits, with variants that act on each.

    Writes protein.tsv, traits.tsv and routes.tsv as well: which molecules mediate each trait, and
    which are of a locus that acts on both, or have a hidden factor in common with it.

    \b
    genesis simulate layers --n 1000 --n-traits 3 --n-binary 1 --out simulated
    genesis run --vcf simulated/genotypes.vcf.gz --expression simulated/expression.tsv.gz \\
        --layer protein=simulated/protein.tsv,genes=simulated/genes.bed \\
        --traits simulated/traits.tsv --genes simulated/genes.bed --out results/simulated
    """
    import genesis.simulate

    _write(lambda: genesis.simulate.layers(**given), out, force)


def _write(draw: Callable[[], Simulation], out: Path, force: bool) -> None:
    """Draw and write, after a look whether the files may be written at all."""
    from genesis.simulate.simulation_files import check_folder

    new = [folder for folder in (out, *out.parents) if not folder.exists()]
    check_folder(out, force=force)
    try:
        simulation = draw()
    except BaseException:
        with suppress(OSError):
            for folder in new:
                folder.rmdir()
        raise
    paths = simulation.write(out, force=force)
    others = [f"{table.shape[1]} {name}s" for name, table in (simulation.layers or {}).items()]
    if simulation.traits is not None:
        others.append(f"{simulation.traits.shape[1]} traits")
    click.echo(
        f"{len(simulation.expression)} samples, {simulation.genotypes.shape[1]} variants, "
        f"{', '.join([f'{simulation.expression.shape[1]} genes', *others])} with "
        f"{len(simulation.truth)} edges.\n"
        f"Wrote {', '.join(path.name for path in paths)} to {out}.",
        err=True,
    )
