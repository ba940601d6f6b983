"""Paths as they are asked for, on hand-made graphs and on simulated data."""

from __future__ import annotations

import dataclasses
import pickle

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.errors import CommandLineError
from genesis.findings import sampled_graphs
from genesis.paths import tell
from tests.handmade import result_of
from tests.paths.small_graphs import GENES, result_with, tables_of

A, B, C, D, T = range(5)
#: rs0 acts on T by A, rs1 by B and C, and directly in a fifth; rs2, linked with rs1, on D alone.
GRAPH = [(0, -1, A, 0.5), (-1, A, T, 1.0), (1, -1, B, 0.5), (-1, B, C, 1.0), (-1, C, T, -0.5)]
GRAPHS = [
    (200, [*GRAPH, (2, -1, D, 0.4)]),
    (50, [*GRAPH, (2, -1, D, 0.2), (1, -1, T, 0.1)]),
    (5, [(3, -1, A, 0.1), (-1, A, T, 1.0)]),
]


@pytest.fixture
def tables():
    return tables_of(GRAPHS, loci=[(0, 1.0), (1, 1.0), (1, 0.6), (3, 1.0)])


@pytest.fixture
def result(tables):
    return result_with(tables)


def test_loci_are_listed_by_posterior_and_effect(result):
    found = result.paths("E")
    assert found.loci["locus"].tolist() == ["rs0", "rs1"]
    assert found.loci["posterior"].tolist() == pytest.approx([250 / 255] * 2)
    assert found.loci["effect"].tolist() == pytest.approx([0.5, -0.25 + 0.1 * 50 / 250])
    assert found.loci[["chrom", "start", "end", "n_variants"]].to_numpy().tolist() == [
        ["chr1", 1000, 1000, 1], ["chr1", 2000, 3000, 2],
    ]  # fmt: skip
    # In too few graphs: counted only.
    assert found.n_more_loci == 1
    assert found.paths["path"].tolist() == ["rs0 → A → E", "rs1 → B → C → E", "rs1 → E"]
    assert found.paths["n_molecules"].tolist() == [1, 2, 0]
    assert found.paths["posterior"].tolist() == pytest.approx([250 / 255, 250 / 255, 50 / 255])


def test_what_else_the_variants_do(result):
    others = result.paths("E").others.set_index(["locus", "gene_id"])
    assert others.index.tolist() == [("rs0", "A"), ("rs1", "B"), ("rs1", "D")]
    # What is linked with the lead goes along with it by its correlation.
    assert others.loc[("rs1", "D"), "effect"] == pytest.approx(0.6 * (0.4 * 200 + 0.2 * 50) / 250)
    assert others["upstream"].tolist() == pytest.approx([250 / 255, 250 / 255, 0.0])


@pytest.mark.parametrize(
    ("source", "loci"),
    [
        ("rs0", ["rs0"]),
        ("rs2", ["rs1"]),
        ("rs3", ["rs3"]),
        ("A", ["rs0"]),
        ("D", ["rs1"]),
        ("J", []),
        ("rs4", []),
        ("chr1:1-1999", ["rs0"]),
        ("1:2,500-3,500", ["rs1"]),
        ("chr1", ["rs0", "rs1", "rs3"]),
        ("chr1:9000-9999", []),
    ],
)
def test_paths_begin_where_they_are_asked_to(source, loci, tables):
    # rs4 was looked at, and acts in no graph.
    result = result_with(tables)
    variables = pd.Index([*tables.variants["variant_id"], "rs4", *GENES], dtype=object)
    found = dataclasses.replace(result, variables=variables).paths("E", source)
    assert found.loci["locus"].tolist() == loci
    assert set(found.paths["locus"]) <= set(loci)
    assert found.n_more_loci == 3 - len(loci)


def test_anchors_of_a_gene_are_those_that_stand_for_it_too():
    result = result_with(tables_of([(9, [(0, A, T, 0.5), (1, -1, B, 0.5), (-1, B, T, 1.0)])]))
    assert result.paths("E", "A").loci["locus"].tolist() == ["rs0"]
    assert result.paths("E", "B").loci["locus"].tolist() == ["rs1"]


@pytest.mark.parametrize(
    ("to", "source", "message"),
    [
        ("K", None, "gene 'K' is not among the 10 genes"),
        ("E", "rs", "'rs' is no variant of the graphs, no gene, .* mean rs0, rs1, rs2"),
        ("E", "chr1:9-2", "the end is not before the start"),
    ],
)  # fmt: skip
def test_names_that_are_not_there(to, source, message, result):
    with pytest.raises(CommandLineError, match=message):
        result.paths(to, source)


def test_a_contig_that_is_not_there(result):
    with pytest.raises(genesis.errors.InconsistentInputsError, match="chr7: the run has no such"):
        result.paths("E", "chr7:1-10")


