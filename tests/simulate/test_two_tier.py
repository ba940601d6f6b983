"""The two-tier model: densities, shares of variance, truth, and its violations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from genesis.errors import CommandLineError
from genesis.simulate import Simulation, tier_violation, two_tier
from tests.rules.simulated import ancestors


def same(a: Simulation, b: Simulation) -> None:
    for name in ("genotypes", "expression", "truth", "anchors"):
        assert_frame_equal(getattr(a, name), getattr(b, name), check_exact=True)


def signals(simulation: Simulation) -> pd.DataFrame:
    """What the parents of each gene in both tiers contribute to it."""
    x = simulation.expression
    signal = pd.DataFrame(0.0, index=x.index, columns=x.columns)
    for edge in simulation.truth.itertuples():
        signal[edge.child] += edge.weight * x[edge.parent]
    for anchor in simulation.anchors.itertuples():
        signal[anchor.gene_id] += anchor.weight * simulation.genotypes[anchor.variant_id]
    return signal


def upstream(simulation: Simulation) -> set[str]:
    return {*simulation.truth["child"], *simulation.anchors["gene_id"]}


@pytest.mark.parametrize("genotypes", ["continuous", "binomial"])
def test_a_seed_decides_everything(genotypes):
    same(two_tier(100, genotypes=genotypes, seed=7), two_tier(100, genotypes=genotypes, seed=7))
    other = two_tier(100, genotypes=genotypes, seed=8)
    assert not np.array_equal(two_tier(100, seed=7).expression, other.expression)


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    two_tier(50)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("p_zx", [0.0, 0.15, 1.0])
def test_densities(sparsity, p_zx):
    simulation = two_tier(20, 60, 60, sparsity=sparsity, p_zx=p_zx, seed=2)
    pairs = 60 * 59 / 2
    for found, p, n in (
        (len(simulation.truth), 1 - sparsity, pairs),
        (len(simulation.anchors), p_zx, 3600),
    ):
        assert abs(found - p * n) <= 4 * np.sqrt(n * p * (1 - p))


@pytest.mark.parametrize("genotypes", ["continuous", "binomial"])
@pytest.mark.parametrize("background", ["independent", "network"])
@pytest.mark.parametrize("r2", [0.2, 0.5, 0.9])
def test_parents_explain_r2_and_the_rest_is_independent_noise(genotypes, background, r2):
    simulation = two_tier(
        20_000, 10, 8, r2=r2, genotypes=genotypes, background=background, seed=4
    )  # fmt: skip
    signal = signals(simulation)
    noise = simulation.expression - signal
    for gene in simulation.expression:
        if gene not in upstream(simulation):
            assert noise[gene].var() == pytest.approx(1, rel=0.05)
            continue
        explained = signal[gene].var() / simulation.expression[gene].var()
        assert explained == pytest.approx(r2, abs=0.02)
        assert abs(np.corrcoef(signal[gene], noise[gene])[0, 1]) < 0.03


def test_a_gene_without_parents_is_noise_of_variance_one():
    simulation = two_tier(20_000, 5, 5, sparsity=1, p_zx=0)
    np.testing.assert_allclose(simulation.expression.var(), 1, rtol=0.05)


def test_effects_have_one_size_and_both_signs():
    simulation = two_tier(500, 30, 15, effect=0.7, seed=5)
    spread = simulation.expression.std(ddof=0)
    edges = simulation.truth["weight"] * simulation.truth["parent"].map(spread)
    for effects in (edges, simulation.anchors["weight"]):
        np.testing.assert_allclose(np.abs(effects), 0.7)
        assert 0.3 < (effects > 0).mean() < 0.7
    raw = two_tier(500, effect=0.7, scaled_effects=False)
    np.testing.assert_allclose(np.abs(raw.truth["weight"]), 0.7)


def test_background_variables_are_standard_normal():
    z = two_tier(20_000, 12, 3, background="independent").genotypes
    np.testing.assert_allclose(z.var(), 1, rtol=0.05)
    assert np.abs(np.corrcoef(z.T) - np.eye(12)).max() < 0.04
    z = two_tier(20_000, 12, 3, background="network").genotypes
    np.testing.assert_allclose(z.var(), 1, rtol=0.01)
    assert np.abs(np.corrcoef(z.T) - np.eye(12)).max() > 0.3


def test_dosages_are_in_hardy_weinberg_proportions():
    simulation = two_tier(20_000, 12, 3, genotypes="binomial")
    assert np.isin(simulation.genotypes, [0, 1, 2]).all()
    frequency = simulation.genotypes.mean() / 2
    assert frequency.between(0.09, 0.51).all()
    np.testing.assert_allclose(
        simulation.genotypes.var(), 2 * frequency * (1 - frequency), rtol=0.05
    )
    assert simulation.variants["variant_id"].tolist() == simulation.genotypes.columns.tolist()
    assert two_tier(20).variants is None


def test_column_order_says_nothing_about_the_causal_order():
    forward = total = 0
    for seed in range(30):
        edges = two_tier(20, 5, 15, seed=seed).truth
        forward += int((edges["parent"] < edges["child"]).sum())
        total += len(edges)
    assert 0.42 < forward / total < 0.58


def test_truth_is_acyclic_and_ancestors_are_its_closure():
    for sparsity in (0.3, 0.8):
        simulation = two_tier(20, 5, 14, sparsity=sparsity, seed=3)
        adjacency = simulation.adjacency()
        assert adjacency.to_numpy().sum() == len(simulation.truth)
        for edge in simulation.truth.itertuples():
            assert adjacency.loc[edge.parent, edge.child]
        expected = ancestors(adjacency.to_numpy())
        np.testing.assert_array_equal(simulation.ancestry(), expected)
        assert not (expected & expected.T).any()
        assert len(simulation.ancestors) == expected.sum()
        for pair in simulation.ancestors.itertuples():
            assert simulation.ancestry().loc[pair.ancestor, pair.descendant]


def test_a_cycle_in_the_truth_is_refused():
    simulation = two_tier(20, 5, 2, sparsity=1)
    truth = pd.DataFrame({"parent": ["G1", "G2"], "child": ["G2", "G1"], "weight": [1.0, 1.0]})
    cyclic = Simulation(simulation.genotypes, simulation.expression, None, None, truth,
                        simulation.anchors, {})  # fmt: skip
    with pytest.raises(ValueError, match="cycle"):
        cyclic.ancestry()


def summary(z: np.ndarray, x: np.ndarray, adjacency: np.ndarray) -> np.ndarray:
    """Density; mean |correlation| within Z and within X; R² of the genes; their spread."""
    within = [
        np.abs(np.corrcoef(columns.T)[np.triu_indices(columns.shape[1], 1)]).mean()
        for columns in (z, x)
    ]
    covariance, d_z = np.cov(np.hstack([z, x]).T), z.shape[1]
    explained = []
    for gene in range(x.shape[1]):
        parents = np.append(np.arange(d_z), d_z + np.flatnonzero(adjacency[:, gene]))
        effect = covariance[parents, d_z + gene]
        fitted = effect @ np.linalg.solve(covariance[np.ix_(parents, parents)], effect)
        left = 1 - fitted / covariance[d_z + gene, d_z + gene]
        explained.append(1 - left * (len(z) - 1) / (len(z) - 1 - len(parents)))
    pairs = adjacency.shape[0] * (adjacency.shape[0] - 1) / 2
    return np.array([adjacency.sum() / pairs, *within, np.median(explained), np.median(x.std(0))])


@pytest.mark.parametrize("d_z", [20, 50])
@pytest.mark.parametrize("sparsity", [0.5, 0.7, 0.9])
def test_network_background_resembles_the_published_simulations(shared, d_z, sparsity):
    folders = sorted(shared.glob(f"fixtures/rules_ascend/*_dz{d_z}_dx15_sp{sparsity}_*"))
    assert len(folders) == 4
    published = [
        summary(
            pd.read_csv(folder / "Z.tsv.gz", sep="\t").to_numpy(),
            pd.read_csv(folder / "X.tsv.gz", sep="\t").to_numpy(),
            pd.read_csv(folder / "adjacency.tsv", sep="\t", index_col=0).to_numpy(),
        )
        for folder in folders
    ]
    drawn = []
    for seed in range(10):
        simulation = two_tier(500, d_z, sparsity=sparsity, background="network", seed=seed)
        tables = (simulation.genotypes, simulation.expression, simulation.adjacency())
        drawn.append(summary(*(table.to_numpy() for table in tables)))
    difference = np.abs(np.mean(drawn, axis=0) - np.mean(published, axis=0))
    assert (difference < [0.15, 0.06, 0.06, 0.04, 0.6]).all(), difference


@pytest.mark.parametrize("kind", ["feedback", "hidden-snps", "mislabelled"])
@pytest.mark.parametrize("genotypes", ["continuous", "binomial"])
def test_a_violation_of_nothing_is_the_two_tier_model(kind, genotypes):
    violated = tier_violation(kind, fraction=0, n=80, genotypes=genotypes, seed=3)
    same(violated, two_tier(80, genotypes=genotypes, seed=3))
    assert violated.parameters["affected"] == []


@pytest.mark.parametrize("kind", ["feedback", "hidden-snps", "mislabelled"])
@pytest.mark.parametrize("genotypes", ["continuous", "binomial"])
def test_violations_are_reproducible_and_consistent(kind, genotypes):
    settings = {"fraction": 0.3, "n": 80, "genotypes": genotypes, "seed": 3}
    simulation = tier_violation(kind, **settings)
    same(simulation, tier_violation(kind, **settings))
    assert len(simulation.parameters["affected"]) >= 1
    assert set(simulation.truth["parent"]) <= set(simulation.expression)
    assert set(simulation.anchors["variant_id"]) <= set(simulation.genotypes)
    assert set(simulation.anchors["gene_id"]) <= set(simulation.expression)
    if genotypes == "binomial":
        assert simulation.variants["variant_id"].tolist() == simulation.genotypes.columns.tolist()
        assert simulation.variants["pos"].is_monotonic_increasing
        assert np.isin(simulation.genotypes, [0, 1, 2]).all()


def test_feedback_drives_variables_that_act_on_nothing():
    simulation = tier_violation("feedback", fraction=0.25, strength=0.5, n=20_000, seed=1)
    driven = simulation.parameters["affected"]
    assert len(driven) == 5
    assert not simulation.anchors["variant_id"].isin(driven).any()
    for variable in driven:
        with_genes = simulation.expression.corrwith(simulation.genotypes[variable]) ** 2
        assert with_genes.max() == pytest.approx(0.5, abs=0.03)
    np.testing.assert_allclose(simulation.genotypes.var(), 1, rtol=0.05)


def test_hidden_variants_acted_and_nothing_else_changes():
    base = two_tier(80, seed=2)
    simulation = tier_violation("hidden-snps", fraction=0.5, n=80, seed=2)
    hidden = simulation.parameters["affected"]
    assert len(hidden) == round(0.5 * base.anchors["variant_id"].nunique())
    assert set(hidden) <= set(base.anchors["variant_id"])
    assert_frame_equal(simulation.expression, base.expression)
    assert_frame_equal(simulation.genotypes, base.genotypes.drop(columns=hidden))


def test_mislabelled_genes_keep_the_order_of_the_others():
    base = two_tier(80, d_x=12, sparsity=0.7, seed=6)
    simulation = tier_violation("mislabelled", fraction=0.4, n=80, d_x=12, sparsity=0.7, seed=6)
    moved = simulation.parameters["affected"]
    left = simulation.expression.columns
    assert simulation.genotypes.columns.tolist() == [*base.genotypes.columns, *moved]
    np.testing.assert_array_equal(simulation.genotypes[moved], base.expression[moved])
    np.testing.assert_array_equal(simulation.ancestry(), base.ancestry().loc[left, left])
    gained = set(zip(simulation.truth["parent"], simulation.truth["child"], strict=True))
    assert gained - set(zip(base.truth["parent"], base.truth["child"], strict=True))


def test_edges_through_mislabelled_genes_carry_the_product_of_their_weights():
    base = two_tier(200, 5, 3, sparsity=0, seed=0)
    order = base.adjacency().sum(axis=1).sort_values(ascending=False).index
    for seed in range(20):
        simulation = tier_violation("mislabelled", n=200, d_z=5, d_x=3, sparsity=0, seed=seed)
        base = two_tier(200, 5, 3, sparsity=0, seed=seed)
        order = base.adjacency().sum(axis=1).sort_values(ascending=False).index
        if simulation.parameters["affected"] == [order[1]]:
            break
    else:
        pytest.fail("no seed moves the gene in the middle")
    weight = base.truth.set_index(["parent", "child"])["weight"]
    first, middle, last = order
    expected = weight[first, last] + weight[first, middle] * weight[middle, last]
    assert simulation.truth["weight"].item() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 1), ("n", 2.5), ("d_z", 0), ("d_x", -1), ("r2", 0), ("r2", 1), ("r2", np.nan),
        ("sparsity", 1.1), ("p_zx", -0.1), ("p_zx", "x"), ("effect", 0), ("effect", np.inf),
        ("background", "none"), ("genotypes", "haploid"), ("seed", -1), ("seed", None),
    ],
)  # fmt: skip
def test_values_out_of_range_are_named(name, value):
    for simulate in (two_tier, tier_violation):
        with pytest.raises(CommandLineError, match=rf"^{name} is "):
            simulate(**{name: value})


def test_violations_out_of_range_are_named():
    for given in ({"kind": "x"}, {"fraction": 2}, {"strength": -1}):
        with pytest.raises(CommandLineError, match=rf"^{next(iter(given))} is "):
            tier_violation(**given)
    with pytest.raises(CommandLineError, match="all 3 background variables"):
        tier_violation("hidden-snps", fraction=1, d_z=3, p_zx=1)
    with pytest.raises(CommandLineError, match="all 15 genes"):
        tier_violation("mislabelled", fraction=1)


def test_expression_that_outgrows_all_numbers_is_an_error():
    """Of 200 genes, each acting on the next with a thousandfold effect, the last is infinite."""
    with pytest.raises(CommandLineError, match="beyond the largest number"):
        two_tier(20, d_x=200, sparsity=0, effect=1000.0, scaled_effects=False)
