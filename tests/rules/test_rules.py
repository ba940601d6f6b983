"""The rules against a version that does one test at a time, and against the authors' answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from tests import naive
from tests.rules.simulated import ancestors, two_tier


@pytest.mark.parametrize("profile", ["stable", "ascend", "paper"])
@pytest.mark.parametrize("seed", range(6))
def test_matrix_agrees_with_one_test_at_a_time(profile, seed):
    rng = np.random.default_rng(seed)
    z, x, _ = two_tier(rng, n=int(rng.choice([80, 300, 700])), n_genes=9)
    found = genesis.discover(z, x, profile=profile, method="rules").ancestrality.to_numpy()
    expected = naive.Rules(z, x, profile).matrix
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("profile", ["stable", "ascend", "paper"])
def test_matrix_agrees_across_tiles(profile, monkeypatch):
    monkeypatch.setattr("genesis.engine.memory.TILE_SIZES", (4,))
    z, x, _ = two_tier(np.random.default_rng(7), n_genes=11)
    found = genesis.discover(
        z, x, profile=profile, threads=3, method="rules"
    ).ancestrality.to_numpy()
    expected = naive.Rules(z, x, profile).matrix
    np.testing.assert_array_equal(found, expected)


def fixture_names():
    conditions = [(n, d) for n in (300, 1000) for d in (20, 50)]
    return [
        "n1000_dz50_dx12_genotypes_seed100",
        *(
            f"n{n}_dz{d}_dx15_sp{sparsity}_r20.5_seed{seed:02d}"
            for n, d in conditions
            for sparsity in (0.5, 0.7, 0.9)
            for seed in (1, 2)
        ),
    ]


@pytest.mark.parametrize("name", fixture_names())
def test_ascend_profile_gives_the_authors_matrix(shared, name):
    (folder,) = (shared / "fixtures").glob(f"rules_ascend*/{name}")
    z = pd.read_csv(folder / "Z.tsv.gz", sep="\t")
    x = pd.read_csv(folder / "X.tsv.gz", sep="\t")
    expected = pd.read_csv(folder / "M.tsv", sep="\t", index_col=0).astype(float)
    found = genesis.discover(z, x, profile="ascend", method="rules", normalise="none").ancestrality
    pd.testing.assert_frame_equal(found, expected, check_names=False)


def test_all_fixtures_are_tested(shared):
    folders = {path.name for path in (shared / "fixtures").glob("rules_ascend*/*") if path.is_dir()}
    assert folders == set(fixture_names())


@pytest.mark.parametrize("profile", ["stable", "ascend"])
@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_evidence_is_weighed_where_p_values_are_zero_as_numbers(rng, profile, order):
    """W1 → A → B, and W2 a copy of B with errors, which votes for B ≺ A.

    The significant tests have z = 87 and 49: both p are below the smallest positive number.
    """
    n = 10_000
    chain = np.cumprod([1, 0.9, 0.95, 0.8])  # W1, A, B, W2: the strength of each with the first
    correlation = np.minimum.outer(chain, chain) / np.maximum.outer(chain, chain)
    normal = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 4))]))[0][:, 1:]
    w1, a, b, w2 = np.linalg.cholesky(correlation) @ normal.T
    assert naive.p_value(correlation, n, 0, 2, [3]) == naive.p_value(correlation, n, 3, 1, [0]) == 0
    genes = pd.DataFrame({"A": a, "B": b}).iloc[:, order]
    found = genesis.discover(
        pd.DataFrame({"W1": w1, "W2": w2}), genes, profile=profile, method="rules", normalise="none"
    ).ancestrality
    assert (found.loc["A", "B"], found.loc["B", "A"]) == (1, 0)


def test_claims_beat_chance_by_far():
    """Strict claims of an easy network: two in three are right (by chance, one in four)."""
    right = wrong = 0
    for seed in range(10):
        z, x, adjacency = two_tier(np.random.default_rng(seed), n=1000, density=0.2)
        truth = ancestors(adjacency)
        claimed = genesis.discover(z, x, method="rules").ancestrality.to_numpy() == 1
        right += (claimed & truth).sum()
        wrong += (claimed & ~truth).sum()
    assert right > 2 * wrong
    assert right > 30
