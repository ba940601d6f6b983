"""From posteriors to claims at a false discovery rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genesis.graphs.bit_kernels import spread_doubt
from genesis.graphs.bit_matrix import (
    Bits,
    as_matrix,
    bits_at,
    bits_of,
    no_bits,
    pairs_of,
    turned,
    without,
)
from genesis.graphs.codes import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, empty_matrix
from genesis.posterior.claims.claim_kernels import commit_certain
from genesis.posterior.claims.pair_table import PairTable, taken

__all__ = ["AncestorClaims", "Claims", "claim_ancestors", "doubtful_pairs", "make_claims"]

_BELOW_HALF = np.nextafter(np.float32(0.5), np.float32(0.0))


@dataclass(frozen=True, eq=False)
class AncestorClaims:
    """The ancestor claims that the posteriors allow.

    Attributes
    ----------
    reach : Bits
        (a, b): a ≺ b is claimed.
    by_closure : Bits
        Those that follow from others and would not have been made by themselves.
    least : float
        The least posterior with which one was claimed by itself; NaN where none was.
    expected_fdr : float
        Mean of 1 - posterior over all of them; NaN where there are none.
    """

    reach: Bits
    by_closure: Bits
    least: float
    expected_fdr: float


@dataclass(frozen=True, eq=False)
class Claims:
    """The claims that the posteriors allow, as bit matrices.

    Attributes
    ----------
    ancestor : Bits
        (a, b): a ≺ b.
    by_closure : Bits
        Ancestor claims that follow from others and would not have been made by themselves.
    nondescendant : Bits
        (a, b): a ⪯ b.
    unrelated : Bits
        (a, b) and (b, a): neither is an ancestor of the other.
    by_order : Bits
        Those of the last two that rest on the order of layers, and not on the data alone.
    least : dict of str to float
        For each relation the least posterior with which it was claimed by itself.
    expected_fdr : dict of str to float
        For each relation the mean of 1 - posterior over its claims; NaN where there are none.
    """

    ancestor: Bits
    by_closure: Bits
    nondescendant: Bits
    unrelated: Bits
    by_order: Bits
    least: dict[str, float]
    expected_fdr: dict[str, float]

    def codes(self) -> np.ndarray:
        """The ancestrality matrix of few genes, row a before column b: int8."""
        codes = empty_matrix(len(self.ancestor))
        for claimed, code in ((self.ancestor, ANCESTOR), (self.nondescendant, NONDESCENDANT)):
            matrix = as_matrix(claimed)
            codes[matrix], codes[matrix.T] = code, NOT_ANCESTOR
        codes[as_matrix(self.unrelated)] = NOT_ANCESTOR
        return codes


def make_claims(
    pairs: PairTable,
    fdr: float,
    min_posterior: float | None,
    *,
    unsupported: np.ndarray | None = None,
    known: Bits | None = None,
) -> Claims:
    """Claim relations, the most certain first.

    First come ancestor claims, see `claim_ancestors`. Then come unrelated pairs (neither is an
    ancestor of the other), then what is left of non-descendants. Most pairs are surely unrelated,
    so that a mean over them would pay for many that are as good as open: here each claim, with all
    that it rules out, has a posterior of at least 1 - `fdr`, or `min_posterior`. And pairs are
    called unrelated only where those that rather are than not have it on average: where the data
    leave many of them open, weak effects are missed among the surest too.

    That two genes are *not* ancestors of each other is only as sure as the posteriors before
    calibration say: doubt about what they claim is no evidence of the contrary.

    Parameters
    ----------
    pairs : PairTable
    fdr : float
        Expected share of false claims.
    min_posterior : float or None
        Claims from this posterior on instead.
    unsupported : (m,) bool, optional
        Pairs of the table of which no ancestor is claimed unless it follows from others.
    known : Bits, optional
        (a, b): b is not an ancestor of a, which is known beforehand, and so never claimed.

    Returns
    -------
    Claims

    Examples
    --------
    >>> import numpy as np
    >>> posterior = np.array([[0, 0.98, 0.01], [0.01, 0, 0.4], [0, 0.3, 0]], dtype=np.float32)
    >>> make_claims(PairTable.from_dense(posterior), 0.05, None).codes().tolist()
    [[0, 2, 1], [0, 0, -1], [0, -1, 0]]
    """
    if known is not None:
        impossible = bits_at(known, pairs.target, pairs.cause)
        unsupported = impossible if unsupported is None else unsupported | impossible
    ancestors = claim_ancestors(pairs, fdr, min_posterior, unsupported=unsupported)
    # In the precision of the posteriors, so that one of just the level is claimed.
    most = min(np.float32(fdr if min_posterior is None else 1.0 - min_posterior), _BELOW_HALF)
    rest = _Rest(pairs, ancestors.reach, most)
    unrelated, *of_unrelated = rest.unrelated()
    by_order = no_bits(pairs.n_genes) if known is None else known & ~(ancestors.reach | unrelated)
    nondescendant, *of_nondescendant = rest.nondescendants(unrelated | by_order)
    # Of which the data say one half and the order the other.
    neither = nondescendant & turned(by_order)
    neither |= turned(neither)
    least, expected = zip(
        (ancestors.least, ancestors.expected_fdr), of_unrelated, of_nondescendant, strict=True
    )
    names = ("ancestor", "unrelated", "nondescendant")
    return Claims(
        ancestors.reach,
        ancestors.by_closure,
        (nondescendant | by_order) & ~neither,
        unrelated | neither,
        by_order | neither,
        dict(zip(names, least, strict=True)),
        dict(zip(names, expected, strict=True)),
    )


def claim_ancestors(
    pairs: PairTable,
    fdr: float,
    min_posterior: float | None,
    *,
    unsupported: np.ndarray | None = None,
    absent: float = 0.0,
) -> AncestorClaims:
    """Claim ancestors, the most certain first.

    The claims are the longest part of the list, from its most certain end, over which the mean of
    1 - posterior, with all that follows by transitivity, is at or below `fdr` (a shorter part may
    exceed it), or all that have `min_posterior`; none at one half or below, and none against a
    claim made before. What follows has its own posterior, the share of sampled graphs that show it.

    Parameters
    ----------
    pairs : PairTable
    fdr, min_posterior, unsupported
        As of `make_claims`.
    absent : float
        Posterior of what has no place in the table, which is claimed only if it follows.
    """
    least = 0.5 if min_posterior is None else max(min_posterior, 0.5)
    is_sure = pairs.ancestor > least if least == 0.5 else pairs.ancestor >= least
    if unsupported is not None:
        is_sure &= ~unsupported
    cause, effect, certain = pairs.cause[is_sure], pairs.target[is_sure], pairs.ancestor[is_sure]
    order = np.argsort(-certain, kind="stable")
    cause, effect, certain = cause[order], effect[order], certain[order]
    false, count = np.zeros(len(cause)), np.zeros(len(cause), dtype=np.int64)

    def commit(size: int) -> Bits:
        reach, reached = no_bits(pairs.n_genes), no_bits(pairs.n_genes)
        table = pairs.start, pairs.target, pairs.ancestor, np.float32(absent)
        commit_certain(cause[:size], effect[:size], *table, reach, reached, false, count)
        return reach

    reach = commit(len(cause))
    if min_posterior is None:
        allowed = np.flatnonzero(false <= fdr * count)
        size = int(allowed[-1]) + 1 if len(allowed) else 0
        # Pairs of one posterior are claimed together or not at all, whatever their order.
        while 0 < size < len(cause) and certain[size - 1] == certain[size]:
            size = int(np.searchsorted(-certain, -certain[size], side="left"))
        reach = commit(size)
        cause, effect, certain = cause[:size], effect[:size], certain[:size]
    by_closure = reach & ~bits_of(cause, effect, pairs.n_genes)
    places = pairs.places(*pairs_of(reach))
    claimed = np.where(places >= 0, pairs.ancestor[places], np.float32(absent))
    return AncestorClaims(
        reach, by_closure, float(certain[-1]) if len(certain) else float("nan"), _expected(claimed)
    )


def doubtful_pairs(pairs: PairTable, reach: Bits, most: float, absent: float = 0.0) -> Bits:
    """Pairs of which it is too doubtful that the first is not an ancestor of the second.

    Ruling out a ≺ b rules out that a, or a descendant of a, precedes b, or an ancestor of b. One of
    these relations has a posterior above `most`, in single precision.

    Parameters
    ----------
    pairs : PairTable
        Posteriors before calibration are what is asked.
    reach : Bits
        What is claimed of ancestors, transitively closed.
    most : float
    absent : float
        Posterior of what has no place in the table.

    Examples
    --------
    That 0 is not an ancestor of 2 is sure; with 0 ≺ 1 it says the same of 1, which is not.

    >>> posterior = np.array([[0, 0.9, 0.01], [0, 0, 0.3], [0, 0, 0]], dtype=np.float32)
    >>> precedes = bits_of(np.array([0]), np.array([1]), 3)
    >>> as_matrix(doubtful_pairs(PairTable.from_dense(posterior), precedes, 0.05)).astype(int)
    array([[0, 1, 1],
           [0, 0, 1],
           [0, 0, 0]])
    """
    is_doubtful = pairs.uncalibrated > np.float32(most)
    if np.float32(absent) > np.float32(most):
        sure = ~is_doubtful
        doubtful = without(bits_of(pairs.cause[sure], pairs.target[sure], pairs.n_genes))
    else:
        doubtful = bits_of(pairs.cause[is_doubtful], pairs.target[is_doubtful], pairs.n_genes)
    spread_doubt(reach, doubtful)
    return doubtful


def _expected(posterior: np.ndarray) -> float:
    return float(np.mean(1.0 - posterior.astype(np.float64))) if len(posterior) else float("nan")


class _Rest:
    """What is left beside ancestor claims.

    Parameters
    ----------
    pairs : PairTable
    reach : Bits
        Ancestor claims.
    most : float32
        Claims are no more doubtful than this.
    """

    def __init__(self, pairs: PairTable, reach: Bits, most: np.float32) -> None:
        self._pairs, self._most = pairs, most
        self._doubtful = doubtful_pairs(pairs, reach, float(most))
        self._claimed = reach | turned(reach)
        self._ends = pairs.cause, pairs.target
        reverse = pairs.places(pairs.target, pairs.cause)
        self._reverse = taken(pairs.uncalibrated, reverse)
        #: Of (a, b) and (b, a) one stands for both.
        self._is_first = (pairs.cause < pairs.target) | (reverse < 0)

    def unrelated(self) -> tuple[Bits, float, float]:
        """Unrelated pairs, their least posterior and their expected false discovery rate."""
        n_genes = self._pairs.n_genes
        either = self._pairs.uncalibrated + self._reverse
        is_open = self._is_first & ~bits_at(self._claimed, *self._ends)
        # A weak effect that the sampler leaves out is missed among the surest pairs too: none
        # counts as surer than those that rather seem unrelated are on average.
        rather = is_open & (either <= _BELOW_HALF)
        n_rather = n_genes * (n_genes - 1) // 2 - int(np.bitwise_count(self._claimed).sum()) // 2
        n_rather -= int(np.count_nonzero(is_open & ~rather))
        missed = float(either[rather].sum(dtype=np.float64)) / max(n_rather, 1)
        if missed > self._most:
            return no_bits(n_genes), float("nan"), float("nan")
        related = self._claimed | self._doubtful
        cause, target = (end[either > self._most] for end in self._ends)
        related |= bits_of(cause, target, n_genes)
        related |= turned(related)
        unrelated = without(related)
        n = int(np.bitwise_count(unrelated).sum()) // 2
        # All others have a posterior of 1.
        listed = 1.0 - either[is_open & bits_at(unrelated, *self._ends)]
        least = float(listed.min(initial=1.0)) if n else float("nan")
        expected = float((1.0 - listed.astype(np.float64)).sum()) / n if n else float("nan")
        return unrelated, least, expected

    def nondescendants(self, known: Bits) -> tuple[Bits, float, float]:
        """Pairs (a, b) with a ⪯ b, their least posterior and expected false discovery rate.

        `known` are pairs (a, b) of which there is nothing to claim any more.
        """
        cause, target = self._ends
        # b is not an ancestor of a, and a rather is one of b.
        found = self._pairs.uncalibrated > self._reverse
        for pairs, ends in (
            (self._claimed, (cause, target)),
            (known, (cause, target)),
            (self._doubtful, (target, cause)),
        ):
            found &= ~bits_at(pairs, *ends)
        certain = 1.0 - self._reverse[found]
        least = float(certain.min()) if len(certain) else float("nan")
        return (
            bits_of(cause[found], target[found], self._pairs.n_genes), least, _expected(certain)
        )  # fmt: skip
