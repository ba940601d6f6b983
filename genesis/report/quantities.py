"""The numbers that figures show, where a result does not hold them as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from genesis.errors import DegenerateDataError
from genesis.findings.relations import RELATION_NAMES, Relations

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["anchors_a_gene", "candidate_posteriors", "inflation"]

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
