"""Ancestor claims as a table, the strongest first: all of them, or those of one gene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from genesis.findings.claim_graph import choose_claims
from genesis.findings.gene_names import gene_position

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["list_claims"]


def list_claims(
    result: Findings,
    gene: str | None = None,
    *,
    upstream: bool = True,
    downstream: bool = True,
    direct: bool = False,
    min_posterior: float | None = None,
) -> pd.DataFrame:
    """Ancestor claims, the strongest first.

    Parameters
    ----------
    result : Findings
    gene : str, optional
        Only claims about this gene.
    upstream, downstream : bool
        Of those, claims of genes upstream of it (it is gene_b), and downstream (it is gene_a).
    direct, min_posterior
        As for `choose_claims`.

    Raises
    ------
    CommandLineError
        As `choose_claims`.

    Examples
    --------
    >>> import genesis
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> list_claims(result, "gene2")[["gene_a", "gene_b"]].to_numpy().tolist()
    [['gene1', 'gene2']]
    """
    chosen = choose_claims(result, direct=direct, order_alone=False, min_posterior=min_posterior)
    claims = chosen.claims
    if gene is not None:
        position = gene_position(result.gene_ids, gene)
        above, below = claims.gene_b == position, claims.gene_a == position
        claims = claims.rows((above & upstream) | (below & downstream))
    ranked = claims.rows(claims.strongest(len(claims)))
    return ranked.frame(result.gene_ids, result.variables)
