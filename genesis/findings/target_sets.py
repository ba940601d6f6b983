"""The targets of each gene: signed regulons as a table, and gene sets as GMT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from genesis.findings.claim_graph import ClaimGraph, signs_of
from genesis.io.ids import counted
from genesis.io.table_text import write_table

__all__ = ["write_gmt", "write_regulons"]


def write_regulons(graph: ClaimGraph, path: Path) -> None:
    """One row an edge: source, target, weight (the total effect), as decoupler takes them.

    Parameters
    ----------
    graph : ClaimGraph
        A signed one.
    path : Path
        File to write.
    """
    claims = graph.claims
    table = pd.DataFrame(
        {
            "source": graph.names(claims.gene_a),
            "target": graph.names(claims.gene_b),
            "weight": claims.effect,
        }
    )
    write_table(path, table)


def write_gmt(graph: ClaimGraph, path: Path) -> None:
    """One line a gene with targets: its name, a description, the targets.

    Of a signed graph two: ``NAME_UP`` with the genes that it raises, ``NAME_DN`` with those that
    it lowers.

    Parameters
    ----------
    graph : ClaimGraph
    path : Path
        File to write.
    """
    claims = graph.claims
    sign = signs_of(claims) if graph.signed else np.zeros(len(claims), dtype=np.int8)
    kinds = (("_UP", 1), ("_DN", -1)) if graph.signed else (("", 0),)
    # Claims are ordered by gene_a.
    regulators, starts = np.unique(claims.gene_a, return_index=True)
    ends = np.append(starts, len(claims))[1:]
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for name, start, end in zip(graph.names(regulators), starts, ends, strict=True):
            for ending, wanted in kinds:
                targets = claims.gene_b[start:end][sign[start:end] == wanted]
                if len(targets):
                    said = f"{counted(len(targets), 'target')} of {name} by GENESIS"
                    file.write("\t".join([name + ending, said, *graph.names(targets)]) + "\n")
