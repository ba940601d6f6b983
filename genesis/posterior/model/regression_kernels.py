"""One gene's regression on the candidates that act on it: compiled numeric code.

With candidates A, their inner products G, slab precisions D and noise σ², a coefficient has the
prior N(0, σ²/D) (own variants and factors) or the product moment prior of second order (all by
which one gene acts on another), which is (β² D/σ²)²/3 · N(0, σ²/D) and gives effects near zero
hardly any weight. The marginal likelihood of the normal part is exact; the expectation of the
product of (β² D/σ²)²/3 is taken as the product of its factors' expectations.

`heat` scales the information in the data: 1 for the posterior, less for a flatter one.
"""

from __future__ import annotations

import math

from genesis.jit import kernel
from genesis.posterior.model.state import FACTOR, OWN

_LEAST = 1e-12


@kernel
def place_of(member, size, candidate):
    """Place of a candidate among the members, -1 where it is none."""
    for place in range(size):
        if member[place] == candidate:
            return place
    return -1


@kernel
def refit(gram, kind, heat, precision, member, size, inverse, slope):
    """Fit one gene anew; return log det of the penalised products and the residual.

    Parameters
    ----------
    gram : (width, width) float64
        Inner products of this gene's candidates, the gene last.
    kind : (width,) int8
    heat : float
    precision : (N_KINDS,) float64
    member : (most,) int
    size : int
    inverse : (most, most) float64
        Written, as is `slope` (most,).
    """
    target = gram.shape[0] - 1
    # Cholesky factor, then its inverse, in the place of the inverse.
    log_det = 0.0
    for a in range(size):
        for b in range(a + 1):
            total = heat * gram[member[a], member[b]]
            if a == b:
                total += precision[kind[member[a]]]
            for c in range(b):
                total -= inverse[a, c] * inverse[b, c]
            if a == b:
                inverse[a, a] = math.sqrt(max(total, _LEAST))
                log_det += 2.0 * math.log(inverse[a, a])
            else:
                inverse[a, b] = total / inverse[b, b]
    for b in range(size):
        inverse[b, b] = 1.0 / inverse[b, b]
        for a in range(b + 1, size):
            total = 0.0
            for c in range(b, a):
                total -= inverse[a, c] * inverse[c, b]
            inverse[a, b] = total / inverse[a, a]
    for a in range(size):
        for b in range(a + 1):
            total = 0.0
            for c in range(a, size):
                total += inverse[c, a] * inverse[c, b]
            inverse[b, a] = total
    residual = heat * gram[target, target]
    for a in range(size):
        for b in range(a):
            inverse[a, b] = inverse[b, a]
    for a in range(size):
        total = 0.0
        for b in range(size):
            total += inverse[a, b] * heat * gram[member[b], target]
        slope[a] = total
        residual -= total * heat * gram[member[a], target]
    return log_det, max(residual, _LEAST)


@kernel
def regress_candidate(gram, heat, own_precision, candidate, member, size, inverse, slope, work):
    """Regress a candidate on the members: its residual and its inner product with the gene.

    `work` (2, most): its first row gets the coefficients. Returns the residual variance (slab
    precision included) and the inner product with what is left of the gene.
    """
    target = gram.shape[0] - 1
    weight, with_member = work[0], work[1]
    variance = heat * gram[candidate, candidate] + own_precision
    product = heat * gram[candidate, target]
    for a in range(size):
        with_member[a] = heat * gram[candidate, member[a]]
        product -= with_member[a] * slope[a]
        weight[a] = 0.0
    # Row by row, which the compiler can do several columns at a time.
    for b in range(size):
        for a in range(size):
            weight[a] += inverse[b, a] * with_member[b]
    for a in range(size):
        variance -= weight[a] * with_member[a]
    return max(variance, own_precision), product


@kernel
def add_member(candidate, member, size, inverse, slope, weight, variance, product):
    """Take in a candidate that `regress_candidate` has looked at."""
    new_slope = product / variance
    for a in range(size):
        for b in range(size):
            inverse[a, b] += weight[a] * weight[b] / variance
        inverse[a, size] = -weight[a] / variance
        inverse[size, a] = inverse[a, size]
        slope[a] -= weight[a] * new_slope
    inverse[size, size] = 1.0 / variance
    slope[size] = new_slope
    member[size] = candidate


