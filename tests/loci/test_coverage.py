"""Credible sets hold a gene that acts as often as they say, in crosses with known truth."""

from __future__ import annotations

import runpy
from pathlib import Path

import pandas as pd
import pytest

BENCHMARK = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks" / "loci.py"))


def covered(population, n, seeds, **more):
    rows = []
    for seed in seeds:
        data = BENCHMARK["cross"](population, n, seed, **more)
        rows.append(BENCHMARK["scored"](data, BENCHMARK["loci_of"](data)))
    return BENCHMARK["summary"](pd.concat(rows), 0.5)


@pytest.mark.parametrize(("population", "n"), [("ril", 112), ("f2", 300)])
def test_credible_sets_of_a_cross_hold_what_acts(population, n):
    found = covered(population, n, [9001], n_genes=75)
    assert found["covered"] >= 0.93
    assert found["mean size"] < found["of"] / 2
    assert found["true"] >= found["mean posterior"] - 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "least"),
    # Two linked genes that act on a target are told apart badly by few lines and noisy data.
    [({}, 0.93), ({"factor_variance": 0.3}, 0.88), ({"measurement_noise": 0.2}, 0.88)],
)
@pytest.mark.parametrize(("population", "n"), [("ril", 112), ("ril", 300), ("f2", 300)])
def test_credible_sets_hold_what_acts_in_many_crosses(population, n, more, least):
    found = covered(population, n, range(9100, 9106), **more)
    assert found["covered"] >= least
    assert found["true"] >= found["mean posterior"] - 0.05
