"""CX2, the JSON by which Cytoscape and NDEx exchange networks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genesis.findings.claim_graph import ClaimGraph, node_table, records

__all__ = ["write_cx2"]

_TYPES = {str: "string", bool: "boolean", int: "integer", float: "double"}


def write_cx2(graph: ClaimGraph, path: Path) -> None:
    """Write a graph of claims as CX2: names on nodes, arrows at targets, all columns of claims.

    Parameters
    ----------
    graph : ClaimGraph
    path : Path
        File to write.

    References
    ----------
    Cytoscape Exchange format 2 (CX2), specification 2.0.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for at, aspect in enumerate(_aspects(graph)):
            text = json.dumps(aspect, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            file.write(("[" if at == 0 else ",\n") + text)
        file.write("]\n")


def _aspects(graph: ClaimGraph) -> Iterator[dict[str, Any]]:
    nodes = records(node_table(graph.result).iloc[graph.nodes])
    frame = graph.frame().drop(columns=["gene_a", "gene_b"])
    frame.insert(0, "interaction", graph.interactions())
    edges = records(frame)
    sizes = {"attributeDeclarations": 1, "networkAttributes": 1, "nodes": len(nodes)}
    sizes |= {"edges": len(edges), "visualProperties": 1}
    yield {"CXVersion": "2.0", "hasFragments": False}
    yield {"metaData": [{"elementCount": n, "name": name} for name, n in sizes.items()]}
    network = {"name": "GENESIS", "description": graph.note()}
    declared = {
        "networkAttributes": _declared([network]),
        "nodes": _declared(nodes),
        "edges": _declared(edges),
    }
    yield {"attributeDeclarations": [declared]}
    yield {"networkAttributes": [network]}
    yield {"nodes": [{"id": int(k), "v": v} for k, v in zip(graph.nodes, nodes, strict=True)]}
    a, b = graph.claims.gene_a.tolist(), graph.claims.gene_b.tolist()
    ends = enumerate(zip(a, b, edges, strict=True))
    yield {"edges": [{"id": k, "s": s, "t": t, "v": v} for k, (s, t, v) in ends]}
    label = {"type": "PASSTHROUGH", "definition": {"attribute": "name", "type": "string"}}
    arrows = {"EDGE_TARGET_ARROW_SHAPE": "triangle"}
    if graph.signed:
        # A bar in place of the arrowhead is how biologists draw what lowers.
        signs = {"positive": "triangle", "negative": "tee"}
        mapped = [{"v": sign, "vp": shape} for sign, shape in signs.items()]
        to_shape = {"type": "DISCRETE", "definition": {"attribute": "sign", "map": mapped}}
        edge_mapping = {"EDGE_TARGET_ARROW_SHAPE": to_shape}
    else:
        edge_mapping = {}
    look = {
        "default": {"network": {}, "node": {}, "edge": arrows},
        "nodeMapping": {"NODE_LABEL": label},
        "edgeMapping": edge_mapping,
    }
    yield {"visualProperties": [look]}
    yield {"status": [{"success": True}]}


def _declared(rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """The type of each attribute that occurs."""
    kinds: dict[str, dict[str, str]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, {"d": _TYPES[type(value)]})
    return kinds
