"""The strongest variants in the cis window of each gene."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from genesis.anchors.cis_windows import CandidateRanges, cis_windows
from genesis.anchors.prescreen import blocks_of_genes
from genesis.engine.threads import map_ordered
from genesis.io.contigs import match_contigs
from genesis.linear.unit_rows import UnitRows

__all__ = ["cis_leads", "cis_ranges", "p_of_r", "without_cis"]

#: Variants removed of a gene at most, and the level that each must pass in its window.
MOST_LEADS, LEVEL = 3, 0.05
_CHUNK_ENTRIES = 4_000_000


def cis_ranges(variants: pd.DataFrame, genes: pd.DataFrame, window: int) -> CandidateRanges | None:
    """Variants near each gene, contigs in any spelling; None without positions.

    Parameters
    ----------
    variants : pandas.DataFrame
        chrom, pos.
    genes : pandas.DataFrame
        chrom, start, end, missing where unknown.
    window : int

    Raises
    ------
    InconsistentInputsError
        No contig of the genes is one of the variants.
    """
    known = genes["chrom"].notna()
    if not known.any() or not variants["chrom"].notna().any():
        return None
    mapping, _ = match_contigs(
        variants["chrom"].dropna().unique().tolist(), genes.loc[known, "chrom"].unique().tolist()
    )
    renamed = [mapping.get(name, name) for name in genes["chrom"]]
    return cis_windows(variants, genes.assign(chrom=pd.array(renamed, dtype="string")), window)


def p_of_r(r: np.ndarray, degrees: int) -> np.ndarray:
    """Two-sided p-values of correlations with so many degrees of freedom."""
    with np.errstate(divide="ignore"):
        t = np.abs(r) * np.sqrt(degrees / np.maximum(1.0 - r * r, 0.0))
    p: np.ndarray = 2 * special.stdtr(degrees, -t)
    return p


def cis_leads(
    rows: np.ndarray, variants: UnitRows, candidates: CandidateRanges, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """The candidate that is most strongly correlated with each gene.

    Parameters
    ----------
    rows : (n_genes, n_samples) float64
        Unit rows.
    variants : UnitRows
    candidates : CandidateRanges
    threads : int

    Returns
    -------
    lead : (n_genes,) int64
        Its column, -1 where a gene has none; the first of equals in the order of the genome.
    r : (n_genes,) float64
        The correlation, 0 where there is none.
    """
    lead = np.full(len(rows), -1, dtype=np.int64)
    r = np.zeros(len(rows))
    blocks = blocks_of_genes(candidates)

    def work(genes: np.ndarray) -> list[tuple[int, float]]:
        low, high = candidates.first[genes].min(), candidates.last[genes].max()
        correlations = np.empty((len(genes), high - low))
        step = max(1, _CHUNK_ENTRIES // rows.shape[1])
        for start in range(low, high, step):
            stop = min(start + step, high)
            found, _ = variants(candidates.order[start:stop])
            correlations[:, start - low : stop - low] = rows[genes] @ found.T
        best = []
        for row, gene in zip(correlations, genes, strict=True):
            mine = row[candidates.first[gene] - low : candidates.last[gene] - low]
            at = int(np.abs(mine).argmax())
            best.append((int(candidates.order[candidates.first[gene] + at]), float(mine[at])))
        return best

    for genes, best in zip(blocks, map_ordered(work, blocks, threads), strict=True):
        for gene, (variant, correlation) in zip(genes, best, strict=True):
            if correlation:
                lead[gene], r[gene] = variant, correlation
    return lead, r


def without_cis(
    rows: np.ndarray,
    variants: UnitRows,
    candidates: CandidateRanges,
    n_effective: int,
    threads: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows of the genes without the effects of their strongest cis variants.

    Variants are taken one after the other, at most three a gene, while their p-value times the
    number of variants in the window stays below 0.05.

    Parameters
    ----------
    rows : (n_genes, n_samples) float64
        Unit rows.
    variants : UnitRows
    candidates : CandidateRanges
    n_effective : int
        Samples less covariate rank.
    threads : int

    Returns
    -------
    rest : (n_genes, n_samples) float64
    n_removed : (n_genes,) int64
    """
    n_candidates = candidates.last - candidates.first
    rest, n_removed = rows.copy(), np.zeros(len(rows), dtype=np.int64)
    leads = np.full((len(rows), MOST_LEADS), -1, dtype=np.int64)
    active = np.arange(len(rows))
    for number in range(MOST_LEADS):
        some = CandidateRanges(candidates.order, candidates.first[active], candidates.last[active])
        lead, r = cis_leads(rest[active], variants, some, threads)
        degrees = max(n_effective - 2 - number, 1)
        passes = (lead >= 0) & (p_of_r(r, degrees) * n_candidates[active] < LEVEL)
        active = active[passes]
        leads[active, number] = lead[passes]
        n_removed[active] = number + 1
        step = max(1, _CHUNK_ENTRIES // max(rows.shape[1] * (number + 1), 1))
        for start in range(0, len(active), step):
            genes = active[start : start + step]
            found, _ = variants(leads[genes, : number + 1].ravel())
            found = found.reshape(len(genes), number + 1, rows.shape[1])
            basis, _ = np.linalg.qr(found.transpose(0, 2, 1))
            fitted = np.einsum("gnk,gn->gk", basis, rows[genes])
            left = rows[genes] - np.einsum("gnk,gk->gn", basis, fitted)
            length = np.linalg.norm(left, axis=1)
            # A gene that its variants explain wholly has nothing left to look at.
            left[length < 1e-7] = 0.0
            rest[genes] = left / np.where(length < 1e-7, 1.0, length)[:, None]
    return rest, n_removed
