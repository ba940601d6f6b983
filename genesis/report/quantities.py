"""The numbers that figures show, where a result does not hold them as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special, stats

from genesis.errors import DegenerateDataError
from genesis.findings.relations import RELATION_NAMES, Relations

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = [
    "anchors_a_gene",
    "candidate_posteriors",
    "heterozygosity",
    "inflation",
    "null_band",
]

_ANCESTOR, _UNRESOLVED = (RELATION_NAMES.index(name) for name in ("ancestor", "unresolved"))


def anchors_a_gene(result: Findings) -> np.ndarray:
    """Number of anchors of each gene, (n_genes,) int64."""
    anchors = result.anchors
    # Those of the rules have no posterior; screened off or not, they were found for the gene.
    counted = anchors[anchors["posterior"].isna() | (anchors["posterior"] >= 0.5)]
    at = result.gene_ids.get_indexer(counted["gene_id"])
    return np.bincount(at, minlength=len(result.genes))


def candidate_posteriors(result: Findings) -> tuple[np.ndarray, np.ndarray]:
    """Posteriors of a ≺ b: of ancestor claims, and of all other ordered pairs listed.

    Raises
    ------
    DegenerateDataError
        The method gives no posteriors.
    """
    pairs: Relations = result.pairs
    if np.isnan(pairs.posterior).any() or (
        not len(pairs) and result.run.get("options", {}).get("method") == "rules"
    ):
        raise DegenerateDataError("method rules gives no posteriors")
    claimed = pairs.posterior[pairs.relation == _ANCESTOR].astype(np.float64)
    # An unresolved pair has a row for each direction, all others one for both.
    backward = pairs.posterior_reverse[pairs.relation != _UNRESOLVED]
    forward = pairs.posterior[pairs.relation != _ANCESTOR]
    return claimed, np.concatenate([forward, backward]).astype(np.float64)


def heterozygosity(result: Findings) -> pd.DataFrame:
    """Of each sample the shares of missing and of heterozygous calls, as the run recorded them.

    Raises
    ------
    DegenerateDataError
        The run did not look for related samples, or could not.
    """
    found = (result.run.get("preparation") or {}).get("kinship")
    rows = found.get("samples") if isinstance(found, dict) else None
    table = pd.DataFrame(rows or [], columns=["sample", "missing", "heterozygous"])
    numbers = table[["missing", "heterozygous"]].astype(np.float64)
    table = table.assign(**numbers)[np.isfinite(numbers).all(axis=1)]
    if table.empty:
        raise DegenerateDataError("the run did not count heterozygous calls of its samples")
    return table


def null_band(rank: np.ndarray, n_tests: int) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of −log10 of the p-values of some ranks, in 95 % of data sets without effects.

    Parameters
    ----------
    rank : (k,) int64
        From 1, the smallest p-value.
    n_tests : int
        Independent tests.

    Returns
    -------
    low, high : (k,) float64

    References
    ----------
    Order statistics of a uniform distribution: Beta(rank, n_tests − rank + 1).

    Examples
    --------
    >>> low, high = null_band(np.array([1]), 1)
    >>> float(round(10 ** -low[0], 3)), float(round(10 ** -high[0], 3))
    (0.975, 0.025)
    """
    bounds = [stats.beta.ppf(q, rank, n_tests - rank + 1) for q in (0.975, 0.025)]
    low, high = -np.log10(np.maximum(bounds, np.finfo(np.float64).tiny))
    return low, high


def inflation(quantiles: pd.DataFrame) -> float:
    """Genomic inflation λ: the median χ² of tests over its expected value.

    References
    ----------
    Devlin & Roeder 1999, Biometrics 55:997.

    Examples
    --------
    >>> median = pd.DataFrame({"n_tests": [1], "rank": [1], "observed": [-np.log10(0.5)]})
    >>> round(inflation(median), 6)
    1.0
    """
    middle = quantiles[quantiles["rank"] == (quantiles["n_tests"] + 1) // 2]
    p = 10.0 ** -float(middle["observed"].iloc[0])
    return float(special.ndtri(p / 2) ** 2 / special.ndtri(0.25) ** 2)
