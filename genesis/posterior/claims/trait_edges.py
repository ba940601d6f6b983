"""Whether an edge of a trait is an effect, or a hidden cause of the two that it joins.

No sampled graph has a hidden cause of one molecule and one trait. Where there is one, graphs have
an edge between the two instead, and with it everything upstream as an ancestor. What tells the two
apart is the part of the edge's cause that its own causes explain, variants or genes: an effect
hands it on, a hidden cause does not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from genesis.posterior.model.hidden_factors import without_rows

__all__ = [
    "SHARES",
    "TraitEdge",
    "by_rows_used",
    "chance_beside_hidden_cause",
    "edges_of_traits",
    "effect_chances",
    "log_ratio_of_effect",
    "share_of_hidden_causes",
]

#: The share of edges that are hidden causes is Beta(1, 9) before anything is seen: 0.1 on average.
_EFFECTS_BEFORE = 9.0
#: Shares at which its posterior is computed.
SHARES = (np.arange(200) + 0.5) / 200
#: An edge has a probability of 0.1 before anything is seen, (13).
_LOG_ODDS_AGAINST_EDGE = np.log(9.0)
#: What is left of the square of a unit row, from which on there is anything to tell.
_LEAST_LEFT = 1e-9


class TraitEdge(NamedTuple):
    """An edge by expression with a trait at one end or both, in one graph.

    Attributes
    ----------
    cause, target : int
        Rows of the data.
    others : tuple of int
        What acts on the target beside the cause.
    above : tuple of int
        What acts on the cause.
    """

    cause: int
    target: int
    others: tuple[int, ...]
    above: tuple[int, ...]


def edges_of_traits(
    edges: np.ndarray, is_trait: NDArray[np.bool_], n_variants: int
) -> tuple[NDArray[np.int64], list[TraitEdge]]:
    """Edges by expression to or from traits in the graphs of a chain.

    Parameters
    ----------
    edges : (n_edges,) PATH_EDGE
    is_trait : (n_genes,) bool
    n_variants : int

    Returns
    -------
    at : (k,) int64
        Positions among the edges.
    found : list of TraitEdge
    """
    by_expression = (edges["cause"] >= 0) & (edges["variant"] < 0)
    at = np.flatnonzero(by_expression & (is_trait[edges["cause"]] | is_trait[edges["target"]]))
    row = np.where(by_expression, n_variants + edges["cause"], edges["variant"]).tolist()
    acting: dict[tuple[int, int], list[int]] = {}
    for graph, target, variable in zip(
        edges["graph"].tolist(), edges["target"].tolist(), row, strict=True
    ):
        acting.setdefault((graph, target), []).append(variable)
    found = []
    for graph, cause, target in edges[at][["graph", "cause", "target"]].tolist():
        variable = n_variants + cause
        others = tuple(one for one in acting[graph, target] if one != variable)
        above = tuple(acting.get((graph, cause), []))
        found.append(TraitEdge(variable, n_variants + target, others, above))
    return at, found


def log_ratio_of_effect(edge: TraitEdge, rows: NDArray[np.float64], degrees: int) -> float:
    """Log likelihood ratio of an effect of the cause against a hidden cause of it and the target.

    With the hidden cause, the errors of the two are correlated and the cause does not act: the
    target is regressed on what the causes of the cause leave of it, in place of all of it. The
    models have as many parameters. What acts on both, however, may be there in a graph only to
    cancel what the edge would hand on. So either model may do without it, one or all of these. Each
    that stays costs half the logarithm of the degrees of freedom (BIC) and the odds of an edge.

    Parameters
    ----------
    edge : TraitEdge
    rows : (k, n) float64
        Unit rows.
    degrees : int
        Of freedom of the rows.

    Returns
    -------
    float
        0 where nothing acts on the cause.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> z, hidden = rng.normal(size=(2, 500))
    >>> cause = z + hidden + rng.normal(size=500)
    >>> effect, shared = cause + rng.normal(size=500), hidden + rng.normal(size=500)
    >>> rows = np.stack([z, cause, effect, shared])
    >>> rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    >>> for target in (2, 3):
    ...     print(round(log_ratio_of_effect(TraitEdge(1, target, (), (0,)), rows, 499)))
    174
    -23
    """
    if not edge.above:
        return 0.0
    own = _left(rows[[edge.cause]], rows[list(edge.above)])[0]
    both = np.stack([rows[edge.cause], own])
    free = max(degrees - len(edge.others) - 1, 1)
    likeliest = np.full(2, -np.inf)
    for others in _sets_of_others(edge):
        left = _left_by_each(rows[edge.target], both, rows[others])
        found = -0.5 * free * np.log(left) - _cost(degrees) * len(others)
        likeliest = np.maximum(likeliest, found)
    return float(likeliest[0] - likeliest[1])


def chance_beside_hidden_cause(
    edge: TraitEdge, other: int, rows: NDArray[np.float64], degrees: int
) -> float:
    """Probability that one of the others acts on the target, if the edge is a hidden cause.

    It acts on the cause as well, and may be there only to cancel what the edge would hand on.

    Parameters
    ----------
    edge : TraitEdge
    other : int
        Among its `others` and `above`.
    rows : (k, n) float64
        Unit rows.
    degrees : int
    """
    own = _left(rows[[edge.cause]], rows[list(edge.above)])
    rest = [row for row in edge.others if row != other]
    target, other_left = _left(rows[[edge.target, other]], np.concatenate([rows[rest], own]))
    explained = (target @ other_left) ** 2 / max(other_left @ other_left, _LEAST_LEFT)
    before = max(target @ target, _LEAST_LEFT)
    free = max(degrees - len(edge.others) - 1, 1)
    gain = 0.5 * free * np.log(before / max(before - explained, _LEAST_LEFT))
    return float(expit(gain - _cost(degrees)))


def by_rows_used(
    edges: list[TraitEdge], data: NDArray[np.float64], factors: NDArray[np.float64]
) -> tuple[list[TraitEdge], NDArray[np.int64], NDArray[np.float64]]:
    """Edges by their places among the rows that they need.

    Parameters
    ----------
    edges : list of TraitEdge
    data : (k, n) float64
    factors : (n_factors, n) float64
        Projected out of the rows.

    Returns
    -------
    edges : list of TraitEdge
    used : (m,) int64
        Rows of the data.
    rows : (m, n) float64
        Unit rows.
    """
    used = np.unique([row for one in edges for row in (*one[:2], *one.others, *one.above)])
    rows = without_rows(data[used] / np.linalg.norm(data[used], axis=1, keepdims=True), factors)
    place = {row: at for at, row in enumerate(used.tolist())}
    by_place = [
        TraitEdge(
            place[one.cause], place[one.target],
            tuple(place[row] for row in one.others), tuple(place[row] for row in one.above),
        )
        for one in edges
    ]  # fmt: skip
    return by_place, used, rows


def _cost(degrees: int) -> float:
    """What an edge has to gain in log likelihood."""
    return float(0.5 * np.log(degrees) + _LOG_ODDS_AGAINST_EDGE)


def _sets_of_others(edge: TraitEdge) -> list[list[int]]:
    """What acts on the target beside the cause: all, or without what acts on the cause as well."""
    shared = set(edge.others) & set(edge.above)
    dropped = [set[int](), *({one} for one in sorted(shared)), *([shared] if shared else [])]
    return [[row for row in edge.others if row not in some] for some in dropped]


def _left_by_each(
    target: NDArray[np.float64], each: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Residual sums of squares of a row, regressed on others and on one more of these."""
    rest, *regressors = _left(np.stack([target, *each]), others)
    explained = [(rest @ one) ** 2 / max(one @ one, _LEAST_LEFT) for one in regressors]
    return np.maximum(rest @ rest - np.array(explained), _LEAST_LEFT)


