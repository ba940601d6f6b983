"""DOT files in the hands of Graphviz, where it is installed."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from genesis.findings.export import export
from tests.handmade import result_of

NAMES = ["HLA-DRB1", "1/2-SBSRNA4", "5' nuc", "#x", "C:1", "a;b", "naïve β", "-> {", "node"]


@pytest.mark.parametrize("signed", [False, True])
def test_dot_reads_the_graph(signed, tmp_path):
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is not installed")
    # A chain, and an edge from its beginning to its last but one; the last gene has none.
    pairs = [*((k, k + 1) for k in range(7)), (0, 7)]
    rows = [
        {"gene_a": a, "gene_b": b, "relation": 0, "direct": 1, "effect": 0.5 if a else -0.5}
        for a, b in pairs
    ]
    path = export(result_of(rows, NAMES), "dot", tmp_path / "graph.dot", signed=signed)
    done = subprocess.run(
        [program, "-Tjson", str(path)], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    graph = json.loads(done.stdout)
    assert graph["directed"] is True
    name = {node["_gvid"]: node["name"] for node in graph["objects"]}
    assert sorted(name.values()) == sorted(NAMES)
    found = {(name[edge["tail"]], name[edge["head"]]): edge.get("sign") for edge in graph["edges"]}
    sign = {True: ("negative", "positive"), False: (None, None)}[signed]
    assert found == {(NAMES[a], NAMES[b]): sign[a > 0] for a, b in pairs}
