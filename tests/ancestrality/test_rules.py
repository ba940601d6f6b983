"""The rules against a version that does one test at a time, and against the authors' answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from tests import naive
from tests.ancestrality.simulated import ancestors, two_tier


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
        f"n{n}_dz{d}_dx15_sp{sparsity}_r20.5_seed{seed:02d}"
        for n, d in conditions
        for sparsity in (0.5, 0.7, 0.9)
        for seed in (1, 2)
    ]


@pytest.mark.parametrize("name", fixture_names())
def test_ascend_profile_gives_the_authors_matrix(shared, name):
    folder = shared / "fixtures" / "rules_ascend" / name
    z = pd.read_csv(folder / "Z.tsv.gz", sep="\t")
    x = pd.read_csv(folder / "X.tsv.gz", sep="\t")
    expected = pd.read_csv(folder / "M.tsv", sep="\t", index_col=0).astype(float)
    found = genesis.discover(z, x, profile="ascend", method="rules").ancestrality
    pd.testing.assert_frame_equal(found, expected, check_names=False)


def test_all_fixtures_are_tested(shared):
    folders = {
        path.name for path in (shared / "fixtures" / "rules_ascend").iterdir() if path.is_dir()
    }
    assert folders == set(fixture_names())


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
