"""Method `calibrated` from data to claims."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import genesis
from genesis.evaluate import evaluate, pool
from tests.rules.simulated import named, two_tier


def discover(simulation, **options):
    return genesis.discover(
        simulation.genotypes,
        simulation.expression,
        variants=simulation.variants,
        genes=simulation.genes,
        normalise="none",
        **options,
    )


@pytest.mark.parametrize("factor_variance", [0.0, 0.3])
@pytest.mark.parametrize("n_seeds", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_posteriors_are_true_as_often_as_they_say(n_seeds, factor_variance):
    found = []
    for seed in range(901, 901 + n_seeds):
        data = genesis.simulate.cis_eqtl(300, 30, factor_variance=factor_variance, seed=seed)
        result = discover(data, keep_posterior=0.0)
        found.append(evaluate(result, data.adjacency()))
        used = result.run["calibrated"]["hidden_factors_used"]
        assert (used > 0) == (factor_variance > 0)
    pooled = pool(found)
    means = pooled.metrics["mean"]
    assert means["aupr"] > 0.85
    assert means["true_fdr"] < 0.08
    sure = pooled.reliability[pooled.reliability["lower"] >= 0.95]
    assert sure["n_true"].sum() / sure["n"].sum() > 0.9


@pytest.mark.parametrize("n_seeds", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_better_than_the_rules_on_the_authors_design(n_seeds):
    ours, rules = [], []
    for seed in range(700, 700 + n_seeds):
        data = genesis.simulate.two_tier(1000, 20, sparsity=0.7, background="network", seed=seed)
        truth = data.adjacency()
        ours.append(
            evaluate(genesis.discover(data.genotypes, data.expression, normalise="none"), truth).f1
        )
        rules.append(
            evaluate(
                genesis.discover(data.genotypes, data.expression, method="rules", normalise="none"),
                truth,
            ).f1
        )
    assert np.mean(ours) > np.mean(rules) + 0.1


def test_noise_gets_no_claims(rng):
    z = rng.binomial(2, 0.4, size=(200, 60)).astype(float)
    result = genesis.discover(z, rng.normal(size=(200, 30)))
    assert result.counts["ancestor"] == 0


def test_a_hidden_cause_alone_makes_no_ancestor():
    rng = np.random.default_rng(5)
    z = rng.binomial(2, 0.4, size=(500, 12)).astype(float)
    hidden = rng.normal(size=(500, 1))
    x = 0.7 * z + hidden @ rng.normal(size=(1, 12)) + rng.normal(size=(500, 12))
    result = genesis.discover(z, x)
    assert result.run["calibrated"]["hidden_factors_used"] > 0
    assert result.counts["ancestor"] <= 1


def test_any_order_and_number_of_threads_gives_the_same(rng):
    z, x = named(rng, *two_tier(rng, n=200, n_variants=8, n_genes=6)[:2])
    one = genesis.discover(z, x, threads=1, normalise="none")
    shuffled = genesis.discover(
        z.sample(frac=1, axis=1, random_state=1).sample(frac=1, random_state=2),
        x.sample(frac=1, axis=1, random_state=3),
        threads=2,
        normalise="none",
    )
    expected = one.ancestrality.loc[shuffled.gene_ids, shuffled.gene_ids]
    assert_frame_equal(shuffled.ancestrality, expected, check_names=False)
    for name in ("posterior", "posterior_direct"):
        wide = [
            r.relations.query("relation == 'ancestor'").set_index(["gene_a", "gene_b"])[name]
            for r in (one, shuffled)
        ]
        first, second = ({tuple(map(str, k)): v for k, v in w.items()} for w in wide)
        assert first == second
    another = genesis.discover(z, x, seed=2, normalise="none")
    assert not another.relations["posterior"].equals(one.relations["posterior"])


def test_saved_and_loaded(rng, tmp_path):
    z, x = named(rng, *two_tier(rng, n=200)[:2])
    result = genesis.discover(z, x, normalise="none")
    result.save(tmp_path / "run")
    loaded = genesis.load(tmp_path / "run")
    assert_frame_equal(loaded.relations, result.relations)
    assert_frame_equal(loaded.anchors, result.anchors)
    assert loaded.run == result.run
    graph = result.constraints()
    again = genesis.ConstraintGraph.from_json(graph.to_json())
    assert_frame_equal(again.claims, graph.claims)
    unrelated = result.relations.query("relation == 'unrelated'")
    forbidden = set(zip(graph.forbidden["cause"], graph.forbidden["effect"], strict=True))
    for a, b in zip(unrelated["gene_a"], unrelated["gene_b"], strict=True):
        assert {(a, b), (b, a)} <= forbidden
    assert graph.absent.empty
    candidates = {
        frozenset(pair)
        for pair in zip(graph.candidates["gene_a"], graph.candidates["gene_b"], strict=True)
    }
    assert not candidates & {
        frozenset(pair) for pair in zip(unrelated["gene_a"], unrelated["gene_b"], strict=True)
    }


def test_a_positional_anchor_speaks_for_its_gene():
    """The variant changes the product of gene A, not its expression: only B shows it."""
    rng = np.random.default_rng(8)
    n = 400
    z = rng.binomial(1, 0.5, size=(n, 6)).astype(float)
    x = rng.normal(size=(n, 6))
    x[:, 1] += 1.2 * z[:, 0]
    variants = pd.DataFrame(
        {"variant_id": [f"v{k}" for k in range(6)], "chrom": "1", "pos": np.arange(1, 7) * 10**6}
    )
    genes = pd.DataFrame({"gene_id": list("ABCDEF"), "chrom": "1"}).assign(
        start=variants["pos"], end=variants["pos"] + 10
    )
    z, x = pd.DataFrame(z, columns=variants["variant_id"]), pd.DataFrame(x, columns=list("ABCDEF"))
    claims = {}
    for kind in ("effect", "positional", "both"):
        result = genesis.discover(
            z,
            x,
            variants=variants,
            genes=genes,
            cis_window=1000,
            anchor_kind=kind,
            normalise="none",
        )
        claims[kind] = result.ancestrality.loc["A", "B"]
    assert claims["positional"] == claims["both"] == 1
    assert claims["effect"] != 1


def test_a_locus_that_acts_on_many_is_no_hidden_factor():
    """Gene 0 shows nothing of what its variant does to 20 others; two factors act on all."""
    rng = np.random.default_rng(1)
    n, n_genes, targets = 150, 50, np.arange(10, 30)
    z = rng.binomial(2, 0.5, size=(n, n_genes)).astype(float)
    scaled = (z - 1) / np.sqrt(0.5)
    x = rng.normal(size=(n, n_genes)) + rng.normal(size=(n, 2)) @ rng.normal(0, 0.5, (2, n_genes))
    x[:, 1:] += 0.6 * scaled[:, 1:]
    x[:, targets] += 0.7 * scaled[:, [0]] * rng.choice([-1, 1], len(targets))
    ids = [f"g{k:02d}" for k in range(n_genes)]
    place = np.arange(1, n_genes + 1) * 10**7
    variants = pd.DataFrame({"variant_id": [f"s{k:02d}" for k in range(n_genes)], "chrom": "1"})
    genes = pd.DataFrame({"gene_id": ids, "chrom": "1", "start": place, "end": place + 10})
    result = genesis.discover(
        pd.DataFrame(z, columns=variants["variant_id"]),
        pd.DataFrame(x, columns=ids),
        variants=variants.assign(pos=place),
        genes=genes,
        cis_window=1000,
        anchor_kind="positional",
        normalise="none",
    )
    found = result.run["calibrated"]
    assert found["hidden_factors_tried"] == found["hidden_factors_used"] == 2
    claims = np.argwhere(result.ancestrality.loc[ids, ids].to_numpy() == 1)
    assert {tuple(pair) for pair in claims} == {(0, target) for target in targets}


def test_a_posterior_has_a_part_for_each_world(rng):
    """Where a factor acts on all genes, what is left of a claim rests on its variants."""
    z = rng.binomial(2, 0.4, size=(500, 8)).astype(float)
    x = z + 1.5 * rng.normal(size=(500, 1)) + rng.normal(size=(500, 8))
    x[:, 1] += 0.7 * x[:, 0]
    x[:, 3] += 0.7 * x[:, 2]
    shared = genesis.discover(z, x, hidden_factors=1, keep_posterior=0.0)
    alone = genesis.discover(z, x, hidden_factors="none", keep_posterior=0.0)
    for result in (shared, alone):
        table = result.relations
        parts = table["posterior_chain"] + table["posterior_instrument"]
        np.testing.assert_allclose(parts, table["posterior"], atol=1e-6)
        assert (table[["posterior_chain", "posterior_instrument"]] >= 0).all(axis=None)
    claims = shared.relations.query("relation == 'ancestor'")
    assert list(zip(claims["gene_a"], claims["gene_b"], strict=True)) == [
        ("gene1", "gene2"),
        ("gene3", "gene4"),
    ]
    assert (claims["posterior_instrument"] > claims["posterior_chain"]).all()
    assert (alone.relations["posterior_instrument"] == 0).all()


def test_posteriors_as_a_matrix(rng):
    z, x = named(rng, *two_tier(rng, n=200)[:2])
    result = genesis.discover(z, x, keep_posterior=0.0, normalise="none")
    table, ids = result.relations, result.gene_ids
    for name, matrix in (
        ("posterior", result.posterior), ("posterior_direct", result.posterior_direct)
    ):  # fmt: skip
        assert list(matrix.index) == list(matrix.columns) == list(ids)
        for row in table.to_dict("records"):
            assert matrix.loc[row["gene_a"], row["gene_b"]] == np.float32(row[name])
        assert np.isnan(np.diagonal(matrix)).all()
    claimed = table.query("relation == 'ancestor'")
    assert (claimed["posterior"] > claimed["posterior_reverse"]).all()
    assert genesis.discover(z, x, method="rules", normalise="none").posterior.isna().all(axis=None)


@pytest.mark.parametrize("factors", ["none", 0, 2])
def test_a_number_of_hidden_factors(factors, rng):
    z, x, _ = two_tier(rng, n=100, n_genes=7)
    result = genesis.discover(z, x, hidden_factors=factors)
    expected = 0 if factors == "none" else factors
    assert result.run["calibrated"]["hidden_factors_used"] == expected


def test_small_and_degenerate_inputs(rng):
    z = rng.binomial(2, 0.4, size=(30, 4)).astype(float)
    x = rng.normal(size=(30, 3))
    assert genesis.discover(z, x[:, :1]).counts["unresolved"] == 0
    flat = genesis.discover(z, np.column_stack([x, np.ones(30)]))
    assert list(flat.excluded["id"]) == ["gene4"]
    copies = genesis.discover(z[:, [0, 0, 1, 1]], np.column_stack([x, x[:, 0]]))
    assert np.isfinite(copies.pairs.posterior).all()
    wide = genesis.discover(rng.normal(size=(12, 40)), rng.normal(size=(12, 30)))
    assert np.isfinite(wide.pairs.posterior).all()
    without = genesis.discover(np.ones((30, 2)), x)
    assert without.anchors.empty
