"""Tables of pairs as matrices, and what is said of pairs by going through matrices."""

from __future__ import annotations

import numpy as np

from genesis.graphs.codes import (
    ANCESTOR,
    NONDESCENDANT,
    NOT_ANCESTOR,
    UNRESOLVED,
    empty_matrix,
)
from genesis.posterior.chains.pair_counts import no_pairs
from genesis.posterior.claims.pair_table import Pairs


def matrix_of(pairs, column):
    """A column of a table of pairs (start, target) as a matrix, 0 where there is no pair."""
    n_genes = len(pairs.start) - 1
    matrix = np.zeros((n_genes, n_genes), dtype=column.dtype)
    matrix[np.repeat(np.arange(n_genes), np.diff(pairs.start)), pairs.target] = column
    return matrix


def columns_of(n_genes, **matrices):
    """Columns of a `Tally` over pairs, of matrices of counts; those not given are 0."""
    is_there = np.any([matrix != 0 for matrix in matrices.values()], axis=0)
    cause, target = np.nonzero(is_there)
    pairs = Pairs.of(cause, target, n_genes)
    columns = {name: np.zeros(len(cause), dtype=np.uint8) for name in no_pairs(n_genes)}
    for name, matrix in matrices.items():
        columns[name] = matrix[cause, target].astype(np.uint8)
    return columns | pairs._asdict()


def doubt_of_nonancestors(posterior, precedes):
    """The largest posterior among the relations that are ruled out by ruling out a ≺ b.

    Those of a, or of a descendant of a, before b, or before an ancestor of b.
    """
    n = len(posterior)
    from_gene = precedes | np.eye(n, dtype=bool)
    found = np.zeros_like(posterior)
    for a in range(n):
        for b in range(n):
            found[a, b] = posterior[np.ix_(from_gene[a], from_gene[:, b])].max()
    return found


def claims_by_matrices(ancestor, fdr, min_posterior, uncalibrated=None, unsupported=None):
    """Codes, claims by closure, least posteriors and rates of `make_claims`, on whole matrices."""
    n = len(ancestor)
    codes = empty_matrix(n)
    least_sure = 0.5 if min_posterior is None else max(min_posterior, 0.5)
    is_sure = ancestor > least_sure if least_sure == 0.5 else ancestor >= least_sure
    if unsupported is not None:
        is_sure &= ~unsupported
    cause, effect = np.nonzero(is_sure)
    certain = ancestor[cause, effect]
    order = np.argsort(-certain, kind="stable")
    cause, effect, certain = cause[order], effect[order], certain[order]
    size = len(cause)
    if min_posterior is None:
        fits = [0]
        for k in range(size):
            claimed = _committed(cause[: k + 1], effect[: k + 1], n)
            if (1.0 - ancestor[claimed].astype(float)).sum() <= fdr * claimed.sum() + 1e-12:
                fits.append(k + 1)
        size = fits[-1]
        while 0 < size < len(cause) and certain[size - 1] == certain[size]:
            size = int(np.argmax(certain == certain[size]))
    claimed = _committed(cause[:size], effect[:size], n)
    codes[claimed], codes[claimed.T] = ANCESTOR, NOT_ANCESTOR
    by_closure = claimed.copy()
    by_closure[cause[:size], effect[:size]] = False
    certainties = {"ancestor": ancestor[claimed]}
    least = {"ancestor": certain[:size].min(initial=np.inf)}
    ancestor = ancestor if uncalibrated is None else uncalibrated
    most = np.float32(fdr if min_posterior is None else 1.0 - min_posterior)
    most = min(most, np.nextafter(np.float32(0.5), np.float32(0)))
    sure = doubt_of_nonancestors(ancestor, claimed) <= most
    either = ancestor + ancestor.T
    is_open = np.triu(codes == UNRESOLVED, 1)
    rather = is_open & (either < 0.5)
    missed = either[rather].mean(dtype=float) if rather.any() else 0.0
    neither = is_open & sure & sure.T & (either <= most) & (missed <= most)
    codes[neither | neither.T] = NOT_ANCESTOR
    certainties["unrelated"] = 1.0 - either[neither]
    one_way = (codes == UNRESOLVED) & sure.T & (ancestor > ancestor.T)
    codes[one_way], codes[one_way.T] = NONDESCENDANT, NOT_ANCESTOR
    certainties["nondescendant"] = 1.0 - ancestor.T[one_way]
    for name in ("unrelated", "nondescendant"):
        least[name] = certainties[name].min(initial=np.inf)
    expected = {
        name: np.mean(1.0 - one.astype(float)) if len(one) else np.nan
        for name, one in certainties.items()
    }
    return codes, by_closure, least, expected


def _committed(cause, effect, n):
    """Claims one after the other, where they are not against those before, closed."""
    reach = np.zeros((n, n), dtype=bool)
    for a, b in zip(cause, effect, strict=True):
        if not reach[a, b] and not reach[b, a]:
            above, below = reach[:, a].copy(), reach[b].copy()
            above[a] = below[b] = True
            reach |= np.outer(above, below)
    return reach
