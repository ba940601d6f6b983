"""Exports in the hands of the programs that they are for, where those are installed."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest

from genesis.findings.export import export
from tests.handmade import result_of

EDGES = {("A", "B"), ("B", "C:1"), ("D d", "A"), ("D d", "B")}
GENES = ["A", "B", "C:1", "D d", "E"]


@pytest.fixture
def result():
    """Four direct claims, of which those of A lower their target, and an indirect one."""
    place = {name: at for at, name in enumerate(GENES)}
    rows = [
        {"gene_a": place[a], "gene_b": place[b], "relation": 0, "direct": 1, "posterior": 0.9,
         "effect": -0.5 if a == "A" else 0.25}
        for a, b in EDGES
    ]  # fmt: skip
    indirect = {"gene_a": 0, "gene_b": 2, "relation": 0, "direct": 0, "effect": 1.0}
    return result_of([*rows, indirect], GENES)


def imported(name):
    """A module, or the test is skipped; what its own imports warn of is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, exc_type=ImportError)


@pytest.mark.parametrize(("to", "signed"), [("dot", False), ("dot", True), ("dagitty", False)])
def test_dowhy_takes_the_text_for_the_graph(to, signed, result, tmp_path):
    dowhy = imported("dowhy.causal_graph")
    text = export(result, to, tmp_path / "graph", signed=signed).read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = dowhy.CausalGraph("A", "C:1", graph=text, observed_node_names=GENES)
    assert set(graph._graph.edges) == EDGES
    assert set(graph._graph.nodes) == set(GENES)


def test_pgmpy_reads_dagitty(result, tmp_path):
    base = imported("pgmpy.base")
    path = export(result, "dagitty", tmp_path / "graph.txt", genes=["A"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = base.DAG.from_dagitty(filename=str(path)).edges
    assert set(found) == {("A", "B"), ("D d", "A"), ("D d", "B")}


def test_gseapy_reads_gmt(result, tmp_path):
    gseapy = imported("gseapy")
    sets = gseapy.read_gmt(str(export(result, "gmt", tmp_path / "sets.gmt")))
    assert {(source, target) for source, targets in sets.items() for target in targets} == EDGES
    sets = gseapy.read_gmt(str(export(result, "gmt", tmp_path / "signed.gmt", signed=True)))
    assert sets == {"A_DN": ["B"], "B_UP": ["C:1"], "D d_UP": ["A", "B"]}


def test_ndex2_reads_cx2(result, tmp_path):
    factory = imported("ndex2.cx2").RawCX2NetworkFactory()
    path = export(result, "cx2", tmp_path / "graph.cx2", signed=True)
    network = factory.get_cx2network(json.loads(path.read_text()))
    names = {k: node["v"]["name"] for k, node in network.get_nodes().items()}
    assert sorted(names.values()) == GENES
    found = {
        (names[edge["s"]], names[edge["t"]]): edge["v"]["sign"]
        for edge in network.get_edges().values()
    }
    assert found == {(a, b): "negative" if a == "A" else "positive" for a, b in EDGES}


def test_decoupler_scores_regulons(result, tmp_path):
    decoupler = imported("decoupler")
    table = pd.read_csv(export(result, "regulons", tmp_path / "regulons.tsv"), sep="\t")
    # Of three samples the first has more of B than the others; A lowers B.
    values = np.array([[0.0, 9, 0.1, 0.2, 0.3], [0, 0.5, 0.3, 0.1, 0.2], [0.1, 0.2, 0, 0.3, 0.5]])
    data = pd.DataFrame(values, index=["s1", "s2", "s3"], columns=GENES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores, _ = decoupler.mt.ulm(data, table, tmin=1)
    assert scores.columns.tolist() == ["A", "B", "D d"]
    assert scores.loc["s1", "A"] < -2
