"""Two candidates switched at once, against the evidence of graphs fitted anew, and all graphs."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.jit import kernel
from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model import regression_kernels
from genesis.posterior.model.factor_kernels import renew_gram
from genesis.posterior.model.state import GENE
from genesis.posterior.moves import two_parents_kernels
from genesis.posterior.moves.paired_kernels import set_offsets
from genesis.posterior.moves.two_parents_kernels import try_two_parents
from tests.inner_kernels import called
from tests.posterior.sampler_kernels import refit_all, sweep
from tests.posterior.small_problems import problem_of
from tests.posterior.test_sampler import (
    JOINT_LOG_ODDS,
    LOG_ODDS,
    LOG_PROPENSITY,
    PRECISION,
    exact_posterior,
)

log_evidence_of_gene = called(regression_kernels.log_evidence_of_gene)
draw_two = called(two_parents_kernels.draw_two)


@kernel
def try_many(problem, chain, genes, rng):
    for gene in genes:
        try_two_parents(problem, chain, 1.0, gene, rng)


def masked_data(rng, n, strength):
    """Genes 0 and 1 go together, and act on gene 2 in opposite directions."""
    z = rng.normal(size=(n, 2))
    x = rng.normal(size=(n, 3))
    x[:, 0] += 0.5 * z[:, 0]
    x[:, 1] = 1.5 * x[:, 0] + 0.5 * x[:, 1]
    x[:, 2] += strength * (1.5 * x[:, 0] - x[:, 1])
    return z, x


@pytest.fixture(autouse=True)
def wide_slab(monkeypatch):
    """Effects of two genes that mask each other are large."""
    monkeypatch.setitem(PRECISION, GENE, 0.5)


def started(z, x):
    problem = problem_of(z, x, 0, False)
    chain = start_chain(problem, np.zeros((0, len(z))))
    renew_gram(problem, chain)
    for kind, odds in LOG_ODDS.items():
        chain.log_odds[kind], chain.precision[kind] = odds, PRECISION[kind]
    chain.joint_log_odds[0] = JOINT_LOG_ODDS
    chain.log_propensity[:3] = LOG_PROPENSITY
    set_offsets(problem, chain)
    refit_all(problem, chain, 1.0)
    return problem, chain


def test_two_parents_that_mask_each_other_are_found(rng):
    problem, chain = started(*masked_data(rng, 200, 1.5))
    parents = np.flatnonzero(problem.kind[2] == GENE)
    gains = []
    for members in ([], parents[:1], parents[1:2], parents[:2]):
        most = chain.included.shape[1]
        included = np.zeros(most, dtype=np.int32)
        included[: len(members)] = members
        gains.append(
            log_evidence_of_gene(
                problem.gram[2], problem.kind[2], 1.0, float(problem.data.shape[1]),
                chain.precision, included, len(members), np.zeros((most, most)), np.zeros(most),
            )[0]
            + len(members) * LOG_ODDS[GENE]
        )  # fmt: skip
    # Neither would be added alone.
    assert max(gains[1:3]) < gains[0] - 1.0
    assert gains[3] > gains[0] + 10.0
    try_many(problem, chain, np.full(20, 2), rng)
    assert sorted(chain.included[2, : chain.size[2]]) == parents.tolist()
    assert chain.n_included[GENE] == 2


def test_pairs_are_drawn_by_what_they_would_gain():
    rng = np.random.default_rng(0)
    z, x = masked_data(rng, 60, 1.3)
    # Another that goes along with gene 1, and is masked by gene 0 as well.
    x = np.column_stack([x, x[:, 1] + 0.2 * rng.normal(size=60)])
    problem, chain = started(z, x)
    space = chain.space
    degrees, most = float(problem.data.shape[1]), chain.included.shape[1]
    n_drawn, n_candidates = {}, int(problem.n_candidates[2])
    for _ in range(4000):
        log_total, log_weight, c, d = draw_two(
            problem.gram[2], problem.squared_length[2], problem.kind[2],
            problem.paired_candidate[2], 1.0, degrees, chain.precision, chain.log_odds,
            chain.offset[2], 0, n_candidates, chain.included[2], 0, chain.inverse_gram[2],
            chain.posterior_mean[2], chain.penalised_rss[2], space.coefficient, space.variance,
            space.product, space.work, rng,
        )  # fmt: skip
        members = np.zeros(most, dtype=np.int32)
        members[:2] = c, d
        of_both, of_none = (
            log_evidence_of_gene(
                problem.gram[2], problem.kind[2], 1.0, degrees, chain.precision, members, size,
                np.zeros((most, most)), np.zeros(most),
            )[0]
            for size in (2, 0)
        )  # fmt: skip
        odds = sum(chain.log_odds[problem.kind[2, k]] + chain.offset[2, k] for k in (c, d))
        # Nothing else acts, so that the weight is the whole gain.
        assert log_weight == pytest.approx(of_both - of_none + odds, abs=1e-8)
        n_drawn.setdefault((c, d), [0, np.exp(log_weight - log_total)])[0] += 1
    assert len(n_drawn) > 1
    assert sum(share for _, share in n_drawn.values()) == pytest.approx(1.0, abs=1e-3)
    for number, share in n_drawn.values():
        assert number / 4000 == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize(("strength", "log_odds"), [(1.2, -1.0), (1.6, -5.0)])
def test_graphs_are_drawn_from_their_posterior(strength, log_odds, monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.setitem(LOG_ODDS, GENE, log_odds)
    problem, chain = started(*masked_data(rng, 60, strength))
    expected = exact_posterior(problem, np.zeros((0, 60)))
    genes = rng.integers(0, 3, 6)
    on = np.zeros(problem.kind.shape)
    n_sweeps, n_joint = 12_000, 0
    for _ in range(n_sweeps):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, rng)
        before = chain.size.copy()
        try_many(problem, chain, genes, rng)
        n_joint += int(np.any(np.abs(chain.size - before) == 2))
        for gene in range(3):
            on[gene, chain.included[gene, : chain.size[gene]]] += 1
    assert n_joint > 200
    np.testing.assert_allclose(on / n_sweeps, expected, atol=0.03)
