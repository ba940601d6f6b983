"""The variants that may act on each gene by themselves, and how surely one does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from genesis.anchors.cis_windows import cis_windows
from genesis.inputs.collect import Inputs
from genesis.linear.unit_rows import UnitRows

__all__ = [
    "OwnVariants",
    "first_of_strongest",
    "likeliest_share",
    "log_bayes_factor",
    "own_variants",
    "posterior_of",
]

#: Prior variances of the effect of a variant on a gene, in units of the noise, equally likely.
VARIANT_SLABS = np.array([0.03, 0.1, 0.4])
#: Squared correlations that differ by less are alike: copies of a variant are in no order.
ALIKE = 1e-9
_PASSES = 100


@dataclass(frozen=True, eq=False)
class OwnVariants:
    """Of each gene, in the order of `rows`.

    Attributes
    ----------
    pools : list of int64 arrays
        Variants (columns of the dosages) that may act on it.
    lead : (n_genes,) int64
        The one that is most correlated with it; −1 where there is none.
    strength : (n_genes,) float64
        Its squared correlation.
    log_factor : (n_genes,) float64
        Log of the mean Bayes factor of its variants against no effect.
    share : float
        Share of genes that one of their variants acts on, learned from the factors.
    """

    pools: list[np.ndarray]
    lead: np.ndarray
    strength: np.ndarray
    log_factor: np.ndarray
    share: float

    @property
    def acted_on(self) -> np.ndarray:
        """Posterior of each gene that a variant of its own acts on it."""
        return posterior_of(self.log_factor, self.share)


def own_variants(
    inputs: Inputs, window: int, gene: np.ndarray, rows: np.ndarray, variants: UnitRows
) -> OwnVariants:
    """Weigh the variants of every gene's cis window, or those that the caller named.

    A gene without a variant in its window has the one that is nearest on its contig: it may well
    act at its locus, if markers are few.

    Parameters
    ----------
    inputs : Inputs
    window : int
        Base pairs around a gene.
    gene : (n_genes,) int64
        Genes looked at, as columns of the expression.
    rows : (n_genes, n_samples) float64
        Their unit rows.
    variants : UnitRows
        Makes unit rows of the dosages.

    Returns
    -------
    OwnVariants
    """
    pools = _pools(inputs, window, gene)
    lead = np.full(len(pools), -1, dtype=np.int64)
    strength, log_factor = np.zeros(len(pools)), np.full(len(pools), -np.inf)
    degrees = inputs.n_effective - 1
    for at, pool in enumerate(pools):
        if not len(pool):
            continue
        r2 = (variants(pool)[0] @ rows[at]) ** 2
        best = first_of_strongest(r2)
        if r2[best] == 0.0:  # constant ones
            continue
        lead[at], strength[at] = pool[best], r2[best]
        each = log_bayes_factor(r2, degrees, VARIANT_SLABS)
        log_factor[at] = np.logaddexp.reduce(each) - np.log(len(each))
    known = log_factor[lead >= 0]
    share = likeliest_share(known, np.ones(len(known)), (0.05, 0.95))
    return OwnVariants(pools, lead, strength, log_factor, share)


def first_of_strongest(r2: np.ndarray) -> int:
    """The first of those that are as strong as the strongest, up to rounding."""
    return int(np.flatnonzero(r2 >= r2.max() - ALIKE)[0])


def log_bayes_factor(r2: np.ndarray, degrees: int, slabs: np.ndarray) -> np.ndarray:
    """Evidence of one regressor against none, from its squared correlation.

    Parameters
    ----------
    r2 : (...) float64
    degrees : int
    slabs : (k,) float64
        Prior variances of its coefficient in units of the noise, equally likely.

    Examples
    --------
    >>> log_bayes_factor(np.array([0.0, 0.2]), 100, np.array([0.1])).round(2)
    array([-1.2 ,  8.83])
    """
    total = np.full(np.shape(r2), -np.inf)
    for slab in slabs:
        grown = 1.0 + degrees * slab
        left = np.maximum(1.0 - np.minimum(r2, 1.0) * (degrees * slab / grown), ALIKE)
        total = np.logaddexp(total, -0.5 * np.log(grown) - 0.5 * degrees * np.log(left))
    return total - np.log(len(slabs))


def posterior_of(log_factor: np.ndarray, share: float) -> np.ndarray:
    """Posterior of what has this log Bayes factor and the prior `share`."""
    return np.asarray(special.expit(log_factor + np.log(share) - np.log1p(-share)))


def likeliest_share(
    log_factor: np.ndarray, count: np.ndarray, bounds: tuple[float, float]
) -> float:
    """Most likely prior of many alike, by expectation and maximisation.

    Parameters
    ----------
    log_factor : (k,) float64
        Log Bayes factors.
    count : (k,) float64
        How many have each.
    bounds : (float, float)
        Least and largest share.
    """
    share = bounds[0] if not count.sum() else min(0.5, bounds[1])
    for _ in range(_PASSES if count.sum() else 0):
        mean = posterior_of(log_factor, share) @ count / count.sum()
        share = float(np.clip(mean, *bounds))
    return share


def _pools(inputs: Inputs, window: int, gene: np.ndarray) -> list[np.ndarray]:
    """Variants of each gene in the order of their ids, in which nothing depends on the input's."""
    rank = np.empty(len(inputs.variants), dtype=np.int64)
    by_id = np.argsort(inputs.variants["variant_id"].to_numpy(dtype=object), kind="stable")
    rank[by_id] = np.arange(len(rank))
    if inputs.given_anchors is not None:
        pools = [np.asarray(inputs.given_anchors[g], dtype=np.int64) for g in gene]
        return [pool[np.argsort(rank[pool])] for pool in pools]
    genes = inputs.genes.iloc[gene].reset_index(drop=True)
    ranges = cis_windows(inputs.variants, genes, window)
    pools = [ranges.order[a:b] for a, b in zip(ranges.first, ranges.last, strict=True)]
    nearest = _nearest(inputs.variants, genes, [at for at, p in enumerate(pools) if not len(p)])
    pools = [nearest.get(at, pool) for at, pool in enumerate(pools)]
    return [pool[np.argsort(rank[pool])] for pool in pools]


def _nearest(
    variants: pd.DataFrame, genes: pd.DataFrame, wanted: list[int]
) -> dict[int, np.ndarray]:
    """The variant nearest to each of some genes, where their contig has any."""
    found = {}
    chrom = variants["chrom"].astype(str).to_numpy()
    position = variants["pos"].to_numpy(dtype=np.float64, na_value=np.nan)
    for at in wanted:
        place = genes.iloc[at]
        if pd.isna(place["chrom"]) or pd.isna(place["start"]):
            continue
        here = np.flatnonzero(chrom == str(place["chrom"]))
        if len(here):
            middle = (float(place["start"]) + float(place["end"])) / 2
            found[at] = here[[int(np.argmin(np.abs(position[here] - middle)))]]
    return found
