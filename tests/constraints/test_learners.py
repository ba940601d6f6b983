"""The learners on data: what they are told is kept, and told to nobody the wrong way round."""

from __future__ import annotations

import json
from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import genesis
from genesis import ConstraintGraph
from genesis.constraints import run_boss, run_fci, run_ges, run_grasp, run_pc
from genesis.constraints.knowledge import Knowledge
from genesis.errors import (
    CommandLineError,
    DegenerateDataError,
    InconsistentInputsError,
    MalformedInputError,
    OutputWriteError,
)
from genesis.learners.learners import LEARNERS
from genesis.learners.orientation import essential_graph
from tests.constraints.oracle import linear_data, names_of, random_dag, true_constraints
from tests.handmade import result_of

EVERY = sorted(LEARNERS)


def chain_data(n: int = 2000) -> pd.DataFrame:
    """X → Y → Z."""
    rng = np.random.default_rng(1)
    x, e, f = rng.normal(size=(3, n))
    y = 0.8 * x + e
    return pd.DataFrame({"X": x, "Y": y, "Z": 0.8 * y + f})


def found_edges(learned) -> set[tuple[str, str, str]]:
    return set(learned.edges.itertuples(index=False, name=None))


def test_an_absent_edge_with_its_set_makes_no_collider():
    constraints = ConstraintGraph(["X", "Y", "Z"], absent={("X", "Z"): ["Y"]})
    assert found_edges(run_pc(chain_data(), constraints)) == {
        ("X", "Y", "---"),
        ("Y", "Z", "---"),
    }
    assert found_edges(run_fci(chain_data(), constraints)) == {
        ("X", "Y", "o-o"),
        ("Y", "Z", "o-o"),
    }


def test_a_direction_that_is_forbidden_both_ways_makes_no_collider():
    """A set is looked for before a collider is made, which causal-learn's PC does not do."""
    constraints = ConstraintGraph(["X", "Y", "Z"], forbidden=[("X", "Z"), ("Z", "X")])
    learned = run_pc(chain_data(), constraints)
    assert found_edges(learned) == {("X", "Y", "---"), ("Y", "Z", "---")}
    assert learned.separating_sets["X", "Z"] == ("Y",)


def test_an_absent_edge_with_an_empty_set_makes_a_collider():
    rng = np.random.default_rng(2)
    x, z, e = rng.normal(size=(3, 2000))
    data = pd.DataFrame({"X": x, "Y": x + z + e, "Z": z})
    constraints = ConstraintGraph(["X", "Y", "Z"], absent={("X", "Z"): []})
    assert found_edges(run_pc(data, constraints)) == {("X", "Y", "-->"), ("Z", "Y", "-->")}
    assert found_edges(run_fci(data, constraints)) == {("X", "Y", "o->"), ("Z", "Y", "o->")}


def confounded_data() -> pd.DataFrame:
    """X ↔ Y, each with a cause of its own."""
    rng = np.random.default_rng(3)
    hidden, a, b, e, f = rng.normal(size=(5, 4000))
    return pd.DataFrame({"A": a, "X": a + hidden + e, "Y": b + hidden + f, "B": b})


@pytest.mark.parametrize("forbidden", [[("X", "Y")], [("Y", "X")], [("X", "Y"), ("Y", "X")], []])
def test_fci_never_reverses_what_is_forbidden(forbidden):
    """Truth X ↔ Y: whatever is forbidden, no direction is claimed."""
    pair = confounded_data()[["X", "Y"]]
    constraints = ConstraintGraph(["X", "Y"], forbidden=forbidden)
    marks = run_fci(pair, constraints).to_networkx().edges(data="marks")
    expected = {
        (): ("X", "Y", "o-o"),
        (("X", "Y"),): ("Y", "X", "o->"),
        (("Y", "X"),): ("X", "Y", "o->"),
        (("X", "Y"), ("Y", "X")): ("X", "Y", "<->"),
    }
    assert list(marks) == [expected[tuple(forbidden)]]
    whole = ConstraintGraph(["A", "X", "Y", "B"], forbidden=forbidden)
    assert ("X", "Y", "<->") in found_edges(run_fci(confounded_data(), whole))


def test_fci_keeps_what_neither_causes_the_other():
    """Two genes that are unrelated and confounded stay adjacent; PC takes them apart."""
    constraints = ConstraintGraph(["X", "Y"], forbidden=[("X", "Y"), ("Y", "X")])
    pair = confounded_data()[["X", "Y"]]
    assert found_edges(run_fci(pair, constraints)) == {("X", "Y", "<->")}
    assert found_edges(run_pc(pair, constraints)) == set()


