"""Transcripts, proteins and traits: shares of variance, edges, and what each kind implies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from genesis.errors import CommandLineError
from genesis.simulate import layers
from genesis.simulate.loci import CIS_DISTANCE
from genesis.simulate.molecular_parameters import KINDS

NO_KINDS = dict.fromkeys(KINDS, 0)
NO_NETWORK = {"genes_on_genes": 0, "genes_on_proteins": 0, "proteins_on_genes": 0}
#: Standard errors that an independent pair stays within, and a dependent one leaves far behind.
INDEPENDENT, DEPENDENT = 4, 5


@pytest.fixture(scope="module")
def large():
    """Many people, every kind but confounding, so that regression tells all effects."""
    kinds = {"mediated": 2, "partly_mediated": 1, "pleiotropic": 1, "reverse": 1}
    return layers(
        2000, 16, 8, 2, **{**NO_KINDS, **kinds}, fraction_cis=1, fraction_pqtl=0.5, seed=5
    )


def of_kind(kind, **more):
    """One trait with molecules of one kind, and nothing else that could connect them."""
    given = {**NO_KINDS, **NO_NETWORK, kind: 3, "polygenic": 0.0, "h2": (0.15, 0.3), **more}
    return layers(2000, 10, 6, 1, fraction_cis=1, seed=2, **given)


def values(simulation):
    """All nodes as they were measured, by id."""
    parts = [simulation.expression]
    parts += [table.add_suffix(f"@{layer}") for layer, table in (simulation.layers or {}).items()]
    whole = pd.concat([*parts, simulation.traits], axis=1)
    assert whole.columns.tolist() == simulation.nodes.tolist()
    return whole


def z_value(first, second, given):
    """Fisher's z, in standard errors, of the partial correlation of two columns."""
    basis = np.column_stack([np.ones(len(first)), *given])
    rest = [y - basis @ np.linalg.lstsq(basis, y, rcond=None)[0] for y in (first, second)]
    r = np.corrcoef(*rest)[0, 1]
    return np.arctanh(r) * np.sqrt(len(first) - basis.shape[1] - 2)


def own_variants(simulation, node):
    """Variants that act on a molecule, and on the transcript that it may follow."""
    acting = simulation.anchors["gene_id"].isin([node, node.removesuffix("@protein")])
    names = simulation.anchors["variant_id"][acting]
    return [simulation.genotypes[name].to_numpy(float) for name in names]


def test_nodes_have_layers_ids_and_places(large):
    nodes = large.genes
    assert nodes["layer"].value_counts().to_dict() == {"expression": 16, "protein": 8, "trait": 2}
    proteins = nodes[nodes["layer"] == "protein"]
    assert (proteins["gene_id"] == large.layers["protein"].columns + "@protein").all()
    coding = nodes.set_index("gene_id").loc[large.layers["protein"].columns]
    for column in ("chrom", "start", "end"):
        assert proteins[column].tolist() == coding[column].tolist()
    assert large.places("protein")["gene_id"].tolist() == large.layers["protein"].columns.tolist()
    assert large.places("protein")["start"].tolist() == proteins["start"].tolist()
    assert large.places()["gene_id"].tolist() == large.expression.columns.tolist()
    assert nodes[["chrom", "start", "end"]][nodes["layer"] == "trait"].isna().all(axis=None)
    places = nodes.set_index("gene_id")
    on_molecules = large.anchors[~large.anchors["gene_id"].isin(large.traits.columns)]
    assert not on_molecules["variant_id"].duplicated().any()
    variants = large.variants.set_index("variant_id").loc[on_molecules["variant_id"]]
    near = places.loc[on_molecules["gene_id"]]
    assert (variants["chrom"].to_numpy() == near["chrom"].to_numpy()).all()
    position = variants["pos"].to_numpy()
    assert (position >= near["start"].to_numpy(int) - CIS_DISTANCE).all()
    assert (position <= near["end"].to_numpy(int) + CIS_DISTANCE).all()
    assert large.variants["pos"].max() <= 300_000 * 4


