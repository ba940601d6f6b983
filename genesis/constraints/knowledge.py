"""A constraint graph as matrices over the variables of a learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from genesis.constraints.graph import ConstraintGraph
from genesis.errors import InconsistentInputsError, MemoryBudgetError
from genesis.graphs.nonancestors import implied_nonancestors
from genesis.graphs.reachability import transitive_closure
from genesis.io.ids import counted, first_few

__all__ = ["EDGE_POSTERIOR", "Knowledge"]

#: Posterior from which on an edge is taken as given; one that a test has found always is.
EDGE_POSTERIOR = 0.95

#: Matrices of more variables than this square are too large, and closing them takes too long.
MOST_VARIABLES = 10_000

Matrix = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What a learner knows before it looks at data; all matrices are row before column.

    Attributes
    ----------
    names : list of str
        The p variables.
    precedes : (p, p) bool
        a is an ancestor of b; transitively closed.
    cannot : (p, p) bool
        a is not an ancestor of b; closed under what `precedes` implies.
    edge : (p, p) bool
        There is an edge a → b.
    possible : (p, p) bool
        There may be an edge a → b.
    exogenous : (p,) bool
        Variants: what joins two of them (linkage) is none of the learner's business.
    absent : dict of (a, b) to frozenset
        Pairs a < b without an edge, and a set that separates them.
    n_contradicted : int
        Pairs of which the run says that neither precedes the other while its other claims imply
        an order; they are left open as to that.
    """

    names: list[str]
    precedes: Matrix
    cannot: Matrix
    edge: Matrix
    possible: Matrix
    exogenous: Matrix
    absent: dict[tuple[int, int], frozenset[int]]
    n_contradicted: int

    @classmethod
    def of(cls, graph: ConstraintGraph, names: Sequence[str]) -> Knowledge:
        """The constraints on some variables, in their order.

        Parameters
        ----------
        graph : ConstraintGraph
        names : sequence of str
            Variants and nodes of the graph, each once.

        Raises
        ------
        InconsistentInputsError
            A name is not in the graph.
        MemoryBudgetError
            There are more than 10,000 names.

        Examples
        --------
        >>> graph = ConstraintGraph(["A", "B", "C"], required_order=[("A", "B"), ("B", "C")])
        >>> Knowledge.of(graph, ["C", "B", "A"]).precedes.astype(int)
        array([[0, 0, 0],
               [1, 0, 0],
               [1, 1, 0]])
        """
        p = len(names)
        if p > MOST_VARIABLES:
            raise MemoryBudgetError(
                f"{p:,} variables are more than the {MOST_VARIABLES:,} that learners and their "
                "exports can take: choose genes (--include-genes of genesis run)"
            )
        at = _positions(graph, names)
        n_variants = len(graph.variants)
        exogenous = np.zeros(p, dtype=np.bool_)
        exogenous[at[:n_variants][at[:n_variants] >= 0]] = True
        node = at[n_variants:]
        claims = graph.claims
        before, after = (node[claims[end].to_numpy()] for end in ("before", "after"))
        strict = claims["strict"].to_numpy()
        here = (before >= 0) & (after >= 0)
        precedes = transitive_closure(_pairs(p, before[strict & here], after[strict & here]))
        cannot = _pairs(p, after[here & ~strict], before[here & ~strict])
        cannot |= exogenous[None, :]
        _forbid_tiers(graph, node, cannot)
        _forbid_unlisted(graph, node, cannot)
        absent = _absences(graph, at, cannot)
        np.fill_diagonal(cannot, False)
        n_contradicted = int(np.count_nonzero(cannot & precedes))
        cannot = implied_nonancestors(cannot & ~precedes, precedes)
        edge = _pairs(p, *_certain_edges(graph, at))
        possible = ~cannot & ~np.eye(p, dtype=np.bool_)
        _bound_candidates(graph, at, exogenous, possible)
        for a, b in absent:
            possible[a, b] = possible[b, a] = False
        edge &= possible
        return cls(list(names), precedes, cannot, edge, possible, exogenous, absent, n_contradicted)

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.names)

    def possible_ancestors(self) -> Matrix:
        """Row a, column b: whether a may be an ancestor of b, by possible edges or as known."""
        return np.asarray(
            (transitive_closure(self.possible | self.precedes) & ~self.cannot) | self.precedes
        )

    def known_ancestors(self) -> Matrix:
        """Row a, column b: whether a is an ancestor of b, by required order and edges."""
        return transitive_closure(self.precedes | self.edge)


