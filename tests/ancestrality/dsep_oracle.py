"""Evidence from a known graph: d-separation in place of independence tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import networkx as nx
import numpy as np

from genesis.ancestrality import pair_kernels, vote_kernels
from genesis.ancestrality.matrix import NONDESCENDANT, UNRESOLVED
from genesis.ancestrality.pair_evidence import PairBatch, Votes
from genesis.anchors.blankets import NearestAncestors

INDEPENDENT, DEPENDENT = 0.0, -100.0


class OracleEvidence:
    """Answers what the search asks by d-separation.

    Nodes 0..n_variants-1 are variants, the next n_genes are genes, all others are latent.
    """

    def __init__(self, graph: nx.DiGraph, n_variants: int, n_genes: int) -> None:
        self.graph = graph
        self.n_variants = n_variants
        self.n_genes = n_genes
        self._separated = cache(self._ask)

    def _ask(self, a: int, b: int, given: frozenset[int]) -> bool:
        return nx.is_d_separator(self.graph, {a}, {b}, given)

    def log_p(self, a: int, b: int, given: set[int]) -> float:
        separated = self._separated(min(a, b), max(a, b), frozenset(given))
        return INDEPENDENT if separated else DEPENDENT

    def nearest_ancestors(self, codes: np.ndarray) -> NearestAncestors:
        return NearestAncestors.from_lists(
            [
                self._grow_shrink(
                    self.n_variants + gene,
                    [
                        *range(self.n_variants),
                        *(self.n_variants + np.flatnonzero(codes[:, gene] >= NONDESCENDANT)),
                    ],
                )
                for gene in range(self.n_genes)
            ]
        )

    def _grow_shrink(self, target: int, pool: list[int]) -> np.ndarray:
        members: list[int] = []
        grown = True
        while grown:
            grown = False
            for candidate in pool:
                if candidate not in members and self.log_p(target, candidate, set(members)) < 0:
                    members.append(candidate)
                    grown = True
        for member in list(members):
            rest = set(members) - {member}
            if self.log_p(target, member, rest) == INDEPENDENT:
                members.remove(member)
        return np.array(sorted(members), dtype=np.int64)

    def pairs(
        self, codes: np.ndarray, nearest: NearestAncestors, log_alpha: float
    ) -> Iterator[PairBatch]:
        gene_i, gene_j = np.nonzero(np.tril(codes == UNRESOLVED, -1))
        m = len(gene_i)
        log_p, size = np.empty(m), np.empty(m, dtype=np.int32)
        votes = Votes.none(m)
        for pair, (i, j) in enumerate(zip(gene_i, gene_j, strict=True)):
            given = self.guarded_set(i, j, codes, nearest)
            x, y = self.n_variants + i, self.n_variants + j
            size[pair] = len(given)
            log_p[pair] = self.log_p(x, y, given)
            if log_p[pair] <= log_alpha:
                for witness in sorted(given):
                    rest = given - {witness}
                    vote_kernels.tally(
                        witness,
                        self.log_p(witness, x, rest),
                        self.log_p(witness, y, rest),
                        self.log_p(witness, x, rest | {y}),
                        self.log_p(witness, y, rest | {x}),
                        log_alpha,
                        votes.count[pair],
                        votes.evidence[pair],
                        votes.strongest[pair],
                        votes.log_p_best[pair],
                    )
        dependent = np.flatnonzero(log_p <= log_alpha)
        reason = np.zeros(m, dtype=np.int8)
        yield PairBatch(gene_i, gene_j, log_p, reason, size, dependent, votes.rows(dependent))

    def guarded_set(self, i: int, j: int, codes: np.ndarray, nearest: NearestAncestors) -> set[int]:
        members_i, members_j = nearest.of(i), nearest.of(j)
        variables = np.empty(len(members_i) + len(members_j), dtype=np.int64)
        sides = np.empty_like(variables)
        size = pair_kernels.guarded_set(
            i, j, members_i, members_j, codes, self.n_variants, variables, sides
        )
        return {int(variable) for variable in variables[:size]}


def random_graph(rng: np.random.Generator) -> tuple[nx.DiGraph, int, int]:
    """A random DAG of 3–8 genes with variants and up to 3 latent confounders."""
    n_genes = int(rng.integers(3, 9))
    n_variants = int(rng.integers(1, n_genes + 3))
    n_latent = int(rng.integers(0, 4))
    graph = nx.DiGraph()
    graph.add_nodes_from(range(n_variants + n_genes + n_latent))
    genes = n_variants + rng.permutation(n_genes)
    density = rng.uniform(0.15, 0.6)
    for k, b in enumerate(genes):
        for a in genes[:k]:
            if rng.random() < density:
                graph.add_edge(int(a), int(b))
    for variant in range(n_variants):
        for gene in rng.choice(genes, size=rng.integers(1, 3), replace=False):
            graph.add_edge(variant, int(gene))
    for latent in range(n_variants + n_genes, n_variants + n_genes + n_latent):
        for gene in rng.choice(genes, size=2, replace=False):
            graph.add_edge(latent, int(gene))
    return graph, n_variants, n_genes
