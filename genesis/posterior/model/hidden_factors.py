"""How many hidden factors there may be, and where they start."""

from __future__ import annotations

import numpy as np

from genesis.prepare.component_number import parallel_analysis

__all__ = [
    "count_components",
    "leads_of_pools",
    "most_factors",
    "starting_factors",
    "strongest",
    "without_leads",
    "without_rows",
]

#: Permutations of the parallel analysis, and the quantile that a component must exceed.
PERMUTATIONS, QUANTILE = 10, 0.95
MOST_FACTORS = 25

_BLOCK = 256


def leads_of_pools(rows: np.ndarray, n_variants: int, pools: list[np.ndarray]) -> np.ndarray:
    """The variant of each gene's pool that goes most with the gene, -1 where there is none.

    Parameters
    ----------
    rows : (n_variants + n_genes, n) float64
        Unit rows, variants first.
    n_variants : int
    pools : list of (k,) int64
        Rows of variants.

    Returns
    -------
    (n_genes,) int64
        Rows of variants.
    """
    leads = np.full(len(pools), -1, dtype=np.int64)
    for gene, pool in enumerate(pools):
        if len(pool):
            leads[gene] = pool[strongest(rows[[n_variants + gene]], rows[pool])[0]]
    return leads


def without_leads(genes: np.ndarray, variants: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Unit rows of the genes without the effect of one variant each.

    Parameters
    ----------
    genes : (n_genes, n) float64
        Unit rows.
    variants : (n_variants, n) float64
        Unit rows.
    lead : (n_genes,) int64
        Row of each gene's variant, -1 for none.
    """
    genes = genes.copy()
    has = np.flatnonzero(lead >= 0)
    chosen = variants[lead[has]]
    genes[has] -= np.einsum("ij,ij->i", genes[has], chosen)[:, None] * chosen
    return _unit(genes)


def strongest(genes: np.ndarray, variants: np.ndarray) -> np.ndarray:
    """The variant that goes most with each gene, the first of equals; -1 where there is none.

    Parameters
    ----------
    genes, variants : (n_genes, n), (n_variants, n) float64
        Unit rows.

    Returns
    -------
    (n_genes,) int64
        Rows of `variants`.
    """
    chosen = np.full(len(genes), -1, dtype=np.int64)
    if len(variants):
        for low in range(0, len(genes), _BLOCK):
            strength = np.abs(genes[low : low + _BLOCK] @ variants.T)
            chosen[low : low + _BLOCK] = np.round(strength, 9).argmax(axis=1)
    return chosen


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))
    return rows / np.maximum(length, 1e-300)[:, None]


def most_factors(n_genes: int, n_degrees: int) -> int:
    """Hidden factors that are looked for at the most, in genes and degrees of freedom.

    Examples
    --------
    >>> most_factors(30, 299), most_factors(5_000, 99), most_factors(5_000, 999)
    (10, 9, 25)
    """
    return min(MOST_FACTORS, n_degrees // 10, n_genes // 3)


def count_components(rows: np.ndarray, rng: np.random.Generator) -> int:
    """Components that explain more than in data whose rows are permuted one by one.

    Parameters
    ----------
    rows : (n_genes, n) float64
        Unit rows.
    rng : numpy.random.Generator

    Returns
    -------
    int
        At most `most_factors`.

    References
    ----------
    Buja & Eyuboglu 1992, Multivariate Behavioral Research 27:509 (parallel analysis).
    """
    return parallel_analysis(rows, rng, most_factors(*rows.shape), PERMUTATIONS, QUANTILE)


def starting_factors(rows: np.ndarray, n_factors: int) -> np.ndarray:
    """Leading principal components of the rows' columns, (n_factors, n), variance one."""
    n = rows.shape[1]
    if n_factors == 0:
        return np.zeros((0, n))
    _, vectors = np.linalg.eigh(rows.T @ rows)
    leading = vectors[:, ::-1][:, :n_factors].T
    # The sign of an eigenvector is arbitrary and differs between libraries: it is fixed here.
    at = np.abs(leading).argmax(axis=1)
    signs = np.sign(leading[np.arange(n_factors), at])
    return np.ascontiguousarray(leading * signs[:, None] * np.sqrt(n))


def without_rows(rows: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Unit rows with the factors, which are orthogonal, projected out."""
    if not len(factors):
        return rows
    basis = factors / np.sqrt(factors.shape[1])
    return _unit(rows - (rows @ basis.T) @ basis)
