"""The claims in the formats of other programs, directions above all."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from genesis.errors import (
    CommandLineError,
    InconsistentInputsError,
    MalformedInputError,
    OutputWriteError,
)
from genesis.findings import graphml
from genesis.findings.claim_graph import choose_claims
from genesis.findings.export import FORMATS, choose_for, export
from tests.handmade import asymmetric_result, random_result, result_of, signed_result

#: What all claims are called, and what SIF calls them.
CLAIMS = {("A", "B"): "ancestor", ("A", "C"): "ancestor", ("B", "C"): "nondescendant"}

KINDS = {("A", "B"): "direct", ("A", "C"): "indirect", ("B", "C"): "nondescendant"}


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


def read_cx2(path):
    aspects = {}
    for part in json.loads(path.read_text(encoding="utf-8")):
        aspects.update(part)
    sizes = {entry["name"]: entry["elementCount"] for entry in aspects["metaData"]}
    assert sizes == {name: len(aspects[name]) for name in sizes}
    assert aspects["status"] == [{"success": True}]
    names = {node["id"]: node["v"]["name"] for node in aspects["nodes"]}
    graph = nx.DiGraph()
    graph.add_nodes_from(names.values())
    for edge in aspects["edges"]:
        graph.add_edge(names[edge["s"]], names[edge["t"]], **edge["v"])
    for kind in ("nodes", "edges"):
        declared = aspects["attributeDeclarations"][0][kind]
        types = {"string": str, "boolean": bool, "integer": int, "double": float}
        for element in aspects[kind]:
            for name, value in element["v"].items():
                assert type(value) is types[declared[name]["d"]]
    return graph


def read_gmt(path):
    graph = nx.DiGraph()
    for line in path.read_text(encoding="utf-8").splitlines():
        source, _, *targets = line.split("\t")
        graph.add_edges_from((source, target) for target in targets)
    return graph


def read_dot(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("digraph { ")
    assert text.endswith(" }\n")
    assert text.count("\n") == 1
    return _read_statements(text[10:-3].split("; "))


def read_dagitty(path):
    first, *statements, last = path.read_text(encoding="utf-8").splitlines()
    assert (first, last) == ("dag {", "}")
    return _read_statements(statements)


def _read_statements(statements):
    graph = nx.DiGraph()
    for statement in filter(None, (one.rstrip(";") for one in statements)):
        found = re.fullmatch(r'"([^"]*)"(?: -> "([^"]*)"(?: \[sign="(\w+)"\])?)?', statement)
        a, b, sign = found.groups()
        if b is None:
            graph.add_node(a)
        else:
            graph.add_edge(a, b, **({"sign": sign} if sign else {}))
    return graph


def read_regulons(path):
    table = pd.read_csv(path, sep="\t", keep_default_na=False, dtype={"source": str, "target": str})
    assert table.columns.tolist() == ["source", "target", "weight"]
    return nx.from_pandas_edgelist(table, create_using=nx.DiGraph, edge_attr="weight")


READERS = {
    "graphml": nx.read_graphml,
    "gml": nx.read_gml,
    "sif": read_sif,
    "cytoscape-json": read_cytoscape,
    "cx2": read_cx2,
    "edgelist": read_edgelist,
    "regulons": read_regulons,
    "gmt": read_gmt,
    "dot": read_dot,
    "dagitty": read_dagitty,
}
#: Formats that name genes only where they have an edge.
OF_EDGES = ("edgelist", "regulons", "gmt")


def test_the_graph_has_the_claims_and_plain_values():
    result = asymmetric_result()
    assert list(result.to_networkx().edges) == [("A", "B")]
    graph = result.to_networkx(direct=False)
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
    graph = result.to_networkx(direct=False)
    claims = result.relations[result.relations["relation"] != "unrelated"]
    assert graph.number_of_edges() == len(claims)
    for row in claims.to_dict("records"):
        expected = {
            name: value
            for name, value in row.items()
            if name not in ("gene_a", "gene_b") and not pd.isna(value)
        }
        assert graph.edges[row["gene_a"], row["gene_b"]] == expected


@pytest.mark.parametrize("direct", [True, False])
def test_graphml_is_the_networkx_graph(direct, rng, tmp_path, monkeypatch):
    monkeypatch.setattr(graphml, "_PIECE_ROWS", 7)
    result = random_result(rng, 20, 8)
    path = tmp_path / "graph.graphml"
    graph = nx.read_graphml(export(result, "graphml", path, direct=direct))
    expected = result.to_networkx(direct=direct)
    assert list(graph.nodes(data=True)) == list(expected.nodes(data=True))
    assert list(graph.edges(data=True)) == list(expected.edges(data=True))


def edges_of(to, result, path, **chosen):
    return sorted(READERS[to](export(result, to, path, force=True, **chosen)).edges)


def test_the_graph_says_what_it_leaves_out(tmp_path):
    said = "1 edge of 4 genes; left out: 1 claim by way of others, 1 claim of order alone"
    assert choose_claims(asymmetric_result()).note() == said
    assert choose_claims(asymmetric_result(), direct=False).note() == "3 edges of 4 genes"
    path = export(asymmetric_result(), "graphml", tmp_path / "graph.graphml")
    assert f"<desc>{said}</desc>" in path.read_text()
    unknown = [{"gene_a": 0, "gene_b": b, "relation": 0, "direct": b - 2} for b in (1, 2, 3)]
    assert choose_claims(result_of(unknown, list("ABCD"))).note() == (
        "1 edge of 4 genes; left out: 1 claim by way of others, 1 claim not known to be direct"
    )


@pytest.mark.parametrize("to", FORMATS)
def test_edges_are_direct_claims_and_directions_survive_every_format(to, tmp_path):
    path = tmp_path / "graph"
    assert edges_of(to, signed_result(), path) == [("A", "B"), ("B", "C"), ("C", "D")]
    if to not in OF_EDGES:
        assert set(READERS[to](path).nodes) == set("ABCDE")
    everything = edges_of(to, signed_result(), path, direct=False)
    alone = [("E", "A")] if FORMATS[to].names_edges else []
    assert everything == [("A", "B"), ("A", "C"), ("B", "C"), ("C", "D"), *alone]
    turned = [
        {"gene_a": 1, "gene_b": 0, "relation": 0, "direct": 1, "effect": 1.0},
        {"gene_a": 2, "gene_b": 1, "relation": 0, "direct": 1, "effect": 1.0},
    ]
    assert edges_of(to, result_of(turned, list("ABC")), path) == [("B", "A"), ("C", "B")]


def test_relations_are_named_where_the_format_has_room(tmp_path):
    for to in ("graphml", "gml", "cytoscape-json", "cx2", "edgelist"):
        path = export(asymmetric_result(), to, tmp_path / to, direct=False)
        graph = READERS[to](path)
        found = {(str(a), str(b)): relation for a, b, relation in graph.edges(data="relation")}
        assert found == CLAIMS
    path = export(asymmetric_result(), "sif", tmp_path / "sif", direct=False)
    assert {(a, b): r for a, b, r in read_sif(path).edges(data="relation")} == KINDS
    rows = [{"gene_a": 0, "gene_b": 1, "relation": 0, "direct": -1}]
    path = export(result_of(rows, ["A", "B"]), "sif", tmp_path / "unknown", direct=False)
    assert path.read_text() == "A\tancestor\tB\n"


@pytest.mark.parametrize("to", [to for to, known in FORMATS.items() if known.signed is not False])
def test_signs_are_those_of_total_effects(to, tmp_path):
    path = export(signed_result(), to, tmp_path / "graph", signed=True)
    if to == "gmt":
        assert path.read_text() == (
            "A_DN\t1 target of A by GENESIS\tB\n"
            "B_UP\t1 target of B by GENESIS\tC\n"
            "C_UP\t1 target of C by GENESIS\tD\n"
        )
        return
    graph = READERS[to](path)
    if to == "regulons":
        found = {(a, b): weight for a, b, weight in graph.edges(data="weight")}
        assert found == {("A", "B"): -0.5, ("B", "C"): 0.5, ("C", "D"): 0.125}
        return
    name = "relation" if to == "sif" else "sign"
    found = {(a, b): sign.split("_")[-1] for a, b, sign in graph.edges(data=name)}
    assert found == {("A", "B"): "negative", ("B", "C"): "positive", ("C", "D"): "positive"}
    # Nobody claims an effect of E on A, so that this edge has no sign.
    if FORMATS[to].names_edges:
        path = export(signed_result(), to, tmp_path / "all", signed=True, direct=False)
        last = READERS[to](path).edges["E", "A"]
        assert last.get(name) in ((None, "", "NA") if to != "sif" else ("nondescendant",))


def test_a_sif_tells_direct_from_indirect_and_their_signs(tmp_path):
    path = export(signed_result(), "sif", tmp_path / "graph", signed=True, direct=False)
    assert path.read_text().splitlines() == [
        "A\tdirect_negative\tB", "A\tindirect_negative\tC", "B\tdirect_positive\tC",
        "C\tdirect_positive\tD", "E\tnondescendant\tA",
    ]  # fmt: skip


@pytest.mark.parametrize("to", FORMATS)
def test_posteriors_choose_edges(to, tmp_path):
    path = tmp_path / "graph"
    sure = edges_of(to, signed_result(), path, min_posterior=0.9)
    assert sure == [("A", "B"), ("B", "C")]
    assert edges_of(to, signed_result(), path, min_posterior=1.0) == []
    ancestors = edges_of(to, signed_result(), path, min_posterior=0.98, direct=False)
    alone = [("E", "A")] if FORMATS[to].names_edges else []
    assert ancestors == [("A", "B"), ("A", "C"), ("B", "C"), *alone]


@pytest.mark.parametrize("to", FORMATS)
def test_a_neighbourhood_has_all_edges_among_its_genes(to, tmp_path):
    path = tmp_path / "graph"
    near = edges_of(to, signed_result(), path, genes=["B"])
    of_regulators = FORMATS[to].of_regulators
    assert near == ([("B", "C")] if of_regulators else [("A", "B"), ("B", "C")])
    if to not in OF_EDGES:
        assert set(READERS[to](path).nodes) == {"A", "B", "C"}
    # Of all claims A – B – C is a triangle, and D is no neighbour of A.
    whole = edges_of(to, signed_result(), path, genes=["A"], direct=False)
    if of_regulators:
        assert whole == [("A", "B"), ("A", "C")]
    else:
        alone = [("E", "A")] if FORMATS[to].names_edges else []
        assert whole == [("A", "B"), ("A", "C"), ("B", "C"), *alone]
    two = edges_of(to, signed_result(), path, genes=["A", "D", "A"])
    assert two == ([("A", "B")] if of_regulators else [("A", "B"), ("B", "C"), ("C", "D")])
    assert edges_of(to, signed_result(), path, genes=["E"]) == []
    with pytest.raises(CommandLineError, match="gene 'b' is not among the 5 genes: did you mean B"):
        export(signed_result(), to, path, genes=["b"], force=True)


def test_a_graph_of_many_genes_has_its_claims_though_unrelated_pairs_have_no_row(tmp_path):
    result = replace(signed_result(), unlisted=np.packbits(np.ones((5, 5), dtype=bool), axis=1))
    for to in FORMATS:
        for direct in (True, False):
            path = tmp_path / to
            expected = edges_of(to, signed_result(), path, direct=direct)
            assert edges_of(to, result, path, direct=direct) == expected


def test_what_the_rules_do_not_estimate_is_refused(tmp_path):
    path = tmp_path / "graph"
    for chosen in ({"to": "sif", "signed": True}, {"to": "regulons"}):
        with pytest.raises(CommandLineError, match="no effects and so no signs"):
            export(asymmetric_result(), path=path, **chosen)
    for direct in (True, False):
        with pytest.raises(CommandLineError, match="no posterior to choose by"):
            export(asymmetric_result(), "sif", path, min_posterior=0.9, direct=direct)
    with pytest.raises(CommandLineError, match=r"min_posterior is 1\.5: it must be from 0 to 1"):
        export(signed_result(), "sif", path, min_posterior=1.5)
    with pytest.raises(
        CommandLineError, match="dagitty has no room for signs; these have: graphml"
    ):
        export(signed_result(), "dagitty", path, signed=True)
    assert not path.exists()


@pytest.mark.parametrize("to", ["dot", "dagitty"])
def test_a_circle_is_refused_where_a_graph_must_have_none(to, tmp_path):
    edges = [(0, 1), (1, 2), (2, 0), (2, 3)]
    rows = [{"gene_a": a, "gene_b": b, "relation": 0, "direct": 1} for a, b in edges]
    with pytest.raises(InconsistentInputsError, match=r"in a circle \(over A, B, C\)"):
        export(result_of(rows, list("ABCD")), to, tmp_path / "graph")
    export(result_of(rows[1:], list("ABCD")), to, tmp_path / "graph")


def test_targets_without_a_known_sign_are_counted_not_written(tmp_path):
    rows = [
        {"gene_a": 0, "gene_b": b, "relation": 0, "direct": 1, "effect": effect}
        for b, effect in ((1, 0.5), (2, 0.0), (3, np.nan))
    ]
    result = result_of(rows, list("ABCD"))
    graph = choose_for("regulons", result)
    assert graph.note() == "1 edge of 4 genes; left out: 2 claims without an effect"
    path = export(result, "regulons", tmp_path / "regulons")
    assert path.read_text() == "source\ttarget\tweight\nA\tB\t0.5\n"
    path = export(result, "gmt", tmp_path / "gmt")
    assert path.read_text() == "A\t3 targets of A by GENESIS\tB\tC\tD\n"


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize(
    "ids", [[], ["ACT1"], ["=1+1", 'a "b" <c> & d', "naïve β \U0001f9ec"], ["1", "2", "3"]]
)
def test_any_names_and_any_size(ids, to, tmp_path):
    row = {"gene_a": 2, "gene_b": 0, "relation": 0, "direct": 1, "effect": 1.0, "log_p": -1.0}
    rows = [row] if len(ids) == 3 else []
    result = result_of(rows, ids)
    if to in ("dot", "dagitty") and 'a "b" <c> & d' in ids:
        with pytest.raises(MalformedInputError, match="a quotation mark ends a name"):
            export(result, to, tmp_path / "graph")
        return
    path = export(result, to, tmp_path / "graph")
    graph = READERS[to](path)
    if rows:
        assert [tuple(map(str, edge)) for edge in graph.edges] == [(ids[2], ids[0])]
    if to not in OF_EDGES:
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
    with pytest.raises(CommandLineError, match="'docx' is unknown: it may be graphml, gml"):
        export(asymmetric_result(), "docx", tmp_path / "other")
