"""Fisher's z as log p-values: compiled numeric code."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from genesis.jit import kernel

#: A residual variance (of a variable of variance one) below this is no variance at all.
COLLINEAR_TOLERANCE = 1e-8

#: Beyond this |z| the tail is computed from its asymptotic series.
_SERIES_FROM = 20.0

#: Up to there it is a polynomial around the nearest of so many points a unit of z.
_POINTS = 16
_TERMS = 8

#: Below this |rho| the series of atanh is more exact than its logarithm.
_SMALL_RHO = 0.02


def _tail_polynomials() -> np.ndarray:
    """Taylor coefficients of log(2 Φ(-z)) + z² / 2 around the points, constant first.

    With h(z) = φ(z) / Φ(-z) the first derivative is z - h, and h' = h (h - z) gives the others
    by recurrence of power series. A polynomial reaches half the distance of two points, where
    the first term left out is below 1e-14.
    """
    z = np.arange(int(_SERIES_FROM) * _POINTS + 2) / _POINTS
    scaled = special.erfcx(z / np.sqrt(2.0))
    hazard = np.zeros((_TERMS, len(z)))
    hazard[0] = np.sqrt(2.0 / np.pi) / scaled
    for k in range(_TERMS - 1):
        excess = hazard[: k + 1].copy()  # h - z as a power series around the point
        excess[0] -= z
        if k >= 1:
            excess[1] -= 1.0
        product = sum(hazard[m] * excess[k - m] for m in range(k + 1))
        hazard[k + 1] = product / (k + 1)
    terms = np.empty((len(z), _TERMS))
    terms[:, 0] = np.log(scaled)
    terms[:, 1] = z - hazard[0]
    terms[:, 2] = (1.0 - hazard[1]) / 2.0
    for k in range(3, _TERMS):
        terms[:, k] = -hazard[k - 1] / k
    return terms


_TAIL = _tail_polynomials()


@kernel
def log_two_sided_p(z):
    """Natural log of the two-sided standard normal p-value of z, exact far into the tail."""
    z = abs(z)
    if z < _SERIES_FROM:
        point = int(z * _POINTS + 0.5)
        step = z - point / _POINTS
        total = _TAIL[point, _TERMS - 1]
        for power in range(_TERMS - 2, -1, -1):
            total = total * step + _TAIL[point, power]
        return total - 0.5 * z * z
    # Abramowitz & Stegun 7.1.23: seven terms leave a relative error below 1e-13 at |z| = 20.
    x = z / math.sqrt(2.0)
    term = 1.0
    total = 1.0
    for m in range(1, 8):
        term *= -(2.0 * m - 1.0) / (2.0 * x * x)
        total += term
    return -x * x - math.log(x * math.sqrt(math.pi)) + math.log(total)


@kernel
def fisher_z(rho):
    """atanh of a correlation."""
    if abs(rho) < _SMALL_RHO:
        square = rho * rho
        return rho * (1.0 + square * (1 / 3 + square * (0.2 + square * (1 / 7 + square / 9))))
    return 0.5 * math.log((1.0 + rho) / (1.0 - rho))


@kernel
def fisher_log_p(rho, n_effective, n_conditioning):
    """Log p-value of a partial correlation; NaN where there are too few samples.

    `n_effective` is the number of samples less the rank of the covariates.
    """
    degrees = n_effective - n_conditioning - 3
    if degrees < 1 or not abs(rho) < 1.0:
        return math.nan
    return log_two_sided_p(math.sqrt(degrees) * fisher_z(rho))
