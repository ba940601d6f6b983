"""PC and FCI with constraints on known graphs: the answer has to be right, every time."""

from __future__ import annotations

from itertools import product

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from genesis import ConstraintGraph
from genesis.constraints.knowledge import Knowledge
from genesis.learners.fci import learn_fci
from genesis.learners.fci_rules import ARROW, CIRCLE, TAIL
from genesis.learners.orientation import essential_graph
from genesis.learners.pc import learn_pc
from tests.constraints.oracle import (
    OracleTests,
    ancestral_adjacency,
    class_by_enumeration,
    names_of,
    random_dag,
    true_constraints,
)

SIZES = [200, pytest.param(4000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("n_graphs", SIZES)
def test_pc_finds_the_class_that_the_constraints_leave(n_graphs):
    rng = np.random.default_rng(n_graphs)
    asked = asked_alone = oriented = 0
    for _ in range(n_graphs):
        graph, p = random_dag(rng)
        while graph.number_of_edges() > 9:
            graph, p = random_dag(rng)
        known = Knowledge.of(true_constraints(rng, graph, p, rng.random()), names_of(p))
        tests, alone = OracleTests(graph), OracleTests(graph)
        found = learn_pc(known, tests)
        directed, undirected = class_by_enumeration(graph, known.cannot)
        np.testing.assert_array_equal(found.directed, directed)
        np.testing.assert_array_equal(found.undirected, undirected)
        assert found.n_conflicts == found.n_ambiguous == 0
        by_rules = essential_graph(nx.to_numpy_array(graph, nodelist=range(p)) > 0, known.cannot)
        np.testing.assert_array_equal(by_rules, (directed, undirected))
        bare = learn_pc(Knowledge.of(ConstraintGraph(names_of(p)), names_of(p)), alone)
        oriented += found.directed.sum() > bare.directed.sum()
        asked, asked_alone = asked + tests.n_tests, asked_alone + alone.n_tests
    assert asked < 0.6 * asked_alone
    assert oriented > 0.2 * n_graphs


@pytest.mark.parametrize("n_graphs", SIZES)
def test_fci_contains_the_truth(n_graphs):
    rng = np.random.default_rng(n_graphs + 1)
    asked = asked_alone = circles = circles_alone = 0
    for _ in range(n_graphs):
        graph, p = random_dag(rng, n_latent=int(rng.integers(0, 4)))
        adjacent = ancestral_adjacency(graph, p)
        known = Knowledge.of(true_constraints(rng, graph, p, rng.random()), names_of(p))
        tests, alone = OracleTests(graph), OracleTests(graph)
        bare = learn_fci(Knowledge.of(ConstraintGraph(names_of(p)), names_of(p)), alone)
        found = learn_fci(known, tests)
        for answer in (found, bare):
            np.testing.assert_array_equal(answer.marks > 0, adjacent)
            assert answer.n_conflicts == 0
            for a, b in product(range(p), repeat=2):
                # The mark at b says whether b is an ancestor of a.
                if answer.marks[a, b] == ARROW:
                    assert a not in nx.descendants(graph, b)
                if answer.marks[a, b] == TAIL:
                    assert a in nx.descendants(graph, b)
        settled = bare.marks > CIRCLE
        np.testing.assert_array_equal(found.marks[settled], bare.marks[settled])
        arrowhead = adjacent & known.cannot.T
        assert (found.marks[arrowhead] == ARROW).all()
        asked, asked_alone = asked + tests.n_tests, asked_alone + alone.n_tests
        circles += (found.marks == CIRCLE).sum()
        circles_alone += (bare.marks == CIRCLE).sum()
    assert asked < 0.7 * asked_alone
    assert circles < 0.7 * circles_alone


def test_variants_in_linkage_do_not_mislead_fci():
    """Three variants with a hidden common cause, of which one acts on a gene."""
    rng = np.random.default_rng(5)
    for _ in range(60):
        genes, p = random_dag(rng, n_latent=int(rng.integers(0, 2)))
        latent = len(genes)
        # Variants are 0, 1 and 2, genes follow.
        graph = nx.relabel_nodes(genes, {node: node + 3 for node in genes})
        graph.add_edges_from((latent + 3, variant) for variant in range(3))
        graph.add_edge(0, 3 + int(rng.integers(p)))
        known = Knowledge.of(*anchored_everywhere(3, p))
        found = learn_fci(known, OracleTests(graph))
        for a, b in product(range(3 + p), repeat=2):
            if max(a, b) < 3:
                assert found.marks[a, b] == 0
            if found.marks[a, b] == ARROW:
                assert a not in nx.descendants(graph, b)
            if found.marks[a, b] == TAIL:
                assert a in nx.descendants(graph, b)


def anchored_everywhere(n_variants: int, n_genes: int) -> tuple[ConstraintGraph, list[str]]:
    """Constraints in which any variant may act on any gene, and all names."""
    genes, variants = [f"g{k}" for k in range(n_genes)], [f"rs{k}" for k in range(n_variants)]
    tables = dict(ConstraintGraph(genes).__dict__)
    tables["variants"] = pd.Index(variants)
    tables["anchors"] = pd.DataFrame(
        {
            "variant": np.repeat(np.arange(n_variants, dtype=np.int32), n_genes),
            "gene": np.tile(np.arange(n_genes, dtype=np.int32), n_variants),
            "posterior": np.full(n_variants * n_genes, np.nan, dtype=np.float32),
        }
    )
    return ConstraintGraph.from_tables(**tables), [*variants, *genes]


def test_fci_without_constraints_is_that_of_causal_learn():
    """The same marks as another implementation with the same oracle."""
    pytest.importorskip("causallearn", reason="causal-learn is not installed")
    from causallearn.search.ConstraintBased.FCI import fci

    # causal-learn: 1 arrowhead, -1 tail, 2 circle; row b, column a is the mark at b.
    code = np.array([0, ARROW, CIRCLE, TAIL], dtype=np.int8)
    rng = np.random.default_rng(3)
    compared = 0
    for _ in range(40):
        graph, p = random_dag(rng)
        names = names_of(p)
        found = learn_fci(Knowledge.of(ConstraintGraph(names), names), OracleTests(graph))
        other, _ = fci(
            np.zeros((10, p)), independence_test_method="d_separation", true_dag=graph,
            verbose=False, show_progress=False,
        )  # fmt: skip
        theirs = code[other.graph.T]
        if ((theirs == TAIL) & (theirs.T == TAIL)).any():
            # Two tails stand for selection, which is not assumed here.
            continue
        np.testing.assert_array_equal(found.marks, theirs)
        compared += 1
    assert compared > 30
