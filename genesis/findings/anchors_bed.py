"""The anchors of a result as BED, for genome browsers and bedtools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genesis.errors import CommandLineError
from genesis.findings.gene_names import gene_position
from genesis.io.ids import counted

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["anchors_bed"]


def anchors_bed(
    result: Findings, *, genes: Iterable[str] = (), min_posterior: float | None = None
) -> tuple[bytes, str]:
    """The anchors as lines of six columns, by contig and position.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    genes : iterable of str
        The anchors of these genes only; of all where none is named.
    min_posterior : float, optional
        Only anchors with this posterior.

    Returns
    -------
    text : bytes
        chrom, start (from 0), end (start and the length of REF, or of one base where that is not
        known), GENE|VARIANT, 1000 × posterior (0 for the rules, which have none), a dot.
    note : str
        How many there are, and how many have no place.

    Raises
    ------
    CommandLineError
        A gene is not there, or there is no posterior to choose by.

    Examples
    --------
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> x = z + rng.normal(size=(500, 2))
    >>> places = {"variant_id": ["variant1", "variant2"], "chrom": "1", "pos": [5, 900]}
    >>> result = genesis.discover(z, x, variants=pd.DataFrame(places))
    >>> text, note = anchors_bed(result)
    >>> text.decode().split()[:4]
    ['1', '4', '5', 'gene1|variant1']
    """
    anchors = result.anchors
    if names := list(genes):
        for name in names:
            gene_position(result.gene_ids, name)
        anchors = anchors[anchors["gene_id"].isin(names)]
    if min_posterior is not None:
        if len(anchors) and anchors["posterior"].isna().all():
            raise CommandLineError(
                "these anchors have no posterior to choose by: min_posterior is for method "
                "calibrated"
            )
        anchors = anchors[anchors["posterior"] >= min_posterior]
    placed = anchors[anchors["chrom"].notna() & anchors["pos"].notna()]
    table = pd.DataFrame(
        {
            "chrom": placed["chrom"].astype("str"),
            "start": placed["pos"].astype("int64") - 1,
            "end": placed["pos"].astype("int64") - 1 + _lengths(placed),
            "name": placed["gene_id"].astype("str") + "|" + placed["variant_id"].astype("str"),
            "score": np.rint(1000 * placed["posterior"].fillna(0)).astype("int64"),
            "strand": ".",
        }
    ).sort_values(["chrom", "start", "end", "name"])
    rows = table.to_numpy(dtype=object)
    note = counted(len(table), "anchor", ",")
    if lost := len(anchors) - len(placed):
        note += f"; left out: {lost:,} without a position"
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode(), note


def _lengths(anchors: pd.DataFrame) -> pd.Series:
    """Bases of the reference that each variant takes; results of older versions hold no alleles."""
    if "other_allele" not in anchors.columns:
        return pd.Series(1, index=anchors.index)
    return anchors["other_allele"].str.len().fillna(1).astype("int64")
