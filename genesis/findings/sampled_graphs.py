"""Graphs of the calibrated method as they were sampled, with the edges of variants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from genesis.io.ids import counted
from genesis.showing import Shown

__all__ = ["KEPT_GENES", "GraphTables", "SampledGraphs", "genes_upstream"]

#: Of up to so many genes graphs are kept whole; of more, what lies upstream of some targets.
KEPT_GENES = 2_000


@dataclass(frozen=True, eq=False)
class GraphTables:
    """Sampled graphs as tables.

    Attributes
    ----------
    edges : pandas.DataFrame
        One row an edge: graph (row of `graphs`), variant (row of `variants`; -1 for the expression
        of a gene), gene (position of the cause among the genes of the result; -1 for a variant that
        acts by itself; with a variant the gene that it stands for, as a positional anchor), target
        (position of a gene), slope (posterior mean of the coefficient given the graph) and draw
        (from its posterior), in standard deviations of the target for one of the cause. Edges are
        by graph, each behind all that end in its cause.
    graphs : pandas.DataFrame
        One row a graph: weight (that of its chain).
    variants : pandas.DataFrame
        One row a variant: variant_id, chrom, pos, locus (row of the variant that leads its locus)
        and r (correlation of its dosage with that of the lead).
    targets : pandas.DataFrame
        One row a target up to which the graphs are whole: gene (position).
    """

    edges: pd.DataFrame
    graphs: pd.DataFrame
    variants: pd.DataFrame
    targets: pd.DataFrame


def genes_upstream(
    cause: np.ndarray, target: np.ndarray, ends: np.ndarray, n_genes: int
) -> np.ndarray:
    """Genes from which edges lead to others, and these themselves.

    Parameters
    ----------
    cause, target : (n_edges,) int
        Edges of one graph, by genes' positions.
    ends : (k,) int
        Where they are to lead.
    n_genes : int

    Returns
    -------
    (n_genes,) bool

    Examples
    --------
    >>> genes_upstream(np.array([0, 1, 1]), np.array([1, 2, 3]), np.array([2]), 4)
    array([ True,  True,  True, False])
    """
    is_upstream = np.zeros(n_genes, dtype=np.bool_)
    is_upstream[ends] = True
    before = 0
    while before < (now := int(is_upstream.sum())):
        before = now
        is_upstream[cause[is_upstream[target]]] = True
    return is_upstream


class SampledGraphs(Shown):
    """Sampled graphs, which may be read only when they are first asked for.

    Parameters
    ----------
    given : GraphTables or callable
        Their tables, or what returns them.

    Examples
    --------
    >>> none = pd.DataFrame({"graph": [], "variant": []})
    >>> SampledGraphs(GraphTables(none, pd.DataFrame({"weight": [255]}), none, none))
    SampledGraphs
      graphs   1, with 0 edges
      targets  0 genes
    """

    def __init__(self, given: GraphTables | Callable[[], GraphTables]) -> None:
        self._given = given

    @cached_property
    def tables(self) -> GraphTables:
        """The tables."""
        return self._given if isinstance(self._given, GraphTables) else self._given()

    def reaches(self, target: int) -> bool:
        """Whether they are whole up to a gene."""
        return bool(np.isin(target, self.tables.targets["gene"].to_numpy()))

    def _rows(self) -> list[tuple[str, str]]:
        tables = self.tables
        return [
            ("graphs", f"{len(tables.graphs):,}, with {counted(len(tables.edges), 'edge', ',')}"),
            ("targets", counted(len(tables.targets), "gene", ",")),
        ]
