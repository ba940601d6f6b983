"""Fisher's z as log p-values: compiled numeric code."""

from __future__ import annotations

import math

from genesis.jit import kernel

#: A residual variance (of a variable of variance one) below this is no variance at all.
COLLINEAR_TOLERANCE = 1e-8

#: Beyond this |z| the tail is computed from its asymptotic series, since erfc underflows.
_SERIES_FROM = 20.0


@kernel
def log_two_sided_p(z):
    """Natural log of the two-sided standard normal p-value of z, exact far into the tail."""
    x = abs(z) / math.sqrt(2.0)
    if abs(z) < _SERIES_FROM:
        return math.log(math.erfc(x))
    # Abramowitz & Stegun 7.1.23: seven terms leave a relative error below 1e-13 at |z| = 20.
    term = 1.0
    total = 1.0
    for m in range(1, 8):
        term *= -(2.0 * m - 1.0) / (2.0 * x * x)
        total += term
    return -x * x - math.log(x * math.sqrt(math.pi)) + math.log(total)


@kernel
def fisher_log_p(rho, n_effective, n_conditioning):
    """Log p-value of a partial correlation; NaN where there are too few samples.

    `n_effective` is the number of samples less the rank of the covariates.
    """
    degrees = n_effective - n_conditioning - 3
    if degrees < 1 or not abs(rho) < 1.0:
        return math.nan
    return log_two_sided_p(math.sqrt(degrees) * math.atanh(rho))
