"""GraphML of the claims of a result, written piece by piece in little memory.

networkx writes GraphML too, but needs kilobytes for every edge; a genome-wide run has millions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from genesis.findings.claim_graph import node_table
from genesis.findings.relation_tables import COLUMNS, RelationNames, relation_columns
from genesis.findings.relations import RELATION_NAMES, RULE_NAMES, Relations
from genesis.io.ids import counted
from genesis.io.table_text import concatenate, joined

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["drawn_claims", "implied_note", "write_graphml"]

#: Claims above which those by closure are not drawn.
MOST_CLAIMS = 1_000_000

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


def write_graphml(result: Findings, path: Path) -> None:
    """Write the graph of `genesis.findings.claim_graph.relation_graph` as GraphML.

    Of more than a million claims, those that were found by closure alone are left out, and the
    file says so: they follow from the others along paths, and no program could draw them.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    path : Path
        File to write.
    """
    nodes = node_table(result)
    names = RelationNames(result.gene_ids, result.variables)
    claims, n_implied = drawn_claims(result)
    with path.open("wb") as file:
        file.write((_HEAD + _keys("node", _NODE_TYPES) + _keys("edge", _EDGE_TYPES)).encode())
        file.write(b'<graph edgedefault="directed">\n')
        if n_implied:
            file.write(f"<desc>{implied_note(n_implied)}</desc>\n".encode())
        columns = {
            name: pa.array(nodes[name].tolist(), kind, from_pandas=True)
            for name, kind in _NODE_TYPES.items()
        }
        file.write(_elements("node", {"id": columns["name"]}, columns))
        for rows in claims.chunks(_PIECE_ROWS):
            edges = relation_columns(rows, names)
            ends = {"source": edges["gene_a"], "target": edges["gene_b"]}
            file.write(_elements("edge", ends, {name: edges[name] for name in _EDGE_TYPES}))
        file.write(b"</graph>\n</graphml>\n")


def drawn_claims(result: Findings) -> tuple[Relations, int]:
    """The claims that the graph shows, and how many by closure it leaves out."""
    pairs = result.pairs
    is_claim = pairs.relation < RELATION_NAMES.index("unrelated")
    n_claims = int(np.count_nonzero(is_claim))
    if n_claims > MOST_CLAIMS:
        is_claim &= (pairs.rule != RULE_NAMES.index("closure")) | (pairs.direct == 1)
    return pairs.rows(is_claim), n_claims - int(np.count_nonzero(is_claim))


def implied_note(n_implied: int) -> str:
    """What to say of claims that were left out."""
    are, they_follow = ("is", "it follows") if n_implied == 1 else ("are", "they follow")
    return (
        f"{counted(n_implied, 'claim', ',')} found by closure alone {are} left out of the graph: "
        f"{they_follow} from the others along paths"
    )


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