def test_only_so_many_paths_are_listed(result):
    found = result.paths("E", limit=1)
    assert found.paths["path"].tolist() == ["rs0 → A → E"]
    assert (found.n_more_paths, found.counted_all) == (2, True)
    text = repr(found)
    assert len(text.splitlines()) <= 12
    assert "1 through, 0 beside" not in text
    assert "2: 2 through, 0 beside, 0 cannot be told; 1 not listed" in text
    assert "1 listed, 2 others" in text


def test_a_target_that_nothing_acts_on(result):
    found = result.paths("J")
    assert [len(getattr(found, n)) for n in ("loci", "molecules", "paths", "others")] == [0] * 4
    assert "0 listed, 0 others" in repr(found)


def test_runs_without_graphs_say_what_to_do(tables, monkeypatch):
    result = result_of([], GENES)
    by_rules = dataclasses.replace(result, run={"options": {"method": "rules"}})
    with pytest.raises(CommandLineError, match="method rules samples none: run with --method cal"):
        by_rules.paths("E")
    older = dataclasses.replace(result, run={"options": {"method": "calibrated"}, "genesis": "0.1"})
    with pytest.raises(CommandLineError, match=r"as of GENESIS 0.1 and earlier: run again"):
        older.paths("E")
    monkeypatch.setattr(tell, "KEPT_GENES", 5)
    with pytest.raises(CommandLineError, match=r"of more than 5 genes .* again with --paths-to E"):
        older.paths("E")
    only_a = dataclasses.replace(tables, targets=pd.DataFrame({"gene": [0]}))
    assert len(result_with(only_a).paths("A").loci) == 1
    with pytest.raises(CommandLineError, match=r"no graphs were kept up to E: .* --paths-to E"):
        result_with(only_a).paths("E")


def expression_and_trait(seed, n=1000, n_genes=6):
    """G0 acts on the trait T, the variant of G1 too, and G2 by G3; a linked variant is by each."""
    rng = np.random.default_rng(seed)
    acting = rng.binomial(2, 0.4, size=(n, n_genes)).astype(float)
    linked = np.where(rng.random(acting.shape) < 0.1, rng.binomial(2, 0.4, acting.shape), acting)
    x = 0.7 * acting + rng.normal(size=acting.shape)
    x[:, 3] += 0.5 * x[:, 2]
    trait = 0.6 * x[:, 0] + 0.35 * acting[:, 1] + 0.5 * x[:, 3] + rng.normal(size=n)
    contigs = [f"chr{k + 1}" for k in range(n_genes)]
    genes = pd.DataFrame(
        {
            "gene_id": [*(f"G{k}" for k in range(n_genes)), "T"],
            "chrom": [*contigs, None],
            "start": [*[1200] * n_genes, None],
            "end": [*[1400] * n_genes, None],
        }
    )
    variants = pd.DataFrame(
        {
            "variant_id": [f"rs{k}{end}" for end in "ab" for k in range(n_genes)],
            "chrom": contigs * 2,
            "pos": np.repeat([1000, 1500], n_genes),
        }
    )
    z = pd.DataFrame(np.column_stack([acting, linked]), columns=variants["variant_id"])
    x = pd.DataFrame(np.column_stack([x, trait]), columns=genes["gene_id"])
    quick = {"normalise": "none", "self_test": "off", "hidden_factors": "none"}
    return z, x, {"variants": variants, "genes": genes, **quick}


@pytest.fixture(scope="module")
def simulated():
    z, x, given = expression_and_trait(11)
    return z, x, genesis.discover(z, x, **given)


def test_what_acts_through_a_gene_is_told_from_what_acts_beside(simulated):
    z, x, result = simulated
    found = result.paths("T")
    loci = found.loci.set_index("locus")
    assert loci["verdict"].to_dict() == {
        "rs0a": "through", "rs1a": "beside", "rs2a": "through", "rs3a": "through",
    }  # fmt: skip
    # By the coefficients of the design, in standard deviations.
    per_allele = {"rs0a": 0.42, "rs1a": 0.35, "rs2a": 0.7 * 0.25, "rs3a": 0.35}
    for locus, slope in per_allele.items():
        row = loci.loc[locus]
        true = slope * z[locus].std() / x["T"].std()
        width = row["effect_high"] - row["effect_low"]
        assert row["effect_low"] - width < true < row["effect_high"] + width
    assert loci["credible_set"].to_dict() == {
        "rs0a": "G0", "rs1a": "none", "rs2a": "G2", "rs3a": "G3",
    }  # fmt: skip
    assert set(found.paths["path"][:4]) == {
        "rs0a → G0 → T", "rs1a → T", "rs2a → G2 → G3 → T", "rs3a → G3 → T",
    }  # fmt: skip
    shares = found.molecules.set_index(["locus", "gene_id"])["share"]
    for pair in (("rs0a", "G0"), ("rs2a", "G2"), ("rs2a", "G3")):
        assert shares.loc[pair] == pytest.approx(1.0, abs=0.05)
    # The pleiotropic locus acts on its own gene, which leads nowhere.
    other = found.others.set_index(["locus", "gene_id"]).loc[("rs1a", "G1")]
    assert other["posterior"] == 1.0
    assert other["upstream"] < 0.1


