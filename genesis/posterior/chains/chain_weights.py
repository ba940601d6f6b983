"""What a finished chain weighs, and how well chains agree."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from genesis.posterior.chains.chain_diagnostics import bulk_ess, r_hat
from genesis.posterior.claims.pair_table import Pairs, join, spread
from genesis.posterior.model.state import Tally

__all__ = [
    "FULL_WEIGHT",
    "ChainOutcome",
    "agree",
    "best_elpd",
    "deviations",
    "effective_chains",
    "is_ahead",
    "mixing",
    "pairs_of_chain",
    "weighed",
    "weight_of",
]

#: Chains agree where the standard deviations of pairs' posteriors between them add up to no larger
#: share of the posteriors themselves, and where as many as this, of equal weight, would
#: average as well: chains of little weight say nothing of agreement.
AGREEMENT, AGREEING = 0.04, 2.0
#: Chains of fewer equals than these say nothing about how well they agree.
_FEWEST_TO_COMPARE = 1.5
#: Of less likely pairs there are so many that their random errors add up to more than all else.
_CONSIDERED = 0.1
#: From this standard deviation between the chains on they differ about a pair; as many are named.
DIFFERING, NAMED = 0.1, 5
_AT_A_TIME = 100_000
#: Expected log predictive densities that differ by fewer nats are as good as each other.
WITHIN_NATS = 4.0
#: Weight of the chain that predicts best. Weights are whole numbers, so that sums are exact.
FULL_WEIGHT = 255


class ChainOutcome(NamedTuple):
    """A finished chain: its hidden factors, counts, elpd, and what it weighs.

    `elpd_waic` is pointwise; `elpd_loo` a sum, with the largest Pareto k.
    """

    n_factors: int
    tally: Tally
    elpd_waic: np.ndarray
    elpd_loo: tuple[float, float] | None = None
    weight: int = 0


def pairs_of_chain(outcome: ChainOutcome) -> Pairs:
    """The pairs of which a chain says something."""
    return Pairs(outcome.tally.start, outcome.tally.target)


def best_elpd(outcomes: list[ChainOutcome]) -> np.ndarray:
    """Expected log predictive density of each coordinate under the best of the chains."""
    return max((one.elpd_waic for one in outcomes), key=lambda density: float(density.sum()))


def _shortfall(density: np.ndarray, best: np.ndarray) -> tuple[float, float]:
    """Difference Δ of a chain from another in elpd, and its standard error, (39).

    Parameters
    ----------
    density, best : (n_degrees,) float64
        Expected log predictive density of each coordinate.

    References
    ----------
    Watanabe 2010, JMLR 11:3571 (WAIC); Vehtari, Gelman & Gabry 2017, Statistics and Computing
    27:1413 (standard errors of differences).
    """
    difference = best - density
    return float(difference.sum()), float(np.sqrt(len(difference)) * difference.std())


def weight_of(density: np.ndarray, best: np.ndarray) -> int:
    """What a chain weighs: it loses e-fold with every standard error by which it falls short.

    Chains that are stuck on poorer graphs predict worse, and by how much is known no better.
    """
    elpd_diff, error = _shortfall(density, best)
    return round(FULL_WEIGHT * float(np.exp(-elpd_diff / max(error, WITHIN_NATS))))


def is_ahead(one: ChainOutcome, others: list[ChainOutcome]) -> bool:
    """Whether a chain predicts better than the best of others, (41).

    By PSIS-LOO where every chain has it: WAIC takes hidden factors for many more parameters than
    they are, and prefers models without them that predict unseen people far worse.
    """
    compared = [one, *others]
    if all(chain.elpd_loo is not None for chain in compared):
        elpd = [chain.elpd_loo[0] for chain in compared if chain.elpd_loo is not None]
    else:
        elpd = [float(chain.elpd_waic.sum()) for chain in compared]
    return elpd[0] > max(elpd[1:])


def weighed(outcomes: list[ChainOutcome]) -> list[ChainOutcome]:
    """Chains with their weights W, (40)."""
    best = best_elpd(outcomes)
    return [one._replace(weight=weight_of(one.elpd_waic, best)) for one in outcomes]


def agree(outcomes: list[ChainOutcome], *, with_traits: bool = False) -> bool:
    """Whether so many chains that weigh agree so well that more would say the same.

    With traits it is enough that all of them do so when taken for equal, for then it does not
    matter what they weigh: a variant of a trait in place of a linked one of a few hits makes one
    chain predict much better than the others, and no pair differ.
    """
    if with_traits:
        equal = deviations([one._replace(weight=FULL_WEIGHT) for one in outcomes])
        relative = equal["relative_deviation_between_chains"]
        if relative is not None and relative <= AGREEMENT:
            return True
    kept = [one for one in weighed(outcomes) if one.weight]
    deviation = deviations(kept)["relative_deviation_between_chains"]
    return effective_chains(kept) >= AGREEING and deviation is not None and deviation <= AGREEMENT


def effective_chains(kept: list[ChainOutcome]) -> float:
    """Number of chains of equal weight that would average as well, Kish's effective size, (42)."""
    weights = [one.weight for one in kept]
    return float(sum(weights) ** 2 / sum(weight**2 for weight in weights))