@pytest.mark.parametrize("learner", EVERY)
@pytest.mark.parametrize("turn", [False, True])
def test_constraints_have_the_direction_that_they_are_given(learner, turn):
    """Required and forbidden, each both ways, on one edge that the data do not orient."""
    data = chain_data()[["X", "Y"]]
    first, second = ("Y", "X") if turn else ("X", "Y")
    sure = {"required_order": [(first, second)]}
    learned = LEARNERS[learner](data, ConstraintGraph(["X", "Y"], **sure))
    assert found_edges(learned) == {(first, second, "-->")}
    banned = {"forbidden": [(second, first)]}
    learned = LEARNERS[learner](data, ConstraintGraph(["X", "Y"], **banned))
    assert found_edges(learned) == {(first, second, "o->" if learner == "fci" else "-->")}
    tiers = ConstraintGraph(["X", "Y"], tiers=[[first], [second]])
    assert found_edges(LEARNERS[learner](data, tiers)) == found_edges(learned)


def test_a_required_order_is_no_required_edge():
    constraints = ConstraintGraph(["X", "Y", "Z"], required_order=[("X", "Z")])
    for learner in EVERY:
        edges = LEARNERS[learner](chain_data(), constraints).to_networkx()
        assert set(edges.to_undirected().edges) == {("X", "Y"), ("Y", "Z")}


@pytest.mark.parametrize("learner", EVERY)
def test_the_order_of_columns_and_samples_changes_nothing(learner):
    rng = np.random.default_rng(11)
    graph, p = random_dag(rng, n_latent=1)
    names = names_of(p)
    data = pd.DataFrame(linear_data(rng, graph, 400)[:, :p], columns=names)
    constraints = true_constraints(rng, graph, p, 0.3)
    tables = constraints.required_order
    learned = LEARNERS[learner](data, constraints)
    shuffled = data.sample(frac=1, random_state=1, axis=0).sample(frac=1, random_state=2, axis=1)
    again = LEARNERS[learner](shuffled, constraints)
    assert found_edges(again) == found_edges(learned)
    turned = ConstraintGraph(
        names[::-1],
        required_order={
            (a, b): None if d is pd.NA else d
            for a, b, d in zip(tables["before"], tables["after"], tables["direct"], strict=True)
        },
        forbidden=list(
            zip(constraints.forbidden["cause"], constraints.forbidden["effect"], strict=True)
        ),
        absent={
            (a, b): constraints.separating_set(a, b)
            for a, b in zip(constraints.absent["gene_a"], constraints.absent["gene_b"], strict=True)
        },
    )
    third = LEARNERS[learner](data, turned)
    assert nx.utils.edges_equal(
        learned.to_networkx().to_undirected().edges, third.to_networkx().to_undirected().edges
    )
    assert third.ancestors().loc[names, names].equals(learned.ancestors())
    assert third.counts == learned.counts


def test_ges_without_constraints_is_that_of_causal_learn():
    pytest.importorskip("causallearn", reason="causal-learn is not installed")
    from causallearn.search.ScoreBased.GES import ges

    rng = np.random.default_rng(22)
    for _ in range(15):
        graph, p = random_dag(rng)
        values = linear_data(rng, graph, 2000)
        learned = run_ges(pd.DataFrame(values, columns=names_of(p)), ConstraintGraph(names_of(p)))
        scaled = (values - values.mean(axis=0)) / values.std(axis=0)
        theirs = ges(scaled, score_func="local_score_BIC", lambda_value=0.5)["G"].graph
        # causal-learn: row b, column a is the mark at b, 1 an arrowhead, -1 a tail.
        np.testing.assert_array_equal(learned.marks, np.array([0, 2, 3])[theirs.T])


@pytest.mark.parametrize(
    ("learner", "least"), [("pc", 37), ("ges", 34), ("boss", 37), ("grasp", 37)]
)
def test_large_samples_give_the_true_class(learner, least):
    """Without hidden causes all find the class that the constraints leave, nearly always.

    GES is proved to do so without constraints only.
    """
    rng = np.random.default_rng(21)
    right = 0
    for _ in range(40):
        graph, p = random_dag(rng)
        names = names_of(p)
        data = pd.DataFrame(linear_data(rng, graph, 20_000), columns=names)
        constraints = true_constraints(rng, graph, p, rng.random())
        options = {"alpha": 0.0001} if learner == "pc" else {"penalty": 2.0}
        learned = LEARNERS[learner](data, constraints, **options)
        known = Knowledge.of(constraints, names)
        dag = nx.to_numpy_array(graph, nodelist=range(p)) > 0
        directed, undirected = essential_graph(dag, known.cannot)
        marks = np.where(undirected | directed.T, 3, 0)
        marks[directed] = 2
        right += (learned.marks == marks).all()
        # What is forbidden is never there, and what is known always.
        arrows = (learned.marks == 2) & (learned.marks.T == 3)
        assert not (arrows & known.cannot).any()
        assert arrows[known.edge].all()
    assert right >= least