def test_a_seed_decides_everything_and_structure_does_not_depend_on_the_people():
    first, second = (layers(40, 24, 12, 2, seed=4) for _ in range(2))
    for name in ("genotypes", "expression", "traits", "genes", "truth", "anchors", "routes"):
        assert_frame_equal(getattr(first, name), getattr(second, name), check_exact=True)
    assert_frame_equal(first.layers["protein"], second.layers["protein"], check_exact=True)
    assert not layers(40, 24, 12, 2, seed=5).truth.equals(first.truth)
    more = layers(60, 24, 12, 2, seed=4)
    assert_frame_equal(more.genes, first.genes)
    assert_frame_equal(more.truth[["parent", "child"]], first.truth[["parent", "child"]])
    named = ["trait", "molecule", "kind"]
    assert_frame_equal(more.routes[named], first.routes[named])


def test_regression_finds_the_edges_and_their_weights(large):
    """On all nodes before it and on its variants, a node depends on its parents alone."""
    x, ancestry = values(large), large.ancestry()
    weight = large.truth.pivot(index="parent", columns="child", values="weight")
    weight = weight.reindex(index=x.columns, columns=x.columns).fillna(0)
    assert (weight.ne(0) == large.adjacency().to_numpy()).all(axis=None)
    before = ancestry.sum().sort_values(kind="stable").index
    off = []
    for place, node in enumerate(before):
        own = large.anchors[large.anchors["gene_id"] == node]
        above = before[:place][~ancestry.loc[node, before[:place]]]
        columns = np.column_stack(
            [np.ones(len(x)), x[above], large.genotypes[own["variant_id"]].astype(float)]
        )
        found, *_ = np.linalg.lstsq(columns, x[node], rcond=None)
        rest = x[node] - columns @ found
        scale = rest @ rest / (len(x) - columns.shape[1])
        error = np.sqrt(scale * np.diag(np.linalg.inv(columns.T @ columns)))
        expected = np.concatenate([weight.loc[above, node], own["weight"]])
        off.append((found - [found[0], *expected])[1:] / error[1:])
    off = np.concatenate(off)
    assert len(off) > 300
    assert np.abs(off).max() < 4.5
    assert np.std(off) == pytest.approx(1, abs=0.15)


def test_shares_of_variance_are_what_was_asked_for():
    shares = {"molecular": 0.25, "direct": 0.12, "confounding": 0.1, "polygenic": 0.2}
    data = layers(2000, 24, 12, 2, confounded=1, **shares, **NO_NETWORK, seed=3)
    x = values(data)
    assert x.var().to_numpy() == pytest.approx(1, abs=0.15)
    for trait in data.traits:
        into = data.truth[data.truth["child"] == trait]
        assert (x[into["parent"]] @ into["weight"].to_numpy()).var() == pytest.approx(
            0.25, rel=1e-3
        )
        kinds = data.routes[data.routes["trait"] == trait].set_index("kind")
        # A protein and the transcript that it follows have one variant.
        local = kinds.loc[["pleiotropic", "partly_mediated"], "variant_id"].unique()
        own = data.anchors[data.anchors["gene_id"] == trait].set_index("variant_id")["weight"]
        for names, share in ((local, 0.12), (own.index.difference(local), 0.2)):
            part = data.genotypes[names] @ own[names]
            assert part.var() == pytest.approx(share, rel=1e-3)
        assert len(own) == 20 + len(local)
        # A hidden factor of a tenth of both: their covariance beside all that is known is a tenth.
        molecule = kinds.loc["confounded", "molecule"]
        rest = x[trait] - x[into["parent"]] @ into["weight"].to_numpy()
        rest -= data.genotypes[own.index] @ own
        variants = np.column_stack([np.ones(len(x)), *own_variants(data, molecule)])
        left = x[molecule] - variants @ np.linalg.lstsq(variants, x[molecule], rcond=None)[0]
        assert abs(np.cov(rest, left)[0, 1]) == pytest.approx(0.1, abs=4 / np.sqrt(2000))