def deviations(kept: list[ChainOutcome]) -> dict[str, Any]:
    """Standard deviations of pairs' posteriors between the chains, by their weights.

    The largest one, and the sum of those of pairs that may be claimed over that of their
    posteriors: on what share of the ancestors a chain and the mean of all differ. Then how many of
    these pairs there are, on how many the chains differ, and those on which they differ most, as
    cause, target, and deviation. None where too few chains weigh anything.
    """
    names = (
        "largest_deviation_between_chains",
        "relative_deviation_between_chains",
        "pairs_compared",
        "pairs_that_differ",
        "most_differing_pairs",
    )
    if effective_chains(kept) < _FEWEST_TO_COMPARE:
        return dict.fromkeys(names)
    weights = [one.weight for one in kept]
    pairs = join([pairs_of_chain(one) for one in kept])
    counts = [spread(one.tally.ancestor, pairs_of_chain(one), pairs) for one in kept]
    largest = total = expected = 0.0
    n_compared, differing = 0, []
    for low in range(0, len(pairs.target), _AT_A_TIME):
        now = slice(low, low + _AT_A_TIME)
        shares = np.array(
            [count[now] / one.tally.n[0] for one, count in zip(kept, counts, strict=True)]
        )
        mean = np.average(shares, axis=0, weights=weights)
        deviation = np.sqrt(np.average((shares - mean) ** 2, axis=0, weights=weights))
        largest = max(largest, float(deviation.max(initial=0.0)))
        considered = mean >= _CONSIDERED
        total += float(deviation[considered].sum())
        expected += float(mean[considered].sum())
        n_compared += int(considered.sum())
        differ = np.flatnonzero(considered & (deviation >= DIFFERING))
        cause = np.searchsorted(pairs.start, low + differ, side="right") - 1
        differing.append(np.stack([cause, pairs.target[now][differ], deviation[differ]], axis=1))
    relative = total / expected if expected else 0.0
    found = np.concatenate([np.empty((0, 3)), *differing])
    most = found[np.argsort(-found[:, 2], kind="stable")[:NAMED]]
    named = [(int(a), int(b), round(float(x), 4)) for a, b, x in most]
    numbers = (round(largest, 4), round(relative, 4), n_compared, len(found), named)
    return dict(zip(names, numbers, strict=True))


def mixing(kept: list[ChainOutcome]) -> dict[str, float | None]:
    """R-hat and bulk ESS of the log density of the expression in the graphs counted.

    R-hat compares chains as if all weighed the same: it is None where too few weigh anything.
    """
    series = np.array([one.tally.log_density.sum(axis=1) for one in kept])
    compared = None if effective_chains(kept) < _FEWEST_TO_COMPARE else r_hat(series)
    ess = bulk_ess(series)
    return {
        "r_hat_of_log_density": None if compared is None else round(compared, 3),
        "bulk_ess_of_log_density": None if ess is None else round(ess, 1),
    }
