"""Layers in the screen: nodes that say what another says, and variants that act on traits."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from genesis.inputs.collect import Inputs
from genesis.inputs.layer_order import EXPRESSION
from genesis.io.exclusions import combine, exclusions
from genesis.linear.unit_rows import UnitRows
from genesis.options import CommonOptions

__all__ = ["have_own_variants", "own_variants_of_traits", "without_copies"]

#: Chance that any variant is taken for one of a trait that none acts on.
LEVEL = 0.05
#: Two variables with a squared correlation that is less than this below 1 are one.
_ALIKE = 1e-9
#: How far products of the same row with one vector may be apart.
_CLOSE = 1e-6
#: Values (float64) of unit rows that are held at a time.
_ENTRIES_AT_A_TIME = 8_000_000


def without_copies(
    inputs: Inputs, gene: np.ndarray, rows: np.ndarray, varies: np.ndarray
) -> tuple[np.ndarray, pd.DataFrame]:
    """Which nodes are looked at, without those that say what a node of another layer says.

    Left out are molecules that are the same as a gene or a molecule of another layer, and traits
    that are the same as any node. Of the two neither would be found to come first.

    Parameters
    ----------
    inputs : Inputs
    gene : (n_genes,) int64
        Columns of the expression.
    rows : (n_genes, n_samples) float64
        Their unit rows, zeros for constant ones.
    varies : (n_genes,) bool

    Returns
    -------
    varies : (n_genes,) bool
    excluded : pandas.DataFrame
        Exclusions of what is left out.
    """
    assert inputs.layers is not None
    is_trait = inputs.layers.order.is_trait[gene]
    ids = inputs.genes["gene_id"].to_numpy(dtype=object)[gene]
    varies, lost, details = varies.copy(), [], []
    layers = inputs.layers
    is_gene = np.array([name == EXPRESSION for name in layers.names])[layers.of_gene[gene]]
    # Genes first, then by id, so that the order in which layers are given is of no account.
    place = np.argsort(np.lexsort((ids, ~is_gene)))
    copies = _copied_molecules(rows, layers.of_gene[gene], place, varies & ~is_trait)
    varies[list(copies)] = False
    excluded = [
        exclusions(
            "gene", [ids[one] for one in copies], "copy",
            [f"the same as {ids[other]}, given the covariates" for other in copies.values()],
        )
    ]  # fmt: skip
    for trait in np.flatnonzero(is_trait & varies):
        others = varies & (~is_trait | (np.arange(len(gene)) < trait))
        r2 = np.where(others, (rows @ rows[trait]) ** 2, 0.0)
        if r2.max(initial=0.0) > 1 - _ALIKE:
            varies[trait] = False
            lost.append(ids[trait])
            details.append(f"the same as {ids[int(r2.argmax())]}, given the covariates")
    excluded.append(exclusions("trait", lost, "copy", details))
    return varies, combine(excluded)


def _copied_molecules(
    rows: np.ndarray, layer: np.ndarray, place: np.ndarray, is_molecule: np.ndarray
) -> dict[int, int]:
    """Molecules that are the same as one of another layer with a place before theirs: that one."""
    # The same rows have the same product with any vector, up to their sign.
    product = np.abs(rows @ np.random.default_rng(0).normal(size=rows.shape[1]))
    product[~is_molecule] = np.inf
    order = np.argsort(product, kind="stable")
    ends = product[order]
    first = np.searchsorted(ends, product - _CLOSE)
    last = np.searchsorted(ends, product + _CLOSE, side="right")
    found = {}
    for one in np.flatnonzero(is_molecule & (last - first > 1)).tolist():
        near = order[first[one] : last[one]]
        near = near[(layer[near] != layer[one]) & (place[near] < place[one])]
        near = near[(rows[near] @ rows[one]) ** 2 > 1 - _ALIKE]
        if len(near):
            found[one] = int(near[place[near].argmin()])
    return found


def have_own_variants(inputs: Inputs, options: CommonOptions) -> bool:
    """Whether traits have variants of another kind than genes: not those of a cis window."""
    assert inputs.layers is not None
    return not options.all_snps or inputs.layers.own_variants is not None


def own_variants_of_traits(
    inputs: Inputs, traits: np.ndarray, rows: np.ndarray, variants: UnitRows
) -> list[np.ndarray]:
    """Variants that may act on each trait by themselves: those named, else genome-wide hits.

    A hit has a p-value of at most 0.05 divided by the number of variants.

    Parameters
    ----------
    inputs : Inputs
    traits : (k,) int64
        Columns of the expression.
    rows : (k, n_samples) float64
        Their unit rows.
    variants : UnitRows

    Returns
    -------
    list of (m,) int64
        Positions of variants, ascending.
    """
    assert inputs.layers is not None
    if inputs.layers.own_variants is not None:
        return [inputs.layers.own_variants[trait] for trait in traits]
    n_variants = len(inputs.variants)
    degrees = inputs.n_effective - 2
    t = stats.t.isf(LEVEL / max(n_variants, 1) / 2, degrees)
    least = t * t / (t * t + degrees)
    found: list[list[np.ndarray]] = [[] for _ in traits]
    step = max(1, _ENTRIES_AT_A_TIME // rows.shape[1])
    for start in range(0, n_variants, step):
        block = np.arange(start, min(start + step, n_variants))
        r2 = (rows @ variants(block)[0].T) ** 2
        for mine, one in zip(found, r2, strict=True):
            mine.append(block[one >= least])
    return [np.concatenate([np.empty(0, dtype=np.int64), *mine]) for mine in found]
