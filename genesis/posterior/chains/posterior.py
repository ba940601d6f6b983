"""Posteriors of ancestral relations: what the chains of one model say together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genesis.posterior.chains.chain_weights import (
    FULL_WEIGHT,
    ChainOutcome,
    best_elpd,
    deviations,
    effective_chains,
    mixing,
    pairs_of_chain,
    weighed,
)
from genesis.posterior.claims.effects import total_effects
from genesis.posterior.claims.pair_table import Pairs, PairTable, join, spread
from genesis.posterior.claims.path_edges import PATH_EDGE
from genesis.posterior.model.candidates import Candidates
from genesis.posterior.model.state import FACTOR, GENE, OWN, PLEIOTROPIC, POSITIONAL, Tally
from genesis.posterior.moves.edge_probability_kernels import IMPOSSIBLE, STEPS

__all__ = ["Posterior", "combine_chains"]

#: Pairs whose posteriors are worked on at a time.
_AT_A_TIME = 1_000_000

_KINDS = {
    OWN: "own variant",
    GENE: "gene",
    PLEIOTROPIC: "anchor of another gene",
    POSITIONAL: "anchor for its gene",
    FACTOR: "hidden factor",
}


@dataclass(frozen=True, eq=False)
class Posterior:
    """What the chains say, in the order of genes that the search uses.

    Attributes
    ----------
    pairs : PairTable
        Posteriors of the pairs of genes of which there is anything to say.
    candidates : Candidates
    acts : list of (c,) float32
        Posterior that each candidate acts on each gene.
    summary : dict
        Chains, learned weights and convergence, as kept in the record of the run.
    graphs : list of ((n_edges,) PATH_EDGE, int, int)
        Of each chain that counts: the edges of the graphs that it kept, how many graphs these are,
        and the weight of each; none where chains kept no edges of variants.
    """

    pairs: PairTable
    candidates: Candidates
    acts: list[np.ndarray]
    summary: dict[str, Any]
    graphs: list[tuple[np.ndarray, int, int]] = field(default_factory=list)


def combine_chains(
    chosen: list[ChainOutcome], rest: list[ChainOutcome], candidates: Candidates, n_factors: int
) -> Posterior:
    """What the chains of one model say together; `rest` are those of the other, for the record."""
    chosen = weighed(chosen)
    kept = [one for one in chosen if one.weight]
    n = sum(one.weight * int(one.tally.n[0]) for one in kept)

    pairs = join([pairs_of_chain(one) for one in kept])

    def share(name: str) -> np.ndarray:
        total = np.zeros(len(pairs.target), dtype=np.float32)
        for one in kept:
            counts = spread(getattr(one.tally, name), pairs_of_chain(one), pairs)
            total += np.float32(one.weight) * counts
        total /= np.float32(n)
        return total

    ancestor, direct = share("ancestor"), share("direct")
    _tell_apart(ancestor, direct, kept, pairs, n / FULL_WEIGHT)
    acts = []
    for gene, variable in enumerate(candidates.variable):
        total = np.zeros(len(variable), dtype=np.float32)
        for one in kept:
            first = one.n_factors
            total += np.float32(one.weight) * one.tally.acts[gene, first : first + len(variable)]
        acts.append(total / np.float32(n))
    summary = {
        "hidden_factors_tried": n_factors,
        "hidden_factors_used": kept[0].n_factors,
        "chains": _describe([*chosen, *rest]),
        "chains_of_equal_weight": round(effective_chains(kept), 1),
        **deviations(kept),
        **mixing(kept),
    }
    graphs = ((edges, one.weight) for one in kept for edges in _graphs(one))
    table = PairTable.of_pairs(
        pairs,
        ancestor,
        confounded=share("confounded"),
        direct=direct,
        effect=total_effects(graphs, *pairs),
    )
    kept_graphs = [
        (one.tally.edges, len(one.tally.unseen_log_density), one.weight)
        for one in kept
        if one.tally.edges.dtype == PATH_EDGE
    ]
    return Posterior(table, candidates, acts, summary, kept_graphs)


def _graphs(outcome: ChainOutcome) -> list[np.ndarray]:
    """Edges between genes of each graph whose edges a chain kept."""
    edges = outcome.tally.edges
    edges = edges[edges["cause"] >= 0]
    return np.split(edges, np.flatnonzero(np.diff(edges["graph"])) + 1)


def _tell_apart(
    ancestor: np.ndarray, direct: np.ndarray, kept: list[ChainOutcome], pairs: Pairs, n: float
) -> None:
    """Rank pairs that none or all of the counted graphs have by the probabilities in the last ones.

    No posterior is changed by more than 1 / (n + 1), which is what n graphs of full weight leave
    open.
    """
    total_weight = sum(one.weight for one in kept)
    codes = [
        spread(one.tally.edge_probability, pairs_of_chain(one), pairs, IMPOSSIBLE) for one in kept
    ]
    for low in range(0, len(direct), _AT_A_TIME):
        now = slice(low, low + _AT_A_TIME)
        edge_probability = np.zeros(len(direct[now]))
        for one, code in zip(kept, codes, strict=True):
            edge_probability += one.weight * np.exp(code[now] / -STEPS)
        open_ = np.minimum(edge_probability / total_weight, 1.0 / (n + 1))
        direct[now] = np.where(
            direct[now] == 0, open_, np.where(direct[now] == 1, 1 - open_, direct[now])
        )
        ancestor[now] = np.where(ancestor[now] == 0, open_, ancestor[now])


def _describe(outcomes: list[ChainOutcome]) -> list[dict[str, Any]]:
    """What each chain learned."""
    best = float(best_elpd(outcomes).sum())
    total_weight = sum(one.weight for one in outcomes)
    return [
        {
            "hidden_factors": one.n_factors,
            "weight": round(one.weight / total_weight, 4),
            "predictive_density_behind_best": round(best - float(one.elpd_waic.sum()), 2),
            **_predicts(one),
            "members": _means(one.tally.n_included, one.tally),
            "slab_precision": _means(one.tally.precision, one.tally),
            "log_shape_of_targets": round(float(one.tally.log_shape[0] / one.tally.n[0]), 3),
            # Of each graph counted, for people who look at how chains mix.
            "log_density": one.tally.log_density.sum(axis=1).round(2).tolist(),
        }
        for one in outcomes
    ]


def _predicts(outcome: ChainOutcome) -> dict[str, float | None]:
    """What a chain predicts by WAIC and by PSIS-LOO, and the largest Pareto k of the latter."""
    loo, pareto_k = outcome.elpd_loo or (None, None)
    return {
        "elpd_waic": round(float(outcome.elpd_waic.sum()), 2),
        "elpd_loo": None if loo is None else round(loo, 2),
        "largest_pareto_k": None if pareto_k is None else round(pareto_k, 2),
    }


def _means(sums: np.ndarray, tally: Tally) -> dict[str, float]:
    """Means over the graphs that a chain counted, by kind of candidate."""
    return {name: round(float(sums[k] / tally.n[0]), 3) for k, name in _KINDS.items()}
