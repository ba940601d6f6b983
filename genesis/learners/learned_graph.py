"""What a learner returns: a graph with marks at both ends of every edge, and what it cost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.graphs.reachability import transitive_closure
from genesis.io.output_set import OutputSet
from genesis.io.table_text import write_table
from genesis.learners.fci_rules import ARROW, CIRCLE, TAIL
from genesis.showing import ShownAsText

__all__ = ["SUFFIXES", "LearnedGraph"]

#: Endings of the files of a learned graph; the last one marks a complete set.
SUFFIXES = (".edges.tsv", ".learned.graphml", ".excluded.tsv", ".learner.json")
_LEFT = {CIRCLE: "o", ARROW: "<", TAIL: "-"}
_RIGHT = {CIRCLE: "o", ARROW: ">", TAIL: "-"}


@dataclass(frozen=True, eq=False)
class LearnedGraph(ShownAsText):
    """The graph that a learner found.

    Attributes
    ----------
    names : list of str
        The p variables, in the order of the constraints: variants, then nodes.
    marks : (p, p) int8
        Row a, column b: the mark at b of the edge between a and b: 0 no edge, 1 circle, 2
        arrowhead, 3 tail. So a → b is 2 in row a, column b and 3 in row b, column a.
    separating_sets : dict of (a, b) to tuple of str
        Names: the sets that separated pairs, as far as the learner looked for one.
    excluded : pandas.DataFrame
        variable, reason: columns of the data that took no part.
    counts : dict
        ``tests`` (independence tests made), ``untestable`` (sets given which no test could be
        made), ``scores`` (regressions scored), ``conflicts`` (edges or marks on which tests and
        constraints contradict each other), ``ambiguous`` (unshielded triples that nothing
        decides), ``contradicted`` (pairs on which the constraints contradict themselves).
    run : dict
        Learner, options, samples, seconds.
    """

    names: list[str]
    marks: NDArray[np.int8]
    separating_sets: dict[tuple[str, str], tuple[str, ...]]
    excluded: pd.DataFrame
    counts: dict[str, int]
    run: dict[str, Any]

    def __repr__(self) -> str:
        n_edges = int(np.count_nonzero(np.triu(self.marks)))
        return (
            f"LearnedGraph({self.run['learner']}: {len(self.names)} variables, {n_edges} edges, "
            f"{self.counts['tests']} tests, {self.counts['scores']} scores)"
        )

    @property
    def edges(self) -> pd.DataFrame:
        """a, b, marks: one row an adjacency; a directed edge has its tail at a.

        Marks are read from a to b: ``-->``, ``o->``, ``<->``, ``o-o``, ``---``, ``o--``.
        """
        a, b = np.nonzero(np.triu(self.marks))
        at_a, at_b = self.marks[b, a], self.marks[a, b]
        turn = (at_a == ARROW) & (at_b != ARROW) | (at_a == CIRCLE) & (at_b == TAIL)
        turn = turn | (at_a == TAIL) & (at_b == CIRCLE)
        a, b = np.where(turn, b, a), np.where(turn, a, b)
        names = np.array(self.names, dtype=object)
        written = [
            f"{_LEFT[int(self.marks[y, x])]}-{_RIGHT[int(self.marks[x, y])]}"
            for x, y in zip(a, b, strict=True)
        ]
        order = np.lexsort((b, a))
        return (
            pd.DataFrame(
                {
                    "a": pd.Series(names[a], dtype="str"),
                    "b": pd.Series(names[b], dtype="str"),
                    "marks": pd.Series(written, dtype="str"),
                }
            )
            .iloc[order]
            .reset_index(drop=True)
        )

    def to_networkx(self) -> nx.DiGraph:
        """A directed graph with one edge for every adjacency.

        Returns
        -------
        networkx.DiGraph
            An edge a → b has the attribute ``marks``, read from a to b: ``-->`` (a causes b),
            ``o->`` (b does not cause a), ``<->`` (a hidden cause of both), ``---`` and ``o-o``
            (either direction). Of edges that look the same both ways, only ``a → b`` with a
            first in `names` is there.
        """
        graph = nx.DiGraph()
        graph.add_nodes_from(self.names)
        for a, b, marks in self.edges.itertuples(index=False):
            graph.add_edge(a, b, marks=marks)
        return graph

    def ancestors(self) -> pd.DataFrame:
        """Row a, column b: whether a path of edges ``-->`` leads from a to b.

        Returns
        -------
        pandas.DataFrame of bool, shape (p, p)
        """
        directed = (self.marks == ARROW) & (self.marks.T == TAIL)
        found = transitive_closure(directed)
        return pd.DataFrame(found, index=self.names, columns=self.names)

    def save(self, prefix: str | Path, *, force: bool = False) -> list[Path]:
        """Write the graph as ``PREFIX.*``, all files or none.

        ======================  ================================================================
        ``.edges.tsv``          a, b, marks
        ``.learned.graphml``    the same for Cytoscape, igraph, networkx
        ``.excluded.tsv``       variables that took no part, with the reason
        ``.learner.json``       learner, options, counts, separating sets; written last
        ======================  ================================================================

        Parameters
        ----------
        prefix : str or Path
            Directory and beginning of the names.
        force : bool
            Files that exist are replaced.

        Returns
        -------
        list of Path

        Raises
        ------
        OutputWriteError
            A file exists and `force` is false, or the disk cannot take it.
        """
        sets = [
            {"a": a, "b": b, "given": list(given)}
            for (a, b), given in sorted(self.separating_sets.items())
        ]
        record = {**self.run, "counts": self.counts, "separating_sets": sets}
        with OutputSet(prefix, SUFFIXES, force=force) as outputs:
            write_table(outputs.path(".edges.tsv"), self.edges)
            nx.write_graphml(self.to_networkx(), outputs.path(".learned.graphml"))
            write_table(outputs.path(".excluded.tsv"), self.excluded)
            outputs.path(".learner.json").write_text(
                json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
                encoding="utf-8",
            )
        return outputs.written
