"""Separating sets of unrelated genes, from the nearest ancestors of each sweep."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["SeparatingSets"]


class SeparatingSets:
    """Finds what a pair was conditioned on when it was found to be unrelated.

    Parameters
    ----------
    n_genes, n_variants : int
        Numbers of genes and variants; a member at or above `n_variants` is a gene.
    conditioning : pandas.DataFrame
        sweep, gene, member: the nearest ancestors of each gene during each sweep.
    ordered_since : pandas.DataFrame
        before, after, sweep: since when members that are genes are known to precede others.
    """

    def __init__(
        self,
        n_genes: int,
        n_variants: int,
        conditioning: pd.DataFrame,
        ordered_since: pd.DataFrame,
    ) -> None:
        self._n_genes, self._n_variants = n_genes, n_variants
        set_of = (
            conditioning["sweep"].to_numpy(np.int64) * n_genes + conditioning["gene"].to_numpy()
        )
        order = np.argsort(set_of, kind="stable")
        self._set_of, self._member = set_of[order], conditioning["member"].to_numpy()[order]
        pair = ordered_since["before"].to_numpy(np.int64) * n_genes
        pair += ordered_since["after"].to_numpy()
        order = np.argsort(pair)
        self._pair, self._since = pair[order], ordered_since["sweep"].to_numpy()[order]

    def find(self, a: int, b: int, sweep: int) -> list[int]:
        """Members of the set of genes a and b in a sweep, ascending.

        The union of their nearest ancestors without themselves; a gene stays only if it was
        known before the sweep to precede both.
        """
        members = sorted({*self._members(a, sweep), *self._members(b, sweep)})
        return [
            int(member)
            for member in members
            if member < self._n_variants
            or self._precedes_both(int(member) - self._n_variants, a, b, sweep)
        ]

    def _members(self, gene: int, sweep: int) -> np.ndarray:
        key = sweep * self._n_genes + gene
        low, high = np.searchsorted(self._set_of, [key, key + 1])
        return self._member[low:high]

    def _precedes_both(self, gene: int, a: int, b: int, sweep: int) -> bool:
        if gene in (a, b) or len(self._pair) == 0:
            return False
        wanted = np.array([gene * self._n_genes + a, gene * self._n_genes + b])
        at = np.minimum(np.searchsorted(self._pair, wanted), len(self._pair) - 1)
        return bool((self._pair[at] == wanted).all() and (self._since[at] < sweep).all())
