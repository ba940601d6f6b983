"""One gene's regression on the candidates that act on it: compiled numeric code.

With noise variance σ² and slab precision τ a coefficient b has the prior N(0, σ²/τ), (2), where
it is that of an own variant or a factor. All others (genes, their positional anchors, and
pleiotropic anchors) have the product moment prior of second order, (3), which is (b² τ/σ²)²/3 ·
N(0, σ²/τ) and gives effects near zero hardly any weight. The marginal likelihood of the normal
part is exact; the expectation of the product of (b² τ/σ²)²/3 is taken as the product of its
factors' expectations, (6).

Numbers in parentheses are those of equations in docs/model.md. All kernels take

gram : (width, width) float64
    X X', X x and x'x: inner products of this gene's candidates, the gene last.
kind : (width,) int8
    t of each candidate.
beta, degrees : float
    Inverse temperature β, the share of the information in the data that counts: 1 for the
    posterior, less for a flatter distribution; and β d.
precision : (N_KINDS,) float64
    τ of each kind.
included, size : (most,) int, int
    A: the candidates that act on the gene, counted locally, and how many they are.
inverse_gram, posterior_mean, penalised_rss : (most, most) float64, (most,) float64, float
    V, m and S of (4), in the order of `included`.
"""

from __future__ import annotations

import math

from genesis.jit import borrowing_kernel, inlined_kernel
from genesis.linear.cholesky_kernels import invert_product
from genesis.posterior.model.state import FACTOR, OWN

_LEAST = 1e-12


@borrowing_kernel
def place_of(included, size, candidate):
    """Place of a candidate among those included, -1 where it is none of them."""
    for place in range(size):
        if included[place] == candidate:
            return place
    return -1


@borrowing_kernel
def refit(gram, kind, beta, precision, included, size, inverse_gram, posterior_mean):
    """Fit one gene anew, (4): write V and m; return the log determinant of 1/V, and S."""
    target = gram.shape[0] - 1
    # The Cholesky factor L of β X X' + H, in the lower triangle of what becomes V.
    log_det = 0.0
    for a in range(size):
        for b in range(a + 1):
            total = beta * gram[included[a], included[b]]
            if a == b:
                total += precision[kind[included[a]]]
            for c in range(b):
                total -= inverse_gram[a, c] * inverse_gram[b, c]
            if a == b:
                inverse_gram[a, a] = math.sqrt(max(total, _LEAST))
                log_det += 2.0 * math.log(inverse_gram[a, a])
            else:
                inverse_gram[a, b] = total / inverse_gram[b, b]
    invert_product(inverse_gram, size)
    penalised_rss = beta * gram[target, target]
    for a in range(size):
        total = 0.0
        for b in range(size):
            total += inverse_gram[a, b] * beta * gram[included[b], target]
        posterior_mean[a] = total
        penalised_rss -= total * beta * gram[included[a], target]
    return log_det, max(penalised_rss, _LEAST)


@borrowing_kernel
def regress_candidate(
    gram, beta, squared_length, own_precision, candidate, included, size, inverse_gram,
    posterior_mean, work,
):  # fmt: skip
    """Regress a candidate on what is included, (8), to look at it without including it.

    Rows of `gram` are read, not its columns: those of what is included serve all candidates.

    Parameters
    ----------
    squared_length, own_precision : float
        Inner product of the candidate with itself, and τ of its kind.
    work : (2, most) float64
        Its first row is written: the coefficients V X r times β.

    Returns
    -------
    variance : float
        ρ: what is left of the candidate's squared length, its slab precision included.
    product : float
        ξ: its inner product with what is left of the gene.
    """
    target = gram.shape[0] - 1
    weight, with_included = work[0], work[1]
    variance = beta * squared_length + own_precision
    product = beta * gram[target, candidate]
    for a in range(size):
        with_included[a] = beta * gram[included[a], candidate]
        product -= with_included[a] * posterior_mean[a]
        weight[a] = 0.0
    # Row by row, which the compiler can do several columns at a time.
    for b in range(size):
        for a in range(size):
            weight[a] += inverse_gram[b, a] * with_included[b]
    for a in range(size):
        variance -= weight[a] * with_included[a]
    return max(variance, own_precision), product


@borrowing_kernel
def include(candidate, included, size, inverse_gram, posterior_mean, weight, variance, product):
    """Include a candidate that `regress_candidate` has looked at: a rank-one update of V and m."""
    new_mean = product / variance
    for a in range(size):
        for b in range(size):
            inverse_gram[a, b] += weight[a] * weight[b] / variance
        inverse_gram[a, size] = -weight[a] / variance
        inverse_gram[size, a] = inverse_gram[a, size]
        posterior_mean[a] -= weight[a] * new_mean
    inverse_gram[size, size] = 1.0 / variance
    posterior_mean[size] = new_mean
    included[size] = candidate


@borrowing_kernel
def exclude(place, included, size, inverse_gram, posterior_mean):
    """Leave out what is included at a place, which the last one takes: a rank-one downdate."""
    own = inverse_gram[place, place]
    own_mean = posterior_mean[place]
    for a in range(size):
        if a != place:
            share = inverse_gram[a, place] / own
            posterior_mean[a] -= share * own_mean
            for b in range(size):
                if b != place:
                    inverse_gram[a, b] -= share * inverse_gram[place, b]
    last = size - 1
    if place != last:
        included[place] = included[last]
        posterior_mean[place] = posterior_mean[last]
        for a in range(last):
            if a != place:
                inverse_gram[a, place] = inverse_gram[a, last]
                inverse_gram[place, a] = inverse_gram[last, a]
        inverse_gram[place, place] = inverse_gram[last, last]