def test_proteins_follow_their_transcripts_as_often_as_asked():
    data = layers(60, 50, 40, 0, fraction_follow=0.6, fraction_pqtl=0.25, r2_follow=(0.3, 0.3),
                  **NO_NETWORK, seed=1)  # fmt: skip
    assert len(data.truth) == 24
    assert (data.truth["child"] == data.truth["parent"] + "@protein").all()
    assert (data.truth["weight"] > 0).all()
    spread = data.expression[data.truth["parent"]].std(ddof=0).to_numpy()
    assert (data.truth["weight"].to_numpy() * spread) ** 2 == pytest.approx(np.full(24, 0.3))
    is_pqtl = data.anchors["gene_id"].str.endswith("@protein")
    assert data.anchors["gene_id"][is_pqtl].nunique() == 10
    assert data.traits is None
    assert len(data.routes) == 0


def test_edges_between_layers_have_the_means_asked_for():
    asked = {"genes_on_genes": 1.5, "genes_on_proteins": 0.5, "proteins_on_genes": 0.8}
    data = layers(20, 90, 60, 0, fraction_follow=0, snps_per_gene=3, **asked)
    ends = data.truth[["parent", "child"]].apply(lambda ids: ids.str.endswith("@protein"))
    counts = ends.value_counts()
    for from_protein, to_protein, mean in ((0, 0, 1.5 * 90), (0, 1, 0.5 * 60), (1, 0, 0.8 * 90)):
        found = counts[bool(from_protein), bool(to_protein)]
        assert abs(found - mean) < 4 * np.sqrt(mean)
    assert (True, True) not in counts
    own = data.truth["child"].str.removesuffix("@protein") == data.truth["parent"]
    assert not own.any()


def test_mediated_the_molecules_separate_variant_and_trait():
    data = of_kind("mediated")
    x = values(data)
    given = [x[molecule] for molecule in data.routes["molecule"]]
    marginal = []
    for row in data.routes.itertuples():
        variant = data.genotypes[row.variant_id].to_numpy(float)
        marginal.append(abs(z_value(variant, x["T1"], [])))
        assert abs(z_value(variant, x["T1"], given)) < INDEPENDENT
        assert data.adjacency().loc[row.molecule, "T1"]
    assert max(marginal) > DEPENDENT


def test_partly_mediated_the_variant_acts_by_itself_too():
    data = of_kind("partly_mediated")
    x = values(data)
    given = [x[molecule] for molecule in data.routes["molecule"]]
    for row in data.routes.itertuples():
        variant = data.genotypes[row.variant_id].to_numpy(float)
        others = [
            data.genotypes[name] for name in data.routes["variant_id"] if name != row.variant_id
        ]
        assert abs(z_value(variant, x["T1"], [*given, *others])) > DEPENDENT
        assert data.adjacency().loc[row.molecule, "T1"]
        assert ("T1", row.variant_id) in set(
            zip(data.anchors["gene_id"], data.anchors["variant_id"], strict=True)
        )


def test_pleiotropic_the_variant_separates_molecule_and_trait():
    data = of_kind("pleiotropic", direct=0.3)
    x, marginal = values(data), []
    for row in data.routes.itertuples():
        marginal.append(abs(z_value(x[row.molecule], x["T1"], [])))
        assert (
            abs(z_value(x[row.molecule], x["T1"], own_variants(data, row.molecule))) < INDEPENDENT
        )
        assert not data.ancestry().loc[row.molecule, "T1"]
    assert max(marginal) > DEPENDENT


def test_confounded_the_variant_says_nothing_of_the_trait():
    data = of_kind("confounded", confounding=0.4)
    x = values(data)
    for row in data.routes.itertuples():
        variants = own_variants(data, row.molecule)
        for variant in variants:
            assert abs(z_value(variant, x["T1"], [])) < INDEPENDENT
        assert abs(z_value(x[row.molecule], x["T1"], variants)) > DEPENDENT
    assert not data.ancestry()["T1"].any()


