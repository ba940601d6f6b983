"""A linear model of two tiers: background variables above, genes below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from genesis.errors import CommandLineError
from genesis.simulate.arguments import check_choice, check_count, check_number, check_seed
from genesis.simulate.networks import Parents, uniform_parents
from genesis.simulate.simulation import Simulation, anchor_table, edge_table, numbered

__all__ = ["Tiers", "as_dosages", "as_simulation", "check_parameters", "draw_tiers", "two_tier"]

LOWEST_FREQUENCY = 0.1
_SPACING = 100_000
_VARIANTS_PER_CHROMOSOME = 1000


def two_tier(
    n: int = 1000,
    d_z: int = 20,
    d_x: int = 15,
    *,
    r2: float = 0.5,
    sparsity: float = 0.5,
    p_zx: float = 0.15,
    effect: float = 1.0,
    background: str = "independent",
    scaled_effects: bool = True,
    genotypes: str = "continuous",
    seed: int = 0,
) -> Simulation:
    """Draw from a linear model of background variables Z and genes X in a random causal order.

    Every gene is the sum of its parents' effects, random in sign, and of normal noise of the
    variance that lets the parents explain `r2` of the gene; a gene without parents is noise of
    variance one. Nothing is standardised afterwards, so variances grow along the order.

    Parameters
    ----------
    n : int
        Samples.
    d_z, d_x : int
        Background variables and genes.
    r2 : float
        Share of a gene's variance that its parents explain, between 0 and 1. The variance of
        the parents' effects is that of the sample drawn.
    sparsity : float
        Probability that a pair of genes has no edge.
    p_zx : float
        Probability that a background variable acts on a gene.
    effect : float
        Size of every effect: of a background variable by standard deviation, of a gene as
        `scaled_effects` says.
    background : {"independent", "network"}
        Background variables are independent, or correlated through a network of their own: of
        the same `sparsity`, with weights from the standard normal and noise of variance one.
        Either way each is normal with variance one.
    scaled_effects : bool
        The effect of a gene is that of one standard deviation of it, so that all parents weigh
        the same; otherwise of one unit, by which late genes drown the others.
    genotypes : {"continuous", "binomial"}
        Background variables as they are, or cut into dosages 0, 1, 2 in Hardy–Weinberg
        proportions, of a minor allele frequency between 0.1 and 0.5. Dosages get places far
        apart on artificial chromosomes, for the sake of the VCF.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    Simulation
        Without positions of genes; with a table of variants where `genotypes` is "binomial".

    Raises
    ------
    CommandLineError
        An argument has a value that cannot be used.

    Notes
    -----
    ``background="network"`` with the other defaults gives data like those of the paper's
    simulations, in density, variances and correlations within and between the tiers.

    References
    ----------
    Asiedu & Watson 2025, arXiv 2505.15866. Watson & Silva 2022, UAI, PMLR 180:2096.

    Examples
    --------
    >>> simulation = two_tier(n=500, d_z=10, d_x=4, seed=1)
    >>> simulation.expression.columns.tolist()
    ['G1', 'G2', 'G3', 'G4']
    >>> simulation.truth.columns.tolist()
    ['parent', 'child', 'weight']
    """
    parameters = check_parameters(
        n=n, d_z=d_z, d_x=d_x, r2=r2, sparsity=sparsity, p_zx=p_zx, effect=effect,
        background=background, scaled_effects=scaled_effects, genotypes=genotypes, seed=seed,
    )  # fmt: skip
    tiers = draw_tiers(np.random.default_rng(parameters["seed"]), parameters)
    return as_simulation(tiers, {"design": "two-tier", **parameters})


def check_parameters(**given: Any) -> dict[str, Any]:
    """The arguments of `two_tier`, checked; raises `CommandLineError` with their names."""
    return {
        "n": check_count("n", given["n"], 2),
        "d_z": check_count("d_z", given["d_z"]),
        "d_x": check_count("d_x", given["d_x"]),
        "r2": check_number("r2", given["r2"], 0, 1, open_low=True, open_high=True),
        "sparsity": check_number("sparsity", given["sparsity"], 0, 1),
        "p_zx": check_number("p_zx", given["p_zx"], 0, 1),
        "effect": check_number("effect", given["effect"], 0, open_low=True),
        "background": check_choice("background", given["background"], ["independent", "network"]),
        "scaled_effects": bool(given["scaled_effects"]),
        "genotypes": check_choice("genotypes", given["genotypes"], ["continuous", "binomial"]),
        "seed": check_seed(given["seed"]),
    }


@dataclass
class Tiers:
    """One draw of the two-tier model.

    Attributes
    ----------
    z : numpy.ndarray of float64, shape (n_samples, d_z)
        Background variables before they are cut into dosages.
    frequency : numpy.ndarray of float64, shape (d_z,), or None
        Allele frequencies where they are cut.
    x : numpy.ndarray of float64, shape (n_samples, d_x)
        Genes.
    parents, weights : list of numpy.ndarray
        For each gene its parents and the weights of these edges.
    anchors : numpy.ndarray of float64, shape (d_z, d_x)
        Effect of a standard deviation of each background variable; 0 where there is no edge.
    """

    z: NDArray[np.float64]
    frequency: NDArray[np.float64] | None
    x: NDArray[np.float64]
    parents: Parents
    weights: list[NDArray[np.float64]]
    anchors: NDArray[np.float64]

    @property
    def genotypes(self) -> NDArray[np.float64]:
        """The first tier as it is handed over."""
        return self.z if self.frequency is None else as_dosages(self.z, self.frequency)


def draw_tiers(
    rng: np.random.Generator,
    parameters: dict[str, Any],
    without_effect: NDArray[np.int64] | None = None,
) -> Tiers:
    """Draw background variables and genes.

    Parameters
    ----------
    rng : numpy.random.Generator
    parameters : dict
        As `check_parameters` returns them.
    without_effect : numpy.ndarray of int64, optional
        Background variables whose effects on genes are taken away; all other choices of the
        network stay as they are.
    """
    n, d_z, d_x = parameters["n"], parameters["d_z"], parameters["d_x"]
    effect = parameters["effect"]
    anchors = _signs((d_z, d_x), rng) * effect * (rng.random((d_z, d_x)) < parameters["p_zx"])
    if without_effect is not None:
        anchors[without_effect] = 0
    order = rng.permutation(d_x)
    parents = uniform_parents(order, 1 - parameters["sparsity"], rng)
    signs = [_signs(len(above), rng) for above in parents]
    z = _draw_background(rng, parameters)
    frequency = None
    acting = z
    if parameters["genotypes"] == "binomial":
        frequency = rng.uniform(LOWEST_FREQUENCY, 0.5, size=d_z)
        acting = (as_dosages(z, frequency) - 2 * frequency) / _dosage_spread(frequency)
    x = np.zeros((n, d_x))
    weights = [np.empty(0)] * d_x
    for gene in order:
        above = parents[gene]
        scale = x[:, above].std(axis=0) if parameters["scaled_effects"] else np.ones(len(above))
        weights[gene] = signs[gene] * effect / scale
        # What is no longer finite is an error below, not a warning.
        with np.errstate(over="ignore", invalid="ignore"):
            signal = acting @ anchors[:, gene] + x[:, above] @ weights[gene]
            x[:, gene] = _with_noise(signal, parameters["r2"], rng)
        if not np.isfinite(x[:, gene]).all():
            scaled = "" if parameters["scaled_effects"] else ", or effects by standard deviation"
            raise CommandLineError(
                f"with d_x {d_x} and effect {effect:g} expression grows beyond the largest number: "
                f"give fewer genes, a smaller effect, a higher sparsity{scaled}"
            )
    return Tiers(z, frequency, x, parents, weights, anchors)


def _signs(shape: int | tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.choice(np.array([-1.0, 1.0]), size=shape)


def _with_noise(
    signal: NDArray[np.float64], r2: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The signal and noise, of which the signal explains `r2`; noise of variance one for none."""
    variance = signal.var()
    spread = np.sqrt(variance * (1 - r2) / r2) if variance > 0 else 1.0
    return np.asarray(signal + spread * rng.standard_normal(len(signal)))


