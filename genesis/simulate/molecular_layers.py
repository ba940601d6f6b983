"""Transcripts, proteins and traits in one network, with variants that act on each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.errors import CommandLineError
from genesis.simulate.chromosomes import load_msprime, simulate_chromosome
from genesis.simulate.layer_network import LayerModel, draw_layer_model
from genesis.simulate.layer_values import LayerValues, draw_values
from genesis.simulate.loci import CIS_DISTANCE, SPACING, Loci, draw_loci, place_genes
from genesis.simulate.molecular_parameters import KINDS, checked_layers
from genesis.simulate.simulation import Simulation, anchor_table, edge_table, numbered

__all__ = ["layers"]


def layers(
    n: int = 300,
    n_genes: int = 60,
    n_proteins: int = 40,
    n_traits: int = 5,
    *,
    h2: tuple[float, float] = (0.03, 0.25),
    fraction_cis: float = 0.8,
    fraction_pqtl: float = 0.4,
    fraction_follow: float = 0.7,
    r2_follow: tuple[float, float] = (0.1, 0.4),
    genes_on_genes: float = 0.8,
    genes_on_proteins: float = 0.3,
    proteins_on_genes: float = 0.3,
    r2_parents: tuple[float, float] = (0.1, 0.4),
    n_factors: int = 5,
    factor_variance: float = 0.0,
    measurement_noise: float = 0.0,
    mediated: int = 2,
    partly_mediated: int = 1,
    pleiotropic: int = 2,
    confounded: int = 2,
    reverse: int = 0,
    molecular: float = 0.3,
    direct: float = 0.1,
    confounding: float = 0.1,
    polygenic: float = 0.1,
    n_polygenic: int = 20,
    n_binary: int = 0,
    prevalence: float = 0.3,
    n_chromosomes: int | None = None,
    snps_per_gene: int = 30,
    maf: float = 0.05,
    seed: int = 0,
) -> Simulation:
    """Draw genotypes, transcripts, proteins and traits of people, from one known network.

    Genes lie as in `genesis.simulate.cis_eqtl`, and one or two variants within 100 kb act on a
    transcript, or on a protein; none on two molecules. Molecules act on others of their layer and
    of the other one. A trait and the locus of a molecule may belong together in five ways, and
    each trait has so many molecules of each:

    =================== =======================================================================
    ``mediated``        SNP → molecule → trait
    ``partly_mediated`` SNP → molecule → trait, and the SNP acts on the trait by itself as well
    ``pleiotropic``     SNP → molecule and SNP → trait; the molecule does not act on the trait
    ``confounded``      SNP → molecule, and a hidden factor acts on molecule and trait
    ``reverse``         SNP → molecule, and the trait acts on the molecule
    =================== =======================================================================

    Molecules of the last three kinds are no ancestors of the trait by any path. A molecule has a
    variance of about one before measurement noise, and so has a trait: the shares below, and noise
    for the rest. The share of a kind that a trait has none of is noise too.

    Parameters
    ----------
    n : int
        People, unrelated, of one population of human size and recombination rate.
    n_genes, n_proteins, n_traits : int
        Transcripts; those of them whose protein is measured, too; and traits.
    h2 : (float, float)
        Range of the share of a molecule's variance that its own variants explain directly.
    fraction_cis, fraction_pqtl : float
        Share of the transcripts, and of the proteins, that variants of their own act on.
    fraction_follow : float
        Share of the proteins that follow their transcript.
    r2_follow : (float, float)
        Range of the share of such a protein's variance that its transcript explains.
    genes_on_genes, genes_on_proteins, proteins_on_genes : float
        Mean number of transcripts that act on a transcript; of transcripts, beside its own, that
        act on a protein; and of proteins that act on a transcript.
    r2_parents : (float, float)
        Range of the share of a molecule's variance that one parent explains directly.
    n_factors, factor_variance
        Latent factors, each of which acts on every molecule and on no trait, and the share of a
        molecule's variance that they explain together.
    measurement_noise : float
        Share of the variance of measured molecules that is measurement error, which is not passed
        on. Traits have none.
    mediated, partly_mediated, pleiotropic, confounded, reverse : int
        Molecules of each kind that a trait has. Effects of one kind on a trait have equal sizes,
        by standard deviation, and random signs.
    molecular : float
        Share of a trait's variance from the molecules that act on it.
    direct : float
        Share from the variants of pleiotropic and partly mediated loci that act by themselves.
    confounding : float
        Share of a trait's variance from the hidden factors that it has in common with molecules;
        they explain the same share of each of these molecules.
    polygenic : float
        Share from the trait's own variants, which act on no molecule but may be in linkage
        disequilibrium with variants that do.
    n_polygenic : int
        Number of these variants, with normally distributed effects.
    n_binary : int
        The last so many traits are 1 for people of the highest liability and 0 for others. What
        acts on molecules, and all else, is the liability.
    prevalence : float
        Share of the people who have a 1.
    n_chromosomes : int, optional
        Chromosomes, which are short; by default one for every five genes.
    snps_per_gene : int
        Mean number of variants in the genotypes for each gene; more where variants that act on
        molecules are more. These are among them.
    maf : float
        Smallest minor allele frequency.
    seed : int
        Seed of the random numbers. Positions, network, kinds and shares of variance are the same
        for any `n`.

    Returns
    -------
    Simulation
        With `layers` (``protein``), `traits` and `routes`; `truth` and `anchors` are those of all
        nodes.

    Raises
    ------
    CommandLineError
        An argument has a value that cannot be used, or msprime is not installed.

    Examples
    --------
    >>> simulation = layers(100, n_genes=20, n_proteins=10, n_traits=1, seed=1)
    >>> simulation.layers["protein"].shape, simulation.traits.shape, len(simulation.nodes)
    ((100, 10), (100, 1), 31)
    >>> simulation.routes["kind"].value_counts().to_dict()
    {'mediated': 2, 'pleiotropic': 2, 'confounded': 2, 'partly_mediated': 1}
    >>> into_traits = simulation.truth[simulation.truth["child"] == "T1"]
    >>> mediates = simulation.routes["kind"].isin(["mediated", "partly_mediated"])
    >>> sorted(simulation.routes["molecule"][mediates]) == sorted(into_traits["parent"])
    True
    """
    parameters = checked_layers(
        n=n, n_genes=n_genes, n_proteins=n_proteins, n_traits=n_traits, h2=h2,
        fraction_cis=fraction_cis, fraction_pqtl=fraction_pqtl, fraction_follow=fraction_follow,
        r2_follow=r2_follow, genes_on_genes=genes_on_genes, genes_on_proteins=genes_on_proteins,
        proteins_on_genes=proteins_on_genes, r2_parents=r2_parents, n_factors=n_factors,
        factor_variance=factor_variance, measurement_noise=measurement_noise, mediated=mediated,
        partly_mediated=partly_mediated, pleiotropic=pleiotropic, confounded=confounded,
        reverse=reverse, molecular=molecular, direct=direct, confounding=confounding,
        polygenic=polygenic, n_polygenic=n_polygenic, n_binary=n_binary, prevalence=prevalence,
        n_chromosomes=n_chromosomes, snps_per_gene=snps_per_gene, maf=maf, seed=seed,
    )  # fmt: skip
    load_msprime()
    # Streams of their own, so that the network does not depend on the number of people.
    structure, people, noise = np.random.default_rng(parameters["seed"]).spawn(3)
    genes = place_genes(parameters["n_genes"], parameters["n_chromosomes"], structure)
    model = draw_layer_model(parameters, genes, structure)
    loci = draw_loci(
        model.nodes[model.nodes["layer"] != "trait"],
        model.molecules.cis_share > 0,
        model.molecules.has_two,
        draw_chromosome=lambda length, _: simulate_chromosome(
            parameters["n"], length, parameters["maf"], people
        ),
        spacing=SPACING,
        near=CIS_DISTANCE,
        maf=parameters["maf"],
        snps_per_gene=parameters["snps_per_gene"],
        rng=people,
    )
    first = _variants_of_loci(model, loci)
    values = draw_values(model, loci, first, parameters, people, noise)
    return _as_simulation(model, loci, first, values, parameters)


def _variants_of_loci(model: LayerModel, loci: Loci) -> NDArray[np.int64]:
    """The first variant that acts on each molecule, or on its transcript; -1 without any."""
    none = np.array([-1])
    first = np.array([(*own, *none)[0] for own in loci.causal], dtype=np.int64)
    found = np.where(model.locus >= 0, first[model.locus], -1)
    for kind in KINDS:
        for molecule in np.concatenate([np.empty(0, np.int64), *model.routes[kind]]):
            if found[molecule] < 0:
                raise CommandLineError(
                    f"no variant near {model.nodes['gene_id'][molecule]} is common enough to act "
                    "on it; choose a smaller maf, or another seed"
                )
    return found


def _as_simulation(
    model: LayerModel,
    loci: Loci,
    first: NDArray[np.int64],
    values: LayerValues,
    parameters: dict[str, Any],
) -> Simulation:
    nodes = model.nodes
    ids, variant_ids = nodes["gene_id"].tolist(), loci.variants["variant_id"].tolist()
    samples = numbered("S", parameters["n"])
    tables = {
        layer: pd.DataFrame(
            values.x[:, at], index=samples, columns=nodes["gene_id"][at].str.split("@").str[0]
        ).rename_axis(columns=None)
        for layer in ("expression", "protein", "trait")
        for at in [(nodes["layer"] == layer).to_numpy()]
    }
    return Simulation(
        genotypes=pd.DataFrame(loci.dosages, index=samples, columns=variant_ids),
        expression=tables["expression"],
        variants=loci.variants,
        genes=nodes,
        truth=edge_table(ids, values.parents, values.weights),
        anchors=anchor_table(
            ids,
            variant_ids,
            np.repeat(np.arange(len(ids)), [len(columns) for columns in values.variants]),
            np.concatenate(values.variants),
            np.concatenate(values.anchors),
        ),
        parameters={"design": "layers", **parameters},
        layers={"protein": tables["protein"]} if parameters["n_proteins"] else None,
        traits=tables["trait"] if parameters["n_traits"] else None,
        routes=_route_table(model, ids, variant_ids, first),
    )


def _route_table(
    model: LayerModel, ids: list[str], variant_ids: list[str], first: NDArray[np.int64]
) -> pd.DataFrame:
    """Trait by trait, its molecules by kind."""
    n_molecules = len(model.locus)
    rows = [
        (ids[n_molecules + trait], ids[molecule], kind, variant_ids[first[molecule]])
        for trait in range(len(ids) - n_molecules)
        for kind in KINDS
        for molecule in model.routes[kind][trait]
    ]
    return pd.DataFrame(rows, columns=["trait", "molecule", "kind", "variant_id"], dtype="str")
