"""Genes in a network, with regulatory variants near them and factors that nobody measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.simulate.arguments import (
    check_choice,
    check_count,
    check_number,
    check_range,
    check_seed,
)
from genesis.simulate.chromosomes import load_msprime, simulate_chromosome
from genesis.simulate.crosses import DESIGNS, cross_chromosome
from genesis.simulate.loci import (
    CIS_DISTANCE,
    GENES_PER_CHROMOSOME,
    SHARE_WITH_TWO,
    SPACING,
    DrawChromosome,
    Loci,
    draw_loci,
    place_genes,
    place_genes_evenly,
)
from genesis.simulate.networks import Parents, add_hotspots, scale_free_parents, uniform_parents
from genesis.simulate.simulation import Simulation, anchor_table, edge_table, numbered
from genesis.simulate.unmeasured import leave_out

__all__ = ["cis_eqtl"]

#: Least share of a gene's variance that is noise of its own.
NOISE_FLOOR = 0.1
#: Most that variants and factors may explain together, so that parents have something left.
MOST_WITHOUT_PARENTS = 0.8
#: Of a cross, where nothing else is asked for: base pairs from gene to gene, and genes of a
#: chromosome.
CROSS_SPACING, CROSS_GENES_PER_CHROMOSOME = 5_000, 25
#: Base pairs from gene to gene that there is room in.
LEAST_SPACING = 100


def cis_eqtl(
    n: int = 300,
    n_genes: int = 50,
    *,
    h2: tuple[float, float] = (0.03, 0.25),
    fraction_cis: float = 0.8,
    graph: str = "sparse",
    n_parents: float = 1.5,
    r2_parents: tuple[float, float] = (0.1, 0.4),
    n_factors: int = 5,
    factor_variance: float = 0.0,
    measurement_noise: float = 0.0,
    tail_df: float | None = None,
    n_chromosomes: int | None = None,
    snps_per_gene: int = 30,
    maf: float = 0.05,
    population: str = "natural",
    gene_spacing: int | None = None,
    cm_per_kb: float = 0.35,
    hotspots: int = 0,
    hotspot_targets: int = 20,
    unmeasured: float = 0.0,
    seed: int = 0,
) -> Simulation:
    """Draw genotypes with linkage disequilibrium and the expression of genes in a network.

    Genes lie about 300 kb apart, one in five right beside its neighbour. One variant within
    100 kb, sometimes two, acts on a gene. A gene has a variance of about one before measurement
    noise: the shares of its variants, of latent factors and of its parents as below, and noise
    for the rest, at least a tenth. Where the parents ask for more than is left, their effects
    are made smaller in proportion.

    Crosses of two inbred strains have genes every few thousand base pairs, with one causal
    variant no further from a gene than the next gene is, and linkage over dozens of genes.

    Parameters
    ----------
    n : int
        People, unrelated, of one population of human size and recombination rate; or lines or
        offspring of a cross.
    n_genes : int
        Genes; their numbers follow the genome and say nothing about the causal order.
    h2 : (float, float)
        Range of the share of a gene's variance that its own variants explain directly.
    fraction_cis : float
        Share of genes that variants act on.
    graph : {"sparse", "scale-free"}
        Every pair of genes has an edge with the same probability; or few regulators have many
        targets, by preferential attachment.
    n_parents : float
        Mean number of parents of a gene.
    r2_parents : (float, float)
        Range of the share of a gene's variance that one parent explains directly; signs are
        random.
    n_factors : int
        Latent factors, each of which acts on every gene.
    factor_variance : float
        Share of every gene's variance that the factors explain directly, together.
    measurement_noise : float
        Share of the variance of the expression returned that is measurement error. It is added
        at the end and not passed on to other genes.
    tail_df : float, optional
        Noise of the genes is Student's t with these degrees of freedom, above 2, scaled to the
        same variance; by default normal.
    n_chromosomes : int, optional
        Chromosomes, which are short; by default one for every five genes, or, of a cross, for
        every 25.
    snps_per_gene : int
        Mean number of variants in the genotypes for each gene. The causal ones are among them.
    maf : float
        Smallest minor allele frequency.
    population : {"natural", "ril", "f2"}
        Unrelated people; recombinant inbred lines by selfing, homozygous; or an F2.
    gene_spacing : int, optional
        Base pairs from gene to gene, each of which has its own stretch; by default 5,000 in a
        cross, and places as above in people.
    cm_per_kb : float
        Centimorgans a thousand base pairs in a cross; the default is about that of yeast.
    hotspots : int
        Genes with a variant that act on many others; the first in the causal order.
    hotspot_targets : int
        How many each of them acts on, beside its other children.
    unmeasured : float
        Share of all genes, at random, that act as the others do and are not in the expression
        returned; the truth is that of the genes that are.
    seed : int
        Seed of the random numbers. Positions, network and shares of variance are the same for
        any `n`.

    Returns
    -------
    Simulation
        With positions of variants and genes.

    Raises
    ------
    CommandLineError
        An argument has a value that cannot be used, or msprime is not installed, which people
        need and crosses do not.

    References
    ----------
    Baumdicker et al. 2022, Genetics 220:iyab229, for the genotypes.

    Examples
    --------
    >>> simulation = cis_eqtl(n=100, n_genes=10, seed=1)
    >>> simulation.expression.shape, simulation.genotypes.shape
    ((100, 10), (100, 300))
    >>> simulation.variants.columns.tolist()
    ['variant_id', 'chrom', 'pos', 'ref', 'alt']
    >>> cross = cis_eqtl(100, 50, population="ril", hotspots=1, unmeasured=0.2, seed=1)
    >>> cross.expression.shape[1], len(cross.unmeasured)
    (40, 10)
    """
    parameters = _check_parameters(
        n=n, n_genes=n_genes, h2=h2, fraction_cis=fraction_cis, graph=graph,
        n_parents=n_parents, r2_parents=r2_parents, n_factors=n_factors,
        factor_variance=factor_variance, measurement_noise=measurement_noise, tail_df=tail_df,
        n_chromosomes=n_chromosomes, snps_per_gene=snps_per_gene, maf=maf, population=population,
        gene_spacing=gene_spacing, cm_per_kb=cm_per_kb, hotspots=hotspots,
        hotspot_targets=hotspot_targets, unmeasured=unmeasured, seed=seed,
    )  # fmt: skip
    if parameters["population"] == "natural":
        load_msprime()
    # Streams of their own, so that the network does not depend on the number of people.
    structure, people, noise, hiding = np.random.default_rng(parameters["seed"]).spawn(4)
    genes, spacing, near = _place(parameters, structure)
    model = _draw_model(parameters, structure)
    loci = draw_loci(
        genes,
        model.cis_share > 0,
        model.has_two,
        draw_chromosome=_chromosomes(parameters, people),
        spacing=spacing,
        near=near,
        maf=parameters["maf"],
        snps_per_gene=parameters["snps_per_gene"],
        rng=people,
    )
    expression, weights, anchors = _propagate(model, loci, parameters, noise)
    whole = _as_simulation(model, loci, genes, expression, weights, anchors, parameters)
    n_hidden = round(parameters["unmeasured"] * parameters["n_genes"])
    if not n_hidden:
        return whole
    hidden = hiding.choice(genes["gene_id"], n_hidden, replace=False)
    return leave_out(whole, [str(gene) for gene in hidden])


def _place(parameters: dict[str, Any], rng: np.random.Generator) -> tuple[pd.DataFrame, int, int]:
    """Genes, base pairs of a chromosome for each, and how near a variant is that acts on one."""
    where = parameters["n_genes"], parameters["n_chromosomes"]
    spacing = parameters["gene_spacing"]
    if spacing is None:
        return place_genes(*where, rng), SPACING, CIS_DISTANCE
    return place_genes_evenly(*where, spacing, rng), spacing, min(spacing, CIS_DISTANCE)


def _chromosomes(parameters: dict[str, Any], rng: np.random.Generator) -> DrawChromosome:
    n, maf = parameters["n"], parameters["maf"]
    if parameters["population"] == "natural":
        return lambda length, _: simulate_chromosome(n, length, maf, rng)

    def draw(length: int, n_genes: int) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        positions, dosages = cross_chromosome(
            n,
            length,
            parameters["snps_per_gene"] * n_genes,
            parameters["population"],
            parameters["cm_per_kb"],
            rng,
        )
        frequency = dosages.mean(axis=1) / 2
        common = np.minimum(frequency, 1 - frequency) >= maf
        return positions[common], dosages[common]

    return draw


def _check_parameters(**given: Any) -> dict[str, Any]:
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


@dataclass
class _Model:
    """All choices that do not depend on the people drawn.

    Attributes
    ----------
    order : numpy.ndarray of int64, shape (n_genes,)
        Genes in causal order.
    parents, parent_effects : list of numpy.ndarray
        For each gene its parents, and the signed square roots of the shares they explain.
    cis_share : numpy.ndarray of float64, shape (n_genes,)
        Share that variants explain; 0 where none acts on the gene.
    has_two : numpy.ndarray of bool, shape (n_genes,)
        Genes with two causal variants.
    cis_signs : numpy.ndarray of float64, shape (n_genes, 2)
        Signs of the effects of the variants.
    loadings : numpy.ndarray of float64, shape (n_factors, n_genes)
        Effects of the factors, up to scale.
    """

    order: NDArray[np.int64]
    parents: Parents
    parent_effects: list[NDArray[np.float64]]
    cis_share: NDArray[np.float64]
    has_two: NDArray[np.bool_]
    cis_signs: NDArray[np.float64]
    loadings: NDArray[np.float64]


def _draw_model(parameters: dict[str, Any], rng: np.random.Generator) -> _Model:
    n_genes = parameters["n_genes"]
    order = rng.permutation(n_genes)
    if parameters["graph"] == "sparse":
        parents = uniform_parents(order, 2 * parameters["n_parents"] / (n_genes - 1), rng)
    else:
        parents = scale_free_parents(order, parameters["n_parents"], rng)
    n_hotspots = parameters["hotspots"]
    if n_hotspots:
        parents = add_hotspots(parents, order, n_hotspots, parameters["hotspot_targets"], rng)
    signs = np.array([-1.0, 1.0])
    least, most = parameters["r2_parents"]
    effects = [
        rng.choice(signs, len(above)) * np.sqrt(rng.uniform(least, most, len(above)))
        for above in parents
    ]
    regulated = rng.permutation(n_genes) < round(parameters["fraction_cis"] * n_genes)
    regulated[order[:n_hotspots]] = True
    lowest, highest = parameters["h2"]
    return _Model(
        order=order,
        parents=parents,
        parent_effects=effects,
        cis_share=regulated * rng.uniform(lowest, highest, n_genes),
        has_two=rng.random(n_genes) < SHARE_WITH_TWO,
        cis_signs=rng.choice(signs, (n_genes, 2)),
        loadings=rng.standard_normal((parameters["n_factors"], n_genes)),
    )


def _propagate(
    model: _Model, loci: Loci, parameters: dict[str, Any], rng: np.random.Generator
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Expression, weights of the parents and weights of the variants of every gene."""
    n, n_genes = parameters["n"], parameters["n_genes"]
    factors = rng.standard_normal((n, parameters["n_factors"]))
    x = np.zeros((n, n_genes))
    weights, anchors = [np.empty(0)] * n_genes, [np.empty(0)] * n_genes
    for gene in model.order:
        dosages = loci.dosages[:, loci.causal[gene]].astype(np.float64)
        effects = model.cis_signs[gene, : dosages.shape[1]] / dosages.std(axis=0)
        anchors[gene] = effects * _scale_to(dosages @ effects, model.cis_share[gene])
        latent = factors @ model.loadings[:, gene]
        own = dosages @ anchors[gene] + latent * _scale_to(latent, parameters["factor_variance"])
        above = x[:, model.parents[gene]]
        weights[gene] = model.parent_effects[gene] / above.std(axis=0)
        weights[gene] *= _shrinkage(own, above @ weights[gene])
        signal = own + above @ weights[gene]
        spread = np.sqrt(max(1 - signal.var(), NOISE_FLOOR))
        x[:, gene] = signal + spread * _noise(n, parameters["tail_df"], rng)
    share = parameters["measurement_noise"]
    error = np.sqrt(share / (1 - share)) * x.std(axis=0) * rng.standard_normal((n, n_genes))
    return x + error, weights, anchors


