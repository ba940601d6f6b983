"""A small world in which is known what acts on what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest


@dataclass(frozen=True)
class World:
    """Eight anchored genes A1 to A8 on contigs of their own, with one gene B each.

    The first `n_true` of the A act on their B, the others share a hidden cause with it.
    """

    genotypes: pd.DataFrame
    expression: pd.DataFrame
    variants: pd.DataFrame
    genes: pd.DataFrame
    claims: pd.DataFrame

    @property
    def inputs(self) -> dict[str, pd.DataFrame]:
        """The arguments of `genesis.replicate`, by name."""
        return {name: getattr(self, name) for name in ("genotypes", "expression", "variants",
                                                       "genes")}  # fmt: skip


def make_world(n: int = 400, n_true: int = 8, n_pairs: int = 8, seed: int = 1) -> World:
    rng = np.random.default_rng(seed)
    z = rng.binomial(2, 0.4, size=(n, 2 * n_pairs)).astype(float)
    hidden = rng.normal(size=(n, n_pairs))
    a = 0.9 * z[:, :n_pairs] + hidden + 0.5 * rng.normal(size=(n, n_pairs))
    acts = np.arange(n_pairs) < n_true
    b = np.where(acts, 0.8 * a, hidden) + 0.6 * rng.normal(size=(n, n_pairs))
    samples = [f"S{k:03d}" for k in range(n)]
    names = [f"{letter}{k + 1}" for letter in "AB" for k in range(n_pairs)]
    variants = [f"rs{k + 1}" for k in range(2 * n_pairs)]
    contigs = [f"chr{k + 1}" for k in range(2 * n_pairs)]
    x = np.column_stack([a, b])
    effect = [np.corrcoef(x[:, k], x[:, n_pairs + k])[0, 1] for k in range(n_pairs)]
    return World(
        pd.DataFrame(z, samples, variants),
        pd.DataFrame(x, samples, names),
        pd.DataFrame({"variant_id": variants, "chrom": contigs, "pos": 1000}),
        pd.DataFrame({"gene_id": names, "chrom": contigs, "start": 900, "end": 1100}),
        pd.DataFrame({"gene_a": names[:n_pairs], "gene_b": names[n_pairs:], "effect": effect}),
    )


@pytest.fixture(scope="session")
def true_world() -> World:
    return make_world()


@pytest.fixture(scope="session")
def false_world() -> World:
    return make_world(n_true=0)
