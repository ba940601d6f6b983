"""The anchors as a table: their effect on the gene and where they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from genesis.anchors.blankets import NearestAncestors

__all__ = ["anchor_table"]


def anchor_table(
    genes: pd.DataFrame,
    variants: pd.DataFrame,
    gene_of: np.ndarray,
    variant_of: np.ndarray,
    rows: np.ndarray,
    deviations: np.ndarray,
    anchors: NearestAncestors,
    nearest: NearestAncestors,
    n_effective: int,
    posterior: np.ndarray | None = None,
) -> pd.DataFrame:
    """One row a gene and anchor, in tensorQTL's column names.

    Parameters
    ----------
    genes, variants : pandas.DataFrame
        gene_id, chrom, start, end; variant_id, chrom, pos, af, effect_allele, other_allele.
    gene_of, variant_of : (n_genes,), (n_variants,) int64
        Positions in those tables of the genes and variants that the rows are of.
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    deviations : (n_variants + n_genes,) float64
        Residual standard deviations of the rows.
    anchors : NearestAncestors
        The variants that anchor each gene.
    nearest : NearestAncestors
        Nearest ancestors at the end of the search.
    n_effective : int
        Samples less covariate rank.
    posterior : (len(anchors.member),) float, optional
        Posterior that each anchor acts on its gene.

    Returns
    -------
    pandas.DataFrame
        gene_id, variant_id, chrom, pos, start_distance (position less gene start, missing
        across contigs), effect_allele (the one that dosages count: ALT), other_allele (missing
        where unknown), af, slope (change of expression an effect allele), slope_se,
        pval_nominal (two-sided t test with ``n_effective - 2`` degrees of freedom), nearest
        (False where a gene found later screens the anchor off), posterior (missing for the
        rules).
    """
    n_variants = len(variant_of)
    gene = np.repeat(np.arange(len(gene_of)), np.diff(anchors.start))
    variant = anchors.member
    order = np.lexsort((variant_of[variant], gene_of[gene]))
    gene, variant = gene[order], variant[order]
    r = np.einsum("ij,ij->i", rows[variant], rows[n_variants + gene])
    degrees = max(n_effective - 2, 1)
    slope = r * deviations[n_variants + gene] / deviations[variant]
    error = np.sqrt(np.maximum(1.0 - r * r, 0.0) / degrees)
    with np.errstate(divide="ignore"):
        t = np.abs(r) / error
    return pd.DataFrame(
        {
            "gene_id": _ids(genes["gene_id"], gene_of[gene]),
            "variant_id": _ids(variants["variant_id"], variant_of[variant]),
            "chrom": variants["chrom"].iloc[variant_of[variant]].astype("string").array,
            "pos": variants["pos"].array.take(variant_of[variant]),
            "start_distance": _start_distance(genes, variants, gene_of[gene], variant_of[variant]),
            "effect_allele": variants["effect_allele"].array.take(variant_of[variant]),
            "other_allele": variants["other_allele"].array.take(variant_of[variant]),
            "af": variants["af"].array.take(variant_of[variant]),
            "slope": slope,
            "slope_se": error * deviations[n_variants + gene] / deviations[variant],
            "pval_nominal": 2 * special.stdtr(degrees, -t),
            "nearest": _is_member(gene, variant, nearest, len(rows)),
            "posterior": np.full(len(order), np.nan) if posterior is None else posterior[order],
        }
    )


def _ids(column: pd.Series, positions: np.ndarray) -> pd.Series:
    return pd.Series(column.iloc[positions].to_numpy(dtype=object), dtype="str")


def _start_distance(
    genes: pd.DataFrame, variants: pd.DataFrame, gene: np.ndarray, variant: np.ndarray
) -> pd.arrays.IntegerArray:
    start = genes["start"].to_numpy(dtype=np.float64, na_value=np.nan)[gene]
    if np.isnan(start).all():
        nowhere = np.ones(len(gene), dtype=np.bool_)
        return pd.arrays.IntegerArray(np.zeros(len(gene), dtype=np.int64), nowhere)
    position = variants["pos"].to_numpy(dtype=np.float64, na_value=np.nan)[variant]
    here = genes["chrom"].iloc[gene].to_numpy(dtype=object, na_value=np.nan)
    there = variants["chrom"].iloc[variant].to_numpy(dtype=object, na_value=np.nan)
    known = (here == there) & ~np.isnan(start)
    distance = np.where(known, position - start, 0).astype(np.int64)
    return pd.arrays.IntegerArray(distance, ~known)


def _is_member(
    gene: np.ndarray, variable: np.ndarray, nearest: NearestAncestors, n_variables: int
) -> np.ndarray:
    of_gene = np.repeat(np.arange(len(nearest.start) - 1), np.diff(nearest.start))
    return np.isin(gene * n_variables + variable, of_gene * n_variables + nearest.member)
