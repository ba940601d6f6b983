"""Edges of traits: an effect, or a hidden cause of the trait and of what it goes with."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

import genesis
from genesis.inputs.layer_order import GeneOrder
from genesis.posterior.chains.chain_input import ChainInput
from genesis.posterior.chains.posterior import Posterior
from genesis.posterior.claims.pair_table import PairTable
from genesis.posterior.claims.path_edges import PATH_EDGE
from genesis.posterior.claims.trait_edges import (
    TraitEdge,
    chance_beside_hidden_cause,
    edges_of_traits,
    effect_chances,
    log_ratio_of_effect,
    share_of_hidden_causes,
)
from genesis.posterior.claims.weighed_traits import weigh_traits
from tests.posterior.small_problems import shorten_chains

N_GENES, N_CIS = 12, 8


def unit(rows):
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def a_trait(rng, n, effect, hidden):
    """Variant 0 acts on the cause 2, and variant 1 on the target 3, beside an effect or a cause."""
    z, other, shared = rng.normal(size=(3, n))
    cause = z + hidden * shared + rng.normal(size=n)
    target = 0.5 * other + effect * cause + hidden * shared + rng.normal(size=n)
    return unit(np.stack([z, other, cause, target]))


def residual(y, *by):
    design = np.stack(by, axis=1)
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]


@pytest.mark.parametrize(("effect", "hidden"), [(0.5, 0.0), (0.0, 1.0), (0.3, 0.5)])
def test_the_ratio_is_that_of_two_regressions(effect, hidden):
    rng = np.random.default_rng(1)
    for n in (40, 300):
        z, other, cause, target = rows = a_trait(rng, n, effect, hidden)
        found = log_ratio_of_effect(TraitEdge(2, 3, (1,), (0,)), rows, n - 1)
        through = residual(target, other, cause)
        beside = residual(target, other, residual(cause, z))
        expected = 0.5 * (n - 3) * np.log((beside @ beside) / (through @ through))
        assert found == pytest.approx(expected, rel=1e-9)
    assert (found > 5) == (hidden == 0.0 or effect > 0)
    # Where nothing acts on the cause, nothing can be told.
    assert log_ratio_of_effect(TraitEdge(2, 3, (1,), ()), rows, n - 1) == 0.0


@pytest.mark.parametrize(("effect", "hidden"), [(0.4, 0.0), (0.0, 0.7)])
def test_a_hidden_cause_is_errors_that_are_correlated(effect, hidden):
    """Both models at their likeliest, with all coefficients free at once."""
    n = 400
    z, other, cause, target = rows = a_trait(np.random.default_rng(2), n, effect, hidden)

    def log_likelihood(a, b, c, rho):
        errors = np.stack([cause - a * z, target - b * other - c * cause])
        cov = errors @ errors.T
        if not rho:
            cov = np.diag(np.diag(cov))
        return -0.5 * n * np.linalg.slogdet(cov)[1]

    through = optimize.minimize(lambda x: -log_likelihood(*x, False), np.zeros(3))
    beside = optimize.minimize(lambda x: -log_likelihood(*x, 0.0, True), np.zeros(2))
    expected = beside.fun - through.fun
    found = log_ratio_of_effect(TraitEdge(2, 3, (1,), (0,)), rows, n - 1)
    # That what acts on the cause has its coefficients from there alone overstates it where it is
    # large.
    assert abs(expected) > 10
    assert found == pytest.approx(expected, rel=0.2)


def test_what_cancels_is_not_needed_with_a_hidden_cause():
    """Where the variant is let act on the target as well, regressions alone say nothing."""
    n = 300
    rng = np.random.default_rng(5)
    edge = TraitEdge(2, 3, (0, 1), (0,))
    z, other, cause, target = rows = a_trait(rng, n, 0.0, 1.0)
    through = residual(target, z, other, cause)
    beside = residual(target, other, residual(cause, z))
    expected = 0.5 * (n - 4) * np.log((beside @ beside) / (through @ through))
    expected -= 0.5 * np.log(n - 1) + np.log(9)
    assert expected < -4
    assert log_ratio_of_effect(edge, rows, n - 1) == pytest.approx(expected, rel=1e-9)
    # A variant that acts on the target in truth stays, and then there is nothing to tell by.
    rows = a_trait(rng, n, 0.4, 0.0)
    rows[3] += 0.5 * rows[0]
    assert log_ratio_of_effect(edge, unit(rows), n - 1) == pytest.approx(0.0, abs=1e-9)


def confounded_below_a_gene(rng, n, effect):
    """Gene 1 (row 2) acts on gene 2 (row 3), which has a hidden cause with the trait (row 4)."""
    z, own, shared = rng.normal(size=(3, n))
    first = z + rng.normal(size=n)
    second = own + first + shared + rng.normal(size=n)
    trait = effect * first + shared + rng.normal(size=n)
    return unit(np.stack([z, own, first, second, trait]))


@pytest.mark.parametrize("effect", [0.0, 0.7])
def test_what_acts_on_both_ends_is_asked_for_beside_the_hidden_cause(effect):
    n = 300
    rows = confounded_below_a_gene(np.random.default_rng(6), n, effect)
    _, own, first, second, trait = rows
    edge = TraitEdge(3, 4, (2,), (1, 2))
    left = residual(second, own, first)
    gain = (
        0.5
        * (n - 3)
        * np.log((residual(trait, left) ** 2).sum() / (residual(trait, left, first) ** 2).sum())
    )
    odds = np.exp(gain - 0.5 * np.log(n - 1) - np.log(9))
    found = chance_beside_hidden_cause(edge, 2, rows, n - 1)
    assert found == pytest.approx(odds / (1 + odds), rel=1e-6)
    assert (found > 0.9) == (effect > 0) == (found > 0.1)


@pytest.mark.parametrize("effect", [0.0, 0.7])
def test_an_edge_that_cancels_goes_with_the_hidden_cause(effect):
    """With the hidden cause as an effect, the gene above it has to take back what it hands on."""
    rows = confounded_below_a_gene(np.random.default_rng(7), 300, effect)
    one = [(-1, 0, 0), (-1, 1, 1), (0, 1, -1), (0, 2, -1), (1, 2, -1)]
    ancestor = np.zeros((3, 3))
    ancestor[[0, 0, 1], [1, 2, 2]] = 1.0
    posterior, start = a_posterior(rows, one, ancestor, ancestor)
    found = weigh_traits(posterior, start, ORDER, np.random.SeedSequence(1)).pairs
    first, second = found.ancestor[1:]
    assert second < 0.05
    assert (first > 0.9) == (effect > 0) == (first > 0.1)
    assert found.direct[0] == 1.0


def path_edges(*rows):
    """Edges from (graph, cause, target, variant) rows."""
    edges = np.zeros(len(rows), dtype=PATH_EDGE)
    for at, (graph, cause, target, variant) in enumerate(rows):
        edges[at]["graph"], edges[at]["cause"] = graph, cause
        edges[at]["target"], edges[at]["variant"] = target, variant
    return edges


def test_edges_of_traits_have_what_acts_on_both_ends():
    # Genes 0 and 1 and the trait 2, behind five variants; variant 3 stands for gene 0 in graph 1.
    edges = path_edges(
        (0, -1, 0, 4), (0, 0, 1, -1), (0, -1, 2, 0), (0, 1, 2, -1), (0, 0, 2, -1),
        (1, 2, 1, -1), (1, 0, 2, 3), (1, 0, 1, -1),
    )  # fmt: skip
    at, found = edges_of_traits(edges, np.array([False, False, True]), 5)
    assert at.tolist() == [3, 4, 5]
    assert found == [
        TraitEdge(6, 7, (0, 5), (5,)),
        TraitEdge(5, 7, (0, 6), (4,)),
        TraitEdge(7, 6, (5,), (3,)),
    ]


def test_the_share_of_hidden_causes_is_learned():
    for ratio, least, most in (
        (np.full(20, 8.0), 0.0, 0.05),
        (np.repeat([8.0, -8.0], 20), 0.35, 0.5),
        (np.zeros(20), 0.095, 0.105),
    ):
        share = share_of_hidden_causes(ratio, np.ones(len(ratio)))
        grid = (np.arange(200) + 0.5) / 200
        slow = np.array(
            [(1 - p) ** 8 * np.prod((1 - p) + p * np.exp(-ratio)) for p in grid]
        )  # fmt: skip
        np.testing.assert_allclose(share, slow / slow.sum(), rtol=1e-8)
        assert least < share @ grid < most
        asked = np.array([-3.0, 0.0, 3.0])
        slow = [(share * (1 - grid) / (1 - grid + grid * np.exp(-one))).sum() for one in asked]
        np.testing.assert_allclose(effect_chances(asked, share), slow, rtol=1e-8)
    # An edge of few graphs counts for little.
    share = share_of_hidden_causes(np.array([-8.0]), np.array([0.01]))
    assert share @ grid < 0.11


def a_posterior(rows, one, ancestor, direct):
    """Twenty times the same graph, of (cause, target, variant) rows; two genes and a trait."""
    edges = path_edges(*((graph, *edge) for graph in range(20) for edge in one))
    table = PairTable.from_dense(ancestor, direct=direct, effect=0.5 * ancestor)
    candidates = SimpleNamespace()
    posterior = Posterior(table, candidates, [], {"hidden_factors_used": 0}, [(edges, 20, 255)])
    data, nothing = rows * np.sqrt(rows.shape[1]), np.zeros((0, rows.shape[1]))
    return posterior, ChainInput(data, len(rows) - 3, candidates, nothing, nothing, False, True)


def a_path(rows):
    """Variant 0 acts on gene 0, which acts on gene 1, and that on the trait 2."""
    ancestor, direct = np.zeros((2, 3, 3))
    ancestor[[0, 0, 1], [1, 2, 2]] = [1.0, 0.9, 0.9]
    direct[[0, 1], [1, 2]] = [1.0, 0.9]
    return a_posterior(rows, [(-1, 0, 0), (0, 1, -1), (1, 2, -1)], ancestor, direct)


ORDER = GeneOrder(np.array([0, 0, 1]), np.array([False, False, True]), False)


@pytest.mark.parametrize("hidden", [0.0, 1.0])
def test_what_lies_upstream_goes_with_the_edge(hidden):
    rng = np.random.default_rng(3)
    n = 120
    z, shared = rng.normal(size=(2, n))
    first = z + rng.normal(size=n)
    second = first + hidden * shared + rng.normal(size=n)
    trait = (0.3 * second if not hidden else 0.4 * shared) + rng.normal(size=n)
    rows = unit(np.stack([z, first, second, trait]))
    posterior, start = a_path(rows)
    found = weigh_traits(posterior, start, ORDER, np.random.SeedSequence(1))
    ratio = log_ratio_of_effect(TraitEdge(2, 3, (), (1,)), rows, n)
    chance = effect_chances(
        np.array([ratio]), share_of_hidden_causes(np.array([ratio]), np.ones(1))
    )[0]
    assert (chance > 0.9) == (hidden == 0.0)
    table = found.pairs
    assert table.ancestor.tolist() == table.uncalibrated.tolist()
    # By strata: a posterior is at most one draw in twelve off, and that by chance of 20 graphs.
    np.testing.assert_allclose(table.ancestor, [1.0, 0.9 * chance, 0.9 * chance], atol=0.03)
    assert table.ancestor[1] == table.ancestor[2] == table.direct[2]
    np.testing.assert_allclose(table.effect, 0.5 * table.ancestor)
    assert found.summary["hidden_causes_of_traits"]["edges"] == 1.0
    (edges, n_graphs, weight), (before, *_) = found.graphs[0], posterior.graphs[0]
    assert (n_graphs, weight) == (20, 255)
    gone = ~np.isin(before, edges)
    assert (before[gone]["target"] == 2).all()


def test_without_traits_nothing_changes():
    rows = a_trait(np.random.default_rng(4), 50, 0.3, 0.0)
    posterior, start = a_path(rows)
    nobody = ORDER._replace(is_trait=np.zeros(3, dtype=np.bool_))
    for order in (None, nobody):
        assert weigh_traits(posterior, start, order, np.random.SeedSequence(1)) is posterior


def people(seed, n=400):
    """Genes with an own variant each: g0 acts on one trait; g1 and another have a hidden cause."""
    rng = np.random.default_rng(seed)
    every = rng.binomial(2, 0.4, size=(n, N_GENES * N_CIS)).astype(float)
    x = 1.2 * every[:, ::N_CIS] + rng.normal(size=(n, N_GENES))
    hidden = rng.normal(size=n)
    x[:, 1] += hidden
    x[:, 2] += 0.6 * x[:, 3]
    traits = pd.DataFrame(
        {
            "caused": 0.5 * x[:, 0] + 0.5 * x[:, 2] + rng.normal(size=n),
            "confounded": 0.6 * hidden + 0.5 * x[:, 2] + rng.normal(size=n),
        }
    )
    chrom = [str(k + 1) for k in range(N_GENES)]
    genes = pd.DataFrame(
        {"gene_id": [f"g{k}" for k in range(N_GENES)], "chrom": chrom, "start": 5000, "end": 6000}
    )
    variants = pd.DataFrame(
        {
            "variant_id": [f"v{k}" for k in range(N_GENES * N_CIS)],
            "chrom": np.repeat(chrom, N_CIS),
            "pos": 5000 + np.arange(N_GENES * N_CIS) % N_CIS,
        }
    )
    return genesis.discover(
        pd.DataFrame(every, columns=variants["variant_id"]),
        pd.DataFrame(x, columns=genes["gene_id"]),
        variants=variants,
        genes=genes,
        traits=traits,
        order="expression < trait",
        hidden_factors="none",
        self_test="off",
        threads=1,
    )


@pytest.mark.parametrize("seed", [2, 3])
def test_a_hidden_cause_of_a_gene_and_a_trait_is_not_claimed(monkeypatch, seed):
    shorten_chains(monkeypatch.setattr)
    result = people(seed)
    matrix = result.ancestrality
    claimed = {
        trait: matrix.index[matrix[trait] == 1.0].tolist() for trait in ("caused", "confounded")
    }
    assert claimed == {"caused": ["g0", "g2", "g3"], "confounded": ["g2", "g3"]}
    assert result.posterior.loc["g1", "confounded"] < 0.05
    told = result.run["calibrated"]["hidden_causes_of_traits"]
    assert 4.0 <= told["edges"] < 5.0
    assert 0.1 < told["share"] < 0.4
    assert told["pairs"] == 1
    assert any(note.startswith("1 pair of a trait and a molecule,") for note in result.run["notes"])
    # Paths are told from graphs without the edge, but for the few that its posterior says.
    tables, ids = result.graphs.tables, result.gene_ids
    between = (tables.edges["gene"] == ids.get_loc("g1")) & (
        tables.edges["target"] == ids.get_loc("confounded")
    )
    assert between.sum() <= 0.1 * len(tables.graphs)


def test_graphs_alone_would_have_claimed_it(monkeypatch):
    shorten_chains(monkeypatch.setattr)
    monkeypatch.setattr(
        "genesis.posterior.analyse_calibrated.weigh_traits", lambda posterior, *_: posterior
    )
    assert people(2).ancestrality.loc["g1", "confounded"] == 1.0
