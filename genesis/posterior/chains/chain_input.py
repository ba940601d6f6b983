"""What chains work on: independent coordinates, candidates, and where hidden factors start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genesis.inputs.screen import Screened
from genesis.linear.unit_rows import rotated_rows
from genesis.options import CalibratedOptions
from genesis.posterior.model.backgrounds import Backgrounds, Weights
from genesis.posterior.model.candidates import Candidates, choose_candidates
from genesis.posterior.model.hidden_factors import (
    count_components,
    leads_of_pools,
    starting_factors,
    strongest,
    without_leads,
    without_rows,
)

__all__ = ["ChainInput", "prepare_chains"]


@dataclass(frozen=True, eq=False)
class ChainInput:
    """What all chains of a run share.

    Attributes
    ----------
    data : (n_variants + n_genes, n_degrees) float64
        Variants, then genes, of squared length `n_degrees`, in independent coordinates.
    n_variants : int
    candidates : Candidates
    factors : (n_factors, n_degrees) float64
        Where hidden factors start; chains without them take none.
    unseen : (n_variants + n_genes, n_unseen) float64
        The same variables in samples that no chain learns from; there may be none.
    every_pair : bool
        Whether the probabilities of edges are those of all pairs, not of candidates alone.
    with_variants : bool
        Whether chains keep the edges of variants, too.
    weights : Weights, optional
        Of genes whose values relatives have in common.
    with_traits : bool
        Whether traits are among the genes.
    """

    data: np.ndarray
    n_variants: int
    candidates: Candidates
    factors: np.ndarray
    unseen: np.ndarray
    every_pair: bool
    with_variants: bool = False
    weights: Weights | None = None
    with_traits: bool = False

    @property
    def n_genes(self) -> int:
        """Genes among the variables."""
        return len(self.data) - self.n_variants


def prepare_chains(
    screened: Screened,
    basis: np.ndarray,
    options: CalibratedOptions,
    *,
    rng: np.random.Generator,
    unseen: np.ndarray | None = None,
    every_pair: bool = False,
    with_variants: bool = False,
    backgrounds: Backgrounds | None = None,
    elsewhere: Backgrounds | None = None,
) -> ChainInput:
    """Choose the candidates of every gene, and starting values of the hidden factors.

    Parameters
    ----------
    screened : Screened
    basis : (n_samples, q + 1) float64
        Orthonormal basis of covariates and intercept.
    options : CalibratedOptions
    rng : numpy.random.Generator
        For the permutations of the parallel analysis.
    unseen : (n_variants + n_genes, n_unseen) float64, optional
        Unit rows of the same variables in samples that chains are to predict, in independent
        coordinates.
    every_pair : bool
        Whether chains are to find the probabilities of the edges of all pairs, whether they are
        candidates or not.
    with_variants : bool
        Whether chains are to keep the edges of variants, too.
    backgrounds : Backgrounds, optional
        What relatives have in common of some of the genes.
    elsewhere : Backgrounds, optional
        The same of the unseen samples, along whose `axes` their coordinates then are.
    """
    n_variants = len(screened.variant)
    rotated = rotated_rows(screened.rows, basis)
    weights = None
    if backgrounds is not None:
        rotated = rotated @ backgrounds.axes
        weights = backgrounds.weights(elsewhere)
    leads = leads_of_pools(rotated, n_variants, screened.pools)
    variants, plain = rotated[:n_variants], rotated[n_variants:]
    plain = without_leads(plain, variants, leads)
    if options.anchor_kind != "effect":
        # What a positional anchor does to many genes is no hidden factor: such factors took up what
        # loci with many targets do, and left nothing for the anchors.
        anchors = variants[np.unique(leads[leads >= 0])]
        plain = without_leads(plain, anchors, strongest(plain, anchors))
    factors = starting_factors(plain, _number_of_factors(options.hidden_factors, plain, rng))
    candidates = choose_candidates(
        rotated,
        n_variants,
        screened.pools,
        screened.n_considered,
        without_rows(plain, factors),
        options.anchor_kind,
        # A variant of one gene may act on another beside it.
        not options.all_snps,
        screened.order,
    )
    rotated *= np.sqrt(rotated.shape[1])
    unseen = np.zeros((len(rotated), 0)) if unseen is None else unseen * np.sqrt(unseen.shape[1])
    return ChainInput(
        rotated,
        n_variants,
        candidates,
        factors,
        unseen,
        every_pair,
        with_variants,
        weights,
        screened.has_traits,
    )


def _number_of_factors(asked: str | int, rows: np.ndarray, rng: np.random.Generator) -> int:
    if asked == "none":
        return 0
    if asked == "auto":
        return count_components(rows, rng)
    return min(int(asked), max(min(rows.shape) - 1, 0))
