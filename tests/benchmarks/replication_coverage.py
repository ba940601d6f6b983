"""Coverage of the intervals of `genesis.replication`, over many simulated data sets of each kind.

    python tests/benchmarks/replication_coverage.py [number of data sets] [seed]

One line a kind: how often the 95 % interval covers the share that is true of these very claims
(`covered`), how far the share lies from it on average (`bias`), its spread and the mean of its
standard error, and how often the wider interval of `half_width` covers the share of all claims of
the kind (`covered, in general`). Population structure is also done without genotype components.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from genesis.replication.verdict import half_width
from tests.replication.simulated_claims import KINDS, draw


def line(kind: str, n_sets: int, seed: int, **settings) -> dict[str, object]:
    """One kind of data."""
    rng = np.random.default_rng(seed)
    rows, weights = [], []
    for _ in range(n_sets):
        drawn = draw(rng, kind, **settings)
        if not len(drawn.claims):
            continue
        found = drawn.share()
        between = half_width(found.n_loci, found.se_between)
        rows.append((found.share, drawn.truth, found.se, found.low, found.high, between))
        claims = drawn.claims
        weights.append(((claims.strength * claims.effect) ** 2).sum())
    share, truth, se, low, high, between = np.array(rows).T
    in_general = np.average(truth, weights=weights)
    known = np.isfinite(between)
    return {
        "kind": kind + (", no components" if settings else ""),
        "data sets": len(share),
        "covered": np.mean((low <= truth) & (truth <= high)),
        "bias": np.mean(share - truth),
        "spread": np.std(share - truth),
        "mean se": np.mean(se),
        "covered, in general": np.mean((np.abs(share - in_general) <= between)[known]),
    }


if __name__ == "__main__":
    n_sets, seed = (int(word) for word in [*sys.argv[1:], *("1000", "101")[len(sys.argv) - 1 :]])
    lines = [line(kind, n_sets, seed) for kind in KINDS]
    lines.append(line("population structure", n_sets, seed, components=False))
    print(pd.DataFrame(lines).round(3).to_string(index=False))
