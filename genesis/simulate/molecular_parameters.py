"""Whether the parameters of `genesis.simulate.layers` make sense, each and together."""

from __future__ import annotations

from typing import Any

from genesis.errors import CommandLineError
from genesis.simulate.arguments import check_count, check_number, check_range, check_seed
from genesis.simulate.cis_eqtl_parameters import MOST_WITHOUT_PARENTS
from genesis.simulate.expression_model import NOISE_FLOOR
from genesis.simulate.loci import GENES_PER_CHROMOSOME

__all__ = ["KINDS", "checked_layers"]

#: How a trait and a molecule of a locus belong together; each names the argument that says how
#: many such molecules a trait has.
KINDS = ("mediated", "partly_mediated", "pleiotropic", "confounded", "reverse")
#: Shares of a trait's variance.
SHARES = ("molecular", "direct", "confounding", "polygenic")
#: Of sums of decimal fractions.
_SLACK = 1e-9


def checked_layers(**given: Any) -> dict[str, Any]:
    """The parameters as numbers of the right kind.

    Raises
    ------
    CommandLineError
        One of them, or some together, cannot be used.
    """
    n_genes = check_count("n_genes", given["n_genes"], 2)
    checked = {
        "n": check_count("n", given["n"], 10),
        "n_genes": n_genes,
        "n_proteins": check_count("n_proteins", given["n_proteins"], 0),
        "n_traits": check_count("n_traits", given["n_traits"], 0),
        "h2": check_range("h2", given["h2"], 0, MOST_WITHOUT_PARENTS),
        **{
            name: check_number(name, given[name], 0, 1)
            for name in ("fraction_cis", "fraction_pqtl", "fraction_follow")
        },
        **{
            name: check_range(name, given[name], 0, 1 - NOISE_FLOOR)
            for name in ("r2_follow", "r2_parents")
        },
        **{
            name: check_number(name, given[name], 0)
            for name in ("genes_on_genes", "genes_on_proteins", "proteins_on_genes")
        },
        "n_factors": check_count("n_factors", given["n_factors"]),
        "factor_variance": check_number(
            "factor_variance", given["factor_variance"], 0, MOST_WITHOUT_PARENTS
        ),
        "measurement_noise": check_number(
            "measurement_noise", given["measurement_noise"], 0, 1, open_high=True
        ),
        **{kind: check_count(kind, given[kind], 0) for kind in KINDS},
        **{name: check_number(name, given[name], 0, MOST_WITHOUT_PARENTS) for name in SHARES},
        "n_polygenic": check_count("n_polygenic", given["n_polygenic"]),
        "n_binary": check_count("n_binary", given["n_binary"], 0),
        "prevalence": check_number(
            "prevalence", given["prevalence"], 0, 1, open_low=True, open_high=True
        ),
        "snps_per_gene": check_count("snps_per_gene", given["snps_per_gene"]),
        "maf": check_number("maf", given["maf"], 0, 0.5, open_low=True),
        "n_chromosomes": check_count(
            "n_chromosomes",
            -(-n_genes // GENES_PER_CHROMOSOME)
            if given["n_chromosomes"] is None
            else given["n_chromosomes"],
        ),
        "seed": check_seed(given["seed"]),
    }
    _check_together(checked)
    return checked


def _check_together(checked: dict[str, Any]) -> None:
    n_genes = checked["n_genes"]
    for name, most in (("n_proteins", n_genes), ("n_chromosomes", n_genes)):
        if checked[name] > most:
            raise CommandLineError(
                f"{name} is {checked[name]}: there are {n_genes} genes, and each has at most one; "
                "give no more, or more genes"
            )
    if checked["n_binary"] > checked["n_traits"]:
        raise CommandLineError(
            f"n_binary is {checked['n_binary']}: there are {checked['n_traits']} traits; give no "
            "more, or more traits"
        )
    n_cases = round(checked["prevalence"] * checked["n"])
    if checked["n_binary"] and not 0 < n_cases < checked["n"]:
        raise CommandLineError(
            f"prevalence is {checked['prevalence']:g}: of {checked['n']} people {n_cases} would be "
            "cases; give a share with cases and controls, or more people"
        )
    for name in ("h2", "r2_follow", "r2_parents"):
        if checked[name][0] == 0:
            raise CommandLineError(
                f"{name} is {checked[name]!r}: an effect of no size is none; give a range above 0"
            )
    taken = checked["h2"][1] + checked["factor_variance"] + checked["confounding"]
    if taken > MOST_WITHOUT_PARENTS + _SLACK:
        raise CommandLineError(
            f"h2 is up to {checked['h2'][1]:g}, factor_variance {checked['factor_variance']:g} and "
            f"confounding {checked['confounding']:g}: together they may take "
            f"{MOST_WITHOUT_PARENTS:g} of a molecule's variance; lower one of them"
        )
    shares = sum(checked[name] for name in SHARES)
    if shares > MOST_WITHOUT_PARENTS + _SLACK:
        raise CommandLineError(
            f"{', '.join(SHARES[:-1])} and {SHARES[-1]} add up to {shares:g}: they may take "
            f"{MOST_WITHOUT_PARENTS:g} of a trait's variance together; lower one of them"
        )
    for kinds, share in (
        (("mediated", "partly_mediated"), "molecular"),
        (("pleiotropic", "partly_mediated"), "direct"),
        (("confounded",), "confounding"),
    ):
        asked = [kind for kind in kinds if checked[kind]]
        if checked["n_traits"] and asked and not checked[share]:
            raise CommandLineError(
                f"{share} is 0 and {asked[0]} {checked[asked[0]]}: an effect of no size is none; "
                f"give {share} a share of the variance, or {asked[0]} 0"
            )
