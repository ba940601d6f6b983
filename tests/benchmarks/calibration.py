"""Posteriors against what is true: ``python tests/benchmarks/calibration.py [SETS]``.

Of simulated cis-eQTL data, 300 samples, no seed of which was used in the making of the method.
Pairs of one data set hang on the same edges, so that errors come from a bootstrap of whole data
sets: a bin whose interval holds 0 is as calibrated as so many data sets can tell.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import genesis
from genesis.evaluate.truth import transitive_closure

FIRST_SEED = 7_000
CELLS = ((30, 0.0), (30, 0.3), (100, 0.0), (100, 0.3))
#: Ancestors above one half, as they are claimed; of edges also what is less likely than not.
BINS = {"ancestor": (0.5, 0.75, 0.95, 1.01), "edge": (0.05, 0.2, 0.5, 0.8, 0.97)}
RESAMPLED = 4_000


def posteriors(n_genes: int, share: float, seed: int) -> pd.DataFrame:
    """One row an ordered pair: level, posterior and truth."""
    data = genesis.simulate.cis_eqtl(300, n_genes, factor_variance=share, seed=seed)
    result = genesis.discover(
        data.genotypes,
        data.expression,
        variants=data.variants,
        genes=data.genes,
        keep_posterior=0.0,
        normalise="none",
    )
    ids = result.gene_ids
    edges = data.adjacency().loc[ids, ids].to_numpy(dtype=bool)
    tables = {
        "ancestor": (result.posterior, transitive_closure(edges)),
        "edge": (result.posterior_direct, edges),
    }
    parts = [
        pd.DataFrame(
            {"level": level, "posterior": np.ravel(stated), "true": truth.ravel(), "seed": seed}
        )
        for level, (stated, truth) in tables.items()
    ]
    both = pd.concat(parts, ignore_index=True)
    return both[both["posterior"] >= 0.05]


def reliability(rows: pd.DataFrame, level: str, seeds: np.ndarray) -> pd.DataFrame:
    """By how much posteriors exceed the rate of what is true, with a 95 % interval."""
    rng = np.random.default_rng(0)
    weights = rng.multinomial(len(seeds), np.full(len(seeds), 1 / len(seeds)), RESAMPLED)
    lines = []
    for low, high in zip(BINS[level], BINS[level][1:], strict=False):
        now = rows[(rows["level"] == level) & rows["posterior"].between(low, high, "left")]
        excess = (now["posterior"] - now["true"]).groupby(now["seed"]).agg(["sum", "size"])
        excess = excess.reindex(seeds, fill_value=0)
        drawn = weights @ excess["sum"] / np.maximum(weights @ excess["size"], 1)
        lines.append(
            {
                "from": low, "to": min(high, 1.0), "pairs": len(now),
                "data sets": int((excess["size"] > 0).sum()),
                "mean": now["posterior"].mean(), "true": now["true"].mean(),
                "excess low": np.quantile(drawn, 0.025), "excess high": np.quantile(drawn, 0.975),
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def main(n_sets: int) -> None:
    seeds = np.arange(FIRST_SEED, FIRST_SEED + n_sets)
    for n_genes, share in CELLS:
        rows = pd.concat([posteriors(n_genes, share, int(seed)) for seed in seeds])
        print(f"\n{n_genes} genes, hidden factors of {share:g} of the variance, {n_sets} data sets")
        for level in BINS:
            print(level)
            print(reliability(rows, level, seeds).round(3).to_string(index=False), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
