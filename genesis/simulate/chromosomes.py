"""Common variants of chromosomes from the coalescent with recombination."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from genesis.engine.extras import load_extra

__all__ = ["load_msprime", "simulate_chromosome"]

# Roughly those of humans outside Africa.
POPULATION_SIZE = 10_000
RECOMBINATION_RATE = 1e-8
MUTATION_RATE = 1.25e-8


def load_msprime() -> Any:
    """The module msprime, or an error that says how to install it."""
    return load_extra("msprime", "simulating genotypes with linkage disequilibrium", "simulate")


def simulate_chromosome(
    n: int, length: int, maf: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Draw the common variants of a chromosome in unrelated people of one population.

    Parameters
    ----------
    n : int
        People, each with two copies.
    length : int
        Base pairs.
    maf : float
        Smallest minor allele frequency among the people.
    rng : numpy.random.Generator

    Returns
    -------
    positions : numpy.ndarray of int64, shape (n_variants,)
        1-based, ascending.
    dosages : numpy.ndarray of int8, shape (n_variants, n)
        Copies of the derived allele.

    Raises
    ------
    CommandLineError
        msprime is not installed.

    References
    ----------
    Baumdicker et al. 2022, Genetics 220:iyab229 (msprime 1.0).

    Examples
    --------
    >>> positions, dosages = simulate_chromosome(20, 50_000, 0.05, np.random.default_rng(1))
    >>> dosages.shape == (len(positions), 20), int(dosages.max())
    (True, 2)
    """
    msprime = load_msprime()
    ancestry_seed, mutation_seed = rng.integers(1, 2**31, size=2).tolist()
    trees = msprime.sim_ancestry(
        n,
        population_size=POPULATION_SIZE,
        sequence_length=length,
        recombination_rate=RECOMBINATION_RATE,
        random_seed=ancestry_seed,
    )
    trees = msprime.sim_mutations(
        trees,
        rate=MUTATION_RATE,
        # Two states: a site that is hit again is still one of two alleles.
        model=msprime.BinaryMutationModel(),
        random_seed=mutation_seed,
    )
    calls = trees.genotype_matrix()
    dosages = (calls[:, ::2] + calls[:, 1::2]).astype(np.int8)
    frequency = dosages.mean(axis=1) / 2
    common = np.minimum(frequency, 1 - frequency) >= maf
    positions = trees.sites_position[common].astype(np.int64) + 1
    return positions, np.ascontiguousarray(dosages[common])
