"""How many claims a false discovery rate allows."""

from __future__ import annotations

import numpy as np

__all__ = ["n_within_fdr"]


def n_within_fdr(certain: np.ndarray, fdr: float) -> int:
    """How many of the most certain claims have a mean of 1 - posterior of at most `fdr`.

    Equal posteriors are claimed together or not at all, so that no order of theirs decides.

    Parameters
    ----------
    certain : (n,) float
        Posteriors of claims, descending.
    fdr : float
        Expected share of false claims.

    Examples
    --------
    >>> n_within_fdr(np.array([0.99, 0.9, 0.9, 0.6]), 0.05)
    1
    >>> n_within_fdr(np.array([0.99, 0.9, 0.9, 0.6]), 0.1)
    3
    """
    mean_false = np.cumsum(1.0 - certain.astype(np.float64)) / np.arange(1, len(certain) + 1)
    is_last_of_equals = np.append(certain[1:] != certain[:-1], True)[: len(certain)]
    allowed = np.flatnonzero((mean_false <= fdr) & is_last_of_equals)
    return int(allowed[-1]) + 1 if len(allowed) else 0
