"""Candidate variants of a gene and their screening."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.anchors.cis_windows import all_variants, cis_windows
from genesis.anchors.prescreen import prescreen
from genesis.linear.unit_rows import UnitRows, unit_rows
from tests import naive


def quiet(*_progress):
    """No progress."""


def test_cis_window_is_inclusive_and_follows_names():
    variants = pd.DataFrame({"chrom": ["2", "1", "1", "1", "1"], "pos": [500, 1500, 100, 99, 1501]})
    genes = pd.DataFrame(
        {
            "chrom": ["1", "2", "3", None],
            "start": [600.0, 400.0, 1.0, np.nan],
            "end": [1000.0, 450.0, 2.0, np.nan],
        }
    )
    ranges = cis_windows(variants, genes, 500)
    found = [
        sorted(ranges.order[a:b].tolist()) for a, b in zip(ranges.first, ranges.last, strict=True)
    ]
    assert found == [[1, 2], [0], [], []]


@pytest.mark.parametrize("seed", range(5))
def test_cis_windows_agree_with_a_scan(seed):
    rng = np.random.default_rng(seed)
    variants = pd.DataFrame(
        {"chrom": rng.choice(["1", "2", "10"], 80), "pos": rng.integers(1, 1000, 80)}
    )
    genes = pd.DataFrame(
        {"chrom": rng.choice(["1", "2", "X"], 20), "start": rng.integers(1, 900, 20)}
    )
    genes["end"] = genes["start"] + rng.integers(0, 99, 20)
    ranges = cis_windows(variants, genes, 100)
    for g, gene in genes.iterrows():
        near = (variants.chrom == gene.chrom) & variants.pos.between(
            gene.start - 100, gene.end + 100
        )
        found = ranges.order[ranges.first[g] : ranges.last[g]]
        assert sorted(found.tolist()) == np.flatnonzero(near).tolist()


@pytest.mark.parametrize("cis", [True, False])
@pytest.mark.parametrize("threads", [1, 3])
def test_screen_agrees_with_one_test_at_a_time(rng, monkeypatch, cis, threads):
    monkeypatch.setattr("genesis.anchors.prescreen._BLOCK_ENTRIES", 400)
    n, n_variants, n_genes = 120, 60, 9
    z = rng.binomial(2, 0.3, size=(n, n_variants)).astype(np.float32)
    z[:, 7] = 1.0
    x = z @ (rng.normal(size=(n_variants, n_genes)) * (rng.random((n_variants, n_genes)) < 0.1))
    x += 2 * rng.normal(size=x.shape)
    basis = np.full((n, 1), 1 / np.sqrt(n))
    ranges = all_variants(n_variants, n_genes)
    if cis:
        variants = pd.DataFrame({"chrom": "1", "pos": rng.permutation(n_variants) * 10})
        genes = pd.DataFrame({"chrom": "1", "start": rng.integers(0, 600, n_genes)})
        genes["end"] = genes["start"] + 10
        ranges = cis_windows(variants, genes, 100)
    rows, _ = unit_rows(x, basis)
    kept = prescreen(UnitRows(z, basis), rows, ranges, n, 3, threads, quiet)
    for gene in range(n_genes):
        candidates = np.sort(ranges.order[ranges.first[gene] : ranges.last[gene]])
        candidates = candidates[candidates != 7]
        p = []
        for c in candidates:
            r = np.corrcoef(z[:, c], x[:, gene])
            p.append(naive.p_value(r, n, 0, 1, []))
        assert kept[gene].tolist() == candidates[naive.screen(np.array(p))].tolist()


def test_screen_with_fewer_candidates_than_asked_for(rng):
    basis = np.full((50, 1), 1 / np.sqrt(50))
    z, x = rng.normal(size=(50, 2)), rng.normal(size=(50, 1))
    rows, _ = unit_rows(x, basis)
    kept = prescreen(UnitRows(z, basis), rows, all_variants(2, 1), 50, 3, 1, quiet)
    assert kept[0].tolist() == [0, 1]
    kept = prescreen(UnitRows(z[:, :0], basis), rows, all_variants(0, 1), 50, 3, 1, quiet)
    assert kept[0].tolist() == []
