"""A table of claims tested on halves of the samples, with anchors of the other half."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    GenesisError,
    InputOpenError,
    MalformedInputError,
)
from genesis.inputs.collect import collect_inputs
from genesis.posterior.half_fits import halver_of
from genesis.replicating.claimed import claims_of_table
from genesis.replicating.matched_data import match_data
from genesis.replication.halves import Halver
from tests.replicating.conftest import make_world


def top(found) -> pd.Series:
    return found.table.query("rests_on == 'all' and lower == 0.9").iloc[0]


def test_true_claims_are_seen(true_world):
    found = genesis.replicate(**true_world.inputs, claims=true_world.claims, threads=1)
    row = top(found)
    assert row["low"] < 1 < row["high"]
    assert row["se"] < 0.15
    assert row["n_claims"] == found.counts["tested"] == 8  # each on both halves
    assert len(found.claims) == 16
    assert row["n_anchors"] == row["n_loci"] == 8
    assert found.counts["claims"] == {"0.1": 0, "0.5": 0, "0.9": 8}
    assert found.verdict.startswith("Of 8 claims at a posterior of 0.9 or more, 8 could be tested")


def test_confounded_claims_are_not(false_world):
    row = top(genesis.replicate(**false_world.inputs, claims=false_world.claims, threads=1))
    assert abs(row["share"]) < 3.5 * row["se"]
    assert row["se"] < 0.1


def test_genotypes_of_others_show_nothing(true_world):
    shuffled = true_world.genotypes.sample(frac=1, random_state=1)
    shuffled.index = true_world.genotypes.index
    inputs = true_world.inputs | {"genotypes": shuffled}
    found = genesis.replicate(**inputs, claims=true_world.claims, threads=1)
    assert found.counts["not_tested"]["weak anchor"] >= 15
    assert "this says nothing" in found.verdict


def test_a_part_that_is_false_is_seen(rng):
    world = make_world(n=1200, n_true=4)
    row = top(genesis.replicate(**world.inputs, claims=world.claims, threads=1))
    weight = world.claims["effect"] ** 2
    assert abs(row["share"] - weight[:4].sum() / weight.sum()) < 3 * row["se"]


def test_no_order_of_inputs_matters(true_world):
    mixed = {
        name: table.sample(frac=1, random_state=k)
        for k, (name, table) in enumerate(true_world.inputs.items())
    }
    mixed["genotypes"] = mixed["genotypes"].sample(frac=1, axis=1, random_state=5)
    mixed["expression"] = mixed["expression"].sample(frac=1, axis=1, random_state=6)
    first = genesis.replicate(**true_world.inputs, claims=true_world.claims, threads=1)
    again = genesis.replicate(
        **mixed, claims=true_world.claims.sample(frac=1, random_state=7), threads=2
    )
    pd.testing.assert_frame_equal(first.table, again.table)
    pd.testing.assert_frame_equal(first.claims, again.claims)
    assert first.verdict == again.verdict


def test_given_anchors_take_the_place_of_a_search(true_world):
    inputs = true_world.inputs | {"variants": None, "genes": None}
    anchors = pd.DataFrame({"gene_id": [f"A{k}" for k in range(1, 9)],
                            "variant_id": [f"rs{k}" for k in range(1, 9)]})  # fmt: skip
    found = genesis.replicate(**inputs, claims=true_world.claims, anchors=anchors[:5], threads=1)
    assert sorted(set(found.claims["anchor"])) == ["rs1", "rs2", "rs3", "rs4", "rs5"]
    assert found.counts["not_tested"]["no anchor"] == 6
    assert not any("Without positions" in note for note in found.notes)
    found = genesis.replicate(**inputs, claims=true_world.claims, threads=1)
    assert any("Without positions" in note for note in found.notes)


def test_splits_are_put_together_by_sample(true_world):
    one, three = (
        genesis.replicate(**true_world.inputs, claims=true_world.claims, splits=k, threads=1)
        for k in (1, 3)
    )
    assert three.counts["tests"] == 6
    assert top(three)["n_claims"] == 8
    assert top(three)["n_loci"] == top(three)["n_anchors"] == 8
    # The same people tell the same again: no error shrinks with the number of splits.
    assert top(three)["se"] == pytest.approx(top(one)["se"], rel=0.2)
    assert top(three)["share"] == pytest.approx(top(one)["share"], abs=0.05)


def test_arrays_are_known_by_their_rows(true_world):
    z, x = true_world.genotypes.to_numpy(), true_world.expression.to_numpy()
    claims = pd.DataFrame(
        {"gene_a": [f"gene{k}" for k in range(1, 9)], "gene_b": [f"gene{k}" for k in range(9, 17)],
         "effect": true_world.claims["effect"]}
    )  # fmt: skip
    anchors = pd.DataFrame({"gene_id": claims["gene_a"],
                            "variant_id": [f"variant{k}" for k in range(1, 9)]})  # fmt: skip
    found = genesis.replicate(z, x, claims=claims, anchors=anchors, splits=3, threads=1)
    assert top(found)["low"] < 1 < top(found)["high"]
    one = genesis.replicate(z, x, claims=claims, anchors=anchors, threads=1)
    assert top(found)["se"] == pytest.approx(top(one)["se"], rel=0.2)


def test_evidence_and_posteriors_make_rows(true_world):
    claims = true_world.claims.assign(
        posterior=[0.05, 0.3, 0.6, 0.95, 0.95, 0.95, 1.0, 0.9],
        rests_on=["own anchor"] * 6 + ["expression alone"] * 2,
    )
    found = genesis.replicate(**true_world.inputs, claims=claims, threads=1)
    n_claims = found.table.set_index(["rests_on", "lower"])["n_claims"]
    assert n_claims["all"].tolist() == [1, 1, 5]
    assert n_claims["own anchor"].tolist() == [1, 1, 3]
    assert n_claims["expression alone"].tolist() == [0, 0, 2]
    assert found.counts["not_tested"]["posterior below 0.1"] == 1


def test_unknown_genes_are_named(true_world):
    claims = pd.concat(
        [true_world.claims, pd.DataFrame({"gene_a": ["NEW"], "gene_b": ["B1"], "effect": [0.1]})]
    )
    found = genesis.replicate(**true_world.inputs, claims=claims, threads=1)
    assert "1 gene of the claims without expression: NEW." in found.notes
    assert found.counts["not_tested"] == {"a gene is missing or constant in the other samples": 2}


def test_a_constant_gene_is_counted(true_world):
    flat = true_world.expression.assign(B3=1.0)
    inputs = true_world.inputs | {"expression": flat}
    found = genesis.replicate(**inputs, claims=true_world.claims, threads=1)
    assert found.counts["not_tested"] == {"a gene is missing or constant in the other samples": 2}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"effect": [np.nan]}, "row 1: effect is no number"),
        ({"effect": ["much"]}, "row 1: effect is no number"),
        ({"posterior": [1.2]}, "row 1: posterior is no number from 0 to 1"),
        ({"gene_b": ["A1"]}, "row 1: a gene does not act on itself"),
        ({"gene_a": [None]}, "row 1: a gene has no name"),
    ],
)
def test_claims_that_say_nothing_are_refused(changed, message):
    table = pd.DataFrame({"gene_a": ["A1"], "gene_b": ["B1"], "effect": [0.3]} | changed)
    with pytest.raises(MalformedInputError, match=message):
        claims_of_table(table)


def test_claims_of_a_file_are_refused_by_their_line(tmp_path):
    path = tmp_path / "claims.tsv"
    path.write_text("## a comment\ngene_a\tgene_b\teffect\nA1\tB1\t0.3\nA1\tB1\t0.2\n")
    with pytest.raises(MalformedInputError, match=r"claims.tsv, line 4: the claim is there a sec"):
        claims_of_table(path)
    path.write_text("gene_a,gene_b\nA1,B1\n")
    with pytest.raises(MalformedInputError, match="column effect is missing"):
        claims_of_table(path)
    path.write_text("gene_a,gene_b,effect\n")
    with pytest.raises(DegenerateDataError, match="there is no claim"):
        claims_of_table(path)
    with pytest.raises(InputOpenError):
        claims_of_table(tmp_path / "nowhere.tsv")
    with pytest.raises(MalformedInputError, match="claims are a list"):
        claims_of_table(["A1"])


@given(
    st.lists(
        st.text(st.characters(exclude_categories=("Cs",)), max_size=8).map(
            lambda text: text.replace("\x00", "")
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(["\t", ",", ";"]),
)
@settings(max_examples=150, deadline=None)
def test_any_text_is_claims_or_refused_by_name(tmp_path_factory, cells, delimiter):
    path = tmp_path_factory.mktemp("text") / "claims.tsv"
    head = delimiter.join(["gene_a", "gene_b", "effect"])
    path.write_text(f"{head}\n{delimiter.join(cells)}\nA{delimiter}B{delimiter}0.5\n", "utf-8")
    try:
        claims = claims_of_table(path)
    except GenesisError as error:
        found = str(error)
        claims = None
    assert claims is not None or str(path) in found
    if claims is not None:
        assert "A" in set(claims["gene_a"])
        assert np.isfinite(claims["effect"]).all()
        assert (claims["gene_a"] != claims["gene_b"]).all()


def test_a_file_says_the_same_as_its_table(true_world, tmp_path):
    path = tmp_path / "claims.tsv"
    true_world.claims.to_csv(path, sep="\t", index=False)
    pd.testing.assert_frame_equal(claims_of_table(path), claims_of_table(true_world.claims))


@pytest.mark.parametrize(
    ("given_too", "message"),
    [
        ({"splits": 0}, "splits is 0: it must be 1 or more"),
        ({"splits": 1.5}, "splits is 1.5"),
        ({"method": "rules"}, "predicts no effects"),
        ({"wrong": 1}, "'wrong' is no option"),
        ({"run": "x"}, "run and claims are both given"),
        ({"options": genesis.Options(), "seed": 2}, "no other option beside it"),
    ],
)
def test_arguments_that_cannot_be_used(true_world, given_too, message):
    with pytest.raises(CommandLineError, match=message):
        genesis.replicate(**true_world.inputs, claims=true_world.claims, **given_too)


def test_of_a_cross_the_self_test_and_replicate_make_the_same_halves(true_world, monkeypatch):
    """All are related; the first half of the one is the first half of the other."""
    everybody = np.array([[k, k + 1] for k in range(399)])
    monkeypatch.setattr(
        "genesis.replication.halves.related_samples", lambda *_, **__: (everybody, [])
    )
    found = genesis.replicate(**true_world.inputs, claims=true_world.claims, threads=1)
    says = "Most samples are related with each other, as in a cross: split one by one."
    assert says in found.notes
    assert "Halves of 200 and 200 samples, from seed 1." in found.notes
    world = true_world
    inputs = collect_inputs(
        world.genotypes, world.expression, world.variants, world.genes, None, None
    )
    halver = halver_of(inputs, 1)
    assert halver.notes == [says]
    data = match_data(world.genotypes, world.expression, None)
    for mine, theirs in zip(
        halver.halves(3), Halver.of(data.genotypes, data.samples).halves(3), strict=True
    ):
        assert [inputs.samples[k] for k in mine] == [data.samples[k] for k in theirs]


def test_too_few_samples(true_world):
    few = true_world.inputs
    few = few | {"genotypes": few["genotypes"][:8], "expression": few["expression"][:8]}
    with pytest.raises(DegenerateDataError, match="at least 5 are needed"):
        genesis.replicate(**few, claims=true_world.claims, threads=1)
