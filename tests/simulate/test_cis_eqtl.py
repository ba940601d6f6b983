"""Genes with variants nearby: shares of variance, linkage disequilibrium, networks, noise."""

from __future__ import annotations

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from genesis.engine import extras
from genesis.errors import CommandLineError
from genesis.simulate import chromosomes, cis_eqtl
from genesis.simulate.loci import CIS_DISTANCE
from genesis.simulate.networks import scale_free_parents, uniform_parents


@pytest.fixture(scope="module")
def large():
    """Many people, no parents, factors: what acts on a gene can be told apart."""
    return cis_eqtl(3000, 30, h2=(0.1, 0.3), n_parents=0, factor_variance=0.4, seed=1)


@pytest.fixture(scope="module")
def network():
    return cis_eqtl(2000, 40, h2=(0.05, 0.2), n_parents=2, seed=2)


def cis_parts(simulation):
    """What the variants of each gene contribute to it."""
    parts = 0 * simulation.expression
    for anchor in simulation.anchors.itertuples():
        parts[anchor.gene_id] += anchor.weight * simulation.genotypes[anchor.variant_id]
    return parts


def test_a_seed_decides_everything_and_the_network_does_not_depend_on_the_people():
    first, second = cis_eqtl(60, 12, seed=4), cis_eqtl(60, 12, seed=4)
    for name in ("genotypes", "expression", "variants", "genes", "truth", "anchors"):
        assert_frame_equal(getattr(first, name), getattr(second, name), check_exact=True)
    assert not cis_eqtl(60, 12, seed=5).truth.equals(first.truth)
    more = cis_eqtl(90, 12, seed=4)
    assert_frame_equal(more.genes, first.genes)
    assert_frame_equal(more.truth[["parent", "child"]], first.truth[["parent", "child"]])


def test_genotypes_are_common_dosages_in_order_of_position(network):
    assert np.isin(network.genotypes, [0, 1, 2]).all()
    frequency = network.genotypes.mean() / 2
    assert np.minimum(frequency, 1 - frequency).min() >= 0.05
    assert network.genotypes.shape[1] == 30 * 40
    assert network.variants["variant_id"].tolist() == network.genotypes.columns.tolist()
    assert network.variants["variant_id"].is_unique
    assert (network.variants["ref"] != network.variants["alt"]).all()
    for _, here in network.variants.groupby("chrom"):
        assert here["pos"].is_monotonic_increasing
        assert here["pos"].is_unique


def test_linkage_disequilibrium_falls_with_distance_and_ends_at_the_chromosome(network):
    z = network.genotypes.to_numpy(dtype=float)
    r2 = np.corrcoef(z.T) ** 2
    chrom, pos = network.variants["chrom"].to_numpy(), network.variants["pos"].to_numpy()
    same = (chrom[:, None] == chrom) & ~np.eye(len(chrom), dtype=bool)
    distance = np.abs(pos[:, None] - pos)
    near = r2[same & (distance < 10_000)].mean()
    far = r2[same & (distance > 500_000)].mean()
    apart = r2[chrom[:, None] != chrom].mean()
    assert near > 0.2
    assert near > 5 * far
    assert apart == pytest.approx(1 / len(z), rel=0.2)


def test_genes_lie_on_their_chromosomes_some_beside_each_other():
    genes = cis_eqtl(20, 100, snps_per_gene=5).genes
    assert genes["chrom"].nunique() == 20
    assert (genes["start"] >= 1).all()
    assert (genes["end"] > genes["start"]).all()
    gaps = [
        gap
        for _, here in genes.groupby("chrom")
        for gap in here["start"].to_numpy()[1:] - here["end"].to_numpy()[:-1]
    ]
    assert min(gaps) > 0
    assert 0.08 < np.mean(np.array(gaps) < 20_000) < 0.4
    assert cis_eqtl(20, 7, n_chromosomes=3).genes["chrom"].value_counts().tolist() == [3, 2, 2]


def test_causal_variants_lie_near_their_gene_and_serve_no_other(network):
    anchors = network.anchors
    assert anchors["variant_id"].is_unique
    assert anchors["gene_id"].nunique() == round(0.8 * 40)
    assert set(anchors.groupby("gene_id").size()) == {1, 2}
    placed = anchors.merge(network.genes).merge(network.variants, on="variant_id")
    assert (placed["chrom_x"] == placed["chrom_y"]).all()
    assert (placed["pos"] >= placed["start"] - CIS_DISTANCE).all()
    assert (placed["pos"] <= placed["end"] + CIS_DISTANCE).all()


def test_variants_explain_the_share_that_was_asked_for(large):
    parts = cis_parts(large)
    acted_on = large.anchors["gene_id"].unique()
    share = parts[acted_on].var() / large.expression[acted_on].var()
    assert share.between(0.09, 0.33).all()
    assert share.max() - share.min() > 0.1
    # What the variants explain is what a regression on them finds.
    for gene in acted_on:
        r = np.corrcoef(parts[gene], large.expression[gene])[0, 1]
        assert r**2 == pytest.approx(share[gene], abs=0.08)


