"""Claims on traits and between layers, in samples that had no part in them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
)
from genesis.inputs.given_layers import layers_given
from genesis.replicating.matched_data import match_data
from genesis.replicating.second_samples import SecondSamples
from genesis.replication.by_layers import LAYER_COLUMNS
from tests.replicating.conftest import World, make_world

SETTINGS = {"hidden_factors": "none", "self_test": "off", "threads": 1}


def make_layers(world: World, seed: int = 5) -> dict:
    """Traits of every kind that A1 to A6 act on, and proteins of A7, of A8 and of no gene."""
    rng = np.random.default_rng(seed)
    x = world.expression
    n = len(x)
    height = x["A1"] + x["A2"] + rng.normal(size=n)
    disease = x["A3"] + 0.5 * rng.normal(size=n)
    traits = pd.DataFrame(
        {
            "height": height.where(rng.uniform(size=n) > 0.1),
            "disease": np.where(disease > disease.median(), "case", "control"),
            "visits": rng.poisson(np.exp(0.7 * x["A4"])).astype(float),
            "stage": pd.qcut(x["A5"] + 0.5 * rng.normal(size=n), 3, labels=["I", "II", "III"]),
        },
        index=x.index,
    )
    traits.loc[traits.index[:20], "disease"] = None
    protein = pd.DataFrame(
        {
            "A7": x["A7"] + 0.5 * rng.normal(size=n),
            "P9": x["A8"] + 0.5 * rng.normal(size=n),
            "flat": 1.0,
        }
    )
    places = pd.DataFrame({"gene_id": ["A7"], "chrom": "chr7", "start": 900, "end": 1100})
    return {"traits": traits, "layers": {"protein": (protein.iloc[10:], places)}}


@pytest.fixture(scope="module")
def layers(true_world):
    return make_layers(true_world)


@pytest.fixture(scope="module")
def own(true_world, layers):
    return genesis.replicate(**true_world.inputs, **layers, **SETTINGS)


def row_of(found, first: str, second: str) -> pd.Series:
    rows = found.by_layers.query("from_layer == @first and to_layer == @second and lower == 0.9")
    return rows.iloc[0]


def test_claims_on_traits_of_every_kind_are_seen_again(own):
    row = row_of(own, "expression", "trait")
    tested = own.claims.query("layer_b == 'trait' and posterior >= 0.9")
    pairs = set(zip(tested["gene_a"], tested["gene_b"], strict=True))
    assert pairs == {
        ("A1", "height"), ("A2", "height"), ("A3", "disease"), ("A4", "visits")
    }  # fmt: skip
    assert row["n_claimed"] == row["n_claims"] == row["n_loci"] == 4
    assert abs(row["share"] - row["mean_posterior"]) < 3 * row["se"]
    assert row["se"] < 0.2
    # Ordered categories, a little less sure.
    assert "stage" in set(own.claims["gene_b"])


def test_claims_between_layers_are_seen_again_but_not_of_a_gene_on_its_own_protein(own):
    row = row_of(own, "expression", "protein")
    tested = own.claims.query("layer_a == 'expression' and layer_b == 'protein'")
    assert set(tested["gene_b"]) >= {"P9"}
    # Both lie by the anchor, which may act on either.
    assert "A7@protein" not in set(tested.loc[tested["gene_a"] == "A7", "gene_b"])
    assert own.counts["not_tested"]["on the chromosome of the anchor"] >= 1
    assert abs(row["share"] - row["mean_posterior"]) < 3 * row["se"]


def test_layers_add_up_to_all_claims(own):
    assert tuple(own.by_layers.columns) == LAYER_COLUMNS
    by_bin = own.by_layers.groupby("lower")[["n_claimed", "n_claims"]].sum()
    every = own.table.query("rests_on == 'all'").set_index("lower")
    assert by_bin["n_claims"].tolist() == every["n_claims"].tolist()
    assert by_bin["n_claimed"].tolist() == list(own.counts["claims"].values())
    assert own.claims.columns[3:5].tolist() == ["layer_a", "layer_b"]
    # Nothing is claimed of what a trait does to a molecule.
    assert not ((own.by_layers["from_layer"] == "trait")
                & (own.by_layers["to_layer"] != "trait")).any()  # fmt: skip


def test_samples_of_some_layers_only_are_counted(own):
    assert own.counts["samples"] == [195]
    assert "layer protein: 3 nodes, 390 samples, of which 390 are used" in own.notes
    assert "layer trait: 4 nodes, 400 samples, of which 390 are used" in own.notes
    assert "trait disease: control is 1, case is 0" in own.notes


def test_words_and_the_record_speak_of_layers(own, tmp_path):
    assert "From expression to trait: of " in own.verdict
    own.save(tmp_path / "r")
    record = json.loads((tmp_path / "r.replication.json").read_text())
    assert [row["n_claimed"] for row in record["by_layers"]] == own.by_layers["n_claimed"].tolist()


def test_without_layers_nothing_is_said_of_them(true_world):
    found = genesis.replicate(**true_world.inputs, claims=true_world.claims, threads=1)
    assert found.by_layers is None
    assert "by_layers" not in found.record()
    assert not {"layer_a", "layer_b"} & set(found.claims)
    assert "From " not in found.verdict


def test_confounded_traits_are_not_seen(false_world):
    """B1 to B8 share a hidden cause with A1 to A8: as traits that is what these claim."""
    x = false_world.expression
    traits = x[[f"B{k}" for k in range(1, 9)]].add_prefix("trait_")
    claims = false_world.claims.assign(gene_b="trait_" + false_world.claims["gene_b"])
    inputs = false_world.inputs | {"expression": x[[f"A{k}" for k in range(1, 9)]]}
    found = genesis.replicate(**inputs, traits=traits, claims=claims, threads=1)
    row = row_of(found, "expression", "trait")
    assert row["n_claimed"] == row["n_claims"] == 8
    assert abs(row["share"]) < 3.5 * row["se"]
    assert row["se"] < 0.1


CLAIMS = pd.DataFrame(
    {
        "gene_a": ["A1", "A3", "A8", "A8", "P9"],
        "gene_b": ["height", "disease", "P9", "flat", "height"],
        "effect": [0.6, -0.7, 0.9, 0.1, 0.2],
    }
)


def test_a_table_may_name_nodes_of_all_layers(true_world, layers):
    found = genesis.replicate(**true_world.inputs, **layers, claims=CLAIMS, threads=1)
    assert found.counts["claims"]["0.9"] == 5
    assert found.counts["not_tested"] == {
        "a gene is missing or constant in the other samples": 2, "no anchor": 2
    }  # fmt: skip
    rows = found.by_layers.query("n_claimed > 0").set_index(["from_layer", "to_layer"])
    assert rows["n_claimed"].to_dict() == {
        ("expression", "protein"): 2, ("expression", "trait"): 2, ("protein", "trait"): 1
    }  # fmt: skip
    assert rows["n_claims"].tolist() == [1, 2, 0]
    assert rows["share"].iloc[:2].between(0.7, 1.3).all()


def test_neither_order_nor_form_of_tables_matters(true_world, layers):
    mixed = {
        name: table.sample(frac=1, random_state=k)
        for k, (name, table) in enumerate(true_world.inputs.items())
    }
    protein, places = layers["layers"]["protein"]
    expression = {
        "protein": (protein.sample(frac=1, random_state=8).T, places),
        "expression": (mixed.pop("expression"), true_world.genes),
    }
    first = genesis.replicate(**true_world.inputs, **layers, claims=CLAIMS, threads=1)
    again = genesis.replicate(
        expression=expression, traits=layers["traits"].sample(frac=1, random_state=9), **mixed,
        claims=CLAIMS, threads=1,
    )  # fmt: skip
    pd.testing.assert_frame_equal(first.table, again.table)
    pd.testing.assert_frame_equal(first.claims, again.claims)
    pd.testing.assert_frame_equal(first.by_layers, again.by_layers)


def test_arrays_are_known_by_their_rows(true_world):
    z, x = true_world.genotypes.to_numpy(), true_world.expression.to_numpy()
    trait = x[:, :1] + np.random.default_rng(1).normal(size=(400, 1))
    claims = pd.DataFrame({"gene_a": ["gene1"], "gene_b": ["trait1"], "effect": [0.8]})
    anchors = pd.DataFrame({"gene_id": ["gene1"], "variant_id": ["variant1"]})
    found = genesis.replicate(z, x, traits=trait, claims=claims, anchors=anchors, threads=1)
    assert found.claims["gene_b"].tolist() == ["trait1", "trait1"]
    assert (np.sign(found.claims["seen"]) == np.sign(found.claims["predicted"])).all()
    with pytest.raises(InconsistentInputsError, match=r"have \[400, 400, 399\] rows"):
        genesis.replicate(z, x, traits=trait[1:], claims=claims, threads=1)


def test_minus_nine_means_in_halves_what_it_means_in_all(true_world):
    """Of the negative values beside -9 there may be none in one half."""
    values = np.abs(np.random.default_rng(2).normal(size=400))
    values[[0, 1]] = -9.0, -3.0
    traits = pd.DataFrame({"t": values}, index=true_world.expression.index)
    _, given = layers_given(true_world.expression, None, traits, None, False, None)
    data = match_data(true_world.genotypes, true_world.expression, None, given)
    rows = np.delete(np.arange(400), 1)
    half = SecondSamples(
        *data.take(rows), genes=true_world.genes, variants=true_world.variants,
        given=data.take_layers(rows),
    )  # fmt: skip
    assert half.gene_rows(["t"])[0].argmin() == 0


@pytest.fixture(scope="module")
def cohort():
    world = make_world(seed=2)
    return world, make_layers(world, seed=6)


@pytest.fixture(scope="module")
def run(true_world, layers):
    return genesis.discover(**true_world.inputs, **layers, **SETTINGS | {"self_test": "auto"})


def test_the_self_test_tells_layers_apart(run):
    tested = run.run["self_test"]
    by_layers, bins = pd.DataFrame(tested["by_layers"]), pd.DataFrame(tested["bins"])
    assert tuple(by_layers.columns) == LAYER_COLUMNS
    every = bins[bins["rests_on"] == "all"].set_index("lower")["n_claims"]
    assert by_layers.groupby("lower")["n_claims"].sum().tolist() == every.tolist()
    top = by_layers.query("from_layer == 'expression' and to_layer == 'trait' and lower == 0.9")
    assert top["n_claims"].item() >= 6  # both halves
    assert abs(top["share"].item() - 1) < 3 * top["se"].item()
    assert not (by_layers["from_layer"] == "trait").any()
    assert any(one.startswith("From expression to trait: of ")
               for one in tested["verdicts_by_layers"])  # fmt: skip


def test_a_run_of_layers_in_a_second_cohort(run, cohort):
    world, layers = cohort
    found = genesis.replicate(**world.inputs, **layers, run=run)
    for first, second in (("expression", "trait"), ("expression", "protein")):
        row = row_of(found, first, second)
        assert row["n_claims"] >= (4 if second == "trait" else 1)
        assert abs(row["share"] - row["mean_posterior"]) < 3.5 * row["se"]
    assert not any("not given here" in note for note in found.notes)


def test_nodes_of_another_layer_are_not_taken_for_those_of_the_run(run, cohort):
    """Without the gene A7 its protein is called A7 there, and A7@protein in the run."""
    world, layers = cohort
    inputs = world.inputs | {"expression": world.expression.drop(columns="A7")}
    found = genesis.replicate(**inputs, **layers, run=run)
    nodes = run.genes.set_index("gene_id")["layer"]
    assert nodes["A7"] == "expression"
    assert nodes["A7@protein"] == "protein"
    assert any(note.endswith("not in the second cohort by their ids: A7.") for note in found.notes)
    assert "A7" not in {*found.claims["gene_a"], *found.claims["gene_b"]}


def test_a_gene_is_not_taken_for_the_protein_of_a_run_without_it(cohort):
    world, layers = cohort
    _, given = layers_given(world.expression, **layers, order=None, trait_feedback=False,
                            trait_hits=None)  # fmt: skip
    nodes = pd.DataFrame({"gene_id": ["A7", "A8"], "layer": ["protein", "expression"]})
    second = SecondSamples(
        world.genotypes, world.expression, None, variants=world.variants, genes=world.genes,
        steps="none", given=given, nodes=nodes,
    )  # fmt: skip
    assert second.has_genes(["A7", "A8", "A7@protein", "A1"]).tolist() == [True, True, False, False]
    protein = layers["layers"]["protein"][0]["A7"]
    row = second.gene_rows(["A7"])[0]
    assert np.argmax(row) == list(second.samples).index(protein.idxmax())
    assert protein.idxmax() != world.expression["A7"].iloc[10:].idxmax()


def test_layers_that_a_cohort_has_not_are_named(run, cohort):
    world, layers = cohort
    found = genesis.replicate(**world.inputs, traits=layers["traits"], run=run)
    says = "The run has layers that are not given here: protein; claims on their nodes are not "
    assert any(note.startswith(says) for note in found.notes)
    assert row_of(found, "expression", "protein")["n_claims"] == 0
    assert row_of(found, "expression", "trait")["n_claims"] >= 4
    alone = genesis.replicate(**world.inputs, run=run)
    assert any("not given here: protein, trait; " in note for note in alone.notes)
    assert row_of(alone, "expression", "expression")["n_claims"] >= 5


def test_a_run_without_layers_needs_none(true_world, cohort):
    world, layers = cohort
    run = genesis.discover(**true_world.inputs, **SETTINGS)
    plain = genesis.replicate(**world.inputs, run=run)
    more = genesis.replicate(**world.inputs, traits=layers["traits"], run=run)
    assert more.by_layers is None
    pd.testing.assert_frame_equal(plain.table, more.table)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"order": "expression < trait"}, CommandLineError, "order is given beside run"),
        ({"trait_feedback": True}, CommandLineError, "trait_feedback is given beside run"),
    ],
)
def test_what_a_run_has_itself(run, cohort, more, error, message):
    world, layers = cohort
    with pytest.raises(error, match=message):
        genesis.replicate(**world.inputs, **layers, run=run, **more)


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"order": "protein < trait"}, CommandLineError, "no layer: protein"),
        ({"trait_hits": pd.DataFrame({"trait": ["bmi"], "variant_id": ["rs1"]})},
         InconsistentInputsError, "bmi is no trait"),
        ({"traits": pd.DataFrame({"t": ["a", "b", "c", "d"] * 100})}, MalformedInputError,
         "4 different words"),
    ],
)  # fmt: skip
def test_layers_that_cannot_be_used(true_world, layers, more, error, message):
    given = {"traits": layers["traits"]} | more
    if "traits" in more:
        given["traits"] = more["traits"].set_index(true_world.expression.index)
    with pytest.raises(error, match=message):
        genesis.replicate(**true_world.inputs, **given, **SETTINGS)


def test_a_trait_of_a_locus_that_acts_on_it_otherwise_is_not_tested(rng):
    """G1 to G3 are claimed of the trait, which two loci act on beside what they do to G1 and G2."""
    n = 600
    z = rng.binomial(2, 0.4, size=(n, 4)).astype(float)
    x = z + rng.normal(size=(n, 4))
    trait = z[:, :2] @ [0.8, 0.6] + 0.6 * x[:, 2] + rng.normal(size=n)
    names = [f"G{k}" for k in range(1, 5)]
    samples = [f"S{k:03d}" for k in range(n)]
    variants = [f"rs{k}" for k in range(1, 5)]
    found = genesis.replicate(
        pd.DataFrame(z, samples, variants),
        pd.DataFrame(x, samples, names),
        variants=pd.DataFrame({"variant_id": variants, "chrom": list("1234"), "pos": 1000}),
        genes=pd.DataFrame({"gene_id": names, "chrom": list("1234"), "start": 900, "end": 1100}),
        traits=pd.DataFrame({"T": trait}, samples),
        trait_hits=pd.DataFrame({"trait": "T", "variant_id": ["rs1", "rs2"]}),
        **SETTINGS,
    )
    assert set(found.claims.query("gene_b == 'T'")["gene_a"]) <= {"G3", "G4"}
    assert "G3" in set(found.claims["gene_a"])


def test_what_says_nothing_new_is_left_out_and_counted(true_world, rng):
    x = true_world.expression
    age = pd.DataFrame({"age": rng.normal(size=400)}, index=x.index)
    traits = pd.DataFrame(
        {
            "constant": 1.0,
            "unmeasured": np.nan,
            "years": 12 * age["age"] + 3,
            "gene": 2 * x["A1"] + 5,
            "real": x["A1"] + rng.normal(size=400),
        }
    )
    protein = pd.DataFrame({"A2": 3 * x["A2"], "empty": np.nan, "flat": 7.0, "other": x["A3"] ** 3})
    given = {"traits": traits, "layers": {"protein": protein}, "covariates": age}
    result = genesis.discover(**true_world.inputs, **given, **SETTINGS)
    assert result.excluded[["kind", "id", "reason", "detail"]].to_numpy().tolist() == [
        ["gene", "empty", "constant", "no variance beyond the covariates"],
        ["gene", "flat", "constant", "no variance beyond the covariates"],
        ["trait", "constant", "constant", "no variance beyond the covariates"],
        ["trait", "unmeasured", "constant", "no variance beyond the covariates"],
        ["trait", "years", "constant", "no variance beyond the covariates"],
        ["gene", "A2@protein", "copy", "the same as A2, given the covariates"],
        ["gene", "other", "copy", "the same as A3, given the covariates"],  # ranks are
        ["trait", "gene", "copy", "the same as A1, given the covariates"],
    ]
    assert "trait years says what the covariates say, and is left out" in result.run["notes"]
    # The genes lose nothing by their copies.
    assert (result.ancestrality.loc["A2", ["B2"]] == 1.0).all()
    assert result.ancestrality.loc["A1", "real"] == 1.0
    claims = pd.DataFrame({"gene_a": ["A1"] * 3, "gene_b": ["real", "constant", "unmeasured"],
                           "effect": 0.5})  # fmt: skip
    found = genesis.replicate(**true_world.inputs, **given, claims=claims, threads=1)
    lost = "a gene is missing or constant in the other samples"
    assert found.counts["not_tested"] == {lost: 4}
    assert found.claims["gene_b"].tolist() == ["real", "real"]
    own = genesis.replicate(**true_world.inputs, **given, **SETTINGS)
    assert any(note.startswith("8 nodes of layers left out of all halves: A2@protein (copy), ")
               for note in own.notes)  # fmt: skip


@pytest.mark.parametrize("work", [genesis.discover, genesis.replicate])
def test_layers_of_nothing(true_world, work):
    x = true_world.expression
    for given, message in (
        ({"layers": {"protein": x.iloc[:, :0]}}, "layer protein: there is no column in it"),
        ({"traits": x.iloc[:, :0]}, "layer trait: there is no column in it"),
    ):
        with pytest.raises(DegenerateDataError, match=message):
            work(**true_world.inputs, **given, **SETTINGS)
    with pytest.raises(InconsistentInputsError, match="no sample in common"):
        work(**true_world.inputs, traits=x.iloc[:, :2].add_prefix("t").rename("Z{}".format),
             **SETTINGS)  # fmt: skip
    infinite = x[["A1"]].add_prefix("t") * np.inf
    with pytest.raises(MalformedInputError, match="trait 'tA1' holds an infinite value"):
        work(**true_world.inputs, traits=infinite, **SETTINGS)


def test_a_trait_is_no_anchored_cause(true_world, layers):
    """A variant that goes with a trait may act on it, and on what it is said to act on, anyhow."""
    claims = pd.DataFrame({"gene_a": ["height"], "gene_b": ["B5"], "effect": [0.5]})
    anchors = pd.DataFrame({"gene_id": ["height"], "variant_id": ["rs1"]})
    found = genesis.replicate(**true_world.inputs, **layers, claims=claims, anchors=anchors,
                              threads=1)  # fmt: skip
    assert found.counts["not_tested"] == {"no anchor": 2}
