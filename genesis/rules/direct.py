"""Direct or indirect: which ancestral claims are edges of their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from genesis.anchors.blankets import NearestAncestors
from genesis.engine.threads import map_ordered
from genesis.graphs.codes import ANCESTOR
from genesis.graphs.reachability import closed_bits
from genesis.rules import direct_kernels

__all__ = ["DirectClaims", "direct_claims"]


class DirectClaims(NamedTuple):
    """Which ancestral claims a ≺ b could be tested, and what follows from the direct ones.

    Attributes
    ----------
    cause, target : (m,) int32
        The genes a and b of the claims that were tested, ordered by b, then a.
    direct : (m,) int8
        1 direct, 0 indirect.
    log_p : (m,) float64
        Log p of the test.
    reach : (n_genes, n_words) uint64
        Bit b of row a: a path of direct edges leads from a to b.
    """

    cause: np.ndarray
    target: np.ndarray
    direct: np.ndarray
    log_p: np.ndarray
    reach: np.ndarray


def direct_claims(
    rows: np.ndarray,
    n_variants: int,
    codes: np.ndarray,
    nearest: NearestAncestors,
    *,
    n_effective: int,
    alpha: float,
    threads: int,
) -> DirectClaims:
    """Test every ancestral claim a ≺ b given b's other ancestors and their variants.

    All claims on one gene are tested from one factorisation. Where samples do not suffice to
    condition on the variants of the other ancestors too, the target's own are used; where
    they do not suffice even then, the claim stays undetermined.

    Parameters
    ----------
    rows : (n_variants + n_genes, n_samples) float64
        Unit rows, variants first.
    n_variants : int
        Number of variants among the rows.
    codes : (n_genes, n_genes) int8
        Ancestrality matrix, row a before column b.
    nearest : NearestAncestors
        Where the variants of each gene are taken from.
    n_effective : int
        Samples less covariate rank.
    alpha : float
        Level of the tests.
    threads : int
        Number of threads; the outcome does not depend on it.

    Returns
    -------
    DirectClaims

    References
    ----------
    docs/rules.md#direct-or-indirect.
    """
    n_causes = np.count_nonzero(codes == ANCESTOR, axis=0)
    # A test needs a degree of freedom when it conditions on the other causes alone.
    testable = np.flatnonzero((n_causes > 0) & (n_effective - (n_causes - 1) - 3 >= 1))

    def work(gene: np.intp) -> tuple[np.ndarray, np.ndarray]:
        causes = np.flatnonzero(codes[:, gene] == ANCESTOR).astype(np.int32)
        log_p = _test_target(rows, n_variants, int(gene), causes, nearest, n_effective)
        tested = ~np.isnan(log_p)
        return causes[tested], log_p[tested]

    found = list(map_ordered(work, testable, threads))
    cause = np.concatenate([np.empty(0, dtype=np.int32), *(causes for causes, _ in found)])
    target = np.repeat(testable.astype(np.int32), [len(causes) for causes, _ in found])
    log_p = np.concatenate([np.empty(0), *(p for _, p in found)])
    direct = (log_p <= np.log(alpha)).astype(np.int8)
    reach = closed_bits(cause[direct == 1], target[direct == 1], len(codes))
    return DirectClaims(cause, target, direct, log_p, reach)


def _test_target(
    rows: np.ndarray,
    n_variants: int,
    gene: int,
    causes: np.ndarray,
    nearest: NearestAncestors,
    n_effective: int,
) -> np.ndarray:
    log_p = np.full(len(causes), np.nan)
    own = nearest.of(gene)
    others = [nearest.of(cause) for cause in causes]
    for members in (np.concatenate([own, *others]), own):
        variants = np.unique(members[members < n_variants])
        if n_effective - (len(variants) + len(causes) - 1) - 3 >= 1:
            block = rows[np.concatenate([variants, n_variants + causes, [n_variants + gene]])]
            direct_kernels.direct_log_p(block @ block.T, len(causes), n_effective, log_p)
            break
    return log_p
