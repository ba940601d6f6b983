"""Loci, their targets and the genes that may act, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genesis.findings.findings import Findings
from genesis.findings.loci_table import empty_loci
from genesis.inputs.collect import Inputs

__all__ = ["CREDIBLE", "Evidence", "add_ancestors", "locus_table"]

#: Probability that a credible set reaches.
CREDIBLE = 0.95


@dataclass(frozen=True, eq=False)
class Evidence:
    """One locus: its targets, and what speaks for each of its genes.

    Attributes
    ----------
    lead : int
        Column of the dosages.
    variants : (m,) int64
        Columns that the locus spans.
    gene : (k,) int64
        Columns of the expression.
    target : (t,) int64
        Likewise.
    posterior : (t,) float64
        That the locus acts on the target.
    shares : (t, k + 1) float64
        Of the genes, and of none of them.
    cis : (k,) float64
        Correlation of each gene with its likeliest variant.
    partial : (t, k) float64
        Correlation of gene and target given that variant.
    mediated : (t, k) float64
        Share of the variant's effect on the target that goes along with the gene.
    """

    lead: int
    variants: np.ndarray
    gene: np.ndarray
    target: np.ndarray
    posterior: np.ndarray
    shares: np.ndarray
    cis: np.ndarray
    partial: np.ndarray
    mediated: np.ndarray


def locus_table(inputs: Inputs, evidence: list[Evidence]) -> pd.DataFrame:
    """One row a locus, target and member of the credible set.

    Parameters
    ----------
    inputs : Inputs
    evidence : list of Evidence

    Returns
    -------
    pandas.DataFrame
        As `genesis.Result.loci`: loci by place, targets by id, members by share; without what
        a run found of ancestors.
    """
    empty = empty_loci()
    ids = inputs.genes["gene_id"].to_numpy(dtype=object)
    pieces = [_columns(inputs.variants, ids, one) for one in evidence if len(one.target)]
    if not pieces:
        return empty
    columns = {name: np.concatenate([one[name] for one in pieces]) for name in pieces[0]}
    table = pd.DataFrame(
        {name: pd.array(values, dtype=empty[name].dtype) for name, values in columns.items()}
    )
    table["posterior_ancestor"] = np.nan
    # Share and gene last: in its own piece each row has its place already.
    table = table.sort_values(["chrom", "start", "locus", "target"], kind="stable")
    return table.reset_index(drop=True)[empty.columns.tolist()]


def _columns(variants: pd.DataFrame, ids: np.ndarray, one: Evidence) -> dict[str, np.ndarray]:
    """Columns of the rows of one locus; `ids` are those of all genes."""
    order = np.argsort(-np.round(one.shares, 9), axis=1, kind="stable")
    ranked = np.take_along_axis(one.shares, order, axis=1)
    # A member is needed while those before it do not reach the probability.
    needed = np.cumsum(ranked, axis=1) - ranked < CREDIBLE - 1e-9
    at, rank = np.nonzero(needed)
    member = order[at, rank]
    is_gene = member < len(one.gene)
    gene = np.where(is_gene, member, 0)
    names = np.where(is_gene, ids[one.gene[gene]], None)
    place = variants.iloc[one.variants]

    def of_locus(value: Any) -> np.ndarray:
        return np.full(len(at), value, dtype=object)

    def of_gene(values: np.ndarray) -> np.ndarray:
        return np.where(is_gene, values, np.nan)

    return {
        "locus": of_locus(str(variants["variant_id"].iloc[one.lead])),
        "chrom": of_locus(place["chrom"].iloc[0]),
        "start": of_locus(place["pos"].min()),
        "end": of_locus(place["pos"].max()),
        "n_genes": np.full(len(at), len(one.gene)),
        "target": ids[one.target[at]],
        "posterior": one.posterior[at],
        "n_members": needed.sum(axis=1)[at],
        "gene_id": names,
        "share": ranked[at, rank],
        "cis_correlation": of_gene(one.cis[gene]),
        "partial_correlation": of_gene(one.partial[at, gene]),
        "mediated": of_gene(one.mediated[at, gene]),
    }


def add_ancestors(table: pd.DataFrame, result: Findings) -> pd.DataFrame:
    """The table with the posterior that each gene is an ancestor of the target.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `locus_table`.
    result : Findings
        NaN stands where it does not list the pair.
    """
    pairs, n_genes = result.pairs, len(result.genes)
    a = result.gene_ids.get_indexer(table["gene_id"]).astype(np.int64)
    b = result.gene_ids.get_indexer(table["target"]).astype(np.int64)
    wanted = np.where(a >= 0, a * n_genes + b, -1)
    found = np.full(len(table), np.nan)
    # What a row says of the reverse counts where that has no row of its own.
    for first, second, posterior in (
        (pairs.gene_b, pairs.gene_a, pairs.posterior_reverse),
        (pairs.gene_a, pairs.gene_b, pairs.posterior),
    ):
        key = first.astype(np.int64) * n_genes + second
        rows = np.flatnonzero(np.isin(key, wanted))
        rows = rows[np.argsort(key[rows], kind="stable")]
        if len(rows):
            at = np.minimum(np.searchsorted(key[rows], wanted), len(rows) - 1)
            known = key[rows][at] == wanted
            found[known] = posterior[rows[at[known]]]
    return table.assign(posterior_ancestor=found)