def _draw_background(rng: np.random.Generator, parameters: dict[str, Any]) -> NDArray[np.float64]:
    """Normal variables of variance one."""
    n, d_z = parameters["n"], parameters["d_z"]
    if parameters["background"] == "independent":
        return rng.standard_normal((n, d_z))
    order = rng.permutation(d_z)
    parents = uniform_parents(order, 1 - parameters["sparsity"], rng)
    z = np.zeros((n, d_z))
    for variable in order:
        above = parents[variable]
        value = z[:, above] @ rng.standard_normal(len(above)) + rng.standard_normal(n)
        z[:, variable] = (value - value.mean()) / value.std()
    return z


def as_dosages(z: NDArray[np.float64], frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut standard normal variables into dosages in Hardy–Weinberg proportions.

    Parameters
    ----------
    z : numpy.ndarray of float64, shape (n_samples, n_variables)
    frequency : numpy.ndarray of float64, shape (n_variables,)
        Frequency of the allele that is counted.

    Returns
    -------
    numpy.ndarray of float64, shape (n_samples, n_variables)
        0, 1 or 2, rising with `z`.

    Examples
    --------
    >>> as_dosages(np.array([[-2.0], [0.0], [2.0]]), np.array([0.5])).ravel()
    array([0., 1., 2.])
    """
    heterozygous, homozygous = ndtri((1 - frequency) ** 2), ndtri(1 - frequency**2)
    return np.asarray((z > heterozygous).astype(np.float64) + (z > homozygous))


def _dosage_spread(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of dosages in Hardy–Weinberg proportions."""
    return np.asarray(np.sqrt(2 * frequency * (1 - frequency)))


def as_simulation(tiers: Tiers, parameters: dict[str, Any]) -> Simulation:
    """A draw with names and tables."""
    n, d_z = tiers.z.shape
    samples, gene_ids = numbered("S", n), numbered("G", tiers.x.shape[1])
    variant_ids = numbered("Z", d_z)
    anchors = tiers.anchors
    if tiers.frequency is not None:
        anchors = anchors / _dosage_spread(tiers.frequency)[:, None]
    acting, genes = np.nonzero(anchors)
    return Simulation(
        genotypes=pd.DataFrame(tiers.genotypes, index=samples, columns=variant_ids),
        expression=pd.DataFrame(tiers.x, index=samples, columns=gene_ids),
        variants=None if tiers.frequency is None else unlinked_variants(variant_ids),
        genes=None,
        truth=edge_table(gene_ids, tiers.parents, tiers.weights),
        anchors=anchor_table(gene_ids, variant_ids, genes, acting, anchors[acting, genes]),
        parameters=parameters,
    )


def unlinked_variants(variant_ids: list[str]) -> pd.DataFrame:
    """Places for variants that have none: 100 kb apart, a thousand on a chromosome.

    Examples
    --------
    >>> unlinked_variants(["Z1", "Z2"])["pos"].tolist()
    [100000, 200000]
    """
    number = np.arange(len(variant_ids))
    chromosome = number // _VARIANTS_PER_CHROMOSOME + 1
    return pd.DataFrame(
        {
            "variant_id": pd.Series(variant_ids, dtype="str"),
            "chrom": pd.Series([f"chr{k}" for k in chromosome], dtype="str"),
            "pos": (number % _VARIANTS_PER_CHROMOSOME + 1) * _SPACING,
            "ref": pd.Series(["A"] * len(number), dtype="str"),
            "alt": pd.Series(["C"] * len(number), dtype="str"),
        }
    )
