"""Posteriors and graphs in which edges of traits are effects as often as the data have them so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.chains.chain_input import ChainInput
from genesis.posterior.chains.pair_counts import Graphs, counts_of_pairs
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.pair_table import Pairs, PairTable, spread
from genesis.posterior.claims.trait_edges import (
    SHARES,
    TraitEdge,
    by_rows_used,
    chance_beside_hidden_cause,
    edges_of_traits,
    effect_chances,
    log_ratio_of_effect,
    share_of_hidden_causes,
)

__all__ = ["weigh_traits"]

#: Times that edges are drawn in or out of every kept graph.
_DRAWS = 12
#: An edge that is a hidden cause with less probability takes no other with it.
_HARDLY = 0.01


def weigh_traits(
    posterior: Posterior, start: ChainInput, order: GeneOrder | None, seed: np.random.SeedSequence
) -> Posterior:
    """Posteriors and graphs without the edges of traits that hidden causes explain better.

    Every such edge of a kept graph is an effect with a probability; edges are drawn by these, and
    ancestors counted anew. A posterior is scaled by the share of the graphs with a ≺ b that keep
    it, and its effect with it.

    Parameters
    ----------
    posterior : Posterior
        Before calibration.
    start : ChainInput
        What its chains worked on. Where they had hidden factors, these are taken to be as they
        started.
    order : GeneOrder, optional
        Says which genes are traits; without any the posterior stays as it is.
    seed : SeedSequence
        For the draws.

    Returns
    -------
    Posterior
        Its graphs have each edge that was drawn last. The summary has ``hidden_causes_of_traits``:
        how many edges of traits a graph has, the share of them that are hidden causes, and the
        pairs that have one rather than anything else.
    """
    is_trait = np.zeros(0, dtype=np.bool_) if order is None else order.is_trait
    chains = posterior.graphs if is_trait.any() else []
    found = [edges_of_traits(edges, is_trait, start.n_variants) for edges, _, _ in chains]
    listed = [edge for _, some in found for edge in some]
    if not listed:
        return posterior
    factors = start.factors[: posterior.summary["hidden_factors_used"]]
    listed, used, rows = by_rows_used(listed, start.data, factors)
    degrees = rows.shape[1] - len(factors)
    # Graphs have most of them in common.
    known = {one: log_ratio_of_effect(one, rows, degrees) for one in dict.fromkeys(listed)}
    ratio = np.array([known[one] for one in listed])
    total = float(sum(n * one for _, n, one in chains))
    weight = np.concatenate(
        [np.full(len(at), one / total) for (at, _), (*_, one) in zip(found, chains, strict=True)]
    )
    ends, number = np.unique([one[:2] for one in listed], axis=0, return_inverse=True)
    of_pair, mean = (
        np.asarray(np.bincount(number, one, len(ends)), dtype=np.float64)
        for one in (weight, weight * ratio)
    )
    mean /= of_pair
    share = share_of_hidden_causes(mean, of_pair)
    chance = effect_chances(ratio, share)
    _, either_way = np.unique(np.sort(ends, axis=1), axis=0, return_inverse=True)
    hidden = np.bincount(either_way[number], weight * (1.0 - chance))
    beside = _chances_beside(listed, chance, used >= start.n_variants, rows, degrees)

    pairs = Pairs(posterior.pairs.start, posterior.pairs.target)
    before, after = np.zeros((2, 2, len(pairs.target)))
    rng = np.random.default_rng(seed)
    graphs, first = [], 0
    for (edges, n, one), (at, _) in zip(chains, found, strict=True):
        mine = slice(first, first + len(at))
        first += len(at)
        stays = np.ones(len(edges))
        stays[at] = chance[mine]
        _take_companions(stays, edges, at, beside[mine], used - start.n_variants)
        before += one * _counts(edges, n, pairs)
        in_doubt = np.flatnonzero(stays < 1.0)
        for drawn in _draws(stays[in_doubt], rng):
            kept = np.delete(edges, in_doubt[~drawn])
            after += one / _DRAWS * _counts(kept, n, pairs)
        graphs.append((kept, n, one))
    left = np.divide(after, before, out=np.ones_like(after), where=before > 0).astype(np.float32)
    summary = {
        "edges": round(float(of_pair.sum()), 2),
        "share": round(float(SHARES @ share), 4),
        "pairs": int(np.count_nonzero(hidden > 0.5)),
    }
    return replace(
        posterior,
        pairs=_scaled(posterior.pairs, *left),
        graphs=graphs,
        summary=posterior.summary | {"hidden_causes_of_traits": summary},
    )


def _chances_beside(
    listed: list[TraitEdge],
    chance: NDArray[np.float64],
    is_gene: NDArray[np.bool_],
    rows: NDArray[np.float64],
    degrees: int,
) -> list[dict[int, float]]:
    """For each edge the genes that act on both its ends, and the chance that theirs stays.

    It stays where the edge is an effect, or else if it is of use beside the hidden cause.
    """
    known: dict[tuple[TraitEdge, int], float] = {}
    found = []
    for edge, effect in zip(listed, chance.tolist(), strict=True):
        shared = [one for one in sorted(set(edge.others) & set(edge.above)) if is_gene[one]]
        mine = {}
        for other in shared if effect < 1.0 - _HARDLY else []:
            if (edge, other) not in known:
                known[edge, other] = chance_beside_hidden_cause(edge, other, rows, degrees)
            mine[other] = effect + (1.0 - effect) * known[edge, other]
        found.append(mine)
    return found


def _take_companions(
    stays: NDArray[np.float64],
    edges: np.ndarray,
    at: NDArray[np.int64],
    beside: list[dict[int, float]],
    gene: NDArray[np.int64],
) -> None:
    """Lower the chances of edges that are there only beside one that may be a hidden cause."""
    if not any(beside):
        return
    of_expression = np.flatnonzero((edges["cause"] >= 0) & (edges["variant"] < 0))
    ends = edges[of_expression][["graph", "cause", "target"]].tolist()
    place = dict(zip(ends, of_expression.tolist(), strict=True))
    for (graph, target), mine in zip(edges[at][["graph", "target"]].tolist(), beside, strict=True):
        for other, chance in mine.items():
            stays[place[graph, int(gene[other]), target]] *= chance


def _scaled(table: PairTable, left: np.ndarray, direct_left: np.ndarray) -> PairTable:
    """The table with what is left of the posteriors of ancestors, and of edges."""
    ancestor = table.ancestor * left
    return replace(
        table,
        ancestor=ancestor,
        uncalibrated=ancestor,
        confounded=table.confounded * left,
        direct=table.direct * direct_left,
        effect=table.effect * left,
    )


def _draws(chance: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which edges are there, in as many draws as are made: (n_draws, n_edges).

    By strata: each edge is there as often as its chance says, to within one draw.
    """
    stratum = np.tile(np.arange(_DRAWS)[:, None], len(chance))
    uniform = (rng.permuted(stratum, axis=0) + rng.random(stratum.shape)) / _DRAWS
    return np.asarray(uniform < chance)


def _counts(edges: np.ndarray, n_graphs: int, pairs: Pairs) -> NDArray[np.float64]:
    """In how many graphs of a chain each pair has an ancestor, and an edge: (2, m)."""
    edges = edges[edges["cause"] >= 0]
    end = np.searchsorted(edges["graph"], np.arange(n_graphs), side="right")
    no_factors = np.zeros((n_graphs, len(pairs.start) - 1, 0), dtype=np.uint64)
    graphs = Graphs(np.stack([edges["cause"], edges["target"]]), end, no_factors)
    none = np.empty(0, dtype=np.int32)
    counted = counts_of_pairs(graphs, none, none, np.empty(0, dtype=np.uint8))
    there = Pairs(counted["start"], counted["target"])
    return np.stack(
        [spread(counted[name], there, pairs) for name in ("ancestor", "direct")]
    ).astype(np.float64)
