"""Cholesky factors of small matrices, and what is made of them: compiled numeric code.

A matrix that only serves to solve equations is factored as L D L', without a square root. Where
rows may be linear combinations of others it is L L', row by row (`independent_rows`, which leaves
out what is collinear) or pivot by pivot (`add_pivot`, which leaves the choice to the caller).
"""

from __future__ import annotations

import math

import numpy as np

from genesis.jit import inlined_kernel, kernel
from genesis.linear.fisher_kernels import COLLINEAR_TOLERANCE


@inlined_kernel
def factor(matrix, size):
    """Factor matrix[:size, :size] = L D L', reading its lower triangle, without a square root.

    The lower triangle is replaced by L (whose diagonal is 1 and not stored), the upper one by
    D L', and the diagonal by the reciprocals of D. Returns the position of the first pivot
    below tolerance, or -1 where there is none.
    """
    for row in range(size):
        pivot = matrix[row, row]
        for column in range(row):
            total = matrix[row, column]
            for k in range(column):
                total -= matrix[row, k] * matrix[k, column]
            scaled = total * matrix[column, column]
            matrix[column, row] = total
            matrix[row, column] = scaled
            pivot -= total * scaled
        if not pivot > COLLINEAR_TOLERANCE:
            return row
        matrix[row, row] = 1.0 / pivot
    return -1


@inlined_kernel
def invert_factor(matrix, size, inverse):
    """Write L^-1 into the lower triangle of `inverse`, without its diagonal, which is 1."""
    for column in range(size):
        for row in range(column + 1, size):
            total = matrix[row, column]
            for k in range(column + 1, row):
                total += matrix[row, k] * inverse[k, column]
            inverse[row, column] = -total


@inlined_kernel
def residual_variance(matrix, size, to_target):
    """Variance of a variable of variance one given others, whose factors `factor` has left.

    `to_target` (size,) holds the correlations with the others and is replaced by the regression
    coefficients on what each adds to those before it, D^-1 L^-1 times itself.
    """
    variance = 1.0
    for row in range(size):
        covariance = to_target[row]
        for k in range(row):
            # What `factor` leaves above the diagonal is D L', and on it 1 / D.
            covariance -= matrix[k, row] * to_target[k]
        to_target[row] = covariance * matrix[row, row]
        variance -= covariance * to_target[row]
    return variance


@kernel
def independent_rows(correlation):
    """Mark the variables that are no linear combination of earlier ones; factor those.

    Returns
    -------
    keep : (m,) bool
    lower : (m, m) float64
        Row k: the factor row of variable k over the kept variables before it, by their
        positions; zero elsewhere. Diagonal zero where not kept.
    """
    m = correlation.shape[0]
    keep = np.zeros(m, dtype=np.bool_)
    lower = np.zeros((m, m))
    for row in range(m):
        pivot = 1.0
        for column in range(row):
            if keep[column]:
                total = correlation[row, column]
                for k in range(column):
                    total -= lower[row, k] * lower[column, k]
                lower[row, column] = total / lower[column, column]
                pivot -= lower[row, column] * lower[row, column]
        if pivot > COLLINEAR_TOLERANCE:
            keep[row] = True
            lower[row, row] = math.sqrt(pivot)
    return keep, lower


@inlined_kernel
def add_pivot(with_best, best, size, factor, variance, covariance):
    """Add one column to a pivoted factor L L'; return the target in its coordinate.

    Parameters
    ----------
    with_best : (m,) float64
        Correlations of all m candidates with the one that is taken.
    best : int
        The one that is taken; its variance given those before it is not zero.
    size : int
        How many were taken before.
    factor : (more than size, m) float64
        Row k: the factor's column of the k-th that was taken. Row `size` is written.
    variance, covariance : (m,) float64
        Variance of each candidate and covariance with the target given all that were taken;
        kept up to date.
    """
    pivot = math.sqrt(variance[best])
    solved = covariance[best] / pivot
    column = factor[size]
    for c in range(len(column)):
        column[c] = with_best[c]
    for k in range(size):
        of_best = factor[k, best]
        for c in range(len(column)):
            column[c] -= factor[k, c] * of_best
    for c in range(len(column)):
        column[c] /= pivot
        variance[c] -= column[c] * column[c]
        covariance[c] -= column[c] * solved
    return solved


@inlined_kernel
def invert_product(lower, size):
    """Replace a factor L = lower[:size, :size] by the inverse of L L', both triangles.

    What stands above the diagonal before does not matter.
    """
    # L^-1 takes the place of L, column by column: what is still needed of L stands to the right.
    for column in range(size):
        lower[column, column] = 1.0 / lower[column, column]
        for row in range(column + 1, size):
            total = 0.0
            for k in range(column, row):
                total -= lower[row, k] * lower[k, column]
            lower[row, column] = total / lower[row, row]
    # The upper triangle takes the product, since the lower one is read until the end.
    for a in range(size):
        for b in range(a + 1):
            total = 0.0
            for k in range(a, size):
                total += lower[k, a] * lower[k, b]
            lower[b, a] = total
    for a in range(size):
        for b in range(a):
            lower[a, b] = lower[b, a]


@kernel
def cholesky(matrix):
    """The lower factor L of matrix = L L', which is positive definite."""
    size = len(matrix)
    lower = np.zeros((size, size))
    for a in range(size):
        for b in range(a + 1):
            total = matrix[a, b]
            for c in range(b):
                total -= lower[a, c] * lower[b, c]
            lower[a, b] = math.sqrt(total) if a == b else total / lower[b, b]
    return lower
