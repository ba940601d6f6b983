"""Polygenic backgrounds: what relatives have in common beside what is measured.

A node of which relatives have a part in common is y = X b + g + e, with g ~ N(0, σ² h K) and
e ~ N(0, σ² (1 - h) I). Along the eigenvectors of the relationship K coordinates of g + e are
independent, with the variances σ² (1 - h + h λ): regressions of the node on anything are those of
coordinates divided by the root of these, which is exact given h. Samples taken for independent
would make what is heritable go together by chance, the more the closer they are.

Traits are looked at first. If one has a background, so may molecules: with that of the trait alone,
graphs would lay what the two have in common to an effect of the trait on the molecule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from genesis.engine.threads import one_blas_thread
from genesis.inputs.collect import Inputs
from genesis.inputs.screen import Screened
from genesis.io.ids import counted
from genesis.io.text_columns import order_of_texts
from genesis.linear.heritability import Heritability, find_heritability, variances
from genesis.linear.unit_rows import UnitRows, rotated_rows
from genesis.posterior.model.hidden_factors import leads_of_pools, without_leads
from genesis.prepare.genotype_table import spread_out
from genesis.prepare.relatedness import MOST_VARIANTS

__all__ = [
    "Backgrounds",
    "Weights",
    "backgrounds_elsewhere",
    "describe_backgrounds",
    "dosages_of_relationship",
    "find_backgrounds",
    "no_weights",
]

#: A trait has a background where the p-value of its having none is at most this.
LEVEL = 0.01
#: Only where so large a share of the samples has a relative: a relationship of at least this, that
#: of half sibs or nearly, and so many times what chance makes of those of unrelated ones. By few
#: variants these look like relatives, and what these variants do is no background.
LEAST_SHARE, LEAST_RELATED, LEAST_TIMES = 0.1, 0.2, 6.0
#: The median of the absolute value of a standard normal number.
_MEDIAN_OF_NORMAL = 0.6745
#: Of more samples eigenvectors of the relationship take longer than all else.
MOST_SAMPLES = 5_000
#: Variants that are taken into the relationship at a time.
_BLOCK = 1_000


class Weights(NamedTuple):
    """Roots of the weights of coordinates, for genes whose values relatives have in common.

    Attributes
    ----------
    gene : (k,) int64
        Positions among the genes.
    root : (k, n_degrees) float64
    unseen_root : (k, n_unseen) float64
        Of coordinates that chains do not learn from.
    """

    gene: np.ndarray
    root: np.ndarray
    unseen_root: np.ndarray


def no_weights(degrees: int) -> Weights:
    """Weights of no gene."""
    return Weights(np.empty(0, dtype=np.int64), np.empty((0, degrees)), np.empty((0, 0)))


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """Traits and molecules that have a polygenic background.

    Attributes
    ----------
    gene : (k,) int64
        Positions among the genes of the search.
    found : list of Heritability
    axes : (n_degrees, n_degrees) float64
        Eigenvectors of the relationship, as columns, in the coordinates of `rotated_rows`.
    root_weight : (k, n_degrees) float64
    """

    gene: np.ndarray
    found: list[Heritability]
    axes: np.ndarray
    root_weight: np.ndarray

    def weights(self, elsewhere: Backgrounds | None) -> Weights:
        """What chains take; `elsewhere` is the same of samples that they do not learn from."""
        unseen = np.empty((0, 0)) if elsewhere is None else elsewhere.root_weight
        return Weights(self.gene, self.root_weight, unseen)


def find_backgrounds(inputs: Inputs, screened: Screened) -> Backgrounds | None:
    """What relatives have in common of traits and molecules; None where it is nothing of traits.

    Parameters
    ----------
    inputs : Inputs
    screened : Screened
        Of these inputs.
    """
    if screened.order is None or not screened.has_traits:
        return None
    if not 2 <= inputs.basis.shape[0] - inputs.basis.shape[1] <= MOST_SAMPLES:
        return None
    relationship = _relationship(inputs)
    if not has_relatives(relationship):
        return None
    axes, spread = _axes(relationship, inputs)
    n_variants = len(screened.variant)
    variants, genes = np.split(screened.rows, [n_variants])
    # The strongest variant of its own is in every node's graph, and is no background of it.
    leads = leads_of_pools(screened.rows, n_variants, screened.pools)
    values = _along(without_leads(genes, variants, leads), inputs, axes)
    is_trait = screened.order.is_trait
    found: dict[int, Heritability] = {}
    for some in (np.flatnonzero(is_trait), np.flatnonzero(~is_trait)):
        of_these = {int(gene): find_heritability(values[gene], spread) for gene in some}
        found |= {gene: one for gene, one in of_these.items() if one.p <= LEVEL}
        if not found:
            return None
    which = np.array(sorted(found), dtype=np.int64)
    every = [found[gene] for gene in which.tolist()]
    weights = _root_weights(_along(genes[which], inputs, axes), every, spread)
    return Backgrounds(which, every, axes, weights)


def backgrounds_elsewhere(found: Backgrounds, inputs: Inputs, rows: np.ndarray) -> Backgrounds:
    """The same heritabilities in other samples.

    Parameters
    ----------
    found : Backgrounds
    inputs : Inputs
        Of the other samples.
    rows : (n_genes, n_samples) float64
        Unit rows of all genes in these.
    """
    axes, spread = _axes(_relationship(inputs), inputs)
    values = _along(rows[found.gene], inputs, axes)
    return Backgrounds(found.gene, found.found, axes, _root_weights(values, found.found, spread))


def dosages_of_relationship(inputs: Inputs) -> np.ndarray:
    """Dosages that tell who is related to whom: at most 10,000 variants, evenly spread.

    Returns
    -------
    (n_samples, k) float32 or float64
        In the order of their ids, so that not one bit depends on that of the inputs.
    """
    by_id = order_of_texts(inputs.variants["variant_id"])
    return np.asarray(inputs.dosages[:, spread_out(by_id, MOST_VARIANTS)])


def describe_backgrounds(found: Backgrounds | None, inputs: Inputs, screened: Screened) -> None:
    """Say in the notes of the inputs which traits and how many molecules have a background."""
    if found is None:
        return
    assert screened.order is not None
    ids = inputs.genes["gene_id"].to_numpy(dtype=object)[screened.gene]
    is_trait = screened.order.is_trait[found.gene]
    for at in np.flatnonzero(is_trait):
        one = found.found[at]
        inputs.notes.append(
            f"trait {ids[found.gene[at]]}: relatives are alike (heritability {one.share:.2f}, "
            f"p = {one.p:.2g}), which is allowed for"
        )
    inputs.notes.append(
        f"relatives are alike in {counted(int((~is_trait).sum()), 'molecule')} of "
        f"{int((~screened.order.is_trait).sum())}, too, which is allowed for"
    )


def has_relatives(relationship: np.ndarray) -> bool:
    """Whether samples are more alike than those of nobody else who are no relatives.

    Parameters
    ----------
    relationship : (n, n) float64

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> dosages = rng.binomial(2, 0.4, size=(60, 2000)) - 0.8
    >>> has_relatives(dosages @ dosages.T)
    False
    >>> dosages[:10] = dosages[10:20]
    >>> has_relatives(dosages @ dosages.T)
    True
    """
    length = np.sqrt(np.diag(relationship))
    if len(length) < 2 or not (length > 0).all():
        return False
    alike = relationship / np.outer(length, length)
    by_chance = np.median(np.abs(alike[np.triu_indices(len(alike), 1)])) / _MEDIAN_OF_NORMAL
    is_related = alike >= max(LEAST_RELATED, LEAST_TIMES * float(by_chance))
    np.fill_diagonal(is_related, val=False)
    return bool(is_related.any(axis=1).mean() >= LEAST_SHARE)


def _relationship(inputs: Inputs) -> np.ndarray:
    """Relationship of the samples by their variants, beside covariates, (n_samples, n_samples)."""
    variants = UnitRows(dosages_of_relationship(inputs), inputs.basis)
    relationship = np.zeros((len(inputs.basis), len(inputs.basis)))
    with one_blas_thread():
        for start in range(0, min(len(inputs.variants), MOST_VARIANTS), _BLOCK):
            rows, _ = variants(slice(start, start + _BLOCK))
            relationship += rows.T @ rows
    return relationship


def _axes(relationship: np.ndarray, inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors of the relationship beyond covariates, and eigenvalues, of mean 1."""
    with one_blas_thread():
        half = rotated_rows(relationship, inputs.basis)
        spread, axes = np.linalg.eigh(rotated_rows(half.T, inputs.basis))
    spread = np.maximum(spread, 0.0)
    return axes, spread / (spread.mean() or 1.0)


def _along(rows: np.ndarray, inputs: Inputs, axes: np.ndarray) -> np.ndarray:
    with one_blas_thread():
        return np.asarray(rotated_rows(rows, inputs.basis) @ axes)


def _root_weights(values: np.ndarray, found: list[Heritability], spread: np.ndarray) -> np.ndarray:
    """Roots of weights, scaled so that weighed values have the length that they had."""
    weight = np.array([1.0 / variances(one.share, spread) for one in found])
    lengths = np.einsum("ij,ij->i", values, values) / np.einsum("ij,ij->i", values**2, weight)
    return np.asarray(np.sqrt(weight * lengths[:, None]))