@borrowing_kernel
def has_moment(kind):
    """Whether coefficients of a kind have the moment prior: all but own variants and factors."""
    return kind not in (OWN, FACTOR)


@borrowing_kernel
def moment(mean, variance, noise, precision):
    """μ of (6) from mean and variance (over s²) of a coefficient, s² = S / (β d), and τ."""
    square = mean * mean / noise
    fourth = square * (square + 6.0 * variance) + 3.0 * variance * variance
    return fourth * precision * precision / 3.0


@borrowing_kernel
def _log_product(total, product, factor):
    """Multiply, and take the logarithm before the product can leave the range of numbers.

    One logarithm for many factors: it is what takes time.
    """
    product *= factor
    if product < 1e-100 or product > 1e100:
        return total + math.log(max(product, 1e-300)), 1.0
    return total, product


@borrowing_kernel
def log_moments(
    kind, degrees, precision, included, size, inverse_gram, posterior_mean, penalised_rss
):
    """Log of the moment part of the evidence: the sum of log μ, (6)."""
    noise = penalised_rss / degrees
    total, product = 0.0, 1.0
    for a in range(size):
        own = kind[included[a]]
        if has_moment(own):
            factor = moment(posterior_mean[a], inverse_gram[a, a], noise, precision[own])
            total, product = _log_product(total, product, factor)
    return total + math.log(product)


@borrowing_kernel
def log_evidence_of_gene(
    gram, kind, beta, degrees, precision, included, size, inverse_gram, posterior_mean,
):  # fmt: skip
    """Fit one gene anew; return its log evidence ℓ(A), (7), up to a constant, and S."""
    log_det, penalised_rss = refit(
        gram, kind, beta, precision, included, size, inverse_gram, posterior_mean
    )
    total = -0.5 * log_det - 0.5 * degrees * math.log(penalised_rss)
    for a in range(size):
        total += 0.5 * math.log(precision[kind[included[a]]])
    total += log_moments(
        kind, degrees, precision, included, size, inverse_gram, posterior_mean, penalised_rss
    )
    return total, penalised_rss


@inlined_kernel
def log_moments_with(
    kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
    penalised_rss, weight, variance, product,
):  # fmt: skip
    """`log_moments` as they would be with a candidate included: the updates of `include`."""
    gain = product / variance
    noise = max(penalised_rss - product * gain, _LEAST) / degrees
    total, so_far = 0.0, 1.0
    for a in range(size):
        own = kind[included[a]]
        if has_moment(own):
            spread = inverse_gram[a, a] + weight[a] * weight[a] / variance
            factor = moment(posterior_mean[a] - weight[a] * gain, spread, noise, precision[own])
            total, so_far = _log_product(total, so_far, factor)
    own = kind[candidate]
    if has_moment(own):
        factor = moment(gain, 1.0 / variance, noise, precision[own])
        total, so_far = _log_product(total, so_far, factor)
    return total + math.log(so_far)


@inlined_kernel
def log_moments_without(
    kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss,
):  # fmt: skip
    """`log_moments` as they would be without what is at a place: the updates of `exclude`."""
    own = inverse_gram[place, place]
    noise = (penalised_rss + posterior_mean[place] * posterior_mean[place] / own) / degrees
    total, product = 0.0, 1.0
    for a in range(size):
        if a != place and has_moment(kind[included[a]]):
            share = inverse_gram[a, place] / own
            factor = moment(
                posterior_mean[a] - share * posterior_mean[place],
                inverse_gram[a, a] - share * inverse_gram[a, place],
                noise,
                precision[kind[included[a]]],
            )
            total, product = _log_product(total, product, factor)
    return total + math.log(product)


@borrowing_kernel
def log_gain_of_adding(
    kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
    penalised_rss, moments, weight, variance, product,
):  # fmt: skip
    """Log evidence with the candidate included less that without it, (9).

    `weight`, `variance` and `product` are what `regress_candidate` found; `moments` are the
    `log_moments` of what is included, which many candidates are compared with.
    """
    left = max(1.0 - product * product / (variance * penalised_rss), _LEAST)
    gain = 0.5 * math.log(precision[kind[candidate]] / variance) - 0.5 * degrees * math.log(left)
    gain += log_moments_with(
        kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
        penalised_rss, weight, variance, product,
    )  # fmt: skip
    return gain - moments


@borrowing_kernel
def log_gain_of_removing(
    kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss,
    moments,
):  # fmt: skip
    """Log evidence without what is included at a place less that with it, (10).

    `moments` are the `log_moments` of all that is included.
    """
    own = inverse_gram[place, place]
    more = posterior_mean[place] * posterior_mean[place] / own
    gain = -0.5 * math.log(precision[kind[included[place]]] * own)
    gain -= 0.5 * degrees * math.log1p(more / penalised_rss)
    gain += log_moments_without(
        kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss
    )
    return gain - moments
