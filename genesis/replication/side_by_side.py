"""Several tests of claims as one, of which samples may have been in more than one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from genesis.replication.statistic import AnchoredClaims

__all__ = ["side_by_side"]


def side_by_side(
    tests: Sequence[tuple[AnchoredClaims, NDArray[np.float64], NDArray[np.float64]]],
    columns: Sequence[NDArray[np.int64]],
    n_columns: int,
) -> tuple[AnchoredClaims, NDArray[np.float64], NDArray[np.float64]]:
    """Put tests together so that what a sample adds to each of them is added up.

    Each test has rows of its own among the variants and genes, which are zero for all samples but
    its own. What a sample adds is thus the sum of what it adds to each test, as its standard
    error needs it.

    Parameters
    ----------
    tests : sequence of (AnchoredClaims, variants, genes)
        Claims, whose loci mean the same in all tests, and unit rows of the samples that test them.
    columns : sequence of (n_samples,) int64
        Which of all samples those of each test are.
    n_columns : int
        Samples in all.

    Returns
    -------
    claims : AnchoredClaims
    variants, genes : (k, n_columns) float64

    Examples
    --------
    >>> one, half = np.zeros(1, dtype=np.int64), np.full((1, 2), 0.5**0.5)
    >>> claims = AnchoredClaims(one, one, one, *[np.ones(1)] * 3, one)
    >>> test = claims, half, half
    >>> merged, variants, _ = side_by_side([test, test], [np.array([0, 1]), np.array([1, 2])], 3)
    >>> merged.anchor.tolist(), (variants != 0).tolist()
    ([0, 1], [[True, True, False], [False, True, True]])
    """
    n_variants, n_genes = (sum(len(test[part]) for test in tests) for part in (1, 2))
    variants, genes = np.zeros((n_variants, n_columns)), np.zeros((n_genes, n_columns))
    parts: dict[str, list[np.ndarray]] = {name: [] for name in vars(tests[0][0])}
    first_variant = first_gene = 0
    for (claims, z, x), mine in zip(tests, columns, strict=True):
        variants[first_variant : first_variant + len(z), mine] = z
        genes[first_gene : first_gene + len(x), mine] = x
        offset = {"cause": first_gene, "target": first_gene, "anchor": first_variant}
        for name, column in vars(claims).items():
            parts[name].append(column + offset.get(name, 0))
        first_variant, first_gene = first_variant + len(z), first_gene + len(x)
    claims = AnchoredClaims(**{name: np.concatenate(part) for name, part in parts.items()})
    return claims, variants, genes
