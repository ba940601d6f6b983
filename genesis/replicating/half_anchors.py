"""The anchor of each gene as one half of the samples shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genesis.anchors.cis_windows import all_variants, cis_windows
from genesis.anchors.leads import cis_leads
from genesis.engine.threads import available_threads, one_blas_thread
from genesis.inputs.places import place_anchors
from genesis.linear.unit_rows import UnitRows
from genesis.options import Options
from genesis.replicating.second_samples import SecondSamples

__all__ = ["anchors_of_half"]


def anchors_of_half(
    half: SecondSamples,
    gene_ids: Sequence[str],
    given: pd.DataFrame | None,
    asked: Options,
) -> pd.DataFrame:
    """The variant that is most strongly correlated with each gene.

    Parameters
    ----------
    half : SecondSamples
    gene_ids : sequence of str
        Genes to be anchored; those that the half has not are passed over.
    given : pandas.DataFrame, optional
        gene_id, variant_id: the variants that may anchor a gene, all of which are listed. Else
        those of its cis window, or all where there are no positions.
    asked : Options
        With the cis window, and whether all variants may be anchors.

    Returns
    -------
    pandas.DataFrame
        gene_id, variant_id, strength, chrom, nearest (true); the strongest of a gene first.
    """
    inputs = half.inputs
    known = [name for name, is_there in zip(gene_ids, half.has_genes(gene_ids), strict=True)
             if is_there]  # fmt: skip
    rows = half.gene_rows(known)
    ids = inputs.variants["variant_id"].to_numpy(dtype=object)
    if given is not None:
        lists = place_anchors(given, known, ids.tolist())
        gene = np.repeat(np.arange(len(known)), [len(one) for one in lists])
        variant = np.concatenate([np.empty(0, dtype=np.int64), *lists])
        found = half.variant_rows(ids[variant].tolist())
        strength = np.einsum("ij,ij->i", found, rows[gene])
    else:
        everywhere = not inputs.has_positions if asked.all_snps is None else asked.all_snps
        at = pd.Index(inputs.genes["gene_id"]).get_indexer(pd.Index(known))
        places = inputs.genes.iloc[at].reset_index(drop=True)
        candidates = (
            all_variants(len(ids), len(known))
            if everywhere
            else cis_windows(inputs.variants, places, asked.cis_window)
        )
        with one_blas_thread():
            lead, strength = cis_leads(
                rows, UnitRows(inputs.dosages, inputs.basis), candidates,
                asked.threads or available_threads(),
            )  # fmt: skip
        gene = np.flatnonzero(lead >= 0)
        variant, strength = lead[gene], strength[gene]
    table = pd.DataFrame(
        {
            "gene_id": np.array(known, dtype=object)[gene],
            "variant_id": ids[variant],
            "strength": strength,
            "chrom": inputs.variants["chrom"].astype(object).to_numpy()[variant],
            "nearest": True,
        }
    )
    order = np.lexsort((table["variant_id"].astype(str), -np.abs(strength)))
    return table.iloc[order].reset_index(drop=True)
