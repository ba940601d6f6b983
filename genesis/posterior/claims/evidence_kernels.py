"""What a claim rests on: compiled numeric code."""

from __future__ import annotations

import numpy as np

from genesis.jit import borrowing_kernel, kernel

#: A sign that has not been looked at.
_UNKNOWN = 2


@kernel
def find_support(
    cause, target, effect_sign, lead, has_anchor, by_position, start, ancestor, acting, n_acting,
    variants, genes, least, shared_r2, own, elsewhere, found,
):  # fmt: skip
    """Write what each claim a ≺ b rests on.

    Parameters
    ----------
    cause, target : (m,) int32
        Genes a and b; quickest where those of one a are together.
    effect_sign : (m,) int8
        Sign of the effect of a on b.
    lead : (n_genes,) int64
        Variant that anchors each gene, -1 for none.
    has_anchor : (n_genes,) bool
        Genes whose variant surely does.
    by_position : (n_genes,) bool
        Genes whose anchor stands for them, so that their expression need not show it.
    start : (n_genes + 1,) int64
    ancestor : (k,) int32
        The anchored ancestors of each gene at ``start[a]:start[a + 1]``.
    acting : (n_genes, most) int64
        Variants that act on each gene of their own.
    n_acting : (n_genes,) int64
    variants : (n_variants, n_samples) float64
    genes : (n_genes, n_samples) float64
        Unit rows.
    least : float
        Correlation from which on a variant is seen in a gene.
    shared_r2 : float
        An anchor that is linked so closely with a variant of b says nothing of a's part.
    own, elsewhere : int
        Codes to be written.
    found : (m,) int8
        Written where there is support.
    """
    # Signs of the anchors in the cause.
    most = start[0]
    for row in range(len(start) - 1):
        most = max(most, start[row + 1] - start[row])
    in_cause = np.empty(most + 1, dtype=np.int64)
    for k in range(len(cause)):
        a, b = cause[k], target[k]
        n_anchors = start[a + 1] - start[a] + 1
        if k == 0 or cause[k - 1] != a:
            for at in range(n_anchors):
                in_cause[at] = _UNKNOWN
        # Its own anchor first, if it has one, then those of its ancestors.
        for at in range(n_anchors):
            gene = np.int64(a) if at == 0 else np.int64(ancestor[start[a] + at - 1])
            if not has_anchor[gene]:
                continue
            sign = _sign(variants, lead[gene], genes, b, least)
            if sign == 0:
                continue
            if in_cause[at] == _UNKNOWN:
                in_cause[at] = _sign(variants, lead[gene], genes, a, least)
            fits = in_cause[at] != 0 and sign * in_cause[at] == effect_sign[k]
            if not (fits or by_position[gene]):
                continue
            if not _is_shared(lead[gene], b, acting, n_acting, variants, shared_r2):
                found[k] = own if at == 0 else elsewhere
                break


@borrowing_kernel
def _sign(variants, variant, genes, gene, least):
    """Sign of the correlation of a variant with a gene, 0 where it is not seen."""
    r = np.dot(variants[variant], genes[gene])
    if abs(r) < least:
        return 0
    return 1 if r > 0 else -1


@borrowing_kernel
def _is_shared(variant, gene, acting, n_acting, variants, shared_r2):
    """Whether a variant is linked with one that acts on a gene of its own."""
    for at in range(n_acting[gene]):
        r = np.dot(variants[variant], variants[acting[gene, at]])
        if r * r >= shared_r2:
            return True
    return False
