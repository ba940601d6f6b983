"""GraphML of the claims of a result, written piece by piece in little memory.

networkx writes GraphML too, but needs kilobytes for every edge; a genome-wide run has millions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc

from genesis.findings.claim_graph import ClaimGraph, node_table, sign_names
from genesis.findings.relation_tables import COLUMNS, RelationNames, relation_columns
from genesis.io.table_text import concatenate, joined

__all__ = ["write_graphml"]

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns \
http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""
_PIECE_ROWS = 100_000
_NODE_TYPES = {
    "name": pa.string(),
    "chrom": pa.string(),
    "start": pa.int64(),
    "end": pa.int64(),
    "anchors": pa.string(),
}
_EDGE_TYPES = {field.name: field.type for field in COLUMNS[2:]}


def write_graphml(graph: ClaimGraph, path: Path) -> None:
    """Write a graph of claims as GraphML; its description says what the edges leave out.

    Parameters
    ----------
    graph : ClaimGraph
    path : Path
        File to write.
    """
    result = graph.result
    nodes = node_table(result).iloc[graph.nodes]
    names = RelationNames(result.gene_ids, result.variables)
    types = {**_EDGE_TYPES, "sign": pa.string()} if graph.signed else _EDGE_TYPES
    with path.open("wb") as file:
        file.write((_HEAD + _keys("node", _NODE_TYPES) + _keys("edge", types)).encode())
        file.write(b'<graph edgedefault="directed">\n')
        file.write(f"<desc>{escape(graph.note())}</desc>\n".encode())
        columns = {
            name: pa.array(nodes[name].tolist(), kind, from_pandas=True)
            for name, kind in _NODE_TYPES.items()
        }
        file.write(_elements("node", {"id": columns["name"]}, columns))
        for rows in graph.claims.chunks(_PIECE_ROWS):
            edges = relation_columns(rows, names)
            ends = {"source": edges["gene_a"], "target": edges["gene_b"]}
            if graph.signed:
                edges["sign"] = pa.array(sign_names(rows), pa.string())
            file.write(_elements("edge", ends, {name: edges[name] for name in types}))
        file.write(b"</graph>\n</graphml>\n")


def _keys(kind: str, types: Mapping[str, pa.DataType]) -> str:
    """Declarations of the attributes; keys are short because every element repeats them."""
    return "".join(
        f'<key id="{kind[0]}{at}" for="{kind}" attr.name={quoteattr(name)} '
        f'attr.type="{_type_name(type_)}"/>\n'
        for at, (name, type_) in enumerate(types.items())
    )


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "long"
    return "double" if pa.types.is_floating(kind) else "string"


def _elements(
    kind: str, ends: Mapping[str, pa.Array], attributes: Mapping[str, pa.Array]
) -> memoryview:
    """Elements with their attributes; missing ones are left out."""
    parts: list[pa.Array | str] = [f"<{kind}"]
    for name, column in ends.items():
        parts += [f' {name}="', _escaped(column), '"']
    parts.append(">")
    for at, column in enumerate(attributes.values()):
        data = concatenate([f'<data key="{kind[0]}{at}">', _escaped(column), "</data>"])
        parts.append(data.fill_null(""))
    return joined(concatenate([*parts, f"</{kind}>\n"]))


def _escaped(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        return _escaped(column.dictionary).take(column.indices)
    text = column.cast(pa.large_string())
    if not pa.types.is_string(column.type):
        return text
    for plain, entity in ((c, escape(c, {'"': "&quot;"})) for c in '&<>"'):
        text = pc.replace_substring(text, plain, entity)
    return text
