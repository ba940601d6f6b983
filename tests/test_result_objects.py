"""A result as tables of claims and as objects of other libraries, directions above all."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from genesis.errors import CommandLineError
from tests.handmade import asymmetric_result, result_of, signed_result


def ends(table) -> list[tuple[str, str]]:
    return list(zip(table["gene_a"], table["gene_b"], strict=True))


def test_claims_are_ancestors_the_strongest_first():
    result = signed_result()
    assert ends(result.claims()) == [("A", "B"), ("A", "C"), ("B", "C"), ("C", "D")]
    assert list(result.claims().columns) == list(result.relations.columns)
    assert ends(result.claims(direct=True)) == [("A", "B"), ("B", "C"), ("C", "D")]
    assert ends(result.claims(direct=True, min_posterior=0.9)) == [("A", "B"), ("B", "C")]
    assert ends(result.claims(min_posterior=0.975)) == [("A", "B"), ("A", "C"), ("B", "C")]
    assert ends(result.claims("B")) == [("A", "B"), ("B", "C")]
    weak_first = np.array([0.9, 0.91, 0.92, 0.93, 0.3], dtype=np.float32)
    risen = replace(result, pairs=replace(result.pairs, posterior=weak_first))
    assert ends(risen.claims()) == [("C", "D"), ("B", "C"), ("A", "C"), ("A", "B")]


def test_upstream_and_downstream_are_told_apart():
    result = signed_result()
    assert ends(result.upstream("C")) == [("A", "C"), ("B", "C")]
    assert ends(result.downstream("C")) == [("C", "D")]
    assert ends(result.upstream("C", direct=True)) == [("B", "C")]
    # E ⪯ A says nothing of what acts on what.
    assert ends(result.upstream("A")) == []
    assert ends(result.downstream("E")) == []
    with pytest.raises(CommandLineError, match="gene 'c' is not among the 5 genes: did you mean C"):
        result.upstream("c")
    with pytest.raises(CommandLineError, match="no posterior to choose by"):
        asymmetric_result().claims(min_posterior=0.9)


def test_networkx_has_the_edges_that_are_asked_for():
    result = signed_result()
    assert list(result.to_networkx().edges) == [("A", "B"), ("B", "C"), ("C", "D")]
    assert list(result.to_networkx(min_posterior=0.9).edges) == [("A", "B"), ("B", "C")]
    assert ("E", "A") in result.to_networkx(direct=False).edges


def test_anndata_has_matrices_of_pairs(tmp_path):
    anndata = pytest.importorskip("anndata")
    result = signed_result()
    result.run["options"] |= {"method": "calibrated", "keep_posterior": 0.2}
    found = result.to_anndata()
    assert found.shape == (0, 5)
    assert found.var_names.tolist() == list("ABCDE")
    assert found.var.loc["A", "anchors"] == "rs1"
    place = {name: k for k, name in enumerate("ABCDE")}
    expected = {
        "ancestor": {"AB": 1, "AC": 1, "BC": 1, "CD": 1},
        "direct": {"AB": 1, "BC": 1, "CD": 1},
        "effect": {"AB": -0.5, "AC": -0.25, "BC": 0.5, "CD": 0.125},
        "posterior": {"AB": 0.99, "AC": 0.98, "BC": 0.98, "CD": 0.97, "EA": 0.3},
    }
    for name, entries in expected.items():
        dense = np.zeros((5, 5), dtype=np.float32)
        for (a, b), value in entries.items():
            dense[place[a], place[b]] = value
        np.testing.assert_array_equal(found.varp[name].toarray(), dense)
    assert json.loads(found.uns["genesis_run"])["options"]["method"] == "calibrated"
    found.write_h5ad(tmp_path / "result.h5ad")
    again = anndata.read_h5ad(tmp_path / "result.h5ad")
    np.testing.assert_array_equal(again.varp["effect"].toarray(), found.varp["effect"].toarray())
    assert sorted(asymmetric_result().to_anndata().varp) == ["ancestor", "direct"]


def test_posteriors_of_a_pair_with_a_row_each_way_are_not_added_up():
    pytest.importorskip("anndata")
    rows = [
        {"gene_a": a, "gene_b": b, "relation": 3, "posterior": there, "posterior_reverse": back}
        for a, b, there, back in ((0, 1, 0.5, 0.25), (1, 0, 0.25, 0.5))
    ]
    result = result_of(rows, ["A", "B"])
    result.run["options"]["method"] = "calibrated"
    found = result.to_anndata().varp["posterior"].toarray()
    np.testing.assert_array_equal(found, [[0, 0.5], [0.25, 0]])


def test_igraph_has_the_edges_and_attributes_of_networkx():
    pytest.importorskip("igraph")
    result = signed_result()
    for chosen in ({}, {"direct": False}, {"min_posterior": 0.9}):
        expected, found = result.to_networkx(**chosen), result.to_igraph(**chosen)
        assert found.is_directed()
        assert found.vs["name"] == list(expected)
        edges = [(found.vs[e.source]["name"], found.vs[e.target]["name"]) for e in found.es]
        assert edges == list(expected.edges)
        for edge, data in zip(found.es, expected.edges.values(), strict=True):
            known = {name: value for name, value in edge.attributes().items() if value is not None}
            assert known == data


@pytest.mark.parametrize("library", ["igraph", "anndata"])
def test_a_library_that_is_missing_is_named_with_its_extra(library, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    wanted = rf"to_{library} needs the package {library}, .*genesis-causal\[{library}\]"
    with pytest.raises(CommandLineError, match=wanted):
        getattr(asymmetric_result(), f"to_{library}")()
