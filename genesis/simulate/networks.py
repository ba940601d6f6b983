"""Random acyclic networks of genes, as the parents of every gene."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["add_hotspots", "scale_free_parents", "uniform_parents"]

Parents = list[NDArray[np.int64]]


def uniform_parents(
    order: NDArray[np.int64], probability: float, rng: np.random.Generator
) -> Parents:
    """Parents where each earlier gene is one with the same probability.

    Parameters
    ----------
    order : numpy.ndarray of int64, shape (n_genes,)
        Genes in causal order.
    probability : float
        Of an edge, for every pair of genes.
    rng : numpy.random.Generator

    Returns
    -------
    list of numpy.ndarray of int64
        For each gene (by number, not by place in the order) its parents, ascending.

    Examples
    --------
    >>> parents = uniform_parents(np.array([2, 0, 1]), 1.0, np.random.default_rng(0))
    >>> [above.tolist() for above in parents]
    [[2], [0, 2], []]
    """
    parents: Parents = [np.empty(0, np.int64)] * len(order)
    for place, gene in enumerate(order):
        n_parents = rng.binomial(place, probability)
        parents[gene] = np.sort(rng.choice(order[:place], n_parents, replace=False))
    return parents


def scale_free_parents(
    order: NDArray[np.int64], n_parents: float, rng: np.random.Generator
) -> Parents:
    """Parents by preferential attachment: those that regulate many genes gain more.

    The number of parents is Poisson, and no more than there are earlier genes. A gene is chosen
    in proportion to one more than the number of its children so far, so that out-degrees have a
    heavy tail and in-degrees do not.

    Parameters
    ----------
    order : numpy.ndarray of int64, shape (n_genes,)
        Genes in causal order.
    n_parents : float
        Mean number of parents of a gene.
    rng : numpy.random.Generator

    Returns
    -------
    list of numpy.ndarray of int64
        For each gene (by number, not by place in the order) its parents, ascending.

    References
    ----------
    Barabási & Albert 1999, Science 286:509; for directed graphs Bollobás et al. 2003, SODA.

    Examples
    --------
    >>> parents = scale_free_parents(np.arange(200), 1.5, np.random.default_rng(0))
    >>> children = np.bincount(np.concatenate(parents), minlength=200)
    >>> bool(children.max() > 5 * children.mean())
    True
    """
    parents: Parents = [np.empty(0, np.int64)] * len(order)
    attraction = np.ones(len(order))
    for place, gene in enumerate(order):
        count = min(int(rng.poisson(n_parents)), place)
        # The first k of independent exponential clocks: a draw in proportion to the rates,
        # without replacement.
        clocks = rng.exponential(size=place) / attraction[:place]
        chosen = np.argsort(clocks, kind="stable")[:count]
        attraction[chosen] += 1
        parents[gene] = np.sort(order[chosen])
    return parents


def add_hotspots(
    parents: Parents,
    order: NDArray[np.int64],
    n_hotspots: int,
    n_targets: int,
    rng: np.random.Generator,
) -> Parents:
    """Let the first genes of the causal order act on many others beside their children so far.

    Parameters
    ----------
    parents : list of numpy.ndarray of int64
        For each gene its parents, ascending.
    order : numpy.ndarray of int64, shape (n_genes,)
        Genes in causal order.
    n_hotspots : int
        Regulators: the first genes of the order.
    n_targets : int
        Genes that each acts on, at random among those that are no such regulators; all of
        these where they are fewer.
    rng : numpy.random.Generator

    Returns
    -------
    list of numpy.ndarray of int64

    Examples
    --------
    >>> none = [np.empty(0, np.int64)] * 5
    >>> above = add_hotspots(none, np.array([3, 0, 1, 2, 4]), 1, 2, np.random.default_rng(0))
    >>> sum(3 in parents for parents in above)
    2
    """
    found = list(parents)
    others = order[n_hotspots:]
    for regulator in order[:n_hotspots]:
        for target in rng.choice(others, min(n_targets, len(others)), replace=False):
            found[target] = np.union1d(found[target], [regulator])
    return found