def _positions(graph: ConstraintGraph, names: Sequence[str]) -> NDArray[np.int64]:
    """For each variant, then each node of the graph where it is among the names; -1: nowhere."""
    place = {name: position for position, name in enumerate(names)}
    every = [*map(str, graph.variants), *map(str, graph.nodes)]
    unknown = place.keys() - set(every)
    if unknown:
        raise InconsistentInputsError(
            f"{counted(len(unknown), 'variable')} not in the constraints: "
            f"{first_few(sorted(unknown))}"
        )
    return np.array([place.get(name, -1) for name in every], dtype=np.int64)


def _pairs(p: int, a: NDArray[np.int64], b: NDArray[np.int64]) -> Matrix:
    matrix = np.zeros((p, p), dtype=np.bool_)
    matrix[a, b] = True
    return matrix


def _forbid_tiers(graph: ConstraintGraph, node: NDArray[np.int64], cannot: Matrix) -> None:
    for number, tier in enumerate(graph.tiers):
        late = node[tier][node[tier] >= 0]
        for earlier in graph.tiers[:number]:
            early = node[earlier][node[earlier] >= 0]
            cannot[np.ix_(late, early)] = True


def _forbid_unlisted(graph: ConstraintGraph, node: NDArray[np.int64], cannot: Matrix) -> None:
    """Mark unrelated pairs of a run that are too many for a list of absences."""
    if graph.unlisted is None:
        return
    here = np.flatnonzero(node >= 0)
    for gene in here:
        bits = np.unpackbits(graph.unlisted[gene], count=len(node)) == 1
        cannot[node[gene], node[here[bits[here]]]] = True


def _absences(
    graph: ConstraintGraph, at: NDArray[np.int64], cannot: Matrix
) -> dict[tuple[int, int], frozenset[int]]:
    """Absences whose whole set is there; unrelated pairs of a run are marked in `cannot` too."""
    n_variants = len(graph.variants)
    found: dict[tuple[int, int], frozenset[int]] = {}
    ends = graph.absences[["gene_a", "gene_b", "given"]].to_numpy()
    for row, (first, second, given) in enumerate(ends.tolist()):
        a, b = int(at[n_variants + first]), int(at[n_variants + second])
        if a < 0 or b < 0:
            continue
        if given < 0:
            cannot[a, b] = cannot[b, a] = True
        members = at[graph.separating_members(row)]
        if (members >= 0).all():
            found[min(a, b), max(a, b)] = frozenset(members.tolist())
    return found


def _certain_edges(
    graph: ConstraintGraph, at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both ends of the edges that are certain: direct claims, and anchors."""
    node = at[len(graph.variants) :]
    posterior = graph.claims["posterior_direct"].to_numpy()
    certain = (graph.claims["direct"].to_numpy() == 1) & ~(posterior < EDGE_POSTERIOR)
    direct = graph.claims[certain]
    anchors = graph.anchors[graph.anchors["posterior"] >= EDGE_POSTERIOR]
    a = np.concatenate([node[direct["before"].to_numpy()], at[anchors["variant"].to_numpy()]])
    b = np.concatenate([node[direct["after"].to_numpy()], node[anchors["gene"].to_numpy()]])
    here = (a >= 0) & (b >= 0)
    return a[here], b[here]


def _bound_candidates(
    graph: ConstraintGraph, at: NDArray[np.int64], exogenous: Matrix, possible: Matrix
) -> None:
    """Leave only edges that may be: anchors from variants, no indirect claims, what is listed."""
    node = at[len(graph.variants) :]
    anchored = np.zeros_like(possible)
    variant, gene = at[graph.anchors["variant"]], node[graph.anchors["gene"]]
    here = (variant >= 0) & (gene >= 0)
    anchored[variant[here], gene[here]] = True
    possible[exogenous] &= anchored[exogenous]
    indirect = graph.claims[graph.claims["strict"] & (graph.claims["direct"] == 0)]
    a, b = node[indirect["before"].to_numpy()], node[indirect["after"].to_numpy()]
    here = (a >= 0) & (b >= 0)
    possible[a[here], b[here]] = False
    if graph.listed is not None:
        listed = np.zeros_like(possible)
        a, b = node[graph.listed["before"].to_numpy()], node[graph.listed["after"].to_numpy()]
        here = (a >= 0) & (b >= 0)
        listed[a[here], b[here]] = True
        possible[~exogenous] &= listed[~exogenous]
