"""Results to report on, among them one whose names try to break the page."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import genesis
from genesis.result.result import Result

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    '"><img src=x onerror=alert(3)>',
    "' onmouseover='alert(4)",
    "javascript:alert(5)",
    "{{ 7 * 7 }}{% raw %}",
    "$\\frac{1}{$ 2 $",
    "&lt;b&gt;&amp;",
    "<!-- --> ]]> <![CDATA[",
    "ген \U0001f9ec \u202eابج",
    "A" * 300,
    "`${alert(6)}`",
]


def chain(names: list[str], method: str, seed: int = 1) -> Result:
    """A result of a chain of genes, each anchored by one variant; samples are named alike."""
    rng = np.random.default_rng(seed)
    n, k = 250, len(names)
    z = rng.binomial(2, 0.4, size=(n, k)).astype(float)
    z[rng.random(z.shape) < 0.02] = np.nan
    x = np.nan_to_num(z, nan=0.8) * 1.2 + rng.normal(size=(n, k))
    for at in range(1, k):
        if at % 4:
            x[:, at] += x[:, at - 1]
    samples = [*names, *(f"S{s:03d}" for s in range(n - k))]
    return genesis.discover(
        pd.DataFrame(z, index=samples, columns=[f"{name} variant" for name in names]),
        pd.DataFrame(x, index=samples, columns=names),
        method=method,
        normalise="none",
    )


@pytest.fixture(scope="session")
def calibrated() -> Result:
    return chain([f"GENE{k:02d}" for k in range(12)], "calibrated")


@pytest.fixture(scope="session")
def by_rules() -> Result:
    return chain([f"GENE{k:02d}" for k in range(12)], "rules")


@pytest.fixture(scope="session")
def hostile() -> Result:
    return chain(HOSTILE, "calibrated")
