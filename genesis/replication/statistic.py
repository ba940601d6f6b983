"""The share of a claimed effect that is seen again in people who had no part in the claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, stats

__all__ = ["AnchoredClaims", "Replicated", "replicated_share", "sides_swapped"]

#: An anchor whose effect on its own gene has the other sign in the second set of samples, by at
#: least this t-value, has its alleles counted the other way round there.
SWAPPED_T = 4.0
_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class AnchoredClaims:
    """Claims a ≺ b that can be tested in samples that had no part in them: a has an anchor.

    Attributes
    ----------
    cause, target : (m,) int64
        Rows of the genes a and b.
    anchor : (m,) int64
        Row of the variant that anchors a, chosen where the claims were made.
    strength : (m,) float64
        Correlation of the anchor with a, where the claims were made.
    effect : (m,) float64
        Total effect of a on b given that there is one, in standard deviations of b for one of a.
    posterior : (m,) float64
        Posterior of the claim; 1 where none is known.
    locus : (m,) int64
        Claims whose anchors are linked have the same number.
    """

    cause: NDArray[np.int64]
    target: NDArray[np.int64]
    anchor: NDArray[np.int64]
    strength: NDArray[np.float64]
    effect: NDArray[np.float64]
    posterior: NDArray[np.float64]
    locus: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.cause)

    def among(self, which: NDArray[np.bool_]) -> AnchoredClaims:
        """Some of the claims."""
        return AnchoredClaims(**{name: column[which] for name, column in vars(self).items()})


@dataclass(frozen=True)
class Replicated:
    """The share λ of a predicted effect that is seen again, with its errors.

    Attributes
    ----------
    n_claims, n_anchors, n_loci : int
        Claims, their anchors, and the loci at which these lie.
    share : float
        λ: 1 where the claims are true, 0 where they are confounded; NaN where nothing is predicted.
    se : float
        Its standard error as a statement on these claims: a jackknife over the samples.
    se_between : float
        As a statement on such claims in general: a jackknife over the loci as well. The larger of
        the two; infinite where there are fewer than three loci.
    low, high : float
        95 % interval by `se`.
    """

    n_claims: int
    n_anchors: int
    n_loci: int
    share: float
    se: float
    se_between: float
    low: float
    high: float


_NOTHING = Replicated(0, 0, 0, *(float("nan"),) * 2, float("inf"), *(float("nan"),) * 2)


def replicated_share(
    claims: AnchoredClaims, variants: NDArray[np.float64], genes: NDArray[np.float64]
) -> Replicated:
    """How much of the effects that claims predict is seen in a second set of samples.

    For a claim a ≺ b with total effect e, an anchor z of a should move b by α e, where α is what it
    moves a by. With α₀, its strength where the claim was made, as a weight,

    λ = Σ α₀ e (z·x_b) / Σ α₀ e² (z·x_a).

    Parameters
    ----------
    claims : AnchoredClaims
    variants : (n_variants, n_samples) float64
        Unit rows of the second set of samples: without covariates, of length one.
    genes : (n_genes, n_samples) float64
        The same of the genes.

    Returns
    -------
    Replicated

    Notes
    -----
    λ is the share of the claims that is true, weighed by the squares of the predicted effects. The
    weights come from the first set of samples alone, so that no noise of the second is squared.
    The error over samples holds for any number of claims, whatever they share: each sample adds
    its own part to numerator and denominator.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> def unit(rows): return rows / np.linalg.norm(rows, axis=1, keepdims=True)
    >>> z = rng.normal(size=(3, 500))
    >>> a = z + rng.normal(size=(3, 500))
    >>> b = 0.5 * a + rng.normal(size=(3, 500))
    >>> each = np.arange(3)
    >>> claims = AnchoredClaims(
    ...     each, each + 3, each, np.full(3, 0.7), np.full(3, 0.58), np.ones(3), each
    ... )
    >>> found = replicated_share(claims, unit(z), unit(np.concatenate([a, b])))
    >>> found.low < 1 < found.high
    True
    """
    anchors, at_anchor = np.unique(claims.anchor, return_inverse=True)
    if not len(anchors):
        return _NOTHING
    loci = np.unique(claims.locus)
    rows = variants[anchors]
    weight = claims.strength * claims.effect
    shape = (len(anchors), len(genes))
    seen = sparse.csr_array((weight, (at_anchor, claims.target)), shape=shape)
    predicted = sparse.csr_array((weight * claims.effect, (at_anchor, claims.cause)), shape=shape)
    # What every sample adds to numerator and denominator, by anchor.
    numerator = rows * (seen @ genes)
    denominator = rows * (predicted @ genes)
    total, expected = float(numerator.sum()), float(denominator.sum())
    if expected == 0.0:
        return _NOTHING
    share = total / expected
    left = numerator - share * denominator
    by_sample = left.sum(axis=0)
    n = len(by_sample)
    se = float(np.sqrt(n / max(n - 1, 1) * (by_sample**2).sum()) / abs(expected))
    locus_of = np.empty(len(anchors), dtype=np.int64)
    locus_of[at_anchor] = np.searchsorted(loci, claims.locus)
    by_locus = np.stack(
        [np.bincount(locus_of, one.sum(axis=1), len(loci)) for one in (numerator, denominator)]
    )
    half = float(stats.t.ppf(0.5 + _LEVEL / 2, max(n - 1, 1))) * se
    return Replicated(
        len(claims), len(anchors), len(loci), share, se, max(se, _jackknife(*by_locus)),
        share - half, share + half,
    )  # fmt: skip


def _jackknife(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> float:
    """Standard error of a ratio of sums by leaving out one part at a time."""
    k = len(numerator)
    if k < 3:
        return float("inf")
    without = (numerator.sum() - numerator) / (denominator.sum() - denominator)
    return float(np.sqrt((k - 1) / k * ((without - without.mean()) ** 2).sum()))


def sides_swapped(
    strength: NDArray[np.float64], again: NDArray[np.float64], n_degrees: int
) -> NDArray[np.bool_]:
    """Anchors whose alleles are counted the other way round in the second set of samples.

    Parameters
    ----------
    strength, again : (k,) float64
        Correlations of anchors with their genes in the first and in the second set.
    n_degrees : int
        Degrees of freedom of the second set.

    Examples
    --------
    >>> sides_swapped(np.array([0.5, 0.5, 0.5]), np.array([0.4, -0.01, -0.4]), 200).tolist()
    [False, False, True]
    """
    t = again * np.sqrt(max(n_degrees - 1, 1) / np.maximum(1.0 - again**2, 1e-12))
    return np.asarray((strength * again < 0) & (np.abs(t) >= SWAPPED_T))
