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

from genesis.independence.fisher_kernels import COLLINEAR_TOLERANCE
from genesis.jit import kernel

#: Reason codes of a test; 0 means that it was done.
TESTED, TOO_FEW_SAMPLES, COLLINEAR = 0, 1, 2


@kernel
def factor(matrix, size):
    """Cholesky factor of matrix[:size, :size] in its own lower triangle.

    Returns the position of the first pivot below tolerance, or -1 where there is none.
    """
    for row in range(size):
        for column in range(row):
            total = matrix[row, column]
            for k in range(column):
                total -= matrix[row, k] * matrix[column, k]
            matrix[row, column] = total / matrix[column, column]
        pivot = matrix[row, row]
        for k in range(row):
            pivot -= matrix[row, k] * matrix[row, k]
        if not pivot > COLLINEAR_TOLERANCE:
            return row
        matrix[row, row] = math.sqrt(pivot)
    return -1


@kernel
def forward_solve(matrix, size, vector):
    """Replace vector by L^-1 vector, L the factor in the lower triangle of matrix."""
    for row in range(size):
        total = vector[row]
        for k in range(row):
            total -= matrix[row, k] * vector[k]
        vector[row] = total / matrix[row, row]


@kernel
def residual_correlation(matrix, size, to_i, to_j, r_ij):
    """Partial correlation of i and j given S, and their residual standard deviations.

    `matrix` holds the factor of R[S, S]; `to_i` and `to_j` hold R[S, i] and R[S, j] and are
    replaced by L^-1 times themselves. Returns (rho, sd_i, sd_j); rho is NaN where i or j is
    collinear with S or with one another given S.
    """
    forward_solve(matrix, size, to_i)
    forward_solve(matrix, size, to_j)
    var_i = 1.0
    var_j = 1.0
    covariance = r_ij
    for k in range(size):
        var_i -= to_i[k] * to_i[k]
        var_j -= to_j[k] * to_j[k]
        covariance -= to_i[k] * to_j[k]
    if not (var_i > COLLINEAR_TOLERANCE and var_j > COLLINEAR_TOLERANCE):
        return math.nan, 0.0, 0.0
    rho = covariance / math.sqrt(var_i * var_j)
    if not 1.0 - rho * rho > COLLINEAR_TOLERANCE:
        return math.nan, 0.0, 0.0
    return rho, math.sqrt(var_i), math.sqrt(var_j)


@kernel
def invert_factor(matrix, size, inverse):
    """Write L^-1 into the lower triangle of `inverse`, L in the lower triangle of `matrix`."""
    for column in range(size):
        inverse[column, column] = 1.0 / matrix[column, column]
        for row in range(column + 1, size):
            total = 0.0
            for k in range(column, row):
                total -= matrix[row, k] * inverse[k, column]
            inverse[row, column] = total / matrix[row, row]


@kernel
def witness_correlations(inverse, size, witness, solved_i, solved_j, sd_i, sd_j, rho):
    """The four partial correlations that one witness needs.

    Parameters are those that `invert_factor` and `residual_correlation` leave behind.

    Returns
    -------
    (W, i | S - W), (W, j | S - W), (W, i | S - W, j), (W, j | S - W, i)
    """
    own = 0.0
    a = 0.0
    b = 0.0
    for k in range(witness, size):
        own += inverse[k, witness] * inverse[k, witness]
        a -= solved_i[k] * inverse[k, witness]
        b -= solved_j[k] * inverse[k, witness]
    a /= sd_i
    b /= sd_j
    both = math.sqrt((1.0 - rho * rho) * own + a * a + b * b - 2.0 * rho * a * b)
    return (
        -a / math.sqrt(own + a * a),
        -b / math.sqrt(own + b * b),
        -(a - rho * b) / both,
        -(b - rho * a) / both,
    )
