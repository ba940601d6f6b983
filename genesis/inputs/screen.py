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
from genesis.io.exclusions import exclusions
from genesis.linear.unit_rows import UnitRows, unit_rows
from genesis.options import CommonOptions

__all__ = ["Screened", "common_counts", "fingerprint", "screen_variants", "variable_positions"]


@dataclass(frozen=True, eq=False)
class Screened:
    """What the search works on, in an order of its own.

    `gene` and `variant` are positions in the inputs of the genes that vary and of the
    variants that passed the screen; `rows` and `deviations` are those of the variants, then
    the genes; `pools` holds rows of the variants for each gene, of `n_considered` in all.
    """

    gene: np.ndarray
    variant: np.ndarray
    rows: np.ndarray
    deviations: np.ndarray
    pools: list[np.ndarray]
    n_considered: int
    excluded: list[pd.DataFrame]


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
    constant = gene_ids[gene[~varies]]
    gene, gene_rows, gene_deviations = gene[varies], gene_rows[varies], gene_deviations[varies]
    variants = UnitRows(inputs.dosages, inputs.basis)
    if inputs.given_anchors is None:
        candidates = _candidates(inputs, options, gene)
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
    else:
        kept = [inputs.given_anchors[g] for g in gene]
        n_considered = sum(map(len, kept))
    used = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *kept]))
    if sort:
        used = used[np.argsort(inputs.variants["variant_id"].to_numpy(dtype=object)[used])]
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
        [exclusions("gene", list(constant), "constant", "no variance beyond the covariates")]
        if len(constant)
        else [],
    )


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
    """Samples, variants and genes, for the record of the run."""
    return {
        "samples": len(inputs.dosages),
        "covariate_rank": inputs.basis.shape[1] - 1,
        "variants": len(inputs.variants),
        "variants_screened_in": len(screened.variant),
        "genes": len(inputs.genes),
        "genes_without_position": int(inputs.genes["start"].isna().sum()),
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
        **{name: getattr(options, name) for name in names},
    }
