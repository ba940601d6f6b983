"""How many claims a level allows, against trying every number of them."""

from __future__ import annotations

import numpy as np
import pytest

from genesis.findings.expected_fdr import n_within_fdr


def most_allowed(certain, fdr):
    """The largest number that parts no equals and whose mean of 1 - posterior is small enough."""
    whole = [0, *(k for k in range(1, len(certain)) if certain[k] != certain[k - 1])]
    whole.append(len(certain))
    return max(k for k in whole if k == 0 or np.mean(1 - certain[:k]) <= fdr)


@pytest.mark.parametrize("fdr", [0.01, 0.1, 0.25, 0.6])
def test_the_most_that_the_level_allows(rng, fdr):
    for n in (0, 1, 2, 30):
        # Few values, so that many are equal; sixteenths add up without rounding.
        certain = -np.sort(-rng.integers(0, 17, n) / 16)
        assert n_within_fdr(certain, fdr) == most_allowed(certain, fdr)


def test_equals_are_claimed_together_or_not_at_all():
    certain = np.array([1.0, 0.75, 0.75, 0.75])
    assert n_within_fdr(certain, 0.15) == 1  # the first three would do, and not the fourth
    assert n_within_fdr(certain, 0.1875) == 4
