"""Halves of the samples: at random, the same for any order, families on one side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.replication.halves import Halver, related_samples, split_samples


def test_halves_hold_every_sample_once_and_are_even():
    a, b = split_samples(101, 3)
    assert sorted([*a, *b]) == list(range(101))
    assert {len(a), len(b)} == {50, 51}


def test_seeds_differ_and_the_same_seed_does_not():
    first, again, other = (set(split_samples(60, seed)[0].tolist()) for seed in (1, 1, 2))
    assert first == again != other
    # By chance alone, about half of one half is in another.
    assert 5 < len(first & other) < 25


def test_every_sample_is_on_either_side_equally_often():
    on_a = np.zeros(21)
    for seed in range(400):
        on_a[split_samples(21, seed)[0]] += 1
    assert np.abs(on_a / 400 - 0.5).max() < 4 * 0.5 / 20


def test_the_order_of_named_samples_and_of_pairs_changes_nothing():
    names = [f"p{k:02d}" for k in range(40)]
    pairs = np.array([[0, 7], [7, 13], [20, 21]])
    a, b = split_samples(40, 5, pairs, names)
    shuffled = np.random.default_rng(2).permutation(40)
    place = np.argsort(shuffled)
    again = split_samples(40, 5, place[pairs[::-1, ::-1]], [names[k] for k in shuffled])
    for half, other in zip((a, b), again, strict=True):
        assert {names[k] for k in half} == {names[shuffled[k]] for k in other}


@pytest.mark.parametrize("seed", range(20))
def test_families_stay_together_also_through_others(seed):
    pairs = [[0, 1], [1, 2], [2, 3], [10, 11]]
    a, b = split_samples(30, seed, pairs)
    for family in ({0, 1, 2, 3}, {10, 11}):
        assert family <= set(a.tolist()) or family <= set(b.tolist())
    assert len(a) == len(b) == 15


def test_a_family_of_all_leaves_one_side_empty():
    sizes = sorted(map(len, split_samples(4, 1, [[0, 1], [1, 2], [2, 3]])))
    assert sizes == [0, 4]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_samples(n):
    assert sorted(map(len, split_samples(n, 1))) == [n // 2, n - n // 2]


def _family(rng: np.random.Generator, n_variants: int) -> pd.DataFrame:
    """30 strangers (p0 to p29), then a child of p0 and p1, and a first cousin of that child."""
    frequency = rng.uniform(0.2, 0.5, n_variants)
    people = rng.binomial(1, frequency, size=(30, 2, n_variants))

    def child(one, two):
        pick = rng.integers(2, size=(2, n_variants))
        at = np.arange(n_variants)
        return np.stack([one[pick[0], at], two[pick[1], at]])

    aunt_of = np.stack([child(people[2], people[3]) for _ in range(2)])
    cousins = [child(aunt_of[0], people[4]), child(aunt_of[1], people[5])]
    every = np.concatenate([people, [child(people[0], people[1])], cousins])
    names = [f"p{k}" for k in range(len(every))]
    return pd.DataFrame(every.sum(axis=1).astype(float), index=names)


def test_relatives_up_to_the_third_degree_are_found():
    pairs, _ = related_samples(_family(np.random.default_rng(1), 9000))
    found = {tuple(sorted(pair)) for pair in pairs.tolist()}
    # The child (30) with both parents, and the two first cousins (31, 32).
    assert {(0, 30), (1, 30), (31, 32)} <= found
    assert not {(0, 1), (30, 31)} & found


def test_arrays_have_relatives_too():
    table = _family(np.random.default_rng(1), 9000)
    assert related_samples(table.to_numpy())[0].tolist() == related_samples(table)[0].tolist()


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.random.default_rng(1).normal(size=(20, 50)), "no counts of alleles"),
        (2.0 * np.random.default_rng(1).binomial(1, 0.5, (20, 900)), "no heterozygous calls"),
        (np.ones((20, 3)), "too few diploid variants"),
    ],
)
def test_what_has_no_kinship_says_so(values, why):
    pairs, notes = related_samples(values)
    assert pairs.shape == (0, 2)
    assert why in notes[0]


def test_few_variants_say_what_they_cannot_tell():
    _, notes = related_samples(np.random.default_rng(1).binomial(2, 0.4, (30, 300)).astype(float))
    assert "cannot be told from none" in notes[-1]


def _siblings(n: int, n_variants: int = 4000) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    parents = rng.binomial(1, 0.4, size=(2, 2, n_variants))
    pick = rng.integers(2, size=(2, n, n_variants))
    values = sum(parents[k][pick[k], np.arange(n_variants)] for k in range(2))
    return pd.DataFrame(values.astype(float), index=[f"p{k:02d}" for k in range(n)])


def test_where_all_are_related_samples_are_split_one_by_one():
    table = _siblings(20)
    assert sorted(map(len, split_samples(20, 1, related_samples(table)[0]))) == [0, 20]
    halver = Halver.of(table, list(table.index))
    assert halver.notes == [
        "Most samples are related with each other, as in a cross: split one by one."
    ]
    a, b = halver.halves(1)
    assert len(a) == len(b) == 10
    assert [a.tolist(), b.tolist()] == [
        half.tolist() for half in split_samples(20, 1, samples=list(table.index))
    ]


@pytest.mark.parametrize(("n_siblings", "together"), [(18, True), (22, False)])
def test_a_family_stays_together_while_it_leaves_the_other_half_a_third(n_siblings, together):
    """Of 30 samples: a family of 18 leaves 12, one of 22 would leave 8."""
    family = _siblings(n_siblings, 9000).to_numpy()
    rng = np.random.default_rng(4)
    strangers = rng.binomial(2, rng.uniform(0.2, 0.5, 9000), size=(30 - n_siblings, 9000))
    halver = Halver.of(np.concatenate([family, strangers.astype(float)]))
    sizes = sorted(map(len, halver.halves(2)))
    assert sizes == ([12, 18] if together else [15, 15])
    assert halver.notes[0].startswith("Kinship: 153 pairs" if together else "Most samples")