def _scale_to(signal: NDArray[np.float64], variance: float) -> float:
    """Factor that gives a signal this variance; 0 for a signal that does not vary."""
    found = signal.var()
    return float(np.sqrt(variance / found)) if found > 0 else 0.0


def _shrinkage(own: NDArray[np.float64], inherited: NDArray[np.float64]) -> float:
    """Largest factor up to 1 for what parents pass on that leaves the noise its floor."""
    a, b = inherited.var(), float(np.mean((own - own.mean()) * (inherited - inherited.mean())))
    excess = own.var() - (1 - NOISE_FLOOR)
    if a == 0 or a + 2 * b + excess <= 0:
        return 1.0
    # Positive root of a c² + 2 b c + excess = 0: there is one, as the excess is negative.
    return float((np.sqrt(b**2 - a * min(excess, 0)) - b) / a)


def _noise(n: int, tail_df: float | None, rng: np.random.Generator) -> NDArray[np.float64]:
    """Noise of variance one."""
    if tail_df is None:
        return rng.standard_normal(n)
    return np.asarray(rng.standard_t(tail_df, n) * np.sqrt((tail_df - 2) / tail_df))


def _as_simulation(
    model: _Model,
    loci: Loci,
    genes: pd.DataFrame,
    expression: NDArray[np.float64],
    weights: list[NDArray[np.float64]],
    anchors: list[NDArray[np.float64]],
    parameters: dict[str, Any],
) -> Simulation:
    samples, gene_ids = numbered("S", len(expression)), genes["gene_id"].tolist()
    variant_ids = loci.variants["variant_id"].tolist()
    return Simulation(
        genotypes=pd.DataFrame(loci.dosages, index=samples, columns=variant_ids),
        expression=pd.DataFrame(expression, index=samples, columns=gene_ids),
        variants=loci.variants,
        genes=genes,
        truth=edge_table(gene_ids, model.parents, weights),
        anchors=anchor_table(
            gene_ids,
            variant_ids,
            np.repeat(np.arange(len(anchors)), [len(effects) for effects in anchors]),
            np.concatenate([np.empty(0, np.int64), *loci.causal]),
            np.concatenate([np.empty(0), *anchors]),
        ),
        parameters={"design": "cis-eqtl", **parameters},
    )
