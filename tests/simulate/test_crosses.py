"""Crosses: recombination, dense genes, hotspots, and genes that act unmeasured."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.errors import CommandLineError
from genesis.simulate import cis_eqtl
from genesis.simulate.crosses import cross_chromosome
from genesis.simulate.networks import add_hotspots
from genesis.simulate.simulation import Simulation
from genesis.simulate.unmeasured import leave_out

CM_PER_KB = 0.4


def adjacent_correlation(design, seed):
    """Correlations of neighbours, and the recombination fraction that Haldane's map gives."""
    positions, dosages = cross_chromosome(
        20_000, 60_000, 4, design, CM_PER_KB, np.random.default_rng(seed)
    )
    distance = np.diff(positions) * CM_PER_KB / 100_000
    return np.diag(np.corrcoef(dosages), 1), (1 - np.exp(-2 * distance)) / 2


def test_linkage_in_an_f2_is_that_of_haldanes_map():
    found, r = adjacent_correlation("f2", 1)
    assert found == pytest.approx(1 - 2 * r, abs=0.02)


def test_lines_recombine_as_haldane_and_waddington_found():
    found, r = adjacent_correlation("ril", 2)
    assert found == pytest.approx(1 - 2 * (2 * r / (1 + 2 * r)), abs=0.025)


def test_lines_are_homozygous_and_f2_segregate_one_to_two_to_one():
    rng = np.random.default_rng(3)
    _, lines = cross_chromosome(4000, 10_000, 1, "ril", CM_PER_KB, rng)
    _, f2 = cross_chromosome(4000, 10_000, 1, "f2", CM_PER_KB, rng)
    shares = [np.bincount(z.ravel(), minlength=3) / 4000 for z in (lines, f2)]
    assert shares[0] == pytest.approx([0.5, 0, 0.5], abs=0.03)
    assert shares[1] == pytest.approx([0.25, 0.5, 0.25], abs=0.03)


@pytest.fixture(scope="module")
def cross():
    return cis_eqtl(
        150, 60, population="ril", gene_spacing=4000, hotspots=2, hotspot_targets=15,
        unmeasured=0.2, snps_per_gene=3, seed=5,
    )  # fmt: skip


def test_genes_of_a_cross_lie_every_few_thousand_base_pairs(cross):
    everything = pd.concat([cross.genes, cross.unmeasured])
    assert len(everything) == 60
    assert everything["chrom"].value_counts().tolist() == [20, 20, 20]
    slots = (everything.sort_values(["chrom", "start"])["start"] - 1) // 4000
    assert slots.tolist() == [*range(20)] * 3


def test_variants_act_on_a_gene_no_further_away_than_its_neighbours_are():
    whole = cis_eqtl(100, 40, population="f2", snps_per_gene=4, seed=6)
    found = whole.anchors.merge(whole.variants).merge(whole.genes, on=["gene_id", "chrom"])
    assert len(found) == len(whole.anchors) == 32
    assert (found["pos"] >= found["start"] - 5000).all()
    assert (found["pos"] <= found["end"] + 5000).all()


def test_a_seed_decides_a_cross_and_more_lines_keep_its_network(cross):
    more = cis_eqtl(
        200, 60, population="ril", gene_spacing=4000, hotspots=2, hotspot_targets=15,
        unmeasured=0.2, snps_per_gene=3, seed=5,
    )  # fmt: skip
    pd.testing.assert_frame_equal(more.unmeasured, cross.unmeasured)
    pd.testing.assert_frame_equal(more.ancestry(), cross.ancestry())


def test_hotspots_have_a_variant_and_as_many_targets_as_asked():
    whole = cis_eqtl(
        60, 40, population="ril", n_parents=0, hotspots=2, hotspot_targets=15, fraction_cis=0,
        snps_per_gene=3, seed=7,
    )  # fmt: skip
    assert whole.truth["parent"].value_counts().tolist() == [15, 15]
    assert set(whole.anchors["gene_id"]) == set(whole.truth["parent"])


def test_hotspots_act_on_all_others_where_these_are_few():
    none = [np.empty(0, np.int64)] * 4
    above = add_hotspots(none, np.array([2, 0, 3, 1]), 1, 20, np.random.default_rng(0))
    assert [parents.tolist() for parents in above] == [[2], [2], [], [2]]


def chain():
    """z → a → u → {b, c}, b → c, and z2 → u."""
    ids = ["a", "u", "b", "c"]
    z = pd.DataFrame(np.eye(3, 2), columns=["z", "z2"])
    edges = [("a", "u", 2.0), ("u", "b", 3.0), ("u", "c", -1.0), ("b", "c", 0.5)]
    own = [("a", "z", 1.0), ("u", "z2", 4.0)]
    genes = pd.DataFrame({"gene_id": ids, "chrom": "1", "start": range(4), "end": range(4)})
    return Simulation(
        genotypes=z,
        expression=pd.DataFrame(np.arange(12.0).reshape(3, 4), columns=ids),
        variants=None,
        genes=genes,
        truth=pd.DataFrame(edges, columns=["parent", "child", "weight"]),
        anchors=pd.DataFrame(own, columns=["gene_id", "variant_id", "weight"]),
        parameters={},
    )


def test_what_passes_through_unmeasured_genes_alone_becomes_direct():
    part = leave_out(chain(), ["u"])
    assert part.expression.columns.tolist() == ["a", "b", "c"]
    assert part.unmeasured["gene_id"].tolist() == ["u"]
    assert part.truth.to_numpy().tolist() == [["a", "b", 6.0], ["a", "c", -2.0], ["b", "c", 0.5]]
    assert part.anchors.to_numpy().tolist() == [
        ["a", "z", 1.0], ["b", "z2", 12.0], ["c", "z2", -4.0],
    ]  # fmt: skip


@pytest.mark.parametrize("order", [["a", "u"], ["u", "a"]])
def test_unmeasured_genes_may_follow_each_other(order):
    part = leave_out(chain(), order)
    assert part.truth.to_numpy().tolist() == [["b", "c", 0.5]]
    found = part.anchors.set_index(["variant_id", "gene_id"])["weight"].to_dict()
    assert found == {("z", "b"): 6.0, ("z", "c"): -2.0, ("z2", "b"): 12.0, ("z2", "c"): -4.0}


def test_ancestors_among_measured_genes_are_those_of_the_whole_network(cross):
    setting = {**cross.parameters, "unmeasured": 0.0}
    del setting["design"]
    whole = cis_eqtl(**setting)
    kept = cross.expression.columns
    pd.testing.assert_frame_equal(cross.expression, whole.expression[kept])
    assert (cross.ancestry() == whole.ancestry().loc[kept, kept]).all(axis=None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population": "backcross"}, "population"),
        ({"hotspots": 20}, "hotspots is 20: 20 genes leave none"),
        ({"unmeasured": 0.95}, "fewer than two are left"),
        ({"gene_spacing": 10}, "gene_spacing is 10"),
        ({"cm_per_kb": 0.0}, "cm_per_kb"),
    ],
)
def test_arguments_that_cannot_be_used(arguments, message):
    with pytest.raises(CommandLineError, match=message):
        cis_eqtl(50, 20, **{"population": "ril", **arguments})