@pytest.mark.parametrize("learner", ["ges", "boss", "grasp"])
def test_constraints_save_scores(learner):
    rng = np.random.default_rng(4)
    graph = nx.gnp_random_graph(12, 0.2, seed=1, directed=True)
    graph = nx.DiGraph((a, b) for a, b in graph.edges if a < b)
    graph.add_nodes_from(range(12))
    data = pd.DataFrame(linear_data(rng, graph, 500), columns=names_of(12))
    order = [(f"v{a}", f"v{b}") for a, b in combinations(range(12), 2) if nx.has_path(graph, a, b)]
    none = [
        (f"v{a}", f"v{b}") for a, b in combinations(range(12), 2) if not nx.has_path(graph, a, b)
    ]
    known = ConstraintGraph(
        names_of(12), required_order=order, forbidden=[*none, *((b, a) for a, b in none)]
    )
    alone = LEARNERS[learner](data, ConstraintGraph(names_of(12)))
    learned = LEARNERS[learner](data, known)
    assert 0 < learned.counts["scores"] < 0.3 * alone.counts["scores"]


def test_a_result_is_a_head_start():
    simulated = genesis.simulate.two_tier(500, 20, 8, sparsity=0.6, p_zx=0.1, seed=3)
    result = genesis.discover(simulated.genotypes, simulated.expression, normalise="none")
    data = pd.concat([simulated.genotypes, simulated.expression], axis=1)
    variants, genes = list(simulated.genotypes), list(simulated.expression)
    tiers = ConstraintGraph([*variants, *genes], tiers=[variants, genes])
    truth = simulated.ancestry()
    for learner, counted in (("pc", "tests"), ("fci", "tests"), ("ges", "scores")):
        options = {"max_conditioning": 2} if counted == "tests" else {}
        learned = LEARNERS[learner](data, result.constraints(), **options)
        alone = LEARNERS[learner](data, tiers, **options)
        assert 5 * learned.counts[counted] < alone.counts[counted]
        wrong = [
            (one.ancestors().loc[genes, genes].to_numpy() != truth.to_numpy()).sum()
            for one in (learned, alone)
        ]
        assert wrong[0] <= wrong[1]
        assert not learned.ancestors().drop(columns=genes).loc[genes].to_numpy().any()


def test_what_takes_no_part_is_named():
    data = chain_data().assign(other=1.5, flat=2.0)
    learned = run_pc(data, ConstraintGraph(["X", "Y", "Z", "flat"]))
    assert sorted(learned.excluded.itertuples(index=False, name=None)) == [
        ("flat", "constant"),
        ("other", "not in the constraints"),
    ]
    assert "flat" in learned.to_networkx().nodes
    assert learned.marks.shape == (4, 4)


def test_two_variants_in_perfect_linkage_are_one():
    rng = np.random.default_rng(6)
    z = rng.binomial(2, 0.4, size=400).astype(float)
    data = pd.DataFrame({"rs2": 2 - z, "rs1": z, "A": z + rng.normal(size=400)})
    tables = dict(ConstraintGraph(["A"]).__dict__)
    tables["variants"] = pd.Index(["rs2", "rs1"])
    tables["anchors"] = pd.DataFrame(
        {
            "variant": np.array([0, 1], dtype=np.int32),
            "gene": np.zeros(2, dtype=np.int32),
            "posterior": np.full(2, 0.5, dtype=np.float32),
        }
    )
    for learner in EVERY:
        learned = LEARNERS[learner](data, ConstraintGraph.from_tables(**tables))
        assert learned.excluded.to_numpy().tolist() == [["rs2", "same as rs1"]]
        assert learned.edges.to_numpy()[:, :2].tolist() == [["rs1", "A"]]


@pytest.mark.parametrize("learner", EVERY)
def test_collinear_nodes_and_few_samples_raise_nothing(learner):
    rng = np.random.default_rng(8)
    x = rng.normal(size=(12, 6))
    x[:, 5] = x[:, 0] + x[:, 1]
    x[:, 4] = -x[:, 2]
    learned = LEARNERS[learner](pd.DataFrame(x, columns=names_of(6)), ConstraintGraph(names_of(6)))
    assert isinstance(learned.to_networkx(), nx.DiGraph)


@pytest.mark.parametrize("learner", EVERY)
def test_one_variable_has_no_edge(learner):
    learned = LEARNERS[learner](chain_data()[["X"]], ConstraintGraph(["X"]))
    assert learned.edges.empty
    assert list(learned.to_networkx()) == ["X"]


