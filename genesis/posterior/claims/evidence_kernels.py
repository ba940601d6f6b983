"""What a claim rests on: compiled numeric code."""

from __future__ import annotations

from genesis.jit import kernel


@kernel
def find_support(
    cause, target, effect_sign, anchored_place, ancestors, n_ancestors, moves, lead, by_position,
    acting, n_acting, variants, shared_r2, own, elsewhere, found,
):  # fmt: skip
    """Write what each claim a ≺ b rests on.

    Parameters
    ----------
    cause, target : (m,) int32
        Genes a and b.
    effect_sign : (m,) int8
        Sign of the effect of a on b.
    anchored_place : (n_genes,) int64
        Row of `moves` of each gene's anchor, -1 where it has none.
    ancestors : (n_genes, most) int64
        Rows of `moves` of the anchored ancestors of each gene, itself left out.
    n_ancestors : (n_genes,) int64
    moves : (n_anchored, n_genes) int8
        Sign of the correlation of an anchor with a gene, 0 where it is not seen.
    lead : (n_anchored,) int64
        Variant of each anchor, a row of `variants`.
    by_position : (n_anchored,) bool
        Anchors that stand for their gene, whose expression need not show them.
    acting : (n_genes, most) int64
        Variants that act on each gene of their own.
    n_acting : (n_genes,) int64
    variants : (n_variants, n_samples) float64
        Unit rows.
    shared_r2 : float
        An anchor that is linked so closely with a variant of b says nothing of a's part.
    own, elsewhere : int
        Codes to be written.
    found : (m,) int8
        Written where there is support.
    """
    for k in range(len(cause)):
        a, b = cause[k], target[k]
        # Its own anchor first, if it has one, then those of its ancestors.
        for at in range(-1, n_ancestors[a]):
            place = anchored_place[a] if at < 0 else ancestors[a, at]
            if place < 0 or moves[place, b] == 0:
                continue
            fits = moves[place, a] != 0 and moves[place, b] * moves[place, a] == effect_sign[k]
            if not (fits or by_position[place]):
                continue
            if not _is_shared(lead[place], b, acting, n_acting, variants, shared_r2):
                found[k] = own if at < 0 else elsewhere
                break


@kernel
def _is_shared(variant, gene, acting, n_acting, variants, shared_r2):
    """Whether a variant is linked with one that acts on a gene of its own."""
    for at in range(n_acting[gene]):
        r = 0.0
        for s in range(variants.shape[1]):
            r += variants[variant, s] * variants[acting[gene, at], s]
        if r * r >= shared_r2:
            return True
    return False


@kernel
def list_ancestors(ancestor, anchored, least, listed, n_listed):
    """Write the anchored ancestors of every gene.

    Parameters
    ----------
    ancestor : (n_genes, n_genes) float32
        Row before column.
    anchored : (n_anchored,) int64
        Genes with an anchor.
    least : float
        Posterior from which on one counts as an ancestor.
    listed : (n_genes, most) int64
        Written, as far as there is room.
    n_listed : (n_genes,) int64
        Written; how many there are, whatever the room.
    """
    for place in range(len(anchored)):
        for gene in range(len(ancestor)):
            if gene != anchored[place] and ancestor[anchored[place], gene] >= least:
                if n_listed[gene] < listed.shape[1]:
                    listed[gene, n_listed[gene]] = place
                n_listed[gene] += 1
