"""The variants that may act on each gene by themselves, and how surely one does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from genesis.anchors.cis_windows import cis_windows
from genesis.inputs.collect import Inputs
from genesis.io.text_columns import order_of_texts
from genesis.linear.unit_rows import UnitRows
from genesis.loci.own_variant_kernels import weigh_variants

__all__ = [
    "OwnVariants",
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
#: Genes that are looked at together, their variants (each counted for each of its genes), and
#: variants that unit rows are made of at a time: they bound the memory.
_GENES_AT_A_TIME, _LISTED_AT_A_TIME, _VARIANTS_AT_A_TIME = 64, 1 << 17, 1024


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
    by_id = order_of_texts(inputs.variants["variant_id"])
    rank = np.empty(len(by_id), dtype=np.int64)
    rank[by_id] = np.arange(len(rank))
    pools = _pools(inputs, window, gene, rank)
    lead = np.full(len(pools), -1, dtype=np.int64)
    strength, log_factor = np.zeros(len(pools)), np.full(len(pools), -np.inf)
    place = np.empty(len(rank), dtype=np.int64)
    for block in _neighbours(inputs.genes.iloc[gene], pools):
        listed = np.concatenate([pools[g] for g in block])
        start = np.cumsum([0, *(len(pools[g]) for g in block)])
        # Each once, in the order of their ids: sums are taken in the same order for any input.
        place[listed] = np.arange(len(listed))
        every = listed[place[listed] == np.arange(len(listed))]
        every = every[np.argsort(rank[every])]
        place[every] = np.arange(len(every))
        best, found = np.empty(len(block), dtype=np.int64), np.zeros((2, len(block)))
        weigh_variants(
            _correlations(rows[block], variants, every), place[listed], start,
            float(inputs.n_effective - 1), VARIANT_SLABS, ALIKE, best, *found,
        )  # fmt: skip
        has, chosen = best >= 0, block[best >= 0]
        lead[chosen] = listed[best[has]]
        strength[chosen], log_factor[chosen] = found[:, has]
    known = log_factor[lead >= 0]
    share = likeliest_share(known, np.ones(len(known)), (0.05, 0.95))
    return OwnVariants(pools, lead, strength, log_factor, share)


def _neighbours(genes: pd.DataFrame, pools: list[np.ndarray]) -> Iterator[np.ndarray]:
    """Genes with variants, few at a time and along the genome, where they share most of them."""
    along = np.lexsort((genes["start"].to_numpy(np.float64, na_value=np.inf),
                        pd.factorize(genes["chrom"])[0]))  # fmt: skip
    block: list[int] = []
    held = 0
    for g in along.tolist():
        size = len(pools[g])
        if block and (len(block) == _GENES_AT_A_TIME or held + size > _LISTED_AT_A_TIME):
            yield np.array(block)
            block, held = [], 0
        if size:
            block.append(g)
            held += size
    if block:
        yield np.array(block)


def _correlations(genes: np.ndarray, variants: UnitRows, which: np.ndarray) -> np.ndarray:
    r = np.empty((len(genes), len(which)))
    for first in range(0, len(which), _VARIANTS_AT_A_TIME):
        now = slice(first, first + _VARIANTS_AT_A_TIME)
        r[:, now] = genes @ variants(which[now])[0].T
    return r


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


def _pools(inputs: Inputs, window: int, gene: np.ndarray, rank: np.ndarray) -> list[np.ndarray]:
    """Variants of each gene in the order of their ids, in which nothing depends on the input's."""
    if inputs.given_anchors is not None:
        pools = [np.asarray(inputs.given_anchors[g], dtype=np.int64) for g in gene]
        if inputs.layers is not None:
            # Traits lie at no locus, whatever acts on them.
            is_trait = inputs.layers.order.is_trait[gene]
            pools = [pool[:0] if t else pool for pool, t in zip(pools, is_trait, strict=True)]
        return [pool[np.argsort(rank[pool])] for pool in pools]
    genes = inputs.genes.iloc[gene].reset_index(drop=True)
    ranges = cis_windows(inputs.variants, genes, window)
    pools = [ranges.order[a:b] for a, b in zip(ranges.first, ranges.last, strict=True)]
    without = [at for at, pool in enumerate(pools) if not len(pool)]
    nearest = _nearest(inputs.variants, genes, without, rank)
    pools = [nearest.get(at, pool) for at, pool in enumerate(pools)]
    return [pool[np.argsort(rank[pool])] for pool in pools]


def _nearest(
    variants: pd.DataFrame, genes: pd.DataFrame, wanted: list[int], rank: np.ndarray
) -> dict[int, np.ndarray]:
    """The variant nearest to each of some genes, the first by id, where their contig has any."""
    found = {}
    position = variants["pos"].to_numpy(dtype=np.float64)
    of_contig = variants.groupby(variants["chrom"].astype(str)).indices if wanted else {}
    for at in wanted:
        place = genes.iloc[at]
        if pd.isna(place["chrom"]) or pd.isna(place["start"]):
            continue
        here = of_contig.get(str(place["chrom"]), [])
        if len(here):
            middle = (float(place["start"]) + float(place["end"])) / 2
            distance = np.abs(position[here] - middle)
            alike = here[distance == distance.min()]
            found[at] = alike[[int(np.argmin(rank[alike]))]]
    return found
