"""The pool of each gene: candidate variants that pass a lenient marginal screen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from genesis.anchors import prescreen_kernels
from genesis.anchors.cis_windows import CandidateRanges
from genesis.engine.threads import map_ordered
from genesis.linear.unit_rows import UnitRows

__all__ = ["SCREEN_AT_LEAST", "blocks_of_genes", "prescreen"]

#: Benjamini–Hochberg level of the screen, and the least number of variants kept
#: (docs/rules.md#nearest-ancestors).
SCREEN_RATE = 0.30
SCREEN_AT_LEAST = 3

#: Correlations held at once (float64), which sets how many genes are screened together.
_BLOCK_ENTRIES = 8_000_000
_MOST_GENES = 256


def prescreen(
    variants: UnitRows,
    expression: np.ndarray,
    candidates: CandidateRanges,
    n_effective: int,
    at_least: int,
    threads: int,
    progress: Callable[[int, int], None],
) -> list[np.ndarray]:
    """Candidate variants of each gene that the marginal screen keeps.

    Parameters
    ----------
    variants : UnitRows
        Genotypes.
    expression : (n_genes, n_samples) float64
        Unit rows of the genes.
    candidates : CandidateRanges
        Where each gene's candidates are.
    n_effective : int
        Samples less covariate rank.
    at_least : int
        Variants kept of each gene, the most strongly associated ones, whatever their p-values.
    threads : int
        Number of threads; the outcome does not depend on it.
    progress : callable
        Called with genes done and genes in all.

    Returns
    -------
    list of (k,) int64
        Variant positions kept for each gene, ascending.
    """
    blocks = blocks_of_genes(candidates)
    kept: list[np.ndarray] = [np.empty(0, dtype=np.int64)] * len(expression)
    done = 0

    def work(genes: np.ndarray) -> list[np.ndarray]:
        return _screen_block(variants, expression, candidates, n_effective, at_least, genes)

    for genes, pools in zip(blocks, map_ordered(work, blocks, threads), strict=True):
        for gene, pool in zip(genes, pools, strict=True):
            kept[gene] = pool
        done += len(genes)
        progress(done, len(expression))
    return kept


def blocks_of_genes(candidates: CandidateRanges) -> list[np.ndarray]:
    """Genes with a candidate, in runs whose joint range of variants stays small."""
    busy = np.flatnonzero(candidates.last > candidates.first)
    busy = busy[np.lexsort((busy, candidates.last[busy], candidates.first[busy]))]
    blocks: list[list[int]] = []
    low = high = 0
    for gene in busy:
        joined_low = min(low, candidates.first[gene])
        joined_high = max(high, candidates.last[gene])
        size = len(blocks[-1]) + 1 if blocks else 1
        apart = candidates.first[gene] > high
        too_large = (joined_high - joined_low) * size > _BLOCK_ENTRIES
        if not blocks or apart or too_large or size > _MOST_GENES:
            blocks.append([])
            joined_low, joined_high = candidates.first[gene], candidates.last[gene]
        blocks[-1].append(int(gene))
        low, high = joined_low, joined_high
    return [np.array(block) for block in blocks]


def _screen_block(
    variants: UnitRows,
    expression: np.ndarray,
    candidates: CandidateRanges,
    n_effective: int,
    at_least: int,
    genes: np.ndarray,
) -> list[np.ndarray]:
    low, high = candidates.first[genes].min(), candidates.last[genes].max()
    correlations = np.empty((len(genes), high - low))
    present = np.empty(high - low, dtype=np.bool_)
    step = max(1, _BLOCK_ENTRIES // expression.shape[1])
    for start in range(low, high, step):
        stop = min(start + step, high)
        rows, deviations = variants(candidates.order[start:stop])
        correlations[:, start - low : stop - low] = expression[genes] @ rows.T
        present[start - low : stop - low] = deviations > 0
    pools = []
    for row, gene in enumerate(genes):
        mine = slice(candidates.first[gene] - low, candidates.last[gene] - low)
        mark = np.empty(mine.stop - mine.start, dtype=np.bool_)
        prescreen_kernels.screen(
            correlations[row, mine], present[mine], n_effective, SCREEN_RATE, at_least, mark
        )
        positions = candidates.order[candidates.first[gene] : candidates.last[gene]]
        pools.append(np.sort(positions[mark]))
    return pools