def test_any_gene_may_be_a_target(simulated):
    found = simulated[2].paths("G3")
    assert found.loci.set_index("locus")["verdict"].to_dict() == {
        "rs2a": "through", "rs3a": "beside",
    }  # fmt: skip


def test_a_loaded_run_tells_the_same(simulated, tmp_path):
    result = simulated[2]
    files = result.save(tmp_path / "run")
    assert tmp_path / "run.graphs.zip" in files
    loaded = genesis.load(tmp_path / "run")
    for name in ("edges", "graphs", "variants", "targets"):
        expected = getattr(result.graphs.tables, name)
        pd.testing.assert_frame_equal(expected, getattr(loaded.graphs.tables, name))
    one, other = (r.paths("T") for r in (result, loaded))
    for name in ("loci", "molecules", "paths", "others"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    again = loaded.save(tmp_path / "again")
    for path, written in zip(files, again, strict=True):
        assert path.read_bytes() == written.read_bytes() or path.name.endswith((".log", ".json"))


def test_graphs_depend_on_no_threads_and_no_interruption(simulated, tmp_path):
    z, x, whole = simulated
    _, _, given = expression_and_trait(11)
    for more in ({"threads": 1}, {"threads": 2}, {"resume": True, "threads": 1}):
        if more.get("resume"):
            next((tmp_path / "c").glob("chains-with-variants-*/*.npz")).unlink()
        folder = tmp_path / ("c" if more != {"threads": 2} else "d")
        result = genesis.discover(z, x, **given, **more, checkpoint=folder)
        for name in ("edges", "graphs", "variants", "targets"):
            found, expected = (getattr(r.graphs.tables, name) for r in (result, whole))
            pd.testing.assert_frame_equal(found, expected, check_exact=True)


def test_graphs_depend_on_no_order_of_genes_and_variants(simulated, rng):
    z, x, whole = simulated
    _, _, given = expression_and_trait(11)
    z, x = (t.iloc[:, rng.permutation(t.shape[1])] for t in (z, x))
    result = genesis.discover(z, x, **given)
    one, other = (r.paths("T") for r in (result, whole))
    for name in ("loci", "molecules", "paths", "others"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_graphs_are_only_kept_up_to_what_is_asked_for(simulated, monkeypatch):
    z, x, whole = simulated
    _, _, given = expression_and_trait(11)
    assert len(whole.graphs.tables.targets) == 7
    monkeypatch.setattr("genesis.posterior.claims.kept_graphs.KEPT_GENES", 6)
    with pytest.raises(CommandLineError, match="gene 'TT' is not among the 7 genes"):
        genesis.discover(z, x, **given, paths_to="TT")
    part = genesis.discover(z, x, **given, paths_to="G3, G4")
    assert part.graphs.tables.targets["gene"].tolist() == [3, 4]
    assert len(part.graphs.tables.edges) < len(whole.graphs.tables.edges)
    one, other = (r.paths("G3") for r in (part, whole))
    for name in ("loci", "molecules", "paths", "others"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    none = genesis.discover(z, x, **given)
    assert none.graphs is None
    # Nothing else depends on what is kept.
    for result in (part, none):
        pd.testing.assert_frame_equal(result.relations, whole.relations, check_exact=True)
        pd.testing.assert_frame_equal(result.anchors, whole.anchors, check_exact=True)
        assert result.run["calibrated"] == whole.run["calibrated"]


def test_traits_are_always_targets():
    genes = pd.DataFrame({"gene_id": ["A", "B", "C"], "layer": ["expression", "trait", "protein"]})
    many = sampled_graphs.KEPT_GENES
    targets = genesis.posterior.claims.kept_graphs.path_targets
    more = pd.concat([genes, pd.DataFrame({"gene_id": [f"x{k}" for k in range(many)]})])
    assert targets(more, None).tolist() == [1]
    assert targets(more, "x0,A").tolist() == [0, 1, 3]
    assert targets(more.drop(columns="layer"), "A").tolist() == [0]
    assert targets(more.drop(columns="layer"), None).tolist() == []


def test_results_with_graphs_can_be_sent_elsewhere(result, tmp_path):
    result.save(tmp_path / "run")
    for one in (result, genesis.load(tmp_path / "run")):
        assert pickle.dumps(one)
