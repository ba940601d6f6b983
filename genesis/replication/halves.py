"""Samples in two halves at random, relatives on one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph

from genesis.io.genotypes import Genotypes
from genesis.io.ids import counted
from genesis.prepare.relatedness import kinship

__all__ = ["Halver", "related_samples", "split_samples"]

_NO_PAIRS = np.empty((0, 2), dtype=np.int64)
#: Where families leave less than this share of the samples to a half, they are not kept together.
_LEAST_HALF = 1 / 3


@dataclass(frozen=True, eq=False)
class Halver:
    """Splits samples in two, relatives on one side.

    Where nearly all are related with each other, as in a cross, families would leave no second
    half: then samples are split one by one, which a note says.

    Attributes
    ----------
    n_samples : int
    related : (k, 2) int64
        Pairs of samples that stay together.
    names : sequence of str or None
        The order of named samples is of no account.
    notes : list of str
        What is to be said of kinship.
    """

    n_samples: int
    related: NDArray[np.int64]
    names: Sequence[str] | None
    notes: list[str]

    @classmethod
    def of(
        cls, genotypes: Any, names: Sequence[str] | None = None, *, threads: int | None = None
    ) -> Self:
        """Find relatives, in genotypes as for `related_samples`.

        Examples
        --------
        >>> siblings = np.random.default_rng(1).binomial(2, 0.4, size=(1, 2000)).repeat(8, axis=0)
        >>> a, b = Halver.of(siblings).halves(1)
        >>> len(a), len(b)
        (4, 4)
        """
        related, notes = related_samples(genotypes, threads=threads)
        n_samples = len(genotypes.samples if isinstance(genotypes, Genotypes) else genotypes)
        if min(map(len, split_samples(n_samples, 0, related, names))) < n_samples * _LEAST_HALF:
            related = _NO_PAIRS
            notes = ["Most samples are related with each other, as in a cross: split one by one."]
        return cls(n_samples, related, names, notes)

    def halves(self, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of two halves, ascending."""
        return split_samples(self.n_samples, seed, self.related, self.names)


def split_samples(
    n_samples: int,
    seed: int,
    related: ArrayLike | None = None,
    samples: Sequence[str] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split samples in two at random; those that are related, also through others, stay together.

    Parameters
    ----------
    n_samples : int
    seed : int
        The same seed gives the same halves, whatever the order of named samples.
    related : (k, 2) int, optional
        Pairs of rows, as of `related_samples`.
    samples : sequence of str, optional
        Names of the rows. Without them the halves are of row numbers.

    Returns
    -------
    a, b : int64 arrays
        Rows of each half, ascending. Their sizes differ by one at most where families allow it.

    Examples
    --------
    >>> a, b = split_samples(6, 1, related=[[0, 5]])
    >>> len(a), len(b), (0 in a) == (5 in a)
    (3, 3, True)
    """
    order = np.arange(n_samples)
    if samples is not None:
        order = np.argsort(np.array(list(samples), dtype=str), kind="stable")
    pairs = _NO_PAIRS if related is None else np.asarray(related, dtype=np.int64).reshape(-1, 2)
    place = np.argsort(order)[pairs]  # pairs in the order of names
    links = sparse.coo_array(
        (np.ones(len(place)), (place[:, 0], place[:, 1])), shape=(n_samples, n_samples)
    )
    _, family = csgraph.connected_components(links, directed=False)
    # Numbered by their first member, which the order of the pairs does not change.
    _, first, family = np.unique(family, return_index=True, return_inverse=True)
    family = np.argsort(np.argsort(first))[family]
    rng = np.random.default_rng(seed)
    sizes = np.bincount(family, minlength=len(first))
    drawn = rng.permutation(len(first))
    # The large first, so that the small can make up for them.
    drawn = drawn[np.argsort(-sizes[drawn], kind="stable")]
    heads = int(rng.integers(2))
    filled = [0, 0]
    side = np.empty(len(first), dtype=np.int64)
    for one in drawn.tolist():
        least = heads if filled[heads] <= filled[1 - heads] else 1 - heads
        side[one] = least
        filled[least] += int(sizes[one])
    of_row = np.empty(n_samples, dtype=np.int64)
    of_row[order] = side[family]
    return np.flatnonzero(of_row == 0), np.flatnonzero(of_row == 1)


def related_samples(
    genotypes: Any, *, threads: int | None = None
) -> tuple[NDArray[np.int64], list[str]]:
    """Pairs of samples that are related in the third degree or closer, by KING.

    Parameters
    ----------
    genotypes : Genotypes, pandas.DataFrame or array of dosages, shape (n_samples, n_variants)
    threads : int, optional
        The outcome is the same for any number.

    Returns
    -------
    pairs : (k, 2) int64
        Rows of the genotypes.
    notes : list of str
        What was found, or why nothing can be: an array has no kinship that is known, nor have
        haploids, inbred lines and a handful of variants.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> dosages = pd.DataFrame(rng.binomial(2, 0.4, size=(30, 2000)))
    >>> dosages.iloc[4] = dosages.iloc[9]
    >>> pairs, notes = related_samples(dosages)
    >>> pairs.tolist()
    [[4, 9]]
    """
    given = genotypes
    if not isinstance(given, Genotypes | pd.DataFrame):
        given = pd.DataFrame(np.asarray(given))
    if not isinstance(given, Genotypes):
        values = given.to_numpy(dtype=np.float64, na_value=np.nan)
        if values.size and not (np.nanmin(values) >= 0 and np.nanmax(values) <= 2):
            return _NO_PAIRS, ["Kinship: not computed (values are no counts of alleles)."]
    found = kinship(given, degree="third", threads=threads)
    rows = {str(name): row for row, name in enumerate(found.samples["sample"])}
    pairs = [
        (rows[a], rows[b])
        for a, b in zip(found.pairs["sample_a"], found.pairs["sample_b"], strict=True)
    ]
    notes = [note for note in found.notes if "cannot be told" in note or "not computed" in note]
    if pairs:
        notes.insert(0, f"Kinship: {counted(len(pairs), 'pair')} of related samples kept together.")
    return np.array(pairs, dtype=np.int64).reshape(-1, 2), notes
