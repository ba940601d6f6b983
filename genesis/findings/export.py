"""The claims of a result in the formats of other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx

from genesis.errors import CommandLineError
from genesis.findings.claim_graph import ClaimGraph, choose_claims
from genesis.findings.cx2 import write_cx2
from genesis.findings.dag_text import write_dagitty, write_dot
from genesis.findings.graphml import write_graphml
from genesis.findings.target_sets import write_gmt, write_regulons
from genesis.io.output_set import write_one
from genesis.io.table_text import write_table

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["FORMATS", "Format", "choose_for", "export"]


class Format(NamedTuple):
    """How a format is written, and what it has room for.

    Attributes
    ----------
    write : callable
        Takes a `ClaimGraph` and the path.
    names_edges : bool
        It says of an edge whether it stands for a ≺ b or for a ⪯ b.
    of_regulators : bool
        It lists the targets of genes, so that to choose genes is to choose regulators.
    signed : bool, optional
        Whether edges have a sign; None where that is as wished.
    """

    write: Callable[[ClaimGraph, Path], None]
    names_edges: bool = True
    of_regulators: bool = False
    signed: bool | None = None


def _write_gml(graph: ClaimGraph, path: Path) -> None:
    nx.write_gml(graph.to_networkx(), path)


def _write_sif(graph: ClaimGraph, path: Path) -> None:
    """Cytoscape's simple interaction format, with tabs so that names may have spaces."""
    a, b = graph.names(graph.claims.gene_a), graph.names(graph.claims.gene_b)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        edges = zip(a, graph.interactions(), b, strict=True)
        file.writelines("\t".join(edge) + "\n" for edge in edges)
        file.writelines(f"{name}\n" for name in graph.names(graph.isolated()))


def _write_cytoscape_json(graph: ClaimGraph, path: Path) -> None:
    text = json.dumps(nx.cytoscape_data(graph.to_networkx()), ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _write_edgelist(graph: ClaimGraph, path: Path) -> None:
    """One row an edge with all columns, as tab-separated text with a header."""
    write_table(path, graph.frame())


FORMATS: dict[str, Format] = {
    "graphml": Format(write_graphml),
    "gml": Format(_write_gml),
    "sif": Format(_write_sif),
    "cytoscape-json": Format(_write_cytoscape_json),
    "cx2": Format(write_cx2),
    "edgelist": Format(_write_edgelist),
    "regulons": Format(write_regulons, names_edges=False, of_regulators=True, signed=True),
    "gmt": Format(write_gmt, names_edges=False, of_regulators=True),
    "dot": Format(write_dot, names_edges=False),
    "dagitty": Format(write_dagitty, names_edges=False, signed=False),
}


def choose_for(
    to: str,
    result: Findings,
    *,
    direct: bool = True,
    min_posterior: float | None = None,
    genes: Iterable[str] = (),
    signed: bool = False,
) -> ClaimGraph:
    """The claims that a file of this format is to hold; the parameters are those of `export`.

    Raises
    ------
    CommandLineError
        The format is unknown or has no room for signs, or as `choose_claims`.
    """
    if to not in FORMATS:
        raise CommandLineError(f"format {to!r} is unknown: it may be {', '.join(FORMATS)}")
    known = FORMATS[to]
    if signed and known.signed is False:
        can = ", ".join(name for name, other in FORMATS.items() if other.signed is not False)
        raise CommandLineError(f"format {to} has no room for signs; these have: {can}")
    return choose_claims(
        result,
        direct=direct,
        order_alone=known.names_edges,
        min_posterior=min_posterior,
        genes=genes,
        of_regulators=known.of_regulators,
        signed=signed or known.signed is True,
    )


def export(
    result: Findings,
    to: str,
    path: str | Path,
    *,
    direct: bool = True,
    min_posterior: float | None = None,
    genes: Iterable[str] = (),
    signed: bool = False,
    force: bool = False,
) -> Path:
    """Write the claims of a result for another program, as edges a → b: a acts on b.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    to : str
        The format, a key of `FORMATS`. SIF holds the names of genes and the kind of each edge;
        GraphML, GML, Cytoscape's JSON, CX2 and the edge list hold all columns; regulons, GMT, DOT
        and dagitty hold edges alone.
    path : str or Path
        File to write.
    direct : bool
        Edges are direct claims. Otherwise all ancestor claims, also those along paths of others,
        and where the format names what an edge stands for, a ⪯ b too.
    min_posterior : float, optional
        Only claims with this posterior (of the edge, or of a ≺ b where not `direct`).
    genes : iterable of str
        The neighbourhood of these genes only: they, the genes with an edge to or from them, and
        all edges among these. Of regulons and GMT: the targets of these genes.
    signed : bool
        Edges say whether a raises or lowers b over all paths: attribute ``sign`` (``positive`` or
        ``negative``), in SIF the end of the interaction's name, in GMT two sets, ``a_UP`` and
        ``a_DN``. Regulons are always signed.
    force : bool
        A file that exists is replaced.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CommandLineError
        The format is unknown or has no room for signs, a gene is not there, or the method
        estimates neither posteriors nor effects where they are asked for.
    InconsistentInputsError
        The edges have a cycle, and the format is for graphs without one.
    MalformedInputError
        A name cannot be written in the format.
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
    ...     export(result, "sif", f"{directory}/run.sif", signed=True).read_text()
    'gene1\\tdirect_positive\\tgene2\\n'
    """
    graph = choose_for(
        to, result, direct=direct, min_posterior=min_posterior, genes=genes, signed=signed
    )
    return write_one(path, lambda target: FORMATS[to].write(graph, target), force=force)