def test_factors_explain_their_share_of_every_gene(large):
    left = large.expression - cis_parts(large)
    factors = np.linalg.svd(left - left.mean(), full_matrices=False)[0][:, :5]
    fitted = factors @ (factors.T @ left.to_numpy())
    share = fitted.var(axis=0) / large.expression.var(axis=0, ddof=0)
    # A sixth of what is noise lies in five directions of thirty, too.
    assert share.mean() == pytest.approx(0.4 + 0.4 * 5 / 30, abs=0.06)
    flat = cis_eqtl(3000, 30, h2=(0.1, 0.3), n_parents=0, seed=1)
    residual = flat.expression - cis_parts(flat)
    r = np.corrcoef(residual.T)[np.triu_indices(30, 1)]
    assert np.abs(r).max() < 0.1


def test_genes_have_variance_one_and_noise_of_their_own(network):
    for dense in (network, cis_eqtl(2000, 20, n_parents=8, r2_parents=(0.3, 0.5), seed=3)):
        np.testing.assert_allclose(dense.expression.var(), 1, rtol=0.15)
        signal = cis_parts(dense)
        for edge in dense.truth.itertuples():
            signal[edge.child] += edge.weight * dense.expression[edge.parent]
        noise = (dense.expression - signal).var()
        assert noise.min() > 0.08
        assert (dense.truth["weight"] != 0).all()


def test_parents_explain_shares_within_the_range_where_there_is_room():
    simulation = cis_eqtl(500, 40, n_parents=0.5, r2_parents=(0.1, 0.2), seed=2)
    spread = simulation.expression.std(ddof=0)
    share = (simulation.truth["weight"] * simulation.truth["parent"].map(spread)) ** 2
    assert share.between(0.1 - 1e-9, 0.2 + 1e-9).all()
    assert 0 < (simulation.truth["weight"] > 0).mean() < 1


@pytest.mark.parametrize("draw", ["sparse", "scale-free"])
def test_networks_are_acyclic_with_the_mean_in_degree(draw, rng):
    order = rng.permutation(400)
    if draw == "sparse":
        parents = uniform_parents(order, 2 * 1.5 / 399, rng)
    else:
        parents = scale_free_parents(order, 1.5, rng)
    place = np.argsort(order)
    for gene, above in enumerate(parents):
        assert (place[above] < place[gene]).all()
        assert len(set(above)) == len(above)
    assert np.mean([len(above) for above in parents]) == pytest.approx(1.5, abs=0.2)
    out_degree = np.bincount(np.concatenate(parents), minlength=400)
    assert (out_degree.max() > 15) == (draw == "scale-free")


def test_gene_numbers_say_nothing_about_the_causal_order():
    edges = cis_eqtl(20, 200, snps_per_gene=2, n_parents=2, graph="scale-free").truth
    assert 0.4 < (edges["parent"] < edges["child"]).mean() < 0.6


def test_measurement_noise_is_added_at_the_end():
    exact = cis_eqtl(2000, 20, seed=6)
    noisy = cis_eqtl(2000, 20, measurement_noise=0.3, seed=6)
    assert_frame_equal(noisy.truth, exact.truth)
    error = noisy.expression - exact.expression
    np.testing.assert_allclose(error.var() / noisy.expression.var(), 0.3, atol=0.04)
    assert np.abs(np.corrcoef(error.T)[np.triu_indices(20, 1)]).max() < 0.1


def test_tails_are_heavy_where_asked_for():
    settings = {"n": 3000, "n_genes": 20, "h2": (0.01, 0.02), "n_parents": 0, "seed": 3}
    kurtosis = {}
    for tail_df in (None, 5.0):
        x = cis_eqtl(tail_df=tail_df, **settings).expression
        assert x.var().median() == pytest.approx(1, abs=0.04)
        kurtosis[tail_df] = float(x.kurt().mean())
    assert abs(kurtosis[None]) < 0.2
    assert kurtosis[5.0] > 1.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 5), ("n_genes", 1), ("h2", (0.3, 0.1)), ("h2", (0, 0.1)), ("h2", 0.1),
        ("h2", (0.1, np.nan)), ("fraction_cis", 1.5), ("graph", "tree"), ("n_parents", 100),
        ("r2_parents", (0, 0.2)), ("r2_parents", (0.5, 0.95)), ("n_factors", 0),
        ("factor_variance", 0.9), ("measurement_noise", 1), ("tail_df", 2), ("n_chromosomes", 51),
        ("n_chromosomes", 0), ("snps_per_gene", 0), ("maf", 0), ("maf", 0.6), ("seed", 1.5),
    ],
)  # fmt: skip
def test_values_out_of_range_are_named(name, value):
    with pytest.raises(CommandLineError, match=rf"^{name} is "):
        cis_eqtl(**{name: value})


def test_variants_and_factors_may_not_take_everything():
    with pytest.raises(CommandLineError, match=r"h2 is up to 0\.5 and factor_variance 0\.4"):
        cis_eqtl(h2=(0.1, 0.5), factor_variance=0.4)


def test_no_variant_common_enough(monkeypatch):
    monkeypatch.setattr(chromosomes, "MUTATION_RATE", 0.0)
    with pytest.raises(CommandLineError, match=r"maf is 0\.4: no variant"):
        cis_eqtl(20, 4, maf=0.4)


def test_without_msprime_the_extra_is_named(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(CommandLineError, match=r"pip install 'genesis-causal\[simulate\]'"):
        cis_eqtl()
