"""The claims in the formats of other programs, directions above all."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import networkx as nx
import pandas as pd
import pytest

from genesis.errors import CommandLineError, OutputWriteError
from genesis.findings import graphml
from genesis.findings.export import FORMATS, export
from tests.handmade import asymmetric_result, random_result, result_of

CLAIMS = {("A", "B"): "ancestor", ("A", "C"): "ancestor", ("B", "C"): "nondescendant"}


def read_sif(path):
    graph = nx.DiGraph()
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split("\t")
        if len(words) == 1:
            graph.add_node(words[0])
        else:
            graph.add_edge(words[0], words[2], relation=words[1])
    return graph


def read_edgelist(path):
    table = pd.read_csv(path, sep="\t", keep_default_na=False)
    return nx.from_pandas_edgelist(table, "gene_a", "gene_b", True, create_using=nx.DiGraph)


def read_cytoscape(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    graph = nx.DiGraph()
    for node in data["elements"]["nodes"]:
        graph.add_node(node["data"]["name"])
    for edge in data["elements"]["edges"]:
        graph.add_edge(edge["data"]["source"], edge["data"]["target"], **edge["data"])
    return graph


READERS = {
    "graphml": nx.read_graphml,
    "gml": nx.read_gml,
    "sif": read_sif,
    "cytoscape-json": read_cytoscape,
    "edgelist": read_edgelist,
}


def test_the_graph_has_the_claims_and_plain_values():
    result = asymmetric_result()
    graph = result.to_networkx()
    assert {(a, b): r for a, b, r in graph.edges(data="relation")} == CLAIMS
    assert list(graph.nodes) == ["A", "B", "C", "D"]
    assert graph.nodes["A"] == {
        "name": "A",
        "chrom": "chr1",
        "start": 1,
        "end": 500,
        "anchors": "rs1",
    }
    assert graph.nodes["B"] == {"name": "B", "start": 1001, "anchors": "rs2"}
    edge = graph.edges["A", "B"]
    assert (edge["direct"], edge["rule"], edge["witness"], edge["n_witnesses"]) == (
        True, "R1", "rs1", 2,
    )  # fmt: skip
    assert graph.edges["A", "C"].keys() >= {"relation", "direct", "rule", "sweep"}
    assert not graph.edges["A", "C"].keys() & {"witness", "p_value", "p_with"}
    values = [value for *_, data in graph.edges(data=True) for value in data.values()]
    assert {type(value) for value in values} <= {str, int, float, bool}


def test_every_column_of_a_claim_is_an_attribute(rng):
    result = random_result(rng, 20, 8)
    graph = result.to_networkx()
    claims = result.relations[result.relations["relation"] != "unrelated"]
    assert graph.number_of_edges() == len(claims)
    for row in claims.to_dict("records"):
        expected = {
            name: value
            for name, value in row.items()
            if name not in ("gene_a", "gene_b") and not pd.isna(value)
        }
        assert graph.edges[row["gene_a"], row["gene_b"]] == expected


def test_graphml_is_the_networkx_graph(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(graphml, "_PIECE_ROWS", 7)
    result = random_result(rng, 20, 8)
    graph = nx.read_graphml(export(result, "graphml", tmp_path / "graph.graphml"))
    expected = result.to_networkx()
    assert list(graph.nodes(data=True)) == list(expected.nodes(data=True))
    assert list(graph.edges(data=True)) == list(expected.edges(data=True))


def test_graphml_of_very_many_claims_leaves_out_those_by_closure_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(graphml, "MOST_CLAIMS", 2)
    path = export(asymmetric_result(), "graphml", tmp_path / "graph.graphml")
    assert list(nx.read_graphml(path).edges) == [("A", "B"), ("B", "C")]
    assert "1 claim found by closure alone is left out" in path.read_text()
    direct = [
        {"gene_a": 0, "gene_b": b, "relation": 0, "rule": 3, "direct": b % 2} for b in range(1, 4)
    ]
    path = export(result_of(direct, list("ABCD")), "graphml", tmp_path / "direct.graphml")
    assert list(nx.read_graphml(path).edges) == [("A", "B"), ("A", "D")]


@pytest.mark.parametrize("to", FORMATS)
def test_directions_survive_every_format(to, tmp_path):
    path = export(asymmetric_result(), to, tmp_path / "graph")
    graph = READERS[to](path)
    found = {(str(a), str(b)): relation for a, b, relation in graph.edges(data="relation")}
    assert found == CLAIMS
    if to != "edgelist":
        assert set(map(str, graph.nodes)) == {"A", "B", "C", "D"}


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(
    "ids", [[], ["ACT1"], ["=1+1", 'a "b" <c> & d', "naïve β \U0001f9ec"], ["1", "2", "3"]]
)
def test_any_names_and_any_size(ids, to, tmp_path):
    rows = [{"gene_a": 2, "gene_b": 0, "relation": 0, "log_p": -1.0}] if len(ids) == 3 else []
    path = export(result_of(rows, ids), to, tmp_path / "graph")
    graph = READERS[to](path)
    if rows:
        assert [tuple(map(str, edge)) for edge in graph.edges] == [(ids[2], ids[0])]
    if to != "edgelist":
        assert sorted(map(str, graph.nodes)) == sorted(ids)


def test_graphml_keys_have_one_type_and_a_name(tmp_path):
    path = export(asymmetric_result(), "graphml", tmp_path / "graph.graphml")
    keys = ET.parse(path).getroot().findall("{http://graphml.graphdrawing.org/xmlns}key")
    names = [(key.get("for"), key.get("attr.name")) for key in keys]
    assert len(names) == len(set(names))
    assert ("node", "name") in names


def test_files_are_replaced_only_by_force(tmp_path):
    (tmp_path / "graph").write_text("precious")
    with pytest.raises(OutputWriteError, match="exists"):
        export(asymmetric_result(), "sif", tmp_path / "graph")
    assert (tmp_path / "graph").read_text() == "precious"
    export(asymmetric_result(), "sif", tmp_path / "graph", force=True)
    with pytest.raises(CommandLineError, match="'dot' is unknown: it may be graphml, gml"):
        export(asymmetric_result(), "dot", tmp_path / "other")
