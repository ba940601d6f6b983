"""Exports for other programs, read back by the programs themselves where they are installed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genesis import ConstraintGraph
from genesis.constraints.learner_formats import LEARNER_FORMATS, export_constraints
from genesis.errors import CommandLineError, MalformedInputError, OutputWriteError
from tests.constraints.test_oracle import anchored_everywhere

FORMATS = sorted(LEARNER_FORMATS)


def written(graph: ConstraintGraph, to: str, folder: Path) -> str:
    return export_constraints(graph, to, folder / f"{to}.out", force=True).read_text("utf-8")


def asymmetric(turn: bool = False) -> ConstraintGraph:
    """A before B by an edge, C not before B, A and D without an edge given B; or names turned."""
    a, b, c, d = "BADC" if turn else "ABCD"
    return ConstraintGraph(
        ["A", "B", "C", "D"],
        required_order={(a, b): True},
        forbidden=[(c, b), (c, d), (d, c)],
        absent={(a, d): [b, c]},
    )


def directions(text: str, to: str) -> tuple[set, set]:
    """Edges that a text forbids and that it requires, as (from, to)."""
    if to == "causal-learn":
        found: dict = {}
        exec(compile(text, "export", "exec"), found)
        return set(found["FORBIDDEN"]), set(found["REQUIRED"])
    if to == "pgmpy":
        record = json.loads(text)
        return tuple(
            {tuple(pair) for pair in record[name]} for name in ("forbidden_edges", "required_edges")
        )
    if to == "bnlearn":
        rows = [line.split(",") for line in text.splitlines()[1:]]
        return tuple(
            {(a, b) for kind, a, b in rows if kind == name} for name in ("blacklist", "whitelist")
        )
    if to == "tetrad":
        body, required = text.split("requiredirect")
        forbidden = body.split("forbiddirect")[1]
        return tuple(
            {tuple(line.split()) for line in part.splitlines() if line}
            for part in (forbidden, required)
        )
    matrices = {}
    for name in ("genesis_forbidden", "genesis_edges"):
        values = text.split(f"{name} <- matrix(")[1].split(", ncol")[0]
        names = [one.strip(' "\n') for one in values.strip("c(\n)").split(",")]
        matrices[name] = set(zip(names[::2], names[1::2], strict=True))
    return matrices["genesis_forbidden"], matrices["genesis_edges"]


@pytest.mark.parametrize("to", FORMATS)
@pytest.mark.parametrize("turn", [False, True])
def test_directions_are_those_of_the_constraints(to, turn, tmp_path):
    if to == "causal-learn":
        pytest.importorskip("causallearn", reason="causal-learn is not installed")
    a, b, c, d = "BADC" if turn else "ABCD"
    forbidden, required = directions(written(asymmetric(turn), to, tmp_path), to)
    assert required == {(a, b)}
    # c is not before b, so it is not before a, which precedes b.
    one_way = {(b, a), (c, b), (c, a)}
    if to == "bnlearn":
        assert forbidden == one_way | {(c, d), (d, c), (a, d), (d, a)}
    else:
        assert forbidden == one_way


def with_variants() -> ConstraintGraph:
    return anchored_everywhere(2, 3)[0]


@pytest.mark.parametrize("to", FORMATS)
def test_variants_come_before_genes(to, tmp_path):
    text = written(with_variants(), to, tmp_path)
    expected = {
        "causal-learn": "'rs0': 0,\n    'rs1': 0,\n    'g0': 1,",
        "tetrad": "addtemporal\n\n1* rs0 rs1\n2 g0 g1 g2\n",
        "pcalg": "tiers <- c(0, 0, 1, 1, 1)\n",
        "bnlearn": "blacklist,g0,rs1\n",
        "pgmpy": '"temporal_order": [\n  [\n   "rs0",',
    }
    assert expected[to] in text
    assert "whitelist,g0" not in text


def test_tiers_by_hand(tmp_path):
    graph = ConstraintGraph(["A", "B", "C"], tiers=[["B"], ["A"]])
    assert "1 B\n2 A\n" in written(graph, "tetrad", tmp_path)
    assert "tiers <- NULL" in written(graph, "pcalg", tmp_path)
    record = json.loads(written(graph, "pgmpy", tmp_path))
    assert record == {"required_edges": [], "forbidden_edges": [["A", "B"]]}


@pytest.mark.parametrize("turn", [False, True])
def test_causal_learn_reads_its_export(turn, tmp_path):
    pytest.importorskip("causallearn", reason="causal-learn is not installed")
    from causallearn.search.ConstraintBased.PC import pc

    rng = np.random.default_rng(1)
    first, second = ("Y", "X") if turn else ("X", "Y")
    x = rng.normal(size=500)
    data = pd.DataFrame({"X": x, "Y": x + rng.normal(size=500)})
    for given in (
        {"forbidden": [(second, first)]},
        {"required_order": {(first, second): True}},
        {"tiers": [[first], [second]]},
    ):
        found: dict = {}
        text = written(ConstraintGraph(["X", "Y"], **given), "causal-learn", tmp_path)
        exec(compile(text, "export", "exec"), found)
        learned = pc(
            data.to_numpy(), node_names=["X", "Y"], show_progress=False,
            background_knowledge=found["background_knowledge"](),
        )  # fmt: skip
        marks = learned.G.graph
        at = {"X": 0, "Y": 1}
        assert marks[at[second], at[first]] == 1
        assert marks[at[first], at[second]] == -1


def test_causal_learn_is_told_of_no_pair_that_it_would_misread(tmp_path):
    """Its PC makes a collider of a chain whose ends are forbidden both ways."""
    pytest.importorskip("causallearn", reason="causal-learn is not installed")
    from causallearn.graph.GraphNode import GraphNode
    from causallearn.search.ConstraintBased.PC import pc
    from causallearn.utils.PCUtils.BackgroundKnowledge import BackgroundKnowledge

    rng = np.random.default_rng(1)
    x, e, f = rng.normal(size=(3, 1000))
    values = np.column_stack([x, x + e, x + e + f])
    namespace: dict = {}
    graph = ConstraintGraph(["X", "Y", "Z"], forbidden=[("X", "Z"), ("Z", "X")])
    exec(compile(written(graph, "causal-learn", tmp_path), "export", "exec"), namespace)
    assert namespace["FORBIDDEN"] == []
    naive = BackgroundKnowledge()
    naive.add_forbidden_by_node(GraphNode("X"), GraphNode("Z"))
    naive.add_forbidden_by_node(GraphNode("Z"), GraphNode("X"))
    arrowheads = []
    for knowledge in (naive, namespace["background_knowledge"]()):
        learned = pc(
            values, node_names=["X", "Y", "Z"], show_progress=False,
            background_knowledge=knowledge,
        )  # fmt: skip
        arrowheads.append(int((learned.G.graph == 1).sum()))
    assert arrowheads == [2, 0]


def test_causal_learns_fci_is_to_be_told_nothing():
    """It answers Y → X where both have a hidden cause and X → Y is forbidden."""
    pytest.importorskip("causallearn", reason="causal-learn is not installed")
    from causallearn.graph.GraphNode import GraphNode
    from causallearn.search.ConstraintBased.FCI import fci
    from causallearn.utils.PCUtils.BackgroundKnowledge import BackgroundKnowledge

    rng = np.random.default_rng(3)
    hidden, e, f = rng.normal(size=(3, 2000))
    knowledge = BackgroundKnowledge()
    knowledge.add_forbidden_by_node(GraphNode("X"), GraphNode("Y"))
    learned, _ = fci(
        np.column_stack([hidden + e, hidden + f]), node_names=["X", "Y"], verbose=False,
        show_progress=False, background_knowledge=knowledge,
    )  # fmt: skip
    # Row b, column a is the mark at b: an arrowhead at X, a tail at Y.
    assert (learned.graph[0, 1], learned.graph[1, 0]) == (1, -1)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_pgmpy_reads_its_export(tmp_path):
    pytest.importorskip("pgmpy", reason="pgmpy is not installed")
    from pgmpy.estimators import ExpertKnowledge

    record = json.loads(written(asymmetric(), "pgmpy", tmp_path))
    knowledge = ExpertKnowledge(
        **{name: [tuple(pair) for pair in pairs] for name, pairs in record.items()}
    )
    assert set(knowledge.required_edges) == {("A", "B")}
    assert set(knowledge.forbidden_edges) == {("B", "A"), ("C", "B"), ("C", "A")}
    record = json.loads(written(with_variants(), "pgmpy", tmp_path))
    assert ExpertKnowledge(**record).temporal_order == [["rs0", "rs1"], ["g0", "g1", "g2"]]


def run_r(code: str, folder: Path) -> list[str]:
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("Rscript is not installed: the R forms are read by Python only")
    done = subprocess.run(
        [program, "--vanilla", "-e", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("turn", [False, True])
def test_r_reads_the_matrices(turn, tmp_path):
    a, b, c, d = "BADC" if turn else "ABCD"
    export_constraints(asymmetric(turn), "pcalg", tmp_path / "constraints.R")
    lines = run_r(
        'source("constraints.R", encoding = "UTF-8");'
        "stopifnot(identical(genesis_labels, LETTERS[1:4]), isSymmetric(fixedGaps),"
        " isSymmetric(fixedEdges), is.null(tiers), is.function(learn_pc));"
        f'cat(fixedGaps["{a}", "{d}"], sum(fixedGaps), fixedEdges["{a}", "{b}"], sum(fixedEdges),'
        f' forbEdges["{c}", "{b}"], forbEdges["{b}", "{c}"], sum(forbEdges), "\\n");'
        "cat(genesis_gaps[1, ], sort(genesis_sets[[1]]))",
        tmp_path,
    )
    assert lines[0].split() == ["TRUE", "2", "TRUE", "2", "TRUE", "FALSE", "3"]
    assert lines[1].split() == [*sorted((a, d)), *sorted((b, c))]


def test_r_reads_a_graph_without_constraints(tmp_path):
    export_constraints(ConstraintGraph(['"q"\\', "β β"]), "pcalg", tmp_path / "constraints.R")
    lines = run_r(
        'source("constraints.R", encoding = "UTF-8");'
        "cat(sum(fixedGaps), sum(fixedEdges), sum(forbEdges), length(genesis_sets),"
        " nchar(genesis_labels))",
        tmp_path,
    )
    assert lines == ["0 0 0 0 4 3"]


def test_r_reads_the_lists_of_bnlearn(tmp_path):
    export_constraints(asymmetric(), "bnlearn", tmp_path / "lists.csv")
    lines = run_r(
        'x <- read.csv("lists.csv"); black <- x[x$list == "blacklist", c("from", "to")];'
        'white <- x[x$list == "whitelist", c("from", "to")];'
        'cat(nrow(black), any(black$from == "C" & black$to == "B"),'
        ' any(black$from == "B" & black$to == "C"), white$from, white$to)',
        tmp_path,
    )
    assert lines == ["7 TRUE FALSE A B"]


@pytest.mark.parametrize("package", ["pcalg", "bnlearn"])
def test_r_packages_learn_from_the_exports(package, tmp_path):
    """The whole way, where the package is there: chain A → B → C with A, C absent given B."""
    if run_r(f'cat(requireNamespace("{package}", quietly = TRUE))', tmp_path) != ["TRUE"]:
        pytest.skip(f"the R package {package} is not installed")
    graph = ConstraintGraph(["A", "B", "C"], absent={("A", "C"): ["B"]}, forbidden=[("B", "A")])
    rng = np.random.default_rng(1)
    x, e, f = rng.normal(size=(3, 1000))
    pd.DataFrame({"A": x, "B": x + e, "C": x + e + f}).to_csv(tmp_path / "data.csv", index=False)
    export_constraints(graph, package, tmp_path / "export")
    code = {
        "pcalg": 'source("export"); m <- learn_pc(read.csv("data.csv"));'
        'cat(m["B", "A"], m["A", "B"], m["C", "B"], m["B", "C"], m["A", "C"])',
        "bnlearn": 'x <- read.csv("export");'
        'g <- bnlearn::hc(read.csv("data.csv"), blacklist = x[, c("from", "to")]);'
        "m <- bnlearn::amat(g); m <- t(m);"
        'cat(m["B", "A"], m["A", "B"], m["C", "B"], m["B", "C"], m["A", "C"])',
    }
    assert run_r(code[package], tmp_path)[-1].split() == ["1", "0", "1", "0", "0"]


def test_names_that_a_format_cannot_hold(tmp_path):
    graph = ConstraintGraph(["A B", "C"])
    with pytest.raises(MalformedInputError, match="'A B' holds a space"):
        export_constraints(graph, "tetrad", tmp_path / "k.txt")
    assert not list(tmp_path.iterdir())


def test_exports_are_whole_and_kept(tmp_path):
    export_constraints(asymmetric(), "tetrad", tmp_path / "k.txt")
    with pytest.raises(OutputWriteError, match="exists"):
        export_constraints(asymmetric(), "tetrad", tmp_path / "k.txt")
    with pytest.raises(CommandLineError, match="'dot' is unknown"):
        export_constraints(asymmetric(), "dot", tmp_path / "k.dot")
