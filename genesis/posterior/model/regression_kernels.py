"""One gene's regression on the candidates that act on it: compiled numeric code.

With candidates A, their inner products G, slab precisions D and noise σ², a coefficient has the
prior N(0, σ²/D) (own variants and factors) or the product moment prior of second order (all by
which one gene acts on another), which is (β² D/σ²)²/3 · N(0, σ²/D) and gives effects near zero
hardly any weight. The marginal likelihood of the normal part is exact; the expectation of the
product of (β² D/σ²)²/3 is taken as the product of its factors' expectations.

`beta` scales the information in the data: 1 for the posterior, less for a flatter one.
"""

from __future__ import annotations

import math

from genesis.jit import kernel
from genesis.posterior.model.state import FACTOR, OWN

_LEAST = 1e-12


@kernel
def place_of(included, size, candidate):
    """Place of a candidate among the members, -1 where it is none."""
    for place in range(size):
        if included[place] == candidate:
            return place
    return -1


@kernel
def refit(gram, kind, beta, precision, included, size, inverse_gram, posterior_mean):
    """Fit one gene anew; return log det of the penalised products and the residual.

    Parameters
    ----------
    gram : (width, width) float64
        Inner products of this gene's candidates, the gene last.
    kind : (width,) int8
    beta : float
    precision : (N_KINDS,) float64
    included : (most,) int
    size : int
    inverse_gram : (most, most) float64
        Written, as is `posterior_mean` (most,).
    """
    target = gram.shape[0] - 1
    # Cholesky factor, then its inverse, in the place of the inverse.
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
    for b in range(size):
        inverse_gram[b, b] = 1.0 / inverse_gram[b, b]
        for a in range(b + 1, size):
            total = 0.0
            for c in range(b, a):
                total -= inverse_gram[a, c] * inverse_gram[c, b]
            inverse_gram[a, b] = total / inverse_gram[a, a]
    for a in range(size):
        for b in range(a + 1):
            total = 0.0
            for c in range(a, size):
                total += inverse_gram[c, a] * inverse_gram[c, b]
            inverse_gram[b, a] = total
    penalised_rss = beta * gram[target, target]
    for a in range(size):
        for b in range(a):
            inverse_gram[a, b] = inverse_gram[b, a]
    for a in range(size):
        total = 0.0
        for b in range(size):
            total += inverse_gram[a, b] * beta * gram[included[b], target]
        posterior_mean[a] = total
        penalised_rss -= total * beta * gram[included[a], target]
    return log_det, max(penalised_rss, _LEAST)


@kernel
def regress_candidate(
    gram, beta, own_precision, candidate, included, size, inverse_gram, posterior_mean, work
):
    """Regress a candidate on the members: its residual and its inner product with the gene.

    `work` (2, most): its first row gets the coefficients. Returns the residual variance (slab
    precision included) and the inner product with what is left of the gene.
    """
    target = gram.shape[0] - 1
    weight, with_included = work[0], work[1]
    variance = beta * gram[candidate, candidate] + own_precision
    product = beta * gram[candidate, target]
    for a in range(size):
        with_included[a] = beta * gram[candidate, included[a]]
        product -= with_included[a] * posterior_mean[a]
        weight[a] = 0.0
    # Row by row, which the compiler can do several columns at a time.
    for b in range(size):
        for a in range(size):
            weight[a] += inverse_gram[b, a] * with_included[b]
    for a in range(size):
        variance -= weight[a] * with_included[a]
    return max(variance, own_precision), product


@kernel
def include(candidate, included, size, inverse_gram, posterior_mean, weight, variance, product):
    """Take in a candidate that `regress_candidate` has looked at."""
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


@kernel
def exclude(place, included, size, inverse_gram, posterior_mean):
    """Drop the member at a place; the last one takes it."""
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


@kernel
def has_moment(kind):
    """Whether effects of a kind have the moment prior: those of one gene on another."""
    return kind not in (OWN, FACTOR)