@kernel
def remove_member(place, member, size, inverse, slope):
    """Drop the member at a place; the last one takes it."""
    own = inverse[place, place]
    own_slope = slope[place]
    for a in range(size):
        if a != place:
            share = inverse[a, place] / own
            slope[a] -= share * own_slope
            for b in range(size):
                if b != place:
                    inverse[a, b] -= share * inverse[place, b]
    last = size - 1
    if place != last:
        member[place] = member[last]
        slope[place] = slope[last]
        for a in range(last):
            if a != place:
                inverse[a, place] = inverse[a, last]
                inverse[place, a] = inverse[last, a]
        inverse[place, place] = inverse[last, last]


@kernel
def has_moment(kind):
    """Whether effects of a kind have the moment prior: those of one gene on another."""
    return kind not in (OWN, FACTOR)


@kernel
def _moment(slope, variance, noise, precision):
    square = slope * slope / noise
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
def log_moments(kind, degrees, precision, member, size, inverse, slope, residual):
    """Log of the moment part of the prior's evidence."""
    noise = residual / degrees
    total, product = 0.0, 1.0
    for a in range(size):
        own = kind[member[a]]
        if has_moment(own):
            factor = _moment(slope[a], inverse[a, a], noise, precision[own])
            total, product = _log_product(total, product, factor)
    return total + math.log(product)


@kernel
def log_evidence_of_gene(
    gram, kind, heat, degrees, precision, member, size, inverse, slope
):  # fmt: skip
    """Fit one gene anew; return its log evidence, up to a constant, and the residual."""
    log_det, residual = refit(gram, kind, heat, precision, member, size, inverse, slope)
    total = -0.5 * log_det - 0.5 * degrees * math.log(residual)
    for a in range(size):
        total += 0.5 * math.log(precision[kind[member[a]]])
    total += log_moments(kind, degrees, precision, member, size, inverse, slope, residual)
    return total, residual


@kernel
def log_moments_with(
    kind, degrees, precision, candidate, member, size, inverse, slope, residual, weight, variance,
    product,
):  # fmt: skip
    """The same once a candidate is taken in, without doing so."""
    gain = product / variance
    noise = max(residual - product * gain, _LEAST) / degrees
    total, so_far = 0.0, 1.0
    for a in range(size):
        own = kind[member[a]]
        if has_moment(own):
            spread = inverse[a, a] + weight[a] * weight[a] / variance
            factor = _moment(slope[a] - weight[a] * gain, spread, noise, precision[own])
            total, so_far = _log_product(total, so_far, factor)
    own = kind[candidate]
    if has_moment(own):
        factor = _moment(gain, 1.0 / variance, noise, precision[own])
        total, so_far = _log_product(total, so_far, factor)
    return total + math.log(so_far)


@kernel
def log_moments_without(
    kind, degrees, precision, place, member, size, inverse, slope, residual
):  # fmt: skip
    """The same once the member at a place is dropped, without doing so."""
    own = inverse[place, place]
    noise = (residual + slope[place] * slope[place] / own) / degrees
    total, product = 0.0, 1.0
    for a in range(size):
        if a != place and has_moment(kind[member[a]]):
            share = inverse[a, place] / own
            factor = _moment(
                slope[a] - share * slope[place],
                inverse[a, a] - share * inverse[a, place],
                noise,
                precision[kind[member[a]]],
            )
            total, product = _log_product(total, product, factor)
    return total + math.log(product)


@kernel
def log_gain_of_adding(
    kind, degrees, precision, candidate, member, size, inverse, slope, residual, moments, weight,
    variance, product,
):  # fmt: skip
    """Log marginal likelihood with the candidate less that without it.

    `moments` are the `log_moments` of the members, which many candidates are compared with.
    """
    left = max(1.0 - product * product / (variance * residual), _LEAST)
    gain = 0.5 * math.log(precision[kind[candidate]] / variance) - 0.5 * degrees * math.log(left)
    gain += log_moments_with(
        kind, degrees, precision, candidate, member, size, inverse, slope, residual, weight,
        variance, product,
    )  # fmt: skip
    return gain - moments


@kernel
def log_gain_of_removing(
    kind, degrees, precision, place, member, size, inverse, slope, residual, moments
):  # fmt: skip
    """Log marginal likelihood without the member at a place less that with it.

    `moments` are the `log_moments` of all members.
    """
    own = inverse[place, place]
    more = slope[place] * slope[place] / own
    gain = -0.5 * math.log(precision[kind[member[place]]] * own)
    gain -= 0.5 * degrees * math.log1p(more / residual)
    gain += log_moments_without(
        kind, degrees, precision, place, member, size, inverse, slope, residual
    )
    return gain - moments
