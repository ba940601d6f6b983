"""Chains of the sampler: tempered starts, then draws that count."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from genesis.posterior.chains.chain_kernels import run_rounds
from genesis.posterior.chains.pair_counts import Graphs, counts_of_pairs, no_pairs
from genesis.posterior.chains.watch import Watch
from genesis.posterior.claims.effects import EDGE, edges_of
from genesis.posterior.claims.path_edges import coefficient_stream, path_edges_of
from genesis.posterior.model.backgrounds import Weights, no_weights
from genesis.posterior.model.candidates import Candidates, build_problem, least_anchored
from genesis.posterior.model.factor_kernels import log_density, renew_gram
from genesis.posterior.model.state import FACTOR, N_KINDS, Chain, Problem, Space, Tally
from genesis.posterior.moves.active_kernels import partition_active
from genesis.posterior.moves.edge_probability_kernels import find_edge_probabilities
from genesis.posterior.moves.paired_kernels import set_offsets

__all__ = [
    "LOOKS",
    "Run",
    "graphs_counted",
    "most_included",
    "predictive",
    "sample_chain",
    "sweeps_before_the_looks",
    "sweeps_in_all",
]

#: In the first sweeps the data count less than in full: the inverse temperature β, which is the
#: share of the information that counts, rises to 1. It begins with that of this many samples, with
#: fewer of which graphs would be drawn from the prior alone.
FIRST_SAMPLES = 30.0
#: It rises e-fold in so many steps of so many sweeps, and takes so many steps at the least.
STEPS_A_FOLD, SWEEPS_A_STEP = 10, 5
TEMPERING_STEPS = 24
#: A tempered sweep tries about so many candidates, and at least this share of all.
TEMPERED_TRIES, TEMPERED_SHARE = 5_000, 0.2
#: Before that, sweeps with variants and factors alone: factors are in place before edges are.
FACTOR_SWEEPS = 40
#: At β = 1 the priors and the factors are drawn once in so many sweeps: graphs change slowly, and
#: what a move would gain stays known until then.
SWEEPS_A_ROUND = 2
#: After so many rounds over all candidates it is known which come into question.
WATCHED_ROUNDS = 5
#: Then rounds that do not count, more with factors, which take longer to settle; and those that do.
SETTLING_ROUNDS, SETTLING_WITH_FACTORS, COUNTED_ROUNDS = 25, 100, 100
#: Rounds between two reports of progress, and between two graphs whose edges are kept. All the
#: numbers above are multiples of it.
STRETCH = 5
#: A model that is to be compared with another is held against it after so many of these graphs, and
#: given up where it then predicts unseen samples worse by so many standard errors: from the end of
#: the tempering on hidden factors gain or lose what they do, or nearly.
LOOKS, GIVEN_UP = 5, 3.0
_FIRST_PRECISION, _FIRST_LOG_ODDS, _FIRST_LOG_SHAPE = 8.0, -3.0, 2.0


class Run(NamedTuple):
    """A chain, what it samples, what it counts, its random numbers, and what it has to predict."""

    problem: Problem
    chain: Chain
    tally: Tally
    rng: np.random.Generator
    unseen: np.ndarray
    unseen_root_weight: np.ndarray = np.empty((0, 0))

    def predicted(self) -> np.ndarray:
        """Log density of each unseen coordinate in the graph that the chain is at."""
        there = self.problem._replace(data=self.unseen, root_weight=self.unseen_root_weight)
        return np.asarray(log_density(there, self.chain))


def sweeps_in_all(degrees: int, n_factors: int) -> int:
    """Sweeps of one chain from its start to its end."""
    warming = FACTOR_SWEEPS if n_factors else 0
    warming += tempering_steps(degrees) * SWEEPS_A_STEP
    return warming + (counted_from(n_factors) + COUNTED_ROUNDS) * SWEEPS_A_ROUND


def sweeps_before_the_looks(degrees: int, n_factors: int) -> int:
    """Sweeps of a chain from its start to where it may be given up."""
    to_come = counted_from(n_factors) + COUNTED_ROUNDS - WATCHED_ROUNDS - LOOKS * STRETCH
    return sweeps_in_all(degrees, n_factors) - to_come * SWEEPS_A_ROUND


def counted_from(n_factors: int) -> int:
    """Rounds of the posterior before the first graph that counts."""
    return WATCHED_ROUNDS + (SETTLING_WITH_FACTORS if n_factors else SETTLING_ROUNDS)


def graphs_counted() -> int:
    """Graphs that a chain counts."""
    return COUNTED_ROUNDS


def tempering_steps(degrees: int) -> int:
    """Steps in which β rises to 1: the more data, the farther it has to rise."""
    folds = np.log(max(degrees / FIRST_SAMPLES, 1.0))
    return max(TEMPERING_STEPS, round(STEPS_A_FOLD * float(folds)))


def sample_chain(
    data: np.ndarray,
    n_variants: int,
    candidates: Candidates,
    factors: np.ndarray,
    unseen: np.ndarray,
    every_pair: bool,
    to_beat: np.ndarray,
    stream: np.random.SeedSequence,
    watch: Watch | None = None,
    *,
    with_variants: bool = False,
    weights: Weights | None = None,
) -> Tally:
    """Sample graphs from their posterior in one chain, and count what they say.

    Parameters
    ----------
    data : (n_variants + n_genes, n_degrees) float64
        Variants, then genes, of squared length `n_degrees`.
    n_variants : int
    candidates : Candidates
    factors : (n_factors, n_degrees) float64
        Where the hidden factors start.
    unseen : (n_variants + n_genes, n_unseen) float64
        The same variables, of squared length `n_unseen`, in coordinates that the chain does not
        learn from: how well it predicts them is kept. There may be none.
    every_pair : bool
        Whether the probabilities of edges are those of all pairs, not of candidates alone.
    to_beat : (LOOKS, n_unseen) float64
        Log density of the unseen coordinates in the first graphs of another model: once it is clear
        that this one predicts worse, the chain ends. With none it goes on, but for those that its
        watch waits for.
    stream : numpy.random.SeedSequence
    watch : Watch, optional
    with_variants : bool
        Whether the edges that are kept are `PATH_EDGE`, those of variants among them. All else that
        the chain finds is the same.
    weights : Weights, optional
        Of genes whose values relatives have in common.

    Returns
    -------
    Tally
        Of no graphs where the chain was given up; `unseen_log_density` then is of its first ones.
    """
    watch = watch or Watch()
    weights = weights or no_weights(data.shape[1])
    problem = build_problem(data, n_variants, candidates, len(factors), weights)
    chain, tally = start_chain(problem, factors), start_tally(problem)
    run = Run(problem, chain, tally, np.random.default_rng(stream), unseen, weights.unseen_root)
    _temper(run, watch)
    coefficients = coefficient_stream(stream) if with_variants else None
    n_looks = len(to_beat) if watch.to_beat is None else looks_taken()

    def given() -> np.ndarray:
        return to_beat if watch.to_beat is None else watch.to_beat.wait(watch.stop)

    return _draw(run, every_pair, n_looks, given, watch, coefficients)


def looks_taken() -> int:
    """First graphs of a chain that another may be held against."""
    return min(LOOKS, COUNTED_ROUNDS // STRETCH)


def _temper(run: Run, watch: Watch) -> None:
    """Sweeps at a rising inverse temperature, which find a good start and do not count."""
    problem, chain = run.problem, run.chain
    renew_gram(problem, chain)
    if problem.n_factors:
        _run(run, FACTOR_SWEEPS, 1, genes_may_act=False, draws_factors=True)
        watch.after(FACTOR_SWEEPS)
    share = max(TEMPERED_TRIES / max(int(chain.n_active.sum()), 1), TEMPERED_SHARE)
    n_steps = tempering_steps(problem.data.shape[1])
    for step in range(n_steps):
        beta = beta_of(step / n_steps, problem.data.shape[1])
        _run(run, 1, SWEEPS_A_STEP, beta=beta, share=min(share, 1.0))
        watch.after(SWEEPS_A_STEP)


def beta_of(progress: float, degrees: int) -> float:
    """Inverse temperature (33) after a share of the steps, 1 for the posterior at the end."""
    first = min(FIRST_SAMPLES / max(degrees, 1), 1.0)
    return float(first ** (1.0 - progress))


def most_included(room: int, n_factors: int, degrees: int) -> int:
    """M of (12): how many of so many candidates may act on a gene at once."""
    return max(1, min(room, max(degrees // 3, 1), 48 + n_factors))


def start_chain(problem: Problem, factors: np.ndarray) -> Chain:
    """A chain in which only the factors act, on every gene."""
    n_genes = len(problem.kind)
    n_factors = problem.n_factors
    room = int(problem.n_candidates.max(initial=0)) + n_factors
    most = most_included(room, n_factors, problem.data.shape[1])
    chain = Chain(
        included=np.zeros((n_genes, most), dtype=np.int32),
        size=np.zeros(n_genes, dtype=np.int64),
        inverse_gram=np.zeros((n_genes, most, most)),
        posterior_mean=np.zeros((n_genes, most)),
        penalised_rss=np.ones(n_genes),
        coefficient=np.zeros((n_genes, most)),
        noise=np.ones(n_genes),
        precision=np.full(N_KINDS, _FIRST_PRECISION),
        log_odds=np.full(N_KINDS, _FIRST_LOG_ODDS),
        offset=np.zeros(problem.kind.shape),
        joint_log_odds=np.zeros(1),
        log_propensity=np.zeros(n_genes),
        log_shape=np.full(1, _FIRST_LOG_SHAPE),
        n_included=np.zeros(N_KINDS, dtype=np.int64),
        factors=factors.copy(),
        n_active=problem.n_candidates + n_factors,
        switch_rate=np.zeros(problem.kind.shape, dtype=np.float32),
        log_moments=np.zeros(n_genes),
        gain=np.full(problem.kind.shape, np.nan),
        is_stale=np.zeros(problem.kind.shape, dtype=np.bool_),
        space=_space(n_genes, problem.kind.shape[1], most),
    )
    n_first = min(n_factors, most)
    chain.included[:, :n_first] = np.arange(n_first)
    chain.size[:] = n_first
    chain.n_included[FACTOR] = n_first * n_genes
    set_offsets(problem, chain)
    return chain


def _space(n_genes: int, width: int, most: int) -> Space:
    """Space where each gene has so many candidates, of which at most `most` may act."""
    return Space(
        work=np.empty((2, most)),
        included=np.empty((4, most), dtype=np.int32),
        inverse_gram=np.empty((most, most)),
        posterior_mean=np.empty(most),
        shared=np.empty((most, 2), dtype=np.int64),
        must_stay=np.empty(most, dtype=np.bool_),
        stays=np.empty((2, 2, most), dtype=np.bool_),
        size_after=np.empty(2, dtype=np.int64),
        coefficient=np.empty((width, most)),
        variance=np.empty(width),
        product=np.empty(width),
        seen=np.zeros(n_genes, dtype=np.bool_),
        stack=np.empty(n_genes + 1, dtype=np.int64),
    )


def start_tally(problem: Problem) -> Tally:
    """A tally of no graphs."""
    n_genes, width = problem.kind.shape
    degrees = problem.data.shape[1]
    return Tally(
        n=np.zeros(1, dtype=np.int64),
        **no_pairs(n_genes),
        acts=np.zeros((n_genes, width), dtype=np.uint8),
        edges=np.empty(0, dtype=EDGE),
        log_density=np.zeros((graphs_counted(), degrees)),
        unseen_log_density=np.zeros((0, 0)),
        n_included=np.zeros(N_KINDS),
        precision=np.zeros(N_KINDS),
        log_shape=np.zeros(1),
    )


def _run(
    run: Run,
    n_rounds: int,
    n_sweeps: int,
    *,
    beta: float = 1.0,
    share: float = 1.0,
    genes_may_act: bool = True,
    draws_factors: bool = False,
    is_watched: bool = False,
    is_counted: bool = False,
) -> Graphs:
    """Some rounds of so many sweeps, all in the same way; the graphs that were counted."""
    found = run_rounds(
        run.problem,
        run.chain,
        run.tally,
        n_rounds,
        n_sweeps,
        beta,
        share,
        genes_may_act,
        # While only few candidates act there is nothing to learn their effects from.
        beta == 1.0 and genes_may_act,
        is_watched,
        is_counted,
        draws_factors,
        run.rng,
    )
    return Graphs(*found)


def predictive(log_densities: np.ndarray) -> np.ndarray:
    """Log posterior predictive density of each coordinate, (45), from one row a graph."""
    return np.logaddexp.reduce(log_densities, axis=0) - np.log(len(log_densities))


def _is_beaten(looks: list[np.ndarray], to_beat: np.ndarray) -> bool:
    """Whether unseen samples have clearly lower log densities, one row a graph, than to be had."""
    gain = predictive(np.stack(looks)) - predictive(to_beat)
    return bool(gain.sum() < -GIVEN_UP * np.sqrt(len(gain)) * gain.std())


def _draw(
    run: Run,
    every_pair: bool,
    n_looks: int,
    to_beat: Callable[[], np.ndarray],
    watch: Watch,
    coefficients: np.random.Generator | None,
) -> Tally:
    """Draws from the posterior, from a chain that has been through the tempering."""
    problem, chain, tally = run.problem, run.chain, run.tally
    chain.switch_rate[:] = 0.0
    first = counted_from(problem.n_factors)
    graphs: list[Graphs] = []
    edges: list[np.ndarray] = []
    unseen: list[np.ndarray] = []
    looks: list[np.ndarray] = []
    for start in range(0, first + COUNTED_ROUNDS, STRETCH):
        if start == WATCHED_ROUNDS:
            partition_active(problem, chain, WATCHED_ROUNDS)
        counted = _run(
            run,
            STRETCH,
            SWEEPS_A_ROUND,
            draws_factors=problem.n_factors > 0,
            is_watched=start < WATCHED_ROUNDS,
            is_counted=start >= first,
        )
        watch.after(STRETCH * SWEEPS_A_ROUND)
        if start >= WATCHED_ROUNDS and len(looks) < n_looks:
            looks.append(run.predicted())
            if len(looks) == n_looks and _is_beaten(looks, to_beat()):
                return tally._replace(unseen_log_density=np.stack(looks))
        if start >= first:
            graphs.append(counted)
            edges.append(
                edges_of(problem, chain, len(edges))
                if coefficients is None
                else path_edges_of(problem, chain, len(edges), coefficients)
            )
            unseen.append(run.predicted())
            if watch.tells is not None and len(unseen) == looks_taken():
                watch.tells.tell(np.stack(unseen))
    none = np.empty(0, dtype=np.int32)
    asked = none, none, none.astype(np.uint8)
    # Where graphs are only sampled to be held against other samples, what is too unlikely to be
    # counted is of no account.
    if not run.unseen.shape[1]:
        degrees = problem.data.shape[1]
        asked = find_edge_probabilities(
            problem, chain, degrees * least_anchored(degrees), every_pair
        )
    acts = np.zeros_like(tally.acts)
    np.put_along_axis(acts, problem.origin.astype(np.int64), tally.acts, axis=1)
    return tally._replace(
        **counts_of_pairs(Graphs.of(graphs), *asked),
        acts=acts,
        edges=np.concatenate(edges),
        unseen_log_density=np.stack(unseen),
    )