@kernel
def _moment(posterior_mean, variance, noise, precision):
    square = posterior_mean * posterior_mean / noise
    fourth = square * (square + 6.0 * variance) + 3.0 * variance * variance
    return fourth * precision * precision / 3.0


@kernel
def _log_product(total, product, factor):
    """Multiply, and take the logarithm before the product can leave the range of numbers."""
    product *= factor
    if product < 1e-100 or product > 1e100:
        return total + math.log(max(product, 1e-300)), 1.0
    return total, product


@kernel
def log_moments(
    kind, degrees, precision, included, size, inverse_gram, posterior_mean, penalised_rss
):
    """Log of the moment part of the prior's evidence."""
    noise = penalised_rss / degrees
    total, product = 0.0, 1.0
    for a in range(size):
        own = kind[included[a]]
        if has_moment(own):
            factor = _moment(posterior_mean[a], inverse_gram[a, a], noise, precision[own])
            total, product = _log_product(total, product, factor)
    return total + math.log(product)


@kernel
def log_evidence_of_gene(
    gram, kind, beta, degrees, precision, included, size, inverse_gram, posterior_mean,
):  # fmt: skip
    """Fit one gene anew; return its log evidence, up to a constant, and the residual."""
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


@kernel
def log_moments_with(
    kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
    penalised_rss, weight, variance, product,
):  # fmt: skip
    """The same once a candidate is taken in, without doing so."""
    gain = product / variance
    noise = max(penalised_rss - product * gain, _LEAST) / degrees
    total, so_far = 0.0, 1.0
    for a in range(size):
        own = kind[included[a]]
        if has_moment(own):
            spread = inverse_gram[a, a] + weight[a] * weight[a] / variance
            factor = _moment(posterior_mean[a] - weight[a] * gain, spread, noise, precision[own])
            total, so_far = _log_product(total, so_far, factor)
    own = kind[candidate]
    if has_moment(own):
        factor = _moment(gain, 1.0 / variance, noise, precision[own])
        total, so_far = _log_product(total, so_far, factor)
    return total + math.log(so_far)


@kernel
def log_moments_without(
    kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss,
):  # fmt: skip
    """The same once the member at a place is dropped, without doing so."""
    own = inverse_gram[place, place]
    noise = (penalised_rss + posterior_mean[place] * posterior_mean[place] / own) / degrees
    total, product = 0.0, 1.0
    for a in range(size):
        if a != place and has_moment(kind[included[a]]):
            share = inverse_gram[a, place] / own
            factor = _moment(
                posterior_mean[a] - share * posterior_mean[place],
                inverse_gram[a, a] - share * inverse_gram[a, place],
                noise,
                precision[kind[included[a]]],
            )
            total, product = _log_product(total, product, factor)
    return total + math.log(product)


@kernel
def log_gain_of_adding(
    kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
    penalised_rss, moments, weight, variance, product,
):  # fmt: skip
    """Log marginal likelihood with the candidate less that without it.

    `moments` are the `log_moments` of the members, which many candidates are compared with.
    """
    left = max(1.0 - product * product / (variance * penalised_rss), _LEAST)
    gain = 0.5 * math.log(precision[kind[candidate]] / variance) - 0.5 * degrees * math.log(left)
    gain += log_moments_with(
        kind, degrees, precision, candidate, included, size, inverse_gram, posterior_mean,
        penalised_rss, weight, variance, product,
    )  # fmt: skip
    return gain - moments


@kernel
def log_gain_of_removing(
    kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss,
    moments,
):  # fmt: skip
    """Log marginal likelihood without the member at a place less that with it.

    `moments` are the `log_moments` of all members.
    """
    own = inverse_gram[place, place]
    more = posterior_mean[place] * posterior_mean[place] / own
    gain = -0.5 * math.log(precision[kind[included[place]]] * own)
    gain -= 0.5 * degrees * math.log1p(more / penalised_rss)
    gain += log_moments_without(
        kind, degrees, precision, place, included, size, inverse_gram, posterior_mean, penalised_rss
    )
    return gain - moments
