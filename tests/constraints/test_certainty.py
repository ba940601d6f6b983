"""What a constraint graph forbids, and what follows from it, is as certain as was asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis.constraints.knowledge import Knowledge
from genesis.graphs.codes import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, UNRESOLVED
from genesis.graphs.nonancestors import implied_nonancestors
from genesis.posterior.claims.claims import make_claims
from genesis.posterior.claims.pair_table import PairTable
from tests.handmade import result_of

RELATIONS = {ANCESTOR: 0, NONDESCENDANT: 1, NOT_ANCESTOR: 2, UNRESOLVED: 3}


def run_of(posterior, fdr):
    """The result of a run with these posteriors, all pairs listed."""
    codes, n = make_claims(PairTable.from_dense(posterior), fdr, None).codes(), len(posterior)
    rows = [
        {
            "gene_a": a, "gene_b": b, "relation": RELATIONS[int(codes[a, b])], "rule": 4,
            "posterior": posterior[a, b], "posterior_reverse": posterior[b, a],
        }
        for a in range(n)
        for b in range(n)
        if codes[a, b] in (ANCESTOR, NONDESCENDANT)
        or (a < b and codes[a, b] == codes[b, a] == NOT_ANCESTOR)
        or (a != b and codes[a, b] == UNRESOLVED)
    ]  # fmt: skip
    result = result_of(rows, [f"G{k}" for k in range(n)])
    result.run["options"] = {"method": "calibrated", "keep_posterior": 0.0}
    return result


def posteriors(seed, n):
    """Sure, doubtful and nearly excluded relations, by no graph in particular."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    forward = np.triu(rng.choice([0.0, 0.0, 0.01, 0.04, 0.3, 0.96, 0.99], (n, n)), 1)
    backward = np.tril(rng.choice([0.0, 0.0, 0.01], (n, n)), -1)
    return (forward + backward).astype(np.float32)[np.ix_(order, order)]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(2, 9),
    st.sampled_from([0.05, 0.2]),
    st.sampled_from([{}, {"min_posterior": 0.9}, {"min_posterior": 0.975}, {"fdr": 0.03}]),
)
def test_forbidden_directions_are_as_certain_as_they_say(seed, n, fdr, asked):
    posterior = posteriors(seed, n)
    result = run_of(posterior, fdr)
    graph = result.constraints(**asked)
    codes = make_claims(PairTable.from_dense(posterior), fdr, None).codes()
    # Of each claim its own posterior; of what an order forbids that of the order.
    forbidden = graph.forbidden
    at = result.gene_ids.get_indexer
    a, b = at(forbidden["cause"]), at(forbidden["effect"])
    by_order = (forbidden["because"] == "ancestor").to_numpy()
    said = forbidden["posterior"].to_numpy()
    np.testing.assert_allclose(said[by_order], posterior[b, a][by_order], rtol=1e-6)
    np.testing.assert_allclose(said[~by_order], 1 - posterior[a, b][~by_order], rtol=1e-6)
    assert (codes[a, b] == NOT_ANCESTOR).all()
    # And what a learner makes of them together, but for what orders alone rule out.
    known = Knowledge.of(graph, list(result.gene_ids))
    by_orders = implied_nonancestors(np.zeros((n, n), dtype=bool), known.precedes)
    most = 1 - asked["min_posterior"] if "min_posterior" in asked else asked.get("fdr", fdr)
    assert (posterior[known.cannot & ~by_orders] <= np.float32(most)).all()
    assert known.n_contradicted == 0
    if "fdr" in asked:
        orders = posterior[known.precedes]
        assert not len(orders) or np.mean(1 - orders) <= asked["fdr"] + 1e-6


def test_unrelated_pairs_have_a_posterior_without_any_order():
    posterior = np.array([[0, 0.03125], [0, 0]], dtype=np.float32)
    found = run_of(posterior, 0.05).constraints(min_posterior=0.95).forbidden
    assert found[["cause", "effect", "posterior"]].to_numpy().tolist() == [
        ["G1", "G0", 1.0], ["G0", "G1", 0.96875],
    ]  # fmt: skip
