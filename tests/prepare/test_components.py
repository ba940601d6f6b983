"""Components of genotypes and expression: against NumPy, and what the rules find."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.errors import CommandLineError, DegenerateDataError, InconsistentInputsError
from genesis.prepare import expression_factors, genotype_components
from genesis.simulate import cis_eqtl


def share_explained(targets, columns):
    """R² of each target by least squares on the columns."""
    design = np.column_stack([np.ones(len(columns)), columns])
    rest = targets - design @ np.linalg.lstsq(design, targets, rcond=None)[0]
    return 1 - rest.var(axis=0) / targets.var(axis=0)


def test_genotype_components_are_those_of_the_standardised_dosages(rng):
    table = pd.DataFrame(rng.binomial(2, rng.uniform(0.2, 0.5, 60), (30, 60)).astype(float))
    found = genotype_components(table, 4)
    z = ((table - table.mean()) / table.std(ddof=0)).to_numpy()
    left, singular, _ = np.linalg.svd(z, full_matrices=False)
    np.testing.assert_allclose(found.variance, singular**2 / (singular**2).sum(), atol=1e-12)
    overlap = np.abs(left[:, :4].T @ found.values.to_numpy()) / np.sqrt(30)
    np.testing.assert_allclose(overlap, np.eye(4), atol=1e-8)
    np.testing.assert_allclose(found.values.var(ddof=0), 1)


def test_three_populations_lie_apart_on_two_components(rng):
    ancestral = rng.uniform(0.2, 0.8, 2000)
    frequency = np.clip(ancestral + rng.normal(0, 0.1, (3, 2000)), 0.02, 0.98)
    table = pd.DataFrame(rng.binomial(2, np.repeat(frequency, 30, axis=0)).astype(float))
    found = genotype_components(table, 2).values.to_numpy()
    member = np.repeat(np.eye(3), 30, axis=0)
    assert share_explained(found, member[:, 1:]).min() > 0.95


def test_components_do_not_depend_on_order_or_threads(rng):
    table = pd.DataFrame(rng.binomial(2, 0.4, (40, 9000)).astype(float))
    table.columns = [f"v{k:04d}" for k in range(9000)]
    one, two = (genotype_components(table, 2, threads=t).values for t in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    mixed = genotype_components(table.iloc[:, rng.permutation(9000)], 2).values
    pd.testing.assert_frame_equal(one, mixed, check_exact=True)


def test_there_are_fewer_components_than_samples(rng):
    table = pd.DataFrame(rng.binomial(2, 0.4, (5, 50)).astype(float))
    with pytest.raises(DegenerateDataError, match="there are 4"):
        genotype_components(table, 5)
    with pytest.raises(CommandLineError, match="-1"):
        genotype_components(table, -1)


@pytest.fixture(scope="module")
def simulated():
    """People with genes in a network that is sparse, and no hidden factor."""
    return cis_eqtl(n=250, n_genes=200, n_parents=0.3, seed=3)


def with_factors(simulation, n_factors, share, seed=5):
    """The expression with planted factors, which are returned beside it."""
    rng = np.random.default_rng(seed)
    x = simulation.expression
    factors = rng.normal(size=(len(x), n_factors))
    effect = factors @ rng.normal(size=(n_factors, x.shape[1]))
    effect *= np.sqrt(share / (1 - share)) * x.std().to_numpy() / effect.std(axis=0)
    return x + effect, factors


def test_planted_factors_are_found_and_cis_effects_stand_out_more(simulated):
    x, factors = with_factors(simulated, 4, 0.4)
    found = expression_factors(
        x, simulated.genotypes, genes=simulated.genes, variants=simulated.variants
    )
    assert found.chosen["permutation"] == found.values.shape[1]
    assert 4 <= found.chosen["permutation"] <= 7
    assert share_explained(factors, found.values).min() > 0.85
    # The lead variant of each gene explains more of it once the components are gone.
    lead = simulated.anchors.drop_duplicates("gene_id")
    gene, variant = x[lead["gene_id"]].to_numpy(), simulated.genotypes[lead["variant_id"]]
    design = np.column_stack([np.ones(len(x)), found.values])

    def clear(y):
        return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]

    def r2(y, z):
        y, z = y - y.mean(axis=0), z - z.mean(axis=0)
        return (y * z).sum(axis=0) ** 2 / ((y**2).sum(axis=0) * (z**2).sum(axis=0))

    variant = variant.to_numpy(dtype=float)
    before, after = r2(gene, variant), r2(clear(gene), clear(variant))
    # Four tenths of the variance are gone, so the share should be 1 / 0.6 of what it was.
    assert after.mean() > 1.4 * before.mean()


def test_no_factors_where_there_are_none():
    """At a level of 0.05 a first component exceeds the permutations once in twenty times."""
    numbers = [
        expression_factors(pd.DataFrame(np.random.default_rng(seed).normal(size=(60, 90))))
        for seed in range(40)
    ]
    assert sum(found.chosen["permutation"] > 0 for found in numbers) <= 6


def test_covariates_count_as_known_and_are_not_found_again(rng):
    factors = rng.normal(size=(100, 3))
    x = rng.normal(size=(100, 80)) + factors @ rng.normal(size=(3, 80))
    names = [f"s{k}" for k in range(100)]
    known = pd.DataFrame(factors, index=names, columns=["a", "b", "c"])
    x = pd.DataFrame(x, index=names)
    assert expression_factors(x).chosen["permutation"] == 3
    beside = expression_factors(x, covariates=known, number=2)
    assert beside.chosen["permutation"] == 0
    assert share_explained(beside.values.to_numpy(), factors).max() < 1e-10


def linked_genes(rng, n=200):
    """Forty genes that one variant acts on, among a hundred and twenty."""
    z = rng.binomial(2, 0.4, (n, 30)).astype(float)
    x = rng.normal(size=(n, 120))
    x[:, :40] += z[:, [7]]
    genes = pd.DataFrame(
        {"gene_id": [f"g{k}" for k in range(120)], "chrom": "1", "start": 1000 + np.arange(120)}
    )
    genes["chrom"] = np.where(np.arange(120) < 40, "1", "2")
    genes["end"] = genes["start"] + 10
    places = pd.DataFrame({"variant_id": [f"v{k}" for k in range(30)], "chrom": "1",
                           "pos": 1000 + np.arange(30)})  # fmt: skip
    return (
        pd.DataFrame(x, columns=genes["gene_id"]),
        pd.DataFrame(z, columns=places["variant_id"]),
        genes,
        places,
    )


def test_a_locus_of_many_genes_is_no_hidden_factor(rng):
    x, z, genes, places = linked_genes(rng)
    bare = expression_factors(x, number=1)
    assert share_explained(bare.values.to_numpy(), z[["v7"]].to_numpy())[0] > 0.7
    guarded = expression_factors(x, z, number=1, genes=genes, variants=places)
    assert share_explained(guarded.values.to_numpy(), z[["v7"]].to_numpy())[0] < 0.05
    assert "of 40 genes first" in guarded.notes[0]


def test_elbow_of_planted_factors(simulated):
    x, _ = with_factors(simulated, 4, 0.6)
    # The elbow is the first component behind the steep part, and belongs to the number.
    assert 4 <= expression_factors(x, number="elbow").values.shape[1] <= 20


def test_factors_do_not_depend_on_the_order_of_genes_or_threads(simulated, rng):
    x, _ = with_factors(simulated, 2, 0.3)
    known = {"genes": simulated.genes, "variants": simulated.variants, "number": 2}
    one = expression_factors(x, simulated.genotypes, threads=1, **known)
    mixed = x.iloc[:, rng.permutation(x.shape[1])]
    two = expression_factors(mixed, simulated.genotypes, threads=2, **known)
    pd.testing.assert_frame_equal(one.values, two.values, check_exact=True)


@pytest.mark.parametrize(
    "x", [np.ones((10, 4)), np.ones((10, 1)), np.random.default_rng(1).normal(size=(10, 1))]
)
def test_expression_without_factors_to_speak_of(x):
    assert expression_factors(pd.DataFrame(x)).values.shape[1] in (0, 1)
    assert expression_factors(pd.DataFrame(x), number=0).values.shape == (10, 0)


def test_what_cannot_be_asked_for(rng):
    x = pd.DataFrame(rng.normal(size=(10, 4)))
    with pytest.raises(CommandLineError, match="knee"):
        expression_factors(x, number="knee")
    with pytest.raises(DegenerateDataError, match="there are 4"):
        expression_factors(x, number=5)
    with pytest.raises(InconsistentInputsError, match="same order"):
        expression_factors(x, pd.DataFrame(np.ones((9, 3))))