def test_covariates_are_projected_out():
    rng = np.random.default_rng(9)
    age, e, f = rng.normal(size=(3, 500))
    data = pd.DataFrame({"X": age + e, "Y": age + f})
    constraints = ConstraintGraph(["X", "Y"])
    assert len(run_pc(data, constraints).edges) == 1
    learned = run_pc(data, constraints, covariates=age[:, None], alpha=0.01)
    assert learned.edges.empty
    assert (learned.run["samples"], learned.run["effective_samples"]) == (500, 499)


GOOD = chain_data(50)


@pytest.mark.parametrize(
    ("data", "options", "error", "message"),
    [
        (GOOD[["X", "Y"]], {}, InconsistentInputsError, "lack 1 variable of the constraints: Z"),
        (GOOD.mask(GOOD > 1.5), {}, MalformedInputError, "X has a missing or infinite"),
        (GOOD.astype(str) + "a", {}, MalformedInputError, "no number"),
        (GOOD[["X", "Y", "Z", "Z"]], {}, MalformedInputError, "columns twice: Z"),
        (GOOD.head(4), {}, DegenerateDataError, "at least 5 are needed"),
        (GOOD.to_numpy()[:, :2], {}, InconsistentInputsError, "samples × 3 are needed"),
        (GOOD, {"alpha": 0.0}, CommandLineError, "alpha is 0"),
        (GOOD, {"max_conditioning": -1}, CommandLineError, "must be 0 or more"),
        (GOOD, {"covariates": np.ones((3, 1))}, InconsistentInputsError, "covariates of 3"),
    ],
)
def test_data_that_cannot_be_used_are_named(data, options, error, message):
    with pytest.raises(error, match=message):
        run_pc(data, ConstraintGraph(["X", "Y", "Z"]), **options)


def test_a_gene_with_the_name_of_a_variant_is_refused():
    constraints = result_of([], ["rs1", "A"], ["rs1", "rs2"]).constraints()
    assert constraints.anchors["variant"].tolist() == [0, 1]
    with pytest.raises(InconsistentInputsError, match="a variant and a gene are both called rs1"):
        run_pc(GOOD, constraints)


def test_penalties_are_checked():
    for learner in (run_ges, run_boss, run_grasp):
        with pytest.raises(CommandLineError, match="penalty is -1"):
            learner(GOOD, ConstraintGraph(["X", "Y", "Z"]), penalty=-1)
        with pytest.raises(DegenerateDataError, match="no variable"):
            learner(GOOD, ConstraintGraph([]))


def test_a_learned_graph_is_saved_whole_or_not_at_all(tmp_path):
    learned = run_fci(confounded_data(), ConstraintGraph(["A", "X", "Y", "B"]))
    files = learned.save(tmp_path / "out")
    assert [path.name for path in files] == [
        "out.edges.tsv", "out.learned.graphml", "out.excluded.tsv", "out.learner.json",
    ]  # fmt: skip
    table = pd.read_csv(files[0], sep="\t")
    assert table.to_numpy().tolist() == learned.edges.to_numpy().tolist()
    again = nx.read_graphml(files[1])
    assert dict(again.edges) == dict(learned.to_networkx().edges)
    record = json.loads(files[3].read_text(encoding="utf-8"))
    assert record["counts"]["tests"] == learned.counts["tests"] > 0
    assert {"a": "A", "b": "B", "given": []} in record["separating_sets"]
    with pytest.raises(OutputWriteError, match="exists"):
        learned.save(tmp_path / "out")


def test_the_example_of_the_vignette_runs(repository, capsys):
    text = (repository / "vignettes" / "head_start.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    exec(compile(code, "head_start.md", "exec"), {})
    assert "('B', 'C', '-->')" in capsys.readouterr().out


def test_marks_are_read_from_a_to_b():
    marks = np.zeros((7, 7), dtype=np.int8)
    pairs = {(1, 0): (2, 3), (2, 0): (2, 1), (3, 0): (2, 2), (4, 0): (1, 1), (5, 0): (3, 3),
             (6, 0): (3, 1)}  # fmt: skip
    for (a, b), (at_b, at_a) in pairs.items():
        marks[a, b], marks[b, a] = at_b, at_a
    learned = run_pc(chain_data(50), ConstraintGraph(["X", "Y", "Z"]))
    drawn = type(learned)(names_of(7), marks, {}, learned.excluded, learned.counts, learned.run)
    assert found_edges(drawn) == {
        ("v1", "v0", "-->"), ("v2", "v0", "o->"), ("v0", "v3", "<->"), ("v0", "v4", "o-o"),
        ("v0", "v5", "---"), ("v6", "v0", "o--"),
    }  # fmt: skip
