"""λ is what is known to be true, and its intervals cover that as often as they say."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from genesis.replication.statistic import replicated_share, sides_swapped
from tests.replication.simulated_claims import KINDS, draw

N_SETS = 200


def errors(kind: str, seed: int, **settings) -> np.ndarray:
    """(n_sets, 4): λ, truth, and interval of each of many data sets."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(N_SETS):
        drawn = draw(rng, kind, **settings)
        if len(drawn.claims):
            found = drawn.share()
            rows.append((found.share, drawn.truth, found.low, found.high))
    return np.array(rows)


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_cover_the_truth(kind):
    share, truth, low, high = errors(kind, seed=11).T
    assert len(share) > 0.9 * N_SETS
    assert np.mean((low <= truth) & (truth <= high)) >= 0.90
    # And they are no wider than they must be.
    assert np.mean(high - low) / 3.92 < 1.3 * np.std(share - truth)
    assert abs(np.mean(share - truth)) < 4 * np.std(share - truth) / np.sqrt(len(share)) + 0.02


@pytest.mark.parametrize("settings", [{"share_true": 0.0}, {"shuffled": True}])
def test_confounded_pairs_and_shuffled_genotypes_give_nothing(settings):
    share, truth, low, high = errors("independent", seed=3, **settings).T
    assert (truth == 0.0).all()
    assert np.mean((low <= 0) & (high >= 0)) >= 0.90
    if not settings.get("shuffled"):  # where nothing is predicted either, a ratio has no mean
        assert abs(share.mean()) < 4 * share.std() / np.sqrt(len(share))


def test_shuffled_genotypes_show_no_effect_that_was_predicted():
    rng = np.random.default_rng(4)
    seen = []
    for _ in range(N_SETS):
        drawn = draw(rng, shuffled=True)
        claims = drawn.claims
        gamma = np.einsum("ij,ij->i", drawn.variants[claims.anchor], drawn.genes[claims.target])
        # Held against what the first half predicts.
        predicted = claims.strength * claims.effect
        seen.append(predicted @ gamma / (predicted @ predicted))
    assert abs(np.mean(seen)) < 4 * np.std(seen) / np.sqrt(N_SETS)
    assert np.std(seen) < 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_true_claims_give_1(kind):
    share, truth, low, high = errors(kind, seed=5, share_true=1.0).T
    # Effects as the first half saw them: a little larger than they are where they are chosen.
    assert abs(np.mean(truth) - 1.0) < 0.1
    assert abs(np.mean(share) - np.mean(truth)) < 0.03
    assert np.mean((low <= truth) & (truth <= high)) >= 0.90


@pytest.mark.parametrize("share_true", [0.25, 0.75])
def test_a_part_that_is_false_is_seen_by_its_weight(share_true):
    share, truth, _, _ = errors("hidden factors", seed=6, share_true=share_true).T
    assert np.corrcoef(share, truth)[0, 1] > 0.7
    assert abs(np.mean(share - truth)) < 4 * np.std(share - truth) / np.sqrt(len(share)) + 0.01


def test_structure_without_components_makes_errors_too_small():
    """Populations that differ in alleles and expression: errors are larger than they say."""
    share, truth, low, high = errors("population structure", seed=11, components=False).T
    assert np.std(share - truth) > 1.15 * np.mean(high - low) / 3.92


def test_no_order_matters():
    drawn = draw(np.random.default_rng(7), "linkage")
    found = drawn.share()
    rng = np.random.default_rng(8)
    samples = rng.permutation(drawn.variants.shape[1])
    gene, variant = rng.permutation(len(drawn.genes)), rng.permutation(len(drawn.variants))
    row = rng.permutation(len(drawn.claims))
    moved = drawn.claims.among(row)
    moved = dataclasses.replace(
        moved,
        cause=np.argsort(gene)[moved.cause],
        target=np.argsort(gene)[moved.target],
        anchor=np.argsort(variant)[moved.anchor],
    )
    again = replicated_share(
        moved, drawn.variants[variant][:, samples], drawn.genes[gene][:, samples]
    )
    for name, value in vars(found).items():
        assert getattr(again, name) == pytest.approx(value, rel=1e-9), name


def test_counting_other_alleles_changes_nothing_once_they_are_turned():
    drawn = draw(np.random.default_rng(9), share_true=1.0)
    claims, variants = drawn.claims, drawn.variants.copy()
    turned = np.unique(claims.anchor)[::2]
    variants[turned] *= -1.0
    again = np.einsum("ij,ij->i", variants[claims.anchor], drawn.genes[claims.cause])
    swapped = sides_swapped(claims.strength, again, variants.shape[1] - 2)
    assert set(claims.anchor[swapped]) <= set(turned.tolist())
    assert np.mean(np.isin(turned, claims.anchor[swapped])) > 0.5
    strength = np.where(np.isin(claims.anchor, turned), -claims.strength, claims.strength)
    found = replicated_share(dataclasses.replace(claims, strength=strength), variants, drawn.genes)
    assert found.share == pytest.approx(drawn.share().share)
