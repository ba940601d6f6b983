"""Direct and indirect claims."""

from __future__ import annotations

import numpy as np
import pytest

import genesis
from genesis.anchors.blankets import NearestAncestors
from genesis.graphs.codes import ANCESTOR
from genesis.linear.unit_rows import unit_rows
from genesis.rules import direct_kernels
from genesis.rules.direct import direct_claims
from tests import naive
from tests.rules.simulated import two_tier


@pytest.mark.parametrize("seed", range(4))
def test_all_claims_on_a_gene_come_from_one_factor(seed):
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(200, 10)) @ rng.normal(size=(10, 10))
    correlation = np.corrcoef(data.T)
    log_p = np.empty(4)
    size = direct_kernels.direct_log_p(correlation, 4, 200, log_p)
    expected = naive.direct_log_p(correlation, 200, [5, 6, 7, 8], 9, [0, 1, 2, 3, 4])
    assert size == 8
    np.testing.assert_allclose(log_p, expected, rtol=1e-9)


def test_collinear_conditioning_variables_count_once(rng):
    data = rng.normal(size=(200, 6)) @ rng.normal(size=(6, 6))
    doubled = np.column_stack([data[:, :2], data[:, :2].sum(axis=1), data[:, 1], data[:, 2:]])
    log_p, twice = np.empty(2), np.empty(2)
    direct_kernels.direct_log_p(np.corrcoef(data.T), 2, 200, log_p)
    size = direct_kernels.direct_log_p(np.corrcoef(doubled.T), 2, 200, twice)
    assert size == 4
    np.testing.assert_allclose(twice, log_p, rtol=1e-7)


def test_collinear_cause_is_undetermined(rng):
    data = rng.normal(size=(200, 3))
    data = np.column_stack([data[:, :2], data[:, 0], data[:, 2]])
    log_p = np.empty(2)
    direct_kernels.direct_log_p(np.corrcoef(data.T), 2, 200, log_p)
    assert np.isnan(log_p).tolist() == [False, True]


def chain(rng, n=2000):
    """Variants v1, v2, v3 on a → b → c."""
    z = rng.binomial(2, 0.4, size=(n, 3)).astype(float)
    a = z[:, 0] + rng.normal(size=n)
    b = a + z[:, 1] + rng.normal(size=n)
    c = b + z[:, 2] + rng.normal(size=n)
    return z, np.column_stack([a, b, c])


def test_chain_has_two_direct_edges_and_an_indirect_claim(rng):
    z, x = chain(rng)
    relations = genesis.discover(z, x, method="rules").relations.set_index(["gene_a", "gene_b"])
    assert (relations["relation"] == "ancestor").all()
    direct = relations["direct"]
    assert direct[("gene1", "gene2")]
    assert direct[("gene2", "gene3")]
    assert not direct[("gene1", "gene3")]
    assert relations["follows"].all()


def test_direct_test_is_that_given_all_other_ancestors(rng):
    z, x, _ = two_tier(rng, n=500, n_genes=6)
    result = genesis.discover(z, x, method="rules")
    correlation = np.corrcoef(np.hstack([z, x]).T)
    first = result.conditioning.query("sweep == 1")
    n_variants = len(result.variables) - x.shape[1]
    column = [int(name.removeprefix("variant")) - 1 for name in result.variables[:n_variants]]
    claims = [
        (row.gene_a, row.gene_b, row.p_direct)
        for row in result.relations.query("relation == 'ancestor'").itertuples()
    ]
    assert claims
    position = {gene: k for k, gene in enumerate(result.gene_ids)}
    for cause, target, p in claims:
        causes = [position[a] for a, b, _ in claims if b == target]
        about = [position[target], *causes]
        variants = sorted({column[m] for m in first.loc[first.gene.isin(about), "member"]})
        others = [12 + c for c in causes if c != position[cause]]
        expected = naive.p_value(
            correlation, 500, 12 + position[cause], 12 + position[target], [*others, *variants]
        )
        assert p == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("n_effective", "expected"), [(5, []), (6, [0, 0]), (100, [1, 1])])
def test_samples_decide_what_is_conditioned_on(rng, n_effective, expected):
    """Two causes and five variants of them: first those go, then the test itself."""
    z = rng.normal(size=(100, 6))
    a, b = z[:, 0] + rng.normal(size=100), z[:, 1] + rng.normal(size=100)
    target = a + b + z[:, 5] + 0.5 * rng.normal(size=100)
    rows, _ = unit_rows(np.column_stack([z, a, b, target]), np.full((100, 1), 0.1))
    codes = np.zeros((3, 3), dtype=np.int8)
    codes[0, 2] = codes[1, 2] = ANCESTOR
    nearest = NearestAncestors.from_lists([np.array([0, 1, 2]), np.array([1, 3, 4]), np.array([5])])
    claims = direct_claims(rows, 6, codes, nearest, n_effective=n_effective, alpha=1e-6, threads=2)
    assert claims.direct.tolist() == expected
    # Six samples leave a degree of freedom for the target's own variant, not for all six.
    assert len(claims.log_p) == len(expected)
