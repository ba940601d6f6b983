"""Whether the parameters of `genesis.simulate.cis_eqtl` make sense, each and together."""

from __future__ import annotations

from typing import Any

from genesis.errors import CommandLineError
from genesis.simulate.arguments import (
    check_choice,
    check_count,
    check_number,
    check_range,
    check_seed,
)
from genesis.simulate.crosses import DESIGNS
from genesis.simulate.expression_model import NOISE_FLOOR
from genesis.simulate.loci import GENES_PER_CHROMOSOME

__all__ = ["MOST_WITHOUT_PARENTS", "checked_parameters"]

#: Most that variants and factors may explain together, so that parents have something left.
MOST_WITHOUT_PARENTS = 0.8
#: Of a cross, where nothing else is asked for: base pairs from gene to gene, and genes of a
#: chromosome.
CROSS_SPACING, CROSS_GENES_PER_CHROMOSOME = 5_000, 25
#: Base pairs from gene to gene that there is room in.
LEAST_SPACING = 100


def checked_parameters(**given: Any) -> dict[str, Any]:
    """The parameters as numbers of the right kind, and what is left open filled in.

    Raises
    ------
    CommandLineError
        One of them, or some together, cannot be used.
    """
    n_genes = check_count("n_genes", given["n_genes"], 2)
    populations = ["natural", *sorted(DESIGNS)]
    is_cross = check_choice("population", given["population"], populations) != "natural"
    if given["n_chromosomes"] is None:
        given["n_chromosomes"] = -(
            -n_genes // (CROSS_GENES_PER_CHROMOSOME if is_cross else GENES_PER_CHROMOSOME)
        )
    if is_cross and given["gene_spacing"] is None:
        given["gene_spacing"] = CROSS_SPACING
    if given["gene_spacing"] is not None:
        given["gene_spacing"] = check_count("gene_spacing", given["gene_spacing"], LEAST_SPACING)
    if given["tail_df"] is not None:
        given["tail_df"] = check_number("tail_df", given["tail_df"], 2, open_low=True)
    checked = {
        "n": check_count("n", given["n"], 10),
        "n_genes": n_genes,
        "h2": check_range("h2", given["h2"], 0, MOST_WITHOUT_PARENTS),
        "fraction_cis": check_number("fraction_cis", given["fraction_cis"], 0, 1),
        "graph": check_choice("graph", given["graph"], ["sparse", "scale-free"]),
        "n_parents": check_number("n_parents", given["n_parents"], 0),
        "r2_parents": check_range("r2_parents", given["r2_parents"], 0, 1 - NOISE_FLOOR),
        "n_factors": check_count("n_factors", given["n_factors"]),
        "factor_variance": check_number(
            "factor_variance", given["factor_variance"], 0, MOST_WITHOUT_PARENTS
        ),
        "measurement_noise": check_number(
            "measurement_noise", given["measurement_noise"], 0, 1, open_high=True
        ),
        "tail_df": given["tail_df"],
        "n_chromosomes": check_count("n_chromosomes", given["n_chromosomes"]),
        "snps_per_gene": check_count("snps_per_gene", given["snps_per_gene"]),
        "maf": check_number("maf", given["maf"], 0, 0.5, open_low=True),
        "population": given["population"],
        "gene_spacing": given["gene_spacing"],
        "cm_per_kb": check_number("cm_per_kb", given["cm_per_kb"], 0, open_low=True),
        "hotspots": check_count("hotspots", given["hotspots"], 0),
        "hotspot_targets": check_count("hotspot_targets", given["hotspot_targets"]),
        "unmeasured": check_number("unmeasured", given["unmeasured"], 0, 1),
        "seed": check_seed(given["seed"]),
    }
    if checked["hotspots"] >= n_genes:
        raise CommandLineError(
            f"hotspots is {checked['hotspots']}: {n_genes} genes leave none to act on; give fewer"
        )
    if n_genes - round(checked["unmeasured"] * n_genes) < 2:
        raise CommandLineError(
            f"unmeasured is {checked['unmeasured']:g}: of {n_genes} genes fewer than two are left; "
            "give a smaller share"
        )
    if checked["n_parents"] > (n_genes - 1) / 2:
        raise CommandLineError(
            f"n_parents is {checked['n_parents']:g}: without a cycle, {n_genes} genes have a mean "
            f"of at most {(n_genes - 1) / 2:g}; give no more, or more genes"
        )
    if checked["n_chromosomes"] > n_genes:
        raise CommandLineError(
            f"n_chromosomes is {checked['n_chromosomes']}: there are {n_genes} genes; give each "
            "chromosome at least one"
        )
    if min(checked["h2"][0], checked["r2_parents"][0]) == 0:
        name = "h2" if checked["h2"][0] == 0 else "r2_parents"
        raise CommandLineError(
            f"{name} is {checked[name]!r}: an effect of no size is none; give a range above 0"
        )
    if checked["h2"][1] + checked["factor_variance"] > MOST_WITHOUT_PARENTS:
        raise CommandLineError(
            f"h2 is up to {checked['h2'][1]:g} and factor_variance {checked['factor_variance']:g}: "
            f"together they may take {MOST_WITHOUT_PARENTS:g} of a gene's variance, so that its "
            "parents and noise have some; lower one of them"
        )
    return checked
