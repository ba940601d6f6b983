"""Evidence from a known graph: d-separation in place of independence tests."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import networkx as nx
import numpy as np

from genesis.anchors.blankets import NearestAncestors
from genesis.graphs.codes import NONDESCENDANT
from genesis.linear.partial_correlation import critical_squares
from genesis.rules import pair_kernels, vote_kernels
from genesis.rules.pair_evidence import PairBatch, Question

N_SAMPLES = 1000


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

    def are_separated(self, a: int, b: int, given: set[int]) -> bool:
        return self._separated(min(a, b), max(a, b), frozenset(given))

    def rho(self, a: int, b: int, given: set[int]) -> float:
        return 0.0 if self.are_separated(a, b, given) else 0.5

    def nearest_ancestors(self, codes, _previous, _touched) -> NearestAncestors:
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
                if candidate not in members and not self.are_separated(
                    target, candidate, set(members)
                ):
                    members.append(candidate)
                    grown = True
        for member in list(members):
            rest = set(members) - {member}
            if self.are_separated(target, member, rest):
                members.remove(member)
        return np.array(sorted(members), dtype=np.int64)

    def pairs(self, question: Question) -> Iterator[PairBatch]:
        gene_i, gene_j = question.due(0, 0, self.n_genes)
        codes, nearest = question.codes, question.nearest
        m = len(gene_i)
        independent, size = np.zeros(m, dtype=bool), np.empty(m, dtype=np.uint16)
        count, strongest = np.zeros((2, m, 4), dtype=np.int64)
        evidence, best = np.zeros((m, 4)), np.full((m, 4, 2), np.nan)
        most = 2 * m * len(self.graph)
        vote, rho, n_votes = np.empty((most, 4), dtype=np.int64), np.empty((most, 2)), 0
        # Correlations of 0 and 0.5 in so many samples that nothing else matters.
        level = critical_squares(question.log_alpha, N_SAMPLES, len(self.graph))
        for pair, (i, j) in enumerate(zip(gene_i.tolist(), gene_j.tolist(), strict=True)):
            given = self.guarded_set(i, j, codes, nearest)
            x, y = self.n_variants + i, self.n_variants + j
            size[pair] = len(given)
            independent[pair] = self.are_separated(x, y, given)
            if not independent[pair]:
                for witness in sorted(given):
                    rest = given - {witness}
                    a, b = (self.rho(witness, v, rest) for v in (x, y))
                    c, d = self.rho(witness, x, rest | {y}), self.rho(witness, y, rest | {x})
                    n_votes = vote_kernels.note_votes(
                        witness, (a, 1.0, b, 1.0, c, d, 1.0), len(given), level, pair, n_votes,
                        vote, rho,
                    )  # fmt: skip
        vote_kernels.count_votes(n_votes, vote, rho, N_SAMPLES, count, evidence, strongest, best)
        at = np.flatnonzero(~independent)
        log_p = np.where(independent, 0.0, -100.0)
        yield PairBatch.from_votes(
            gene_i,
            gene_j,
            pair_kernels.Tests(log_p.astype(np.float32), np.zeros(m, dtype=np.int8), size),
            at,
            log_p[at],
            pair_kernels.Votes(count[at], evidence[at], strongest[at], best[at]),
            question.settle,
        )

    def guarded_set(self, i: int, j: int, codes: np.ndarray, nearest: NearestAncestors) -> set[int]:
        members_i, members_j = nearest.of(i), nearest.of(j)
        variables = np.empty(len(members_i) + len(members_j), dtype=np.int64)
        sides, places = np.empty_like(variables), np.empty_like(variables)
        size = pair_kernels.guarded_set(
            i,
            j,
            members_i,
            0,
            len(members_i),
            members_j,
            0,
            len(members_j),
            codes,
            self.n_variants,
            variables,
            sides,
            places,
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
