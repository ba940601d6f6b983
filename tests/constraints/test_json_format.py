"""The JSON of the constraints: read back, read by a stranger, and refused where it is wrong."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_index_equal

from genesis.constraints.graph import ConstraintGraph
from genesis.errors import (
    GenesisError,
    InconsistentInputsError,
    InputOpenError,
    MalformedInputError,
    OutputWriteError,
)
from tests.handmade import asymmetric_result, random_result, result_of

GRAPHS = {
    "empty": result_of([], []),
    "one gene": result_of([], ["ACT1"]),
    "unicode": result_of([], ["naïve <β>", 'q"uote', "\U0001f9ec"], ["=rs1"]),
    "asymmetric": asymmetric_result(),
    "random": random_result(np.random.default_rng(1), 30, 12),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_reading_gives_the_written_graph_back(name, tmp_path):
    graph = GRAPHS[name].constraints()
    path = graph.write(tmp_path / "c.json")
    again = ConstraintGraph.read(path)
    for table in ("claims", "absences"):
        assert_frame_equal(getattr(graph, table), getattr(again, table), check_exact=True)
    assert_frame_equal(
        graph.conditioning.sort_values(["sweep", "gene", "member"], ignore_index=True),
        again.conditioning,
    )
    assert_frame_equal(graph.ordered_since, again.ordered_since)
    assert_index_equal(graph.nodes, again.nodes, exact=False)
    assert_index_equal(graph.variants, again.variants, exact=False)
    assert graph.source == again.source
    assert again.to_json() == graph.to_json() == path.read_text(encoding="utf-8")
    for table in ("required_order", "forbidden", "absent", "candidates"):
        one, two = getattr(graph, table), getattr(again, table)
        assert_frame_equal(one.astype(object), two.astype(object))


def test_a_reader_that_knows_the_description_only(rng):
    """What vignettes/constraints_json.md says is enough to get everything."""
    result = random_result(rng, 30, 12)
    graph = result.constraints()
    document = json.loads(graph.to_json())
    nodes, variants = document["nodes"], document["variants"]
    required = document["required_order"]
    before = {(nodes[row["before"]], nodes[b]) for row in required for b in row["after"]}
    order = graph.required_order
    assert before == set(zip(order["before"], order["after"], strict=True))
    absent = {
        (row["gene"], partner): row["sweep"]
        for row in document["absent"]
        for partner in row["partners"]
    }
    forbidden = {(b, a) for a, b in before}
    open_forbidden = {
        (nodes[cause], nodes[row["effect"]])
        for row in document["forbidden"]
        for cause in row["causes"]
    }
    forbidden |= open_forbidden
    forbidden |= {(nodes[a], nodes[b]) for pair in absent for a, b in (pair, pair[::-1])}
    assert forbidden == set(zip(graph.forbidden["cause"], graph.forbidden["effect"], strict=True))
    members = {(row["gene"], row["sweep"]): row for row in document["conditioning"]}
    since = {
        (row["gene"], after): row["sweep"]
        for row in document["ordered_since"]
        for after in row["precedes"]
    }
    nothing = {"variants": [], "genes": []}
    for (a, b), sweep in absent.items():
        rows = [members.get((gene, sweep), nothing) for gene in (a, b)]
        names = {variants[v] for row in rows for v in row["variants"]}
        names |= {
            nodes[w]
            for row in rows
            for w in row["genes"]
            if w not in (a, b) and all(since.get((w, gene), sweep) < sweep for gene in (a, b))
        }
        assert names == set(graph.separating_set(nodes[a], nodes[b]))
    candidates = {(effect, cause) for cause, effect in open_forbidden}
    for row in required:
        if row["direct"] is not False:
            candidates |= {(nodes[row["before"]], nodes[b]) for b in row["after"]}
    for row in document["unresolved"]:
        for partner in row["partners"]:
            pair = (nodes[row["gene"]], nodes[partner])
            candidates |= {pair, pair[::-1]}
    expected = graph.candidates
    wanted = set(zip(expected["gene_a"], expected["gene_b"], strict=True))
    both = expected[expected["b_to_a"]]
    assert candidates == wanted | set(zip(both["gene_b"], both["gene_a"], strict=True))


def test_p_of_zero_and_missing_p_are_valid_json():
    rows = [
        {"gene_a": 0, "gene_b": 1, "relation": 0, "log_p": -np.inf},
        {"gene_a": 0, "gene_b": 2, "relation": 0, "rule": 3},
        {"gene_a": 1, "gene_b": 2, "relation": 2, "rule": 2},
    ]
    text = result_of(rows, ["A", "B", "C"]).constraints().to_json()
    document = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    first, second = document["required_order"]
    assert (first["rule"], second["rule"]) == ("R1", "closure")
    assert first["log10_p"] == [np.finfo(float).min]
    assert "log10_p" not in second
    assert document["absent"] == [{"gene": 1, "sweep": 1, "partners": [2], "p": [None]}]


def changed(**entries: object) -> str:
    return json.dumps({**json.loads(asymmetric_result().constraints().to_json()), **entries})


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", MalformedInputError, "not JSON"),
        ("[" * 100_000, MalformedInputError, "not JSON"),
        ("[]", MalformedInputError, "not of schema"),
        ('{"schema": "other"}', MalformedInputError, "not of schema"),
        (changed(version=3), InconsistentInputsError, "schema version 3"),
        (changed(nodes=["A"]), MalformedInputError, r"position \d of 1"),
        (changed(nodes=None), MalformedInputError, "break schema"),
        (changed(absent=[{"gene": 3, "sweep": 1, "partners": [2], "p": [1]}]), MalformedInputError,
         "after their gene"),
        (changed(absent=[{"gene": 0, "sweep": 1, "partners": [9], "p": [1]}]), MalformedInputError,
         "position 9 of 4"),
        (changed(absent=[{"gene": 0, "sweep": 1, "partners": [1], "p": [1]}]),
         InconsistentInputsError, "both required and forbidden: A before B"),
        (changed(absent=[{"gene": 0, "sweep": 1, "partners": [3], "p": [1, 2]}]),
         MalformedInputError, "2 numbers for 1 pairs"),
        (changed(absent=[{"gene": 0, "sweep": 1, "partners": [2.5], "p": [1]}]),
         MalformedInputError, "not a whole number"),
        (changed(conditioning=7), MalformedInputError, "break schema"),
    ],
)  # fmt: skip
def test_documents_that_are_wrong_are_refused(text, error, message):
    with pytest.raises(error, match=message):
        ConstraintGraph.from_json(text)


NAMES = ["gene", "sweep", "partners", "p", "before", "after", "rule"]


@given(st.data())
def test_damaged_documents_raise_named_errors_only(data):
    document = json.loads(asymmetric_result().constraints().to_json())
    name = data.draw(st.sampled_from(sorted(document)))
    junk = st.recursive(
        st.none() | st.integers(-3, 9) | st.text(max_size=3) | st.floats(allow_nan=False),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(NAMES),
                inner,
            )
        ),
        max_leaves=6,
    )
    document[name] = data.draw(junk)
    try:
        graph = ConstraintGraph.from_json(json.dumps(document))
    except GenesisError:
        return
    assert ConstraintGraph.from_json(graph.to_json()).to_json() == graph.to_json()


def test_files(tmp_path):
    graph = asymmetric_result().constraints()
    path = graph.write(tmp_path / "c.json")
    with pytest.raises(OutputWriteError, match="exists"):
        graph.write(path)
    graph.write(path, force=True)
    with pytest.raises(InputOpenError, match=r"cannot open .*none\.json"):
        ConstraintGraph.read(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    with pytest.raises(MalformedInputError, match="not UTF-8"):
        ConstraintGraph.read(tmp_path / "binary.json")


def test_the_reader_of_the_vignette_reads(repository, rng, tmp_path, monkeypatch):
    text = (repository / "vignettes" / "constraints_json.md").read_text(encoding="utf-8")
    code = text.split("```py\n")[1].split("```")[0]
    graph = random_result(rng, 30, 12).constraints()
    graph.write(tmp_path / "results" / "example.constraints.json")
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    exec(compile(code, "constraints_json.md", "exec"), found)
    order, forbidden = graph.required_order, graph.forbidden
    assert found["required"] == set(zip(order["before"], order["after"], strict=True))
    assert found["forbidden"] == set(zip(forbidden["cause"], forbidden["effect"], strict=True))
    assert len(found["absent"]) == len(graph.absences)
    for a, b in found["absent"]:
        expected = set(graph.separating_set(graph.nodes[a], graph.nodes[b]))
        assert found["separating_set"](a, b) == expected
