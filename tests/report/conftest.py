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


def layers_of(genes: list[str], traits: list[str], seed: int = 1, **options: object) -> Result:
    """Six genes with proteins of three, and three traits.

    The second gene acts on the first trait by way of its protein; a variant of the third gene acts
    on the second trait, too, beside the gene; nothing acts on the third.
    """
    rng = np.random.default_rng(seed)
    n = 300
    z = rng.binomial(2, 0.4, size=(n, 12)).astype(float)
    x = 0.9 * z[:, ::2] + rng.normal(size=(n, 6))
    p = 0.9 * x[:, :3] + 0.7 * z[:, 1:6:2] + rng.normal(size=(n, 3))
    y = np.column_stack([0.8 * p[:, 1], 0.9 * z[:, 4], np.zeros(n)]) + rng.normal(size=(n, 3))
    places = pd.DataFrame(
        {"gene_id": genes, "chrom": list("123456"), "start": 5000, "end": 6000}
    )  # fmt: skip
    variants = pd.DataFrame(
        {
            "variant_id": [f"rs{k}" for k in range(12)],
            "chrom": [str(k // 2 + 1) for k in range(12)],
            "pos": [5000 + k for k in range(12)],
        }
    )
    return genesis.discover(
        pd.DataFrame(z, columns=variants["variant_id"]),
        pd.DataFrame(x, columns=genes),
        variants=variants,
        genes=places,
        layers={"protein": pd.DataFrame(p, columns=genes[:3])},
        traits=pd.DataFrame(y, columns=traits),
        **{"hidden_factors": "none", "self_test": "off", **options},
    )


@pytest.fixture(scope="session")
def layered() -> Result:
    return layers_of([f"GENE{k}" for k in range(6)], ["LDL", "yield", "height"])


@pytest.fixture(scope="session")
def hostile_layers() -> Result:
    return layers_of(HOSTILE[:6], HOSTILE[6:9])
