"""Directed acyclic graphs as text: DOT for DoWhy and Graphviz, and dagitty's own."""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from genesis.errors import InconsistentInputsError, MalformedInputError
from genesis.findings.claim_graph import ClaimGraph, sign_names
from genesis.io.ids import first_few

__all__ = ["write_dagitty", "write_dot"]


def write_dot(graph: ClaimGraph, path: Path) -> None:
    """Write a graph in the DOT language, in one line: DoWhy takes a text of several for no graph.

    Parameters
    ----------
    graph : ClaimGraph
    path : Path
        File to write.

    Raises
    ------
    InconsistentInputsError
        The edges have a cycle.
    MalformedInputError
        A name cannot be written.
    """
    name = _quoted(graph, "DOT")
    signs = sign_names(graph.claims) if graph.signed else [None] * len(graph.claims)
    parts = [f"{name[k]};" for k in graph.nodes.tolist()]
    for a, b, sign in zip(graph.claims.gene_a, graph.claims.gene_b, signs, strict=True):
        attribute = f' [sign="{sign}"]' if sign else ""
        parts.append(f"{name[a]} -> {name[b]}{attribute};")
    path.write_text(f"digraph {{ {' '.join(parts)} }}\n", encoding="utf-8")


def write_dagitty(graph: ClaimGraph, path: Path) -> None:
    """Write a graph for ``dagitty()`` of R, and for the web page of that name.

    Parameters
    ----------
    graph : ClaimGraph
    path : Path
        File to write.

    Raises
    ------
    InconsistentInputsError
        The edges have a cycle.
    MalformedInputError
        A name cannot be written.
    """
    name = _quoted(graph, "dagitty")
    lines = [f"{name[k]}\n" for k in graph.nodes.tolist()]
    ends = zip(graph.claims.gene_a, graph.claims.gene_b, strict=True)
    lines += [f"{name[a]} -> {name[b]}\n" for a, b in ends]
    path.write_text(f"dag {{\n{''.join(lines)}}}\n", encoding="utf-8")


def _quoted(graph: ClaimGraph, kind: str) -> dict[int, str]:
    """Names of the nodes in quotation marks, once it is known that there is no cycle."""
    a, b = graph.claims.gene_a.tolist(), graph.claims.gene_b.tolist()
    edges = nx.DiGraph(zip(a, b, strict=True))
    if not nx.is_directed_acyclic_graph(edges):
        on_cycle = [k for k, _ in nx.find_cycle(edges)]
        circle = [str(graph.result.gene_ids[k]) for k in on_cycle]
        raise InconsistentInputsError(
            f"the edges lead in a circle (over {first_few(circle)}), and {kind} is for graphs "
            "without one: take surer edges alone (--min-posterior 0.9; min_posterior in Python)"
        )
    names = {k: str(graph.result.gene_ids[k]) for k in graph.nodes.tolist()}
    for name in names.values():
        if '"' in name or "\\" in name:
            raise MalformedInputError(
                f"gene {name!r} cannot be written in {kind}, where a quotation mark ends a name "
                "and a backslash changes it: rename it, or choose another format"
            )
    return {k: f'"{name}"' for k, name in names.items()}
