"""Small networks for tests, by hand and at random."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: A → B → C, and D without any relation.
CHAIN = pd.DataFrame({"parent": ["A", "B"], "child": ["B", "C"]})


def matrix(genes: str, *pairs: str) -> pd.DataFrame:
    """A frame over genes of one letter; "AB" is the pair of row A and column B."""
    frame = pd.DataFrame(False, index=list(genes), columns=list(genes))
    for a, b in pairs:
        frame.loc[a, b] = True
    return frame


def random_input(seed: int, n: int = 8) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    genes = [f"G{k}" for k in range(n)]
    scores = np.round(rng.random((n, n)), 1)
    drawn = (scores > 0.7, rng.random((n, n)) < 0.15, scores)
    claims, edges, scores = (pd.DataFrame(m, index=genes, columns=genes) for m in drawn)
    return claims, edges, scores
