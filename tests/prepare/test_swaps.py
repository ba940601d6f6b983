"""Exchanged samples: found where there are some and the power suffices, and not invented."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.prepare import sample_swaps
from genesis.prepare.swaps import _log_likelihood
from genesis.simulate import cis_eqtl


@pytest.fixture(scope="module")
def simulated():
    return cis_eqtl(n=150, n_genes=250, h2=(0.05, 0.4), seed=11)


def look(simulation, expression=None, **more):
    x = simulation.expression if expression is None else expression
    return sample_swaps(
        x, simulation.genotypes, genes=simulation.genes, variants=simulation.variants, **more
    )


def exchanged(x, *pairs):
    x = x.copy()
    for a, b in pairs:
        x.loc[[a, b]] = x.loc[[b, a]].to_numpy()
    return x


def test_no_swap_is_found_where_there_is_none(simulated):
    found = look(simulated)
    assert found.conclusive
    assert not len(found.swapped)
    assert (found.samples["verdict"] == "own").mean() > 0.95
    assert "none found" in found.notes[0]


def test_exchanged_samples_are_found_and_no_others(simulated):
    pairs = [("S003", "S077"), ("S010", "S100")]
    found = look(simulated, exchanged(simulated.expression, *pairs))
    partner = dict(zip(found.swapped["sample"], found.swapped["best_other"], strict=True))
    assert partner == {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    assert "S003 and S077, S010 and S100" in found.notes[0]
    assert (found.swapped["other"] >= 0.95).all()


def test_shifted_labels_are_found_one_way():
    simulation = cis_eqtl(n=100, n_genes=200, h2=(0.2, 0.5), seed=6)
    x = simulation.expression.copy()
    x.loc[["S001", "S002", "S003"]] = x.loc[["S002", "S003", "S001"]].to_numpy()
    result = look(simulation, x)
    found = result.swapped
    assert dict(zip(found["sample"], found["best_other"], strict=True)) == {
        "S001": "S002", "S002": "S003", "S003": "S001"
    }  # fmt: skip
    assert "S001 fits S002" in result.notes[0]


def test_hidden_factors_do_not_invent_swaps():
    simulation = cis_eqtl(n=150, n_genes=200, h2=(0.05, 0.3), factor_variance=0.4, seed=2)
    found = look(simulation)
    assert not len(found.swapped)


@pytest.mark.parametrize("seed", range(8))
def test_swaps_are_rarely_invented(seed):
    simulation = cis_eqtl(n=100, n_genes=60, h2=(0.05, 0.3), seed=seed)
    assert not len(look(simulation).swapped)


def test_expression_of_poor_quality_is_unclear_and_not_another(simulated, rng):
    x = simulated.expression.copy()
    x.loc["S050"] = rng.normal(size=x.shape[1]) * 2
    found = look(simulated, x)
    assert not len(found.swapped)
    assert found.samples.set_index("sample").loc["S050", "verdict"] == "unclear"


def test_the_same_person_twice_is_not_a_swap(simulated):
    z = simulated.genotypes.copy()
    z.loc["S020"] = z.loc["S021"]
    x = simulated.expression.copy()
    x.loc["S020"] = x.loc["S021"]
    found = sample_swaps(x, z, genes=simulated.genes, variants=simulated.variants)
    assert not len(found.swapped)


def test_too_few_cis_effects_tell_nothing():
    simulation = cis_eqtl(n=150, n_genes=30, h2=(0.02, 0.05), seed=1)
    swapped = look(simulation, exchanged(simulation.expression, ("S003", "S077")))
    for found in (look(simulation), swapped):
        assert not found.conclusive
        assert "cannot tell" in found.notes[-1]
        assert not len(found.swapped)


def test_labels_that_are_mixed_throughout_tell_nothing(simulated, rng):
    x = simulated.expression.iloc[rng.permutation(150)].set_axis(simulated.expression.index)
    found = look(simulated, x)
    assert not found.conclusive
    assert "cannot tell" in found.notes[-1]


def test_power_is_what_exchanges_show():
    """The stated power against the share of exchanged pairs that are found."""
    rng = np.random.default_rng(4)
    found, stated = [], []
    for seed in range(4):
        simulation = cis_eqtl(n=120, n_genes=90, h2=(0.05, 0.25), seed=20 + seed)
        people = rng.permutation(simulation.expression.index)[:12]
        pairs = list(zip(people[:6], people[6:], strict=True))
        result = look(simulation, exchanged(simulation.expression, *pairs))
        stated.append(result.power)
        swapped = set(result.swapped["sample"])
        found += [bool({a, b} & swapped) for a, b in pairs]
    assert np.mean(found) == pytest.approx(np.mean(stated), abs=0.25)


def test_fit_is_the_log_likelihood_of_the_normal_model(rng):
    from scipy.stats import norm

    r = rng.uniform(-0.8, 0.8, 5)
    x, z = rng.normal(size=(5, 7)), rng.normal(size=(5, 6))
    slow = np.array(
        [
            [
                sum(
                    norm.logpdf(x[g, i], r[g] * z[g, j], np.sqrt(1 - r[g] ** 2))
                    - norm.logpdf(x[g, i])
                    for g in range(5)
                )
                for j in range(6)
            ]
            for i in range(7)
        ]
    )
    np.testing.assert_allclose(_log_likelihood(x, z, r), slow, atol=1e-10)


def test_without_positions_or_samples_it_cannot_tell(simulated):
    found = sample_swaps(simulated.expression, simulated.genotypes)
    assert "no positions" in found.notes[0]
    few = simulated.expression.iloc[:10]
    found = sample_swaps(few, simulated.genotypes.iloc[:10])
    assert "too few samples" in found.notes[0]
    assert not len(found.swapped)


def test_order_of_genes_and_threads_change_nothing(simulated, rng):
    one = look(simulated, threads=1).samples
    mixed = simulated.expression.iloc[:, rng.permutation(simulated.expression.shape[1])]
    two = look(simulated, mixed, threads=2).samples
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_exchange_in_the_example_data(example):
    genotypes = genesis.read_vcf(example / "genotypes.vcf.gz")
    expression = genesis.read_expression(example / "expression.tsv.gz")
    covariates = genesis.read_covariates(example / "covariates.tsv", genotypes.samples)
    aligned = genesis.align(genotypes, expression, covariates)
    genes = genesis.read_genes(example / "genes.bed")

    def check():
        return sample_swaps(
            aligned.expression, aligned.genotypes, genes=genes, covariates=aligned.covariates
        )

    assert not len(check().swapped)
    first, second = (aligned.expression.samples.index(name) for name in ("S006", "S041"))
    aligned.expression.values[[first, second]] = aligned.expression.values[[second, first]]
    assert check().swapped["sample"].tolist() == ["S006", "S041"]


def test_few_genes_of_real_people_cannot_tell(shared):
    folder = shared / "data" / "human_geuvadis_ceu"
    genotypes = genesis.read_vcf(folder / "genotypes.vcf.gz")
    expression = genesis.read_expression(folder / "expression.tsv")
    aligned = genesis.align(genotypes, expression)
    found = sample_swaps(
        aligned.expression, aligned.genotypes, genes=genesis.read_genes(folder / "genes.bed")
    )
    assert not found.conclusive
    assert not len(found.swapped)
