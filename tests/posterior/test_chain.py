"""Chains: evidence at an inverse temperature, and what their draws depend on."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from genesis.posterior.chains import chain as chain_module
from genesis.posterior.chains.chain import (
    FIRST_SAMPLES,
    Run,
    beta_of,
    sample_chain,
    start_chain,
    start_tally,
    tempering_steps,
)
from genesis.posterior.chains.watch import FirstLooks, Interrupted, Watch
from genesis.posterior.model import regression_kernels
from genesis.posterior.model.factor_kernels import renew_gram
from tests.inner_kernels import called
from tests.posterior.sampler_kernels import refit_all, sweep
from tests.posterior.small_problems import candidates_of, log_moment_part, problem_of
from tests.posterior.small_problems import log_evidence as plain_log_evidence

log_evidence_of_gene = called(regression_kernels.log_evidence_of_gene)


@pytest.fixture
def data(rng):
    z = rng.normal(size=(60, 3))
    return z, z @ rng.normal(size=(3, 4)) + rng.normal(size=(60, 4))


def swept(problem, factors, seed):
    """A chain after some sweeps, so that something acts in it."""
    chain = start_chain(problem, factors)
    renew_gram(problem, chain)
    random = np.random.default_rng(seed)
    for _ in range(5):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, random)
    return Run(problem, chain, start_tally(problem), random, problem.data[:, :0])


def log_evidence(problem, chain, beta):
    """Log evidence of the graph of a chain at `beta`, up to what is the same for all graphs."""
    degrees = beta * problem.data.shape[1]
    return sum(
        log_evidence_of_gene(
            problem.gram[gene], problem.kind[gene], beta, degrees, chain.precision,
            chain.included[gene], chain.size[gene], chain.inverse_gram[gene],
            chain.posterior_mean[gene],
        )[0]
        for gene in range(len(chain.size))
    )  # fmt: skip


def test_evidence_of_a_graph(data, rng):
    factors = rng.normal(size=(1, 60))
    problem, chain, *_ = swept(problem_of(*data, 1), factors, 1)
    total = 0.0
    for gene in range(4):
        members = chain.included[gene, : chain.size[gene]]
        rows = np.concatenate([factors, problem.data[problem.variable[gene, 1:]]])[members]
        y = problem.data[3 + gene]
        kind = problem.kind[gene, members]
        precision = chain.precision[kind]
        total += plain_log_evidence(y, rows, precision)
        total += log_moment_part(y, rows, precision, kind)
    assert (chain.size > 1).any()
    assert log_evidence(problem, chain, 1.0) == pytest.approx(total, abs=1e-8)


def test_a_lower_beta_is_less_data(data):
    """Half the information is that of half the samples."""
    twice = problem_of(*(np.concatenate([part, part]) for part in data))
    once = problem_of(*data)
    run = swept(once, np.zeros((0, 60)), 2)
    whole = log_evidence(once, run.chain, 1.0)
    # Of twice the samples the residuals are twice as large: the same for all graphs.
    assert log_evidence(twice, run.chain, 0.5) == pytest.approx(whole, abs=1e-8)


@pytest.mark.parametrize(("degrees", "first"), [(300, 0.1), (20, 1.0)])
def test_beta_rises_to_one(degrees, first):
    betas = [beta_of(progress, degrees) for progress in np.linspace(0, 1, 11)]
    assert betas[0] == pytest.approx(first)
    assert betas[-1] == 1.0
    assert (np.diff(betas) >= 0).all()


def test_beta_rises_at_one_pace():
    """In as many steps an e-fold, but no faster than with 300 samples."""
    assert tempering_steps(20) == tempering_steps(100) == 24
    for degrees in (1000, 5000):
        rise = np.log(degrees / FIRST_SAMPLES)
        assert tempering_steps(degrees) / rise == pytest.approx(10, abs=0.2)


def test_a_chain_that_predicts_clearly_worse_is_given_up(data, monkeypatch):
    monkeypatch.setattr(chain_module, "COUNTED_ROUNDS", 20)
    rows, candidates = problem_of(*data, 1).data, candidates_of(*data)
    factors = np.random.default_rng(1).normal(size=(1, 60))
    unseen = rows[:, :50].copy()

    def sample(to_beat):
        stream = np.random.SeedSequence(5)
        return sample_chain(rows, 3, candidates, factors, unseen, False, to_beat, stream)

    whole = sample(unseen[:0])
    assert whole.n == 20
    assert len(whole.unseen_log_density) == 4
    # Its own density, and a little more: no reason to stop, and the same draws.
    noise = np.random.default_rng(2).normal(scale=2.0, size=50)
    for one, same in zip(whole, sample(whole.unseen_log_density + noise), strict=True):
        np.testing.assert_array_equal(one, same)
    given_up = sample(whole.unseen_log_density + 3.0 + noise / 100)
    assert given_up.n == 0
    assert given_up.unseen_log_density.shape == (4, 50)
    assert len(given_up.edges) == 0
    # In threads the other is under way meanwhile; it tells what its first graphs predict.
    looks, stop = FirstLooks(), threading.Event()

    def beside(**told):
        watch, stream = Watch(stop=stop, **told), np.random.SeedSequence(5)
        return sample_chain(rows, 3, candidates, factors, unseen, False, unseen[:0], stream, watch)

    beside(tells=looks)
    np.testing.assert_array_equal(looks.wait(stop), whole.unseen_log_density)
    looks.tell(whole.unseen_log_density + 3.0 + noise / 100)
    for one, same in zip(given_up, beside(to_beat=looks), strict=True):
        np.testing.assert_array_equal(one, same)
    stop.set()
    with pytest.raises(Interrupted):
        FirstLooks().wait(stop)


def test_a_chain_depends_on_its_stream_alone(data, monkeypatch):
    """Not on who watches, nor on what was drawn before."""
    monkeypatch.setattr(chain_module, "COUNTED_ROUNDS", 20)
    rows, candidates = problem_of(*data, 1).data, candidates_of(*data)
    factors = np.random.default_rng(1).normal(size=(1, 60))
    unseen = np.zeros((len(rows), 0))
    sweeps = []
    watch = Watch(sweeps.append, threading.Event())
    one, again, other = (
        sample_chain(rows, 3, candidates, factors, unseen, False, unseen[:0], stream, watch)
        for stream, watch in (
            (np.random.SeedSequence(5, spawn_key=(2,)), watch),
            (np.random.SeedSequence(5).spawn(3)[2], None),
            (np.random.SeedSequence(5).spawn(3)[1], None),
        )
    )
    assert sum(sweeps) == chain_module.sweeps_in_all(60, 1)
    for first, second in zip(one, again, strict=True):
        np.testing.assert_array_equal(first, second)
    assert (one.log_density != other.log_density).any()
    assert one.n == 20