def _left(rows: NDArray[np.float64], explained_by: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a regression on other rows leaves of some."""
    basis = np.linalg.qr(explained_by.T)[0]
    return np.asarray(rows - (rows @ basis) @ basis.T)


def share_of_hidden_causes(
    log_ratio: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Posterior of the share of edges that are hidden causes.

    Parameters
    ----------
    log_ratio : (m,) float64
        Of each pair of nodes that an edge joins, as of `log_ratio_of_effect`.
    weight : (m,) float64
        Share of the graphs that have it.

    Returns
    -------
    (k,) float64
        Probabilities of the shares 0.0025, 0.0075, … 0.9975.
    """
    density = (_EFFECTS_BEFORE - 1.0) * np.log1p(-SHARES) + weight @ _log_mixed(log_ratio)
    probability = np.exp(density - density.max())
    return np.asarray(probability / probability.sum())


def effect_chances(
    log_ratio: NDArray[np.float64], share: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probabilities that edges are effects, given the posterior of `share_of_hidden_causes`.

    Parameters
    ----------
    log_ratio : (m,) float64
    share : (k,) float64

    Returns
    -------
    (m,) float64

    Examples
    --------
    >>> as_many = np.full(200, 1 / 200)
    >>> effect_chances(np.array([-10.0, 0.0, 10.0]), as_many).round(3).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.asarray(np.exp(np.log1p(-SHARES) - _log_mixed(log_ratio)) @ share)


def _log_mixed(log_ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log density of each edge for every share of hidden causes, an effect's being 1: (m, k)."""
    return np.asarray(np.logaddexp(np.log1p(-SHARES), np.log(SHARES) - log_ratio[:, None]))
