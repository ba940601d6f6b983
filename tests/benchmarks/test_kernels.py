"""The kernels that a run spends its time in, each on data like those of a small run.

In a run of the tests each is called once, so that this file keeps up with the code. Timed, and
compared between two commits, they are by ``.ci/bench``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import genesis
from genesis.inputs import screen
from genesis.io import vcf_kernels
from genesis.posterior.chains.chain import start_chain
from genesis.posterior.model.factor_kernels import renew_gram
from genesis.rules import pair_kernels
from tests.io.vcf_text import header, record, write
from tests.posterior.sampler_kernels import refit_all, sweep
from tests.posterior.small_problems import problem_of
from tests.rules.simulated import two_tier

ROUNDS = 30


@pytest.fixture
def timed(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Call some work on what a function makes: once, or many times with a clock."""

    def once(work: Callable[..., Any], make: Callable[[], tuple[Any, ...]]) -> None:
        work(*make())

    if not request.config.getoption("benchmark_json", None):
        return once
    benchmark = request.getfixturevalue("benchmark")

    def often(work: Callable[..., Any], make: Callable[[], tuple[Any, ...]]) -> None:
        once(work, make)  # compiles
        benchmark.pedantic(work, setup=lambda: (make(), {}), rounds=ROUNDS)

    return often


def first_call(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, work: Callable[[], Any]
) -> tuple[Any, ...]:
    """The arguments with which `work` first calls a function of a module."""
    calls: list[tuple[Any, ...]] = []
    function = getattr(module, name)

    def noted(*arguments: Any) -> Any:
        calls.append(arguments)
        return function(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, noted)
        work()
    return calls[0]


def test_pairs_of_the_rules(timed, monkeypatch, rng):
    z, x, _ = two_tier(rng, n=300, n_variants=60, n_genes=120, density=0.03)
    given = first_call(
        monkeypatch,
        pair_kernels,
        "evaluate_pairs",
        lambda: genesis.discover(z, x, method="rules", threads=1, max_sweeps=2),
    )
    timed(pair_kernels.evaluate_pairs, lambda: given)
    assert len(given[0]) == 120 * 119 / 2


def test_sweeps_of_the_sampler(timed, rng):
    z, x, _ = two_tier(rng, n=300, n_variants=30, n_genes=30, density=0.1)
    problem = problem_of(z, x)
    factors = np.empty((0, len(z)))

    def start() -> tuple[Any, ...]:
        chain = start_chain(problem, factors)
        renew_gram(problem, chain)
        return chain, np.random.default_rng(1)

    def run(chain: Any, random: np.random.Generator) -> None:
        for _ in range(10):
            refit_all(problem, chain, 1.0)
            sweep(problem, chain, 1.0, True, 1.0, random)
        assert chain.size.sum() > 0

    timed(run, start)


def test_dosages_of_alleles(timed, monkeypatch, rng, tmp_path):
    calls = np.array(["0/0", "0/1", "1/1", "./."])[
        rng.choice(4, p=[0.5, 0.3, 0.19, 0.01], size=(500, 400))
    ]
    path = write(
        tmp_path / "g.vcf",
        header([f"s{k}" for k in range(400)]),
        *(record(*row, pos=k + 1, name=f"rs{k}") for k, row in enumerate(calls)),
    )
    given = first_call(
        monkeypatch, vcf_kernels, "allele_dosages", lambda: genesis.read_vcf(path, maf=0)
    )
    timed(vcf_kernels.allele_dosages, lambda: given)
    assert given[0].shape == (500, 400, 2)


def test_prescreen(timed, monkeypatch, rng):
    z = rng.binomial(2, 0.3, size=(300, 3_000)).astype(float)
    x = z[:, :60] + rng.normal(size=(300, 60))
    given = first_call(
        monkeypatch,
        screen,
        "prescreen",
        lambda: genesis.discover(z, x, method="rules", threads=1, max_sweeps=1),
    )
    timed(screen.prescreen, lambda: given)


def test_scan(timed, rng):
    z = rng.binomial(2, 0.3, size=(300, 4_000)).astype(float)
    x = z[:, :100] + rng.normal(size=(300, 100))
    timed(lambda *data: genesis.scan(*data, threads=1), lambda: (z, x))
