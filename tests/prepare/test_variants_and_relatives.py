"""Hardy–Weinberg, pruning and kinship against slow and obvious versions, and simulations."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.prepare import hardy_weinberg, kinship, prune
from genesis.prepare.genotype_kernels import exact_p
from genesis.prepare.genotype_table import as_genotypes


def slow_exact_p(n_het, n_one, n_other):
    """Sum of the exact probabilities that are not above that of what was seen."""
    n = n_het + n_one + n_other
    if n == 0:
        return 1.0
    a = 2 * n_one + n_het
    weights = {}
    for het in range(a % 2, min(a, 2 * n - a) + 1, 2):
        one, other = (a - het) // 2, (2 * n - a - het) // 2
        arrangements = factorial(n) // (factorial(het) * factorial(one) * factorial(other))
        weights[het] = Fraction(arrangements * 2**het)
    total = sum(weights.values())
    return float(sum(w for w in weights.values() if w <= weights[n_het]) / total)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_exact_p_of_hardy_weinberg(n_het, n_one, n_other):
    assert exact_p(n_het, n_one, n_other) == pytest.approx(
        slow_exact_p(n_het, n_one, n_other), rel=1e-9
    )


def test_exact_p_of_many_people():
    assert exact_p(5000, 2500, 2500) == pytest.approx(1.0, abs=0.02)
    assert 0 <= exact_p(0, 50_000, 50_000) < 1e-300
    assert exact_p(100_000, 0, 0) < 1e-300


def test_exact_p_is_no_less_than_uniform_where_proportions_hold(rng):
    frequency = rng.uniform(0.1, 0.5, 4000)
    p = hardy_weinberg(pd.DataFrame(rng.binomial(2, frequency, (200, 4000))))["pval"]
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() <= level + 3 * np.sqrt(level / 4000)


def test_missing_calls_are_not_counted():
    table = pd.DataFrame({"a": [0.0, 1, 1, 2, np.nan, np.nan], "b": [np.nan] * 6})
    found = hardy_weinberg(table)
    assert found[["n_hom_ref", "n_het", "n_hom_alt"]].to_numpy().tolist() == [[1, 2, 1], [0, 0, 0]]
    assert found["pval"].tolist() == [pytest.approx(slow_exact_p(2, 1, 1)), 1.0]


def places_of(n, rng, contigs=2, spread=3000):
    return pd.DataFrame(
        {
            "variant_id": [f"v{k}" for k in range(n)],
            "chrom": rng.permutation(np.arange(n) % contigs + 1).astype(str),
            "pos": rng.integers(1, spread, n),
        }
    )


def slow_prune(dosages, places, r2, window):
    kept = {}
    for _, contig in places.groupby("chrom"):
        order = sorted(contig.index, key=lambda k: (places["pos"][k], places["variant_id"][k]))
        for at, j in enumerate(order):
            kept[j] = True
            for i in order[:at]:
                if not kept[i] or places["pos"][j] - places["pos"][i] > window:
                    continue
                x, y = dosages[:, i], dosages[:, j]
                if x.std() == 0 or y.std() == 0:
                    continue
                if np.corrcoef(x, y)[0, 1] ** 2 > r2:
                    maf = [min(z.mean() / 2, 1 - z.mean() / 2) for z in (x, y)]
                    if maf[0] < maf[1] - 1e-12:
                        kept[i] = False
                    else:
                        kept[j] = False
                        break
    return [kept[k] for k in range(len(places))]


@given(seed=st.integers(0, 10**6), r2=st.sampled_from([0.0503, 0.2007, 0.5011, 0.9001]))
def test_pruning_is_the_slow_one(seed, r2):
    rng = np.random.default_rng(seed)
    n, m = 25, 30
    dosages = rng.binomial(2, 0.4, (n, m)).astype(float)
    for k in range(1, m):
        if rng.random() < 0.6:  # like the one before but for a few samples
            dosages[:, k] = np.where(rng.random(n) < 0.8, dosages[:, k - 1], dosages[:, k])
    dosages[:, 3] = 1.0
    places = places_of(m, rng)
    table = pd.DataFrame(dosages, columns=places["variant_id"])
    found = prune(table, r2, window=800, variants=places)
    assert found.tolist() == slow_prune(dosages, places, r2, 800)
    assert prune(table, r2, window=800, variants=places, threads=2).tolist() == found.tolist()
    order = rng.permutation(m)
    again = prune(table.iloc[:, order], r2, window=800, variants=places)
    assert again.tolist() == found[order].tolist()


def test_pruning_leaves_nothing_in_linkage(rng):
    dosages = np.repeat(rng.binomial(2, 0.4, (100, 10)), 8, axis=1).astype(float)
    places = places_of(80, rng, contigs=1)
    kept = prune(pd.DataFrame(dosages, columns=places["variant_id"]), 0.2, variants=places)
    left = np.corrcoef(dosages[:, kept], rowvar=False) ** 2
    assert kept.sum() >= 8
    assert (left[np.triu_indices(kept.sum(), 1)] <= 0.2).all()


def test_pruning_needs_positions_and_sense(rng):
    table = pd.DataFrame(rng.binomial(2, 0.4, (20, 4)).astype(float))
    with pytest.raises(InconsistentInputsError, match="position"):
        prune(table)
    with pytest.raises(CommandLineError, match="r2"):
        prune(table, 1.5)


def slow_kinship(x, y):
    """Equation 11 of Manichaikul et al., call by call; NaN is a missing call."""
    both = [(a, b) for a, b in zip(x, y, strict=True) if not np.isnan(a) and not np.isnan(b)]
    shared = sum(a == 1 and b == 1 for a, b in both)
    opposite = sum(abs(a - b) == 2 for a, b in both)
    het = sorted([sum(a == 1 for a, _ in both), sum(b == 1 for _, b in both)])
    return (shared - 2 * opposite) / (2 * het[0]) + 0.5 - 0.25 * (het[0] + het[1]) / het[0]


def family(rng, n_variants, n_unrelated=40):
    """Two parents, two children, a grandchild, one of them typed twice, and people apart."""
    frequency = rng.uniform(0.2, 0.5, n_variants)

    def person():
        return rng.binomial(1, frequency, (2, n_variants))

    def child(a, b):
        at = rng.integers(0, 2, (2, n_variants))
        column = np.arange(n_variants)
        return np.array([a[at[0], column], b[at[1], column]])

    mother, father, partner = person(), person(), person()
    one, two = child(mother, father), child(mother, father)
    grandchild = child(one, partner)
    people = [mother, father, one, two, grandchild, one, *(person() for _ in range(n_unrelated))]
    names = ["mother", "father", "one", "two", "grandchild", "again"]
    names += [f"p{k}" for k in range(n_unrelated)]
    return pd.DataFrame([p.sum(axis=0) for p in people], index=names).astype(float)


FIRST = {
    frozenset(pair)
    for pair in [
        ("mother", "one"), ("mother", "two"), ("mother", "again"), ("father", "one"),
        ("father", "two"), ("father", "again"), ("one", "two"), ("again", "two"),
        ("one", "grandchild"), ("again", "grandchild"),
    ]
}  # fmt: skip
SECOND = {
    frozenset(pair)
    for pair in [("mother", "grandchild"), ("father", "grandchild"), ("two", "grandchild")]
}


@pytest.mark.parametrize("missing", [0.02, 0.0])
def test_family_is_found_with_its_degrees(rng, missing):
    table = family(rng, 9000)
    table = table.mask(rng.random(table.shape) < missing)
    found = kinship(table)
    by_degree = {
        degree: {frozenset(pair) for pair in zip(rows["sample_a"], rows["sample_b"], strict=True)}
        for degree, rows in found.pairs.groupby("degree")
    }
    assert by_degree == {
        "duplicate": {frozenset(["one", "again"])}, "first": FIRST, "second": SECOND
    }  # fmt: skip
    for row in found.pairs.itertuples():
        slow = slow_kinship(table.loc[row.sample_a], table.loc[row.sample_b])
        assert row.kinship == pytest.approx(slow, abs=1e-12)
    missing = table.isna().mean(axis=1).to_numpy()
    np.testing.assert_allclose(found.samples["missing"], missing, atol=1e-12)
    assert any("one and again" in note for note in found.notes)


def test_kinship_is_the_same_for_any_number_of_threads(rng):
    table = family(rng, 2000)
    one, two = (kinship(table, threads=threads).pairs for threads in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_unrelated_people_of_two_populations_are_not_related(rng):
    ancestral = rng.uniform(0.1, 0.9, 3000)
    frequency = np.clip(ancestral + rng.normal(0, 0.15, (2, 3000)), 0.02, 0.98)
    table = pd.DataFrame(rng.binomial(2, np.repeat(frequency, 40, axis=0)))
    assert not len(kinship(table).pairs)


def test_few_variants_relate_nobody_by_chance():
    related = [
        len(kinship(pd.DataFrame(np.random.default_rng(seed).binomial(2, 0.4, (60, 300)))).pairs)
        for seed in range(20)
    ]
    assert sum(n > 0 for n in related) <= 3


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (pd.DataFrame(np.ones((1, 500))), "fewer than two"),
        (pd.DataFrame(np.ones((9, 5))), "too few"),
        (pd.DataFrame(2.0 * np.random.default_rng(1).integers(0, 2, (9, 500))), "heterozygous"),
    ],
)
def test_kinship_that_cannot_be_computed(table, why):
    found = kinship(table)
    assert not len(found.pairs)
    assert why in found.notes[0]


@pytest.mark.parametrize(("contigs", "tested"), [("chr1 chrX chrM 2", 2), ("I IX X XI", 4)])
def test_sex_chromosomes_are_not_tested_and_roman_ten_is(contigs, tested):
    table = pd.DataFrame([[0.0] * 4, [1.0] * 4, [2.0] * 4], columns=list("abcd"))
    places = pd.DataFrame({"variant_id": list("abcd"), "chrom": contigs.split(), "pos": 1})
    p = hardy_weinberg(as_genotypes(table, places))["pval"]
    assert p.notna().sum() == tested
