"""What a move would gain, as it is kept, against the evidence of both graphs fitted anew."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model import regression_kernels
from genesis.posterior.model.factor_kernels import renew_gram
from tests.inner_kernels import called
from tests.posterior.sampler_kernels import add_switch_rates, refit_all, sweep
from tests.posterior.small_problems import problem_of

log_evidence_of_gene = called(regression_kernels.log_evidence_of_gene)


def evidence(problem, chain, gene, members, beta):
    most = chain.included.shape[1]
    return log_evidence_of_gene(
        problem.gram[gene], problem.kind[gene], beta, beta * problem.data.shape[1],
        chain.precision, np.array(members, dtype=np.int32), len(members),
        np.zeros((most, most)), np.zeros(most),
    )[0]  # fmt: skip


@pytest.fixture
def swept(rng):
    z = rng.normal(size=(60, 3))
    x = 0.5 * z @ rng.normal(size=(3, 5)) + rng.normal(size=(60, 5))
    x[:, 1:] += 0.5 * x[:, :1]
    factors = rng.normal(size=(1, 60))
    problem = problem_of(z, x, 1, positional=True)
    chain = start_chain(problem, factors)
    renew_gram(problem, chain)
    chain.log_odds[:] = -0.5

    def after(n_sweeps, beta):
        refit_all(problem, chain, beta)
        for _ in range(n_sweeps):
            sweep(problem, chain, beta, True, 1.0, rng)
        return problem, chain

    return after


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_gains_that_are_kept_are_those_of_the_graph_as_it_is(swept, beta):
    n_known = 0
    for _ in range(30):
        problem, chain = swept(3, beta)
        for gene in range(5):
            members = chain.included[gene, : chain.size[gene]].tolist()
            before = evidence(problem, chain, gene, members, beta)
            for candidate in np.flatnonzero(np.isfinite(chain.gain[gene])).tolist():
                switched = [c for c in members if c != candidate]
                if candidate not in members:
                    switched.append(candidate)
                expected = evidence(problem, chain, gene, switched, beta) - before
                assert chain.gain[gene, candidate] == pytest.approx(expected, abs=1e-7)
                n_known += 1
    assert n_known > 200


def test_what_comes_into_question_is_what_would_be_included(swept):
    problem, chain = swept(5, 1.0)
    add_switch_rates(problem, chain, 1.0)
    for gene in range(5):
        members = chain.included[gene, : chain.size[gene]].tolist()
        before = evidence(problem, chain, gene, members, 1.0)
        for candidate in range(1 + problem.n_candidates[gene]):
            gain = evidence(problem, chain, gene, [*members, candidate], 1.0) - before
            gain += chain.log_odds[problem.kind[gene, candidate]] + chain.offset[gene, candidate]
            expected = 1.0 if candidate in members else min(np.exp(gain), 1.0)
            assert chain.switch_rate[gene, candidate] == pytest.approx(expected, rel=1e-5)
