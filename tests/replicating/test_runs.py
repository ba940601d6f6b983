"""Claims of a run, on the other half of its samples and in a second cohort."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import CommandLineError, InconsistentInputsError, OutputWriteError
from genesis.options import PreparationOptions
from genesis.prepare.normalise import normalise
from genesis.replication.halves import split_samples
from tests.replicating.conftest import World, make_world

SETTINGS = {"hidden_factors": "none", "self_test": "off", "threads": 1}


def top(found) -> pd.Series:
    return found.table.query("rests_on == 'all' and lower == 0.9").iloc[0]


@pytest.fixture(scope="module")
def run(true_world) -> genesis.Result:
    return genesis.discover(**true_world.inputs, **SETTINGS)


@pytest.fixture(scope="module")
def cohort() -> World:
    """Others, of the same world."""
    return make_world(seed=2)


@pytest.fixture(scope="module")
def own(true_world):
    return genesis.replicate(**true_world.inputs, **SETTINGS, splits=2)


def test_claims_hold_on_the_other_half_and_the_other_way_round(own):
    row = top(own)
    assert row["n_claims"] >= 14
    assert row["n_loci"] == 8
    assert abs(row["share"] - row["mean_posterior"]) < 3 * row["se"]
    assert own.counts["samples"] == [200, 200]
    assert "(all 2 splits together)" in own.verdict


def test_everything_that_is_claimed_is_tested_or_counted(own):
    counts = own.counts
    assert counts["tested"] == len(own.claims)
    assert sum(counts["claims"].values()) == counts["tested"] + sum(counts["not_tested"].values())


def test_halves_are_as_their_seed_says(true_world, own):
    a, b = split_samples(400, 1, samples=list(true_world.genotypes.index))
    half = true_world.genotypes.index[a]
    result = genesis.discover(
        **true_world.inputs
        | {"genotypes": true_world.genotypes.loc[half],
           "expression": true_world.expression.loc[half]},
        **SETTINGS,
    )  # fmt: skip
    pairs = result.relations.query("posterior >= 0.9").astype({"gene_a": str, "gene_b": str})
    first = own.claims.query("test == 1 and posterior >= 0.9")
    assert {*zip(first["gene_a"], first["gene_b"], strict=True)} <= {
        *zip(pairs["gene_a"], pairs["gene_b"], strict=True)
    }
    other = true_world.genotypes.index[b]
    row = first.iloc[0]
    z = true_world.genotypes.loc[other, row["anchor"]]
    # Ranks are those of the half that tests.
    x = normalise(true_world.expression.loc[other, [row["gene_b"]]], "int")
    assert row["seen"] == pytest.approx(np.corrcoef(z, x[:, 0])[0, 1])


def test_the_half_that_tests_has_no_part_in_the_claims(true_world):
    _, b = split_samples(400, 1, samples=list(true_world.genotypes.index))
    changed = true_world.expression.copy()
    # Effects of the anchors on their own genes stay, those on the others go.
    changed.iloc[b, 8:] = changed.iloc[b, 8:].sample(frac=1, random_state=1).to_numpy()
    first = genesis.replicate(**true_world.inputs, **SETTINGS)
    again = genesis.replicate(**true_world.inputs | {"expression": changed}, **SETTINGS)
    same = ["gene_a", "gene_b", "posterior", "effect", "anchor"]
    pd.testing.assert_frame_equal(first.claims[same], again.claims[same])
    assert not np.allclose(first.claims["seen"], again.claims["seen"])
    assert abs(top(again)["share"]) < 3.5 * top(again)["se"] < 0.5 < top(first)["share"]


def test_no_order_of_inputs_matters(true_world):
    small = true_world.inputs
    small = small | {
        "genotypes": small["genotypes"].iloc[:200],
        "expression": small["expression"].iloc[:200][["A1", "A2", "B1", "B2"]],
    }
    mixed = {name: table.sample(frac=1, random_state=3) for name, table in small.items()}
    mixed["genotypes"] = mixed["genotypes"].sample(frac=1, axis=1, random_state=5)
    mixed["expression"] = mixed["expression"].sample(frac=1, axis=1, random_state=6)
    first = genesis.replicate(**small, **SETTINGS)
    again = genesis.replicate(**mixed, hidden_factors="none", threads=2)
    pd.testing.assert_frame_equal(first.table, again.table)
    key = ["gene_a", "gene_b"]
    one, other = (one.claims.sort_values(key, ignore_index=True) for one in (first, again))
    pd.testing.assert_frame_equal(one, other)


def test_components_are_found_in_each_half(true_world, monkeypatch):
    import genesis.replicating.second_samples as module

    seen = []
    prepare = module.prepare

    def watched(*given, **named):
        done = prepare(*given, **named)
        seen.append((named["options"], done.covariates.columns.tolist(), len(done.covariates)))
        return done

    monkeypatch.setattr(module, "prepare", watched)
    preparation = PreparationOptions(
        normalise="int", genotype_pcs=1, expression_pcs=2, threads=1, hwe=1e-6
    )
    few = true_world.inputs | {"expression": true_world.expression[["A1", "A2", "B1", "B2"]]}
    found = genesis.replicate(**few, preparation=preparation, **SETTINGS)
    ((options, columns, n),) = seen
    assert columns == ["genotype_pc1", "expression_pc1", "expression_pc2"]
    assert n == 200
    assert options.hwe is None
    assert found.run["preparation"]["genotype_pcs"] == 1


def test_a_run_holds_in_a_second_cohort(run, cohort):
    row = top(genesis.replicate(**cohort.inputs, run=run))
    assert row["n_loci"] == 8
    assert abs(row["share"] - 1) < 3.5 * row["se"]


def test_a_run_is_read_from_its_files(run, cohort, tmp_path):
    run.save(tmp_path / "run")
    saved, kept = (genesis.replicate(**cohort.inputs, run=one) for one in (tmp_path / "run", run))
    pd.testing.assert_frame_equal(saved.table, kept.table)


def test_a_wrong_cohort_shows_nothing(run, false_world):
    found = genesis.replicate(**false_world.inputs, run=run)
    assert abs(top(found)["share"]) < 3.5 * top(found)["se"]
    assert "Within its error" not in found.verdict


def test_other_alleles_are_turned(run, cohort):
    found = genesis.replicate(**cohort.inputs, run=run)
    genotypes = cohort.genotypes.copy()
    turned = ["rs1", "rs4", "rs7"]
    genotypes[turned] = 2 - genotypes[turned]
    again = genesis.replicate(**cohort.inputs | {"genotypes": genotypes}, run=run)
    assert found.counts["anchors_turned"] == 0
    assert again.counts["anchors_turned"] == 3
    assert any("3 anchors with alleles counted the other way round" in n for n in again.notes)
    assert top(again)["share"] == pytest.approx(top(found)["share"])
    assert top(again)["se"] == pytest.approx(top(found)["se"])


def test_what_the_cohort_has_not_is_named(run, cohort):
    inputs = cohort.inputs | {
        "genotypes": cohort.genotypes.drop(columns="rs1"),
        "expression": cohort.expression.drop(columns="B2"),
    }
    found = genesis.replicate(**inputs, run=run)
    assert "1 of 16 genes are not in the second cohort by their ids: B2." in found.notes
    assert any("anchors are not in the second cohort by their ids: rs1." in n for n in found.notes)
    assert found.counts["not_tested"]["anchor missing or constant in the other samples"] >= 1
    assert not {"B2"} & {*found.claims["gene_a"], *found.claims["gene_b"]}
    assert "rs1" not in set(found.claims["anchor"])


def test_covariates_of_the_cohort_are_projected_out(run, cohort):
    batch = np.arange(400) % 2
    shifted = cohort.expression.add(5.0 * batch, axis=0)
    covariates = pd.DataFrame({"batch": batch}, index=shifted.index)
    inputs = cohort.inputs | {"expression": shifted}
    plain = genesis.replicate(**cohort.inputs, run=run, normalise="none")
    cleared = genesis.replicate(**inputs, run=run, covariates=covariates, normalise="none")
    left = genesis.replicate(**inputs, run=run, normalise="none")
    assert abs(top(cleared)["share"] - top(plain)["share"]) < 0.05
    assert top(left)["se"] > 1.15 * top(cleared)["se"]


def test_rules_predict_nothing(true_world, cohort):
    rules = genesis.discover(**true_world.inputs, method="rules", threads=1)
    with pytest.raises(InconsistentInputsError, match="neither effects nor posteriors"):
        genesis.replicate(**cohort.inputs, run=rules)


def test_arguments_that_exclude_each_other(run, cohort):
    with pytest.raises(CommandLineError, match="nothing to split with run"):
        genesis.replicate(**cohort.inputs, run=run, splits=2)
    anchors = pd.DataFrame({"gene_id": ["A1"], "variant_id": ["rs1"]})
    with pytest.raises(CommandLineError, match="anchors are given beside run"):
        genesis.replicate(**cohort.inputs, run=run, anchors=anchors)


def test_it_is_saved_whole_or_not(own, tmp_path):
    paths = own.save(tmp_path / "r")
    assert [path.name for path in paths] == ["r.replication.tsv.gz", "r.replication.json"]
    record = json.loads(paths[1].read_text())
    assert record["verdict"] == own.verdict
    assert record["kind"] == "splits"
    assert record["options"]["hidden_factors"] == "none"
    assert [row["n_claims"] for row in record["bins"]] == own.table["n_claims"].tolist()
    assert all(row["se_between"] is None for row in record["bins"] if row["n_loci"] < 3)
    with gzip.open(paths[0]) as file:
        table = pd.read_csv(file, sep="\t")
    assert table.columns.tolist() == own.claims.columns.tolist()
    assert len(table) == len(own.claims)
    with pytest.raises(OutputWriteError, match="exists"):
        own.save(tmp_path / "r")


@pytest.mark.parametrize("n_genes", [1, 2])
def test_hardly_any_genes(true_world, n_genes):
    expression = true_world.expression[["A1", "A2"][:n_genes]]
    found = genesis.replicate(**true_world.inputs | {"expression": expression}, **SETTINGS)
    assert found.counts["tested"] == 0
    assert "There is nothing to test." in found.verdict


def test_no_anchors_and_constant_genes(rng):
    x = rng.normal(size=(60, 3))
    x[:, 1] = x[:, 0] + 0.3 * rng.normal(size=60)
    x[:, 2] = 4.0
    found = genesis.replicate(rng.binomial(2, 0.4, (60, 2)).astype(float), x, **SETTINGS)
    counts = found.counts
    assert sum(counts["claims"].values()) == counts["tested"] + sum(counts["not_tested"].values())
    assert counts["tested"] == 0


def test_more_genes_than_samples(rng):
    z = rng.binomial(2, 0.4, (30, 5)).astype(float)
    x = np.column_stack([3 * z + 0.3 * rng.normal(size=(30, 5)), rng.normal(size=(30, 20))])
    found = genesis.replicate(z, x, **SETTINGS)
    assert found.counts["samples"] == [15]
    assert len(found.table) in (3, 12)


def test_the_figure_shows_what_was_seen(own):
    pytest.importorskip("matplotlib")
    ax = own.plot()
    assert ax.get_xlabel() == "predicted: mean posterior of the claims"
    drawn = next(line for line in ax.get_lines() if line.get_label() == "all claims").get_ydata()
    seen = own.table.query("rests_on == 'all'")["share"].dropna()
    assert np.allclose(drawn, seen.clip(-0.5, 1.5))
