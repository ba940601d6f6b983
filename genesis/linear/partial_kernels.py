"""Partial correlations from one Cholesky factor: compiled numeric code.

For variables S, i, j with correlation matrix R, let L be the Cholesky factor of R[S, S],
e_i and e_j the residuals of i and j given S, and for W in S

    B_W = (R[S, S]^-1)_WW,   a_W = -beta_iW / sd(e_i),   b_W = -beta_jW / sd(e_j),

with beta the regression coefficients on S. With rho = cor(e_i, e_j), all the tests that a
witness needs follow without a further factorisation and without cancellation:

    rho(W, i | S - W)     = -a / sqrt(B + a^2)
    rho(W, j | S - W, i)  = -(b - rho a) / sqrt((1 - rho^2) B + a^2 + b^2 - 2 rho a b)

and the same with i and j exchanged.
"""

from __future__ import annotations

import math

from genesis.jit import inlined_kernel
from genesis.linear.fisher_kernels import COLLINEAR_TOLERANCE

#: Reason codes of a test; 0 means that it was done.
TESTED, TOO_FEW_SAMPLES, COLLINEAR = 0, 1, 2


@inlined_kernel
def residual_correlation(matrix, size, to_i, to_j, r_ij):
    """Partial correlation of i and j given S, and the scales that make their residuals unit.

    `matrix` holds the factors of R[S, S]; `to_i` and `to_j` hold R[S, i] and R[S, j] and are
    replaced by D^-1 L^-1 times themselves. Returns (rho, 1 / sd_i, 1 / sd_j); rho is NaN where
    i or j is collinear with S or with one another given S.
    """
    var_i = 1.0
    var_j = 1.0
    covariance = r_ij
    for row in range(size):
        i = to_i[row]
        j = to_j[row]
        for k in range(row):
            # D L' times the scaled solution is L times the plain one.
            i -= matrix[k, row] * to_i[k]
            j -= matrix[k, row] * to_j[k]
        scaled_i = i * matrix[row, row]
        scaled_j = j * matrix[row, row]
        to_i[row] = scaled_i
        to_j[row] = scaled_j
        var_i -= i * scaled_i
        var_j -= j * scaled_j
        covariance -= i * scaled_j
    if not (var_i > COLLINEAR_TOLERANCE and var_j > COLLINEAR_TOLERANCE):
        return math.nan, 0.0, 0.0
    scale_i = 1.0 / math.sqrt(var_i)
    scale_j = 1.0 / math.sqrt(var_j)
    rho = covariance * scale_i * scale_j
    if not 1.0 - rho * rho > COLLINEAR_TOLERANCE:
        return math.nan, 0.0, 0.0
    return rho, scale_i, scale_j


@inlined_kernel
def witness_moments(matrix, inverse, size, witness, solved_i, solved_j, scale_i, scale_j, rho):
    """The four partial correlations that one witness needs, without roots and quotients.

    Parameters are those that `factor` and `invert_factor` of `cholesky_kernels`, and
    `residual_correlation`, leave behind.
    Most of these correlations are only compared with a level, squared.

    Returns
    -------
    a, aa, b, bb, c, d, cd : float
        (W, i | S - W) is a / sqrt(aa), (W, j | S - W) is b / sqrt(bb),
        (W, i | S - W, j) is c / sqrt(cd), (W, j | S - W, i) is d / sqrt(cd).
    """
    own = matrix[witness, witness]
    a = solved_i[witness]
    b = solved_j[witness]
    for k in range(witness + 1, size):
        v = inverse[k, witness]
        own += v * v * matrix[k, k]
        a += solved_i[k] * v
        b += solved_j[k] * v
    a *= scale_i
    b *= scale_j
    aa = own + a * a
    bb = own + b * b
    c = a - rho * b
    d = b - rho * a
    return a, aa, b, bb, c, d, (1.0 - rho * rho) * own + a * c + b * d
