"""The claims of a result in the formats of other programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

from genesis.errors import CommandLineError
from genesis.findings.claim_graph import relation_graph
from genesis.findings.graphml import write_graphml
from genesis.findings.relations import RELATION_NAMES
from genesis.io.output_set import write_one
from genesis.io.table_text import write_table

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["FORMATS", "export"]


def _write_gml(result: Findings, path: Path) -> None:
    nx.write_gml(relation_graph(result), path)


def _write_sif(result: Findings, path: Path) -> None:
    """Cytoscape's simple interaction format, with tabs so that names may have spaces."""
    graph = relation_graph(result)
    lines = [f"{a}\t{relation}\t{b}\n" for a, b, relation in graph.edges(data="relation")]
    lines += [f"{node}\n" for node in nx.isolates(graph)]
    path.write_text("".join(lines), encoding="utf-8")


def _write_cytoscape_json(result: Findings, path: Path) -> None:
    text = json.dumps(
        nx.cytoscape_data(relation_graph(result)), ensure_ascii=False, allow_nan=False
    )
    path.write_text(text + "\n", encoding="utf-8")


def _write_edgelist(result: Findings, path: Path) -> None:
    """One row a claim with all columns, as tab-separated text with a header."""
    pairs = result.pairs
    claims = pairs.rows(pairs.relation < RELATION_NAMES.index("unrelated"))
    write_table(path, claims.frame(result.gene_ids, result.variables))


FORMATS: dict[str, Callable[[Findings, Path], None]] = {
    "graphml": write_graphml,
    "gml": _write_gml,
    "sif": _write_sif,
    "cytoscape-json": _write_cytoscape_json,
    "edgelist": _write_edgelist,
}


def export(result: Findings, to: str, path: str | Path, *, force: bool = False) -> Path:
    """Write the claims of a result for another program: an edge a → b for a ≺ b and a ⪯ b.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    to : {"graphml", "gml", "sif", "cytoscape-json", "edgelist"}
        The format. SIF holds the relation alone; the others hold all columns.
    path : str or Path
        File to write.
    force : bool
        A file that exists is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CommandLineError
        The format is unknown.
    OutputWriteError
        The file exists and `force` is false, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import genesis
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     export(result, "sif", f"{directory}/run.sif").read_text()
    'gene1\\tancestor\\tgene2\\n'
    """
    if to not in FORMATS:
        raise CommandLineError(f"format {to!r} is unknown: it may be {', '.join(FORMATS)}")
    return write_one(path, lambda target: FORMATS[to](result, target), force=force)
