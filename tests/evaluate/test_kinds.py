"""Claims of every kind against the truth, by hand and pair by pair."""

from __future__ import annotations

import dataclasses
from itertools import combinations, permutations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genesis.evaluate import evaluate, pool
from genesis.evaluate.kinds import KINDS
from genesis.graphs.reachability import transitive_closure
from tests.evaluate.networks import CHAIN, matrix
from tests.handmade import ANCESTOR, NONDESCENDANT, UNRELATED, result_of

CALIBRATED, CLOSURE, UNRESOLVED = 4, 3, 3


def row(a, b, relation, posterior=np.nan, reverse=np.nan, rule=CALIBRATED):
    return {
        "gene_a": a, "gene_b": b, "relation": relation, "rule": rule,
        "posterior": posterior, "posterior_reverse": reverse,
    }  # fmt: skip


def test_each_kind_is_counted_by_hand():
    # True: A → B → C, and D alone.
    result = result_of(
        [
            row(0, 1, ANCESTOR, 0.875, 0.0625),  # right
            row(3, 0, ANCESTOR, 0.75, 0.0),  # wrong
            row(3, 1, ANCESTOR, 0.5, 0.0, CLOSURE),  # wrong, follows from both
            row(2, 3, UNRELATED, 0.125, 0.0),  # right
            row(0, 2, UNRELATED, 0.25, 0.125),  # wrong
        ],
        list("ABCD"),
    )
    found = evaluate(result, CHAIN, unnamed="unrelated").kinds
    assert found.index.tolist() == list(KINDS)
    # A and C are said to be unrelated, and A ≺ B: so B is not an ancestor of C, which it is.
    assert found[["n_claimed", "n_false"]].to_numpy().tolist() == [
        [3, 2], [2, 1], [0, 0], [1, 1], [3, 0], [1, 1],
    ]  # fmt: skip


def test_a_ruled_out_direction_is_false_where_it_is_true():
    # Row a ⪯ b: b is not an ancestor of a.
    result = result_of(
        [
            row(0, 1, NONDESCENDANT, 0.5, 0.125),  # right: B is none of A
            row(2, 1, NONDESCENDANT, 0.5, 0.25),  # wrong: B is one of C
            row(2, 3, UNRESOLVED, 0.5, 0.25),
        ],
        list("ABCD"),
    )
    table = evaluate(result, CHAIN, unnamed="unrelated").kinds
    found = table.loc["nondescendant"]
    assert found[["n_claimed", "n_false", "claimed_fdr", "true_fdr", "n_unscored"]].tolist() == [
        2, 1, 0.1875, 0.5, 0,
    ]  # fmt: skip
    assert table["n_claimed"].sum() == 2
    assert np.isnan(table.loc["unrelated", "true_fdr"])


def test_a_claim_is_doubted_by_its_own_posterior():
    result = result_of(
        [
            row(0, 1, ANCESTOR, 0.875, 0.0625),
            row(0, 2, UNRELATED, 0.25, 0.125),
            row(1, 2, UNRESOLVED, 0.375, 0.5),
        ],
        list("ABC"),
    )
    found = evaluate(result, CHAIN).kinds
    # A ≺ B and A not before C: B is not before C, and of that the posterior is 1 - 0.375.
    assert found["claimed_fdr"].dropna().to_dict() == {
        "ancestor": 0.125,
        "unrelated": 0.375,
        "reverse_of_ancestor": 0.0625,
        "nonancestor_by_closure": 0.375,
    }
    assert found.loc["nonancestor_by_closure", "n_false"] == 1
    assert (found["n_unscored"] == 0).all()
    # The run did not list B and C: what follows of them is counted, and nothing is promised.
    rows = np.array([True, True, False])
    short = dataclasses.replace(result, pairs=result.pairs.rows(rows))
    found = evaluate(short, CHAIN).kinds.loc["nonancestor_by_closure"]
    assert found[["n_claimed", "n_false", "n_unscored"]].tolist() == [1, 1, 1]
    assert np.isnan(found["claimed_fdr"])


def test_what_follows_by_way_of_a_gene_that_the_truth_does_not_name():
    result = result_of([row(0, 3, ANCESTOR, 0.9, 0.0), row(3, 1, ANCESTOR, 0.9, 0.0)], list("ABCD"))
    found = evaluate(result, CHAIN).kinds
    assert found.loc["ancestor", "n_claimed"] == 0
    assert found.loc["ancestor_by_closure", ["n_claimed", "n_false"]].tolist() == [1, 0]


def test_pairs_that_do_not_count_and_pairs_without_a_row():
    result = result_of([row(0, 1, UNRELATED), row(1, 3, UNRELATED)], list("ABCD"))
    unlisted = np.packbits(matrix("ABCD", "AC", "CA").to_numpy(), axis=1)
    result = dataclasses.replace(result, unlisted=unlisted)
    found = evaluate(result, CHAIN, unnamed="unrelated").kinds.loc["unrelated"]
    assert found[["n_claimed", "n_false", "n_unscored"]].tolist() == [3, 2, 3]
    exclude = pd.DataFrame({"gene_a": ["B"], "gene_b": ["A"]})
    found = evaluate(result, CHAIN, unnamed="unrelated", exclude=exclude).kinds
    assert found.loc["unrelated", ["n_claimed", "n_false"]].tolist() == [2, 1]


