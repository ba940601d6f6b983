"""Exports for other programs, read back by the programs themselves where they are installed."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genesis import ConstraintGraph
from genesis.constraints.learner_formats import LEARNER_FORMATS, export_constraints
from genesis.errors import CommandLineError, MalformedInputError, OutputWriteError
from tests.constraints.test_oracle import anchored_everywhere
from tests.r_program import need_package, run_r

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


#: What of pcalg learn_pc calls, by its manual: matrices where m[b, a] = 1 and m[a, b] = 0 is a → b.
#: The skeleton is A – B – C – D, oriented as LEARNED says. The packages of R stay as they are.
STAND_IN = """
setClass("Learned", representation(graph = "matrix", sepset = "list"))
nothing <- function(p) lapply(seq_len(p), function(.) vector("list", p))
`::` <- function(package, name) switch(name <- deparse(substitute(name)),
  gaussCItest = NULL,
  skeleton = function(suffStat, indepTest, alpha, labels, fixedGaps, fixedEdges) {
    m <- matrix(0, 4, 4, dimnames = list(labels, labels))
    for (pair in list(c("A", "B"), c("B", "C"), c("C", "D"))) {
      m[pair[1], pair[2]] <- m[pair[2], pair[1]] <- 1
    }
    new("Learned", graph = m, sepset = nothing(4))
  },
  udag2pdagRelaxed = function(found) {
    for (x in 1:4) for (y in 1:4) {
      if (length(found@sepset[[x]][[y]])) cat("set", x, y, found@sepset[[x]][[y]], "\\n")
    }
    LEARNED
    found
  },
  addBgKnowledge = function(amat, x, y) {
    cat("knows", x, y, "\\n")
    amat[x, y] <- 0
    ANSWER
  },
  getExportedValue(deparse(substitute(package)), name))
"""


def learned_by_stand_in(folder: Path, turn: bool, learned: str = "", answer: str = "amat"):
    """Lines that learn_pc prints with what it calls replaced, then the edges that it returns."""
    export_constraints(asymmetric(turn), "pcalg", folder / "constraints.R", force=True)
    return run_r(
        STAND_IN.replace("LEARNED", learned).replace("ANSWER", answer)
        + 'source("constraints.R", encoding = "UTF-8");'
        "data <- as.data.frame(matrix(sin(1:40), 10)); names(data) <- LETTERS[4:1];"
        "m <- tryCatch(learn_pc(data), error = function(e) { cat(conditionMessage(e)); NULL },"
        " warning = function(e) { cat(conditionMessage(e)); NULL });"
        "for (a in rownames(m)) for (b in colnames(m))"
        ' if (m[b, a] == 1 && m[a, b] == 0) cat("edge", a, b, "\n")',
        folder,
    )


@pytest.mark.parametrize("turn", [False, True])
def test_learn_pc_hands_sets_on_and_orients_by_what_is_forbidden(turn, tmp_path):
    a, b, c, d = "BADC" if turn else "ABCD"
    at = {name: str(k + 1) for k, name in enumerate("ABCD")}
    lines = [line.split() for line in learned_by_stand_in(tmp_path, turn)]
    between = sorted((at[b], at[c]))
    sets = [["set", x, y, *between] for x, y in sorted([(at[a], at[d]), (at[d], at[a])])]
    assert [line for line in lines if line[0] == "set"] == sets
    # Of the edges A – B, B – C and C – D those are oriented of which one way is forbidden.
    adjacent = ({"A", "B"}, {"B", "C"}, {"C", "D"})
    forbidden = [(b, a), (c, b), (c, a)]
    expected = sorted((y, x) for x, y in forbidden if {x, y} in adjacent)
    assert expected == ([("B", "A")] if turn else [("A", "B"), ("B", "C")])
    for word in ("knows", "edge"):
        assert sorted((line[1], line[2]) for line in lines if line[0] == word) == expected


def test_learn_pc_says_where_the_data_contradict_the_constraints(tmp_path):
    turned = "found@graph['A', 'B'] <- 0"  # A graph's matrix has the edge's beginning as row.
    said = learned_by_stand_in(tmp_path, False, learned=turned)
    assert said[-1] == "edges that run against the constraints: B -> A"
    said = learned_by_stand_in(tmp_path, False, answer="NULL")
    assert re.fullmatch(
        "no directed acyclic graph has . -> . and what was learned before", said[-1]
    )


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


def test_r_reads_names_that_look_like_something_else(tmp_path):
    names = ["0012", "1e5", "T", "NA", "#x", 'a,"b"', " HLA-A"]
    graph = ConstraintGraph(names, forbidden=list(pairwise(names)))
    export_constraints(graph, "bnlearn", tmp_path / "lists.csv")
    lines = run_r(
        'x <- read.csv("lists.csv", colClasses = "character", na.strings = NULL);'
        'cat(x$from, x$to, sep = "\n")',
        tmp_path,
    )
    assert lines == names[:-1] + names[1:]


@pytest.mark.parametrize("package", ["pcalg", "bnlearn"])
def test_r_packages_learn_from_the_exports(package, tmp_path):
    """The whole way, where the package is there: chain A → B → C with A, C absent given B."""
    need_package(package, tmp_path)
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


@pytest.mark.parametrize("turn", [False, True])
def test_bnlearn_heeds_its_lists_against_the_data(turn, tmp_path):
    """Of four variables those of the known edge are independent, two that none joins are not."""
    need_package("bnlearn", tmp_path)
    a, b, c, d = "BADC" if turn else "ABCD"
    values = np.random.default_rng(1).normal(size=(500, 4))
    uncorrelated = np.linalg.qr(values - values.mean(axis=0))[0] * 20
    data = pd.DataFrame(uncorrelated, columns=list("ABCD"))
    data[d] += 2 * data[c]
    data.to_csv(tmp_path / "data.csv", index=False)
    export_constraints(asymmetric(turn), "bnlearn", tmp_path / "lists.csv")
    lines = run_r(
        'x <- read.csv("lists.csv", colClasses = "character", na.strings = NULL);'
        'of <- function(kind) x[x$list == kind, c("from", "to")]; data <- read.csv("data.csv");'
        'free <- bnlearn::arcs(bnlearn::hc(data)); cat(free, "\n");'
        'g <- bnlearn::hc(data, whitelist = of("whitelist"), blacklist = of("blacklist"));'
        'cat(t(bnlearn::arcs(g)), "\n")',
        tmp_path,
    )
    assert set(lines[0].split()) == {c, d}
    assert lines[1].split() == [a, b]


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