def test_reverse_the_trait_lies_before_its_molecules():
    data = of_kind("reverse")
    x = values(data)
    assert data.truth[data.truth["parent"] == "T1"]["child"].isin(data.routes["molecule"]).all()
    for row in data.routes.itertuples():
        assert data.adjacency().loc["T1", row.molecule]
        variant = data.genotypes[row.variant_id].to_numpy(float)
        assert abs(z_value(variant, x["T1"], [])) < INDEPENDENT
        assert abs(z_value(x[row.molecule], x["T1"], [])) > DEPENDENT
        # A collider: given what both act on, they depend.
        assert abs(z_value(variant, x["T1"], [x[row.molecule]])) > DEPENDENT


def test_molecules_that_do_not_act_are_no_ancestors_by_any_path():
    data = layers(20, 60, 40, 4, reverse=2, seed=8)
    ancestry = data.ancestry()
    for row in data.routes.itertuples():
        acts = row.kind in ("mediated", "partly_mediated")
        assert ancestry.loc[row.molecule, row.trait] == acts
        assert ancestry.loc[row.trait, row.molecule] == (row.kind == "reverse")
    counts = data.routes.groupby("trait")["kind"].value_counts().unstack()
    assert counts.to_numpy().tolist() == counts.iloc[[0] * 4].to_numpy().tolist()
    assert counts.iloc[0].to_dict() == {
        "mediated": 2, "partly_mediated": 1, "pleiotropic": 2, "confounded": 2, "reverse": 2,
    }  # fmt: skip


def test_binary_traits_are_the_highest_liabilities():
    liability = layers(200, 30, 15, 3, reverse=1, seed=6)
    data = layers(200, 30, 15, 3, reverse=1, n_binary=2, prevalence=0.2, seed=6)
    assert_frame_equal(data.expression, liability.expression)
    assert_frame_equal(data.traits[["T1"]], liability.traits[["T1"]])
    for trait in ("T2", "T3"):
        cases = data.traits[trait] == 1
        assert cases.sum() == 40
        assert (data.traits[trait][~cases] == 0).all()
        assert liability.traits[trait][cases].min() > liability.traits[trait][~cases].max()


def test_measurement_noise_is_of_molecules_and_not_passed_on():
    plain, noisy = (layers(400, 30, 20, 1, measurement_noise=share, seed=9) for share in (0, 0.3))
    assert_frame_equal(noisy.traits, plain.traits)
    for exact, measured in (
        (plain.expression, noisy.expression),
        (plain.layers["protein"], noisy.layers["protein"]),
    ):
        error = (measured - exact).var() / measured.var()
        assert error.mean() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_proteins": 61}, "n_proteins is 61: there are 60 genes"),
        ({"n_binary": 6}, "n_binary is 6: there are 5 traits"),
        ({"n_binary": 1, "prevalence": 0.001}, "of 300 people 0 would be cases"),
        ({"molecular": 0.6, "direct": 0.2}, "add up to 1: they may take 0.8 of a trait's"),
        ({"h2": (0.1, 0.75)}, "h2 is up to 0.75, factor_variance 0 and confounding 0.1"),
        ({"direct": 0}, "direct is 0 and pleiotropic 2: an effect of no size is none"),
        ({"mediated": 90}, "mediated is 90: there are"),
        ({"genes_on_genes": 40}, "genes_on_genes is 40: without a cycle the mean"),
        ({"r2_follow": (0, 0.2)}, "r2_follow is (0.0, 0.2): an effect of no size"),
        ({"fraction_follow": 1.2}, "fraction_follow is 1.2"),
        ({"n_polygenic": 5000}, "n_polygenic is 5000: there are"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(given, message):
    with pytest.raises(CommandLineError) as caught:
        layers(**given)
    assert message in str(caught.value)
