"""Which anchors are linked: the loci at which claims are tested."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats
from scipy.sparse import csgraph

__all__ = ["anchor_loci"]

#: Squared correlation from which on two anchors are of one locus.
LINKED_R2 = 0.2
#: Chance of one false link among all pairs whose contigs are not known.
_FALSE_LINK = 0.05
_BLOCK = 1024


def anchor_loci(
    rows: NDArray[np.float64], contig: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Number the loci of anchors: those that are linked, also through others, have the same.

    Parameters
    ----------
    rows : (k, n_samples) float64
        Unit rows of the anchors.
    contig : (k,) int64, optional
        Number of each anchor's contig, negative where it is not known. Anchors on two known
        contigs are not linked. Without contigs a correlation must also be beyond what chance
        makes of so many pairs.

    Returns
    -------
    (k,) int64
        From 0 on, in the order of their first anchors.

    Examples
    --------
    >>> rows = np.array([[1.0, 0, 0], [0, 1.0, 0], [0.8, 0.6, 0]])
    >>> anchor_loci(rows, np.zeros(3, dtype=np.int64)).tolist()
    [0, 0, 0]
    >>> anchor_loci(rows, np.array([0, 1, 1])).tolist()
    [0, 1, 1]
    """
    k, n_samples = rows.shape
    where = np.full(k, -1, dtype=np.int64) if contig is None else contig
    strict = max(LINKED_R2, _beyond_chance(k, n_samples))
    first, second = [], []
    for start in range(0, k, _BLOCK):
        r2 = (rows[start : start + _BLOCK] @ rows[start:].T) ** 2
        mine, others = where[start : start + _BLOCK, None], where[None, start:]
        least = np.where((mine == others) & (mine >= 0), LINKED_R2, strict)
        apart = (mine != others) & (mine >= 0) & (others >= 0)
        a, b = np.nonzero((r2 > least) & ~apart)
        first.append(start + a)
        second.append(start + b)
    a, b = (np.concatenate([np.empty(0, dtype=np.int64), *ends]) for ends in (first, second))
    links = sparse.coo_array((np.ones(len(a)), (a, b)), shape=(k, k))
    _, label = csgraph.connected_components(links, directed=False)
    _, at, label = np.unique(label, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(at))[label], dtype=np.int64)


def _beyond_chance(k: int, n_samples: int) -> float:
    """Squared correlation that no pair of unlinked anchors is likely to reach."""
    degrees = max(n_samples - 2, 1)
    t = float(stats.t.isf(_FALSE_LINK / max(k * (k - 1), 1), degrees))
    return t * t / (t * t + degrees)
