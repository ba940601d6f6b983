"""What a search works on: unit rows of variants and genes, and the variants of each gene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genesis._version import __version__
from genesis.anchors.cis_windows import CandidateRanges, all_variants, cis_windows
from genesis.anchors.prescreen import prescreen
from genesis.engine.checkpoint import digest
from genesis.engine.progress import Progress
from genesis.errors import InconsistentInputsError
from genesis.inputs.collect import Inputs
from genesis.inputs.layer_order import GeneOrder
from genesis.inputs.trait_variants import (
    have_own_variants,
    own_variants_of_traits,
    without_copies,
)
from genesis.io.exclusions import exclusions
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.options import CommonOptions

__all__ = ["Screened", "common_counts", "fingerprint", "screen_variants", "variable_positions"]


@dataclass(frozen=True, eq=False)
class Screened:
    """What the search works on, in an order of its own.

    `gene` and `variant` are positions in the inputs of the genes that vary and of the
    variants that passed the screen; `rows` and `deviations` are those of the variants, then
    the genes; `pools` holds rows of the variants for each gene, of `n_considered` in all. `order`
    is that of the genes, None where there is one layer.
    """

    gene: np.ndarray
    variant: np.ndarray
    rows: np.ndarray
    deviations: np.ndarray
    pools: list[np.ndarray]
    n_considered: int
    excluded: list[pd.DataFrame]
    order: GeneOrder | None = None

    @property
    def has_traits(self) -> bool:
        """Whether traits are among the genes."""
        return self.order is not None and bool(self.order.is_trait.any())


def screen_variants(
    inputs: Inputs,
    options: CommonOptions,
    *,
    sort: bool,
    at_least: int,
    threads: int,
    progress: Progress,
) -> Screened:
    """Screen the variants and bring all variables into unit rows.

    Parameters
    ----------
    inputs : Inputs
    options : CommonOptions
    sort : bool
        Genes and variants in the order of their ids, else in that of the inputs.
    at_least : int
        Variants that the screen keeps of each gene, whatever their p-values.
    threads : int
    progress : callable

    Raises
    ------
    InconsistentInputsError
        A cis window is asked for without positions.
    """
    gene_ids = inputs.genes["gene_id"].to_numpy(dtype=object)
    # In an order of their own before any arithmetic, so that not one bit depends on theirs.
    gene = np.argsort(gene_ids) if sort else np.arange(len(gene_ids))
    gene_rows, gene_deviations = unit_rows(inputs.expression[:, gene], inputs.basis)
    varies = gene_deviations > 0
    excluded = _constant(inputs, gene[~varies])
    if inputs.layers is not None:
        varies, copies = without_copies(inputs, gene, gene_rows, varies)
        excluded.append(copies)
    gene, gene_rows, gene_deviations = gene[varies], gene_rows[varies], gene_deviations[varies]
    order = None if inputs.layers is None else inputs.layers.order.take(gene)
    variants = UnitRows(inputs.dosages, inputs.basis)
    if inputs.given_anchors is None:
        candidates = _candidates(inputs, options, gene)
        traits = np.empty(0, dtype=np.int64)
        if order is not None and have_own_variants(inputs, options):
            traits = np.flatnonzero(order.is_trait)
            candidates.first[traits] = candidates.last[traits] = 0
        n_considered = int((candidates.last - candidates.first).sum())
        kept = prescreen(
            variants,
            gene_rows,
            candidates,
            inputs.n_effective,
            at_least,
            threads,
            lambda done, total: progress("anchors", done, total),
        )
        if len(traits):
            own = own_variants_of_traits(inputs, gene[traits], gene_rows[traits], variants)
            for trait, pool in zip(traits, own, strict=True):
                kept[trait] = pool
            n_considered += sum(map(len, own))
    else:
        kept = [_given_variants(inputs, g) for g in gene]
        n_considered = sum(map(len, kept))
    used = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *kept]))
    if sort:
        used = used[np.argsort(inputs.variants["variant_id"].iloc[used].to_numpy(dtype=object))]
    variant_rows, variant_deviations = variants(used)
    varies = variant_deviations > 0
    row_of = np.full(len(inputs.variants), -1, dtype=np.int64)
    row_of[used[varies]] = np.arange(np.count_nonzero(varies))
    pools = [np.sort(row_of[pool]) for pool in kept]
    return Screened(
        gene,
        used[varies],
        np.concatenate([variant_rows[varies], gene_rows]),
        np.concatenate([variant_deviations[varies], gene_deviations]),
        [pool[pool >= 0] for pool in pools],
        n_considered,
        excluded,
        order,
    )


def _constant(inputs: Inputs, gene: np.ndarray) -> list[pd.DataFrame]:
    """Exclusions of genes and traits that the covariates leave nothing of."""
    is_trait = np.zeros(len(gene), dtype=np.bool_)
    if inputs.layers is not None:
        is_trait = inputs.layers.order.is_trait[gene]
    ids = inputs.genes["gene_id"].to_numpy(dtype=object)[gene]
    detail = "no variance beyond the covariates"
    return [
        exclusions(kind, list(ids[which]), "constant", detail)
        for kind, which in (("gene", ~is_trait), ("trait", is_trait))
        if which.any()
    ]


def _given_variants(inputs: Inputs, gene: int) -> np.ndarray:
    """The anchors that the caller gives a gene, or the hits and anchors of a trait."""
    assert inputs.given_anchors is not None
    mine = inputs.given_anchors[gene]
    if inputs.layers is None or inputs.layers.own_variants is None:
        return mine
    return np.union1d(mine, inputs.layers.own_variants[gene])


def _candidates(inputs: Inputs, options: CommonOptions, gene: np.ndarray) -> CandidateRanges:
    if options.all_snps:
        return all_variants(len(inputs.variants), len(gene))
    if not inputs.has_positions:
        raise InconsistentInputsError(
            "a cis window needs positions of variants and genes: give both, or ask for all SNPs"
        )
    return cis_windows(
        inputs.variants, inputs.genes.iloc[gene].reset_index(drop=True), options.cis_window
    )


def variable_positions(screened: Screened) -> tuple[np.ndarray, np.ndarray]:
    """Where the variables of a search are in the variable table of the result.

    The table holds the variants used, in the order of the inputs, then all genes.

    Returns
    -------
    used : (n_variants,) int64
        Positions in the inputs of the variants of the table.
    variable_of : (n_variants + n_genes,) int64
        Position in the table of each variant and gene of the search.
    """
    n_variants = len(screened.variant)
    by_column = np.argsort(screened.variant)
    variant_of = np.empty(n_variants, dtype=np.int64)
    variant_of[by_column] = np.arange(n_variants)
    return screened.variant[by_column], np.concatenate([variant_of, n_variants + screened.gene])


def common_counts(inputs: Inputs, screened: Screened) -> dict[str, int]:
    """Samples, variants and genes, traits among them, for the record of the run."""
    unplaced = inputs.genes["start"].isna().to_numpy()
    if inputs.layers is not None:
        unplaced = unplaced & ~inputs.layers.order.is_trait
    return {
        "samples": len(inputs.dosages),
        "covariate_rank": inputs.basis.shape[1] - 1,
        "variants": len(inputs.variants),
        "variants_screened_in": len(screened.variant),
        "genes": len(inputs.genes),
        "genes_without_position": int(unplaced.sum()),
    }


def fingerprint(
    inputs: Inputs, screened: Screened, options: CommonOptions, names: Sequence[str]
) -> dict[str, Any]:
    """What a run depends on, for its checkpoint: version, inputs, and the options named."""
    n_variants = len(screened.variant)
    sizes = np.array([len(pool) for pool in screened.pools], dtype=np.int64)
    return {
        "GENESIS": __version__,
        "method": options.method,
        "genotypes (SHA-256)": digest(screened.rows[:n_variants]),
        "expression (SHA-256)": digest(screened.rows[n_variants:]),
        "covariates (SHA-256)": digest(inputs.basis),
        "anchors (SHA-256)": digest(sizes, *screened.pools),
        "variants considered": screened.n_considered,
        **({} if screened.order is None else {"order of layers": digest(screened.order.rank)}),
        **{name: getattr(options, name) for name in names},
    }
