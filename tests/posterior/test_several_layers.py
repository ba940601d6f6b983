"""Molecular layers and traits in one analysis: what is found, and what may not be."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import genesis
from genesis.constraints.knowledge import Knowledge
from genesis.constraints.learner_formats import export_constraints
from genesis.errors import CommandLineError, InconsistentInputsError
from genesis.findings.relations import RULE_NAMES
from genesis.posterior.claims import claim_rows, known_order
from genesis.report.html import render_report
from tests.posterior.small_problems import shorten_chains

N_GENES = 12
#: Variants of each cis window, of which the first acts.
N_CIS = 15


def people(seed, n=500):
    """Genes with an own variant each; traits by one way of acting each."""
    rng = np.random.default_rng(seed)
    samples = [f"s{k:03d}" for k in range(n)]
    every = rng.binomial(2, 0.4, size=(n, N_GENES * N_CIS)).astype(float)
    z = every[:, ::N_CIS]
    x = 0.8 * z + rng.normal(size=(n, N_GENES))
    x[:, 1] += 0.7 * x[:, 0]
    back = rng.normal(size=n)
    x[:, 4] += 0.8 * back
    traits = {
        "mediated": 0.7 * x[:, 1] + rng.normal(size=n),  # v1 and v0 -> g1 -> trait
        "pleiotropic": 0.7 * z[:, 3] + rng.normal(size=n),  # v3 -> g3, v3 -> trait
        "back": back,  # trait -> g4, which the order denies
        "case": (x[:, 6] + rng.normal(size=n) > 0.5).astype(float),
        "permuted": rng.permutation(x[:, 5]),
    }
    variants = pd.DataFrame(
        {
            "variant_id": [
                f"v{k}" if not at else f"v{k}_{at}" for k in range(N_GENES) for at in range(N_CIS)
            ],
            "chrom": [str(k + 1) for k in range(N_GENES) for _ in range(N_CIS)],
            "pos": 5000 + np.arange(N_GENES * N_CIS) % N_CIS,
        }
    )
    genes = pd.DataFrame(
        {
            "gene_id": [f"g{k}" for k in range(N_GENES)],
            "chrom": [str(k + 1) for k in range(N_GENES)],
            "start": 5000,
            "end": 6000,
        }
    )
    return {
        "genotypes": pd.DataFrame(every, samples, variants["variant_id"].tolist()),
        "expression": pd.DataFrame(x, samples, genes["gene_id"].tolist()),
        "traits": pd.DataFrame(traits, samples),
        "variants": variants,
        "genes": genes,
    }


def discover(data, **more):
    given = {"hidden_factors": "none", "threads": 1, **data, **more}
    return genesis.discover(given.pop("genotypes"), given.pop("expression"), **given)


def causes(result, node):
    column = result.ancestrality[node]
    return column.index[column == 1.0].tolist()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mediator_is_told_from_pleiotropy(seed):
    result = discover(people(seed))
    posterior = result.posterior
    assert posterior.loc["g1", "mediated"] > 0.9
    assert posterior.loc["g6", "case"] > 0.9
    assert not posterior.loc["g3", "pleiotropic"] > 0.05
    assert set(causes(result, "mediated")) >= {"g0", "g1"}
    assert causes(result, "case") == ["g6"]
    # An effect of a trait on a gene is neither claimed nor turned round.
    assert [causes(result, one) for one in ("pleiotropic", "back", "permuted")] == [[], [], []]
    assert posterior.loc["back", "g4"] > 0.9
    assert result.ancestrality.loc["back", "g4"] == 0.0
    assert result.run["layers"]["binds"] == "claims"
    assert result.run["counts"]["genes_without_position"] == 0
    assert any(
        note.startswith("1 pair of a trait and a molecule look as if the trait acted")
        for note in result.run["notes"]
    )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"order": "expression < trait", "keep_posterior": 0.0},
        {"method": "rules"},
        {"method": "rules", "order": "expression < trait"},
    ],
)
def test_no_trait_precedes_a_gene(monkeypatch, options):
    shorten_chains(monkeypatch.setattr)
    data = people(1)
    if "method" in options:
        result = genesis.discover(data.pop("genotypes"), data.pop("expression"), **data, **options)
        assert causes(result, "case") == ["g6"]
    else:
        result = discover(data, self_test="off", **options)
        of_traits = result.posterior.loc[list(data["traits"]), "g0":"g11"].to_numpy()
        assert (np.nanmax(of_traits) == 0.0) == ("order" in options)
        # What is ruled out in graphs is explained the other way round there, or by a hidden cause.
        before = result.run["calibrated"]["hidden_causes_of_traits"]["pairs"]
        assert (before == 1) == ("order" in options)
        assert causes(result, "back") == []
    traits = list(data["traits"])
    matrix = result.ancestrality
    assert (matrix.loc[traits, "g0":"g11"] == 0.0).all(axis=None)
    assert matrix.loc["g0":"g11", traits].notna().all(axis=None)
    relations = result.relations
    by_order = relations[relations["rule"] == "order of layers"]
    assert len(by_order) or "keep_posterior" in options
    assert by_order["relation"].isin(["nondescendant", "unrelated"]).all()
    pairs = relations[relations["relation"] != "unresolved"]
    assert not pairs[["gene_a", "gene_b"]].duplicated().any()
    counts = result.counts
    assert sum(counts[name] for name in ("ancestor", "nondescendant", "unrelated")) == len(pairs)


def test_feedback_lets_traits_act_on_genes():
    result = discover(people(1), trait_feedback=True)
    assert result.run["layers"]["order"] == [["expression", "trait"]]
    assert result.ranks is None
    assert result.posterior.loc["back", "g4"] > 0.8
    assert causes(result, "back") == []
    assert "order of layers" not in result.relations["rule"].tolist()


def two_layers(seed=1):
    """Proteins of the first six genes, p0 of which acts on p3, and g2 on them by its own."""
    data = people(seed)
    rng = np.random.default_rng(seed)
    x = data["expression"].to_numpy()
    protein = 0.8 * x[:, :6] + rng.normal(size=(len(x), 6))
    protein[:, 3] += 0.8 * protein[:, 0]
    table = pd.DataFrame(protein, data["expression"].index, [f"g{k}" for k in range(6)])
    return data, table


def test_layers_in_any_order_say_the_same(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data, protein = two_layers()
    more = {"order": "expression < protein", "self_test": "off"}
    one = discover(data, layers={"protein": protein}, **more)
    expression = {"protein": protein.iloc[::-1], "expression": data["expression"]}
    other = discover({**data, "expression": expression}, **more)
    assert_frame_equal(one.posterior, other.posterior)
    assert_frame_equal(one.genes, other.genes)
    expression = {"aaa": protein.rename(columns="x{}".format), "expression": data["expression"]}
    moved = discover({**data, "expression": {**expression, "zzz": protein}}, self_test="off")
    turned = discover(
        {**data, "expression": data["expression"]},
        layers={"zzz": protein, "aaa": expression["aaa"]},
        self_test="off",
    )
    ids = moved.gene_ids
    assert_frame_equal(moved.posterior, turned.posterior.loc[ids, ids], check_names=False)


def test_an_order_of_molecular_layers():
    data, protein = two_layers()
    result = discover(data, layers={"protein": protein}, order="expression < protein")
    ids = [f"g{k}@protein" for k in range(6)]
    assert result.genes["gene_id"].tolist()[N_GENES : N_GENES + 6] == ids
    assert result.genes["layer"].value_counts().to_dict() == {
        "expression": 12, "protein": 6, "trait": 5
    }  # fmt: skip
    # Proteins lie where their genes do.
    assert result.genes["chrom"].tolist()[N_GENES : N_GENES + 6] == ["1", "2", "3", "4", "5", "6"]
    assert (result.ancestrality.loc[ids, "g0":"g11"] == 0.0).all(axis=None)
    assert "g0" in causes(result, "g0@protein")
    assert "g0@protein" in causes(result, "g3@protein")
    assert result.run["layers"] == {
        "order": [["expression"], ["protein"], ["trait"]],
        "binds": "graphs",
        "genes": {"expression": 12, "protein": 6, "trait": 5},
        "samples": {"expression": 500, "protein": 500, "trait": 500},
        "normalise": {"expression": "int", "protein": "int", "trait": "int"},
    }
    # No protein is said to be the one by which a locus acts on expression.
    loci = result.loci
    assert not loci[loci["gene_id"].isin(ids)]["target"].str.fullmatch(r"g\d+").any()


def test_one_layer_by_its_name_is_none(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data = people(1)
    del data["traits"]
    plain = discover(data, self_test="off")
    named = discover({**data, "expression": {"protein": data["expression"]}}, self_test="off")
    assert_frame_equal(plain.relations, named.relations)
    assert_frame_equal(plain.genes, named.genes)
    assert "layer" not in plain.genes.columns
    assert "layers" not in plain.run
    assert plain.run["notes"] == named.run["notes"]


def test_traits_that_say_nothing_of_their_own_are_left_out(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data = people(1)
    ldl = data["traits"]["mediated"]
    age = pd.DataFrame({"age": np.arange(500.0)}, data["traits"].index)
    data["traits"] = pd.DataFrame(
        {
            "ldl": ldl, "ldl2": 2 * ldl + 1, "gene": np.exp(data["expression"]["g7"]), "flat": 1.0,
            "none": np.nan, "old": (age["age"] > 100).astype(float), "age": age["age"],
        }
    )  # fmt: skip
    covariates = age.assign(old=data["traits"]["old"])
    result = discover(data, covariates=covariates, self_test="off", normalise="zscore")
    lost = result.excluded.set_index("id")
    assert lost.loc[["flat", "none", "old"], "reason"].tolist() == ["constant"] * 3
    assert lost.loc["ldl2", "detail"] == "the same as ldl, given the covariates"
    assert set(lost["kind"]) == {"trait"}
    assert "trait none has no value in the samples used, and is left out" in result.run["notes"]
    assert result.ancestrality.loc["g0", "flat"] == 0.5  # known by the order alone
    copied = {**data, "traits": pd.DataFrame({"copy": data["expression"]["g7"]})}
    lost = discover(copied, self_test="off").excluded
    assert lost["detail"].tolist() == ["the same as g7, given the covariates"]


def test_samples_are_those_of_all_layers(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data, protein = two_layers()
    data["traits"] = data["traits"].iloc[100:].copy()
    data["traits"].iloc[:7, 0] = np.nan
    result = discover(data, layers={"protein": protein.iloc[:450]}, self_test="off")
    notes = result.run["notes"]
    assert result.run["counts"]["samples"] == 350
    assert "layer protein: 6 nodes, 450 samples, of which 350 are used" in notes
    assert "layer trait: 5 nodes, 400 samples, of which 350 are used" in notes
    assert any(note.startswith("only the 350 samples that every layer has") for note in notes)
    assert "trait mediated: 7 missing values of 350 were replaced by the mean of the trait" in notes
    reasons = result.excluded[result.excluded["kind"] == "sample"]["reason"].value_counts()
    assert reasons.to_dict() == {"not_in_trait": 100, "not_in_protein": 50}


def test_hits_of_traits_are_their_own_variants(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data = people(1)
    hits = pd.DataFrame({"trait": ["pleiotropic", "pleiotropic"], "variant_id": ["v3", "gone"]})
    result = discover(data, trait_hits=hits, self_test="off")
    anchors = result.anchors[result.anchors["gene_id"].isin(list(data["traits"]))]
    assert anchors[["gene_id", "variant_id"]].to_numpy().tolist() == [["pleiotropic", "v3"]]
    assert any("1 variant not among the genotypes" in note for note in result.run["notes"])
    found = discover(data, self_test="off").anchors
    assert ["pleiotropic", "v3"] in found[["gene_id", "variant_id"]].to_numpy().tolist()
    for hits, message in (
        ({"trait": ["ldl"], "variant_id": ["v3"]}, "ldl is no trait"),
        ({"trait": ["back"], "variant_id": ["gone"]}, "not one variant is among"),
        ({"trait": [], "variant_id": []}, "the list is empty"),
    ):
        with pytest.raises(InconsistentInputsError, match=message):
            discover(data, trait_hits=pd.DataFrame(hits))


def test_layers_that_do_not_fit_are_refused():
    data = people(1)
    bare = data["expression"].to_numpy()[:, :3]
    with pytest.raises(InconsistentInputsError, match="genotypes, expression, protein, trait and"):
        discover(data, layers={"protein": bare[:100]})
    places = data["genes"].assign(gene_id=[f"x{k}" for k in range(N_GENES)])
    protein = data["expression"].rename(columns="p{}".format)
    with pytest.raises(InconsistentInputsError, match="layer protein: not one of its molecules"):
        discover(data, layers={"protein": (protein, places)})
    with pytest.raises(CommandLineError, match="leaves out a layer: expression"):
        discover(data, order="trait")


def test_constraints_and_files_know_the_order(monkeypatch, tmp_path):
    shorten_chains(monkeypatch.setattr)
    data = people(1)
    result = discover(data, self_test="off")
    result.save(tmp_path / "o")
    loaded = genesis.load(tmp_path / "o")
    assert_frame_equal(loaded.genes, result.genes)
    assert loaded.counts == result.counts
    assert_frame_equal(loaded.ancestrality, result.ancestrality)
    graph = loaded.constraints()
    assert graph.tiers == [list(range(N_GENES)), list(range(N_GENES, N_GENES + 5))]
    why = graph.forbidden.set_index(["cause", "effect"])["rule"]
    assert why.loc[("back", "g4")] == "order of layers"
    read = genesis.ConstraintGraph.read(tmp_path / "o.constraints.json")
    traits = list(data["traits"])
    for one in (graph, read, result.constraints(min_posterior=0.99)):
        known = Knowledge.of(one, [*one.nodes])
        assert known.cannot[N_GENES:, :N_GENES].all()
        assert not known.possible[N_GENES:, :N_GENES].any()
    export_constraints(graph, "tetrad", tmp_path / "tetrad.txt")
    tiers = (tmp_path / "tetrad.txt").read_text().splitlines()[3:6]
    assert [line.split()[0] for line in tiers] == ["1*", "2", "3"]
    assert tiers[2].split()[1:] == traits
    assert "order of layers" in render_report(loaded)


def test_many_genes_have_no_rows_for_what_the_order_says(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    data = people(1)
    every = discover(data, self_test="off", keep_posterior=0.04)
    for module in (claim_rows, known_order):
        monkeypatch.setattr(module, "LISTED_GENES", 10)
    found = discover(data, self_test="off", keep_posterior=0.04)
    assert len(found.pairs) < len(every.pairs)
    assert_frame_equal(found.ancestrality, every.ancestrality)
    assert found.counts == every.counts
    rule = RULE_NAMES.index("order of layers")
    n_rows = (found.pairs.rule == rule).sum()
    assert found.n_by_order == (every.pairs.rule == rule).sum() - n_rows
    one, other = (Knowledge.of(r.constraints(), [*r.gene_ids]) for r in (found, every))
    np.testing.assert_array_equal(one.cannot, other.cannot)


def test_the_example_of_the_page_holds(repository):
    text = (repository / "docs" / "layers.md").read_text("utf-8")
    names: dict = {}
    exec(text.split("```python\n")[1].split("```")[0], names)
    result = names["result"]
    assert result.posterior.loc["disease", "G3"] > 0.9
    assert not result.posterior.loc["G2", "yield"] > 0.05


def test_mudata_is_its_modalities(monkeypatch):
    anndata = pytest.importorskip("anndata")
    shorten_chains(monkeypatch.setattr)
    data, protein = two_layers()

    parts = {"expression": data["expression"], "protein": protein}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mudata = SimpleNamespace(mod={name: anndata.AnnData(one) for name, one in parts.items()})
    held = discover({**data, "expression": mudata}, self_test="off")
    plain = discover(data, layers={"protein": protein}, self_test="off")
    assert_frame_equal(held.posterior, plain.posterior)
    assert held.run["layers"] == plain.run["layers"]


@pytest.mark.parametrize("method", ["calibrated", "rules"])
def test_anchors_of_ones_own_are_of_any_node(monkeypatch, method):
    shorten_chains(monkeypatch.setattr)
    data, protein = two_layers()
    nodes = [*(f"g{k}" for k in range(N_GENES)), "g3@protein", "pleiotropic"]
    variants = [*(f"v{k}" for k in range(N_GENES)), "v3", "v3_1"]
    anchors = pd.DataFrame({"gene_id": nodes, "variant_id": variants})
    hits = pd.DataFrame({"trait": ["pleiotropic", "case"], "variant_id": ["v3", "v6"]})
    more = {"method": method} if method == "rules" else {"self_test": "off", "method": method}
    result = discover(data, layers={"protein": protein}, anchors=anchors, trait_hits=hits, **more)
    asked = {tuple(row) for row in anchors.to_numpy()} | {tuple(row) for row in hits.to_numpy()}
    found = {tuple(row) for row in result.anchors[["gene_id", "variant_id"]].to_numpy()}
    assert ("pleiotropic", "v3") in found <= asked
    # Traits lie at no locus.
    assert not set(result.loci["gene_id"].dropna()) & set(data["traits"])
