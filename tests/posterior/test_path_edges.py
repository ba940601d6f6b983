"""Edges that are kept with those of variants, and the coefficients drawn for them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from genesis.posterior.chains.chain import sample_chain, start_chain
from genesis.posterior.claims import kept_graphs
from genesis.posterior.claims.effects import edges_of
from genesis.posterior.claims.kept_graphs import linked_with_leads, upstream_edges
from genesis.posterior.claims.path_edges import PATH_EDGE, path_edges_of
from genesis.posterior.model.factor_kernels import renew_gram
from genesis.posterior.model.state import FACTOR, OWN, POSITIONAL
from tests.posterior.sampler_kernels import refit_all, sweep
from tests.posterior.small_problems import candidates_of, problem_of, shorten_chains, standardised

N, N_GENES = 80, 6


def a_chain(rng, n_factors=1):
    z = rng.normal(size=(N, N_GENES))
    x = z @ rng.normal(size=(N_GENES, N_GENES)) + rng.normal(size=(N, N_GENES)).cumsum(axis=1)
    problem = problem_of(z, x, n_factors=n_factors, positional=True)
    chain = start_chain(problem, rng.normal(size=(n_factors, N)))
    renew_gram(problem, chain)
    for _ in range(20):
        refit_all(problem, chain, 1.0)
        sweep(problem, chain, 1.0, True, 1.0, rng)
    refit_all(problem, chain, 1.0)
    return problem, chain


def test_edges_of_genes_are_those_that_are_kept_without_variants(rng):
    problem, chain = a_chain(rng)
    edges = path_edges_of(problem, chain, 7, rng)
    expected = edges_of(problem, chain, 7)
    between = edges[edges["cause"] >= 0]
    for name in expected.dtype.names:
        np.testing.assert_array_equal(between[name], expected[name])
    assert (
        between["variant"][between["by_anchor"]] == between["cause"][between["by_anchor"]]
    ).all()
    assert (between["variant"][~between["by_anchor"]] == -1).all()


def test_every_variant_that_acts_has_an_edge(rng):
    problem, chain = a_chain(rng)
    expected = {}
    for gene in range(N_GENES):
        for place, candidate in enumerate(chain.included[gene, : chain.size[gene]]):
            if problem.kind[gene, candidate] == OWN:
                variable = problem.variable[gene, candidate]
                expected[variable, gene] = chain.posterior_mean[gene, place]
    edges = path_edges_of(problem, chain, 0, rng)
    alone = edges[edges["cause"] < 0]
    found = {(v, t): s for v, t, s in alone[["variant", "target", "slope"]].tolist()}
    assert expected
    assert found == pytest.approx(expected)
    # Each edge behind all that end in its cause.
    for row, edge in enumerate(edges):
        assert edge["cause"] < 0 or edge["cause"] not in edges["target"][row:]


def test_coefficients_are_drawn_from_their_posterior(rng):
    problem, chain = a_chain(rng)
    drawn = [path_edges_of(problem, chain, 0, rng) for _ in range(2000)]
    draws = np.array([edges["draw"] for edges in drawn], dtype=float)
    edges = drawn[0]
    spread = draws.std(axis=0)
    assert np.abs((draws.mean(axis=0) - edges["slope"]) / spread).max() < 4.5 / np.sqrt(2000)
    for k, (cause, target, variant) in enumerate(edges[["cause", "target", "variant"]].tolist()):
        kind = OWN if cause < 0 else POSITIONAL if variant >= 0 else None
        row = variant if variant >= 0 else N_GENES + cause
        for place, candidate in enumerate(chain.included[target, : chain.size[target]]):
            is_kind = kind is None or problem.kind[target, candidate] == kind
            if problem.variable[target, candidate] == row and is_kind:
                expected = spread_of(problem, chain, target, place)
                assert spread[k] == pytest.approx(expected, rel=0.08)


def spread_of(problem, chain, gene, place):
    """By quadrature: the standard deviation with the fourth power of the moment prior."""
    assert problem.kind[gene, chain.included[gene, place]] != FACTOR
    mean = chain.posterior_mean[gene, place]
    variance = chain.penalised_rss[gene] / N * chain.inverse_gram[gene, place, place]
    b = mean + np.sqrt(variance) * np.linspace(-12, 12, 100_001)
    density = np.exp(-((b - mean) ** 2) / (2 * variance))
    if problem.kind[gene, chain.included[gene, place]] != OWN:
        density *= b**4
    density /= density.sum()
    return np.sqrt(density @ b**2 - (density @ b) ** 2)


def test_coefficients_of_linked_causes_are_drawn_together(rng):
    # Two own variants of a gene that are much alike: what one does more the other does less.
    z = rng.normal(size=(400, 2))
    z[:, 1] = z[:, 0] + 0.4 * z[:, 1]
    x = (z @ [1.0, 1.0] + rng.normal(size=400))[:, None]
    problem = problem_of(z, x)
    chain = start_chain(problem, np.zeros((0, 400)))
    renew_gram(problem, chain)
    chain.included[0, :2], chain.size[0] = [0, 1], 2
    refit_all(problem, chain, 1.0)
    draws = np.array([path_edges_of(problem, chain, 0, rng)["draw"] for _ in range(3000)])
    v = chain.inverse_gram[0, :2, :2]
    r = v[0, 1] / np.sqrt(v[0, 0] * v[1, 1])
    assert r < -0.8
    assert np.corrcoef(draws.T)[0, 1] == pytest.approx(r, abs=0.03)


def test_keeping_edges_of_variants_changes_nothing_else(rng, monkeypatch):
    shorten_chains(monkeypatch.setattr)
    z = rng.normal(size=(60, 4))
    x = z + rng.normal(size=(60, 4)).cumsum(axis=1)
    rows, unseen = standardised(np.column_stack([z, x])), np.zeros((8, 0))
    factors = rng.normal(size=(1, 60))
    one, other = (
        sample_chain(
            rows, 4, candidates_of(z, x), factors, unseen, True, unseen[:0],
            np.random.SeedSequence(3), with_variants=kept,
        )
        for kept in (False, True)
    )  # fmt: skip
    for name in one._fields:
        found = getattr(other, name)
        if name == "edges":
            assert found.dtype == PATH_EDGE
            found = found[found["cause"] >= 0][list(one.edges.dtype.names)].astype(one.edges.dtype)
        np.testing.assert_array_equal(getattr(one, name), found)


def test_edges_that_lead_to_targets_are_kept_and_all_of_variants_that_do():
    columns = ["graph", "variant", "gene", "target"]
    rows = [
        (0, 0, -1, 0, True), (0, 1, -1, 1, False), (0, -1, 0, 2, True), (0, -1, 1, 3, False),
        (0, -1, 2, 4, True), (1, 0, -1, 1, True), (1, -1, 0, 3, False), (1, 2, 1, 4, True),
        (3, -1, 3, 2, True), (3, 3, -1, 3, True), (3, -1, 2, 4, True),
    ]  # fmt: skip
    edges = pd.DataFrame([row[:4] for row in rows], columns=columns)
    kept = upstream_edges(edges, np.array([4]), 5)
    assert kept.tolist() == [row[4] for row in rows]


@pytest.mark.parametrize("block", [256, 2])
def test_loci_form_around_what_acts_most(rng, block, monkeypatch):
    monkeypatch.setattr(kept_graphs, "_BLOCK", block)
    shared = rng.normal(size=(2, 400))
    noise = rng.normal(size=(6, 400))
    rows = np.vstack([shared[0] + 0.5 * noise[:3], shared[1] + 0.5 * noise[3:]])
    rows[1] *= -1
    rows /= np.sqrt((rows**2).sum(axis=1, keepdims=True))
    contig = np.array([0, 0, 0, 1, 1, 2])
    locus, r = linked_with_leads(rows, contig, np.array([1.0, 3, 2, 4, 5, 1]))
    assert locus.tolist() == [1, 1, 1, 4, 4, 5]
    assert r.tolist() == pytest.approx([rows[k] @ rows[lead] for k, lead in enumerate(locus)])
    assert r[0] < -0.6
