"""Genes in a network, with regulatory variants near them and factors that nobody measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.simulate.chromosomes import load_msprime, simulate_chromosome
from genesis.simulate.cis_eqtl_parameters import checked_parameters
from genesis.simulate.crosses import cross_chromosome
from genesis.simulate.expression_model import ExpressionModel, draw_expression, draw_model
from genesis.simulate.loci import (
    CIS_DISTANCE,
    SPACING,
    DrawChromosome,
    Loci,
    draw_loci,
    place_genes,
    place_genes_evenly,
)
from genesis.simulate.simulation import Simulation, anchor_table, edge_table, numbered
from genesis.simulate.unmeasured import leave_out

__all__ = ["cis_eqtl"]


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
    parameters = checked_parameters(
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
    model = draw_model(parameters, structure)
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
    expression, weights, anchors = draw_expression(model, loci, parameters, noise)
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


def _as_simulation(
    model: ExpressionModel,
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
