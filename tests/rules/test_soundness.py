"""With d-separation in place of tests, no rule may ever make a false claim."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from genesis.findings.relations import RULE_NAMES
from genesis.graphs.codes import ANCESTOR, NONDESCENDANT, NOT_ANCESTOR, pair_index
from genesis.rules import search as rules
from tests.rules.dsep_oracle import OracleEvidence, random_graph


def quiet(*_progress):
    """No progress."""


def run_search(graph, n_variants, n_genes, profile):
    return rules.search(
        OracleEvidence(graph, n_variants, n_genes),
        rules.PROFILES[profile],
        alpha=0.05,
        max_sweeps=10,
        progress=quiet,
    )


RULES = RULE_NAMES[:4]


def false_claims(outcome, graph, n_variants):
    """Every claim that the graph contradicts, with its rule; and the number of claims by rule."""
    codes = outcome.codes
    above = {node: nx.ancestors(graph, node) for node in range(n_variants, n_variants + len(codes))}
    wrong, made = [], dict.fromkeys(RULES, 0)
    for i in range(len(codes)):
        for j in range(i):
            rule = outcome.rule_of[pair_index(i, j)]
            if rule < 0:
                continue
            made[RULE_NAMES[rule]] += 1
            for a, b in ((i, j), (j, i)):
                is_above = n_variants + a in above[n_variants + b]
                code = codes[a, b]
                false = (code == ANCESTOR and not is_above) or (code == NOT_ANCESTOR and is_above)
                if code == NONDESCENDANT:
                    false = n_variants + b in above[n_variants + a]
                if false:
                    wrong.append((a, b, int(code), RULE_NAMES[rule]))
    return wrong, made


def check_many(n_graphs, profile, seed):
    rng = np.random.default_rng(seed)
    total = dict.fromkeys(RULES, 0)
    for k in range(n_graphs):
        graph, n_variants, n_genes = random_graph(rng)
        outcome = run_search(graph, n_variants, n_genes, profile)
        wrong, made = false_claims(outcome, graph, n_variants)
        assert not wrong, f"graph {k}: {sorted(graph.edges)}: {wrong}"
        for rule, count in made.items():
            total[rule] += count
    return total


@pytest.mark.parametrize(
    ("profile", "n_graphs"), [("stable", 800), ("ascend", 300), ("paper", 300)]
)
def test_no_false_claim_on_random_graphs(profile, n_graphs):
    made = check_many(n_graphs, profile, seed=20)
    assert all(made[rule] > 0 for rule in RULES), made


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["stable", "ascend", "paper"])
def test_no_false_claim_on_ten_thousand_graphs(profile):
    made = check_many(10_000, profile, seed=21)
    assert all(made[rule] > 0 for rule in RULES), made


def test_a_search_without_the_guard_is_caught(monkeypatch):
    """The oracle can fail: without the guard, mediators are conditioned on and R3 lies."""
    monkeypatch.setattr(
        OracleEvidence,
        "guarded_set",
        lambda self, i, j, _codes, nearest: {
            int(v)
            for v in np.union1d(nearest.of(i), nearest.of(j))
            if v not in (self.n_variants + i, self.n_variants + j)
        },
    )
    with pytest.raises(AssertionError, match="R3"):
        check_many(400, "stable", seed=22)
