"""One chain of the sampler: heated start, then draws from the posterior that are counted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from genesis.calibrated.chain_kernels import run_sweeps
from genesis.calibrated.factor_kernels import renew_gram
from genesis.calibrated.state import FACTOR, N_KINDS, Chain, Problem, Tally
from genesis.calibrated.sweep_kernels import sort_out

__all__ = ["N_SWEEPS", "predictive_density", "run_chain"]

#: Sweeps of a chain; those from `COUNT_FROM` on are counted.
N_SWEEPS, COUNT_FROM = 800, 300
#: Every so many counting sweeps the graph is counted: few enough for a byte a pair.
COUNT_EVERY = 2
#: The first sweeps, in which the data count less than in full, from this `heat` on.
HEATED_SWEEPS, FIRST_HEAT = 160, 0.1
#: In them a sweep tries about so many candidates, and at least this share of all.
HEATED_STEPS, HEATED_SHARE = 10_000, 0.3
#: After so many more sweeps over all candidates it is known which come into question.
WATCHED_SWEEPS = 40
#: Sweeps with variants and factors alone, so that factors are in place before edges are.
FACTOR_SWEEPS = 40
#: Later the factors, which change slowly, are drawn every so many sweeps.
FACTORS_EVERY = 3
#: Sweeps between two reports of progress.
STRETCH = 20
_FIRST_PRECISION, _FIRST_LOG_ODDS = 8.0, -3.0


def start_chain(problem: Problem, factors: np.ndarray) -> Chain:
    """A chain in which only the factors act, on every gene."""
    n_genes = len(problem.kind)
    n_factors = problem.n_factors
    room = int(problem.n_candidates.max(initial=0)) + n_factors
    most = max(1, min(room, max(problem.data.shape[1] // 3, 1), 48 + n_factors))
    chain = Chain(
        member=np.zeros((n_genes, most), dtype=np.int32),
        size=np.zeros(n_genes, dtype=np.int64),
        inverse=np.zeros((n_genes, most, most)),
        slope=np.zeros((n_genes, most)),
        residual=np.ones(n_genes),
        coefficient=np.zeros((n_genes, most)),
        noise=np.ones(n_genes),
        precision=np.full(N_KINDS, _FIRST_PRECISION),
        log_odds=np.full(N_KINDS, _FIRST_LOG_ODDS),
        n_members=np.zeros(N_KINDS, dtype=np.int64),
        factors=factors.copy(),
        n_lively=problem.n_candidates + n_factors,
        liveliness=np.zeros(problem.kind.shape, dtype=np.float32),
    )
    n_first = min(n_factors, most)
    chain.member[:, :n_first] = np.arange(n_first)
    chain.size[:] = n_first
    chain.n_members[FACTOR] = n_first * n_genes
    return chain


def start_tally(problem: Problem) -> Tally:
    """Nothing counted yet."""
    n_genes, width = problem.kind.shape
    degrees = problem.data.shape[1]

    def pairs() -> np.ndarray:
        return np.zeros((n_genes, n_genes), dtype=np.uint8)

    return Tally(
        n=np.zeros(1, dtype=np.int64),
        ancestor=pairs(),
        confounded=pairs(),
        direct=pairs(),
        acts=np.zeros((n_genes, width), dtype=np.uint8),
        first=np.zeros(degrees),
        largest=np.zeros(degrees),
        sum_exp=np.zeros(degrees),
        sum_less=np.zeros(degrees),
        sum_squares=np.zeros(degrees),
        n_members=np.zeros(N_KINDS),
        precision=np.zeros(N_KINDS),
    )


def run_chain(
    problem: Problem,
    factors: np.ndarray,
    rng: np.random.Generator,
    progress: Callable[[int], bool],
) -> Tally:
    """Sample graphs from their posterior and count what they say.

    Parameters
    ----------
    problem : Problem
        Its `gram` is written to where there are factors.
    factors : (n_factors, n_degrees) float64
        Where the hidden factors start.
    rng : numpy.random.Generator
        Source of all random numbers.
    progress : callable
        Called with sweeps done since the last call; the chain stops where it returns False.

    Returns
    -------
    Tally
    """
    chain, tally = start_chain(problem, factors), start_tally(problem)
    renew_gram(problem, chain.factors)
    number = np.arange(N_SWEEPS)
    heats = np.minimum(1.0, FIRST_HEAT + (1.0 - FIRST_HEAT) * number / HEATED_SWEEPS)
    warming = (problem.n_factors > 0) & (number < FACTOR_SWEEPS)
    heats[warming] = 1.0
    is_counted = (number >= COUNT_FROM) & ((number - COUNT_FROM) % COUNT_EVERY == 0)
    may_adapt = number >= HEATED_SWEEPS
    # Flatter than their posterior the factors would be lost before there are edges.
    at_full_heat = warming | ((heats == 1.0) & (number % FACTORS_EVERY == 0))
    draws_factors = (problem.n_factors > 0) & at_full_heat
    share = HEATED_STEPS / max(int(chain.n_lively.sum()), 1)
    shares = np.where(number < HEATED_SWEEPS, np.clip(share, HEATED_SHARE, 1.0), 1.0)
    for start in range(0, N_SWEEPS, STRETCH):
        if start == HEATED_SWEEPS:
            chain.liveliness[:] = 0.0
        if start == HEATED_SWEEPS + WATCHED_SWEEPS:
            sort_out(problem, chain, WATCHED_SWEEPS)
        now = slice(start, start + STRETCH)
        run_sweeps(
            problem,
            chain,
            tally,
            heats[now],
            shares[now],
            ~warming[now],
            may_adapt[now],
            is_counted[now],
            draws_factors[now],
            rng,
        )
        if not progress(STRETCH):
            break
    acts = np.zeros_like(tally.acts)
    np.put_along_axis(acts, problem.origin.astype(np.int64), tally.acts, axis=1)
    return tally._replace(acts=acts)


def predictive_density(tally: Tally) -> np.ndarray:
    """Log pointwise predictive density of each sample less its effective number of parameters.

    References
    ----------
    Watanabe 2010, JMLR 11:3571 (WAIC).
    """
    n = max(int(tally.n[0]), 1)
    parameters = (tally.sum_squares - tally.sum_less**2 / n) / max(n - 1, 1)
    density = tally.largest + np.log(np.maximum(tally.sum_exp, 1e-300) / n)
    return np.asarray(density - parameters)