def test_a_matrix_claims_ancestors_alone():
    found = evaluate(matrix("ABC", "AB", "BC"), CHAIN).kinds
    assert found["n_claimed"].tolist() == [2, 0, 0, 1, 3, 0]
    assert found["n_false"].sum() == 0
    assert found["n_unscored"].tolist() == found["n_claimed"].tolist()
    assert evaluate(matrix("ABC", "AB"), CHAIN, level="direct").kinds is None


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 8))
def test_kinds_pair_by_pair(seed, n):
    """Claims and truth at random, by loops over pairs."""
    rng = np.random.default_rng(seed)
    truth = transitive_closure(np.triu(rng.random((n, n)) < 0.3, 1))
    order = rng.permutation(n)
    claimed = transitive_closure(np.triu(rng.random((n, n)) < 0.2, 1))[np.ix_(order, order)]
    posterior = (rng.integers(0, 9, (n, n)) / 16).astype(np.float32)
    kind = rng.integers(0, 4, (n, n))
    rows = [
        row(a, b, ANCESTOR, posterior[a, b], posterior[b, a])
        for a, b in permutations(range(n), 2)
        if claimed[a, b]
    ]
    for a, b in combinations(range(n), 2):
        if not (claimed[a, b] or claimed[b, a]):
            ends = (b, a) if kind[a, b] == UNRESOLVED - 1 and kind[b, a] == 0 else (a, b)
            relation = (NONDESCENDANT, UNRELATED, NONDESCENDANT, UNRESOLVED)[kind[a, b]]
            rows.append(row(*ends, relation, posterior[ends], posterior[ends[::-1]]))
    genes = [f"G{k}" for k in range(n)]
    result = result_of(rows, genes)
    found = evaluate(result, pd.DataFrame(truth, index=genes, columns=genes)).kinds
    expected = {name: [] for name in KINDS}
    stated = set()
    for one in rows:
        a, b = one["gene_a"], one["gene_b"]
        forward, back = float(posterior[a, b]), float(posterior[b, a])
        if one["relation"] == ANCESTOR:
            expected["ancestor"].append((not truth[a, b], 1 - forward))
        elif one["relation"] == UNRELATED:
            expected["unrelated"].append((truth[a, b] or truth[b, a], min(forward + back, 1)))
            stated |= {(a, b), (b, a)}
        elif one["relation"] == NONDESCENDANT:
            expected["nondescendant"].append((truth[b, a], back))
            stated.add((b, a))
    # Ruled out is what would close a path to something that is ruled out, or a cycle.
    graph = nx.DiGraph(list(zip(*np.nonzero(claimed), strict=True)))
    graph.add_nodes_from(range(n))
    for a, b in permutations(range(n), 2):
        if (a, b) in stated or claimed[a, b]:
            continue
        longer = graph.copy()
        longer.add_edge(a, b)
        closed = nx.transitive_closure(longer)
        if claimed[b, a]:
            expected["reverse_of_ancestor"].append((truth[a, b], float(posterior[a, b])))
        elif any(closed.has_edge(*pair) for pair in stated if not claimed[pair]):
            expected["nonancestor_by_closure"].append((truth[a, b], float(posterior[a, b])))
    for name, claims in expected.items():
        assert found.loc[name, "n_claimed"] == len(claims), name
        assert found.loc[name, "n_false"] == sum(false for false, _ in claims), name
        if claims:
            doubt = np.mean([doubt for _, doubt in claims])
            assert found.loc[name, "claimed_fdr"] == pytest.approx(doubt), name


def test_pooled_kinds_take_each_data_set_as_a_whole():
    rng = np.random.default_rng(4)
    single = []
    for _ in range(5):
        pairs = [(a, b) for a, b in combinations(range(4), 2) if rng.random() < 0.7]
        rows = [row(a, b, UNRELATED, 0.0625, rng.integers(0, 3) / 16) for a, b in pairs]
        single.append(evaluate(result_of(rows, list("ABCD")), CHAIN, unnamed="unrelated"))
    none = evaluate(result_of([], list("ABCD")), CHAIN, unnamed="unrelated")
    found = pool([*single, none]).kinds
    assert found.index.tolist() == list(KINDS)
    assert found.loc["unrelated", "n_data_sets"] == 5
    assert found.loc["ancestor", "n_data_sets"] == 0
    tables = [one.kinds.loc["unrelated"] for one in single]
    for count in ("n_claimed", "n_false", "n_unscored"):
        assert found.loc["unrelated", count] == sum(table[count] for table in tables)
    shares = [table["n_false"] / table["n_claimed"] for table in tables]
    assert np.std(shares) > 0
    interval = stats.t.interval(0.95, 4, np.mean(shares), stats.sem(shares))
    values = found.loc["unrelated", ["true_fdr", "true_fdr_low", "true_fdr_high"]]
    assert values.tolist() == pytest.approx([np.mean(shares), max(interval[0], 0), interval[1]])
    doubts = [table["claimed_fdr"] for table in tables]
    assert found.loc["unrelated", "claimed_fdr"] == pytest.approx(np.mean(doubts))
    assert np.isnan(pool(single[:1]).kinds.loc["unrelated", "true_fdr_low"])
    assert pool([evaluate(matrix("ABC"), CHAIN, level="direct")]).kinds is None
