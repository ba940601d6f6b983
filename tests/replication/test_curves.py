"""Posteriors become what claims of their kind were seen to be worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from genesis.replication.curves import HOLDS, expected_ratio, fit_curve

POSTERIORS = np.linspace(0, 1, 101)


@pytest.mark.parametrize("holds", [0.5, 0.95])
@pytest.mark.parametrize("ratio", [-0.4, 0.0, 0.3, 0.8, 1.0, 1.3])
@pytest.mark.parametrize("error", [0.05, 0.2, 1.0])
def test_expected_ratio_by_quadrature(ratio, error, holds):
    def density(true):
        return stats.norm.pdf(ratio, true, error)

    # Far from 0 and 1 the nearer end is taken, which quadrature would do as well.
    weight, _ = integrate.quad(density, 0, 1, points=[min(max(ratio, 0.0), 1.0)])
    mean, _ = integrate.quad(lambda x: x * density(x), 0, 1, points=[min(max(ratio, 0.0), 1.0)])
    exactly = density(1.0)
    total = holds * exactly + (1 - holds) * weight
    if total > 1e-6:
        expected = (holds * exactly + (1 - holds) * mean) / total
        assert expected_ratio(ratio, error, holds) == pytest.approx(expected, abs=2e-3)


def bins(shares, errors, n_claims=(50, 30, 80)):
    return pd.DataFrame(
        {
            "lower": [0.1, 0.5, 0.9],
            "upper": [0.5, 0.9, 1.0],
            "n_claims": n_claims,
            "n_loci": 40,
            "mean_posterior": [0.25, 0.7, 0.97],
            "share": shares,
            "se_between": errors,
        }
    )


def test_claims_that_hold_keep_their_posterior():
    curve = fit_curve(bins([0.25, 0.7, 0.97], [0.02] * 3), 0.8)
    assert curve.is_known
    assert curve(np.array([0.97]))[0] == pytest.approx(0.97, abs=0.01)
    assert curve(np.array([1.0]))[0] > 0.99


def test_confounded_claims_lose_it():
    curve = fit_curve(bins([0.0, 0.1, 0.05], [0.1] * 3), 0.95)
    assert curve.is_known
    assert (curve(POSTERIORS) < 0.25).all()


def test_where_nothing_is_known_posteriors_are_what_they_are_elsewhere():
    nothing = bins([np.nan] * 3, [np.inf] * 3, (0, 0, 0)).assign(mean_posterior=np.nan)
    for holds in HOLDS.values():
        curve = fit_curve(nothing, holds)
        assert not curve.is_known
        assert curve(np.array([1.0]))[0] == pytest.approx((1 + holds) / 2)


def test_curves_rise_and_never_above_the_posterior(rng):
    for _ in range(200):
        shares, errors = rng.normal(0.5, 0.7, 3), rng.choice([0.02, 0.3, 1.0, np.inf], 3)
        curve = fit_curve(bins(shares, errors), float(rng.choice([0.5, 0.8, 0.95])))
        values = curve(POSTERIORS)
        assert (np.diff(values) >= -1e-12).all()
        assert (values <= POSTERIORS + 1e-12).all()
        assert (values >= 0).all()


def test_few_loci_say_less():
    many = fit_curve(bins([0.2, 0.2, 0.2], [0.2] * 3), 0.8)
    few = fit_curve(bins([0.2, 0.2, 0.2], [0.2] * 3).assign(n_loci=3), 0.8)
    assert few.error > 1.5 * many.error
    assert few(np.array([0.97]))[0] > many(np.array([0.97]))[0]
