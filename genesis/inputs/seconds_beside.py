"""How long a run takes beside its method."""

from __future__ import annotations

__all__ = ["seconds_beside"]

#: Seconds that a gene takes before the method has its turn, and after it (loci and tables).
_ANCHORS_OF_A_GENE, _TABLES_OF_A_GENE = 1e-3, 2e-3


def seconds_beside(n_genes: int) -> tuple[float, float]:
    """Seconds of a run of so many genes before the method, and after it.

    Examples
    --------
    >>> seconds_beside(20_000)
    (20.0, 40.0)
    """
    return _ANCHORS_OF_A_GENE * n_genes, _TABLES_OF_A_GENE * n_genes
