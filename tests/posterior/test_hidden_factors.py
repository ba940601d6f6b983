"""Where hidden factors start."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.posterior.model import hidden_factors
from genesis.posterior.model.hidden_factors import (
    count_components,
    starting_factors,
    strongest,
    without_leads,
    without_rows,
)


def unit(rows):
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))


@pytest.fixture
def variants(rng):
    return unit(rng.normal(size=(6, 80)))


@pytest.fixture
def genes(rng):
    return unit(rng.normal(size=(40, 80)))


def test_the_strongest_of_some_variants(genes, variants, monkeypatch):
    among = np.array([1, 3, 4])
    expected = [max(among, key=lambda row: abs(variants[row] @ gene)) for gene in genes]
    np.testing.assert_array_equal(among[strongest(genes, variants[among])], expected)
    monkeypatch.setattr(hidden_factors, "_BLOCK", 7)
    np.testing.assert_array_equal(among[strongest(genes, variants[among])], expected)
    assert (strongest(genes, variants[:0]) == -1).all()


def test_what_a_variant_does_is_taken_out(genes, variants):
    lead = np.arange(len(genes)) % 7 - 1
    left = without_leads(genes, variants, lead)
    for gene, row in enumerate(lead):
        assert np.linalg.norm(left[gene]) == pytest.approx(1.0)
        if row < 0:
            np.testing.assert_allclose(left[gene], genes[gene])
        else:
            assert left[gene] @ variants[row] == pytest.approx(0.0, abs=1e-12)
            # A regression of the gene on the variant leaves the same.
            slope = np.linalg.lstsq(variants[[row]].T, genes[gene], rcond=None)[0]
            np.testing.assert_allclose(left[gene], unit(genes[[gene]] - slope @ variants[[row]])[0])


def test_factors_start_as_components(genes, rng):
    common = rng.normal(size=(2, 80))
    common -= common.mean(axis=1, keepdims=True)
    rows = unit(genes * 4 + rng.normal(size=(40, 2)) @ common)
    assert count_components(rows, np.random.default_rng(0)) == 2
    factors = starting_factors(rows, 2)
    np.testing.assert_allclose((factors**2).mean(axis=1), 1.0)
    np.testing.assert_allclose(without_rows(rows, factors) @ factors.T, 0.0, atol=1e-9)
    # The two span what is common.
    inside = factors.T @ np.linalg.lstsq(factors.T, common.T, rcond=None)[0]
    assert np.corrcoef(inside.ravel(), common.T.ravel())[0, 1] > 0.8
